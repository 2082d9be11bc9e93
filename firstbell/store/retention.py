"""What is forgotten, by class, and when.

Observation intervals, versions of facts, packets and the word that a message was sent are kept. Raw latency hours,
the log of reads, and addresses and bytes of the outbox end. Each class is removed in batches of its own transaction,
so a killed run has simply removed less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, or_, select, tuple_, update
from sqlalchemy.orm import aliased

from firstbell.records import EvidenceFile
from firstbell.store.models import (
    FACTS,
    LatencyHourRow,
    LedgerRow,
    MailBodyRow,
    OutboxRow,
    ReadOutcome,
    ReceivedMailRow,
    SourceReadRow,
)
from firstbell.store.session import Store

BATCH = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """How long each class is kept. Ten years of evidence is what E-rate asks for (47 CFR 54.516(a)(1)).

    Hours of latencies go once their days are added up (latency_days.py): 2,000 services have 48,000 of them a day.
    """

    latency: timedelta = timedelta(days=62)
    reads: timedelta = timedelta(days=800)
    slots: timedelta = timedelta(days=400)
    evidence: timedelta = timedelta(days=3653)
    mails: timedelta = timedelta(days=400)
    batch: int = BATCH


def apply_retention(store: Store, policy: RetentionPolicy, now: datetime) -> list[str]:
    """Remove what has had its time; returns a sentence for each class of which something was removed."""
    steps: tuple[tuple[str, Callable[[Connection], int]], ...] = (
        (
            f"hours of latencies older than {policy.latency.days} days",
            lambda connection: _latencies(connection, now - policy.latency, policy.batch),
        ),
        (
            f"log lines of reads older than {policy.reads.days} days",
            lambda connection: _reads(connection, now - policy.reads, policy.batch),
        ),
        (
            f"completed slots older than {policy.slots.days} days",
            lambda connection: _slots(connection, now - policy.slots),
        ),
        (
            f"records of evidence superseded more than {policy.evidence.days} days ago",
            lambda connection: _evidence(connection, now - policy.evidence, policy.batch),
        ),
        (
            f"notes of mails taken in more than {policy.mails.days} days ago",
            lambda connection: _mails(connection, now - policy.mails),
        ),
        ("expired addresses and messages of the outbox", lambda connection: _outbox(connection, now, policy.batch)),
    )
    said = []
    for what, step in steps:
        removed = _until_none(store, step)
        if removed:
            said.append(f"Removed {what}: {removed}.")
    return said


def _until_none(store: Store, step: Callable[[Connection], int]) -> int:
    removed = 0
    while True:
        with store.begin() as connection:
            now = step(connection)
        removed += now
        if now == 0:
            return removed


def _latencies(connection: Connection, before: datetime, batch: int) -> int:
    row = LatencyHourRow
    keys = (row.source_key, row.hour_at, row.service_key, row.vantage)
    old = select(*keys).where(row.hour_at < before).limit(batch)
    return connection.execute(delete(row).where(tuple_(*keys).in_(old))).rowcount


def _reads(connection: Connection, before: datetime, batch: int) -> int:
    """The newest completed read of each stream stays however old it is: it is what "not known since" says."""
    log = aliased(SourceReadRow)
    later = (
        select(log.id)
        .where(
            log.source_key == SourceReadRow.source_key,
            log.stream == SourceReadRow.stream,
            log.outcome == ReadOutcome.COMPLETED.value,
            log.read_at > SourceReadRow.read_at,
        )
        .exists()
    )
    old = select(SourceReadRow.id).where(SourceReadRow.read_at < before, later).limit(batch)
    return connection.execute(delete(SourceReadRow).where(SourceReadRow.id.in_(old))).rowcount


def _slots(connection: Connection, before: datetime) -> int:
    return connection.execute(delete(LedgerRow).where(LedgerRow.completed_at < before)).rowcount


def _mails(connection: Connection, before: datetime) -> int:
    """Long after the letters that they answer: a mail that came again by then would answer nothing."""
    return connection.execute(delete(ReceivedMailRow).where(ReceivedMailRow.received_at < before)).rowcount


def _evidence(connection: Connection, before: datetime, batch: int) -> int:
    table = FACTS.of(EvidenceFile).table
    old = select(table.c.id).where(table.c.superseded_at < before).limit(batch)
    return connection.execute(delete(table).where(table.c.id.in_(old))).rowcount


def _outbox(connection: Connection, now: datetime, batch: int) -> int:
    filled = or_(OutboxRow.address.is_not(None), OutboxRow.message.is_not(None))
    expired = select(OutboxRow.id).where(and_(OutboxRow.address_expires_on < now.date(), filled)).limit(batch)
    emptied = connection.execute(
        update(OutboxRow).where(OutboxRow.id.in_(expired)).values(address=None, message=None, body_hash=None)
    ).rowcount
    used = select(OutboxRow.id).where(OutboxRow.body_hash == MailBodyRow.content_hash).exists()
    connection.execute(delete(MailBodyRow).where(~used))
    return emptied
