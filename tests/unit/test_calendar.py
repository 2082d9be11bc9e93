"""The district's year: class hours, business hours, sending days."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.calendar import (
    BusinessHours,
    ClosedDays,
    SchoolCalendar,
    SchoolYear,
    ShortDay,
    weekday_hours,
)
from firstbell.intervals import Window, local_day, local_moment, total_seconds
from firstbell.recurrence import CalendarError

CHICAGO = ZoneInfo("America/Chicago")
ZONES = ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix"]
THANKSGIVING = ClosedDays(name="Thanksgiving", first_on=date(2026, 11, 25), last_on=date(2026, 11, 27))
YEAR = SchoolYear(name="2026-27", first_on=date(2026, 8, 17), last_on=date(2027, 5, 28))


def calendar(zone: str = "America/Chicago") -> SchoolCalendar:
    return SchoolCalendar(
        zone=ZoneInfo(zone),
        years=(YEAR,),
        closed=(THANKSGIVING,),
        short_days=(ShortDay(on=date(2026, 10, 7), name="early release", ends_at=time(12)),),
        business=BusinessHours(
            week=weekday_hours(time(8), time(16)),
            closed=(ClosedDays(name="holiday", first_on=date(2026, 11, 26), last_on=date(2026, 11, 26)),),
        ),
    )


def hours_of(day: date) -> float:
    return total_seconds(calendar().instruction(local_day(day, CHICAGO))) / 3600


def test_class_hours_follow_weekday_break_short_day_and_year() -> None:
    assert hours_of(date(2026, 10, 6)) == 7
    assert hours_of(date(2026, 10, 7)) == 4
    assert hours_of(date(2026, 10, 10)) == 0
    assert hours_of(date(2026, 11, 27)) == 0
    assert hours_of(date(2026, 8, 14)) == 0
    assert hours_of(date(2026, 8, 17)) == 7
    assert hours_of(date(2027, 5, 28)) == 7


def test_a_late_start_shortens_from_the_front_and_may_cancel_the_day() -> None:
    snow = ShortDay(on=date(2027, 1, 12), starts_at=time(10))
    gone = ShortDay(on=date(2027, 1, 13), starts_at=time(16))
    stormy = replace(calendar(), short_days=(snow, gone))
    assert total_seconds(stormy.instruction(local_day(date(2027, 1, 12), CHICAGO))) == 5 * 3600
    assert not stormy.is_instruction_day(date(2027, 1, 13))


def test_service_hours_go_on_in_summer_and_rest_on_closed_days() -> None:
    assert total_seconds(calendar().service_hours(local_day(date(2026, 7, 1), CHICAGO))) == 11 * 3600
    assert calendar().service_hours(local_day(date(2026, 11, 25), CHICAGO)) == ()


def test_session_and_school_year() -> None:
    assert calendar().in_session(date(2026, 10, 10))
    assert not calendar().in_session(date(2026, 11, 26))
    assert not calendar().in_session(date(2026, 7, 1))
    assert calendar().school_year_of(date(2026, 11, 26)) == YEAR
    assert calendar().school_year_of(date(2026, 7, 1)) is None


def test_reported_friday_four_closed_monday_four_is_eight_business_hours() -> None:
    friday = local_moment(date(2026, 10, 9), time(16), CHICAGO)
    monday = local_moment(date(2026, 10, 12), time(16), CHICAGO)
    assert calendar().business_seconds(friday, monday) == 8 * 3600
    clock = calendar().business_clock(Window(friday, monday))
    assert clock.hours(friday, monday) == 8
    assert clock.days(friday, monday) == 1


def test_a_school_break_does_not_close_the_help_desk_but_its_own_holiday_does() -> None:
    assert calendar().is_business_day(date(2026, 11, 25))
    assert not calendar().is_business_day(date(2026, 11, 26))


@pytest.mark.parametrize("zone", ZONES)
def test_a_class_day_has_seven_hours_on_either_side_of_the_clock_change(zone: str) -> None:
    here = ZoneInfo(zone)
    for day in (date(2026, 10, 30), date(2026, 11, 2)):
        opened = calendar(zone).instruction(local_day(day, here))
        assert [window.start.astimezone(here).time() for window in opened] == [time(8)]
        assert total_seconds(opened) == 7 * 3600


@pytest.mark.parametrize("zone", ZONES)
def test_business_hours_over_the_night_of_the_change_count_real_time(zone: str) -> None:
    nights = {day: ((time(0), time(6)),) for day in range(7)}
    always = replace(calendar(zone), business=BusinessHours(week=nights))
    opened = always.business_hours(local_day(date(2026, 11, 1), ZoneInfo(zone)))
    assert total_seconds(opened) / 3600 == (6 if zone == "America/Phoenix" else 7)


MOMENTS = st.integers(0, 120 * 24 * 60).map(lambda minute: datetime(2026, 9, 1, tzinfo=UTC) + timedelta(minutes=minute))


@given(st.sampled_from(ZONES), MOMENTS, MOMENTS, MOMENTS)
def test_the_clock_agrees_with_the_windows_and_adds_up(zone: str, a: datetime, b: datetime, c: datetime) -> None:
    start, middle, end = sorted((a, b, c))
    here = calendar(zone)
    clock = here.business_clock(Window(datetime(2026, 8, 30, tzinfo=UTC), datetime(2027, 1, 5, tzinfo=UTC)))
    assert clock.seconds(start, end) == pytest.approx(here.business_seconds(start, end))
    assert clock.seconds(start, middle) + clock.seconds(middle, end) == pytest.approx(clock.seconds(start, end))
    assert clock.days(start, middle) + clock.days(middle, end) == clock.days(start, end)
    assert 0 <= clock.seconds(start, end) <= (end - start).total_seconds()


@given(st.sampled_from(ZONES), MOMENTS, MOMENTS, MOMENTS)
def test_class_hours_of_two_parts_are_those_of_the_whole(zone: str, a: datetime, b: datetime, c: datetime) -> None:
    start, middle, end = sorted((a, b, c))
    here = calendar(zone)
    parts = [total_seconds(here.instruction(window)) for window in (Window(start, middle), Window(middle, end))]
    assert sum(parts) == total_seconds(here.instruction(Window(start, end)))


def test_sending_days_move_before_weekends_and_closed_days() -> None:
    here = calendar()
    assert here.minus_days_skipping_closed(date(2026, 12, 3), 2) == date(2026, 12, 1)
    assert here.minus_days_skipping_closed(date(2026, 12, 3), 4) == date(2026, 11, 24)
    assert here.minus_days_skipping_closed(date(2026, 10, 7), 3) == date(2026, 10, 2)


def test_a_calendar_without_a_working_day_says_so() -> None:
    idle = replace(calendar(), business=BusinessHours(week={}))
    with pytest.raises(CalendarError, match="no working day"):
        idle.minus_days_skipping_closed(date(2026, 12, 3), 2)


def test_the_hash_changes_with_the_calendar_and_only_then() -> None:
    assert calendar().hash == calendar().hash
    assert replace(calendar(), closed=()).hash != calendar().hash
