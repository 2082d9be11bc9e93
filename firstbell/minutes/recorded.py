"""Minutes as they were last recorded, for who wants to see or to correct them."""

from __future__ import annotations

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from firstbell.actions import number_of
from firstbell.meetings import Meeting
from firstbell.minutes.model import DecisionWord, Minutes, NewAction
from firstbell.minutes.promises import TAKEN_OUT
from firstbell.records import MeetingMinutes, TeamAction, TeamDecision


def minutes_kept(
    meeting: Meeting,
    kept: MeetingMinutes | None,
    decisions: Iterable[TeamDecision],
    actions: Iterable[TeamAction],
    zone: ZoneInfo,
) -> Minutes | None:
    """What was handed in, or where no copy of it was kept, what stands of it; None where nothing was recorded."""
    if kept is None:
        return None
    if kept.written:
        return Minutes.model_validate_json(kept.written)
    held_on = kept.held_at.astimezone(zone).date()
    planned = meeting.starts_at.astimezone(zone).date()
    return Minutes(
        team=meeting.team_key,
        meeting=meeting.key,
        held_on="" if held_on == planned else str(held_on),
        by=kept.by_role,
        attended=kept.attended,
        absent=kept.absent,
        visited=kept.visited_objectives,
        decisions=tuple(
            DecisionWord(decision=one.decision_key, outcome=one.outcome)
            for one in decisions
            if (one.meeting_key, one.state) == (meeting.key, "decided")
        ),
        new_actions=tuple(
            _promised(one) for one in sorted(actions, key=number_of) if one.meeting_key == meeting.key and _stands(one)
        ),
        ideas=kept.ideas,
        note=kept.note,
    )


def _stands(action: TeamAction) -> bool:
    return (action.state, action.reason) != ("dropped", TAKEN_OUT)


def _promised(action: TeamAction) -> NewAction:
    return NewAction(
        title=action.title,
        owner=action.person_key or action.owner_role,
        due=str(action.promised_on or ""),
        objective=action.objective_key,
    )
