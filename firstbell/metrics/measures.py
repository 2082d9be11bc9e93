"""Countable facts: latest values, ratios, sums, rates per head, pace and trend.

Figures of schools are summed into the district by numerator and denominator, never by averaging percentages; a
district's own row, where there is one, goes before the sum of its schools.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median_low

from firstbell.calendar import SchoolCalendar
from firstbell.intervals import local_dates
from firstbell.kpi import Kpi
from firstbell.metrics.figure import DISTRICT, Frame
from firstbell.records import Measurement

IMPOSSIBLE = "A row counts more than there are, or fewer than none; correct the file that it comes from."


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Several rows added up. `denominator` is None for plain counts, `people` where no row is about people."""

    numerator: float
    denominator: float | None
    people: int | None
    rows: int
    scopes: frozenset[str]
    last_on: date


def of_scope(rows: Sequence[Measurement], scope: str) -> list[Measurement]:
    """A measure's rows that make up a scope: its own, or for the district without any, its schools'."""
    own = [row for row in rows if row.scope == scope]
    return own if own or scope != DISTRICT else list(rows)


def latest_rows(rows: Iterable[Measurement], today: date) -> list[Measurement]:
    """Each scope's newest row that had begun by `today`."""
    newest: dict[str, Measurement] = {}
    for row in sorted(rows, key=lambda row: (row.period_end_on, row.period_start_on, row.as_of)):
        if row.period_start_on <= today:
            newest[row.scope] = row
    return list(newest.values())


def ending_within(rows: Iterable[Measurement], first_on: date, last_on: date) -> list[Measurement]:
    """Rows whose period ends from `first_on` to `last_on`, so that each row falls into exactly one period."""
    return [row for row in rows if first_on <= row.period_end_on <= last_on]


def total(rows: Sequence[Measurement]) -> Total | None:
    """The rows added up; None when there are none."""
    if not rows:
        return None
    parts = [row.denominator for row in rows if row.denominator is not None]
    people = [row.people for row in rows if row.people is not None]
    return Total(
        numerator=sum(row.numerator for row in rows),
        denominator=sum(parts) if len(parts) == len(rows) else None,
        people=sum(people) if people else None,
        rows=len(rows),
        scopes=frozenset(row.scope for row in rows),
        last_on=max(row.period_end_on for row in rows),
    )


def possible(rows: Iterable[Measurement]) -> bool:
    """Whether every row counts no more than there are, and not fewer than none."""
    return all(0 <= row.numerator <= row.denominator for row in rows if row.denominator is not None)


def measured_ratio(
    name: str, rows: Sequence[Measurement], frame: Frame, *, expected: int = 0, of_a_whole: bool = True
) -> Kpi:
    """Numerators over denominators of the rows. `expected` scopes that have no row are `missing`.

    Of a whole there cannot be more than all nor fewer than none: rows that say so are no figure. A mean of scores is
    not `of_a_whole`.
    """
    method = "sum of numerators / sum of denominators over the newest row of each scope"
    added = total(rows)
    if added is None:
        return frame.not_known(name, "ratio", method, "No row of this measure has arrived.", missing=expected)
    if added.denominator is None:
        return frame.not_known(name, "ratio", method, "The rows of this measure carry no denominator.")
    if of_a_whole and not possible(rows):
        return frame.not_known(name, "ratio", method, IMPOSSIBLE)
    missing = max(0, expected - len(added.scopes))
    return frame.ratio(name, added.numerator, added.denominator, method, n=added.rows, missing=missing)


def measured_sum(name: str, rows: Sequence[Measurement], frame: Frame, unit: str, *, expected: int = 0) -> Kpi:
    """The numerators of the rows added up."""
    method = "sum of numerators"
    added = total(rows)
    if added is None:
        return frame.not_known(name, unit, method, "No row of this measure has arrived.", missing=expected)
    if added.numerator < 0:
        return frame.not_known(name, unit, method, IMPOSSIBLE)
    missing = max(0, expected - len(added.scopes))
    return frame.measured(name, added.numerator, unit, method, numerator=added.numerator, n=added.rows, missing=missing)


def per_head(
    name: str,
    rows: Sequence[Measurement],
    heads: Sequence[Measurement],
    frame: Frame,
    unit: str,
    *,
    times: float = 1,
    schools: int = 0,
) -> Kpi:
    """`rows` per one (or per `times`) of `heads`, over the scopes that have both; the others are `missing`.

    A district's own row goes with the district's own or with that of each of its `schools`, never with a part of them.
    """
    method = f"sum of {name} / sum of heads x {times:g}, over scopes that have both"
    above_in, below_in = ({row.scope for row in side} for side in (rows, heads))
    shared = above_in & below_in
    if not shared and DISTRICT in above_in | below_in:
        parts = (above_in | below_in) - {DISTRICT}
        if above_in and below_in and not 0 < schools <= len(parts):
            reason = "One of the two is known for the district and the other for some of its schools only."
            return frame.not_known(name, unit, method, reason, missing=max(0, schools - len(parts)))
        shared = above_in | below_in
    above = total([row for row in rows if row.scope in shared])
    below = total([row for row in heads if row.scope in shared])
    if above is None or below is None or below.numerator <= 0:
        return frame.not_known(name, unit, method, "The figure or the number of heads has not arrived.")
    if above.numerator < 0:
        return frame.not_known(name, unit, method, IMPOSSIBLE)
    untold = 0 if DISTRICT in shared else max(len((above_in | below_in) - shared), schools - len(shared))
    return frame.measured(
        name,
        above.numerator / below.numerator * times,
        unit,
        method,
        numerator=above.numerator,
        denominator=below.numerator,
        n=above.rows,
        missing=untold,
    )


