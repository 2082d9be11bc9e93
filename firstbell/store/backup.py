"""Copying the SQLite store while it is in use, and putting a copy back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from firstbell.config.rehearsal import back_to_rehearsal
from firstbell.store.errors import StoreError, store_error
from firstbell.store.schema import check_schema, upgrade
from firstbell.store.session import Store, open_store

POSTGRESQL = "The store {place} is PostgreSQL; back it up with pg_dump and restore it with pg_restore."


def backup(store: Store, path: Path) -> Path:
    """Write a whole, checked copy to `path` while others go on writing; it is there complete or not at all.

    Raises StoreError, also for a store on PostgreSQL, which has its own tools.
    """
    _require_sqlite(store)
    check_schema(store)
    part = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        _copy(store.path, part)
        _require_whole(part)
        part.replace(path)
    except (sqlite3.Error, OSError) as error:
        raise store_error(str(path), error) from error
    finally:
        part.unlink(missing_ok=True)
    return path


def restore(store: Store, path: Path, state: Path) -> None:
    """Replace the store's content by a copy and bring that to this version's layout.

    The copy is checked first; a damaged one leaves all as it was. The state folder goes back to rehearsal before
    anything is replaced: the copy does not know what was mailed after it was made, and would mail it again. Raises
    StoreError, and FirstbellError when the state folder cannot be written.
    """
    _require_sqlite(store)
    if not path.is_file():
        raise StoreError(f"There is no backup at {path}; name a file that `firstbell db backup` wrote.")
    part = store.path.with_name(store.path.name + ".restoring")
    try:
        part.unlink(missing_ok=True)
        _copy(path, part)
        _require_whole(part)
        _upgraded(part)
        store.close()
        back_to_rehearsal(state)
        _copy(part, store.path)
    except (sqlite3.Error, OSError) as error:
        raise store_error(str(path), error) from error
    finally:
        for leftover in (part, part.with_name(part.name + "-wal"), part.with_name(part.name + "-shm")):
            leftover.unlink(missing_ok=True)


def _require_sqlite(store: Store) -> None:
    if not store.is_sqlite:
        raise StoreError(POSTGRESQL.format(place=store.place))


def _copy(source: Path, target: Path) -> None:
    """SQLite's online backup: one consistent moment, in one transaction on the target."""
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing)


def _require_whole(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        said = connection.execute("PRAGMA quick_check").fetchone()[0]
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        named = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'").fetchone()[0]
    if said != "ok" or broken is not None or named != 1:
        raise StoreError(f"The copy {path} is damaged or no Firstbell store; use another one.")


def _upgraded(path: Path) -> None:
    copy = open_store(f"sqlite:///{path}")
    try:
        upgrade(copy)
    finally:
        copy.close()
