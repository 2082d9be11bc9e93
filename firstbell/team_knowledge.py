"""What is known of a team's people and meetings: the district folder joined with the minutes that were handed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from firstbell.calendar import original_start, series_of
from firstbell.catalog import load_roles
from firstbell.config.loaded import District
from firstbell.config.plan import PlanFile
from firstbell.errors import FirstbellError
from firstbell.meetings import ReadCalendar, meetings_of
from firstbell.metrics.facts import TeamFacts
from firstbell.metrics.plan import DISTRICT_MEETING, Expected, HoursEntry, HoursRule, Leader, MeetingKept
from firstbell.metrics.plan_work import Evidence, PlanWork, ReadinessItem, Session, Verb
from firstbell.records import TEAM_SOURCE, MeetingMinutes, TeamDecision
from firstbell.store.queries import StoredFacts

ET_LEADER = "education_technology_leader"


def team_facts(district: District, stored: StoredFacts, as_of: datetime, read_calendar: ReadCalendar) -> TeamFacts:
    """The leaders and their hours, the meetings, who speaks for whom, and what milestones were first promised for."""
    today = as_of.astimezone(district.zone).date()
    members = [member for team in district.teams for member in district.members(team.key, today)]
    leaders = tuple(
        Leader(leader_key=person, school_key=school)
        for person in dict.fromkeys(member.person for member in members if ET_LEADER in member.roles)
        for school in district.person(person).schools
    )
    minutes = [one for one in stored.records.get(TEAM_SOURCE, ()) if isinstance(one, MeetingMinutes)]
    hours = _hours(district, leaders, minutes)
    return TeamFacts(
        leaders=leaders or None,
        hours=hours or None,
        meetings=_meetings(district, minutes, as_of, read_calendar),
        stakeholders=stakeholders(district, today),
        baselines={**stored.baselines, **_rebaselined(district, stored, today)},
        work=plan_work(district.plan),
        expected=Expected(
            hours=district.plan.et_leaders.hours_per_year,
            meetings=district.plan.et_leaders.district_meetings,
            personal_hours=district.plan.et_leaders.personal_hours,
            rule=HoursRule(district.plan.et_leaders.counting),
        ),
    )


def plan_work(plan: PlanFile) -> PlanWork:
    """What is written down while the plan is carried out; a list without a row is one that nobody keeps."""
    evidence = tuple(
        Evidence(initiative_key=one.initiative, verb=Verb(one.verb), on=one.day, school_key=one.school or "")
        for one in plan.evidence
    )
    ready = {"ready": True, "not_ready": False, "unknown": None}
    readiness = tuple(
        ReadinessItem(
            initiative_key=one.initiative,
            title=one.title,
            owner_role=one.owner_role,
            due_on=one.due,
            ready=ready[one.state],
            looked_on=one.looked_on,
        )
        for one in plan.readiness
    )
    coaching = tuple(
        Session(on=one.day, about=one.kind, people=one.teachers, hours=one.hours, school_key=one.school)
        for one in plan.coaching
    )
    training = tuple(
        Session(on=one.day, about=one.objective, people=one.people, hours=one.hours, school_key=one.school or "")
        for one in plan.training
    )
    return PlanWork(
        evidence=evidence or None,
        readiness=readiness or None,
        coaching=coaching or None,
        training=training or None,
        readiness_days=plan.readiness_days,
    )


def _rebaselined(district: District, stored: StoredFacts, today: date) -> Mapping[str, date]:
    """New first dates of milestones, each only where the team that set the goal recorded the decision for it."""
    decided = {
        (one.team_key, one.decision_key)
        for one in stored.records.get(TEAM_SOURCE, ())
        if isinstance(one, TeamDecision)
        and one.state == "decided"
        and one.decided_on is not None
        and one.decided_on <= today
    }
    return {
        milestone.key: milestone.rebaselined
        for goal in district.plan.goals
        for objective in goal.objectives
        for initiative in objective.initiatives
        for milestone in initiative.milestones
        if milestone.rebaselined is not None and (goal.team, milestone.decision) in decided
    }


def _meetings(
    district: District, minutes: Sequence[MeetingMinutes], as_of: datetime, read_calendar: ReadCalendar
) -> tuple[MeetingKept, ...] | None:
    """The meetings that were planned, each with the day on which its minutes say it was held.

    None where nobody tells: no team hands in minutes, or a calendar of meetings cannot be read.
    """
    held = {
        (one.team_key, one.meeting_key): one.held_at.astimezone(district.zone).date()
        for one in minutes
        if one.held_at <= as_of
    }
    if not held:
        return None
    try:
        planned = [one for team in district.teams for one in meetings_of(district, team.key, as_of, read_calendar)]
    except FirstbellError:
        return None
    return tuple(
        MeetingKept(
            planned_on=original_start(one.key).astimezone(district.zone).date(),
            held_on=held.get((one.team_key, one.key)),
        )
        for one in planned
    )


def _hours(district: District, leaders: Sequence[Leader], minutes: Sequence[MeetingMinutes]) -> tuple[HoursEntry, ...]:
    """The leaders' ledger, and the district meetings that minutes say they attended and the ledger does not.

    A district meeting is one of the team that `meetings_of` names; without it, one of a district team in which the
    person then had a seat as leader. It counts for as long as its series lasts.
    """
    kept = [
        HoursEntry(leader_key=entry.person, on=entry.day, category=entry.category, hours=entry.hours)
        for entry in district.plan.et_leaders.hours
    ]
    written = {(entry.leader_key, entry.on) for entry in kept if entry.category == DISTRICT_MEETING}
    keys = {leader.leader_key for leader in leaders}
    attended: dict[tuple[str, date], float] = {}
    for one in minutes:
        day = one.held_at.astimezone(district.zone).date()
        for person in keys.intersection(one.attended) & _counted_in(district, one.team_key, day):
            attended[person, day] = attended.get((person, day), 0) + _meeting_hours(district, one)
    met = [
        HoursEntry(leader_key=person, on=day, category=DISTRICT_MEETING, hours=attended[person, day])
        for person, day in sorted(attended.keys() - written)
    ]
    return (*kept, *met)


def _counted_in(district: District, team_key: str, day: date) -> set[str]:
    """The people for whom a meeting of that team on that day is a district meeting, if they are leaders."""
    named = district.plan.et_leaders.meetings_of
    team = next((one for one in district.teams if one.key == team_key), None)
    if team is None or named not in (None, team_key) or (named is None and team.level != "district"):
        return set()
    members = district.members(team_key, day)
    return {one.person for one in members if named is not None or ET_LEADER in one.roles}


def _meeting_hours(district: District, minutes: MeetingMinutes) -> float:
    """How long a meeting lasts by its series; the hours that plan.yaml names where that is no longer known."""
    series = next((one for one in district.series if one.key == series_of(minutes.meeting_key)), None)
    return series.duration_minutes / 60 if series is not None else district.plan.et_leaders.meeting_hours


def stakeholders(district: District, today: date) -> dict[str, int]:
    """How many people speak for each stakeholder group: by their roles, or as their seat says. Nobody counts twice."""
    roles = load_roles()
    people: dict[str, set[str]] = {group.key: set() for group in roles.groups}
    for team in district.teams:
        for member in district.members(team.key, today):
            spoken = member.groups or {group for role in member.roles for group in roles.role(role).groups}
            for group in spoken:
                people.setdefault(group, set()).add(member.person)
    return {group: len(members) for group, members in people.items()}
