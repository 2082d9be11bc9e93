"""How a counted share moved: its last counts as a line, against its target or band."""

from __future__ import annotations

from datetime import date, timedelta

from firstbell.assessment.instrument import Area
from firstbell.assessment.result import IndicatorResult
from firstbell.assessment.targets import Better
from firstbell.kpi import Light
from firstbell.metrics import measures
from firstbell.metrics.measure_formulas import expected_schools
from firstbell.packet.figures import audience_of, silence_text
from firstbell.packet.material import Material
from firstbell.packet.model import Chart, ChartSeries, Point
from firstbell.records import Measurement

COUNTS_DRAWN = 16
LEAST_COUNTS = 4
SHARES = frozenset({"weekly_active", "measure_ratio", "measure_period_ratio"})
"""Formulas over one measure whose every count is a share of its own."""

_WORST_FIRST = {Light.MISSED: 0, Light.CLOSE: 1, Light.MET: 2, Light.NO_TARGET: 3}


def measure_chart(material: Material, area: Area) -> Chart | None:
    """The worst known share of an area that was counted often enough to draw; None where there is none."""
    known = [one for one in material.assessment.district if one.area is area and one.light in _WORST_FIRST]
    known.sort(key=lambda one: (_WORST_FIRST[one.light], not one.must_measure, -one.weight))
    charts = (_chart(material, one) for one in known)
    return next((chart for chart in charts if chart is not None), None)


def _chart(material: Material, result: IndicatorResult) -> Chart | None:
    indicator = material.indicators[result.indicator]
    if indicator.formula not in SHARES or silence_text(material, result.kpi.sources):
        return None
    counts = _counts(material, str(indicator.params["measure"]))[-COUNTS_DRAWN:]
    known = [(day, value) for day, value in counts if value is not None]
    if len(known) < LEAST_COUNTS:
        return None
    words, goal = material.wording, result.target.goal if result.target.in_force else None
    (first_day, first), (last_day, last) = known[0], known[-1]
    finding = words.say(
        "history_finding",
        first=words.percent(first),
        first_day=words.day(first_day),
        last=words.percent(last),
        last_day=words.day(last_day),
    )
    if goal is not None:
        met = sum(_reached(value, goal, result.target.better) for _, value in known)
        finding = f"{finding} {words.say('history_goal', n=len(known), met=met)}"
    return Chart(
        audience=audience_of(result.area),
        kind="line",
        title=indicator.title,
        alternative=finding,
        unit="%",
        series=(ChartSeries(name=indicator.title, points=tuple(_point(material, *count) for count in counts)),),
        target=100 * goal if isinstance(goal, int | float) else None,
        band_from=100 * goal[0] if isinstance(goal, tuple) else None,
        band_to=100 * goal[1] if isinstance(goal, tuple) else None,
    )


def _point(material: Material, day: date, value: float | None) -> Point:
    return Point(label=material.wording.day(day), value=None if value is None else round(100 * value, 1))


def _counts(material: Material, measure: str) -> list[tuple[date, float | None]]:
    """The district's share at the end of each counted period, the oldest first; weeks without class are left out.

    None where schools are missing or fewer people were counted than may be shown.
    """
    facts = material.facts
    rows = measures.of_scope(facts.measurements.get(measure, ()), material.scope)
    expected = expected_schools(facts, rows, material.scope)
    periods: dict[date, list[Measurement]] = {}
    for row in rows:
        if row.period_end_on <= facts.today and _taught(material, row):
            periods.setdefault(row.period_end_on, []).append(row)
    return [(day, _share(material, periods[day], expected)) for day in sorted(periods)]


def _share(material: Material, rows: list[Measurement], expected: int) -> float | None:
    added = measures.total(measures.latest_rows(rows, date.max))
    if added is None or not added.denominator or (material.scope not in added.scopes and len(added.scopes) < expected):
        return None
    if added.people is not None and added.people < material.facts.policies.suppression.small_group_minimum:
        return None
    return added.numerator / added.denominator


def _taught(material: Material, row: Measurement) -> bool:
    """Whether a period longer than a week, or one with a day of class in it."""
    days = (row.period_end_on - row.period_start_on).days + 1
    if days > 7:
        return True
    calendar = material.facts.calendar
    return any(calendar.is_instruction_day(row.period_start_on + timedelta(days=step)) for step in range(days))


def _reached(value: float, goal: float | tuple[float, float], better: Better) -> bool:
    if isinstance(goal, tuple):
        return goal[0] <= value <= goal[1]
    return value <= goal if better is Better.DOWN else value >= goal
