"""Agenda item 3: certificates and domain names that end before the third meeting from now, and when to act."""

from __future__ import annotations

from firstbell.packet.agenda_calendar import last_meeting
from firstbell.packet.agenda_compliance import owner_of
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Column, Row, Table
from firstbell.records import ControlResult

ENDING = {"tls": "certificate", "domain": "domain"}
"""What is renewed by the calendar, by its framework; other evidence with an end stands among the compliance items."""


def endings_table(material: Material) -> Table | None:
    """What ends, the soonest first, with the last meeting that can still see to it; None where nothing does."""
    if not material.coming:
        return None
    words, last = material.wording, material.coming[-1]
    soonest: dict[tuple[str, str], ControlResult] = {}
    for one in material.heard(ControlResult):
        key = one.framework, one.subject
        if one.framework not in ENDING or one.expires_on is None or one.expires_on > last:
            continue
        kept = soonest.get(key)
        if kept is None or kept.expires_on is None or one.expires_on < kept.expires_on:
            soonest[key] = one
    if not soonest:
        return None
    ordered = sorted((one.expires_on, key, one) for key, one in soonest.items() if one.expires_on is not None)
    return Table(
        audience=Audience.SECURITY,
        caption=words.say("endings_caption"),
        columns=tuple(Column(title=words.say(f"column_{key}")) for key in ("what", "ends", "decide_at", "owner")),
        rows=tuple(
            Row(
                cells=(
                    words.say(
                        f"ending_{ENDING[one.framework]}",
                        subject=material.names.services.get(one.subject, one.subject),
                    ),
                    words.full_date(on),
                    last_meeting(material, on),
                    owner_of(material, one),
                )
            )
            for on, _, one in ordered
        ),
    )
