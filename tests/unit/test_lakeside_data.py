"""The sample district's made-up data: the same for the same moment, plausible on any day, about nobody."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import connectors
from connectors import probes
from examples.lakeside import measures
from examples.lakeside.dumps import write_dumps
from examples.lakeside.folder import Surroundings, write_district
from examples.lakeside.outages import seen
from examples.lakeside.roster import write_roster
from examples.lakeside.schools import PUPILS, SCHOOLS, TEACHERS
from examples.lakeside.services import Addresses
from examples.lakeside.sheets import write_sheets
from examples.lakeside.tickets import as_known, sample_tickets
from examples.lakeside.timeline import MEETING_EVERY, SEND_DAYS, WATCHED, Timeline, is_holiday
from firstbell.assessment.instrument import load_instrument
from firstbell.config.loaded import District
from firstbell.config.loading import load_district
from firstbell.metrics.compliance import ending_agreements
from firstbell.records import Agreement, TicketStatus

SUNDAY_IN_JULY = Timeline(datetime(2026, 7, 5, 15, tzinfo=UTC))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
PORTS = Addresses(
    web="127.0.0.1:1", payroll="127.0.0.1:2", student_records="127.0.0.1:3", closed="127.0.0.1:4", names="127.0.0.1:5"
)


def district_at(folder: Path, timeline: Timeline) -> District:
    around = Surroundings(
        services=PORTS, tracker_url="http://127.0.0.1:6/", mail_port=7, ca_file=folder.parent / "ca.pem"
    )
    write_district(folder, timeline, around)
    return load_district(
        folder,
        settings_for=lambda kind: connectors.get(kind).Settings,
        probe_settings_for=lambda kind: probes.get(kind).Settings,
        indicators=load_instrument().by_id,
    )


def content(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = [path for path in folder.rglob("*") if path.is_file() and path.suffix != ".sqlite"]
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_nobody_meets_on_a_holiday() -> None:
    assert is_holiday(date(2026, 11, 11))
    holidays = "2026-11-26 2026-11-27 2027-01-01 2027-01-18 2027-05-31 2026-09-07 2026-12-25 2029-11-23 2030-11-29"
    assert [day for day in holidays.split() if not is_holiday(date.fromisoformat(day))] == []
    working = "2026-11-20 2026-11-30 2027-01-04 2027-05-24 2026-12-03 2026-11-19"
    assert [day for day in working.split() if is_holiday(date.fromisoformat(day))] == []
    saturday = datetime(2026, 11, 21, 12, tzinfo=UTC)
    coming = Timeline(saturday).next_meeting_on
    assert coming == date(2026, 11, 30)
    assert not is_holiday(coming + MEETING_EVERY)


@given(MOMENTS)
def test_the_year_lies_around_any_day(now: datetime) -> None:
    timeline = Timeline(now)
    calendar = timeline.calendar
    assert calendar.in_session(timeline.today)
    assert timeline.first_day < timeline.watched_since.date() < timeline.previous_meeting_on < timeline.today
    assert 6 <= (timeline.next_meeting_on - timeline.today).days <= SEND_DAYS
    for meeting in (
        timeline.next_meeting_on,
        timeline.next_meeting_on + MEETING_EVERY,
        *timeline.meetings_before()[:2],
    ):
        assert meeting.weekday() < 5
        assert not calendar.is_closed(meeting)
    assert not is_holiday(timeline.next_meeting_on)
    assert not any(map(is_holiday, timeline.network_days()))
    assert timeline.years[0].name < timeline.years[1].name
    assert timeline.previous_sent_at < now - timedelta(days=27)


@settings(max_examples=10)
@given(now=MOMENTS)
def test_the_folder_loads_on_any_day(tmp_path_factory: pytest.TempPathFactory, now: datetime) -> None:
    district = district_at(tmp_path_factory.mktemp("lakeside") / "district", Timeline(now))
    assert district.about.sample
    assert Counter(school.level for school in district.schools) == {"elementary": 5, "middle": 2, "high": 1, "other": 1}
    assert district.school_year_on(Timeline(now).today) == Timeline(now).years[1].name


def test_size_of_the_district() -> None:
    assert (PUPILS, TEACHERS, len(SCHOOLS)) == (4010, 284, 9)


def test_the_team_speaks_for_every_role_and_group(tmp_path: Path) -> None:
    district = district_at(tmp_path / "district", SUNDAY_IN_JULY)
    roles = {role for team in district.teams for member in team.members for role in member.roles}
    assert roles >= {
        *("superintendent", "team_leader", "it_lead", "instructional_technology_coordinator", "librarian"),
        *("data_security_specialist", "teacher_representative", "student_representative", "principal"),
        *("parent_representative", "education_technology_leader", "digital_learning_specialist"),
    }
    assert {team.level for team in district.teams} == {"district", "school"}
    assert [goal.key for goal in district.plan.goals] == ["strategy", "classroom", "secure"]
    assert {person.email.rpartition("@")[2].rpartition(".")[2] for person in district.people} == {"example"}


def test_the_same_moment_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_sheets(tmp_path / name / "sheets", SUNDAY_IN_JULY, SUNDAY_IN_JULY.now)
        write_dumps(tmp_path / name / "dumps", SUNDAY_IN_JULY, SUNDAY_IN_JULY.now)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert sample_tickets(SUNDAY_IN_JULY) == sample_tickets(SUNDAY_IN_JULY)


def test_every_address_is_of_an_example_domain(tmp_path: Path) -> None:
    write_sheets(tmp_path / "sheets", SUNDAY_IN_JULY, SUNDAY_IN_JULY.now)
    district_at(tmp_path / "district", SUNDAY_IN_JULY)
    write_roster(tmp_path / "roster.zip", SUNDAY_IN_JULY)
    texts = [path.read_bytes() for path in tmp_path.rglob("*.[yc]*") if path.is_file()]
    found = {match for text in texts for match in re.findall(rb"@([\w.-]+\w)", text)}
    assert found
    assert {domain.rpartition(b".")[2] for domain in found} <= {b"example", b"invalid"}


def test_past_and_present_sheets_agree_on_what_both_hold() -> None:
    today, before = SUNDAY_IN_JULY.today, SUNDAY_IN_JULY.day(-30)
    for sheet in (measures.devices, measures.training, measures.rollouts, measures.security):
        then, now = list(sheet(SUNDAY_IN_JULY, before)), set(sheet(SUNDAY_IN_JULY, today))
        assert then
        assert set(then) < now
    assert list(measures.use(SUNDAY_IN_JULY, before)) == list(measures.use(SUNDAY_IN_JULY, today))[: -9 * 4]


def test_no_part_is_larger_than_its_whole() -> None:
    figures = [one for sheet in measures.SHEETS.values() for one in sheet(SUNDAY_IN_JULY, SUNDAY_IN_JULY.today)]
    levels = ("trusted_learning_environment",)
    assert all(0 <= one.count <= one.of for one in figures if one.of is not None and one.measure not in levels)
    assert len({one.measure for one in figures} & _instrument_measures()) + 2 >= 25


def _instrument_measures() -> set[str]:
    feeds = {feed for indicator in load_instrument().indicators for feed in indicator.feeds}
    return {feed.removeprefix("measure:") for feed in feeds if feed.startswith("measure:")}


def test_tickets_of_a_school_year() -> None:
    timeline = SUNDAY_IN_JULY
    tickets = sample_tickets(timeline)
    assert 1900 <= len(tickets) <= 2100
    assert [one.created_at for one in tickets] == sorted(one.created_at for one in tickets)
    assert all(one.created_at < reply.sent_at < timeline.now for one in tickets for reply in one.replies)
    assert all(one.replies[0].sent_at < one.resolved_at < timeline.now for one in tickets if one.resolved_at)
    weeks = Counter((one.created_at.date() - timeline.first_day).days // 7 for one in tickets)
    assert max(weeks, key=weeks.__getitem__) in (-1, 0, 1)
    assert 40 <= sum(one.resolved_at is None for one in tickets) <= 120


def test_a_ticket_was_known_as_it_stood_then() -> None:
    ticket = next(one for one in sample_tickets(SUNDAY_IN_JULY) if one.resolved_at and one.replies)
    (reply,) = ticket.replies
    assert ticket.resolved_at
    assert as_known(ticket, "1", ticket.created_at - timedelta(seconds=1)) is None
    states = [
        as_known(ticket, "1", at) for at in (ticket.created_at, reply.sent_at, ticket.resolved_at, SUNDAY_IN_JULY.now)
    ]
    assert [one.status for one in states if one] == [
        *(TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.RESOLVED, TicketStatus.RESOLVED),
    ]


@settings(max_examples=10)
@given(MOMENTS)
def test_looks_of_ten_weeks_have_gaps_but_no_overlaps(now: datetime) -> None:
    rows = seen(Timeline(now))
    for service in {row.service_key for row in rows}:
        mine = [row for row in rows if row.service_key == service]
        assert all(before.last_at < after.first_at for before, after in pairwise(mine))
        assert mine[-1].last_at <= now
        assert sum(row.count for row in mine) >= (WATCHED - timedelta(days=1, minutes=90)).total_seconds() / 60
        assert max((b.first_at - a.last_at for a, b in pairwise(mine)), default=timedelta()) >= timedelta(minutes=90)


def test_contracts_end_soon_enough_to_decide_about(tmp_path: Path) -> None:
    from connectors._base import FetchRequest, SourceContext

    write_sheets(tmp_path / "sources" / "sheets", SUNDAY_IN_JULY, SUNDAY_IN_JULY.now)
    district = district_at(tmp_path / "district", SUNDAY_IN_JULY)
    context = SourceContext(
        source_key="evidence", zone=district.zone, folder=district.folder, clock=lambda: SUNDAY_IN_JULY.now
    )
    records = connectors.get("attestations")(district.settings["evidence"], context).fetch(FetchRequest())
    agreements = [one for one in records if isinstance(one, Agreement)]
    ending = [one.agreement_key for one in ending_agreements(agreements, SUNDAY_IN_JULY.today, 90)]
    assert {"content_filter", "phones", "reading_app_dpa"} <= set(ending)
