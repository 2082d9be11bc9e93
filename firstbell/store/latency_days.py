"""Latencies of days that are over, added up from their hours; and a period's histogram, service by service.

Days are kept for ever, hours end (retention.py). What no day covers is read from its hours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from firstbell.histogram import Histogram
from firstbell.intervals import Window, Windows, difference, local_day, local_moment, union
from firstbell.records import ServiceObservation
from firstbell.store.batches import batched, fetch_rows, moment_of, run_many, stamper
from firstbell.store.save import serialise
from firstbell.store.session import Store
from firstbell.store.types import json_text

HOUR = timedelta(hours=1)
HANDED_OVER_WITHIN = timedelta(days=14)
"""How long after a day of silence its looks may still come, from a place that was cut off, to be added up as a day."""

Place = tuple[Window, str, str]
"""A day, a service and a vantage."""

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_AT_ONCE = 500
"""Moments in one statement; both engines take many more."""
_SERVICES_AT_ONCE = 50

_UPSERT = """
INSERT INTO latency_day (source_key, start_at, service_key, vantage, end_at, buckets, count, total_seconds)
VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source_key, start_at, service_key, vantage) DO UPDATE SET
buckets = excluded.buckets, count = excluded.count, total_seconds = excluded.total_seconds
"""
_SOURCES = "SELECT DISTINCT source_key FROM observation_interval WHERE is_tail"


def add_up_days(store: Store, zone: ZoneInfo, now: datetime) -> int:
    """Add up every local day that is over and not added up yet; returns how many. Killed, it has done fewer."""
    today = local_moment(now.astimezone(zone).date(), time(), zone)
    with store.read() as connection:
        sources = [source for (source,) in fetch_rows(connection, _SOURCES, ())]
    done = 0
    for source in sources:
        with store.read() as connection:
            newest = _day_before(connection, source, today)
            hour = _next_hour(connection, source, _LONG_AGO if newest is None else newest.end - HANDED_OVER_WITHIN)
        while hour is not None and hour < today:
            day = local_day(hour.astimezone(zone).date(), zone)
            with store.begin() as connection:
                done += _add_up(connection, source, day)
                hour = _next_hour(connection, source, day.end)
    return done


def add_late(
    connection: Connection, source_key: str, looks: Sequence[ServiceObservation], hours: Sequence[datetime]
) -> None:
    """Add looks of days that were added up already to those days; `hours` are the starts of their hours."""
    days = {hour: day for hour in set(hours) if (day := _day_of(connection, source_key, hour)) is not None}
    if not days:
        return
    touched: dict[Place, Histogram] = {}
    for look, hour in zip(looks, hours, strict=True):
        if hour in days:
            key = (days[hour], look.service_key, look.vantage)
            if key not in touched:
                touched[key] = _stored(connection, source_key, *key)
            touched[key].add(look.total_seconds or 0.0)
    _write(connection, source_key, touched)


class StoredLatencies:
    """The histogram of a service's answered looks over a window, from every vantage.

    Of a service that several sources look at, ours count (`preferred`), else the source with most looks. Hours count
    that begin within the window; a day counts whole, so a window of local days is read by days. Services are read some
    at a time in the order of `keys`, which is the order to ask for them in.
    """

    def __init__(self, connection: Connection, window: Window, *, preferred: str, keys: Sequence[str] = ()) -> None:
        self._connection = connection
        self._preferred = preferred
        sources = sorted(source for (source,) in fetch_rows(connection, _SOURCES, ()))
        self._questions = [_Question(connection, source, window) for source in sources]
        self._keys = keys
        self._places = {key: place for place, key in enumerate(keys)}
        self._read: dict[str, dict[str, Histogram]] = {}

    def __call__(self, service_key: str) -> Mapping[str, int]:
        """The counts by bucket; empty where no look was answered."""
        if service_key not in self._read:
            place = self._places.get(service_key)
            wanted = [service_key] if place is None else self._keys[place : place + _SERVICES_AT_ONCE]
            self._read = {key: {} for key in wanted}
            for one in self._questions:
                for key, histogram in one.ask(self._connection, wanted).items():
                    self._read[key][one.source] = histogram
        found = self._read[service_key]
        ours = found.get(self._preferred)
        if ours is not None:
            return ours.buckets
        return max(found.values(), key=lambda one: one.count, default=Histogram()).buckets


class _Question:
    """What is asked of one source for services: the days that the window holds whole, and hours for the rest."""

    def __init__(self, connection: Connection, source: str, window: Window) -> None:
        stamp = stamper(connection)
        self.source = source
        rows = fetch_rows(
            connection,
            "SELECT DISTINCT start_at, end_at FROM latency_day WHERE source_key = ? AND start_at >= ? AND start_at < ?",
            (source, stamp(window.start), stamp(window.end)),
        )
        days = [Window(moment_of(start), moment_of(end)) for start, end in rows]
        whole = [day.start for day in days if day.end <= window.end]
        hours = _hours_in(difference(union([window]), union(day for day in days if day.end <= window.end)))
        self._parts = [
            (table, column, [stamp(moment) for moment in part])
            for table, column, moments in (("latency_day", "start_at", whole), ("latency_hour", "hour_at", hours))
            for part in batched(moments, _AT_ONCE)
        ]

    def ask(self, connection: Connection, keys: Sequence[str]) -> dict[str, Histogram]:
        """The histograms of services as this source saw them; those without an answered look are absent."""
        rows = [
            row
            for table, column, moments in self._parts
            for row in fetch_rows(
                connection, _wanted(table, column, len(moments), len(keys)), (self.source, *moments, *keys)
            )
        ]
        # Read as one text: a month of a district is tens of thousands of these.
        read: list[dict[str, int]] = json.loads(f"[{','.join(row[1] for row in rows)}]")
        found: dict[str, Histogram] = {}
        for buckets, (key, _, count, total) in zip(read, rows, strict=True):
            found.setdefault(key, Histogram()).merge(buckets, count, total)
        return found


def _wanted(table: str, column: str, moments: int, keys: int) -> str:
    """Asks for rows of services by their very beginnings, so that the index leads to each."""
    return (
        f"SELECT service_key, buckets, count, total_seconds FROM {table} "  # noqa: S608 - names of ours
        f"WHERE source_key = ? AND {column} IN ({', '.join('?' * moments)}) "
        f"AND service_key IN ({', '.join('?' * keys)})"
    )


def _hours_in(windows: Windows) -> list[datetime]:
    """The starts of all hours that begin within windows."""
    found = []
    for window in windows:
        hour = window.start.replace(minute=0, second=0, microsecond=0)
        hour += HOUR if hour < window.start else timedelta()
        while hour < window.end:
            found.append(hour)
            hour += HOUR
    return found


def _add_up(connection: Connection, source_key: str, day: Window) -> bool:
    """Write a day from its hours, unless it is there; whether it was written."""
    serialise(connection, source_key)
    if _day_of(connection, source_key, day.start) is not None:
        return False
    stamp = stamper(connection)
    rows = fetch_rows(
        connection,
        "SELECT service_key, vantage, buckets, count, total_seconds FROM latency_hour "
        "WHERE source_key = ? AND hour_at >= ? AND hour_at < ?",
        (source_key, stamp(day.start), stamp(day.end)),
    )
    touched: dict[Place, Histogram] = {}
    for service, vantage, buckets, count, total in rows:
        touched.setdefault((day, service, vantage), Histogram()).merge(json.loads(buckets), count, total)
    _write(connection, source_key, touched)
    return bool(touched)


def _next_hour(connection: Connection, source_key: str, moment: datetime) -> datetime | None:
    """The first hour from a moment on of which anything is stored."""
    statement = "SELECT min(hour_at) FROM latency_hour WHERE source_key = ? AND hour_at >= ?"
    ((hour,),) = fetch_rows(connection, statement, (source_key, stamper(connection)(moment)))
    return None if hour is None else moment_of(hour)


def _day_before(connection: Connection, source_key: str, moment: datetime) -> Window | None:
    """The last day that was added up and begins at a moment or before it."""
    statement = (
        "SELECT start_at, end_at FROM latency_day WHERE source_key = ? AND start_at <= ? ORDER BY start_at DESC LIMIT 1"
    )
    rows = fetch_rows(connection, statement, (source_key, stamper(connection)(moment)))
    return Window(moment_of(rows[0][0]), moment_of(rows[0][1])) if rows else None


def _day_of(connection: Connection, source_key: str, moment: datetime) -> Window | None:
    """The day that was added up and holds a moment."""
    day = _day_before(connection, source_key, moment)
    return day if day is not None and moment in day else None


def _stored(connection: Connection, source_key: str, day: Window, service: str, vantage: str) -> Histogram:
    statement = (
        "SELECT buckets, count, total_seconds FROM latency_day "
        "WHERE source_key = ? AND start_at = ? AND service_key = ? AND vantage = ?"
    )
    found = Histogram()
    places = (source_key, stamper(connection)(day.start), service, vantage)
    for buckets, count, total in fetch_rows(connection, statement, places):
        found.merge(json.loads(buckets), count, total)
    return found


def _write(connection: Connection, source_key: str, touched: Mapping[Place, Histogram]) -> None:
    stamp = stamper(connection)
    rows = []
    for (day, service, vantage), one in touched.items():
        begins, ends = stamp(day.start), stamp(day.end)
        content = json_text(one.buckets)
        rows.append((source_key, begins, service, vantage, ends, content, one.count, one.total_seconds))
    run_many(connection, _UPSERT, rows)
