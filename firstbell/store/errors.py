"""Turns what a database driver says into one sentence that a person can act on."""

from __future__ import annotations

from firstbell.errors import FirstbellError


class StoreError(FirstbellError):
    """The store could not be read or written. What the failed transaction had written is undone."""


_REMEDIES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("disk is full", "no space left", "disk full", "could not extend file"),
        "has no room left on its disk; free some space and run again",
    ),
    (
        ("readonly", "read-only", "permission denied"),
        "may not be written; give this user the right to write the file and its folder",
    ),
    (
        ("database is locked", "lock timeout", "deadlock"),
        "is in use by another process that does not let go; wait for it or end it, then run again",
    ),
    (
        ("no such table", "undefinedtable", "no such column", "undefinedcolumn", "has no column"),
        "is not of this version's layout; run `firstbell db upgrade`",
    ),
    (
        ("disk i/o error", "i/o error"),
        "could not be written; check that its disk has room and is healthy, then run again",
    ),
    (
        ("malformed", "not a database"),
        "is damaged; restore a backup with `firstbell db restore`",
    ),
    (
        ("unable to open", "does not exist", "nonexistent"),
        "cannot be opened; check the path or the database's name in FIRSTBELL_STATE",
    ),
    (
        ("password", "authentication", "sasl"),
        "refused the login; check the user and the password in the database address",
    ),
    (
        ("connection", "could not connect", "server closed", "terminating"),
        "cannot be reached or dropped the connection; check that its server runs, then run again",
    ),
    (
        ("unique", "foreign key", "not null", "check constraint"),
        "already holds something that contradicts this; another process may have written it, so run again",
    ),
)


def store_error(place: str, error: BaseException) -> StoreError:
    """The sentence for a driver's error at `place`, an address without its password.

    The driver's own text is only searched for known words and never passed on: it may quote a row.
    """
    said = f"{type(error).__name__} {error}".lower()
    for words, remedy in _REMEDIES:
        if any(word in said for word in words):
            return StoreError(f"The store {place} {remedy}.")
    return StoreError(f"The store {place} failed with {type(error).__name__}; run `firstbell db check`.")
