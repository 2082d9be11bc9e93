"""How long looks took, kept as histograms of hours; once a day is over they are added up to one for the day.

A month of a service is then thirty rows to read instead of seven hundred. Adding histograms is exact, so that a late
look is simply added to its hour and to its day.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from firstbell.histogram import Histogram
from firstbell.records import ServiceObservation, ServiceState
from firstbell.store.batches import fetch_rows, placed, run_many, stamper
from firstbell.store.latency_days import add_late
from firstbell.store.types import json_text

ANSWERED = (ServiceState.UP, ServiceState.DEGRADED)
HOUR = timedelta(hours=1)

Key = tuple[datetime, str, str]
"""An hour's start, a service and a vantage."""


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
            histogram = touched[key] = known.get(key) or Histogram()
        histogram.add(look.total_seconds or 0.0)
    stamp = stamper(connection)
    stamps = {hour: stamp(hour) for hour in set(hours)}
    add_late(connection, source_key, answered, hours)
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
    whole = Histogram()
    places = (source_key, stamp(start), stamp(end), service_key)
    for buckets, count, total in connection.exec_driver_sql(statement, places):
        whole.merge(json.loads(buckets), count, total)
    return whole
