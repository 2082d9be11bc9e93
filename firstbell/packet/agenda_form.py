"""The form that all agenda items share: sentences, tables and charts, questions; one line where nothing is new."""

from __future__ import annotations

from collections.abc import Sequence

from firstbell.assessment.instrument import Area
from firstbell.packet.agenda_promises import promise_lines
from firstbell.packet.changes import SECTION_OF
from firstbell.packet.material import Material
from firstbell.packet.measure_chart import measure_chart
from firstbell.packet.model import Change, Line, Section
from firstbell.packet.questions import questions

ACTIONS = 1
"""The agenda item of the team's promises."""
CHARTED = (Area.TECHNOLOGY_INTEGRATION, Area.SECURITY, Area.BUDGET)
"""Areas whose worst counted share is drawn under their agenda item."""


def formed(material: Material, section: Section, events: Sequence[Change] = ()) -> Section:
    """A section in the common form.

    Its own content comes first, then the chart of its areas' worst counted share, then the questions that rules ask.
    A section that has nothing at all stays the one line it is; one that says what the last packet said becomes one
    line, and what it holds stands in the appendix.
    """
    if section.quiet and not _content(section):
        return section
    drawn = [measure_chart(material, area) for area in CHARTED if _under(area, section)]
    told = (*section.sentences, *(promise_lines(material) if section.number == ACTIONS else ()))
    asked = (*questions(material, section.number, events), *section.questions)
    whole = section.model_copy(
        update={
            "sentences": tuple(_closed(material, line) for line in told),
            "charts": (*section.charts, *(chart for chart in drawn if chart is not None)),
            "questions": asked,
        }
    )
    quiet = material.wording.say("nothing_new", day=material.wording.day(material.compared_at))
    return whole.model_copy(update={"quiet": quiet, "unchanged": True}) if _as_printed(material, whole) else whole


def _under(area: Area, section: Section) -> bool:
    return SECTION_OF[area] == section.number


def _closed(material: Material, line: Line) -> Line:
    return line.model_copy(update={"text": material.wording.closed(line.text)})


def _as_printed(material: Material, section: Section) -> bool:
    """Whether the last packet said the same in sentences and tables; an incident is never passed over in one line."""
    printed = material.printed.sections if material.printed is not None else ()
    before = next((one for one in printed if one.number == section.number), None)
    return before is not None and not section.incidents and _content(before) == _content(section)


def _content(section: Section) -> tuple[object, ...]:
    """What a section tells; empty where it tells nothing."""
    told = tuple((line.text, line.note) for line in section.sentences)
    incidents = tuple(line.text for line in section.incidents)
    return (*told, *section.tables, *incidents)
