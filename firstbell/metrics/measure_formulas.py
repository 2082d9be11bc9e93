"""Formulas over countable facts: anything that a CSV or an API counted feeds these.

Common parameters: `measure` names the measure's key; `max_age_days` the age (by the rows' `as_of`) past which the
figure is stale; `minimum_n` how many must have been counted. A district figure made of school rows counts the schools
without a row as `missing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from firstbell.intervals import local_dates
from firstbell.kpi import Kpi
from firstbell.metrics import measures, parameters
from firstbell.metrics.facts import Facts
from firstbell.metrics.figure import DISTRICT, Frame
from firstbell.metrics.limits import aged, enough, heard
from firstbell.metrics.suppression import suppressed
from firstbell.records import Measurement

Parameters = Mapping[str, Any]


def measure_ratio(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Newest numerator / denominator, of which there cannot be more than all. `measure`."""
    return _newest_ratio(facts, params, scope, of_a_whole=True)


def measure_period_ratio(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Numerators / denominators of all rows whose period ended in this period. `measure`."""
    key = parameters.text(params, "measure")
    rows = ended(facts, key, scope)
    kpi = measures.measured_ratio(
        key, rows, frame_of(facts, (key,), scope), expected=expected_schools(facts, rows, scope)
    )
    return finished(facts, kpi, (key,), rows, params)


def measure_latest(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """The newest count. `measure`, `unit` (default "count")."""
    key = parameters.text(params, "measure")
    rows = newest(facts, key, scope)
    unit = parameters.text(params, "unit", "count")
    kpi = measures.measured_sum(
        key, rows, frame_of(facts, (key,), scope), unit, expected=expected_schools(facts, rows, scope)
    )
    return finished(facts, kpi, (key,), rows, params)


def measure_sum(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """All counts whose period ended in this period, added up. `measure`, `unit` (default "count")."""
    key = parameters.text(params, "measure")
    rows = ended(facts, key, scope)
    unit = parameters.text(params, "unit", "count")
    kpi = measures.measured_sum(
        key, rows, frame_of(facts, (key,), scope), unit, expected=expected_schools(facts, rows, scope)
    )
    return finished(facts, kpi, (key,), rows, params)


def measure_mean(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Newest sum of scores / number of scores. `measure`, `unit` (default "score")."""
    kpi = _newest_ratio(facts, params, scope, of_a_whole=False)
    return replace(kpi, unit=parameters.text(params, "unit", "score"))


def measure_per(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Newest count per head. `measure`, `per` (the measure that counts heads), `times` (default 1), `unit`."""
    key, per = parameters.text(params, "measure"), parameters.text(params, "per")
    rows, heads = newest(facts, key, scope), newest(facts, per, scope)
    unit = parameters.text(params, "unit", f"per {per}")
    kpi = measures.per_head(
        key,
        rows,
        heads,
        frame_of(facts, (key, per), scope),
        unit,
        times=parameters.number(params, "times", 1),
        schools=_schools_of(facts, scope),
    )
    return finished(facts, kpi, (key, per), rows, params)


def measure_difference(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Ratio of `measure` minus ratio of `comparison`, in points; `minimum_n` in both groups (default 10)."""
    key, other = parameters.text(params, "measure"), parameters.text(params, "comparison")
    rows, comparison = newest(facts, key, scope), newest(facts, other, scope)
    kpi = measures.difference(key, rows, comparison, frame_of(facts, (key, other), scope))
    sizes = [added.denominator or 0 for added in map(measures.total, (rows, comparison)) if added is not None]
    kpi = enough(kpi, min(sizes, default=0), {"minimum_n": 10, **params})
    return finished(facts, kpi, (key, other), [*rows, *comparison], params)


def weekly_active(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Active / rostered in a week, median over the weeks of instruction in the period. `measure`."""
    key = parameters.text(params, "measure")
    rows = measures.of_scope(facts.measurements.get(key, ()), scope)
    frame = frame_of(facts, (key,), scope)
    expected = expected_schools(facts, rows, scope)
    kpi = measures.weekly_median(key, rows, frame.under(facts.calendar.hash), facts.calendar, expected=expected)
    return finished(facts, kpi, (key,), measures.latest_rows(rows, facts.today), params)


def training_hours(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Hours of training this school year per teacher. `measure`, `per`, with rows that end in the school year."""
    key, per = parameters.text(params, "measure"), parameters.text(params, "per")
    year = facts.calendar.school_year_of(facts.today)
    rows = measures.of_scope(facts.measurements.get(key, ()), scope)
    this_year = measures.ending_within(rows, year.first_on, facts.today) if year else []
    heads = newest(facts, per, scope)
    frame = frame_of(facts, (key, per), scope)
    kpi = measures.per_head(key, this_year, heads, frame, "hours per teacher", schools=_schools_of(facts, scope))
    return finished(facts, kpi, (key, per), heads, params)


def budget_pace(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Share spent minus share of the period elapsed, in points. `absolute: true` drops the sign. `measure`."""
    key = parameters.text(params, "measure")
    rows = newest(facts, key, scope)
    kpi = measures.pace(key, rows, frame_of(facts, (key,), scope), facts.today)
    if kpi.value is not None and params.get("absolute") is True:
        kpi = replace(kpi, value=abs(kpi.value), method=f"absolute value of {kpi.method}")
    return finished(facts, kpi, (key,), rows, params)


def _newest_ratio(facts: Facts, params: Parameters, scope: str, *, of_a_whole: bool) -> Kpi:
    key = parameters.text(params, "measure")
    rows = newest(facts, key, scope)
    expected = expected_schools(facts, rows, scope)
    frame = frame_of(facts, (key,), scope)
    kpi = measures.measured_ratio(key, rows, frame, expected=expected, of_a_whole=of_a_whole)
    return finished(facts, kpi, (key,), rows, params)


def newest(facts: Facts, key: str, scope: str) -> list[Measurement]:
    """Each scope's newest row of a measure."""
    return measures.latest_rows(measures.of_scope(facts.measurements.get(key, ()), scope), facts.today)


def ended(facts: Facts, key: str, scope: str) -> list[Measurement]:
    """The rows of a measure whose period ended in this period."""
    days = list(local_dates(facts.window, facts.calendar.zone))
    rows = measures.of_scope(facts.measurements.get(key, ()), scope)
    return measures.ending_within(rows, days[0], days[-1]) if days else []


def expected_schools(facts: Facts, rows: Iterable[Measurement], scope: str) -> int:
    """How many schools' rows make the district whole; 0 where the district counts itself."""
    counted_itself = any(row.scope == DISTRICT for row in rows)
    return 0 if counted_itself else _schools_of(facts, scope)


def _schools_of(facts: Facts, scope: str) -> int:
    return len(facts.schools) if scope == DISTRICT else 0


def frame_of(facts: Facts, keys: Iterable[str], scope: str) -> Frame:
    """The frame of a figure from measures, with the sources that told them."""
    return facts.frame(scope, sources_of(facts, keys))


def sources_of(facts: Facts, keys: Iterable[str]) -> tuple[str, ...]:
    """The sources that told any row of these measures."""
    return tuple(sorted({source for key in keys for source in facts.measured_by.get(key, ())}))


def finished(facts: Facts, kpi: Kpi, keys: tuple[str, ...], rows: Sequence[Measurement], params: Parameters) -> Kpi:
    """The figure after the rules on silence, age and small groups.

    Of a ratio at least `minimum_n` must have been counted in its denominator.
    """
    told_on = min((row.as_of.astimezone(facts.calendar.zone).date() for row in rows), default=None)
    kpi = aged(heard(facts, kpi, sources_of(facts, keys)), told_on, facts.today, params)
    if kpi.denominator is not None:
        kpi = enough(kpi, kpi.denominator, params)
    added = measures.total(rows)
    return suppressed(kpi, added.people if added else None, facts.policies.suppression)


MEASURE_FORMULAS: dict[str, Callable[[Facts, Parameters, str], Kpi]] = {
    "measure_ratio": measure_ratio,
    "measure_period_ratio": measure_period_ratio,
    "measure_latest": measure_latest,
    "measure_sum": measure_sum,
    "measure_mean": measure_mean,
    "measure_per": measure_per,
    "measure_difference": measure_difference,
    "weekly_active": weekly_active,
    "training_hours": training_hours,
    "budget_pace": budget_pace,
}
