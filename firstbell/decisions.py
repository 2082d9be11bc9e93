"""What a team has to decide at a meeting, and in which order it is numbered, on page one as in the minutes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from firstbell.calendar import original_start
from firstbell.records import TeamDecision


def decisions_of(decisions: Iterable[TeamDecision], team_key: str, meeting_key: str) -> list[TeamDecision]:
    """A meeting's decisions in whatever state, those with the nearest deadline first."""
    mine = [one for one in decisions if (one.team_key, one.meeting_key) == (team_key, meeting_key)]
    return sorted(mine, key=_order)


def put_before(
    decisions: Iterable[TeamDecision], team_key: str, meeting_key: str, as_of: datetime
) -> list[TeamDecision]:
    """The same with what is carried over: the confirmed decisions of which a meeting begun by `as_of` says no outcome.

    A decision is confirmed after a packet is out, or the minutes do not speak of it: it waits for the next meeting.
    """
    known, begins = list(decisions), original_start(meeting_key)
    carried = [
        one
        for one in known
        if (one.team_key, one.state) == (team_key, "confirmed")
        and one.meeting_key != ""
        and original_start(one.meeting_key) < begins
        and original_start(one.meeting_key) <= as_of
    ]
    return sorted([*decisions_of(known, team_key, meeting_key), *carried], key=_order)


def agenda(decisions: Iterable[TeamDecision], team_key: str, meeting_key: str, as_of: datetime) -> list[TeamDecision]:
    """A meeting's confirmed decisions, with those carried over, as they are numbered from 1."""
    return [one for one in put_before(decisions, team_key, meeting_key, as_of) if one.state == "confirmed"]


def _order(decision: TeamDecision) -> tuple[date, str]:
    return decision.deadline_on or date.max, decision.decision_key
