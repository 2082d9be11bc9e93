"""Evidence of the five phases, readiness before a launch, roll-outs by school, coaching and trainings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.intervals import Window
from firstbell.kpi import Availability
from firstbell.metrics.figure import Frame
from firstbell.metrics.plan_work import (
    Evidence,
    ReadinessItem,
    RolloutState,
    Session,
    Verb,
    coaching_by_school,
    evidence_gaps,
    phases,
    planning_evidence,
    readiness,
    school_rollouts,
    training_by_objective,
)
from firstbell.policies import SuppressionPolicy
from firstbell.records import Measurement

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FRAME = Frame(window=Window(NOW - timedelta(days=30), NOW), as_of=NOW)
POLICY = SuppressionPolicy(name="test")
YEAR = (date(2026, 8, 12), date(2027, 5, 28))


def shown(verb: Verb, days_ago: int = 10, school: str = "", initiative: str = "gradebook") -> Evidence:
    return Evidence(initiative_key=initiative, verb=verb, on=TODAY - timedelta(days=days_ago), school_key=school)


def test_each_phase_at_each_level_counts_once_and_for_a_year() -> None:
    found = [
        shown(Verb.PLAN),
        shown(Verb.PLAN, 20, initiative="report"),
        shown(Verb.PLAN, school="oak"),
        shown(Verb.DEVELOP, 364),
        shown(Verb.EVALUATE, 365),
        shown(Verb.IMPLEMENT, -1),
    ]
    kpi = planning_evidence(found, FRAME, TODAY)
    assert (kpi.value, kpi.numerator, kpi.denominator) == (3, 3, 10)
    gaps = evidence_gaps(found, TODAY)
    assert gaps["district"] == (Verb.COMMUNICATE, Verb.IMPLEMENT, Verb.EVALUATE)
    assert gaps["school"] == tuple(verb for verb in Verb if verb is not Verb.PLAN)


def test_the_matrix_of_an_initiative_counts_its_own_schools() -> None:
    found = [
        shown(Verb.PLAN, 30),
        shown(Verb.PLAN, 12),
        shown(Verb.PLAN, school="elm"),
        shown(Verb.PLAN, school="elm"),
        shown(Verb.PLAN, school="not of it"),
        shown(Verb.EVALUATE, initiative="report"),
    ]
    plan, *others = phases(found, "gradebook", ["elm", "high"], TODAY)
    assert (plan.verb, plan.district_on) == (Verb.PLAN, TODAY - timedelta(days=12))
    assert (plan.schools, plan.schools_expected) == (1, 2)
    assert all((one.district_on, one.schools) == (None, 0) for one in others)


def item(ready: bool | None, looked: int | None = -1) -> ReadinessItem:
    return ReadinessItem(
        initiative_key="report",
        title="t",
        owner_role="it_lead",
        due_on=TODAY,
        ready=ready,
        looked_on=None if looked is None else TODAY + timedelta(days=looked),
    )


def test_what_nobody_looked_at_yet_is_not_known() -> None:
    found = readiness([item(True), item(False), item(None, None), item(True, 1)], "report", date(2026, 12, 4), TODAY)
    assert (found.days_left, found.ready, found.not_ready, found.unknown) == (10, 1, 1, 2)
    assert not found.complete


def test_a_launch_without_a_list_is_not_ready() -> None:
    found = readiness([item(True)], "gradebook", TODAY, TODAY)
    assert (found.listed, found.complete) == (0, False)
    assert readiness([item(True)], "report", TODAY, TODAY).complete


def counted(school: str, moved: float, whole: float | None, people: int | None = 40, week: int = 9) -> Measurement:
    return Measurement(
        measure_key="rollout.gradebook",
        scope=f"school:{school}",
        period_start_on=date(2026, 11, week),
        period_end_on=date(2026, 11, week + 6),
        numerator=moved,
        denominator=whole,
        people=people,
        as_of=NOW,
    )


def test_a_school_without_a_row_is_not_known_and_others_do_not_count() -> None:
    rows = [
        counted("elm", 10, 40, week=2),
        counted("elm", 40, 40),
        counted("high", 3, 40),
        counted("lake", 0, 40),
        counted("bay", 5, None),
        counted("tiny", 4, 4, people=4),
        counted("oak", 9, 9),
        counted("late", 40, 40, week=23),
    ]
    found = school_rollouts(rows, ["elm", "high", "lake", "bay", "tiny", "gone", "late"], TODAY, POLICY)
    states = [RolloutState.COMPLETE, RolloutState.UNDER_WAY, RolloutState.NOT_BEGUN, RolloutState.NOT_KNOWN]
    more = [RolloutState.NOT_SHOWN, RolloutState.NOT_KNOWN, RolloutState.COMPLETE]
    assert [one.state for one in found] == [*states, *more]
    assert found[1].share == pytest.approx(3 / 40)
    assert found[4].share is None


def session(school: str, people: int, hours: float = 1, about: str = "plc", days_ago: int = 5) -> Session:
    return Session(on=TODAY - timedelta(days=days_ago), about=about, people=people, hours=hours, school_key=school)


def test_small_groups_are_hidden_and_one_more_where_the_total_would_tell() -> None:
    log = [session("elm", 12, 2), session("elm", 3), session("high", 30, 4), session("oak", 1), session("oak", 9)]
    rows = {one.key: one for one in coaching_by_school(log, YEAR, TODAY, FRAME, POLICY)}
    assert rows["oak"].hours.availability is Availability.SUPPRESSED
    assert (rows["oak"].sessions, rows["oak"].person_hours.value) == (0, None)
    assert rows["elm"].hours.availability is Availability.SUPPRESSED
    assert (rows["high"].sessions, rows["high"].hours.value, rows["high"].person_hours.value) == (1, 4, 120)
    assert (rows[""].sessions, rows[""].hours.value) == (5, 9)


def test_the_same_few_teachers_often_are_still_few() -> None:
    (school, total) = coaching_by_school([session("oak", 3)] * 20, YEAR, TODAY, FRAME, POLICY)
    assert not school.hours.known
    assert not total.hours.known


def test_trainings_by_objective_since_the_year_began() -> None:
    held = [
        session("", 20, 2, "development"),
        session("elm", 10, 1, "development"),
        session("", 15, 3, "audit", days_ago=400),
        session("", 15, 3, "audit", days_ago=-3),
    ]
    one, total = training_by_objective(held, YEAR, TODAY, FRAME, POLICY)
    assert (one.key, one.sessions, one.hours.value, one.person_hours.value) == ("development", 2, 3, 50)
    assert total.person_hours.value == 50
    assert training_by_objective(held[2:], YEAR, TODAY, FRAME, POLICY) == []


SESSIONS = st.lists(
    st.builds(session, st.sampled_from(["oak", "elm", "high", "bay"]), st.integers(1, 40), st.integers(1, 8)),
    min_size=1,
    max_size=30,
)


@given(SESSIONS)
def test_no_total_gives_a_hidden_school_away(log: list[Session]) -> None:
    *schools, total = coaching_by_school(log, YEAR, TODAY, FRAME, POLICY)
    hidden = [one for one in schools if not one.hours.known]
    known = sum(one.hours.value or 0 for one in schools)
    if total.hours.known and hidden:
        assert len(hidden) > 1 or len(schools) == 1
        assert known < (total.hours.value or 0)
    if not hidden:
        assert known == pytest.approx(total.hours.value)
    for one in hidden:
        assert (one.sessions, one.person_hours.known) == (0, False)


@given(st.lists(st.builds(shown, st.sampled_from(list(Verb)), st.integers(-30, 500), st.sampled_from(["", "elm"]))))
def test_what_counts_and_what_is_missing_make_ten(evidence: list[Evidence]) -> None:
    gaps = evidence_gaps(evidence, TODAY)
    assert planning_evidence(evidence, FRAME, TODAY).value == 10 - len(gaps["district"]) - len(gaps["school"])
