"""Formulas over what people keep: compliance evidence, agreements, surveys, the plan and the team."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from firstbell.intervals import local_dates
from firstbell.kpi import Availability, Kpi
from firstbell.metrics import compliance, parameters, plan, plan_work, surveys
from firstbell.metrics.facts import Facts
from firstbell.metrics.figure import DISTRICT, Frame, withheld
from firstbell.metrics.limits import aged, enough, heard
from firstbell.metrics.parameters import FormulaError
from firstbell.records import ActionItemSeen, Agreement, ControlResult, Incident, MilestoneSeen, Record, SurveyCounts

Parameters = Mapping[str, Any]


def compliance_current(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Items evidenced and not expired, of those that apply. `frameworks`, `codes` narrow them."""
    return _controls(facts, params, scope, compliance.controls_current)


def controls_passed(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Checks passed, of those that could be judged, such as mail DNS. `frameworks`, `codes` narrow them."""
    return _controls(facts, params, scope, compliance.controls_passed)


def certificate_days_left(facts: Facts, params: Parameters, scope: str) -> Kpi:  # noqa: ARG001  # all formulas look alike
    """Days until the first certificate ends."""
    mine = [one for one in facts.of(ControlResult) if one.framework == "tls"]
    frame = _frame(facts, scope, ControlResult)
    return heard(facts, compliance.fewest_days_left(mine, frame, facts.today), frame.sources)


def agreements_current(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Agreements signed and not expired, of those listed. `kinds` narrows them."""
    kinds = parameters.words(params, "kinds")
    mine = [one for one in facts.of(Agreement) if not kinds or one.kind in kinds]
    frame = _frame(facts, scope, Agreement)
    kpi = compliance.agreements_current(mine, frame, facts.today, facts.policies.compliance)
    return heard(facts, kpi, frame.sources)


def incidents(facts: Facts, params: Parameters, scope: str) -> Kpi:  # noqa: ARG001  # all formulas look alike
    """Incidents discovered in the period; nobody keeping a register is not zero."""
    frame = _frame(facts, scope, Incident)
    if not frame.sources:
        return frame.not_known("incidents", "incidents", "incidents discovered", "Nobody keeps an incident register.")
    return heard(facts, compliance.incidents(facts.of(Incident), frame), frame.sources)


def survey_favourable(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Answers in the top two categories of the newest wave. `group`, `survey`, `questions` narrow them."""
    return _surveyed(facts, params, scope, surveys.favourable_share)


def survey_response(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """People who answered the newest wave, of those asked. `group`, `survey` narrow them."""
    return _surveyed(facts, params, scope, surveys.response_rate)


def survey_margin(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """The widest 95 % margin over the groups of the newest waves, in points."""
    return _surveyed(facts, params, scope, surveys.worst_margin)


def survey_rows(facts: Facts, params: Parameters) -> list[SurveyCounts]:
    """Every wave's rows of every scope. `group`, `survey`, `questions` narrow them."""
    groups, keys = parameters.words(params, "group"), parameters.words(params, "survey")
    questions = parameters.words(params, "questions")
    return [
        row
        for row in facts.of(SurveyCounts)
        if (not groups or row.group in groups)
        and (not keys or row.survey_key in keys)
        and (not questions or row.question_key in questions)
        and row.fielded_on <= facts.today
    ]


def milestones_on_time(facts: Facts, params: Parameters, scope: str) -> Kpi:  # noqa: ARG001  # all formulas look alike
    """Milestones done by their first stored date, of those due."""
    frame = _frame(facts, scope, MilestoneSeen)
    mine = [one for one in facts.of(MilestoneSeen) if scope in (DISTRICT, one.scope)]
    kpi = plan.milestones_on_time(mine, facts.team.baselines, frame, facts.today)
    return heard(facts, kpi, frame.sources)


def actions_on_time(facts: Facts, params: Parameters, scope: str) -> Kpi:  # noqa: ARG001  # all formulas look alike
    """Actions closed by their due date, of those due in the period."""
    frame = _frame(facts, scope, ActionItemSeen)
    first_on = next(local_dates(facts.window, facts.calendar.zone), facts.today)
    kpi = plan.actions_on_time(facts.of(ActionItemSeen), frame, first_on, facts.today)
    return heard(facts, kpi, frame.sources)


def leader_coverage(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Schools with a leader on pace. `hours` (default 25), `meetings` (default 4), `rule`: inclusive or additive.

    What plan.yaml expects of leaders goes before these.
    """
    frame = facts.frame(scope)
    paces = leader_paces(facts, params)
    if paces is None:
        reason = "Nobody keeps the leaders' hours, or no school year is running."
        return frame.not_known("leader_coverage", "ratio", "schools with a leader on pace / schools", reason)
    schools = [key for key in facts.schools if scope in (DISTRICT, f"school:{key}")]
    return plan.leader_coverage(schools, paces, frame)


def leader_paces(facts: Facts, params: Parameters) -> list[plan.LeaderPace] | None:
    """Each leader against the elapsed part of the school year; None where nobody keeps leaders or hours."""
    year = facts.calendar.school_year_of(facts.today)
    if facts.team.leaders is None or facts.team.hours is None or year is None:
        return None
    window = (year.first_on, year.last_on)
    expected = facts.team.expected or _expected(params)
    return plan.leader_paces(facts.team.leaders, facts.team.hours, window, facts.today, expected)


def _expected(params: Parameters) -> plan.Expected:
    """What the catalogue asks of leaders, where the district folder says nothing."""
    rule = parameters.text(params, "rule", plan.HoursRule.INCLUSIVE)
    if rule not in list(plan.HoursRule):
        raise FormulaError("the parameter rule is neither inclusive nor additive; mend it in the indicator's params")
    return plan.Expected(
        hours=parameters.number(params, "hours", 25),
        meetings=parameters.whole(params, "meetings", 4),
        rule=plan.HoursRule(rule),
    )


def planning_evidence(facts: Facts, params: Parameters, scope: str) -> Kpi:  # noqa: ARG001  # all formulas look alike
    """Phases of standard 1b with evidence from the last twelve months, of ten."""
    frame = facts.frame(scope)
    evidence = facts.team.work.evidence
    if evidence is None:
        reason = "Nobody keeps evidence of the plan's phases."
        return frame.not_known("planning_evidence", "of 10", "phases with evidence / ten", reason)
    return plan_work.planning_evidence(evidence, frame, facts.today)


def stakeholder_coverage(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Stakeholder groups with an active member. `groups`: how many there should be (default: those listed)."""
    frame = facts.frame(scope)
    members = facts.team.stakeholders
    if members is None:
        reason = "Nobody keeps the list of members."
        return frame.not_known("stakeholder_coverage", "groups", "groups with an active member", reason)
    return plan.stakeholder_coverage(members, frame, parameters.whole(params, "groups", len(members)))


def meetings_kept(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Meetings held within `within_days` (default 7) of their plan, of those planned in the period."""
    frame = facts.frame(scope)
    if facts.team.meetings is None:
        reason = "Nobody tells which of the planned meetings were held."
        return frame.not_known("cadence_kept", "ratio", "meetings held / meetings planned", reason)
    days = set(local_dates(facts.window, facts.calendar.zone))
    planned = [meeting for meeting in facts.team.meetings if meeting.planned_on in days]
    return plan.cadence_kept(planned, frame, facts.today, parameters.whole(params, "within_days", 7))


def _controls(facts: Facts, params: Parameters, scope: str, measured: Callable[..., Kpi]) -> Kpi:
    frameworks, codes = parameters.words(params, "frameworks"), parameters.words(params, "codes")
    mine = [
        one
        for one in facts.of(ControlResult)
        if (not frameworks or one.framework in frameworks)
        and (not codes or one.code in codes)
        and scope in (DISTRICT, one.subject)
    ]
    frame = _frame(facts, scope, ControlResult)
    return heard(facts, measured(mine, frame, facts.today, facts.policies.compliance), frame.sources)


def _survey_frame(facts: Facts, rows: Sequence[SurveyCounts], scope: str) -> Frame:
    wanted = {row.survey_key for row in rows}
    told = facts.by_source(SurveyCounts).items()
    sources = sorted(source for source, found in told if any(row.survey_key in wanted for row in found))
    return facts.frame(scope, tuple(sources), facts.policies.suppression.hash)


def _surveyed(facts: Facts, params: Parameters, scope: str, measured: Callable[..., Kpi]) -> Kpi:
    """A survey's figure after the rules. A finished wave stays true when its source falls silent: only age counts.

    A school that answered an earlier wave and has no row in the newest is hidden there, or nobody of it answered.
    """
    matching = survey_rows(facts, params)
    rows = surveys.newest_of(matching, scope)
    earlier = [] if rows else [row for row in matching if row.scope == scope]
    kpi = measured(rows, _survey_frame(facts, rows or earlier, scope), facts.policies.suppression)
    if earlier:
        return withheld(kpi, Availability.SUPPRESSED, "The newest wave has nothing of it that may be shown.")
    kpi = aged(kpi, min((row.fielded_on for row in rows), default=None), facts.today, params)
    return enough(kpi, surveys.respondents(rows), params)


def _frame(facts: Facts, scope: str, record_type: type[Record]) -> Frame:
    return facts.frame(scope, facts.feeds(record_type), facts.policies.compliance.hash)


PEOPLE_FORMULAS: dict[str, Callable[[Facts, Parameters, str], Kpi]] = {
    "compliance_current": compliance_current,
    "controls_passed": controls_passed,
    "certificate_days_left": certificate_days_left,
    "agreements_current": agreements_current,
    "incidents": incidents,
    "survey_favourable": survey_favourable,
    "survey_response": survey_response,
    "survey_margin": survey_margin,
    "milestones_on_time": milestones_on_time,
    "actions_on_time": actions_on_time,
    "leader_coverage": leader_coverage,
    "planning_evidence": planning_evidence,
    "stakeholder_coverage": stakeholder_coverage,
    "meetings_kept": meetings_kept,
}
