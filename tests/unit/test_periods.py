"""Periods: named, cut in local time, without a gap or an overlap from one to the next."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.calendar import SchoolCalendar, SchoolYear, Term
from firstbell.intervals import Window
from firstbell.periods import Period, PeriodKind, between_meetings, period_before, period_of

ZONES = ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix"]
ENDLESS = [PeriodKind.DAY, PeriodKind.WEEK, PeriodKind.MONTH, PeriodKind.FISCAL_YEAR]


def calendar(zone: str = "America/Chicago", fiscal: str = "07-01") -> SchoolCalendar:
    return SchoolCalendar(
        zone=ZoneInfo(zone),
        years=(
            SchoolYear(name="2025-26", first_on=date(2025, 8, 13), last_on=date(2026, 5, 29)),
            SchoolYear(name="2026-27", first_on=date(2026, 8, 12), last_on=date(2027, 5, 28)),
        ),
        terms=(
            Term(name="Fall", first_on=date(2026, 8, 12), last_on=date(2026, 12, 18)),
            Term(name="Spring", first_on=date(2027, 1, 5), last_on=date(2027, 5, 28)),
        ),
        fiscal_year_starts=fiscal,
    )


def found(kind: PeriodKind, day: date, fiscal: str = "07-01") -> Period:
    period = period_of(kind, day, calendar(fiscal=fiscal))
    assert period is not None
    return period


def days(period: Period) -> tuple[str, str, str]:
    """The name, the first and the last local day."""
    zone = ZoneInfo("America/Chicago")
    last = period.window.end - timedelta(seconds=1)
    return period.name, str(period.window.start.astimezone(zone).date()), str(last.astimezone(zone).date())


@pytest.mark.parametrize(
    ("kind", "day", "expected"),
    [
        (PeriodKind.DAY, date(2026, 11, 1), ("2026-11-01", "2026-11-01", "2026-11-01")),
        (PeriodKind.WEEK, date(2027, 1, 2), ("2026-W53", "2026-12-28", "2027-01-03")),
        (PeriodKind.MONTH, date(2026, 12, 31), ("2026-12", "2026-12-01", "2026-12-31")),
        (PeriodKind.TERM, date(2026, 11, 5), ("Fall", "2026-08-12", "2026-12-18")),
        (PeriodKind.SCHOOL_YEAR, date(2026, 11, 5), ("2026-27", "2026-08-12", "2027-05-28")),
        (PeriodKind.FISCAL_YEAR, date(2026, 6, 30), ("FY2026", "2025-07-01", "2026-06-30")),
        (PeriodKind.FISCAL_YEAR, date(2026, 7, 1), ("FY2027", "2026-07-01", "2027-06-30")),
    ],
)
def test_the_period_of_a_day(kind: PeriodKind, day: date, expected: tuple[str, str, str]) -> None:
    assert days(found(kind, day)) == expected


@pytest.mark.parametrize(
    ("fiscal", "day", "expected"),
    [
        ("01-01", date(2026, 7, 1), ("FY2026", "2026-01-01", "2026-12-31")),
        ("10-01", date(2026, 10, 1), ("FY2027", "2026-10-01", "2027-09-30")),
        ("02-29", date(2027, 2, 27), ("FY2027", "2026-02-28", "2027-02-27")),
        ("02-29", date(2028, 2, 28), ("FY2028", "2027-02-28", "2028-02-28")),
    ],
)
def test_fiscal_years_begin_where_the_folder_says(fiscal: str, day: date, expected: tuple[str, str, str]) -> None:
    assert days(found(PeriodKind.FISCAL_YEAR, day, fiscal)) == expected


def test_no_term_and_no_school_year_hold_the_summer() -> None:
    for kind in (PeriodKind.TERM, PeriodKind.SCHOOL_YEAR, PeriodKind.MEETINGS):
        assert period_of(kind, date(2026, 7, 4), calendar()) is None


def test_the_period_before() -> None:
    spring = found(PeriodKind.TERM, date(2027, 2, 1))
    assert days(period_before(spring, calendar()) or spring) == ("Fall", "2026-08-12", "2026-12-18")
    assert period_before(found(PeriodKind.TERM, date(2026, 9, 1)), calendar()) is None
    year = found(PeriodKind.SCHOOL_YEAR, date(2026, 9, 1))
    assert days(period_before(year, calendar()) or year)[0] == "2025-26"
    march = found(PeriodKind.MONTH, date(2026, 3, 8))
    assert days(period_before(march, calendar()) or march)[0] == "2026-02"


@given(st.sampled_from(ZONES), st.sampled_from(ENDLESS), st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_each_period_ends_where_the_next_one_begins(zone: str, kind: PeriodKind, day: date) -> None:
    here = calendar(zone, "10-01")
    period = period_of(kind, day, here)
    assert period is not None
    before = period_before(period, here)
    assert before is not None
    assert before.window.end == period.window.start
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=here.zone).astimezone(UTC)
    assert noon in period.window


def test_from_meeting_to_meeting() -> None:
    """They begin at half past seven in the evening: in UTC the day after."""
    chicago = ZoneInfo("America/Chicago")
    first, second, third = (datetime(2026, month, 4, 0, 30, tzinfo=UTC) for month in (9, 10, 11))
    starts = [third, first, second]
    period = between_meetings(starts, second + timedelta(days=3), chicago)
    assert period == Period(kind=PeriodKind.MEETINGS, name="2026-10-03/2026-11-03", window=Window(second, third))
    assert between_meetings(starts, second, chicago) == period
    assert between_meetings(starts, first - timedelta(days=1), chicago) is None
    assert between_meetings(starts, third, chicago) is None


def test_an_open_period_has_elapsed_up_to_now() -> None:
    month = found(PeriodKind.MONTH, date(2026, 10, 5))
    now = datetime(2026, 10, 5, 12, tzinfo=UTC)
    assert month.elapsed(now) == Window(month.window.start, now)
    assert month.elapsed(month.window.end + timedelta(days=9)) == month.window
    assert month.elapsed(month.window.start - timedelta(days=9)).seconds == 0
