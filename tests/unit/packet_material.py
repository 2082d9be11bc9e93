"""A made-up district's month as records, judged by the real instrument: the material that packets are composed of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from firstbell.assessment.assess import assess
from firstbell.assessment.instrument import load_instrument
from firstbell.assessment.result import Assessment
from firstbell.briefing.gather import names_of, readers_of, targets_of
from firstbell.config.loaded import District
from firstbell.config.loading import load_district
from firstbell.intervals import Window
from firstbell.kpi import Verdict
from firstbell.meetings import Meeting, meeting_before, meetings_of, next_meeting
from firstbell.metrics.facts import Facts, SourceFacts, TeamFacts
from firstbell.metrics.uptime import WatchedService
from firstbell.packet.material import Material, Occasion, SourceState
from firstbell.packet.model import Packet
from firstbell.packet.wording import Wording
from firstbell.records import (
    ActionItemSeen,
    Agreement,
    BackupResult,
    BackupRun,
    BackupVerification,
    ControlResult,
    Incident,
    Measurement,
    MilestoneSeen,
    ObservationInterval,
    Record,
    RestoreTest,
    ServiceState,
    SurveyCounts,
    TeamAction,
    TeamDecision,
    Ticket,
    TicketStatus,
    VendorIncident,
)

CHICAGO = ZoneInfo("America/Chicago")
FOLDER = {
    "district.yaml": """\
name: Cedar Valley Schools
time_zone: America/Chicago
mail_domain: cedar.example
schools:
  - {key: oak, name: Oak Elementary, level: elementary, enrolment: 410}
  - {key: middle, name: Cedar Middle, level: middle, enrolment: 640}
  - {key: high, name: Valley High, level: high, enrolment: 1250}
calendar:
  years:
    - {name: 2025-26, first_day: 2025-08-13, last_day: 2026-05-29}
    - {name: 2026-27, first_day: 2026-08-12, last_day: 2027-05-28}
  class_hours: &week
    mon: {from: 08:00, until: 15:00}
    tue: {from: 08:00, until: 15:00}
    wed: {from: 08:00, until: 15:00}
    thu: {from: 08:00, until: 15:00}
    fri: {from: 08:00, until: 15:00}
  business_hours: *week
  closed:
    - {first: 2026-11-25, last: 2026-11-27, name: Thanksgiving, offices: true}
mail: {sender: packets@cedar.example}
installer: {name: Ivy Stone, email: ivy@cedar.example}
""",
    "teams.yaml": """\
people:
  - {key: ruth, name: Ruth Hall, email: ruth@cedar.example}
  - {key: theo, name: Theo Lund, email: theo@cedar.example}
  - {key: ines, name: Ines Roy, email: ines@cedar.example}
  - {key: pam, name: Pam Diaz, email: pam@cedar.example}
  - {key: sam, name: Sam Wood}
teams:
  - key: tech
    name: Tech team
    members:
      - {person: ruth, roles: [superintendent]}
      - {person: theo, roles: [team_leader, principal]}
      - {person: ines, roles: [it_lead]}
      - {person: pam, roles: [parent_representative]}
      - {person: sam, roles: [student_representative]}
""",
    "meetings.yaml": """\
series:
  - key: monthly
    team: tech
    title: Monthly meeting
    place: Board room
    recurrence: {rule: FREQ=MONTHLY;BYDAY=1TH, starts: 2026-09-03T15:30}
""",
    "sources.yaml": """\
