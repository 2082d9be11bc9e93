"""The formulas over a night's facts: silence, age, small groups and honest gaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from firstbell.assessment.instrument import Indicator, load_instrument
from firstbell.calendar import SchoolCalendar, SchoolYear
from firstbell.intervals import Window, local_day
from firstbell.kpi import Availability, Kpi, Verdict
from firstbell.metrics.backups import ProtectedSystem
from firstbell.metrics.facts import Facts, SourceFacts, TeamFacts
from firstbell.metrics.formulas import FORMULAS
from firstbell.metrics.parameters import FormulaError
from firstbell.metrics.plan import HoursEntry, Leader, MeetingKept
from firstbell.metrics.surveys import margin_points
from firstbell.metrics.uptime import WatchedService
from firstbell.policies import GapRule, SlaPolicy
from firstbell.records import (
    BackupResult,
    BackupRun,
    Incident,
    Measurement,
    ObservationInterval,
    Record,
    RestoreTest,
    ServiceState,
    SurveyCounts,
    Ticket,
    TicketStatus,
)

CHICAGO = ZoneInfo("America/Chicago")
OCTOBER = Window(local_day(date(2026, 10, 1), CHICAGO).start, local_day(date(2026, 11, 1), CHICAGO).start)
CALENDAR = SchoolCalendar(
    zone=CHICAGO,
    years=(SchoolYear(name="2026-27", first_on=date(2026, 8, 17), last_on=date(2027, 5, 28)),),
)
EMPTY = Facts(window=OCTOBER, as_of=OCTOBER.end, calendar=CALENDAR, schools=("oak", "elm"))
ENOUGH: dict[str, Any] = {"measure": "use", "per": "heads", "comparison": "other", "max_age_days": 40}


def source(key: str, *records: Record, feeds: type[Record] | None = None, silent_days: float = 0) -> SourceFacts:
    return SourceFacts(
        source_key=key,
        feeds=frozenset({feeds or type(records[0])}),
        known_until=OCTOBER.end - timedelta(days=silent_days),
        stale_after=timedelta(hours=30),
        records=records,
    )


def told(*sources: SourceFacts, **facts: Any) -> Facts:
    return replace(EMPTY, sources=sources, **facts)


def asked(facts: Facts, name: str, scope: str = "district", **params: Any) -> Kpi:
    return FORMULAS[name](facts, params, scope)


def measure(numerator: float, denominator: float | None = None, *, key: str = "use", **facts: Any) -> Measurement:
    base = {
        "scope": "district",
        "period_start_on": date(2026, 10, 1),
        "period_end_on": date(2026, 10, 31),
        "as_of": OCTOBER.end,
    }
    return Measurement(measure_key=key, numerator=numerator, denominator=denominator, **{**base, **facts})


def ticket(key: str, day: int, **facts: Any) -> Ticket:
    created_at = datetime(2026, 10, day, 15, tzinfo=UTC)
    return Ticket(ticket_key=key, created_at=created_at, **{"status": TicketStatus.OPEN, **facts})


@pytest.mark.parametrize("scope", ["district", "school:oak"])
@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_a_district_that_has_connected_nothing_knows_nothing(name: str, scope: str) -> None:
    kpi = FORMULAS[name](EMPTY, ENOUGH, scope)
    assert kpi.value is None
    assert kpi.availability is Availability.NOT_COLLECTED
    assert kpi.reason.endswith(".")
    assert (kpi.scope, kpi.window, kpi.as_of) == (scope, OCTOBER, OCTOBER.end)


@pytest.mark.parametrize("indicator", load_instrument().indicators, ids=lambda one: one.id)
def test_a_figure_that_nobody_knows_keeps_the_unit_of_its_goal(indicator: Indicator) -> None:
    unplaced = told(source("desk", ticket("1", 5)))
    for facts, scope in ((EMPTY, "district"), (EMPTY, "school:oak"), (unplaced, "school:oak")):
        assert FORMULAS[indicator.formula](facts, indicator.parameters, scope).unit == indicator.unit


@pytest.mark.parametrize("name", ["tickets_created", "backlog", "incidents"])
def test_a_connected_source_without_a_row_is_zero_and_not_unknown(name: str) -> None:
    facts = told(source("desk", feeds=Ticket), source("register", feeds=Incident))
    assert asked(facts, name).value == 0


def test_a_silent_source_is_not_known_since_its_last_good_read() -> None:
    facts = told(source("desk", ticket("1", 5), silent_days=3))
    kpi = asked(facts, "tickets_created")
    assert kpi.availability is Availability.STALE
    assert kpi.reason == "Not known since 2026-10-29 00:00 CDT: desk fell silent."
    assert (kpi.numerator, kpi.n) == (None, 0)
    never = replace(facts.sources[0], known_until=None)
    assert "has not been read" in asked(replace(facts, sources=(never,)), "backlog").reason


def test_a_source_read_within_its_limit_is_not_silent() -> None:
    assert asked(told(source("desk", ticket("1", 5), silent_days=1)), "tickets_created").value == 1


def test_a_period_that_ended_before_the_silence_stays_known() -> None:
    facts = told(source("desk", ticket("1", 5), silent_days=3))
    first_week = facts.at(Window(OCTOBER.start, OCTOBER.start + timedelta(days=7)))
    assert asked(first_week, "tickets_created").value == 1


def test_one_silent_desk_of_two_makes_the_sum_unknown_but_other_figures_stand() -> None:
    facts = told(
        source("desk", ticket("1", 5)),
        source("old_desk", ticket("1", 6), silent_days=9),
        source("csv", measure(4, 5)),
    )
    assert asked(facts, "tickets_created").availability is Availability.STALE
    kpi = asked(facts, "measure_ratio", measure="use")
    assert (kpi.value, kpi.sources) == (0.8, ("csv",))


def test_tickets_of_a_school_go_by_the_map_of_locations() -> None:
    facts = told(
        source("desk", ticket("1", 5, location="Oak Elem."), ticket("2", 5, location="?")),
        source("library_desk", ticket("3", 5, location="Main"), ticket("4", 5, location="Oak Elem.")),
        locations={("desk", "Oak Elem."): "oak", ("desk", "Main"): "oak", ("library_desk", "Main"): "elm"},
    )
    oak, elm = (asked(facts, "tickets_created", f"school:{key}") for key in ("oak", "elm"))
    assert (oak.value, oak.missing) == (1, 2)
    assert (elm.value, elm.missing) == (1, 2)
    assert (asked(facts, "tickets_created").value, asked(facts, "tickets_created").missing) == (4, 0)


def test_a_school_of_which_no_place_is_mapped_has_no_figure() -> None:
    facts = told(source("desk", ticket("1", 5, location="Bldg 3")), locations={("desk", "Oak Elem."): "oak"})
    assert asked(facts, "backlog", "school:elm").availability is Availability.NOT_COLLECTED
    assert (asked(facts, "backlog", "school:oak").value, asked(facts, "backlog", "school:oak").missing) == (0, 1)


def test_median_of_one_support_tier() -> None:
    done = {"status": TicketStatus.RESOLVED, "support_tier": "1"}
    facts = told(
        source(
            "desk",
            ticket("1", 5, resolved_at=datetime(2026, 10, 5, 17, tzinfo=UTC), **done),
            ticket("2", 5, resolved_at=datetime(2026, 10, 9, 17, tzinfo=UTC), **{**done, "support_tier": "2"}),
        )
    )
    assert asked(facts, "resolution_hours", tier="1").value == 2
    assert asked(facts, "resolution_hours", tier="1", minimum_n=5).availability is Availability.SUPPRESSED


def test_old_rows_are_stale_and_small_groups_hidden() -> None:
    old = told(source("csv", measure(4, 5, as_of=OCTOBER.end - timedelta(days=50))))
    assert asked(old, "measure_ratio", measure="use", max_age_days=40).availability is Availability.STALE
    assert asked(old, "measure_ratio", measure="use").known
    few = told(source("csv", measure(4, 9, people=9)))
    hidden = asked(few, "measure_ratio", measure="use")
    assert (hidden.availability, hidden.denominator) == (Availability.SUPPRESSED, None)
    assert asked(few, "measure_sum", measure="use").availability is Availability.SUPPRESSED
    plain = told(source("csv", measure(4, 9)))
    assert asked(plain, "measure_ratio", measure="use", minimum_n=10).availability is Availability.SUPPRESSED


def test_a_district_of_schools_counts_those_without_a_row() -> None:
    facts = told(source("csv", measure(4, 5, scope="school:oak")))
    assert asked(facts, "measure_ratio", measure="use").missing == 1
    assert asked(facts, "measure_ratio", "school:oak", measure="use").missing == 0


def test_sums_and_ratios_of_a_period_count_the_schools_without_a_row() -> None:
    facts = told(source("csv", measure(4, 5, scope="school:oak")))
    for name in ("measure_sum", "measure_period_ratio"):
        assert asked(facts, name, measure="use").missing == 1
        assert asked(facts, name, "school:oak", measure="use").missing == 0
        assert asked(told(source("csv", measure(4, 5))), name, measure="use").missing == 0


def test_a_district_is_not_divided_by_one_of_its_schools() -> None:
    oak = measure(50, key="heads", scope="school:oak")
    elm = replace(oak, scope="school:elm")
    rows, desk = (measure(100), measure(100, key="hours")), source("desk", ticket("1", 5))
    for name, params in (("measure_per", {"measure": "use"}), ("training_hours", {"measure": "hours"})):
        assert asked(told(source("csv", *rows, oak)), name, per="heads", **params).value is None
        assert asked(told(source("csv", *rows, oak, elm)), name, per="heads", **params).value == 1
    assert asked(told(source("csv", oak), desk), "tickets_per_device", per="heads").value is None
    assert asked(told(source("csv", oak, elm), desk), "tickets_per_device", per="heads").denominator == 100
    assert asked(told(source("csv", oak, replace(oak, measure_key="use"))), "measure_per", **ENOUGH).missing == 1


def test_training_hours_of_this_school_year_only() -> None:
    rows = [
        measure(100, key="hours"),
        measure(50, key="hours", period_start_on=date(2026, 9, 1), period_end_on=date(2026, 9, 30)),
        measure(900, key="hours", period_start_on=date(2026, 3, 1), period_end_on=date(2026, 3, 31)),
        measure(50, key="teachers"),
    ]
    assert asked(told(source("csv", *rows)), "training_hours", measure="hours", per="teachers").value == 3


def looks(state: ServiceState, first: datetime, last: datetime, service: str = "sis") -> ObservationInterval:
    return ObservationInterval(
        service_key=service,
        source_key="http",
        vantage="here",
        state=state,
        first_at=first,
        last_at=last,
        count=int((last - first).total_seconds() // 60) + 1,
        expected_interval_seconds=60,
    )


POLICY = SlaPolicy(name="default")


def test_minutes_lost_in_class_hours_and_availability_at_other_hours() -> None:
    nine, ten = (datetime(2026, 10, 5, hour, tzinfo=UTC) for hour in (14, 15))
    minute = timedelta(minutes=1)
    observed = [
        looks(ServiceState.UP, OCTOBER.start, nine - minute),
        looks(ServiceState.DOWN, nine, ten - minute),
        looks(ServiceState.UP, ten, OCTOBER.end),
    ]
    services = (
        WatchedService(service_key="sis", policy=POLICY),
        WatchedService(service_key="gym", policy=POLICY, schools=frozenset({"elm"}), since=OCTOBER.end),
    )
    facts = told(source("http", *observed), services=services)
    assert asked(facts, "minutes_lost").value == 60
    assert asked(facts, "availability", hours="other").value == 1
    assert asked(facts, "availability", "school:oak", hours="school").denominator == 22 * 7 * 3600
    assert asked(facts, "watched_share", hours="all").value == 1
    repaired = replace(services[0], maintenance=(Window(nine, nine + 30 * minute),))
    assert asked(replace(facts, services=(repaired,)), "minutes_lost").value == 30


def test_a_running_period_ends_now() -> None:
    noon = datetime(2026, 10, 5, 17, tzinfo=UTC)
    observed = looks(ServiceState.UP, OCTOBER.start, noon)
    facts = told(source("http", observed), services=(WatchedService(service_key="sis", policy=POLICY),), as_of=noon)
    kpi = asked(facts, "watched_share", hours="all")
    assert (kpi.value, kpi.n) == (1, int((noon - OCTOBER.start).total_seconds()))


@pytest.mark.parametrize("name", ["availability", "minutes_lost", "watched_share"])
def test_a_poller_that_fell_silent_leaves_no_figure_of_services(name: str) -> None:
    """Seven of thirty-one days unwatched is enough coverage for a ratio, and the last week is not known at all."""
    observed = looks(ServiceState.UP, OCTOBER.start, OCTOBER.end - timedelta(days=7))
    services = (WatchedService(service_key="sis", policy=POLICY),)
    kpi = asked(told(source("http", observed, silent_days=7), services=services), name, hours="all")
    assert kpi.availability is Availability.STALE
    assert asked(told(source("http", observed), services=services), name, hours="all").known


def test_services_under_different_rules_are_not_added_up() -> None:
    strict = SlaPolicy(name="strict", gap_rule=GapRule.DOWN)
    services = tuple(WatchedService(service_key=key, policy=rule) for key, rule in (("a", POLICY), ("b", strict)))
    assert "different rules" in asked(told(services=services), "availability", hours="all").reason


SYSTEMS = tuple(ProtectedSystem(system_key=key, recovery_point_hours=24) for key in ("sis", "phones"))


def run(system: str, hours_ago: float) -> BackupRun:
    ended_at = OCTOBER.end - timedelta(hours=hours_ago)
    return BackupRun(system_key=system, job_key="j", run_key="r", result=BackupResult.OK, ended_at=ended_at)


def test_systems_that_only_a_silent_source_knows_are_unknown() -> None:
    fresh = told(source("folder", run("sis", 3)), systems=SYSTEMS)
    assert asked(fresh, "backup_freshness").value == 0.5
    half_blind = told(
        source("folder", run("sis", 3)), source("other", run("phones", 90), silent_days=3), systems=SYSTEMS
    )
    kpi = asked(half_blind, "backup_freshness")
    assert (kpi.value, kpi.denominator, kpi.missing) == (1, 1, 1)
    stranger = told(source("folder", run("sis", 3)), source("other", feeds=BackupRun, silent_days=3), systems=SYSTEMS)
    assert asked(stranger, "backup_freshness").missing == 1
    assert asked(stranger, "inventory_coverage").missing == 1


def test_no_restore_test_at_all_is_zero_proven_once_a_source_could_tell() -> None:
    proof = RestoreTest(system_key="sis", test_key="t", tested_at=OCTOBER.end - timedelta(days=16), result=Verdict.OK)
    assert asked(told(source("log", proof), systems=SYSTEMS), "restore_proven", within_days=90).value == 0.5
    assert asked(told(source("log", feeds=RestoreTest), systems=SYSTEMS), "restore_proven").value == 0
    assert asked(told(source("folder", run("sis", 3)), systems=SYSTEMS), "restore_proven").value is None


def survey(group: str, *counts: int, scope: str = "district", fielded: date = date(2026, 10, 1)) -> SurveyCounts:
    return SurveyCounts(
        survey_key="s", wave=str(fielded), group=group, scope=scope, question_key="q", counts=counts, fielded_on=fielded
    )


def test_a_finished_survey_stays_true_when_its_source_is_silent_until_it_is_old() -> None:
    facts = told(source("forms", survey("staff", 0, 0, 10, 20, 10), survey("families", 9, 0, 0, 0, 0), silent_days=9))
    assert asked(facts, "survey_favourable", group="staff", max_age_days=40).value == 0.75
    assert asked(facts, "survey_favourable", group="staff", max_age_days=20).availability is Availability.STALE
    assert asked(facts, "survey_favourable", group="families").availability is Availability.SUPPRESSED
    assert asked(facts, "survey_favourable", group="students").availability is Availability.NOT_COLLECTED
    future = told(source("forms", survey("staff", 0, 0, 0, 0, 40, fielded=date(2026, 12, 1))))
    assert asked(future, "survey_favourable", group="staff").value is None


def test_a_school_hidden_in_the_newest_wave_does_not_come_back_with_an_older_one() -> None:
    spring = date(2026, 4, 1)
    rows = [survey("staff", 0, 0, 10, 10, 20), survey("staff", 0, 0, 5, 5, 15, scope="school:elm")]
    old = [survey("staff", 0, 0, 0, 0, 20, scope=scope, fielded=spring) for scope in ("district", "school:oak")]
    facts = told(source("forms", *rows, *old))
    hidden = asked(facts, "survey_favourable", "school:oak", group="staff")
    assert (hidden.value, hidden.numerator, hidden.availability) == (None, None, Availability.SUPPRESSED)
    assert hidden.sources == ("forms",)
    assert asked(facts, "survey_margin", "school:oak").availability is Availability.SUPPRESSED
    assert asked(facts, "survey_favourable", "school:elm", group="staff").value == 0.8
    assert asked(facts, "survey_favourable", group="staff").value == 0.75


def test_a_school_that_was_never_in_a_survey_is_not_hidden_by_it() -> None:
    facts = told(source("forms", survey("staff", 0, 0, 10, 10, 20)))
    assert asked(facts, "survey_favourable", "school:oak").availability is Availability.NOT_COLLECTED


def test_an_older_wave_takes_no_part_in_the_margin() -> None:
    rows = [survey("staff", 0, 0, 10, 10, 20), survey("families", 0, 0, 5, 5, 15, scope="school:elm")]
    old = survey("families", 0, 0, 0, 0, 900, fielded=date(2026, 4, 1))
    facts = told(source("forms", *rows, old))
    assert asked(facts, "survey_margin").n == 2
    assert asked(facts, "survey_margin").value == margin_points(25)


def test_the_teams_own_lists() -> None:
    team = TeamFacts(
        leaders=(Leader(leader_key="p1", school_key="oak"),),
        hours=(HoursEntry(leader_key="p1", on=date(2026, 9, 9), category="district_meeting", hours=9),),
        meetings=(MeetingKept(planned_on=date(2026, 10, 1), held_on=date(2026, 10, 2)),),
        stakeholders={"teachers": 2, "students": 0},
    )
    facts = told(team=team)
    assert asked(facts, "leader_coverage", hours=25, meetings=4).value == 0.5
    assert asked(facts, "leader_coverage", "school:elm").value == 0
    assert asked(facts, "stakeholder_coverage", groups=6).denominator == 6
    assert asked(facts, "meetings_kept").value == 1


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("measure_ratio", {}),
        ("measure_ratio", {"measure": 7}),
        ("measure_per", {"measure": "use"}),
        ("availability", {"hours": "night"}),
        ("backup_verified", {"depth": "deep"}),
        ("stakeholder_coverage", {"groups": 2.5}),
        ("survey_favourable", {"group": [1]}),
        ("leader_coverage", {"rule": "both"}),
    ],
)
def test_parameters_that_do_not_fit_are_errors_of_the_catalogue(name: str, params: dict[str, Any]) -> None:
    team = TeamFacts(leaders=(), hours=(), stakeholders={})
    facts = told(team=team, services=(WatchedService(service_key="sis", policy=POLICY),))
    with pytest.raises(FormulaError, match="params"):
        asked(facts, name, **params)
