"""Help desk tickets from the CSV that any help desk can export or mail itself.

Reads the columns named below and no other: titles, texts, requesters and technicians may stand in the file but are
never looked at. The file is read anew each time. Rows are upserted, not replaced, because exports usually hold a
recent period: a ticket that fell out of it is not gone. What the file says holds until the day it was written, so an
export that stopped shows as a help desk that fell silent. Where the export does list every open ticket, say so with
`lists_all_open`, and tickets that vanished from it stop counting as open.

Least access: read the one file or link. Limits: reopenings and answers are known only where the export has a column
for them; a status word that is not mapped counts as open until the row has a time of resolution or closing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import ClassVar

from pydantic import Field

from connectors._base import Complete, Connector, Doubtful, FetchRequest, Stream, StreamMode, Yielded
from connectors._cells import CellError, Reading, moment, number, whole
from connectors._files import LOCATION, find
from connectors._rows import Row, parsed, proven
from connectors._table import Columns, Table, TableSettings, open_table
from connectors._words import meaning
from firstbell.records import OpenKeys, Ticket, TicketKind, TicketStatus

_STATUSES = {
    TicketStatus.NEW: "new unassigned submitted",
    TicketStatus.OPEN: "open assigned in_progress reopened working started",
    TicketStatus.PENDING: "pending waiting on_hold hold stalled",
    TicketStatus.RESOLVED: "resolved solved fixed completed done",
    TicketStatus.CLOSED: "closed cancelled canceled rejected",
    TicketStatus.MERGED: "merged duplicate",
    TicketStatus.DELETED: "deleted trash spam",
}
_PRIORITIES = {1: "1 p1 critical urgent", 2: "2 p2 high", 3: "3 p3 medium normal", 4: "4 p4 low", 5: "5 p5 planning"}
_KINDS = {
    TicketKind.INCIDENT: "incident problem issue bug break_fix",
    TicketKind.REQUEST: "request service_request change question",
}
_DONE = (TicketStatus.RESOLVED, TicketStatus.CLOSED, TicketStatus.MERGED, TicketStatus.DELETED)


class TicketColumns(Columns):
    """The headings of the export."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"key", "created", "status"})

    key: str = Field("Ticket ID|Ticket Number|Ticket|Number|ID|Key", description="The ticket's number.")
    created: str = Field(
        "Created|Created At|Created Date|Created Time|Opened|Open Date", description="When it came in."
    )
    updated: str = Field("Updated|Updated At|Last Updated|Modified", description="When it last changed.")
    responded: str = Field(
        "First Response|First Response At|First Responded|Responded", description="When somebody first answered."
    )
    resolved: str = Field("Resolved|Resolved At|Resolved Date|Solved|Solved At", description="When it was solved.")
    closed: str = Field("Closed|Closed At|Closed Date|Close Date", description="When it was closed.")
    status: str = Field("Status|State|Ticket Status", description="Its status word.")
    priority: str = Field("Priority|Urgency", description="Its priority word.")
    kind: str = Field("Type|Ticket Type|Kind", description="Incident or request.")
    category: str = Field("Category|Issue Type|Topic", description="What it is about, from a fixed list.")
    location: str = Field("Location|School|Site|Building", description="Where; mapped to a school by the source.")
    support_tier: str = Field("Tier|Support Tier|Group|Queue", description="Which tier of support has it.")
    due_response: str = Field("Response Due|First Response Due", description="By when an answer was promised.")
    due_resolution: str = Field("Due|Due Date|Due By|Resolution Due", description="By when a solution was promised.")
    reopened: str = Field("Reopen Count|Reopens|Times Reopened", description="How often it was opened again.")
    satisfaction: str = Field("Satisfaction|Satisfaction Score|CSAT", description="The requester's score.")


