"""A year of 2,000 services, looked at every minute: what the store keeps of it, and what the report of a month costs.

The intervals are generated, with the ups and downs of real services: each has a failed look now and then and an outage
a month, one in fifty flaps for hours, a switch takes the fifty services behind it down with it, and the poller restarts
every week. That is what a year of a billion looks leaves in the store. `python bench/year.py`
"""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sqlalchemy import Connection, text  # noqa: E402
from store import stores  # noqa: E402 - found beside this file

from firstbell.calendar import SchoolCalendar, SchoolYear  # noqa: E402
from firstbell.histogram import Histogram  # noqa: E402
from firstbell.intervals import Window, local_day  # noqa: E402
from firstbell.metrics.uptime_report import service_results  # noqa: E402
from firstbell.metrics.uptime_result import ServiceResult  # noqa: E402
from firstbell.metrics.uptime_services import GroupRule, ServiceGroup, WatchedService, in_order  # noqa: E402
from firstbell.periods import Period, PeriodKind, period_of  # noqa: E402
from firstbell.policies import SlaPolicy  # noqa: E402
from firstbell.store.batches import fetch_rows, insert_rows, stamper  # noqa: E402
from firstbell.store.latency_days import StoredLatencies  # noqa: E402
from firstbell.store.models import metadata  # noqa: E402
from firstbell.store.service_looks import StoredLooks  # noqa: E402
from firstbell.store.session import Store  # noqa: E402
from firstbell.store.types import json_text  # noqa: E402

SERVICES, BEHIND = 2_000, 50
"""How many services, and how many of them hang on one switch."""
MINUTES = 365 * 1440
BEGIN = datetime(2025, 11, 1, tzinfo=UTC)
AS_OF = BEGIN + timedelta(minutes=MINUTES)
POLICY = SlaPolicy(name="district", target_ratio=0.999)
CALENDAR = SchoolCalendar(
    zone=ZoneInfo("America/Chicago"),
    years=(
        SchoolYear(name="2025-26", first_on=date(2025, 8, 18), last_on=date(2026, 5, 29)),
        SchoolYear(name="2026-27", first_on=date(2026, 8, 17), last_on=date(2027, 5, 28)),
    ),
)
COLUMNS = (
    *("source_key", "vantage", "service_key", "state", "reason", "first_at", "last_at", "count"),
    *("expected_interval_seconds", "recorded_at", "is_tail"),
)
LATENCIES = ("source_key", "start_at", "service_key", "vantage", "end_at", "buckets", "count", "total_seconds")
REPEATS = 3

Run = tuple[str, str, int, int]
"""A state, its reason, and the first and last minute that were looked at."""


