"""The shipped instrument over a district in which everything is collected, and over one in which nothing is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from firstbell.assessment.assess import assess
from firstbell.assessment.instrument import Indicator, load_instrument
from firstbell.assessment.result import Assessment
from firstbell.calendar import SchoolCalendar, SchoolYear
from firstbell.intervals import Window
from firstbell.kpi import Availability, Light, Verdict
from firstbell.metrics.facts import (
    Facts,
    HoursEntry,
    Leader,
    MeetingKept,
    ProtectedSystem,
    SourceFacts,
    TeamFacts,
    WatchedService,
)
from firstbell.metrics.parameters import FormulaError
from firstbell.metrics.plan_work import Evidence, PlanWork, Verb
from firstbell.policies import SlaPolicy
from firstbell.records import (
    ActionItemSeen,
    BackupResult,
    BackupRun,
    ControlResult,
    Measurement,
    MilestoneSeen,
    ObservationInterval,
    Record,
    RestoreTest,
    ServiceState,
    SurveyCounts,
    Ticket,
    TicketKind,
    TicketStatus,
)

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
MONTH = Window(AS_OF - timedelta(days=30), AS_OF)
INSTRUMENT = load_instrument()
MEASURES = sorted(
    {
        feed.removeprefix("measure:")
        for one in INSTRUMENT.indicators
        for feed in one.feeds
        if feed.startswith("measure:")
    }
)
EMPTY = Facts(
    window=MONTH,
    as_of=AS_OF,
    calendar=SchoolCalendar(
        zone=ZoneInfo("America/Chicago"),
        years=(SchoolYear(name="2026-27", first_on=date(2026, 9, 1), last_on=date(2027, 6, 10)),),
    ),
    schools=("oak", "elm"),
)


def source(key: str, *records: Record) -> SourceFacts:
    return SourceFacts(
        source_key=key, feeds=frozenset(type(one) for one in records), known_until=AS_OF, records=records
    )


def measurement(key: str) -> Measurement:
    """A week in November; the budget's rows speak of their year."""
    yearly = key in {"technology_budget", "e_rate_category_two"}
    return Measurement(
        measure_key=key,
        scope="district",
        period_start_on=date(2026, 7, 1) if yearly else date(2026, 11, 9),
        period_end_on=date(2027, 6, 30) if yearly else date(2026, 11, 15),
        numerator=80,
        denominator=100,
        as_of=AS_OF - timedelta(days=1),
    )


def survey(group: str) -> SurveyCounts:
    return SurveyCounts(
        survey_key=group,
        wave="fall",
        group=group,
        scope="district",
        question_key="works",
        counts=(2, 4, 10, 40, 20),
        invited=200,
        fielded_on=date(2026, 11, 2),
    )


DESK = source(
    "desk",
    *(
        Ticket(
            ticket_key=str(number),
            created_at=AS_OF - timedelta(days=20, hours=number),
            first_response_at=AS_OF - timedelta(days=20, hours=number - 1),
            resolved_at=AS_OF - timedelta(days=18),
            status=TicketStatus.RESOLVED,
            kind=TicketKind.INCIDENT,
        )
        for number in range(1, 13)
    ),
)
WATCH = source(
    "watch",
    ObservationInterval(
        service_key="mail",
        source_key="watch",
        vantage="here",
        state=ServiceState.UP,
        first_at=MONTH.start,
        last_at=MONTH.end,
        count=43_200,
        expected_interval_seconds=60,
    ),
)
BACKUPS = source(
    "dumps",
    BackupRun(
        system_key="records",
        job_key="nightly",
        run_key="1",
        result=BackupResult.OK,
        started_at=AS_OF - timedelta(hours=9),
        ended_at=AS_OF - timedelta(hours=8),
    ),
    RestoreTest(system_key="records", test_key="1", tested_at=AS_OF - timedelta(days=9), result=Verdict.OK),
)
WORD = source(
    "word",
    ControlResult(
        framework="obligation",
        edition="1",
        code="ferpa_annual_notice",
        subject="district",
        state=Verdict.OK,
        collected_at=AS_OF - timedelta(days=1),
        effective_at=AS_OF - timedelta(days=60),
    ),
)
PLAN = source(
    "plan",
    MilestoneSeen(
        milestone_key="m", initiative_key="i", title="t", due_on=date(2026, 11, 5), done_on=date(2026, 11, 4)
    ),
    ActionItemSeen(
        action_key="a", title="t", owner="it_lead", state="done", due_on=date(2026, 11, 5), closed_on=date(2026, 11, 3)
    ),
)
FULL = replace(
    EMPTY,
    sources=(
        DESK,
        WATCH,
        BACKUPS,
        WORD,
        PLAN,
        source("surveys", *(survey(group) for group in ("staff", "students", "families"))),
        source("counts", *(measurement(key) for key in MEASURES)),
    ),
    services=(WatchedService(service_key="mail", policy=SlaPolicy(name="default")),),
    systems=(ProtectedSystem(system_key="records", recovery_point_hours=24),),
    team=TeamFacts(
        leaders=(Leader(leader_key="a", school_key="oak"),),
        hours=(HoursEntry(leader_key="a", on=date(2026, 10, 1), category="coaching", hours=25),),
        meetings=(MeetingKept(planned_on=date(2026, 11, 5), held_on=date(2026, 11, 5)),),
        stakeholders={"teachers": 2, "students": 1},
        work=PlanWork(evidence=(Evidence(initiative_key="g", verb=Verb.PLAN, on=date(2026, 10, 1)),)),
    ),
)
MEASURED = assess(FULL, INSTRUMENT, {})


@pytest.mark.parametrize("indicator", INSTRUMENT.indicators, ids=lambda indicator: indicator.id)
def test_each_indicator_can_be_fed_and_speaks_in_its_own_unit(indicator: Indicator) -> None:
    kpi = MEASURED.result(indicator.id).kpi
    assert kpi.known, kpi.reason
    assert kpi.unit == indicator.unit


def test_sixteen_and_more_do_without_any_counted_measure() -> None:
    """Tracker, probes, dumps, attestations, surveys and the district folder alone."""
    without = replace(FULL, sources=tuple(one for one in FULL.sources if one.source_key != "counts"))
    known = [result.indicator for result in assess(without, INSTRUMENT, {}).district if result.kpi.known]
    assert len(known) >= 16
    assert {"IP-01", "IP-10", "SA-03", "SA-04", "SA-08", "SF-01", "GP-02"} <= set(known)


def test_nothing_collected_is_known_to_be_unknown() -> None:
    found = assess(EMPTY, INSTRUMENT, {})
    assert {result.light for result in found.results} == {Light.NOT_KNOWN}
    assert {result.kpi.availability for result in found.results} == {Availability.NOT_COLLECTED}
    assert {area.light for area in found.areas} == {Light.NOT_KNOWN}


def test_a_full_assessment_survives_json() -> None:
    assert Assessment.from_json(MEASURED.to_json()) == MEASURED


def test_parameters_that_do_not_fit_name_their_indicator() -> None:
    wrong = INSTRUMENT.by_id["IP-01"].model_copy(update={"params": {"hours": "sometimes"}})
    with pytest.raises(FormulaError, match="IP-01: the parameter hours"):
        assess(FULL, INSTRUMENT.model_copy(update={"indicators": (wrong,)}), {})
