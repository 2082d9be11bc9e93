"""The summer in print: said once, and not again for each figure that counts class time."""

from __future__ import annotations

from datetime import date

from firstbell.assessment.result import IndicatorResult
from firstbell.packet.material import Material
from firstbell.packet.model import Line
from firstbell.year_turn import summer_around

WEEKS_OF_CLASSES = "weekly_active"
"""The formula that counts weeks of instruction."""


def summer(material: Material) -> tuple[date, date | None] | None:
    """The summer that all of the packet's period lies in, from its first to its last day; None in and around term.

    The last day is None where the calendar does not name the next school year.
    """
    found = summer_around(material.facts.calendar, material.facts.today)
    if found is None or material.facts.window.start.astimezone(material.wording.zone).date() < found[0]:
        return None
    return found


def has_nothing_to_count(material: Material, result: IndicatorResult) -> bool:
    """Whether a figure is not known because it counts class time and there is none."""
    indicator = material.indicators[result.indicator]
    in_class = indicator.formula == WEEKS_OF_CLASSES or indicator.params.get("hours") == "school"
    return in_class and not result.kpi.known and summer(material) is not None


def session_line(material: Material) -> Line | None:
    """That school is not in session, and until when; None within a school year."""
    found = summer(material)
    if found is None:
        return None
    words, (first, last) = material.wording, found
    if last is None:
        return Line(item="session", text=words.say("not_in_session_open", first=words.full_date(first)))
    text = words.say("not_in_session", first=words.full_date(first), last=words.full_date(last))
    return Line(item="session", text=text)