def run() -> Iterator[dict[str, Any]]:
    """One line for each engine and for what was measured: seconds of CPU and by the clock, megabytes."""
    month = period_of(PeriodKind.MONTH, date(2026, 10, 1), CALENDAR)
    year = Period(kind=PeriodKind.SCHOOL_YEAR, name="365 days", window=Window(BEGIN, AS_OF))
    assert month is not None
    for engine, store in stores():
        rows = filled(store)
        looks = megabytes(store)
        yield {"engine": engine, "what": "looks of a year", "rows": rows, "megabytes": looks}
        rows = with_latencies(store)
        yield {"engine": engine, "what": "latencies of a year", "rows": rows, "megabytes": megabytes(store) - looks}
        for period, name, repeats in ((month, "report of a month", REPEATS), (year, "report of the year", 1)):
            for who, asked in (
                ("", report),
                (" with its days", report_with_days),
                (", the driver alone reading the rows", rows_alone),
            ):
                cpu, wall = min(timed(store, period, asked) for _ in range(repeats))
                yield {"engine": engine, "what": f"{name}{who}", "cpu_seconds": cpu, "seconds": wall}
        for services in (SERVICES // 10, SERVICES):
            peak, kept = memory(store, month, services)
            yield {"engine": engine, "what": f"memory, {services:,} services", "peak": peak, "kept": kept}


def filled(store: Store) -> int:
    """Put the year in; returns how many intervals it is."""
    kept = 0
    switches = [outages_of(Random(f"switch {number}"), 1) for number in range(SERVICES // BEHIND)]
    with store.begin() as connection:
        stamp = stamper(connection)
        table = metadata.tables["observation_interval"]
        moment = [stamp(BEGIN + timedelta(minutes=minute)) for minute in range(MINUTES)]
        for number in range(SERVICES):
            rows = [row_of(number, one, moment) for one in year_of(number, switches[number // BEHIND])]
            insert_rows(connection, table, COLUMNS, rows)
            kept += len(rows)
    return kept


def row_of(number: int, one: Run, moment: list[Any]) -> tuple[Any, ...]:
    """An interval as the driver takes it."""
    state, reason, first, last = one
    looks, is_tail = last - first + 1, last == MINUTES - 1
    began, ended = moment[first], moment[last]
    return "probes", "here", key(number), state, reason, began, ended, looks, 60, began, is_tail


def with_latencies(store: Store) -> int:
    """Put in what days of latencies come to: one histogram for each service and day. Returns how many."""
    first = datetime(2025, 11, 1, tzinfo=CALENDAR.zone).date()
    kept = 0
    with store.begin() as connection:
        stamp = stamper(connection)
        table = metadata.tables["latency_day"]
        for day in (local_day(first + timedelta(days=number), CALENDAR.zone) for number in range(365)):
            begins, ends = stamp(day.start), stamp(day.end)
            rows = [
                ("probes", begins, key(number), "here", ends, json_text(answers(number)), 1430, 71.5)
                for number in range(SERVICES)
            ]
            insert_rows(connection, table, LATENCIES, rows)
            kept += len(rows)
    return kept


@lru_cache(SERVICES)
def answers(number: int) -> dict[str, int]:
    """A day's histogram: most answers near a service's own time, a tail of slow ones."""
    chance = Random(f"latency {number}")
    found = Histogram()
    usual = chance.uniform(-4, -1)
    for _ in range(1430):
        found.add(chance.lognormvariate(usual, 0.35))
    return found.buckets


def year_of(number: int, behind: list[tuple[int, int]]) -> Iterator[Run]:
    """A service's runs of equal looks. The first of fifty is the switch that the others hang on."""
    chance = Random(number)
    down = list(behind)
    if number % BEHIND:
        down += outages_of(chance, 12)
        down += [(minute, minute + 1) for minute in (chance.randrange(MINUTES) for _ in range(36))]
    if number % BEHIND == 1:
        for start in (chance.randrange(MINUTES) for _ in range(24)):
            down += [(start + 7 * turn, start + 7 * turn + 3) for turn in range(40)]
    minute = 0
    for begins, ends in sorted(down):
        start, end = max(begins, minute), min(ends, MINUTES)
        if start < end:
            yield from looked("up", "", minute, start)
            yield from looked("down", chance.choice(("timeout", "status")), start, end)
            minute = end
    yield from looked("up", "", minute, MINUTES)


def outages_of(chance: Random, count: int) -> list[tuple[int, int]]:
    """So many outages, most of some minutes, some of hours."""
    starts = (chance.randrange(MINUTES) for _ in range(count))
    return [(start, start + 2 + int(chance.lognormvariate(2.5, 1.2))) for start in starts]


def looked(state: str, reason: str, start: int, end: int) -> Iterator[Run]:
    """The runs from one minute to another, without those in which the poller restarts."""
    while start < end:
        week, minute = divmod(start, 7 * 1440)
        if minute < 10:
            start = min(end, week * 7 * 1440 + 10)
            continue
        stop = min(end, (week + 1) * 7 * 1440)
        yield state, reason, start, stop - 1
        start = stop


def key(number: int) -> str:
    return f"service-{number:04}"


def report(
    connection: Connection, period: Period, services: int = SERVICES, *, with_days: bool = False
) -> tuple[ServiceResult, ...]:
    """The results of all services and of the pairs that some of them form."""
    looks = StoredLooks(connection, "probes", window=period.elapsed(AS_OF), known_at=AS_OF)
    watched = [
        WatchedService(
            service_key=key(number),
            policy=POLICY,
            since=looks.since.get(key(number)),
            depends_on=(key(number // BEHIND * BEHIND),) if number % BEHIND else (),
            agreed_hours="school",
            students=400,
        )
        for number in range(services)
    ]
    groups = [
        ServiceGroup(group_key=f"pair-{at}", rule=GroupRule.ALL_DOWN, members=(key(at + 2), key(at + 3)), policy=POLICY)
        for at in range(0, services, BEHIND)
    ]
    keys = [one.service_key for one, _ in in_order(watched)]
    return service_results(
        watched,
        groups,
        looks,
        period,
        as_of=AS_OF,
        calendar=CALENDAR,
        latencies=lambda over: StoredLatencies(connection, over, preferred="probes", keys=keys),
        with_days=with_days,
    )


def report_with_days(connection: Connection, period: Period) -> tuple[ServiceResult, ...]:
    """The same with the days of each, as the page in the Prefect UI has them."""
    return report(connection, period, with_days=True)


def rows_alone(connection: Connection, period: Period) -> int:
    """The same rows as the driver hands them out, for scale: nothing is made of them."""
    stamp = stamper(connection)
    between = (stamp(period.window.start), stamp(period.window.end))
    looks = fetch_rows(
        connection,
        "SELECT service_key, state, reason, first_at, last_at, count, expected_interval_seconds "
        "FROM observation_interval WHERE first_at >= ? AND first_at < ? ORDER BY service_key, first_at",
        between,
    )
    days = fetch_rows(
        connection,
        "SELECT service_key, buckets, count FROM latency_day WHERE source_key = 'probes' AND start_at >= ? "
        "AND start_at < ? ORDER BY service_key",
        between,
    )
    return len(looks) + len(days)


def timed(store: Store, period: Period, asked: Callable[[Connection, Period], object]) -> tuple[float, float]:
    """CPU seconds of this process, and seconds by the clock."""
    with store.read() as connection:
        wall, cpu = perf_counter(), process_time()
        asked(connection, period)
        return process_time() - cpu, perf_counter() - wall


def memory(store: Store, period: Period, services: int) -> tuple[float, float]:
    """Megabytes of Python's at the highest point, and of the results that stay."""
    with store.read() as connection:
        tracemalloc.start()
        results = report(connection, period, services)
        now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(results) > services
        return peak / 1e6, now / 1e6


def megabytes(store: Store) -> float:
    """What the database takes on disk."""
    if store.is_sqlite:
        return store.path.stat().st_size / 1e6
    with store.read() as connection:
        return float(connection.scalar(text("SELECT pg_database_size(current_database())")) or 0) / 1e6


if __name__ == "__main__":
    for line in run():
        print(line, flush=True)
