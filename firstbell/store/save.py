"""Writing facts as versions, and what is known of their sources. Every call is part of its caller's one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import compress, groupby, repeat
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, update
from sqlalchemy.dialects import postgresql, sqlite

from firstbell.clock import require_aware
from firstbell.records import Record
from firstbell.store.batches import batched, fetch_rows, insert_rows, moment_of, placed, run_many, stamper
from firstbell.store.facts import FactTable
from firstbell.store.models import FACTS, DistrictVersionRow, KeyMapRow, ReadOutcome, SourceReadRow, SourceStateRow
from firstbell.store.types import json_text

TICK = timedelta(microseconds=1)

Beside = Callable[[Connection], None]
"""Something else to write in the same transaction. It may raise, and then nothing is kept."""


def nothing_beside(_connection: Connection) -> None:
    """Write nothing else."""


@dataclass(frozen=True, slots=True)
class SaveCounts:
    """What a save came to: entities never seen before (or retired since), changed ones, and unchanged ones."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0

    def __add__(self, other: SaveCounts) -> SaveCounts:
        return SaveCounts(self.new + other.new, self.changed + other.changed, self.unchanged + other.unchanged)


class _Current(NamedTuple):
    id: int
    content_hash: str
    recorded_at: datetime


def save_facts(connection: Connection, source_key: str, records: Iterable[Record], recorded_at: datetime) -> SaveCounts:
    """Keep what a source told as versions: new and changed entities get one, unchanged ones write nothing.

    Of an entity told twice in one batch the last word counts. Where the clock went back behind an entity's newest
    version, its next version is recorded one microsecond after that one, so that versions never overlap. Records of
    several types may come mixed; only a batch of them is in memory at a time.
    """
    recorded_at = require_aware(recorded_at, "recorded_at")
    counts = SaveCounts()
    serialise(connection, source_key)
    for batch in batched(records):
        for record_type, group in groupby(sorted(batch, key=_type_name), key=type):
            counts += _save_batch(connection, FACTS.of(record_type), source_key, list(group), recorded_at)
    return counts


def retire_unseen(
    connection: Connection,
    source_key: str,
    record_type: type[Record],
    seen: Iterable[str],
    scope: str,
    recorded_at: datetime,
) -> int:
    """Close the versions of entities within `scope` (a prefix of the entity key) that a whole read did not see.

    Returns how many. Nothing is deleted: the fact stays known for the time before.
    """
    fact = FACTS.of(record_type)
    serialise(connection, source_key)
    rows = connection.exec_driver_sql(
        placed(
            connection,
            f"SELECT id, entity_key, recorded_at FROM {fact.table.name} "  # noqa: S608 - a table's name of ours
            "WHERE source_key = ? AND superseded_at IS NULL AND substr(entity_key, 1, ?) = ?",
        ),
        (source_key, len(scope), scope),
    ).all()
    kept = set(seen)
    moment = require_aware(recorded_at, "recorded_at")
    gone = [(max(moment, moment_of(at) + TICK), row_id) for row_id, key, at in rows if key not in kept]
    _supersede(connection, fact, gone)
    return len(gone)


def _type_name(record: Record) -> str:
    return type(record).__name__


def serialise(connection: Connection, source_key: str) -> None:
    """Let only one writer of a source through at a time; SQLite has only one writer anyhow."""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.blake2b(source_key.encode(), digest_size=8).digest(), "big", signed=True)
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (number,))


def _save_batch(
    connection: Connection, fact: FactTable[Any], source_key: str, records: Sequence[Record], recorded_at: datetime
) -> SaveCounts:
    told = {record.entity_key: record for record in records}
    current = _current(connection, fact, source_key, list(told))
    left = _left_at(connection, fact, source_key, [key for key in told if key not in current])
    columns, hashes = fact.encoded(list(told.values()), connection.dialect.name)
    stamp = stamper(connection)
    usual = stamp(recorded_at)
    since: list[Any] = []  # From when each version is known; None where it was known before.
    superseded: list[tuple[datetime, int]] = []
    for key, content_hash in zip(told, hashes, strict=True):
        before = current.get(key)
        at = usual
        if before is not None:
            if before.content_hash == content_hash:
                at = None
            else:
                moment = max(recorded_at, before.recorded_at + TICK)
                superseded.append((moment, before.id))
                at = stamp(moment)
        elif key in left:
            at = stamp(max(recorded_at, left[key]))
        since.append(at)
    rows = zip(repeat(source_key), told, hashes, since, *columns, strict=False)
    fresh = list(compress(rows, (at is not None for at in since)))
    _supersede(connection, fact, superseded)
    insert_rows(connection, fact.table, fact.columns, fresh)
    return SaveCounts(len(fresh) - len(superseded), len(superseded), len(told) - len(fresh))


def _supersede(connection: Connection, fact: FactTable[Any], ends: Sequence[tuple[datetime, int]]) -> None:
    stamp = stamper(connection)
    statement = f"UPDATE {fact.table.name} SET superseded_at = ? WHERE id = ?"  # noqa: S608 - a table's name of ours
    run_many(connection, statement, [(stamp(moment), row_id) for moment, row_id in ends])


