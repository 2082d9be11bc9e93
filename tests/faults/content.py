"""What a state folder holds, apart from when it came in and under which number, and what must never stand in it."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from fnmatch import fnmatch
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from firstbell.files import UNFINISHED
from firstbell.store.models import (
    FACTS,
    ApprovalRow,
    AssessmentRow,
    DistrictVersionRow,
    IndicatorRow,
    IntervalRow,
    LedgerRow,
    MessageState,
    OutboxRow,
    PacketRow,
    SourceStateRow,
)
from firstbell.store.session import FILE_NAME, Store, default_url, open_store

Content = dict[str, list[Any]]


def content_of(state: Path) -> Content:
    """Facts with all their versions, intervals, packets, words on them, messages and results, in an order of their own.

    Not: numbers, moments of recording, how often a service was looked at, the log of attempts. A message of unknown
    outcome stands as if it had been sent: `unknown_messages` tells them.
    """
    store = open_store(default_url(state))
    try:
        with store.read() as connection:
            return {
                "facts": _facts(connection),
                "intervals": _distinct(connection, IntervalRow, "source_key", "vantage", "service_key", "state"),
                "sources": _distinct(connection, SourceStateRow, "source_key", "stream", "outcome", "error"),
                "districts": _rows(connection, DistrictVersionRow, "content_hash"),
                "ledger": _rows(connection, LedgerRow, "flow", "slot", "vantage", "team_key"),
                "packets": _rows(
                    connection, PacketRow, "team_key", "meeting_key", "stage", "revision", "content_hash", "as_of"
                ),
                "approvals": _rows(connection, ApprovalRow, "state", "by", "note"),
                "outbox": _rows(connection, OutboxRow, "message_key", "address", "resend_number"),
                "results": _results(connection),
            }
    finally:
        store.close()


def unknown_messages(store: Store) -> set[str]:
    """The Message-IDs of what may have arrived."""
    with store.read() as connection:
        unknown = OutboxRow.state == MessageState.UNKNOWN.value
        return set(connection.scalars(select(OutboxRow.message_id).where(unknown)))


def unsettled_messages(store: Store) -> set[str]:
    """The Message-IDs of what neither was sent nor is told as unknown."""
    settled = [MessageState.SENT.value, MessageState.UNKNOWN.value]
    with store.read() as connection:
        return set(connection.scalars(select(OutboxRow.message_id).where(OutboxRow.state.not_in(settled))))


def broken_rules(store: Store) -> list[str]:
    """Entities whose versions overlap, and services whose intervals do."""
    found = []
    with store.read() as connection:
        for record_type in FACTS.types:
            table = FACTS.of(record_type).table
            columns = (table.c.source_key, table.c.entity_key, table.c.recorded_at, table.c.superseded_at)
            rows = connection.execute(select(*columns).order_by(*columns[:3])).all()
            for key, versions in groupby(rows, key=lambda row: tuple(row[:2])):
                if _overlap([(row[2], row[3]) for row in versions]):
                    found.append(f"versions of {key} overlap")
        spans = defaultdict(list)
        order = (IntervalRow.source_key, IntervalRow.vantage, IntervalRow.service_key, IntervalRow.first_at)
        for row in connection.execute(select(IntervalRow).order_by(*order)):
            spans[row.source_key, row.vantage, row.service_key].append((row.first_at, row.last_at, row.is_tail))
    for key, runs in spans.items():
        if any(before[1] >= after[0] for before, after in pairwise(runs)):
            found.append(f"intervals of {key} overlap")
        if [tail for *_, tail in runs] != [False] * (len(runs) - 1) + [True]:
            found.append(f"the tail of {key} is not its last interval")
    return found


def files_of(state: Path) -> dict[str, str]:
    """Every finished file beside the store, by its path in the state folder, with a hash of its bytes."""
    names = {str(path.relative_to(state)): path for path in sorted(state.rglob("*")) if path.is_file()}
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest()
        for name, path in names.items()
        if not name.startswith(FILE_NAME) and not any(fnmatch(part, UNFINISHED) for part in Path(name).parts)
    }


def _overlap(versions: list[tuple[Any, Any]]) -> bool:
    backwards = any(end is not None and end <= start for start, end in versions)
    return backwards or any(end is None or end > after for (_, end), (after, _) in pairwise(versions))


def _facts(connection: Connection) -> list[Any]:
    found = []
    for record_type in FACTS.types:
        table = FACTS.of(record_type).table
        columns = (table.c.source_key, table.c.entity_key, table.c.content_hash, table.c.superseded_at.is_(None))
        found += [(table.name, *row) for row in connection.execute(select(*columns))]
    return sorted(found)


def _rows(connection: Connection, row: type[Any], *columns: str) -> list[Any]:
    return sorted(tuple(one) for one in connection.execute(select(*(getattr(row, name) for name in columns))))


def _distinct(connection: Connection, row: type[Any], *columns: str) -> list[Any]:
    return sorted(set(_rows(connection, row, *columns)))


def _results(connection: Connection) -> list[Any]:
    columns = (IndicatorRow.indicator, IndicatorRow.scope, IndicatorRow.light, IndicatorRow.value)
    joined = select(AssessmentRow.team_key, AssessmentRow.as_of, *columns).join_from(IndicatorRow, AssessmentRow)
    return sorted({tuple(row) for row in connection.execute(joined)}, key=repr)
