"""A help desk export with titles and names in it that must never be seen again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from firstbell.records import OpenKeys, Record, Ticket, TicketKind, TicketStatus
from tests.contract.file_case import MODIFIED_AT, TABLE, FileCase
from tests.contract.suite import Situation

HEAD = "Ticket ID,Title,Requester,Created,Resolved,Status,Priority,Type,Location,Reopen Count\n"
FIRST = '101,"Cannot print, again",Jane Pupil,2026-09-01 08:30,,Open,High,Incident,Oak School,\n'
SECOND = "102,Password,Jane Pupil,2026-09-01T10:00:00Z,{resolved},{status},Urgent,Service Request,Elm,2\n"
THIRD = "103,Screen,Jane Pupil,2026-11-02 08:30,,New,Strange,,Oak School,0\n"

ONE = Ticket(
    ticket_key="101",
    created_at=datetime(2026, 9, 1, 13, 30, tzinfo=UTC),
    status=TicketStatus.OPEN,
    status_raw="Open",
    priority_rank=2,
    priority_raw="High",
    kind=TicketKind.INCIDENT,
    location="Oak School",
)
TWO = Ticket(
    ticket_key="102",
    created_at=datetime(2026, 9, 1, 10, 0, tzinfo=UTC),
    resolved_at=datetime(2026, 9, 2, 17, 15, tzinfo=UTC),
    status=TicketStatus.RESOLVED,
    status_raw="Solved",
    priority_rank=1,
    priority_raw="Urgent",
    kind=TicketKind.REQUEST,
    location="Elm",
    reopen_count=2,
)
THREE = Ticket(
    ticket_key="103",
    created_at=datetime(2026, 11, 2, 14, 30, tzinfo=UTC),
    status=TicketStatus.NEW,
    status_raw="New",
    priority_raw="Strange",
    location="Oak School",
    reopen_count=0,
)


def still_open(*keys: str) -> OpenKeys:
    return OpenKeys(counted_at=MODIFIED_AT, ticket_keys=keys)


class Case(FileCase):
    kind = "ticket_csv"
    situations = TABLE | {Situation.UNKNOWN_ENUM}
    private = ("Jane Pupil", "Cannot print", "rotten-cell")
    good_cell = "2026-09-02 12:15"
    missing_heading = "Created"
    missing_field = "created"
    bad_field = "Resolved"

    def text(self, situation: Situation) -> str:
        if situation is Situation.EMPTY:
            return HEAD
        if situation is Situation.UNKNOWN_ENUM:
            return HEAD + FIRST + SECOND.format(resolved="", status="Parked 🅿")
        solved = SECOND.format(resolved=self.good_cell, status="Solved")
        if situation is Situation.CHANGED:
            return HEAD + FIRST.replace("Open", "Closed") + solved + THIRD
        return HEAD + FIRST + solved

    def settings(self) -> Mapping[str, Any]:
        return {"file": "exports/*.csv", "lists_all_open": True}

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return (still_open(),)
        if situation is Situation.UNKNOWN_ENUM:
            parked = replace(TWO, resolved_at=None, status=TicketStatus.OPEN, status_raw="Parked 🅿")
            return (ONE, parked, still_open("101", "102"))
        if situation is Situation.CHANGED:
            closed = replace(ONE, status=TicketStatus.CLOSED, status_raw="Closed")
            return (closed, TWO, THREE, still_open("103"))
        return (ONE, TWO, still_open("101"))
