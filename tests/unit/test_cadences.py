"""How a team's cadence changes, which stages are off, and what the clock changes do to all of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.calendar import ClosedDays, SchoolCalendar
from firstbell.config.answers import AnswerError, meeting_from
from firstbell.config.faults import ConfigError
from firstbell.config.loaded import District
from firstbell.known_meetings import is_cancelled
from firstbell.meetings import Meeting, meetings_of, next_meeting
from tests.unit.packet_material import AS_OF, CHICAGO, FOLDER, district, local

RULE = "recurrence: {rule: FREQ=MONTHLY;BYDAY=1TH, starts: 2026-09-03T15:30}"
LATER = "later: [{from: 2027-01-01, dates: [2027-01-05T09:00]}]"


def series(rest: str, key: str = "monthly", team: str = "tech") -> str:
    return f"  - key: {key}\n    team: {team}\n    title: Monthly meeting\n    {rest}\n"


def folder_with(path: Path, *parts: str, **changed: str) -> District:
    return district(path, meetings="series:\n" + "".join(parts), **changed)


def told(found: list[Meeting]) -> list[str]:
    return [f"{one.starts_at.astimezone(CHICAGO):%Y-%m-%d %H:%M}" for one in found]


def meetings(folder: District, around: datetime = AS_OF, team: str = "tech") -> list[Meeting]:
    return meetings_of(folder, team, around, lambda _: b"")


def test_a_cadence_changes_twice_and_past_meetings_keep_their_keys(tmp_path: Path) -> None:
    before = meetings(folder_with(tmp_path / "before", series(RULE)))
    later = (
        f"{RULE}\n    later:\n"
        "      - {from: 2026-12-01, recurrence: {rule: FREQ=WEEKLY;INTERVAL=2;BYDAY=TU, starts: 2026-12-08T16:00}}\n"
        "      - {from: 2027-02-01, dates: [2027-01-20T09:00, 2027-02-10T09:00, 2027-03-17T13:00]}"
    )
    folder = folder_with(tmp_path / "after", series(later))
    found = meetings(folder)
    assert told(found) == [
        "2026-09-03 15:30",
        "2026-10-01 15:30",
        "2026-11-05 15:30",
        "2026-12-08 16:00",
        "2026-12-22 16:00",
        "2027-01-05 16:00",
        "2027-01-19 16:00",
        "2027-02-10 09:00",
        "2027-03-17 13:00",
    ]
    assert [one.key for one in found[:3]] == [one.key for one in before[:3]]
    assert is_cancelled(folder, "monthly/2026-12-03T21:30Z", found, AS_OF)


def test_a_meeting_moved_over_the_change_stays_one_of_its_own_cadence(tmp_path: Path) -> None:
    later = (
        f"{RULE}\n    later: [{{from: 2026-12-01, dates: [2026-12-15T10:00]}}]\n"
        "    moves: [{original: 2026-11-05, to: 2026-12-02T09:00}, {original: 2026-12-15, to: 2026-11-30T08:00}]"
    )
    found = meetings(folder_with(tmp_path, series(later)))
    assert told(found)[-2:] == ["2026-11-30 08:00", "2026-12-02 09:00"]
    assert [one.key for one in found[-2:]] == ["monthly/2026-12-15T16:00Z", "monthly/2026-11-05T21:30Z"]


@pytest.mark.parametrize(
    ("rest", "sentence"),
    [
        (
            "later: [{from: 2027-01-01, dates: [2027-01-05T09:00], ics: x.ics}]",
            "exactly one of recurrence, dates or ics",
        ),
        (
            "later: [{from: 2027-01-01, ics: a.ics}, {from: 2026-12-01, ics: b.ics}]",
            "each cadence needs a day of its own, the earliest first",
        ),
        ("sending: {preview_days: 5, draft_days: 8, send_days: 3}", "what comes first needs the larger number of days"),
        ("sending: {preview_days: sometimes}", "must be a number of days from 0 to 180, or off"),
        ("sending: {draft_days: off, approval: required}", "an approval needs a draft to speak on"),
        ("sending: {send_days: off, approval: required}", "without a packet there is nothing to approve"),
        ("sending: {send_days: 61, draft_days: 70}", "send_days: must be a number of days from 0 to 60, or off"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(tmp_path: Path, rest: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        folder_with(tmp_path, series(f"{RULE}\n    {rest}"))


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("FREQ=SECONDLY", r"recurrence.rule: is no RFC 5545 rule for days, weeks, months or years"),
        ("FREQ=MONTHLY;BYDAY=9TH", r"recurrence: rule: a meeting's recurrence rule cannot be read"),
        ("FREQ=MONTHLY;BYDAY=6TH", r"recurrence: rule: a meeting's recurrence rule gives no date"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", r"recurrence: rule: a meeting's recurrence rule gives no date"),
    ],
)
def test_a_rule_that_cannot_be_worked_out_is_refused_where_it_stands(tmp_path: Path, rule: str, sentence: str) -> None:
    with pytest.raises(ConfigError, match=r"meetings.yaml:5: series.0." + sentence):
        folder_with(tmp_path, series(RULE.replace("FREQ=MONTHLY;BYDAY=1TH", rule)))


@pytest.mark.parametrize(
    "rule", ["UNTIL=20270107T235900Z;FREQ=MONTHLY;BYDAY=1TH", "FREQ=DAILY;BYDAY=MO;UNTIL=20200101"]
)
def test_a_rule_may_end_and_may_have_ended(tmp_path: Path, rule: str) -> None:
    folder = folder_with(tmp_path, series(RULE.replace("FREQ=MONTHLY;BYDAY=1TH", rule)))
    assert told(meetings(folder))[-1:] == (["2027-01-07 15:30"] if "2027" in rule else [])


@pytest.mark.parametrize(
    ("rest", "nearest"),
    [
        (f"{RULE}\n    moves:\n      - {{original: 2026-12-04}}", "2026-12-03 and 2027-01-07"),
        (f"{RULE}\n    moves:\n      - {{original: 2025-12-03}}", "2026-09-03"),
        ("dates: [2026-12-01T09:00]\n    moves:\n      - {original: 2026-12-02}", "2026-12-01"),
        (
            f"ics: x.ics\n    {LATER}\n    moves: [{{original: 2026-12-02}}, {{original: 2027-01-06}}]",
            "2027-01-05",
        ),
    ],
)
def test_a_move_of_no_meeting_names_the_nearest_there_are(tmp_path: Path, rest: str, nearest: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"original: names .*no meeting falls; the nearest are {nearest}\."
    ) as caught:
        folder_with(tmp_path, series(rest))
    (fault,) = caught.value.faults
    assert (fault.file, fault.line) == ("meetings.yaml", 7)


def test_a_default_gives_way_to_what_is_written(tmp_path: Path) -> None:
    (early, late) = (
        next_meeting(meetings(folder_with(tmp_path / name, series(f"{RULE}\n    sending: {sending}"))), AS_OF)
        for name, sending in (("early", "{draft_days: 20}"), ("late", "{draft_days: off, preview_days: off}"))
    )
    assert early is not None
    assert (early.preview_at, early.draft_at) == (local(11, 12, 6), local(11, 13, 6))
    assert late is not None
    assert (late.preview_at, late.draft_at, late.invitation_at) == (None, None, None)
    assert late.addendum_at == local(12, 2, 6)


def test_a_school_team_names_its_school_and_no_other_team_does(tmp_path: Path) -> None:
    for place, level in (("one", "level: school"), ("two", "school: high")):
        teams = FOLDER["teams.yaml"].replace("name: Tech team", f"name: Tech team\n    {level}")
        with pytest.raises(ConfigError, match="a team of level school names its school, one of level district none"):
            district(tmp_path / place, teams=teams)


def test_several_teams_at_district_and_school_level_meet_by_their_own_series(tmp_path: Path) -> None:
    teams = FOLDER["teams.yaml"] + (
        "  - key: high_team\n    name: High school team\n    level: school\n    school: high\n"
        "    members:\n      - {person: pam, roles: [team_leader]}\n"
    )
    folder = folder_with(
        tmp_path,
        series(RULE),
        series("dates: [2026-12-01T09:00]", "extra"),
        series("dates: [2026-12-09T15:15]", "school", "high_team"),
        teams=teams,
    )
    assert told(meetings(folder, AS_OF))[3:5] == ["2026-12-01 09:00", "2026-12-03 15:30"]
    assert told(meetings(folder, AS_OF, "high_team")) == ["2026-12-09 15:15"]


@pytest.mark.parametrize(
    ("meeting", "sent_at", "hours"),
    [
        (date(2026, 3, 10), datetime(2026, 3, 3, 12, tzinfo=UTC), 7 * 24 + 9.5 - 1),
        (date(2026, 11, 3), datetime(2026, 10, 27, 11, tzinfo=UTC), 7 * 24 + 9.5 + 1),
    ],
)
def test_wall_clocks_stay_when_the_clocks_change_in_between(
    tmp_path: Path, meeting: date, sent_at: datetime, hours: float
) -> None:
    folder = folder_with(tmp_path, series(f"dates: [{meeting}T15:30]"))
    (one,) = meetings(folder, datetime.combine(meeting, time(), UTC))
    assert one.starts_at.astimezone(CHICAGO).time() == time(15, 30)
    assert one.send_at == sent_at
    assert one.send_at == one.starts_at - timedelta(hours=hours)


def test_an_hour_that_a_night_skips_or_repeats_is_met_once(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, series("dates: [2026-03-08T02:30, 2026-11-01T01:30]"))
    spring, autumn = meetings(folder, datetime(2026, 6, 1, tzinfo=UTC))
    assert spring.starts_at == datetime(2026, 3, 8, 8, 30, tzinfo=UTC)
    assert autumn.starts_at == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


@given(days=st.integers(0, 60), offset=st.integers(0, 700))
def test_no_stage_falls_on_a_day_without_an_office(days: int, offset: int) -> None:
    meeting = date(2026, 1, 5) + timedelta(days=offset)
    planned = meeting - timedelta(days=days)
    sending = OFFICES.minus_days_skipping_closed(meeting, days)
    skipped = [sending + timedelta(days=one + 1) for one in range((planned - sending).days)]
    assert sending <= planned
    assert _works(sending)
    assert not any(_works(day) for day in skipped)


OFFICES = SchoolCalendar(
    zone=CHICAGO,
    years=(),
    closed=tuple(
        ClosedDays(name="break", first_on=date(year, 12, 20), last_on=date(year + 1, 1, 6)) for year in (2025, 2026)
    ),
)


def _works(day: date) -> bool:
    return day.weekday() < 5 and not OFFICES.is_closed(day)


@pytest.mark.parametrize(
    ("repeats", "rule"),
    [
        ("every_two_months", "FREQ=MONTHLY;INTERVAL=2;BYDAY=1TH"),
        ("twice_a_month", "FREQ=MONTHLY;BYDAY=1TH,3TH"),
        ("every_two_weeks", "FREQ=WEEKLY;INTERVAL=2"),
    ],
)
def test_init_says_what_bi_monthly_may_mean(repeats: str, rule: str) -> None:
    assert meeting_from("2026-12-03 16:00", repeats).rule == rule
    for word in ("bi-monthly", "bimonthly", "Bi-weekly"):
        with pytest.raises(AnswerError, match="means two things"):
            meeting_from("2026-12-03 16:00", word)
