"""How far each source can be trusted, now and for a past date; and its own names for our things."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import event

from firstbell.store.models import ReadOutcome
from firstbell.store.queries import (
    StreamRead,
    key_map,
    known_until,
    source_states,
    stream_reads,
    stream_states,
)
from firstbell.store.save import record_attempt, record_completion, save_key_map
from firstbell.store.session import Store

DAY = datetime(2026, 9, 1, 6, tzinfo=UTC)


def at(days: float) -> datetime:
    return DAY + timedelta(days=days)


def test_only_a_completed_read_moves_the_watermark(store: Store) -> None:
    with store.begin() as connection:
        record_completion(connection, "desk", "tickets", at(0), counts={"new": 3}, state={"cursor": "a"})
        record_attempt(connection, "desk", "tickets", at(1), error="Mend the token.", error_class="AuthError")
    with store.read() as connection:
        (row,) = source_states(connection, "desk")
        assert stream_states(connection, "desk") == {"tickets": {"cursor": "a"}}
    assert (row.attempted_at, row.completed_at, row.outcome) == (at(1), at(0), "failed")
    assert (row.error, row.error_class, row.counts) == ("Mend the token.", "AuthError", {})


def test_a_checkpoint_is_remembered_and_a_later_completion_clears_the_error(store: Store) -> None:
    with store.begin() as connection:
        record_attempt(connection, "desk", "tickets", at(0), outcome=ReadOutcome.PARTIAL, state={"page": 7}, error="x")
        assert stream_states(connection, "desk") == {"tickets": {"page": 7}}
        record_completion(connection, "desk", "tickets", at(1))
        (row,) = source_states(connection)
    assert (row.state, row.error, row.outcome, row.completed_at) == ({}, "", "completed", at(1))


def test_known_until_is_the_laggard_of_a_source_as_known_then(store: Store) -> None:
    with store.begin() as connection:
        for day in range(3):
            record_completion(connection, "desk", "tickets", at(day))
        record_completion(connection, "desk", "events", at(0))
        record_attempt(connection, "desk", "events", at(2))
        record_attempt(connection, "dumps", "runs", at(1))
        record_completion(connection, "dumps", "runs", at(2))
    with store.read() as connection:
        assert known_until(connection, known_at=at(9)) == {"desk": at(0), "dumps": at(2)}
        assert known_until(connection, known_at=at(1.5)) == {"desk": at(0), "dumps": None}
        assert known_until(connection, known_at=at(-1)) == {}


def test_an_export_is_known_until_its_own_time_and_never_beyond_its_reading(store: Store) -> None:
    with store.begin() as connection:
        record_completion(connection, "roster", "schools", at(5), known_until=at(-9))
        record_completion(connection, "roster", "staff", at(5), known_until=at(7))
        record_attempt(connection, "roster", "staff", at(6))
        record_completion(connection, "desk", "tickets", at(5), known_until=at(4))
        record_completion(connection, "desk", "tickets", at(6))
    with store.read() as connection:
        assert known_until(connection, known_at=at(5.5)) == {"roster": at(-9), "desk": at(4)}
        assert known_until(connection, known_at=at(9)) == {"roster": at(-9), "desk": at(6)}
        reads = stream_reads(connection, known_at=at(9))
    assert reads["roster", "schools"] == StreamRead(at(-9), at(5), at(5))
    assert reads["roster", "staff"] == StreamRead(at(5), at(5), at(6))


def test_what_is_known_of_streams_is_sought_and_never_scanned(store: Store) -> None:
    """A log of reads grows for years; a packet must not cost more for it."""
    with store.begin() as connection:
        record_completion(connection, "desk", "tickets", at(0))
    asked: list[tuple[str, Any]] = []
    event.listen(store.engine, "before_cursor_execute", lambda _c, _r, sql, values, *_: asked.append((sql, values)))
    with store.read() as connection:
        stream_reads(connection, known_at=at(1))
        sql, values = asked[-1]
        if store.is_sqlite:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
            assert [step for step in plan if step.startswith("SCAN") and "source_read" in step] == []
            assert sum("SEARCH source_read" in step for step in plan) >= 2


def test_a_source_s_own_names_are_replaced_as_a_whole(store: Store) -> None:
    with store.begin() as connection:
        save_key_map(connection, "desk", "school", {"Oak Elem.": "oak", "ELM": "elm"})
        save_key_map(connection, "desk", "system", {"SIS": "sis"})
        save_key_map(connection, "desk", "school", {"Oak Elementary": "oak"})
        assert key_map(connection, "school") == {("desk", "Oak Elementary"): "oak"}
        save_key_map(connection, "desk", "school", {})
        assert key_map(connection, "school") == {}
        assert key_map(connection, "system") == {("desk", "SIS"): "sis"}
