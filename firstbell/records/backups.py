"""Backups: runs, how deep somebody looked into them, restores, and the places that keep them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from firstbell.kpi import Verdict
from firstbell.records._base import Record


class BackupResult(StrEnum):
    OK = "ok"
    OK_WITH_WARNINGS = "ok_with_warnings"
    FAILED = "failed"
    RUNNING = "running"
    DISABLED = "disabled"
    NEVER_RAN = "never_ran"
    UNKNOWN = "unknown"


class VerificationDepth(StrEnum):
    """How deep somebody looked into a backup. Listed is not verified, verified is not restored."""

    LISTED = "listed"
    STRUCTURE = "structure"
    SAMPLE = "sample"
    FULL = "full"
    RESTORED = "restored"

    @property
    def rank(self) -> int:
        """0 for `listed` up to 4 for `restored`."""
        return list(VerificationDepth).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRun(Record):
    """One run of one backup job, or one dump file found in a folder."""

    system_key: str
    job_key: str
    run_key: str
    result: BackupResult
    started_at: datetime | None = None
    ended_at: datetime | None = None
    size_bytes: int | None = None
    bytes_added: int | None = None
    files_count: int | None = None
    files_changed: int | None = None
    detail: str = ""

    @property
    def entity_key(self) -> str:
        return f"{self.system_key}/{self.job_key}/{self.run_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupVerification(Record):
    """Somebody or something looked into a backup: how deep, when, and what came of it."""

    system_key: str
    run_key: str
    depth: VerificationDepth
    verified_at: datetime
    result: Verdict
    detail: str = ""

    VOLATILE: ClassVar[frozenset[str]] = frozenset({"verified_at"})

    @property
    def entity_key(self) -> str:
        return f"{self.system_key}/{self.run_key}/{self.depth}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreTest(Record):
    """A restore that was really made, with how long it took."""

    system_key: str
    test_key: str
    tested_at: datetime
    result: Verdict
    duration_seconds: float | None = None
    method: str = ""

    @property
    def entity_key(self) -> str:
        return f"{self.system_key}/{self.test_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryState(Record):
    """A place that keeps backups. Tri-state facts are None when nothing can tell."""

    repository_key: str
    system_key: str
    seen_at: datetime
    reachable: bool
    free_bytes: int | None = None
    off_site: bool | None = None
    immutable: bool | None = None
    encrypted: bool | None = None
    oldest_kept_at: datetime | None = None
    detail: str = ""

    VOLATILE: ClassVar[frozenset[str]] = frozenset({"seen_at", "free_bytes"})

    @property
    def entity_key(self) -> str:
        return f"{self.system_key}/{self.repository_key}"
