"""Agenda item 3, outages one by one: how long, on whose account, and the tickets meanwhile, as fact and not cause."""

from __future__ import annotations

from collections.abc import Sequence

from firstbell.metrics.uptime import Outage
from firstbell.packet.agenda_services import Watched, class_seconds, tickets_opened
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Column, Row, Table
from firstbell.packet.wording import Wording

LEAST_SECONDS = 60


def outage_table(material: Material, found: Sequence[Watched]) -> Table | None:
    """Every outage of a minute and more, what cost most class time first; None without one."""
    told = [(class_seconds(outage, one), one, outage) for one in found for outage in one.outages]
    told = [entry for entry in told if entry[2].window.seconds >= LEAST_SECONDS]
    if not told:
        return None
    told.sort(key=lambda entry: (-entry[0], -entry[2].window.seconds, entry[2].window.start, entry[1].name))
    words, opened = material.wording, tickets_opened(material, [outage.window for _, _, outage in told])
    titles = ["service", "began", "lasted", "lost_in_class", "seen_as"] + ["tickets_meanwhile"] * (opened is not None)
    return Table(
        audience=Audience.TECHNICAL,
        caption=words.say("outages_caption" if opened is None else "outages_caption_tickets"),
        columns=tuple(
            Column(title=words.say(f"column_{key}"), numeric=key in ("lasted", "lost_in_class", "tickets_meanwhile"))
            for key in titles
        ),
        rows=tuple(
            Row(
                cells=(
                    one.name,
                    material.moment(outage.window.start),
                    lasted(words, outage),
                    words.duration(lost) if lost else "0",
                    _seen_as(material, outage),
                    *(() if opened is None else (words.number(opened[outage.window]),)),
                )
            )
            for lost, one, outage in told
        ),
    )


def lasted(words: Wording, outage: Outage) -> str:
    """How long an outage was or is, and for how much of it nobody looked."""
    length = words.duration(outage.window.seconds)
    if outage.unseen_seconds >= LEAST_SECONDS:
        length = words.say("outage_unseen", length=length, unseen=words.duration(outage.unseen_seconds))
    return words.say("still_down", length=length) if outage.open else length


def _seen_as(material: Material, outage: Outage) -> str:
    """What our looks saw, and the service that it hung on where that one was down too."""
    words = material.wording
    key = f"seen_as_{outage.reason}"
    seen = words.say(key if words.has(key) else "seen_as_other")
    if not outage.root:
        return seen
    return words.say("seen_with", seen=seen, service=material.names.services.get(outage.root, outage.root))
