"""Named locks that die with their process: a PostgreSQL session's advisory lock, a locked file beside SQLite's.

A lock is held by a process that lives, never by a row: after a crash or a pulled plug the next one simply gets it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from firstbell.store.errors import StoreError
from firstbell.store.session import Store, translated


@contextmanager
def process_lock(store: Store, name: str) -> Iterator[bool]:
    """Try to hold the lock `name` for the block, without waiting; yields whether it is held.

    Two holders exclude each other within one process as well. A child made by fork alone shares its parent's lock
    and keeps it until both are gone; one that runs another program does not.
    """
    if store.is_sqlite:
        with _file_lock(store, name) as held:
            yield held
    else:
        with _advisory_lock(store, name) as held:
            yield held


@contextmanager
def _file_lock(store: Store, name: str) -> Iterator[bool]:
    folder = store.path.with_name(store.path.name + ".locks")
    path = folder / hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
    try:
        folder.mkdir(exist_ok=True)
        handle = _locked(path)
    except OSError:
        raise StoreError(f"The folder {folder} cannot be written; give this user the right to.") from None
    if handle is None:
        yield False
        return
    try:
        yield True
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _locked(path: Path) -> int | None:
    """A handle that holds the file's lock, or None where somebody else does."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        # The last holder removes the file: what we locked must still be what stands there.
        try:
            if os.path.samestat(os.fstat(handle), path.stat()):
                return handle
        except FileNotFoundError:
            pass
        os.close(handle)


@contextmanager
def _advisory_lock(store: Store, name: str) -> Iterator[bool]:
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    number = {"number": int.from_bytes(digest, "big", signed=True)}
    with (
        translated(store.place),
        store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
    ):
        held = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:number)"), number))
        try:
            yield held
        finally:
            if held and not connection.invalidated:
                connection.execute(text("SELECT pg_advisory_unlock(:number)"), number)
