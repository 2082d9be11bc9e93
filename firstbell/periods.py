"""The periods that figures are given for, cut in the district's local time: day, week, month, term, years, meetings.

Each is a half-open window in UTC; the days on which the clocks change have 23 or 25 hours, and the months they fall in
an hour less or more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from firstbell.calendar import SchoolCalendar, SchoolYear, Term
from firstbell.intervals import Window, local_moment

ONE_DAY = timedelta(days=1)


class PeriodKind(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TERM = "term"
    SCHOOL_YEAR = "school_year"
    FISCAL_YEAR = "fiscal_year"
    MEETINGS = "meetings"
    """From one meeting's start to the next one's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A stretch of time with the name it is printed under, such as 2026-11 or 2026-27."""

    kind: PeriodKind
    name: str
    window: Window

    def elapsed(self, as_of: datetime) -> Window:
        """The part that had passed: an open period ends at `as_of`. Empty for one that has not begun."""
        start = self.window.start
        return Window(start, max(start, min(self.window.end, as_of)))


def period_of(kind: PeriodKind, day: date, calendar: SchoolCalendar) -> Period | None:
    """The period of a kind that a local day lies in; None on a day between two terms or school years.

    Weeks begin on Monday and are named by ISO 8601. Periods between meetings need the meetings: `between_meetings`.
    """
    zone = calendar.zone
    if kind is PeriodKind.DAY:
        return _of_days(kind, day.isoformat(), day, day, zone)
    if kind is PeriodKind.WEEK:
        monday = day - timedelta(days=day.weekday())
        year, week, _ = day.isocalendar()
        return _of_days(kind, f"{year}-W{week:02}", monday, monday + timedelta(days=6), zone)
    if kind is PeriodKind.MONTH:
        first = day.replace(day=1)
        return _of_days(kind, f"{day:%Y-%m}", first, _next_month(first) - ONE_DAY, zone)
    if kind is PeriodKind.FISCAL_YEAR:
        return _fiscal_year(day, calendar)
    found = next((one for one in _named(kind, calendar) if one.first_on <= day <= one.last_on), None)
    return None if found is None else _of_days(kind, found.name, found.first_on, found.last_on, zone)


def period_before(period: Period, calendar: SchoolCalendar) -> Period | None:
    """The period of the same kind that ends where this one begins, or last before it; None where there is none."""
    last = period.window.start.astimezone(calendar.zone).date() - ONE_DAY
    named = _named(period.kind, calendar)
    last = max((one.last_on for one in named if one.last_on <= last), default=last)
    return period_of(period.kind, last, calendar)


def between_meetings(starts: Iterable[datetime], moment: datetime, zone: ZoneInfo) -> Period | None:
    """From the last meeting that had begun to the next one, by their local dates; None where either is not known."""
    ordered = sorted(set(starts))
    place = bisect_right(ordered, moment)
    if not 0 < place < len(ordered):
        return None
    window = Window(ordered[place - 1], ordered[place])
    first, last = (moment.astimezone(zone).date() for moment in (window.start, window.end))
    return Period(kind=PeriodKind.MEETINGS, name=f"{first}/{last}", window=window)


def _named(kind: PeriodKind, calendar: SchoolCalendar) -> Sequence[SchoolYear | Term]:
    """The periods of a kind that the calendar names."""
    if kind is PeriodKind.SCHOOL_YEAR:
        return calendar.years
    return calendar.terms if kind is PeriodKind.TERM else ()


def _of_days(kind: PeriodKind, name: str, first: date, last: date, zone: ZoneInfo) -> Period:
    window = Window(local_moment(first, time(), zone), local_moment(last + ONE_DAY, time(), zone))
    return Period(kind=kind, name=name, window=window)


def _fiscal_year(day: date, calendar: SchoolCalendar) -> Period:
    """Named by the year it ends in, as budgets are, such as FY2027; one of a calendar year by that year."""
    starts = [_fiscal_start(year, calendar.fiscal_year_starts) for year in range(day.year - 1, day.year + 2)]
    place = bisect_right(starts, day)
    last = starts[place] - ONE_DAY
    return _of_days(PeriodKind.FISCAL_YEAR, f"FY{last.year}", starts[place - 1], last, calendar.zone)


def _fiscal_start(year: int, month_and_day: str) -> date:
    month, day = (int(part) for part in month_and_day.split("-"))
    if (month, day) == (2, 29):
        return date(year, 3, 1) - ONE_DAY
    return date(year, month, day)


def _next_month(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)
