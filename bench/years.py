"""A store with any number of days behind it, at the pace of a typical district, written by the store's own functions.

The district folder is the sample district's. A day brings 19 tickets, a run of every backup job, a night's read of
every source, an assessment, every tenth day a short outage of each service, every week a row of use for each school,
every month minutes, actions and a packet.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import Connection

import connectors
from examples.lakeside.folder import Surroundings, write_district
from examples.lakeside.schools import SCHOOLS
from examples.lakeside.services import Addresses
from examples.lakeside.timeline import Timeline
from firstbell.briefing.freeze import freeze, stored_results
from firstbell.briefing.gather import assessed
from firstbell.intervals import Window
from firstbell.knowledge import PROBES, facts_of
from firstbell.kpi import Verdict
from firstbell.meetings import Meeting, meeting_before, meetings_of, next_meeting
from firstbell.records import (
    TEAM_SOURCE,
    BackupResult,
    BackupRun,
    BackupVerification,
    Measurement,
    MeetingMinutes,
    ObservationInterval,
    Record,
    ServiceState,
    SurveyCounts,
    TeamAction,
    Ticket,
    TicketStatus,
    VerificationDepth,
)
from firstbell.store.assessments import save_assessment
from firstbell.store.interval_history import save_intervals
from firstbell.store.packets import save_packet
from firstbell.store.save import record_completion, retire_unseen, save_district, save_facts
from firstbell.workplace import Workplace
from tasks.place import workplace_at

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEAM = "leadership"
TICKETS_A_DAY = 19
MEASURES = ("weekly_active_teachers", "weekly_active_students")
MEETING_EVERY = timedelta(weeks=5)
DUMPS_KEPT = 30
"""Older dumps are gone from their folder."""


@contextmanager
def district_with(days: int, folder: Path) -> Iterator[Workplace]:
    """The sample district, open for work, with so many days in its store."""
    nobody = "127.0.0.1:9"
    nowhere = Addresses(web=nobody, payroll=nobody, student_records=nobody, closed=nobody, names=nobody)
    around = Surroundings(services=nowhere, tracker_url="http://127.0.0.1:9/", mail_port=9, ca_file=folder / "ca.pem")
    write_district(folder / "district", Timeline(NOW), around)
    with workplace_at(folder / "district", folder / "state", clock=lambda: NOW) as work:
        _fill(work, days)
        yield work


def coming(work: Workplace) -> tuple[Meeting, Meeting | None]:
    """The next meeting and the one before it."""
    meetings = meetings_of(work.district, TEAM, NOW, work.read_calendar)
    meeting = next_meeting(meetings, NOW)
    assert meeting is not None, "the sample district meets every five weeks"
    return meeting, meeting_before(meetings, meeting)


def _fill(work: Workplace, days: int) -> None:
    nights = [NOW - timedelta(days=back) for back in range(days, -1, -1)]
    random = Random("years")
    with work.store.begin() as connection:
        save_intervals(connection, PROBES, _looks(work, nights, random))
        for night in nights:
            _night(connection, work, night, random)
    _assess_and_print(work, nights)


def _looks(work: Workplace, nights: list[datetime], random: Random) -> Iterator[ObservationInterval]:
    """Each service up, but for ten minutes on every tenth day."""
    for service in work.district.services:
        begins = nights[0]
        breaks = [night for night in nights if random.random() < 0.1]
        for night in breaks[:-1]:
            down = night + timedelta(hours=random.uniform(1, 6))
            yield _interval(service.key, ServiceState.UP, begins, down - timedelta(minutes=1))
            yield _interval(service.key, ServiceState.DOWN, down, down + timedelta(minutes=10))
            begins = down + timedelta(minutes=11)
        yield _interval(service.key, ServiceState.UP, begins, NOW)


def _interval(service: str, state: ServiceState, first: datetime, last: datetime) -> ObservationInterval:
    return ObservationInterval(
        service_key=service,
        source_key=PROBES,
        vantage="here",
        state=state,
        first_at=first,
        last_at=last,
        count=int((last - first).total_seconds() // 60) + 1,
        expected_interval_seconds=60,
        reason="" if state is ServiceState.UP else "timeout",
    )


def _night(connection: Connection, work: Workplace, night: datetime, random: Random) -> None:
    """What one night reads, and that it read it."""
    told: dict[str, list[Record]] = {
        "help_desk": [_ticket(night, number, random) for number in range(TICKETS_A_DAY)],
        "backups": [one for system in work.district.systems for one in _backup(system.key, night)],
        "measures": list(_weekly(night)) if night.weekday() == 0 else [],
        "surveys": list(_survey(night.date())) if night.timetuple().tm_yday in (60, 300) else [],
    }
    for source_key, records in told.items():
        save_facts(connection, source_key, records, night)
    kept = {
        f"{system.key}/nightly/{night - timedelta(days=back):%Y%m%d}"
        for system in work.district.systems
        for back in range(DUMPS_KEPT)
    }
    retire_unseen(connection, "backups", BackupRun, kept, "", night)
    for source in work.district.sources:
        for stream in connectors.get(source.kind).streams:
            record_completion(connection, source.key, stream.name, night)
    record_completion(connection, PROBES, "looks", night)


def _ticket(night: datetime, number: int, random: Random) -> Ticket:
    created = night - timedelta(hours=random.uniform(0, 24))
    old = NOW - night > timedelta(days=20)
    return Ticket(
        ticket_key=f"{night:%Y%m%d}-{number}",
        created_at=created,
        first_response_at=created + timedelta(hours=random.uniform(0.2, 6)),
        resolved_at=created + timedelta(hours=random.uniform(1, 90)) if old or random.random() < 0.8 else None,
        status=TicketStatus.RESOLVED if old else TicketStatus.OPEN,
        priority_rank=random.randint(1, 5),
        category=random.choice(("devices", "accounts", "printing", "network")),
        location=random.choice(SCHOOLS).name,
    )


def _backup(system: str, night: datetime) -> Iterator[Record]:
    run = f"{night:%Y%m%d}"
    yield BackupRun(
        system_key=system,
        job_key="nightly",
        run_key=run,
        result=BackupResult.OK,
        started_at=night - timedelta(hours=4),
        ended_at=night - timedelta(hours=3),
        size_bytes=10**9,
    )
    yield BackupVerification(
        system_key=system, run_key=run, depth=VerificationDepth.STRUCTURE, verified_at=night, result=Verdict.OK
    )


def _weekly(at: datetime) -> Iterator[Measurement]:
    day = at.date()
    for school in SCHOOLS:
        for measure in MEASURES:
            yield Measurement(
                measure_key=measure,
                scope=f"school:{school.key}",
                period_start_on=day - timedelta(days=7),
                period_end_on=day - timedelta(days=1),
                numerator=40,
                denominator=50,
                people=50,
                as_of=at,
            )


def _survey(day: date) -> Iterator[SurveyCounts]:
    for group in ("staff", "students", "families"):
        for question in ("works", "easy", "help"):
            yield SurveyCounts(
                survey_key="technology",
                wave=f"{day}",
                fielded_on=day,
                group=group,
                scope="district",
                question_key=question,
                counts=(5, 10, 30, 60, 40),
                invited=400,
            )


def _assess_and_print(work: Workplace, nights: list[datetime]) -> None:
    """An assessment of every night, and every five weeks minutes, an action and a packet; the last one is real."""
    _, previous = coming(work)
    assert previous is not None, "the sample district has met before"
    sent_at = previous.send_at
    assert sent_at is not None, "its series sends a packet"
    then = replace(work, clock=lambda: sent_at)
    last = freeze(then, previous, None, "final", as_of=sent_at, known_at=sent_at)
    with work.store.begin() as connection:
        window = Window(NOW - timedelta(days=30), NOW)
        facts = facts_of(work.district, connection, work.feeds, window=window, as_of=NOW, known_at=NOW)
        results = stored_results(assessed(work.district, connection, facts, TEAM, NOW))
        district_hash = save_district(connection, work.district.canonical_json, NOW)
        for team_key, night in [*(("", night) for night in nights), *((TEAM, night) for night in nights[::35])]:
            save_assessment(
                connection,
                team_key=team_key,
                as_of=night,
                known_at=night,
                recorded_at=night,
                district_hash=district_hash,
                results=results,
            )
        held = previous.starts_at
        while held > nights[0]:
            key = f"{TEAM}/{held:%Y-%m-%dT%H:%MZ}"
            if held != previous.starts_at:
                save_packet(
                    connection,
                    team_key=TEAM,
                    meeting_key=key,
                    stage="final",
                    snapshot=last.row.snapshot,
                    composed_at=held,
                    as_of=held,
                    known_at=held,
                    district_hash=district_hash,
                )
            save_facts(connection, TEAM_SOURCE, _promised(key, held, newest=held == previous.starts_at), held)
            held -= MEETING_EVERY


def _promised(meeting_key: str, held: datetime, *, newest: bool) -> Iterator[Record]:
    """A meeting's minutes and its six actions; those of the newest meeting are open."""
    yield MeetingMinutes(team_key=TEAM, meeting_key=meeting_key, held_at=held, by_role="secretary", closed=True)
    for number in range(6):
        day = held.date() + timedelta(days=14)
        yield TeamAction(
            team_key=TEAM,
            action_key=f"A-{held:%y%m%d}{number}",
            meeting_key=meeting_key,
            title="Ask the vendor for a date",
            state="open" if newest else "done",
            owner_role="it_lead",
            opened_on=held.date(),
            due_on=day,
            first_due_on=day,
            closed_on=None if newest else day,
        )
