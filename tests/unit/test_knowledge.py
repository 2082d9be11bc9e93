"""What is known: the store's facts as of a moment, which source feeds what, and until when it was heard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from firstbell.config.faults import ConfigError
from firstbell.config.loaded import District
from firstbell.intervals import Window
from firstbell.knowledge import PROBES, facts_of
from firstbell.kpi import Verdict
from firstbell.metrics.facts import Facts
from firstbell.metrics.plan import MeetingKept
from firstbell.metrics.tickets import open_at
from firstbell.records import (
    TEAM_SOURCE,
    Agreement,
    ControlResult,
    Incident,
    Measurement,
    MeetingMinutes,
    ObservationInterval,
    OpenKeys,
    ServiceState,
    Ticket,
)
from firstbell.store.interval_history import save_intervals
from firstbell.store.save import record_attempt, record_completion, save_facts, save_key_map
from firstbell.store.schema import upgrade
from firstbell.store.session import Store, open_store
from firstbell.team_knowledge import stakeholders
from tests.unit.packet_material import AS_OF, FEEDS, FOLDER, SINCE, district, evidence, local, measured, seen, ticket

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pattern") / "firstbell.db"
    store = open_store(f"sqlite:///{path}")
    upgrade(store)
    store.close()
    return path


@pytest.fixture
def store(pattern: Path, tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{shutil.copy(pattern, tmp_path / 'firstbell.db')}")
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path: Path) -> District:
    return district(tmp_path / "district")


def known(folder: District, store: Store, known_at: datetime = AS_OF) -> Facts:
    window = Window(SINCE, AS_OF)
    with store.read() as connection:
        return facts_of(folder, connection, FEEDS, window=window, as_of=window.end, known_at=known_at)


def read(store: Store, source: str, at: datetime, *streams: str, failed: tuple[str, ...] = ()) -> None:
    with store.begin() as connection:
        for stream in streams:
            record_completion(connection, source, stream, at)
        for stream in failed:
            record_attempt(connection, source, stream, at, error="It hung up.")


def until(facts: Facts, source: str) -> datetime | None:
    return facts.known_until[source]


def test_a_source_that_was_never_read_feeds_what_it_promises_and_is_silent(folder: District, store: Store) -> None:
    facts = known(folder, store)
    assert facts.feeds(Ticket) == ("desk",)
    assert until(facts, "desk") is None
    assert "desk" in facts.silent(facts.feeds(Ticket))


def test_a_source_is_known_until_its_slowest_stream(folder: District, store: Store) -> None:
    read(store, "dumps", AS_OF - DAY, "runs", "looks")
    read(store, "dumps", AS_OF, "runs")
    assert until(known(folder, store), "dumps") == AS_OF - DAY


def test_a_stream_that_the_source_does_not_have_says_nothing(folder: District, store: Store) -> None:
    read(store, "evidence", AS_OF, "controls", "agreements")
    facts = known(folder, store)
    assert facts.feeds(Agreement) == ("evidence",)
    assert facts.feeds(Incident) == ()
    assert until(facts, "evidence") == AS_OF


def test_a_stream_that_was_tried_and_never_came_through_leaves_the_source_unknown(
    folder: District, store: Store
) -> None:
    read(store, "evidence", AS_OF, "controls", failed=("incidents",))
    facts = known(folder, store)
    assert facts.feeds(Incident) == ("evidence",)
    assert until(facts, "evidence") is None


def test_a_failed_night_leaves_the_last_good_read(folder: District, store: Store) -> None:
    read(store, "desk", AS_OF - 3 * DAY, "tickets")
    read(store, "desk", AS_OF, failed=("tickets",))
    facts = known(folder, store)
    assert until(facts, "desk") == AS_OF - 3 * DAY
    assert facts.silent(("desk",)) == {"desk": AS_OF - 3 * DAY}


def test_what_another_monitor_saw_stands_beside_our_looks_and_makes_no_figure(folder: District, store: Store) -> None:
    ours = seen("sis", SINCE, AS_OF)
    theirs = seen("sis", SINCE, AS_OF, ServiceState.DOWN)
    with store.begin() as connection:
        save_intervals(connection, PROBES, [ours])
        save_intervals(connection, "desk", [replace(theirs, source_key="desk")])
        record_completion(connection, PROBES, "looks", AS_OF)
    with store.read() as connection:
        feeds = {**FEEDS, "desk": {**FEEDS["desk"], "looks": ObservationInterval}}
        window = Window(SINCE, AS_OF)
        facts = facts_of(folder, connection, feeds, window=window, as_of=AS_OF, known_at=AS_OF)
    assert facts.intervals == {"sis": (ours,)}
    assert facts.feeds(ObservationInterval) == (PROBES,)
    assert not facts.timelines["sis"].down
    assert facts.told_looks == {"desk": {"sis": (replace(theirs, source_key="desk"),)}}


def test_what_was_learned_later_is_not_known_before(folder: District, store: Store) -> None:
    early, late = ticket(1, local(11, 10, 9)), ticket(2, local(11, 11, 9))
    with store.begin() as connection:
        save_facts(connection, "desk", [early], AS_OF - 2 * DAY)
        record_completion(connection, "desk", "tickets", AS_OF - 2 * DAY)
    with store.begin() as connection:
        save_facts(connection, "desk", [ticket(1, local(11, 10, 9), local(11, 12, 9)), late], AS_OF)
        record_completion(connection, "desk", "tickets", AS_OF)
    then, now = known(folder, store, AS_OF - DAY), known(folder, store)
    assert then.of(Ticket) == (early,)
    assert until(then, "desk") == AS_OF - 2 * DAY
    assert {one.ticket_key: one.resolved_at for one in now.of(Ticket)} == {"1": local(11, 12, 9), "2": None}


def test_a_year_of_counts_is_read_and_no_more(folder: District, store: Store) -> None:
    def week(start: date) -> Measurement:
        row = measured("spent", 1, 2)
        return Measurement(
            measure_key=f"spent.{start}",
            scope=row.scope,
            period_start_on=start,
            period_end_on=start + timedelta(days=6),
            numerator=1,
            as_of=row.as_of,
        )

    starts = [date(2026, 11, 9), date(2026, 1, 12), date(2025, 11, 17)]
    with store.begin() as connection:
        save_facts(connection, "counts", [week(start) for start in starts], AS_OF)
    found = {one.period_start_on for one in known(folder, store).of(Measurement)}
    assert set(starts) <= found


def test_a_count_that_is_stated_anew_is_as_young_as_its_last_statement(folder: District, store: Store) -> None:
    row = measured("spent", 50, 100)
    with store.begin() as connection:
        save_facts(connection, "counts", [row], AS_OF - 2 * DAY)
        save_facts(connection, "counts", [replace(row, as_of=AS_OF - DAY)], AS_OF - DAY)
    assert [one.as_of for one in known(folder, store).of(Measurement)] == [AS_OF - DAY]
    assert [one.as_of for one in known(folder, store, AS_OF - 2 * DAY).of(Measurement)] == [row.as_of]


def test_a_fiscal_year_that_starts_on_a_leap_day_is_no_fault(tmp_path: Path, store: Store) -> None:
    about = FOLDER["district.yaml"].replace("  closed:", '  fiscal_year_starts: "02-29"\n  closed:')
    assert known(district(tmp_path / "leap", district=about), store).of(Measurement) == ()


def test_our_own_looks_are_a_source_like_others(folder: District, store: Store) -> None:
    with store.begin() as connection:
        record_completion(connection, "probes", "observations", AS_OF)
    facts = known(folder, store)
    assert facts.feeds(ObservationInterval) == ("probes",)
    assert facts.feeds(ControlResult) == ("evidence", "probes")
    assert until(facts, "probes") == AS_OF
    assert [one.since for one in facts.services] == [None, None]


def test_a_place_that_stopped_looking_does_not_silence_the_others(folder: District, store: Store) -> None:
    read(store, "probes", AS_OF - 3 * DAY, "looks", "looks from annex")
    read(store, "probes", AS_OF, "looks")
    facts = known(folder, store)
    assert until(facts, "probes") == AS_OF
    assert not facts.silent(("probes",))


def test_work_planned_beyond_the_period_is_known(tmp_path: Path, store: Store) -> None:
    work = "{starts_at: 2026-11-28T00:00, ends_at: 2026-11-30T00:00}"
    services = FOLDER["services.yaml"].replace(
        "name: Student records,", f"name: Student records, maintenance: [{work}],"
    )
    planned = {one.service_key: one.maintenance for one in known(district(tmp_path, services=services), store).services}
    assert planned == {"sso": (), "sis": (Window(local(11, 28), local(11, 30)),)}


def test_records_of_a_source_that_left_the_folder_are_not_counted(folder: District, store: Store) -> None:
    with store.begin() as connection:
        save_facts(connection, "gone", list(evidence()), AS_OF)
    assert known(folder, store).of(Agreement) == ()


def test_a_person_with_two_seats_speaks_once(tmp_path: Path) -> None:
    teams = FOLDER["teams.yaml"].replace(
        "      - {person: pam,", "      - {person: pam, roles: [community_representative]}\n      - {person: pam,"
    )
    counts = stakeholders(district(tmp_path, teams=teams), AS_OF.date())
    assert counts["families_and_community"] == 1
    assert counts["library_and_media"] == 0


def test_a_duty_without_evidence_is_not_known_and_counted(tmp_path: Path, store: Store) -> None:
    duties = (
        "items:\n"
        "  - {framework: cipa, code: filter, title: A filter that works}\n"
        "  - {framework: ferpa, code: notice, title: The yearly notice}\n"
    )
    told = ControlResult(
        framework="cipa", edition="", code="filter", subject="district", state=Verdict.OK, collected_at=AS_OF - DAY
    )
    folder = district(tmp_path, compliance=duties)
    with store.begin() as connection:
        save_facts(connection, folder.sources[0].key, [told], AS_OF - DAY)
    states = {result.code: result.state for result in known(folder, store).of(ControlResult)}
    assert states == {"filter": Verdict.OK, "notice": Verdict.UNKNOWN}


def test_evidence_of_a_source_that_left_the_folder_fulfils_no_duty(tmp_path: Path, store: Store) -> None:
    duties = "items:\n  - {framework: cipa, code: filter, title: A filter that works}\n"
    told = ControlResult(
        framework="cipa", edition="", code="filter", subject="district", state=Verdict.OK, collected_at=AS_OF - DAY
    )
    with store.begin() as connection:
        save_facts(connection, "gone", [told], AS_OF - DAY)
    results = known(district(tmp_path, compliance=duties), store).of(ControlResult)
    assert [(one.code, one.state) for one in results] == [("filter", Verdict.UNKNOWN)]


def test_places_are_those_of_their_own_source(folder: District, store: Store) -> None:
    with store.begin() as connection:
        save_key_map(connection, "gone", "school", {"Oak Elementary": "high", "Annex": "high"})
        save_key_map(connection, "desk", "school", {"Annex": "middle"})
        save_facts(connection, "desk", [ticket(1, local(11, 10, 9))], AS_OF)
    assert known(folder, store).locations == {("desk", "Oak Elementary"): "oak", ("desk", "Annex"): "middle"}


def test_a_ticket_that_the_census_no_longer_lists_is_out_of_the_backlog(folder: District, store: Store) -> None:
    counted_at = AS_OF - DAY
    gone, still, new = (ticket(number, AS_OF - days * DAY) for number, days in ((1, 9), (2, 9), (3, 0.5)))
    changed = replace(ticket(4, AS_OF - 9 * DAY), updated_at=AS_OF - 0.5 * DAY)
    done = ticket(5, AS_OF - 9 * DAY, AS_OF - 8 * DAY)
    earlier, newest = (
        OpenKeys(counted_at=at, ticket_keys=keys) for at, keys in ((counted_at - DAY, ("1", "2")), (counted_at, ("2",)))
    )
    with store.begin() as connection:
        save_facts(connection, "desk", [gone, still, new, changed, done, earlier], counted_at - DAY)
        save_facts(connection, "desk", [newest], counted_at)
        save_facts(connection, "dumps", [replace(gone, ticket_key="7")], counted_at)

    def open_keys(known_at: datetime) -> set[str]:
        return {one.ticket_key for one in open_at(known(folder, store, known_at).of(Ticket), AS_OF)}

    assert open_keys(AS_OF) == {"2", "3", "4", "7"}
    assert open_keys(counted_at - timedelta(hours=1)) == {"1", "2", "3", "4"}


def control(subject: str, collected_at: datetime, framework: str = "mail-dns") -> ControlResult:
    return ControlResult(
        framework=framework, edition="", code="SPF", subject=subject, state=Verdict.OK, collected_at=collected_at
    )


def test_findings_of_our_own_are_as_young_as_the_looks_behind_them(tmp_path: Path, store: Store) -> None:
    services = FOLDER["services.yaml"].replace("{kind: http}}", "{kind: dns, name: cedar.example}}")
    folder = district(tmp_path, services=services)
    assert [service.key for service in folder.services] == ["sso", "sis"]
    begun = AS_OF - 500 * DAY
    told = [control(subject, begun) for subject in ("cedar.example", "sso", "removed.example")]
    with store.begin() as connection:
        save_facts(connection, PROBES, told, begun)
        save_intervals(connection, PROBES, [seen("sis", SINCE, AS_OF - DAY)])
        save_intervals(connection, PROBES, [seen("sso", SINCE, AS_OF - DAY, ServiceState.UNKNOWN)])
    found = {one.subject: one.collected_at for one in known(folder, store).of(ControlResult)}
    assert found == {"cedar.example": AS_OF - DAY, "sso": begun}


def test_a_planned_meeting_without_minutes_was_not_held_for_sure(folder: District, store: Store) -> None:
    """Monthly since September: minutes came of October's meeting, held four days late, and of no other."""
    assert known(folder, store).team.meetings is None
    one = MeetingMinutes(
        team_key="tech",
        meeting_key=f"monthly/{local(10, 1, 15, 30):%Y-%m-%dT%H:%MZ}",
        held_at=local(10, 5, 15),
        by_role="team_leader",
    )
    with store.begin() as connection:
        save_facts(connection, TEAM_SOURCE, [one], AS_OF - DAY)
    meetings = known(folder, store).team.meetings or ()
    assert meetings[:4] == (
        MeetingKept(planned_on=date(2026, 9, 3)),
        MeetingKept(planned_on=date(2026, 10, 1), held_on=date(2026, 10, 5)),
        MeetingKept(planned_on=date(2026, 11, 5)),
        MeetingKept(planned_on=date(2026, 12, 3)),
    )


