"""What is not known: said in every place where a figure would stand, and once on page one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from firstbell.kpi import Availability, Kpi
from firstbell.packet.figures import audience_of, silence_text
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Line
from firstbell.packet.session import has_nothing_to_count, session_line
from firstbell.packet.summary import note_on
from firstbell.records import TEAM_SOURCE, ActionItemSeen, Record

ASKED_AFTER = 3
"""Packets in a row that told a gap, after which the team is asked whether it wants the figure at all."""
NOT_PRESSED = frozenset({"session", "coverage"})
"""Gaps that nobody can staff: the summer, and minutes in which our own looks failed."""
_DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


def unknowns(material: Material) -> tuple[Line, ...]:
    """That school is out, sources that fell silent, must-measures that have no figure for another reason."""
    session = session_line(material)
    said = () if session is None else (session,)
    return (*said, *_silent_sources(material), *_uncollected(material))


def told_again(material: Material, lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines with how many packets in a row told each; what stays unknown asks to be staffed or dropped."""
    before = {line.item: line.times for line in material.printed.unknowns} if material.printed is not None else {}
    counted = (line.model_copy(update={"times": 1 + before.get(line.item, 0)}) for line in lines)
    return tuple(_pressed(material, line) for line in counted)


def _pressed(material: Material, line: Line) -> Line:
    if line.times < ASKED_AFTER or not line.item or line.item in NOT_PRESSED:
        return line
    words = material.wording
    return line.model_copy(update={"text": f"{line.text} {words.say('unknown_again', n=line.times)}"})


def reason_text(kpi: Kpi, material: Material) -> str:
    """Why there is no value: "not known since Fri 20 Nov, 6 pm", "not known. No service is listed."."""
    words = material.wording
    if since := silence_text(material, kpi.sources):
        return since
    reason = _DATE.sub(lambda found: words.full_date(date.fromisoformat(found.group())), words.phrase(kpi.reason))
    if kpi.availability is Availability.STALE:
        return f"{reason[:1].lower()}{reason[1:]}"
    hidden = kpi.availability is Availability.SUPPRESSED
    return words.say("not_known_because", what=words.say("not_shown" if hidden else "not_known"), reason=reason)


def silent_line(
    material: Material, item: str, subject: str, record_type: type[Record], audience: Audience = Audience.TEAM
) -> Line | None:
    """What stands in the place of figures whose source fell silent; None while all of their sources are heard."""
    words, since = material.wording, silence_text(material, material.facts.feeds(record_type))
    if not since:
        return None
    text = words.say("subject_silent", subject=words.say(subject), since=since)
    return Line(audience=audience, item=item, text=text, weight=4, **note_on(material, item))


def actions_unknown(material: Material) -> str:
    """That a tracker of action items was never read or fell silent; empty while all are heard.

    A school team's list holds no tracker's items, so that nothing is missing from it.
    """
    if material.team.level != "district":
        return ""
    words, facts = material.wording, material.facts
    trackers = tuple(source for source in facts.feeds(ActionItemSeen) if source != TEAM_SOURCE)
    told = []
    for source, last in facts.silent(trackers).items():
        title = material.names.sources.get(source, source)
        never = words.say("tracker_never_read", title=title)
        told.append(words.say("tracker_silent", title=title, moment=material.moment(last)) if last else never)
    return " ".join(told)


def _silent_sources(material: Material) -> Iterable[Line]:
    words = material.wording
    for source in material.sources:
        item, since = f"source:{source.source_key}", silence_text(material, (source.source_key,))
        if since:
            owner = material.role(source.owner_role)
            text = words.say("source_silent", title=source.title, since=since, owner=owner)
            yield Line(item=item, text=text, **note_on(material, item))


def _uncollected(material: Material) -> Iterable[Line]:
    """Must-measures without a figure; those of silent sources are told with their source."""
    for result in material.assessment.unknown:
        if not result.must_measure or silence_text(material, result.kpi.sources):
            continue
        if has_nothing_to_count(material, result):
            continue
        indicator = material.indicators[result.indicator]
        yield Line(
            audience=audience_of(result.area),
            item=result.key,
            text=material.wording.say(
                "figure_unknown", title=indicator.title, why=material.wording.closed(reason_text(result.kpi, material))
            ),
            **note_on(material, result.key),
        )
