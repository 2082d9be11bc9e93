"""The help desk: tickets without their words and without their people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from firstbell.records._base import Record


class TicketStatus(StrEnum):
    """A help desk's own status names, sorted into what matters for counting."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"
    MERGED = "merged"
    DELETED = "deleted"


class TicketKind(StrEnum):
    INCIDENT = "incident"
    REQUEST = "request"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket(Record):
    """A help desk ticket without its words and without its people.

    `location` is the source's own name of the place, mapped to a school on reading. `priority_rank` runs from 1
    (most urgent) to 5.
    """

    ticket_key: str
    created_at: datetime
    updated_at: datetime | None = None
    first_response_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    status: TicketStatus
    status_raw: str = ""
    priority_rank: int | None = None
    priority_raw: str = ""
    kind: TicketKind = TicketKind.OTHER
    category: str = ""
    location: str = ""
    support_tier: str = ""
    due_first_response_at: datetime | None = None
    due_resolution_at: datetime | None = None
    sla_breached: bool | None = None
    reopen_count: int | None = None
    satisfaction_score: float | None = None
    satisfaction_scale_max: float | None = None
    merged_into_key: str = ""

    VOLATILE: ClassVar[frozenset[str]] = frozenset({"updated_at"})

    @property
    def entity_key(self) -> str:
        return self.ticket_key


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent(Record):
    """Something that happened to a ticket at a time: opened, responded, resolved, reopened, closed."""

    ticket_key: str
    event: str
    happened_at: datetime

    @property
    def entity_key(self) -> str:
        return f"{self.ticket_key}/{self.event}/{self.happened_at.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenKeys(Record):
    """A census: the keys of all tickets that the source lists as open at an instant."""

    counted_at: datetime
    ticket_keys: tuple[str, ...]

    @property
    def entity_key(self) -> str:
        return "open"
