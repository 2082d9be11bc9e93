"""When meetings fall: rules in wall-clock time, moved and cancelled ones, shared calendars."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from firstbell.calendar import ClosedDays, Occurrence, meeting_key, occurrences
from firstbell.calendar_ics import occurrences_from_ics
from firstbell.intervals import Window, local_moment
from firstbell.recurrence import CalendarError

CHICAGO = ZoneInfo("America/Chicago")
ZONES = ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix"]
FIRST = datetime.combine(date(2026, 9, 3), time(15, 30))
HOUR = timedelta(hours=1)
YEAR = Window(datetime(2026, 9, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC))
MONTHLY = "FREQ=MONTHLY;BYDAY=1TH"


def wall(found: list[Occurrence], zone: ZoneInfo = CHICAGO) -> list[str]:
    return [one.start.astimezone(zone).strftime("%m-%d %H:%M") for one in found]


@pytest.mark.parametrize("zone", ZONES)
def test_half_past_three_stays_half_past_three_when_the_clocks_change(zone: str) -> None:
    here = ZoneInfo(zone)
    found = occurrences(MONTHLY, FIRST, HOUR, here, YEAR)
    assert [one.start.astimezone(here).date() for one in found][:4] == [
        date(2026, 9, 3),
        date(2026, 10, 1),
        date(2026, 11, 5),
        date(2026, 12, 3),
    ]
    assert {one.start.astimezone(here).time() for one in found} == {time(15, 30)}
    assert {one.end - one.start for one in found} == {HOUR}
    offsets = {one.start.astimezone(here).utcoffset() for one in found}
    assert len(offsets) == (1 if zone == "America/Phoenix" else 2)


def test_the_window_is_half_open() -> None:
    start = local_moment(date(2026, 10, 1), time(15, 30), CHICAGO)
    assert len(occurrences(MONTHLY, FIRST, HOUR, CHICAGO, Window(start, start + HOUR))) == 1
    assert occurrences(MONTHLY, FIRST, HOUR, CHICAGO, Window(start - HOUR, start)) == []


def test_a_closed_day_has_no_meeting_unless_somebody_named_it() -> None:
    autumn = Window(YEAR.start, datetime(2026, 12, 1, tzinfo=UTC))
    closed = [ClosedDays(name="fall break", first_on=date(2026, 10, 1), last_on=date(2026, 10, 2))]
    assert wall(occurrences(MONTHLY, FIRST, HOUR, CHICAGO, autumn, skip=closed)) == ["09-03 15:30", "11-05 15:30"]
    moved = {date(2026, 10, 1): local_moment(date(2026, 10, 8), time(14), CHICAGO)}
    found = occurrences(MONTHLY, FIRST, HOUR, CHICAGO, autumn, skip=closed, exceptions=moved)
    assert wall(found) == ["09-03 15:30", "10-08 14:00", "11-05 15:30"]


def test_a_move_keeps_the_meetings_key_and_a_cancelled_one_is_gone() -> None:
    changes = {date(2026, 11, 5): local_moment(date(2026, 11, 12), time(16), CHICAGO), date(2026, 12, 3): None}
    found = occurrences(
        MONTHLY, FIRST, HOUR, CHICAGO, Window(YEAR.start, datetime(2027, 1, 1, tzinfo=UTC)), exceptions=changes
    )
    assert wall(found) == ["09-03 15:30", "10-01 15:30", "11-12 16:00"]
    assert found[-1].moved
    assert meeting_key("team/monthly", found[-1]) == "team/monthly/2026-11-05T21:30Z"


def test_meetings_move_into_and_out_of_the_window() -> None:
    changes = {date(2026, 11, 5): local_moment(date(2026, 12, 10), time(16), CHICAGO)}
    november = Window(datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
    december = Window(datetime(2026, 12, 5, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert occurrences(MONTHLY, FIRST, HOUR, CHICAGO, november, exceptions=changes) == []
    assert wall(occurrences(MONTHLY, FIRST, HOUR, CHICAGO, december, exceptions=changes)) == ["12-10 16:00"]


def test_listed_dates_and_a_rule_with_its_end_in_utc() -> None:
    days = [date(2026, 10, 20), date(2026, 9, 15), date(2026, 10, 20)]
    assert wall(occurrences(days, FIRST, HOUR, CHICAGO, YEAR)) == ["09-15 15:30", "10-20 15:30"]
    until = f"RRULE:{MONTHLY};UNTIL=20261105T213000Z"
    assert wall(occurrences(until, FIRST, HOUR, CHICAGO, YEAR)) == ["09-03 15:30", "10-01 15:30", "11-05 15:30"]


UNREADABLE = [
    "every Thursday",
    "FREQ=SOMETIMES",
    "FREQ=MONTHLY;BYDAY=XX",
    "",
    "INTERVAL=2",
    "FREQ=MONTHLY;BYDAY=9TH",
    "FREQ=SECONDLY",
    "freq=hourly;count=3",
    "FREQ=DAILY;INTERVAL=0;BYMONTHDAY=32",
]


@pytest.mark.parametrize("rule", UNREADABLE)
def test_a_rule_that_cannot_be_read_is_told_in_a_sentence(rule: str) -> None:
    with pytest.raises(CalendarError, match="FREQ=MONTHLY"):
        occurrences(rule, FIRST, HOUR, CHICAGO, YEAR)


def test_a_rule_with_a_meeting_each_second_is_not_worked_out_to_its_end() -> None:
    minutes = ",".join(str(one) for one in range(60))
    with pytest.raises(CalendarError, match="far too many dates"):
        occurrences(f"FREQ=DAILY;BYMINUTE={minutes};BYSECOND={minutes}", FIRST, HOUR, CHICAGO, YEAR)


def ics(*events: str) -> bytes:
    body = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


SERIES = """
UID:team@lakeside
SUMMARY:Technology Leadership Team
DTSTART;TZID=America/Chicago:20260903T153000
DTEND;TZID=America/Chicago:20260903T170000
RRULE:FREQ=MONTHLY;BYDAY=1TH;UNTIL=20270107T235900Z
EXDATE;TZID=America/Chicago:20261001T153000
RDATE;TZID=America/Chicago:20261015T153000
"""
MOVED = """
UID:team@lakeside
SUMMARY:Technology Leadership Team (moved)
RECURRENCE-ID;TZID=America/Chicago:20261105T153000
DTSTART;TZID=America/Chicago:20261112T160000
DTEND;TZID=America/Chicago:20261112T173000
"""
CANCELLED = """
UID:team@lakeside
STATUS:CANCELLED
RECURRENCE-ID;TZID=America/Chicago:20261203T153000
DTSTART;TZID=America/Chicago:20261203T153000
"""
OTHERS = (
    "UID:2\nSUMMARY:No school\nDTSTART;VALUE=DATE:20261123",
    "UID:3\nSUMMARY:Board\nDTSTART:20261110T010000Z\nDURATION:PT2H",
    "UID:4\nSUMMARY:Tea\nDTSTART:20261109T090000",
)


def test_a_shared_calendar_with_extra_left_out_moved_and_cancelled_meetings() -> None:
    found = occurrences_from_ics(ics(SERIES, MOVED, CANCELLED, *OTHERS), CHICAGO, YEAR, title="leadership team")
    assert wall(found) == ["09-03 15:30", "10-15 15:30", "11-12 16:00", "01-07 15:30"]
    assert found[2].original_start == local_moment(date(2026, 11, 5), time(15, 30), CHICAGO)
    assert found[0].end - found[0].start == timedelta(minutes=90)


def test_single_events_floating_times_and_all_day_events() -> None:
    found = occurrences_from_ics(ics(*OTHERS), CHICAGO, YEAR)
    assert wall(found) == ["11-09 09:00", "11-09 19:00"]
    assert [one.end - one.start for one in found] == [timedelta(hours=1), timedelta(hours=2)]


def test_a_series_skips_the_districts_closed_days() -> None:
    closed = [ClosedDays(name="snow", first_on=date(2027, 1, 7), last_on=date(2027, 1, 7))]
    assert "01-07 15:30" not in wall(occurrences_from_ics(ics(SERIES), CHICAGO, YEAR, skip=closed))


@pytest.mark.parametrize("content", [b"", b"<html>Sign in</html>", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", b"\xff\x00"])
def test_what_is_no_calendar_is_told_in_a_sentence(content: bytes) -> None:
    with pytest.raises(CalendarError, match="no readable calendar"):
        occurrences_from_ics(content, CHICAGO, YEAR)


def test_an_event_without_a_start_is_told_in_a_sentence() -> None:
    with pytest.raises(CalendarError, match="no readable calendar"):
        occurrences_from_ics(ics("UID:5\nSUMMARY:Broken"), CHICAGO, YEAR)


EXTRA = """
UID:team@lakeside
SUMMARY:Technology Leadership Team
DTSTART;TZID=America/Chicago:20260903T153000
DTEND;TZID=America/Chicago:20260903T170000
RDATE;VALUE=PERIOD;TZID=America/Chicago:20260917T153000/PT30M,20260924T153000/20260924T173000
RDATE;TZID=America/Chicago:20261015T153000,20261022T153000,20260903T153000
"""


def change(original: str, start: str, *lines: str, parameters: str = "") -> str:
    zone = "TZID=America/Chicago"
    told = [f"RECURRENCE-ID{parameters};{zone}:{original}T153000", f"DTSTART;{zone}:{start}", *lines]
    return "\n".join(["UID:team@lakeside", *told])


def test_extra_dates_may_be_periods_and_are_moved_and_cancelled_like_others() -> None:
    moved, cancelled = change("20261015", "20261016T090000"), change("20261022", "20261022T153000", "STATUS:CANCELLED")
    found = occurrences_from_ics(ics(EXTRA, moved, cancelled), CHICAGO, YEAR)
    assert wall(found) == ["09-03 15:30", "09-17 15:30", "09-24 15:30", "10-16 09:00"]
    assert [(one.end - one.start) / timedelta(minutes=1) for one in found] == [90, 30, 120, 90]
    assert found[3].original_start == local_moment(date(2026, 10, 15), time(15, 30), CHICAGO)


def test_a_change_of_this_meeting_and_all_that_follow_is_carried_on() -> None:
    onward = ";RANGE=THISANDFUTURE"
    events = (
        SERIES,
        change("20261105", "20261106T140000", "DURATION:PT1H", parameters=onward),
        change("20261203", "20261210T100000"),
    )
    found = occurrences_from_ics(ics(*events), CHICAGO, YEAR)
    assert wall(found) == ["09-03 15:30", "10-15 15:30", "11-06 14:00", "12-10 10:00", "01-08 14:00"]
    assert found[4].original_start == local_moment(date(2027, 1, 7), time(15, 30), CHICAGO)
    assert found[4].end - found[4].start == HOUR
    only = Window(local_moment(date(2027, 1, 8), time(), CHICAGO), YEAR.end)
    assert wall(occurrences_from_ics(ics(*events), CHICAGO, only)) == ["01-08 14:00"]
    closed = [ClosedDays(name="snow", first_on=date(2027, 1, 8), last_on=date(2027, 1, 8))]
    assert wall(occurrences_from_ics(ics(*events), CHICAGO, only, skip=closed)) == []
    ended = change("20261105", "20261105T153000", "STATUS:CANCELLED", parameters=onward)
    assert wall(occurrences_from_ics(ics(SERIES, ended), CHICAGO, YEAR)) == ["09-03 15:30", "10-15 15:30"]
