"""Interval arithmetic against a plain minute-by-minute count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.intervals import Window, difference, intersection, local_day, total_seconds, union

START = datetime(2026, 9, 1, tzinfo=UTC)


def minutes(first: int, last: int) -> Window:
    return Window(START + timedelta(minutes=first), START + timedelta(minutes=last))


spans = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda ends: minutes(min(ends), max(ends))), max_size=8
)


def covered(windows: object) -> set[int]:
    return {
        minute
        for window in windows
        for minute in range(61)
        if window.start <= START + timedelta(minutes=minute) < window.end
    }


@given(spans, spans)
def test_union_intersection_and_difference_are_those_of_sets(left: list[Window], right: list[Window]) -> None:
    one, two = union(left), union(right)
    assert covered(one) == covered(left)
    assert covered(union([*left, *right])) == covered(left) | covered(right)
    assert covered(intersection(one, two)) == covered(left) & covered(right)
    assert covered(difference(one, two)) == covered(left) - covered(right)


@given(spans, spans)
def test_every_result_is_in_normal_form(left: list[Window], right: list[Window]) -> None:
    one, two = union(left), union(right)
    for result in (one, intersection(one, two), difference(one, two)):
        assert result == union(result)
    assert total_seconds(one) == total_seconds(intersection(one, two)) + total_seconds(difference(one, two))


@pytest.mark.parametrize(
    ("zone", "spring", "autumn", "hours"),
    [
        ("America/New_York", (2026, 3, 8), (2026, 11, 1), (23, 25)),
        ("America/Chicago", (2026, 3, 8), (2026, 11, 1), (23, 25)),
        ("America/Denver", (2026, 3, 8), (2026, 11, 1), (23, 25)),
        ("America/Los_Angeles", (2026, 3, 8), (2026, 11, 1), (23, 25)),
        ("America/Phoenix", (2026, 3, 8), (2026, 11, 1), (24, 24)),
    ],
)
def test_days_on_which_the_clocks_change(
    zone: str, spring: tuple[int, ...], autumn: tuple[int, ...], hours: tuple[int, ...]
) -> None:
    days = (local_day(date(*day), ZoneInfo(zone)) for day in (spring, autumn))
    assert tuple(window.seconds / 3600 for window in days) == hours


def test_months_in_chicago_have_the_hours_that_the_clocks_leave_them() -> None:
    zone = ZoneInfo("America/Chicago")

    def hours(year: int, month: int) -> float:
        first = local_day(date(year, month, 1), zone).start
        following = local_day(date(year + month // 12, month % 12 + 1, 1), zone).start
        return Window(first, following).seconds / 3600

    assert [hours(2026, month) for month in (2, 3, 11)] == [672, 743, 721]


def test_a_naive_time_and_a_window_that_runs_backwards_are_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Window(datetime(2026, 9, 1), START)  # noqa: DTZ001  # the naive time is the point
    with pytest.raises(ValueError, match="before it starts"):
        Window(START, START - timedelta(seconds=1))
