"""Looking into dump files: how deep each format allows, within a budget of bytes and time.

A readable archive (gzip to its last checksum, every member of a ZIP, a SQL text with its closing line) is called
`structure`: it is whole, but nobody knows what it holds. SQLite's integrity_check reads every page of the database
and is called `full`. What could not be looked into stays `listed`. Nothing here is a restore. A file that is whole and
holds nothing is a failed dump: a tool that dies at once still leaves a readable archive.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

from firstbell.clock import Clock
from firstbell.kpi import Verdict
from firstbell.records import VerificationDepth

Format = Literal["auto", "gzip", "zip", "sqlite", "sql", "other"]

_CHUNK = 1 << 20
_TAIL = 4096
_SQLITE_MAGIC = b"SQLite format 3\x00"
_TOOL_MARKS = {
    b"PostgreSQL database cluster dump": b"PostgreSQL database cluster dump complete",
    b"PostgreSQL database dump": b"PostgreSQL database dump complete",
    b"MySQL dump": b"-- Dump completed",
    b"MariaDB dump": b"-- Dump completed",
    b"BEGIN TRANSACTION;": b"COMMIT;",
}
"""How dump tools open their text, and the line with which they close it."""


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class BudgetError(Exception):
    """The bytes or the time that verifying may take are used up."""


@dataclass(slots=True)
class Budget:
    """What verifying may still take in one read."""

    bytes_left: int
    until: datetime
    clock: Clock

    def spend(self, count: int) -> None:
        """Take note of bytes that were read; BudgetError when there is nothing left."""
        self.bytes_left -= count
        self.require()

    def require(self) -> None:
        if self.bytes_left < 0 or self.clock() >= self.until:
            raise BudgetError


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of looking into a file."""

    depth: VerificationDepth
    result: Verdict
    detail: str = ""


_LISTED = VerificationDepth.LISTED
_STRUCTURE = VerificationDepth.STRUCTURE
_FULL = VerificationDepth.FULL
_HOLDS_NOTHING = "it can be read and holds nothing"


def look_into(path: Path, wanted: Format, end_marker: str, budget: Budget) -> Finding:
    """The deepest finding about one file; a damaged file is a finding, never an exception.

    The digest in a `NAME.sha256` or SHA256SUMS beside the file is compared too; it proves that the copy is whole.
    """
    try:
        with path.open("rb") as handle:
            start = handle.read(len(_SQLITE_MAGIC))
        budget.require()
        if not start:
            return Finding(_STRUCTURE, Verdict.FAIL, _HOLDS_NOTHING)
        kind = _format(path, start) if wanted == "auto" else wanted
        return _with_digest(path, kind, _CHECKS[kind](path, end_marker, budget), budget)
    except BudgetError:
        return Finding(_LISTED, Verdict.UNKNOWN, "not looked into: the limit for one night is used up")
    except PermissionError:
        return Finding(_LISTED, Verdict.UNKNOWN, "not looked into: it may not be read by this user")
    except OSError:
        return Finding(_LISTED, Verdict.UNKNOWN, "not looked into: reading it failed")


def _format(path: Path, start: bytes) -> Format:
    """By the name's ending, and where that says nothing by the first bytes."""
    name = path.name.casefold()
    endings: dict[Format, tuple[str, ...]] = {
        "gzip": (".gz", ".tgz"),
        "zip": (".zip",),
        "sqlite": (".sqlite", ".sqlite3"),
        "sql": (".sql",),
    }
    for kind, ends in endings.items():
        if name.endswith(ends):
            return kind
    magics: dict[bytes, Format] = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", _SQLITE_MAGIC: "sqlite"}
    return next((kind for magic, kind in magics.items() if start.startswith(magic)), "other")


def _gzip(path: Path, end_marker: str, budget: Budget) -> Finding:
    try:
        with gzip.open(path, "rb") as handle:
            ends = _ends(handle, budget)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return Finding(_STRUCTURE, Verdict.FAIL, "the gzip stream is cut off or damaged")
    if not any(ends):
        return Finding(_STRUCTURE, Verdict.FAIL, _HOLDS_NOTHING)
    if end_marker or path.name.casefold().endswith(".sql.gz"):
        return _judge_text(*ends, end_marker, "readable to its checksum")
    return Finding(_STRUCTURE, Verdict.OK, "readable to its checksum")


def _zip(path: Path, end_marker: str, budget: Budget) -> Finding:  # noqa: ARG001 - one signature for all formats
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if any(member.flag_bits & 1 for member in members):
                return Finding(_LISTED, Verdict.UNKNOWN, "the ZIP is locked with a password")
            filled = False
            for member in members:
                with archive.open(member) as handle:
                    filled |= any(_ends(handle, budget))
    except NotImplementedError:
        return Finding(_LISTED, Verdict.UNKNOWN, "the ZIP is packed in a way that cannot be read here")
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError):
        return Finding(_STRUCTURE, Verdict.FAIL, "the ZIP is cut off or damaged")
    if not filled:
        return Finding(_STRUCTURE, Verdict.FAIL, _HOLDS_NOTHING)
    return Finding(_STRUCTURE, Verdict.OK, f"{len(members)} members readable to their checksums")