sources:
  - {key: desk, kind: desk, title: Help desk, settings: {}}
  - {key: dumps, kind: dumps, title: Dump folder, settings: {}}
  - {key: evidence, kind: evidence, title: Evidence list, owner_role: data_security_specialist, settings: {}}
  - {key: surveys, kind: surveys, title: Surveys, owner_role: principal, settings: {}, stale_after_hours: 2000}
  - {key: counts, kind: counts, title: Use and budget, settings: {}, stale_after_hours: 200}
  - {key: vendors, kind: vendors, title: Vendors' status pages, settings: {}}
""",
    "services.yaml": """\
services:
  - {key: sso, name: Sign-in, probe: {kind: http}, schools: [middle, high]}
  - {key: sis, name: Student records, probe: {kind: http}}
""",
    "systems.yaml": """\
systems:
  - {key: finance, name: Finance, recovery_point_hours: 24, restore_limit_hours: 4}
  - {key: buses, name: Bus routing, recovery_point_hours: 24}
  - {key: hr, name: HR archive, recovery_point_hours: 168}
""",
    "plan.yaml": """\
goals:
  - key: classroom
    title: Technology serves teaching
    team: tech
    objectives:
      - key: gradebook
        title: One gradebook
        initiatives:
          - key: gradebook
            title: New gradebook
            levels: [middle, high]
            measure: rollout.gradebook
            milestones:
              - {key: gb-train, title: Teachers trained, due: 2026-11-10, done: 2026-11-12}
              - {key: gb-live, title: Live in both schools, due: 2026-12-18}
""",
    "targets.yaml": """\
adopted:
  - {indicator: IP-01, target: 0.999, floor: 0.98, basis: local decision, adopted_on: 2026-10-01}
  - {indicator: TI-01, target: 0.87, floor: 0.5, basis: local decision, adopted_on: 2026-10-01}
  - {indicator: BR-02, target: 5, floor: 25, basis: local decision, adopted_on: 2026-10-01}
""",
}
FEEDS: Mapping[str, Mapping[str, type[Record]]] = {
    "desk": {"tickets": Ticket},
    "dumps": {"runs": BackupRun, "looks": BackupVerification},
    "evidence": {"controls": ControlResult, "incidents": Incident, "agreements": Agreement, "restores": RestoreTest},
    "surveys": {"counts": SurveyCounts},
    "counts": {"counts": Measurement},
    "vendors": {"incidents": VendorIncident},
}


class AnySettings(BaseModel):
    """Stands for the settings of every kind of source and probe."""

    model_config = ConfigDict(extra="allow", frozen=True)


def district(folder: Path, **changed: str) -> District:
    """The district folder, written and read; `teams=` replaces teams.yaml. The same texts are read once."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {**FOLDER, **{f"{key}.yaml": text for key, text in changed.items()}}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    if any(path.name not in texts for path in folder.iterdir()):
        return _read(folder)
    key = tuple(sorted(texts.items()))
    if key not in _DISTRICTS:
        _DISTRICTS[key] = _read(folder)
    return replace(_DISTRICTS[key], folder=folder)


_DISTRICTS: dict[tuple[tuple[str, str], ...], District] = {}


def _read(folder: Path) -> District:
    return load_district(
        folder,
        settings_for=lambda _: AnySettings,
        probe_settings_for=lambda _: AnySettings,
        indicators=load_instrument().by_id,
    )


def local(month: int, day: int, hour: int = 0, minute: int = 0, year: int = 2026) -> datetime:
    """An instant by the district's clock."""
    return datetime(year, month, day, hour, minute, tzinfo=CHICAGO).astimezone(UTC)


AS_OF = local(11, 24, 6)
SINCE = local(11, 5, 15, 30)


def seen(service: str, start: datetime, end: datetime, state: ServiceState = ServiceState.UP) -> ObservationInterval:
    """A service watched every five minutes from one instant to another."""
    return ObservationInterval(
        service_key=service,
        source_key="probes",
        vantage="here",
        state=state,
        first_at=start,
        last_at=end,
        count=int((end - start).total_seconds() // 300) + 1,
        expected_interval_seconds=300,
    )


def looks(until: datetime = AS_OF) -> tuple[Record, ...]:
    """Both services watched all along; sign-in was down from 8:10 to 9:00 on Tue 17 Nov."""
    five = timedelta(minutes=5)
    down, up = local(11, 17, 8, 10), local(11, 17, 9)
    return (
        seen("sis", SINCE - five, until),
        seen("sso", SINCE - five, down - five),
        seen("sso", down, up - five, ServiceState.DOWN),
        seen("sso", up, until),
    )


def ticket(number: int, created: datetime, resolved: datetime | None = None) -> Ticket:
    return Ticket(
        ticket_key=str(number),
        created_at=created,
        first_response_at=created + timedelta(hours=1),
        resolved_at=resolved,
        status=TicketStatus.RESOLVED if resolved else TicketStatus.OPEN,
        location="Oak Elementary",
    )


def tickets(count: int = 40) -> tuple[Record, ...]:
    """A ticket every working morning in turn, three of four resolved the next day."""
    start = local(10, 12, 9)
    found = []
    for number in range(count):
        created = start + timedelta(days=number * 42 // count)
        found.append(ticket(number, created, created + timedelta(days=1) if number % 4 else None))
    return tuple(found)


def backup(system: str, ended: datetime, result: BackupResult = BackupResult.OK) -> BackupRun:
    return BackupRun(
        system_key=system, job_key="nightly", run_key=f"{ended:%Y%m%d}", result=result, started_at=ended, ended_at=ended
    )


def backups(last: Mapping[str, datetime]) -> tuple[Record, ...]:
    """A good backup every night since the meeting before, up to each system's last."""
    nights = [local(10, 31, 2) + timedelta(days=day) for day in range(30)]
    return tuple(backup(system, night) for system, end in last.items() for night in nights if night <= end)


GOOD = {"finance": AS_OF, "buses": AS_OF, "hr": AS_OF}


def evidence() -> tuple[Record, ...]:
    collected = AS_OF - timedelta(hours=5)

    def control(code: str, state: Verdict, expires_on: date | None = None) -> ControlResult:
        return ControlResult(
            framework="cipa",
            edition="2026",
            code=code,
            subject="district",
            state=state,
            collected_at=collected,
            effective_at=local(9, 1),
            expires_on=expires_on,
            owner_role="it_lead",
        )

    return (
        control("filter", Verdict.OK, date(2027, 8, 1)),
        control("policy", Verdict.FAIL),
        control("hearing", Verdict.OK, date(2026, 12, 20)),
        RestoreTest(
            system_key="finance",
            test_key="t1",
            tested_at=local(11, 15, 10),
            result=Verdict.OK,
            duration_seconds=2520,
        ),
        Agreement(
            agreement_key="filter",
            vendor="Filter Co",
            kind="contract",
            signed_on=date(2025, 2, 1),
            expires_on=date(2027, 1, 31),
            annual_cost=24800,
            owner_role="it_lead",
        ),
        Incident(
            incident_key="i1",
            title="Lost laptop with pupil data",
            severity="high",
            discovered_at=local(11, 18, 9),
            reader_roles=("superintendent",),
        ),
    )


def survey(group: str, counts: tuple[int, ...], invited: int | None = None, question: str = "works") -> SurveyCounts:
    return SurveyCounts(
        survey_key="autumn",
        wave="2026",
        group=group,
        scope="district",
        question_key=question,
        counts=counts,
        invited=invited,
        fielded_on=date(2026, 10, 20),
    )


def measured(key: str, numerator: float, denominator: float | None = None, scope: str = "district") -> Measurement:
    return Measurement(
        measure_key=key,
        scope=scope,
        period_start_on=date(2026, 11, 9),
        period_end_on=date(2026, 11, 15),
        numerator=numerator,
        denominator=denominator,
        people=None if denominator is None else int(denominator),
        as_of=local(11, 16),
    )


def month() -> dict[str, tuple[Record, ...]]:
    """What every source told of the month before 24 Nov."""
    return {
        "probes": looks(),
        "desk": tickets(),
        "dumps": backups({**GOOD, "buses": local(11, 14, 2)}),
        "evidence": evidence(),
        "surveys": (survey("staff", (4, 10, 40, 60), 180), survey("families", (1, 2, 3))),
        "counts": (
            measured("weekly_active_teachers", 241, 284),
            measured("rollout.gradebook", 40, 40, "school:middle"),
            measured("rollout.gradebook", 30, 80, "school:high"),
        ),
        "vendors": (
            VendorIncident(
                incident_key="v1",
                service_key="sis",
                title="Slow",
                impact="minor",
                started_at=local(11, 10, 9),
                resolved_at=local(11, 10, 9, 40),
            ),
        ),
    }


def facts_of_records(
    folder: District,
    told: Mapping[str, Iterable[Record]],
    *,
    window: Window,
    as_of: datetime,
    silent: Mapping[str, datetime | None] | None = None,
    actions: Iterable[TeamAction] = (),
) -> Facts:
    """Facts of the sources that told something; `silent` ones were last read then, the others just now."""
    heard = dict.fromkeys(told, as_of) | dict(silent or {})
    limits = {source.key: timedelta(hours=source.stale_after_hours) for source in folder.sources}
    own: dict[str, frozenset[type[Record]]] = {"probes": frozenset({ObservationInterval, ControlResult})}
    sources = [
        SourceFacts(
            source_key=key,
            feeds=own[key] if key in own else frozenset(FEEDS[key].values()),
            known_until=known_until,
            stale_after=limits.get(key, timedelta(hours=26)),
            records=tuple(told.get(key, ())),
        )
        for key, known_until in heard.items()
    ]
    seen_actions = tuple(
        ActionItemSeen(
            action_key=one.action_key,
            title=one.title,
            owner=one.owner_role,
            state=one.state,
            due_on=one.promised_on,
            closed_on=one.closed_on,
        )
        for one in actions
    )
    sources.append(
        SourceFacts(source_key="team", feeds=frozenset({ActionItemSeen}), known_until=None, records=seen_actions)
    )
    sources.append(SourceFacts(source_key="plan", feeds=frozenset({MilestoneSeen}), known_until=None))
    return Facts(
        window=window,
        as_of=as_of,
        calendar=folder.calendar,
        sources=tuple(sources),
        services=tuple(
            WatchedService(service_key=one.key, policy=folder.sla_policy, schools=frozenset(one.schools))
            for one in folder.services
        ),
        systems=folder.protected_systems or None,
        schools=tuple(school.key for school in folder.schools),
        team=TeamFacts(baselines={"gb-live": date(2026, 12, 1)}),
        policies=folder.policies,
    )


def judged(folder: District, facts: Facts) -> Assessment:
    return assess(facts, load_instrument(), targets_of(folder))


def meetings_around(folder: District, now: datetime = AS_OF) -> tuple[Meeting, Meeting | None]:
    """The next meeting and the one before it."""
    found = meetings_of(folder, "tech", now, lambda _: b"")
    following = next_meeting(found, now)
    assert following is not None
    return following, meeting_before(found, following)


def material(
    folder: District,
    told: Mapping[str, Iterable[Record]] | None = None,
    *,
    silent: Mapping[str, datetime | None] | None = None,
    first: bool = False,
    actions: tuple[TeamAction, ...] = (),
    decisions: tuple[TeamDecision, ...] = (),
    printed: Packet | None = None,
    **changed: Any,
) -> Material:
    """The material of the meeting of 3 Dec as of 24 Nov; `first` when there was no meeting before."""
    meeting, previous = meetings_around(folder)
    window = Window(SINCE, AS_OF)
    told = month() if told is None else told
    facts = facts_of_records(folder, told, window=window, as_of=AS_OF, silent=silent, actions=actions)
    wording = Wording(folder.zone)
    known, owners = facts.known_until, {source.key: source.owner_role for source in folder.sources}
    names = names_of(folder, wording)
    found = Material(
        district=folder.about,
        team=folder.team("tech"),
        goals=folder.plan.goals,
        names=names,
        occasion=Occasion(
            meeting_key=meeting.key,
            title=meeting.series.title,
            starts_at=meeting.starts_at,
            place=meeting.series.place,
            previous_at=None if first or previous is None else previous.starts_at,
            reply_by=date(2026, 12, 1),
        ),
        readers=readers_of(folder, meeting),
        facts=facts,
        assessment=judged(folder, facts),
        instrument=load_instrument(),
        wording=wording,
        known_at=AS_OF,
        actions=actions,
        decisions=decisions,
        printed=printed,
        sources=tuple(
            SourceState(
                source_key=key,
                title=names.sources[key],
                owner_role=owners.get(key, "it_lead"),
                feeds=frozenset(),
                known_until=known[key],
            )
            for key in known
            if key in (*owners, "probes")
        ),
    )
    return replace(found, **changed) if changed else found
