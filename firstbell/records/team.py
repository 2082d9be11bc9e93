"""What the team itself writes down: minutes, decisions, promises, words on a bad line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from firstbell.records._base import Record

TEAM_SOURCE = "team"
"""The source key of what the team itself writes down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingMinutes(Record):
    """That a meeting took place, who was there and what was taken down apart from decisions and actions.

    `attended` and `absent` hold person keys of the district folder, never names.
    """

    team_key: str
    meeting_key: str
    held_at: datetime
    by_role: str
    attended: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    visited_objectives: tuple[str, ...] = ()
    ideas: tuple[str, ...] = ()
    note: str = ""
    closed: bool = False
    written: str = ""
    """The minutes as they were handed in, as JSON: what a corrected copy of them is compared with."""

    @property
    def entity_key(self) -> str:
        return f"{self.team_key}/{self.meeting_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamDecision(Record):
    """Something a team has to decide or has decided.

    `state` is proposed, confirmed, dropped or decided; only a person confirms, and only confirmed ones are printed.
    """

    team_key: str
    decision_key: str
    meeting_key: str
    title: str
    state: str
    question: str = ""
    options: tuple[str, ...] = ()
    recommendation: str = ""
    cost: float | None = None
    security: bool = False
    decider_role: str = ""
    deadline_on: date | None = None
    proposed_by: str = ""
    confirmed_by: str = ""
    decided_on: date | None = None
    outcome: str = ""
    objective_key: str = ""

    @property
    def entity_key(self) -> str:
        return f"{self.team_key}/{self.decision_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamAction(Record):
    """What somebody promised in a meeting: "A-14". `state` is open, done or dropped.

    The owner is a role, a person's key of the district folder, or both; never a name. `first_due_on` is what was
    promised first and stays when `due_on` moves; `reason` says why it moved or was dropped.
    """

    team_key: str
    action_key: str
    meeting_key: str
    title: str
    state: str
    owner_role: str = ""
    person_key: str = ""
    opened_on: date | None = None
    due_on: date | None = None
    first_due_on: date | None = None
    closed_on: date | None = None
    times_moved: int = 0
    reason: str = ""
    objective_key: str = ""

    @property
    def entity_key(self) -> str:
        return f"{self.team_key}/{self.action_key}"

    @property
    def promised_on(self) -> date | None:
        """The day that was promised first; moving the date does not make a late action punctual."""
        return self.first_due_on or self.due_on

    def days_late(self, today: date) -> int:
        """How long an open action is past its promise; 0 when it is not, has no date, or is done or dropped."""
        if self.state != "open" or self.promised_on is None:
            return 0
        return max(0, (today - self.promised_on).days)


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionNote(Record):
    """A section owner's word of two sentences on a bad line of a meeting's packet."""

    team_key: str
    meeting_key: str
    line_key: str
    text: str
    by_role: str

    @property
    def entity_key(self) -> str:
        return f"{self.team_key}/{self.meeting_key}/{self.line_key}"
