"""What a team has to decide at a meeting, and in which order it is numbered, on page one as in the minutes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from firstbell.records import TeamDecision


def decisions_of(decisions: Iterable[TeamDecision], team_key: str, meeting_key: str) -> list[TeamDecision]:
    """A meeting's decisions in whatever state, those with the nearest deadline first."""
    mine = [one for one in decisions if (one.team_key, one.meeting_key) == (team_key, meeting_key)]
    return sorted(mine, key=lambda one: (one.deadline_on or date.max, one.decision_key))


def agenda(decisions: Iterable[TeamDecision], team_key: str, meeting_key: str) -> list[TeamDecision]:
    """A meeting's confirmed decisions as they are numbered from 1."""
    return [one for one in decisions_of(decisions, team_key, meeting_key) if one.state == "confirmed"]
