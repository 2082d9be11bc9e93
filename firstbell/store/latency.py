"""How long looks took, kept as hourly histograms on a logarithmic scale.

A bucket's number is how many quarter doublings its lower bound lies above one millisecond, so every value is known
to within a fifth, from 1 ms to hours, in a handful of counts an hour. All that took less is in bucket 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import log2, sqrt

from sqlalchemy import Connection

from firstbell.records import ServiceObservation, ServiceState
from firstbell.store.batches import fetch_rows, placed, run_many, stamper
from firstbell.store.types import json_text

SMALLEST_SECONDS = 0.001
BUCKETS_PER_DOUBLING = 4
ANSWERED = (ServiceState.UP, ServiceState.DEGRADED)
HOUR = timedelta(hours=1)

Key = tuple[datetime, str, str]
"""An hour's start, a service and a vantage."""


@dataclass(slots=True)
class Histogram:
    """Counts by bucket, how many there are and their sum in seconds."""

    buckets: dict[str, int]
    count: int
    total_seconds: float

    def add(self, seconds: float) -> None:
        """Count one look."""
        bucket = str(bucket_of(seconds))
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        self.count += 1
        self.total_seconds += seconds


def bucket_of(seconds: float) -> int:
    """The bucket that a duration falls into.

    >>> bucket_of(0.0005), bucket_of(0.001), bucket_of(0.0021), bucket_of(1.0)
    (0, 0, 4, 39)
    """
    return 0 if seconds <= SMALLEST_SECONDS else int(log2(seconds / SMALLEST_SECONDS) * BUCKETS_PER_DOUBLING)


def lower_bound_seconds(bucket: int) -> float:
    """Where a bucket begins."""
    return float(SMALLEST_SECONDS * 2 ** (bucket / BUCKETS_PER_DOUBLING))


def quantile_seconds(buckets: Mapping[str, int], share: float) -> float | None:
    """The duration that `share` of the looks stayed under, as the middle of its bucket; None when there are none.

    >>> quantile_seconds({"0": 9, "39": 1}, 0.5) < 0.002 < quantile_seconds({"0": 9, "39": 1}, 0.95)
    True
    """
    left = share * sum(buckets.values())
    ordered = sorted((int(bucket), count) for bucket, count in buckets.items())
    for bucket, count in ordered:
        left -= count
        if left <= 0:
            return sqrt(lower_bound_seconds(bucket) * lower_bound_seconds(bucket + 1))
    return None


def save_latencies(connection: Connection, source_key: str, looks: Iterable[ServiceObservation]) -> None:
    """Add the total time of each look that got an answer to its hour."""
    answered = [look for look in looks if look.total_seconds is not None and look.state in ANSWERED]
    hours = _hours(answered)
    known = _known(connection, source_key, set(hours))
    touched: dict[Key, Histogram] = {}
    for look, hour in zip(answered, hours, strict=True):
        key = (hour, look.service_key, look.vantage)
        histogram = touched.get(key)
        if histogram is None:
            histogram = touched[key] = known.get(key) or Histogram({}, 0, 0.0)
        histogram.add(look.total_seconds or 0.0)
    stamp = stamper(connection)
    stamps = {hour: stamp(hour) for hour in set(hours)}
    run_many(
        connection,
        "INSERT INTO latency_hour (source_key, hour_at, service_key, vantage, buckets, count, total_seconds) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source_key, hour_at, service_key, vantage) DO UPDATE SET "
        "buckets = excluded.buckets, count = excluded.count, total_seconds = excluded.total_seconds",
        [
            (source_key, stamps[hour], service, vantage, json_text(one.buckets), one.count, one.total_seconds)
            for (hour, service, vantage), one in touched.items()
        ],
    )


def _hours(looks: Iterable[ServiceObservation]) -> list[datetime]:
    """The start of each look's hour; looks of one round mostly share theirs."""
    found: list[datetime] = []
    start = end = datetime.min.replace(tzinfo=UTC)
    for look in looks:
        if not start <= look.observed_at < end:
            start = look.observed_at.replace(minute=0, second=0, microsecond=0)
            end = start + HOUR
        found.append(start)
    return found


def _known(connection: Connection, source_key: str, hours: Iterable[datetime]) -> dict[Key, Histogram]:
    statement = (
        "SELECT service_key, vantage, buckets, count, total_seconds FROM latency_hour "
        "WHERE source_key = ? AND hour_at = ?"
    )
    stamp = stamper(connection)
    found: dict[Key, Histogram] = {}
    for hour in hours:
        rows = fetch_rows(connection, statement, (source_key, stamp(hour)))
        for service, vantage, buckets, count, total in rows:
            found[hour, service, vantage] = Histogram(json.loads(buckets), count, total)
    return found


def latency_histogram(
    connection: Connection, source_key: str, service_key: str, start: datetime, end: datetime
) -> Histogram:
    """All looks at a service in the hours that begin within [start, end), from every vantage, as one histogram."""
    statement = placed(
        connection,
        "SELECT buckets, count, total_seconds FROM latency_hour "
        "WHERE source_key = ? AND hour_at >= ? AND hour_at < ? AND service_key = ?",
    )
    stamp = stamper(connection)
    whole = Histogram({}, 0, 0.0)
    places = (source_key, stamp(start), stamp(end), service_key)
    for buckets, count, total in connection.exec_driver_sql(statement, places):
        for bucket, seen in json.loads(buckets).items():
            whole.buckets[bucket] = whole.buckets.get(bucket, 0) + seen
        whole.count += count
        whole.total_seconds += total
    return whole
