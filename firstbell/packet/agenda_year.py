"""The turn of the year in print: what ends soon, for those who renew it. People stand there by their roles."""

from __future__ import annotations

from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Line
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
        Line(audience=Audience.LEADERSHIP, item=f"ends:{one.key}", text=_sentence(material, one), weight=2)
        for one in material.endings
    ]


def _sentence(material: Material, one: Ending) -> str:
    words = material.wording
    roles = words.listed(material.role(role) for role in one.roles)
    day = words.full_date(one.ends_on)
    return words.say(_SENTENCES[one.kind], n=len(one.people), title=one.title, roles=roles, day=day)
