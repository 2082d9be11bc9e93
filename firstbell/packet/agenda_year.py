"""The turn of the year in print: what ends soon, for those who renew it. People stand there by their roles."""

from __future__ import annotations

from collections.abc import Callable

from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Line
from firstbell.packet.wording import Wording
from firstbell.year_turn import Ending, EndingKind

_SENTENCES = {
    EndingKind.CALENDAR: "ends_calendar",
    EndingKind.HOLIDAYS: "ends_holidays",
    EndingKind.TERM: "ends_term",
    EndingKind.MEETINGS: "ends_meetings",
    EndingKind.CREDENTIAL: "ends_credential",
}


def ending_lines(material: Material) -> list[Line]:
    """What ends within sixty days, the first to end first; for the leadership edition alone."""
    return [
        Line(
            audience=Audience.LEADERSHIP,
            item=f"ends:{one.key}",
            text=ending_text(material.wording, one, material.role),
            weight=2,
        )
        for one in material.endings
    ]


def ending_text(words: Wording, one: Ending, role: Callable[[str], str]) -> str:
    """One thing that ends, in a sentence; `role` gives a role's title by its key."""
    roles = words.listed(role(key) for key in one.roles)
    day = words.full_date(one.ends_on)
    return words.say(_SENTENCES[one.kind], n=len(one.people), title=one.title, roles=roles, day=day)
