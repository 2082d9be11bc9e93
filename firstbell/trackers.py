"""What trackers tell of the plan and of promises, joined to what the district folder and the minutes say.

A tracker that fell silent tells nothing: its milestones and action items are left out until it is heard again, and the
packet says since when it is silent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TypeVar

from sqlalchemy import Connection

from firstbell.actions import Owner, is_owner, owner_of
from firstbell.config.loaded import District
from firstbell.config.plan import Goal, Milestone
from firstbell.knowledge import PLAN
from firstbell.metrics.facts import Facts
from firstbell.records import TEAM_SOURCE, ActionItemSeen, MilestoneSeen, Record, TeamAction
from firstbell.store.queries import facts_as_known, known_until

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Tracked:
    """An action item as one of a team's, with the key and the title of the tracker that keeps it."""

    action: TeamAction
    source_key: str
    kept_in: str


def goals_with_told(goals: Sequence[Goal], facts: Facts) -> tuple[Goal, ...]:
    """The goals, each initiative with the milestones that trackers tell of it after the folder's own."""
    told = sorted(_heard(facts, MilestoneSeen, PLAN), key=lambda one: one.initiative_key)
    if not told:
        return tuple(goals)
    by_initiative = {
        key: tuple(_milestone(one) for one in sorted(found, key=lambda one: (one.due_on, one.milestone_key)))
        for key, found in groupby(told, key=lambda one: one.initiative_key)
    }
    return tuple(_goal_with(goal, by_initiative) for goal in goals)


def told_actions(district: District, team_key: str, facts: Facts) -> tuple[TeamAction, ...]:
    """Action items of trackers as those of a district team; a school team has only its own.

    A person has the role of their seat, as in the team's own actions; an owner who is neither a role nor a person of
    the folder is left out, because it may be a name.
    """
    return _as_actions(district, team_key, facts.today, _heard(facts, ActionItemSeen, TEAM_SOURCE))


def tracked_actions(district: District, connection: Connection, team_key: str, now: datetime) -> list[Tracked]:
    """The same as the store knows them now, each with its tracker; of one that is not read in time nothing."""
    heard = known_until(connection, known_at=now)
    rows = facts_as_known(connection, ActionItemSeen, known_at=now)
    today = now.astimezone(district.zone).date()
    found = []
    for source in district.sources:
        until = heard.get(source.key)
        if until is None or now - until > timedelta(hours=source.stale_after_hours):
            continue
        mine = [one for key, one in rows if key == source.key]
        told = _as_actions(district, team_key, today, mine)
        found += [Tracked(action, source.key, source.title) for action in told]
    return found


def _as_actions(
    district: District, team_key: str, today: date, items: Iterable[ActionItemSeen]
) -> tuple[TeamAction, ...]:
    if district.team(team_key).level != "district":
        return ()
    found = []
    for one in items:
        owner = owner_of(district, team_key, today, one.owner) if is_owner(district, one.owner) else Owner()
        found.append(
            TeamAction(
                team_key=team_key,
                action_key=one.action_key,
                meeting_key="",
                title=one.title,
                state=one.state,
                owner_role=owner.role,
                person_key=owner.person,
                opened_on=one.opened_on,
                due_on=one.due_on,
                first_due_on=one.due_on,
                closed_on=one.closed_on,
                times_moved=one.times_moved,
                objective_key=one.objective_key,
            )
        )
    return tuple(found)


def _heard(facts: Facts, record_type: type[R], own: str) -> Iterable[R]:
    """The records of a type from every source but our own that has not fallen silent."""
    silent = facts.silent(facts.feeds(record_type))
    for source, rows in facts.by_source(record_type).items():
        if source != own and source not in silent:
            yield from rows


def _milestone(told: MilestoneSeen) -> Milestone:
    school = told.scope.removeprefix("school:") if told.scope.startswith("school:") else None
    # The folder's own rules for keys do not bind a tracker's.
    return Milestone.model_construct(
        key=told.milestone_key, title=told.title, due=told.due_on, done=told.done_on, school=school
    )


def _goal_with(goal: Goal, told: dict[str, tuple[Milestone, ...]]) -> Goal:
    objectives = tuple(
        objective.model_copy(
            update={
                "initiatives": tuple(
                    one.model_copy(update={"milestones": (*one.milestones, *told.get(one.key, ()))})
                    for one in objective.initiatives
                )
            }
        )
        for objective in goal.objectives
    )
    return goal.model_copy(update={"objectives": objectives})
