"""Taking over run-length history that was recorded elsewhere, behind what the store already knows of a service."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from firstbell.records import ObservationInterval
from firstbell.store.errors import StoreError
from firstbell.store.models import IntervalRow
from firstbell.store.save import serialise


def save_intervals(
    connection: Connection,
    source_key: str,
    intervals: Iterable[ObservationInterval],
    recorded_at: datetime | None = None,
) -> int:
    """Keep intervals as they are; returns how many. The newest of each service and vantage becomes the one that grows.

    `recorded_at` None means that each was known from its own first look on, as if we had watched. Raises StoreError
    where an interval ends before it begins, where intervals of a service overlap, or where one begins before the end
    of what is stored of it: history is appended, never woven in.
    """
    serialise(connection, source_key)
    places: dict[tuple[str, str], list[ObservationInterval]] = defaultdict(list)
    for one in intervals:
        places[one.vantage, one.service_key].append(one)
    rows = []
    for (vantage, service), told in places.items():
        if any(one.last_at < one.first_at for one in told):
            raise StoreError(f"The history of {service} has an interval that ends before it begins; correct its times.")
        told.sort(key=lambda one: one.first_at)
        known = _close_tail(connection, source_key, vantage, service)
        ends = [known, *(one.last_at for one in told)]
        if any(one.first_at <= end for end, one in zip(ends, told, strict=False) if end is not None):
            raise StoreError(f"The history of {service} overlaps with itself or with what is stored; cut it there.")
        rows += [_row(source_key, one, recorded_at or one.first_at, is_tail=one is told[-1]) for one in told]
    if rows:
        connection.execute(insert(IntervalRow), rows)
    return len(rows)


def _close_tail(connection: Connection, source_key: str, vantage: str, service: str) -> datetime | None:
    """The end of what is stored of a service, whose newest interval grows no more; None when nothing is."""
    here = (IntervalRow.source_key == source_key, IntervalRow.vantage == vantage, IntervalRow.service_key == service)
    known = connection.scalar(select(func.max(IntervalRow.last_at)).where(*here))
    connection.execute(update(IntervalRow).where(*here, IntervalRow.is_tail).values(is_tail=False))
    return known


def _row(source_key: str, one: ObservationInterval, recorded_at: datetime, *, is_tail: bool) -> dict[str, object]:
    return {
        "source_key": source_key,
        "vantage": one.vantage,
        "service_key": one.service_key,
        "state": one.state.value,
        "reason": one.reason,
        "first_at": one.first_at,
        "last_at": one.last_at,
        "count": one.count,
        "expected_interval_seconds": one.expected_interval_seconds,
        "recorded_at": recorded_at,
        "is_tail": is_tail,
    }