def test_a_calendar_that_cannot_be_read_leaves_the_meetings_unknown(tmp_path: Path, store: Store) -> None:
    calendar = FOLDER["meetings.yaml"].replace(
        "    recurrence: {rule: FREQ=MONTHLY;BYDAY=1TH, starts: 2026-09-03T15:30}", "    ics: meetings.ics"
    )
    held = MeetingMinutes(
        team_key="tech", meeting_key="monthly/2026-10-01T20:30Z", held_at=local(10, 1, 16), by_role="team_leader"
    )
    with store.begin() as connection:
        save_facts(connection, TEAM_SOURCE, [held], AS_OF - DAY)
    assert known(district(tmp_path, meetings=calendar), store).team.meetings is None


def test_attendance_in_the_minutes_counts_once_beside_the_ledger(tmp_path: Path, store: Store) -> None:
    seat = "      - {person: pam,"
    teams = FOLDER["teams.yaml"].replace(seat, f"{seat} roles: [education_technology_leader]}}\n{seat}", 1)
    teams = teams.replace("pam@cedar.example}", "pam@cedar.example, schools: [high]}")
    plan = "et_leaders:\n  hours:\n    - {person: pam, day: 2026-10-01, category: district_meeting, hours: 2}\n"
    folder = district(tmp_path, teams=teams, plan=plan)
    team = folder.teams[0].key
    minutes = [
        MeetingMinutes(
            team_key=team,
            meeting_key=f"{team}/{held:%Y-%m-%dT%H:%MZ}",
            held_at=held,
            by_role="team_leader",
            attended=("pam", "nobody"),
        )
        for held in (local(10, 1, 16), local(11, 5, 15, 30))
    ]
    with store.begin() as connection:
        save_facts(connection, TEAM_SOURCE, minutes, AS_OF - DAY)
    hours = known(folder, store).team.hours or ()
    assert [(entry.leader_key, entry.on.isoformat(), entry.hours) for entry in hours] == [
        ("pam", "2026-10-01", 2),
        ("pam", "2026-11-05", 2),
    ]


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("", [("2026-10-01", 1.5), ("2026-11-12", 2)]),
        ("  meetings_of: board\n", [("2026-11-19", 3)]),
        ("  meetings_of: tech\n", [("2026-10-01", 1.5), ("2026-11-12", 2)]),
    ],
)
def test_a_district_meeting_is_one_of_the_leaders_own_team_or_of_the_named_one_and_lasts_as_its_series(
    tmp_path: Path, store: Store, setting: str, told: list[tuple[str, float]]
) -> None:
    seat = "      - {person: pam,"
    teams = FOLDER["teams.yaml"].replace(seat, f"{seat} roles: [education_technology_leader]}}\n{seat}", 1)
    teams = teams.replace("pam@cedar.example}", "pam@cedar.example, schools: [high]}")
    teams += """\
  - key: board
    name: Technology board
    level: district
    members:
      - {person: pam, roles: [parent_representative]}
"""
    meetings = (
        FOLDER["meetings.yaml"].rstrip("\n")
        + """
  - {key: board, team: board, title: Board, duration_minutes: 180, dates: [2026-11-19T16:00]}
"""
    )
    folder = district(tmp_path, teams=teams, meetings=meetings, plan=f"et_leaders:\n  meeting_hours: 2\n{setting}")
    held = {
        "tech": [("monthly", local(10, 1, 16)), ("gone", local(11, 12, 16))],
        "board": [("board", local(11, 19, 16))],
    }
    minutes = [
        MeetingMinutes(
            team_key=team,
            meeting_key=f"{series}/{at:%Y-%m-%dT%H:%MZ}",
            held_at=at,
            by_role="team_leader",
            attended=("pam",),
        )
        for team, meetings_held in held.items()
        for series, at in meetings_held
    ]
    with store.begin() as connection:
        save_facts(connection, TEAM_SOURCE, minutes, AS_OF - DAY)
    hours = known(folder, store).team.hours or ()
    assert [(entry.on.isoformat(), entry.hours) for entry in hours] == told


def test_meetings_of_a_team_that_nobody_set_up_are_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"et_leaders\.meetings_of: names the team"):
        district(tmp_path, plan="et_leaders: {meetings_of: bord}\n")


def test_a_failure_over_the_periods_first_moment_is_judged_by_the_looks_before(folder: District, store: Store) -> None:
    """Two looks failed before the period, for two reasons, and the first one in it was answered."""
    key, five = folder.services[0].key, timedelta(minutes=5)
    failed = [
        replace(seen(key, at, at, ServiceState.DOWN), reason=why)
        for at, why in ((SINCE - 2 * five, "timeout"), (SINCE - five, "status"))
    ]
    with store.begin() as connection:
        save_intervals(
            connection, PROBES, [seen(key, SINCE - DAY, SINCE - 3 * five), *failed, seen(key, SINCE + five, AS_OF)]
        )
    assert known(folder, store).timelines[key].down == (Window(SINCE, SINCE + five),)
