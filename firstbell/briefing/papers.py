"""What a team wrote down itself: decisions, actions, minutes, notes, agenda items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from firstbell.decisions import decisions_of
from firstbell.meetings import Meeting
from firstbell.records import AgendaItem, MeetingMinutes, SectionNote, TeamAction, TeamDecision
from firstbell.store.queries import facts_as_known

TeamRecord = TypeVar("TeamRecord", TeamDecision, TeamAction, MeetingMinutes, SectionNote, AgendaItem)


@dataclass(frozen=True, slots=True)
class Papers:
    """What a team wrote down, as known at a moment."""

    decisions: Sequence[TeamDecision]
    actions: Sequence[TeamAction]
    minutes: Sequence[MeetingMinutes]
    notes: Sequence[SectionNote]
    items: Sequence[AgendaItem]

    @classmethod
    def of(cls, connection: Connection, team_key: str, known_at: datetime) -> Papers:
        """Those of one team."""
        return cls(
            decisions=_team_facts(connection, TeamDecision, team_key, known_at),
            actions=_team_facts(connection, TeamAction, team_key, known_at),
            minutes=_team_facts(connection, MeetingMinutes, team_key, known_at),
            notes=_team_facts(connection, SectionNote, team_key, known_at),
            items=_team_facts(connection, AgendaItem, team_key, known_at),
        )

    def decided(self, previous: Meeting | None) -> tuple[TeamDecision, ...]:
        """What the meeting before decided."""
        if previous is None:
            return ()
        mine = decisions_of(self.decisions, previous.team_key, previous.key)
        return tuple(one for one in mine if one.state == "decided")


def _team_facts(
    connection: Connection, record_type: type[TeamRecord], team_key: str, known_at: datetime
) -> list[TeamRecord]:
    rows: list[tuple[str, TeamRecord]] = facts_as_known(connection, record_type, known_at=known_at)
    return [record for _, record in rows if record.team_key == team_key]
