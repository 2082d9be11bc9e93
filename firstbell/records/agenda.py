"""What people want on an agenda: items, questions and ideas that come in between meetings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from firstbell.records._base import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaItem(Record):
    """Something for a coming meeting, "I-3". `kind` is item, question or idea.

    `state` is proposed, accepted, answered or declined; only a person accepts, and nothing is printed before. The
    text is two sentences at most, and who asked is a role, never a name. `meeting_key` is the meeting that it was
    accepted for, empty before. `answer` says what was done, or why it was declined; `closed_on` when.
    """

    team_key: str
    item_key: str
    kind: str
    text: str
    state: str
    by_role: str = ""
    asked_on: date | None = None
    meeting_key: str = ""
    answer: str = ""
    closed_on: date | None = None

    @property
    def entity_key(self) -> str:
        return f"{self.team_key}/{self.item_key}"
