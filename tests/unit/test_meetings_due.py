"""When a team meets and on which mornings its draft and its packet are due."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from firstbell.briefing.stages import due_stages
from firstbell.config.loaded import District
from firstbell.intervals import Window
from firstbell.known_meetings import keep_keys
from firstbell.meetings import Meeting, MeetingError, chosen, meeting_before, meetings_of, next_meeting
from tests.unit.packet_material import AS_OF, CHICAGO, FOLDER, district, local

ICS = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Cedar Valley//Calendar//EN\r
BEGIN:VEVENT\r
UID:1@cedar.example\r
DTSTAMP:20260901T120000Z\r
DTSTART;TZID=America/Chicago:20260910T160000\r
DTEND;TZID=America/Chicago:20260910T173000\r
RRULE:FREQ=WEEKLY;INTERVAL=4;COUNT=6\r
SUMMARY:Monthly meeting\r
END:VEVENT\r
END:VCALENDAR\r
"""


def series(rest: str) -> str:
    return f"series:\n  - key: monthly\n    team: tech\n    title: Monthly meeting\n    {rest}\n"


def meetings(folder: District) -> list[Meeting]:
    return meetings_of(folder, "tech", AS_OF, lambda _: ICS)


def told(found: list[Meeting]) -> list[str]:
    """Each meeting's start with its draft's and its packet's day, by the district's clock."""
    return [
        " ".join(
            f"{moment.astimezone(CHICAGO):%m-%d %H:%M}" if moment else "off"
            for moment in (one.starts_at, one.draft_at, one.send_at)
        )
        for one in found
    ]


MONTHLY = "recurrence: {rule: FREQ=MONTHLY;BYDAY=1TH, starts: 2026-09-03T15:30}"


def test_days_that_fall_on_a_closed_office_move_earlier(tmp_path: Path) -> None:
    sending = f"{MONTHLY}\n    sending: {{draft_days: 8, send_days: 7}}"
    found = meetings(district(tmp_path, meetings=series(sending)))
    december = next_meeting(found, AS_OF)
    assert december is not None
    assert told([december]) == ["12-03 15:30 11-23 06:00 11-24 06:00"]


def test_a_long_break_lays_no_two_stages_on_one_day(tmp_path: Path) -> None:
    closed = "    - {first: 2026-12-14, last: 2027-01-01, name: Winter break, offices: true}\nmail:"
    text = FOLDER["district.yaml"].replace("mail:", closed, 1)
    (one,) = meetings(district(tmp_path, district=text, meetings=series("dates: [2027-01-01T15:30]")))
    assert (one.preview_at, one.draft_at, one.send_at) == (local(12, 9, 6), local(12, 10, 6), local(12, 11, 6))
    assert due_stages(one, local(12, 10, 6)) == ["preview", "draft"]


def test_hours_stay_when_the_clocks_change_between_draft_and_meeting(tmp_path: Path) -> None:
    found = meetings(district(tmp_path, meetings=series(MONTHLY)))
    november = next(one for one in found if one.starts_at == local(11, 5, 15, 30))
    assert told([november]) == ["11-05 15:30 10-26 06:00 10-29 06:00"]
    assert november.send_at == november.starts_at - timedelta(days=7, hours=10, minutes=30)


def test_a_moved_meeting_keeps_its_key_and_its_days_move_along(tmp_path: Path) -> None:
    moved = f"{MONTHLY}\n    moves: [{{original: 2026-12-03, to: 2026-12-10T14:00}}, {{original: 2027-01-07}}]"
    found = meetings(district(tmp_path, meetings=series(moved)))
    december = next_meeting(found, AS_OF)
    assert december is not None
    assert december.key == "monthly/2026-12-03T21:30Z"
    assert told([december]) == ["12-10 14:00 11-30 06:00 12-03 06:00"]
    following = found[found.index(december) + 1]
    assert f"{following.starts_at:%Y-%m-%d}" == "2027-02-04"
    assert meeting_before(found, following) == december


def test_a_shared_calendar_is_read_and_the_folder_has_the_last_word(tmp_path: Path) -> None:
    ics = "ics: calendar.ics\n    moves: [{original: 2026-12-03, to: 2026-12-04T09:00}, {original: 2026-10-08}]"
    found = meetings(district(tmp_path, meetings=series(ics)))
    assert [f"{one.starts_at.astimezone(CHICAGO):%m-%d %H:%M}" for one in found] == [
        "09-10 16:00",
        "11-05 16:00",
        "12-04 09:00",
        "12-31 16:00",
        "01-28 16:00",
    ]
    assert found[2].key == "monthly/2026-12-03T22:00Z"


def test_listed_dates_are_met_once_each(tmp_path: Path) -> None:
    found = meetings(district(tmp_path, meetings=series("dates: [2026-12-01T09:00, 2026-12-15T13:00]")))
    assert [one.split()[0] for one in told(found)] == ["12-01", "12-15"]


def test_a_meeting_is_named_by_its_date_or_its_key(tmp_path: Path) -> None:
    folder = district(tmp_path)
    found = meetings(folder)
    december = next_meeting(found, AS_OF)
    assert chosen(found, "", AS_OF, folder) == december
    assert chosen(found, "2026-12-03", AS_OF, folder) == december
    assert chosen(found, "monthly/2026-12-03T21:30Z", AS_OF, folder) == december
    with pytest.raises(MeetingError, match=r"no meeting 2026-12-04; near are 2026-09-03, .*2026-12-03"):
        chosen(found, "2026-12-04", AS_OF, folder)


def test_what_is_due_when(tmp_path: Path) -> None:
    december = next_meeting(meetings(district(tmp_path)), AS_OF)
    assert december is not None
    second = timedelta(seconds=1)
    assert december.preview_at is not None
    assert december.draft_at is not None
    assert december.send_at is not None
    assert due_stages(december, december.preview_at - second) == []
    assert due_stages(december, december.preview_at) == ["preview"]
    assert due_stages(december, december.draft_at) == ["preview", "draft"]
    assert due_stages(december, december.send_at) == ["preview", "draft", "final"]
    assert due_stages(december, december.starts_at - second) == ["preview", "draft", "final"]
    assert due_stages(december, december.starts_at) == []


def test_a_meeting_with_a_packet_that_moved_without_a_trace_keeps_its_key(tmp_path: Path) -> None:
    dates = "dates: [2026-12-01T09:00, 2026-12-02T13:00, 2026-12-15T13:00, 2026-12-22T13:00]"
    planned = meetings(district(tmp_path, meetings=series(dates)))
    own = [one.key for one in planned]
    dragged = "monthly/2026-12-03T15:00Z"
    far, other, standing = "monthly/2026-12-18T19:01Z", "board/2026-12-22T19:00Z", own[3]
    kept = keep_keys(planned, {dragged, far, other, standing})
    assert [one.key for one in kept] == [own[0], dragged, own[2], standing]
    assert [one.starts_at for one in kept] == [one.starts_at for one in planned]
    assert [one.key for one in keep_keys(planned, {own[1], dragged})] == [dragged, *own[1:]]


def test_no_meeting_lies_outside_of_the_looked_at_time(tmp_path: Path) -> None:
    around = Window(AS_OF - timedelta(days=200), AS_OF + timedelta(days=200))
    assert all(one.starts_at in around for one in meetings(district(tmp_path)))
