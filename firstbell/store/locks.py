"""Named locks that die with their process: a PostgreSQL session's advisory lock, a locked file beside SQLite's.

A lock is held by a process that lives, never by a row: after a crash or a pulled plug the next one simply gets it.
"""

from __future__ import annotations

import errno
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


def clear_left_locks(store: Store, kind: str) -> None:
    """Remove the files that dead holders of locks named `kind` and a line break left beside the SQLite file.

    Only for locks whose name nobody else asks for: one that is asked for in this very moment would seem to be held.
    """
    if not store.is_sqlite:
        return
    for path in _folder(store).glob(f"{kind}-*"):
        try:
            handle = _locked(path)
        except OSError as error:
            raise _not_written(path.parent, error) from None
        if handle is not None:
            path.unlink(missing_ok=True)
            os.close(handle)


def _folder(store: Store) -> Path:
    return store.path.with_name(store.path.name + ".locks")


def _file_of(folder: Path, name: str) -> Path:
    kind, _, _ = name.partition("\n")
    return folder / f"{kind}-{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}"


@contextmanager
def _file_lock(store: Store, name: str) -> Iterator[bool]:
    folder = _folder(store)
    path = _file_of(folder, name)
    try:
        folder.mkdir(exist_ok=True)
        handle = _locked(path)
    except OSError as error:
        raise _not_written(folder, error) from None
    if handle is None:
        yield False
        return
    try:
        yield True
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _not_written(folder: Path, error: OSError) -> StoreError:
    """What to do about a lock's file that cannot be made.

    >>> str(_not_written(Path("/state"), OSError(errno.ENOSPC, "No space left on device")))
    'The folder /state has no room left on its disk; free some space and run again.'
    """
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StoreError(f"The folder {folder} has no room left on its disk; free some space and run again.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StoreError(f"The folder {folder} cannot be written; give this user the right to.")
    return StoreError(f"The folder {folder} cannot be written ({error.strerror}); check its disk and run again.")


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
