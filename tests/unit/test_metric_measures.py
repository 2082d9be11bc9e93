"""Countable facts: ratios, sums, rates, weeks, pace and trend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.calendar import ClosedDays, SchoolCalendar, SchoolYear
from firstbell.intervals import Window
from firstbell.kpi import Availability
from firstbell.metrics import measures
from firstbell.metrics.figure import Frame
from firstbell.records import Measurement

CHICAGO = ZoneInfo("America/Chicago")
NOVEMBER = Window(datetime(2026, 11, 1, 5, tzinfo=UTC), datetime(2026, 12, 1, 6, tzinfo=UTC))
FRAME = Frame(window=NOVEMBER, as_of=NOVEMBER.end)
CALENDAR = SchoolCalendar(
    zone=CHICAGO,
    years=(SchoolYear(name="2026-27", first_on=date(2026, 8, 17), last_on=date(2027, 5, 28)),),
    closed=(ClosedDays(name="Thanksgiving", first_on=date(2026, 11, 23), last_on=date(2026, 11, 27)),),
)


def row(
    numerator: float,
    denominator: float | None = None,
    *,
    scope: str = "district",
    start: date = date(2026, 11, 1),
    end: date = date(2026, 11, 30),
    key: str = "use",
    people: int | None = None,
    as_of: datetime = NOVEMBER.end,
) -> Measurement:
    return Measurement(
        measure_key=key,
        scope=scope,
        period_start_on=start,
        period_end_on=end,
        numerator=numerator,
        denominator=denominator,
        people=people,
        as_of=as_of,
    )


def test_schools_are_summed_and_never_averaged() -> None:
    rows = [row(9, 10, scope="school:oak"), row(10, 90, scope="school:elm")]
    kpi = measures.measured_ratio("use", rows, FRAME, expected=3)
    assert (kpi.value, kpi.missing) == (0.19, 1)


@pytest.mark.parametrize("wrong", [row(150, 100), row(-1, 100), row(1, -100)])
def test_of_a_whole_there_is_no_more_than_all(wrong: Measurement) -> None:
    rows = [wrong, row(9, 10, scope="school:oak")]
    kpi = measures.measured_ratio("use", rows, FRAME)
    assert (kpi.value, kpi.reason) == (None, measures.IMPOSSIBLE)
    week = [replace(wrong, period_start_on=date(2026, 11, 2), period_end_on=date(2026, 11, 6))]
    assert measures.weekly_median("use", week, FRAME, CALENDAR).reason == measures.IMPOSSIBLE
    assert measures.difference("use", [row(1, 2)], [wrong], FRAME).reason == measures.IMPOSSIBLE


def test_a_mean_of_scores_may_be_above_one() -> None:
    assert measures.measured_ratio("score", [row(34, 10)], FRAME, of_a_whole=False).value == 3.4


def test_a_count_is_never_below_none() -> None:
    assert measures.measured_sum("holes", [row(-5)], FRAME, "count").reason == measures.IMPOSSIBLE
    assert measures.per_head("hours", [row(-5)], [row(10)], FRAME, "hours").reason == measures.IMPOSSIBLE
    assert measures.measured_sum("grants", [row(100), row(-40)], FRAME, "dollars").value == 60


def test_the_districts_own_row_goes_before_its_schools() -> None:
    rows = [row(9, 10, scope="school:oak"), row(50, 100)]
    assert measures.of_scope(rows, "district") == rows[1:]
    assert measures.of_scope(rows, "school:oak") == rows[:1]
    assert measures.of_scope(rows[:1], "district") == rows[:1]
    assert measures.of_scope(rows, "school:elm") == []


def test_the_newest_row_of_each_scope_that_has_begun() -> None:
    old, new = row(1, 2, start=date(2026, 9, 1), end=date(2026, 9, 30)), row(3, 4)
    future = row(5, 6, start=date(2027, 1, 1), end=date(2027, 1, 31))
    assert measures.latest_rows([new, future, old], date(2026, 11, 20)) == [new]


def test_a_missing_denominator_or_no_row_is_no_ratio() -> None:
    assert measures.measured_ratio("use", [row(1)], FRAME).value is None
    assert measures.measured_ratio("use", [row(1), row(1, 2)], FRAME).value is None
    assert measures.measured_ratio("use", [row(0, 0)], FRAME).value is None
    assert measures.measured_ratio("use", [], FRAME).availability is Availability.NOT_COLLECTED
    assert measures.measured_sum("use", [], FRAME, "count").value is None
    assert measures.measured_sum("use", [row(0)], FRAME, "count").value == 0


def test_per_head_over_the_schools_that_have_both() -> None:
    devices = [row(90, scope="school:oak", key="devices"), row(50, scope="school:elm", key="devices")]
    students = [row(100, scope="school:oak"), row(400, scope="school:high")]
    kpi = measures.per_head("devices", devices, students, FRAME, "devices per student")
    assert (kpi.value, kpi.numerator, kpi.denominator, kpi.missing) == (0.9, 90, 100, 2)


def test_per_head_of_a_figure_that_only_the_district_has() -> None:
    students = [row(1000, scope="school:oak"), row(3000, scope="school:high")]
    mbps = [row(4000, key="mbps")]
    kpi = measures.per_head("mbps", mbps, students, FRAME, "Mbps per student", times=1, schools=2)
    assert (kpi.value, kpi.missing) == (1.0, 0)
    for schools in (0, 9):
        assert measures.per_head("mbps", mbps, students, FRAME, "Mbps per student", schools=schools).value is None
    kpi = measures.per_head("mbps", students, mbps, FRAME, "x", schools=9)
    assert (kpi.value, kpi.missing) == (None, 7)
    assert measures.per_head("mbps", [row(4000)], [row(0)], FRAME, "Mbps").value is None
    assert measures.per_head("mbps", [], students, FRAME, "Mbps").value is None


def week(monday: int, numerator: float, denominator: float = 100, scope: str = "district") -> Measurement:
    start = date(2026, 11, monday)
    return row(numerator, denominator, scope=scope, start=start, end=start + timedelta(days=6))


def test_weekly_use_is_the_median_over_weeks_of_instruction() -> None:
    rows = [week(2, 90), week(9, 80), week(16, 60), week(23, 1)]
    kpi = measures.weekly_median("use", rows, FRAME, CALENDAR)
    # The Thanksgiving week does not count; the week of 30 November is one of instruction and was not counted.
    assert (kpi.value, kpi.numerator, kpi.n, kpi.missing) == (0.8, 80, 3, 1)


def test_of_an_even_number_of_weeks_a_real_one_is_taken() -> None:
    kpi = measures.weekly_median("use", [week(2, 90), week(9, 241, 284)], FRAME, CALENDAR)
    assert (kpi.numerator, kpi.denominator) == (241, 284)


def test_a_week_in_which_a_school_is_missing_is_missing() -> None:
    rows = [week(2, 90, scope="school:oak"), week(2, 10, scope="school:elm"), week(9, 90, scope="school:oak")]
    kpi = measures.weekly_median("use", rows, FRAME, CALENDAR, expected=2)
    assert (kpi.value, kpi.n, kpi.missing) == (0.5, 1, 3)


def test_right_after_a_meeting_the_newest_counted_week_is_named() -> None:
    since = Frame(
        window=Window(datetime(2026, 11, 18, tzinfo=UTC), NOVEMBER.end), as_of=datetime(2026, 11, 20, tzinfo=UTC)
    )
    rows = [week(2, 90), week(9, 80, scope="school:oak"), week(23, 1)]
    assert measures.weekly_median("use", rows, since, CALENDAR, expected=2).reason == (
        "No week of this period is counted yet; the newest one counted is the week of 2026-11-02."
    )
    for told, reason in (
        ([], "No week of instruction has been counted."),
        ([week(23, 1)], "No week of instruction has been counted."),
        ([week(16, 90, scope="school:oak")], "No week has been counted in every school."),
    ):
        kpi = measures.weekly_median("use", told, since, CALENDAR, expected=2)
        assert (kpi.value, kpi.reason, kpi.missing) == (None, reason, 1)


def test_a_week_of_holidays_is_never_the_newest_counted_one() -> None:
    december = Window(datetime(2026, 12, 1, 6, tzinfo=UTC), datetime(2026, 12, 18, tzinfo=UTC))
    since = Frame(window=december, as_of=datetime(2026, 12, 3, tzinfo=UTC))
    kpi = measures.weekly_median("use", [week(16, 90), week(23, 1)], since, CALENDAR)
    assert kpi.reason.endswith("the week of 2026-11-16.")


def test_rows_of_a_month_are_no_weeks() -> None:
    assert measures.weekly_median("use", [row(9, 10)], FRAME, CALENDAR).value is None


def test_forty_two_per_cent_spent_at_forty_per_cent_of_the_year() -> None:
    made = datetime(2026, 11, 23, 12, tzinfo=UTC)
    budget = row(420, 1000, start=date(2026, 7, 1), end=date(2027, 6, 30), as_of=made)
    assert measures.pace("budget", [budget], FRAME, date(2026, 11, 23)).value == pytest.approx(2)
    # Later the same figures are no better for their age: the elapsed share is that of the day they were made.
    assert measures.pace("budget", [budget], FRAME, date(2027, 2, 1)).value == pytest.approx(2)


def test_budgets_of_different_years_are_not_added() -> None:
    rows = [
        row(1, 2, scope="school:oak", start=date(2026, 7, 1), end=date(2027, 6, 30)),
        row(1, 2, scope="school:elm", start=date(2026, 1, 1), end=date(2026, 12, 31)),
    ]
    assert "different years" in measures.pace("budget", rows, FRAME, date(2026, 11, 23)).reason


def test_difference_and_trend() -> None:
    kpi = measures.difference("scores", [row(80, 100)], [row(60, 80)], FRAME)
    assert kpi.value == pytest.approx(5)
    assert measures.difference("scores", [row(80, 100)], [], FRAME).value is None
    now, then = (measures.measured_ratio("use", [row(part, 100)], FRAME) for part in (44, 41))
    assert measures.trend(now, then, FRAME).value == pytest.approx(0.03)
    gone = measures.measured_ratio("use", [], FRAME)
    assert measures.trend(now, gone, FRAME).availability is Availability.NOT_COLLECTED


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(50, 90)), min_size=1, max_size=9))
def test_a_districts_ratio_lies_between_its_schools(parts: list[tuple[int, int]]) -> None:
    rows = [row(part, whole, scope=f"school:{index}") for index, (part, whole) in enumerate(parts)]
    ratios = [part / whole for part, whole in parts]
    value = measures.measured_ratio("use", rows, FRAME).value
    assert min(ratios) - 1e-9 <= value <= max(ratios) + 1e-9


@given(st.lists(st.integers(0, 200), max_size=12), st.integers(0, 220))
def test_each_row_falls_into_exactly_one_period(starts: list[int], cut: int) -> None:
    first = date(2026, 8, 1)
    rows = [row(1, start=first + timedelta(days=start), end=first + timedelta(days=start + 6)) for start in starts]
    halves = [
        measures.ending_within(rows, first, first + timedelta(days=cut)),
        measures.ending_within(rows, first + timedelta(days=cut + 1), first + timedelta(days=400)),
    ]
    assert sum(map(len, halves)) == len(rows)
