"""What has had its time goes, what must stay stays, and a second run finds nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import func, select

from firstbell.records import EvidenceFile, ServiceObservation, ServiceState
from firstbell.store.latency import latency_histogram
from firstbell.store.ledger import claim
from firstbell.store.models import FACTS, LatencyHourRow, MessageState, SourceReadRow
from firstbell.store.observations import save_observations
from firstbell.store.outbox import NewMessage, message_by_key, prepare
from firstbell.store.queries import known_until, observation_intervals
from firstbell.store.retention import RetentionPolicy, apply_retention
from firstbell.store.save import record_completion, save_facts
from firstbell.store.session import Store

NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)
POLICY = RetentionPolicy(batch=2)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def look(moment: datetime) -> ServiceObservation:
    return ServiceObservation(
        service_key="sis", observed_at=moment, state=ServiceState.UP, expected_interval_seconds=60, total_seconds=0.1
    )


def evidence(digest: str) -> EvidenceFile:
    return EvidenceFile(path="a.pdf", sha256=digest, size_bytes=1, modified_at=ago(9000), collected_at=ago(9000))


def message(key: str, expires_on: date) -> NewMessage:
    return NewMessage(
        message_key=key, kind="packet", team_key="et", meeting_key="m", stage="final", revision=1, edition="public",
        person_key=key, address="a@example.org", address_expires_on=expires_on, message_id=key, message=b"x",
    )  # fmt: skip


def fill(store: Store) -> None:
    with store.begin() as connection:
        save_observations(connection, "probes", [look(ago(days)) for days in (900, 800, 700, 600, 500, 3)], NOW)
        for days in (1000, 999, 998, 5):
            record_completion(connection, "desk", "tickets", ago(days))
        record_completion(connection, "gone", "rows", ago(2000))
        save_facts(connection, "folder", [evidence("1")], ago(9000))
        save_facts(connection, "folder", [evidence("2")], ago(8000))
        save_facts(connection, "folder", [evidence("3")], ago(100))
        prepare(connection, message("old", ago(2).date()), ago(400))
        prepare(connection, message("new", NOW.date()), ago(4))
    for days in (500, 3):
        with claim(store, "nightly_audit", str(days), clock=lambda days=days: ago(days)):  # type: ignore[misc]
            pass


def test_what_has_had_its_time_goes_and_is_named(store: Store) -> None:
    fill(store)
    assert apply_retention(store, POLICY, NOW) == [
        "Removed hours of latencies older than 62 days: 5.",
        "Removed log lines of reads older than 800 days: 3.",
        "Removed completed slots older than 400 days: 1.",
        "Removed records of evidence superseded more than 3653 days ago: 1.",
        "Removed expired addresses and messages of the outbox: 1.",
    ]
    assert apply_retention(store, POLICY, NOW) == []


def test_what_figures_need_stays(store: Store) -> None:
    fill(store)
    apply_retention(store, POLICY, NOW)
    with store.read() as connection:
        assert len(observation_intervals(connection, known_at=NOW)) == 6
        assert latency_histogram(connection, "probes", "sis", ago(4), NOW).count == 1
        assert connection.scalar(select(func.count()).select_from(LatencyHourRow)) == 1
        assert known_until(connection, known_at=NOW) == {"desk": ago(5), "gone": ago(2000)}
        assert connection.scalar(select(func.count()).select_from(SourceReadRow)) == 2
        table = FACTS.of(EvidenceFile).table
        assert set(connection.scalars(select(table.c.sha256))) == {"2", "3"}
        old, new = message_by_key(connection, "old"), message_by_key(connection, "new")
    assert old is not None
    assert new is not None
    assert (old.address, old.message, old.state) == (None, None, MessageState.PREPARED)
    assert (new.address, new.message) == ("a@example.org", b"x")