def weekly_median(
    name: str, rows: Sequence[Measurement], frame: Frame, calendar: SchoolCalendar, *, expected: int = 0
) -> Kpi:
    """Share active in a week, median over the period's weeks of instruction.

    A row of seven days or fewer is a week; it is one of instruction when its days hold a day of class. Of an even
    number of weeks the lower middle one is taken, so that numerator and denominator are those of a real week.
    `missing` counts weeks of instruction without a row; a week in which some of `expected` schools are missing
    is among them. Where the period has no counted week yet, the reason names the newest one before it.
    """
    method = "median over weeks of instruction of active / rostered"
    weeks: dict[date, list[Measurement]] = {}
    for row in rows:
        if timedelta(0) <= row.period_end_on - row.period_start_on < timedelta(days=7):
            weeks.setdefault(_monday(row.period_start_on), []).append(row)
    days = list(local_dates(frame.elapsed, calendar.zone))
    taught = {_monday(day) for day in days if calendar.is_instruction_day(day)}
    counted = {}
    for monday, parts in weeks.items():
        added = total(latest_rows(parts, date.max))
        if added and added.denominator and (DISTRICT in added.scopes or len(added.scopes) >= expected):
            counted[monday] = (added.numerator / added.denominator, added)
    complete = [counted[monday] for monday in sorted(taught & counted.keys())]
    if not possible(row for monday in taught & counted.keys() for row in weeks[monday]):
        return frame.not_known(name, "ratio", method, IMPOSSIBLE)
    missing = len(taught) - len(complete)
    if not complete:
        earlier = [monday for monday in counted if monday < days[0] and _is_taught(monday, calendar)] if days else []
        reason = _no_week(max(earlier, default=None), partly=bool(taught & weeks.keys()))
        return frame.not_known(name, "ratio", method, reason, missing=missing)
    middle = median_low(sorted(ratio for ratio, _ in complete))
    week = next(added for ratio, added in complete if ratio == middle)
    return frame.measured(
        name,
        middle,
        "ratio",
        method,
        numerator=week.numerator,
        denominator=week.denominator,
        n=len(complete),
        missing=missing,
    )


def _is_taught(monday: date, calendar: SchoolCalendar) -> bool:
    return any(calendar.is_instruction_day(monday + timedelta(days=day)) for day in range(7))


def _no_week(earlier: date | None, *, partly: bool) -> str:
    """Why a period has no counted week, given the Monday of the newest counted one before it."""
    if earlier is not None:
        return f"No week of this period is counted yet; the newest one counted is the week of {earlier}."
    return "No week has been counted in every school." if partly else "No week of instruction has been counted."


def elapsed_share(first_on: date, last_on: date, today: date) -> float:
    """How much of a year or cycle has passed at the end of `today`, 0 to 1.

    >>> elapsed_share(date(2026, 7, 1), date(2027, 6, 30), date(2026, 11, 23))
    0.4
    """
    days = (last_on - first_on).days + 1
    return min(1.0, max(0.0, ((today - first_on).days + 1) / days))


def pace(name: str, rows: Sequence[Measurement], frame: Frame, today: date) -> Kpi:
    """Share spent minus share of the time elapsed, in percentage points: above 0 is ahead of the calendar.

    The rows' own period is the year or cycle; spent so far is their numerator, the plan their denominator. What was
    spent was known at the rows' `as_of`, so the elapsed share is taken at the oldest of these, not at `today`.
    """
    method = "100 x (spent / planned - days elapsed / days of the period), both at the day the figures were made"
    added = total(rows)
    periods = {(row.period_start_on, row.period_end_on) for row in rows}
    if added is None or not added.denominator:
        return frame.not_known(name, "points", method, "No row with spent and planned amounts has arrived.")
    if len(periods) > 1:
        return frame.not_known(name, "points", method, "The rows speak of different years and cannot be added.")
    known_on = min(today, *(row.as_of.date() for row in rows))
    share = elapsed_share(*periods.pop(), known_on)
    return frame.measured(
        name,
        100 * (added.numerator / added.denominator - share),
        "points",
        method,
        numerator=added.numerator,
        denominator=added.denominator,
        n=added.rows,
    )


def difference(name: str, rows: Sequence[Measurement], comparison: Sequence[Measurement], frame: Frame) -> Kpi:
    """The ratio of `rows` minus the ratio of `comparison`, in percentage points."""
    method = "100 x (ratio - ratio of the comparison group)"
    own, other = total(rows), total(comparison)
    if own is None or other is None or not own.denominator or not other.denominator:
        return frame.not_known(name, "points", method, "One of the two groups has not been counted.")
    if not possible([*rows, *comparison]):
        return frame.not_known(name, "points", method, IMPOSSIBLE)
    return frame.measured(
        name,
        100 * (own.numerator / own.denominator - other.numerator / other.denominator),
        "points",
        method,
        n=own.rows + other.rows,
    )


def trend(current: Kpi, earlier: Kpi, frame: Frame) -> Kpi:
    """How much `current` differs from `earlier`, in the figure's own unit; not known when either is not."""
    method = f"{current.name} of this period - {earlier.name} of the earlier one"
    if current.value is None or earlier.value is None:
        unknown = current if current.value is None else earlier
        return frame.not_known(current.name, current.unit, method, unknown.reason, availability=unknown.availability)
    return frame.measured(
        current.name,
        current.value - earlier.value,
        current.unit,
        method,
        n=min(current.n, earlier.n),
        missing=max(current.missing, earlier.missing),
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