def _sqlite(path: Path, end_marker: str, budget: Budget) -> Finding:  # noqa: ARG001 - one signature for all formats
    """Opened read-only and as immutable, so that not even a lock file is written beside the backup."""
    log = path.with_name(f"{path.name}-wal")
    if log.is_file() and log.stat().st_size:
        return Finding(_LISTED, Verdict.UNKNOWN, "a write-ahead log lies beside it: it was copied while in use")
    budget.spend(path.stat().st_size)
    stopped = False

    def stop() -> int:
        nonlocal stopped
        stopped = budget.clock() >= budget.until
        return int(stopped)

    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            connection.set_progress_handler(stop, 100_000)
            answer = connection.execute("PRAGMA integrity_check(1)").fetchone()
            filled = connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
    except sqlite3.DatabaseError:
        if stopped:
            raise BudgetError from None
        return Finding(_FULL, Verdict.FAIL, "not a whole SQLite database")
    if answer != ("ok",):
        return Finding(_FULL, Verdict.FAIL, "the SQLite integrity check found damage")
    if filled is None:
        return Finding(_FULL, Verdict.FAIL, _HOLDS_NOTHING)
    return Finding(_FULL, Verdict.OK, "the SQLite integrity check found no damage")


def _sql(path: Path, end_marker: str, budget: Budget) -> Finding:
    budget.spend(2 * _TAIL)
    with path.open("rb") as handle:
        first = handle.read(_TAIL)
        handle.seek(max(0, path.stat().st_size - _TAIL))
        last = handle.read(_TAIL)
    return _judge_text(first, last, end_marker, "text")


def _other(path: Path, end_marker: str, budget: Budget) -> Finding:  # noqa: ARG001 - one signature for all formats
    return Finding(_LISTED, Verdict.UNKNOWN, "a format that cannot be looked into here")


_CHECKS: dict[Format, Callable[[Path, str, Budget], Finding]] = {
    "gzip": _gzip,
    "zip": _zip,
    "sqlite": _sqlite,
    "sql": _sql,
    "other": _other,
}


def _judge_text(first: bytes, last: bytes, end_marker: str, what: str) -> Finding:
    """Whether a SQL text ends as its tool ends one. A text whose tool is not known proves nothing."""
    tools = (mark for opening, mark in _TOOL_MARKS.items() if opening in first)
    wanted = end_marker.encode() if end_marker else next(tools, None)
    if wanted is None:
        return Finding(_LISTED, Verdict.UNKNOWN, f"{what}, but its tool is not known; set end_marker")
    if wanted not in last:
        return Finding(_STRUCTURE, Verdict.FAIL, f"{what}, but the dump's closing line is missing")
    return Finding(_STRUCTURE, Verdict.OK, f"{what}, with the dump's closing line")


def _ends(handle: Readable, budget: Budget) -> tuple[bytes, bytes]:
    """Read a stream to its end and keep its first and last few kilobytes."""
    first = last = b""
    for chunk in _chunks(handle, budget):
        first = first or chunk[:_TAIL]
        last = (last + chunk)[-_TAIL:]
    return first, last


def _chunks(handle: Readable, budget: Budget) -> Iterator[bytes]:
    while chunk := handle.read(_CHUNK):
        budget.spend(len(chunk))
        yield chunk


def _with_digest(path: Path, kind: Format, finding: Finding, budget: Budget) -> Finding:
    """The finding after the digest: it lifts a format that nobody can read, not a text that no known tool wrote."""
    wanted = _listed_digest(path)
    if not wanted or finding.result is Verdict.FAIL:
        return finding
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        for chunk in _chunks(handle, budget):
            digest.update(chunk)
    if digest.hexdigest() != wanted:
        return Finding(_STRUCTURE, Verdict.FAIL, "its SHA-256 differs from the one written beside it")
    detail = f"{finding.detail}; its SHA-256 is the one written beside it"
    if finding.depth is _LISTED and kind not in ("gzip", "sql"):
        return Finding(_STRUCTURE, Verdict.OK, detail)
    return Finding(finding.depth, finding.result, detail)


def _listed_digest(path: Path) -> str:
    """The digest that stands in NAME.sha256 or, by the file's name, in SHA256SUMS; empty where none does."""
    beside = path.with_name(f"{path.name}.sha256")
    sums = path.with_name("SHA256SUMS")
    source = beside if beside.is_file() else sums
    if not source.is_file() or source.stat().st_size > _CHUNK:
        return ""
    for line in source.read_text("utf-8", errors="replace").splitlines():
        match = re.match(r"([0-9a-fA-F]{64})(?:\s+\*?(.+))?$", line.strip())
        if match and (source is beside or match[2] == path.name):
            return match[1].lower()
    return ""