class TicketCsv(Connector):
    """Tickets of a help desk export."""

    title = "Help desk export (CSV)"
    docs_url = "https://www.rfc-editor.org/rfc/rfc4180"
    streams = (
        Stream("tickets", Ticket, StreamMode.UPSERT),
        Stream("open_keys", OpenKeys, StreamMode.UPSERT),
    )
    least_privilege = "Read access to one exported file; leave titles, texts and names out of the export if you can."
    checked_against = "files written for the tests in the shapes that exports have; no vendor's own export"

    class Settings(TableSettings):
        file: str = Field(description=LOCATION)
        columns: TicketColumns = Field(TicketColumns(), description="Headings that differ from the usual ones.")
        statuses: dict[str, TicketStatus] = Field({}, description="The help desk's status words, mapped to ours.")
        priorities: dict[str, int] = Field({}, description="Its priority words, mapped to 1 (most urgent) to 5.")
        kinds: dict[str, TicketKind] = Field({}, description="Its type words, mapped to incident, request or other.")
        satisfaction_scale_max: float | None = Field(None, gt=0, description="The best score there is.")
        lists_all_open: bool = Field(False, description="True when the export holds every open ticket there is.")

    settings: Settings

    def check(self) -> str:
        with self._table() as table:
            count = sum(1 for _ in parsed(table, self._tickets))
            if not count:
                return Doubtful(f"{table.described()} holds headings and no ticket; look at the export's filter.")
            return f"{count:,} tickets can be read from {table.described()}."

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:  # noqa: ARG002 - the file is always read anew
        with self._table() as table:
            tickets = proven(table, self._tickets)
            still_open: list[str] = []
            for ticket in tickets():
                if ticket.status not in _DONE:
                    still_open.append(ticket.ticket_key)
                yield ticket
            written_at = min(table.file.modified_at, self.context.clock())
            yield Complete("tickets", known_until=written_at)
            if self.settings.lists_all_open:
                yield OpenKeys(counted_at=written_at, ticket_keys=tuple(sorted(still_open)))
                yield Complete("open_keys", known_until=written_at)

    @contextmanager
    def _table(self) -> Iterator[Table]:
        with find(self.settings.file, self.context) as file:
            yield open_table(file, self.settings, self.context, self.settings.columns.wanted())

    def _tickets(self, row: Row) -> Iterable[Ticket]:
        resolved_at, closed_at = row.read("resolved", moment), row.read("closed", moment)
        score = row.read("satisfaction", number)
        kind = meaning(row.text("kind"), self.settings.kinds, _KINDS)
        yield Ticket(
            ticket_key=row.need_text("key"),
            created_at=row.need("created", moment),
            updated_at=row.read("updated", moment),
            first_response_at=row.read("responded", moment),
            resolved_at=resolved_at,
            closed_at=closed_at,
            status=self._status(row.need_text("status"), resolved_at, closed_at),
            status_raw=row.text("status"),
            priority_rank=meaning(row.text("priority"), self.settings.priorities, _PRIORITIES),
            priority_raw=row.text("priority"),
            kind=kind or TicketKind.OTHER,
            category=row.text("category"),
            location=row.text("location"),
            support_tier=row.text("support_tier"),
            due_first_response_at=row.read("due_response", _due),
            due_resolution_at=row.read("due_resolution", _due),
            reopen_count=row.read("reopened", whole),
            satisfaction_score=score,
            satisfaction_scale_max=None if score is None else self.settings.satisfaction_scale_max,
        )

    def _status(self, raw: str, resolved_at: datetime | None, closed_at: datetime | None) -> TicketStatus:
        known = meaning(raw, self.settings.statuses, _STATUSES)
        if known is not None:
            return known
        if closed_at is not None:
            return TicketStatus.CLOSED
        return TicketStatus.OPEN if resolved_at is None else TicketStatus.RESOLVED


def _due(text: str, reading: Reading) -> datetime:
    """A promise given as a date holds until that day's end, which nobody states: it is read as its last minute."""
    try:
        return moment(text, reading)
    except CellError:
        pass
    return moment(f"{text} 23:59", reading)
