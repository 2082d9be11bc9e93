"""Opening the store: one SQLite file by default, PostgreSQL by address."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from firstbell.store.errors import StoreError, store_error

FILE_NAME = "firstbell.db"
BUSY_SECONDS = 30


def default_url(state_folder: Path) -> str:
    """The address of the SQLite file in a state folder."""
    return URL.create("sqlite", database=str(state_folder / FILE_NAME)).render_as_string()


class Store:
    """One district's database.

    `begin` gives a connection inside one transaction that is kept whole or not at all; `read` one that sees a single
    moment and may not write. Whatever the driver says leaves as a StoreError of one sentence.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @property
    def path(self) -> Path:
        """The SQLite file; StoreError on PostgreSQL, which has none."""
        if not self.is_sqlite or self.engine.url.database is None:
            raise StoreError(f"The store {self.place} is not a file; use PostgreSQL's own tools for it.")
        return Path(self.engine.url.database)

    @property
    def place(self) -> str:
        """Where the store is, without a password: for messages."""
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A connection in one writing transaction; an exception undoes all of it."""
        with translated(self.place), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees the store as it stands now, however long the reading takes."""
        options: dict[str, Any] = {"firstbell_read": True}
        if not self.is_sqlite:
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with translated(self.place), self.engine.connect().execution_options(**options) as connection:
            yield connection

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn a driver's errors inside the block into StoreError.

    Theirs do not hang behind it: they quote rows, and a traceback is logged.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise store_error(place, getattr(error, "orig", None) or error) from None
    except (sqlite3.Error, psycopg.Error) as error:
        raise store_error(place, error) from None


def open_store(url: str) -> Store:
    """The store at an address such as sqlite:////var/lib/firstbell/firstbell.db or postgresql://user@host/name.

    Connects on first use. Raises StoreError for an address it cannot serve; makes the folder of a SQLite file.
    """
    try:
        address = make_url(url)
    except ArgumentError:
        raise StoreError("The database address cannot be read; it looks like sqlite:////path/firstbell.db.") from None
    if address.get_backend_name() == "sqlite":
        return Store(_sqlite_engine(address))
    if address.get_backend_name() == "postgresql":
        return Store(_postgresql_engine(address))
    raise StoreError("The database address must begin with sqlite: or postgresql:.")


def _sqlite_engine(address: URL) -> Engine:
    if address.database in (None, "", ":memory:"):
        raise StoreError("The database address must name a file: sqlite:////path/firstbell.db.")
    try:
        Path(str(address.database)).parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        raise StoreError(f"The folder of {address.database} cannot be made; make it or choose another one.") from None
    engine = create_engine(address, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(raw: sqlite3.Connection, _record: object) -> None:
    # The module's own transaction handling starts one too late for a consistent read; _begin_sqlite does it instead.
    raw.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "cache_size=-32000"):
        raw.execute(f"PRAGMA {pragma}").close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once, so that it waits for another one here and never fails halfway.
    reading = connection.get_execution_options().get("firstbell_read", False)
    connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reading else 'OFF'}")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _postgresql_engine(address: URL) -> Engine:
    return create_engine(
        address.set(drivername="postgresql+psycopg"),
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"options": f"-c timezone=UTC -c lock_timeout={BUSY_SECONDS}s", "connect_timeout": 10},
    )