def _current(connection: Connection, fact: FactTable[Any], source_key: str, keys: list[str]) -> dict[str, _Current]:
    statement = (
        f"SELECT entity_key, id, content_hash, recorded_at FROM {fact.table.name} "  # noqa: S608 - a name of ours
        f"WHERE source_key = ? AND superseded_at IS NULL AND entity_key {_among(connection)}"
    )
    rows = connection.exec_driver_sql(placed(connection, statement), (source_key, _array(connection, keys)))
    return {key: _Current(row_id, content_hash, moment_of(at)) for key, row_id, content_hash, at in rows}


def _left_at(connection: Connection, fact: FactTable[Any], source_key: str, keys: list[str]) -> dict[str, datetime]:
    """When entities that have no current version were retired."""
    if not keys or not _any_past(connection, fact, source_key):
        return {}
    statement = (
        f"SELECT entity_key, max(superseded_at) FROM {fact.table.name} "  # noqa: S608 - a table's name of ours
        f"WHERE source_key = ? AND superseded_at IS NOT NULL AND entity_key {_among(connection)} GROUP BY entity_key"
    )
    rows = connection.exec_driver_sql(placed(connection, statement), (source_key, _array(connection, keys)))
    return {key: moment_of(at) for key, at in rows}


def _any_past(connection: Connection, fact: FactTable[Any], source_key: str) -> bool:
    """False on a first load, which is thereby spared a search for each key."""
    statement = (
        f"SELECT 1 FROM {fact.table.name} "  # noqa: S608 - a table's name of ours
        "WHERE source_key = ? AND superseded_at IS NOT NULL LIMIT 1"
    )
    return bool(fetch_rows(connection, statement, (source_key,)))


def _among(connection: Connection) -> str:
    return "IN (SELECT value FROM json_each(?))" if connection.dialect.name == "sqlite" else "= ANY(?)"


def _array(connection: Connection, keys: list[str]) -> Any:
    return json_text(keys) if connection.dialect.name == "sqlite" else keys


def upsert(connection: Connection, row: type[Any]) -> Any:
    """An INSERT that both engines let end in ON CONFLICT."""
    return sqlite.insert(row) if connection.dialect.name == "sqlite" else postgresql.insert(row)


def record_attempt(
    connection: Connection,
    source_key: str,
    stream: str,
    at: datetime,
    *,
    outcome: ReadOutcome = ReadOutcome.FAILED,
    error: str = "",
    error_class: str = "",
    counts: Mapping[str, int] | None = None,
    state: Mapping[str, Any] | None = None,
) -> None:
    """Write down a read that did not reach its end. The watermark stays; `state` is that of a checkpoint, if any."""
    told = {"outcome": outcome.value, "error": error, "error_class": error_class, "counts": dict(counts or {})}
    _record_read(connection, source_key, stream, at, told, state)


def record_completion(
    connection: Connection,
    source_key: str,
    stream: str,
    at: datetime,
    *,
    known_until: datetime | None = None,
    counts: Mapping[str, int] | None = None,
    state: Mapping[str, Any] | None = None,
) -> None:
    """Write down a read that reached the true end of its stream: moves the watermark to `at`.

    Or to `known_until`, where what was read says itself that it reaches less far.
    """
    told = {"outcome": ReadOutcome.COMPLETED.value, "error": "", "error_class": "", "counts": dict(counts or {})}
    reaches = min(known_until, at) if known_until is not None else None
    _record_read(connection, source_key, stream, at, told, state or {}, completed_at=at, known_until=reaches)


def _record_read(
    connection: Connection,
    source_key: str,
    stream: str,
    at: datetime,
    told: Mapping[str, Any],
    state: Mapping[str, Any] | None,
    *,
    completed_at: datetime | None = None,
    known_until: datetime | None = None,
) -> None:
    values: dict[str, Any] = {"attempted_at": at, **told}
    if state is not None:
        values["state"] = dict(state)
    if completed_at is not None:
        values["completed_at"] = completed_at
    statement = upsert(connection, SourceStateRow).values(
        source_key=source_key, stream=stream, **({"state": {}} | values)
    )
    connection.execute(statement.on_conflict_do_update(index_elements=["source_key", "stream"], set_=values))
    connection.execute(
        insert(SourceReadRow).values(source_key=source_key, stream=stream, read_at=at, known_until=known_until, **told)
    )


def save_key_map(connection: Connection, source_key: str, kind: str, mapping: Mapping[str, str]) -> None:
    """Replace a source's own names of schools, services or systems (`kind`), mapped to our keys."""
    connection.execute(delete(KeyMapRow).where(KeyMapRow.source_key == source_key, KeyMapRow.kind == kind))
    rows = [
        {"source_key": source_key, "kind": kind, "foreign_key": foreign, "our_key": ours}
        for foreign, ours in sorted(mapping.items())
    ]
    if rows:
        connection.execute(insert(KeyMapRow), rows)


def save_district(connection: Connection, canonical_json: str, seen_at: datetime) -> str:
    """Keep the district folder as it stands, once for each content; returns its hash."""
    digest = hashlib.sha256(canonical_json.encode()).hexdigest()
    again = update(DistrictVersionRow).where(
        DistrictVersionRow.content_hash == digest, DistrictVersionRow.last_seen_at < seen_at
    )
    statement = upsert(connection, DistrictVersionRow).values(
        content_hash=digest, content=canonical_json, first_seen_at=seen_at, last_seen_at=seen_at
    )
    connection.execute(statement.on_conflict_do_nothing())
    connection.execute(again.values(last_seen_at=seen_at))
    return digest
