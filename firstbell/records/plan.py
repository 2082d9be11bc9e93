"""The plan as trackers and files tell it: action items and milestones."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from firstbell.records._base import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionItemSeen(Record):
    """An action item as it stands in a tracker, a file or the team's own minutes.

    `state` is open, done or dropped. The owner is a role or a person's key of the district folder, never a name.
    """

    action_key: str
    title: str
    owner: str
    state: str
    due_on: date | None = None
    opened_on: date | None = None
    closed_on: date | None = None
    times_moved: int = 0
    objective_key: str = ""

    @property
    def entity_key(self) -> str:
        return self.action_key


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneSeen(Record):
    """A milestone of the plan as it stood when it was read; its first stored version is its baseline."""

    milestone_key: str
    initiative_key: str
    title: str
    due_on: date
    done_on: date | None = None
    scope: str = "district"

    @property
    def entity_key(self) -> str:
        return self.milestone_key
