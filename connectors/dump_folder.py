"""Dump files in folders: what most districts' backups really are.

Reads each system's folder: which dumps are there, how old and how large they are, whether one is still being written,
and whether it can be read (gzip, ZIP, SQLite, SQL text; see connectors/_dumps.py for how deep each look goes). The
date in a file's name goes before its modification time, because copying often keeps the source's time.

A folder that is not there, or lacks its sentinel file, is an unmounted share: it is reported as not reachable and
nothing is said about its backups. A reachable folder without a dump is reported as never having run. A damaged dump
is a failed run, not an error. Nothing here proves a restore; restore tests come from attestations.

Least access: list the folders and read the files; write access is neither needed nor used. Limits: a share that hangs
inside the operating system hangs this read; a file that shrank or was replaced is seen only as it is now.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator

from connectors._base import Complete, Connector, FetchRequest, Mode, SourceSettings, Stream, StreamMode, Yielded
from connectors._dump_dates import made_at
from connectors._dumps import Budget, Finding, Format, look_into
from connectors._errors import SettingsError, UnavailableError
from connectors._files import reading, within
from firstbell.kpi import Verdict
from firstbell.records import BackupResult, BackupRun, BackupVerification, RepositoryState, VerificationDepth


class DumpSystem(SourceSettings):
    """One system and the folder its dumps are written to."""

    system: str = Field(min_length=1, pattern=r"^[^/]+$", description="The system's key in systems.yaml.")
    folder: str = Field(min_length=1, description="The folder, within the district folder or absolute.")
    pattern: str = Field("*", min_length=1, description="Which files are dumps, for example sis-*.sql.gz or **/*.zip.")
    job: str = Field("dump", pattern=r"^[^/]+$", description="The job's short name, where a system has several.")
    sentinel: str = Field("", description="A file that must be in the folder; without it the share is not mounted.")
    expected_every_hours: float = Field(24.0, gt=0, description="How often a dump is due; doctor says when it is late.")
    format: Format = Field("auto", description="What the files are; auto goes by name and first bytes.")
    end_marker: str = Field("", description="Text of the last line of a whole SQL dump, where the tool is not known.")
    date_from: Literal["name", "modified"] = Field("name", description="Where a dump's time is taken from first.")
    name_date_format: str = Field("", description="The date in the name, such as %d%m%Y; empty finds 2026-09-01 forms.")
    newest: int = Field(30, ge=1, le=10_000, description="How many of the newest dumps are reported.")
    free_space: bool = Field(True, description="Whether free space is reported; not where a quota makes it wrong.")
    off_site: bool | None = Field(None, description="Whether the folder is at another site; empty means not known.")
    immutable: bool | None = Field(None, description="Whether dumps cannot be changed; empty means not known.")
    encrypted: bool | None = Field(None, description="Whether dumps are encrypted; empty means not known.")

    @field_validator("pattern")
    @classmethod
    def _stays_inside(cls, pattern: str) -> str:
        if pattern.startswith("/") or ".." in pattern.split("/"):
            raise ValueError("must be a pattern of files inside the folder, such as *.sql.gz")
        return pattern

    @field_validator("name_date_format")
    @classmethod
    def _whole_date(cls, date_format: str) -> str:
        parts = re.findall("%(.)", date_format)
        if date_format and (not {"Y", "m", "d"} <= set(parts) <= set("YmdHMS") or len(parts) != len(set(parts))):
            raise ValueError("must hold %Y, %m and %d once each, and may hold %H, %M and %S")
        return date_format


@dataclass(frozen=True, slots=True)
class _Dump:
    """One file as it was found."""

    path: Path
    run_key: str
    size_bytes: int
    modified_ns: int
    made_at: datetime

    @property
    def mark(self) -> list[int]:
        return [self.size_bytes, self.modified_ns]


class DumpFolder(Connector):
    """Dump files by system: runs, looks into them, and the folders themselves."""

    title = "Dump folder"
    docs_url = "https://www.postgresql.org/docs/current/app-pgdump.html"
    streams = (
        Stream("runs", BackupRun, StreamMode.REPLACE),
        Stream("verifications", BackupVerification, StreamMode.UPSERT),
        Stream("repositories", RepositoryState, StreamMode.REPLACE),
    )
    least_privilege = "List the folders and read the files, as a user who cannot write there."
    checked_against = "real gzip, ZIP and SQLite files; SQL texts with the closing lines of pg_dump and mysqldump"

    class Settings(SourceSettings):
        systems: tuple[DumpSystem, ...] = Field(min_length=1, description="The systems and their folders.")
        settle_minutes: float = Field(10.0, ge=0, description="A file written to more recently may still be growing.")
        verify_gigabytes: float = Field(50.0, gt=0, description="How much one night may read to look into dumps.")
        verify_minutes: float = Field(20.0, gt=0, description="How long one night may look into dumps.")

    settings: Settings

    def check(self) -> str:
        away = [one.system for one in self.settings.systems if self._trouble(one)]
        if away:
            trouble = next(self._trouble(one) for one in self.settings.systems if one.system == away[0])
            raise UnavailableError(f"The dumps of {', '.join(away)} cannot be seen: {trouble}; mount the share.")
        late = [one.system for one in self.settings.systems if self._late(one)]
        said = f"no dump that is new enough for {', '.join(late)}" if late else "each has a dump that is new enough"
        return f"{len(self.settings.systems)} dump folders can be read; {said}."

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        self._require_distinct()
        now = self.context.clock()
        until = now + timedelta(minutes=self.settings.verify_minutes)
        budget = Budget(
            int(self.settings.verify_gigabytes * 10**9), min(until, request.deadline or until), self.context.clock
        )
        before = {} if request.mode is Mode.REREAD else dict(request.states.get("runs", {}))
        repositories: list[RepositoryState] = []
        runs: list[Yielded] = []
        ends: list[str] = []
        after: dict[str, Any] = {}
        for system in self.settings.systems:
            trouble = self._trouble(system)
            with reading(f"The folder of {system.system}"):
                dumps = [] if trouble else self._dumps(system)
            repositories.append(self._repository(system, trouble, dumps, now))
            key = f"{system.system}/{system.job}"
            if trouble:
                after |= {key: before[key]} if key in before else {}
                continue
            seen: dict[str, Any] = {}
            runs += self._runs(system, dumps, before.get(key, {}), seen, budget)
            after[key] = seen
            ends.append(f"{key}/")
        yield from repositories
        yield Complete("repositories")
        yield from runs
        yield from (Complete("runs", scope, after) for scope in ends)
        if ends:
            yield Complete("verifications")

    def _runs(
        self, system: DumpSystem, dumps: list[_Dump], before: Mapping[str, Any], seen: dict[str, Any], budget: Budget
    ) -> Iterator[Yielded]:
        """The runs of one folder, newest first, and the looks into what is new; `seen` takes the state."""
        if not dumps:
            yield BackupRun(
                system_key=system.system,
                job_key=system.job,
                run_key="none",
                result=BackupResult.NEVER_RAN,
                detail="the folder is there and holds no dump",
            )
        for at, dump in enumerate(dumps):
            last = before.get(dump.run_key, {})
            unchanged = last.get("mark") == dump.mark
            growing = not unchanged and self._recent(dump)
            finding = _remembered(last) if unchanged and at > 0 else None
            if finding is None and dump.size_bytes and not growing:
                finding = look_into(dump.path, system.format, system.end_marker, budget)
                yield BackupVerification(
                    system_key=system.system,
                    run_key=dump.run_key,
                    depth=finding.depth,
                    verified_at=self.context.clock(),
                    result=finding.result,
                    detail=finding.detail,
                )
            result, detail = _result(dump, growing, finding)
            seen[dump.run_key] = {"mark": dump.mark} | (_noted(finding) if finding else {})
            yield BackupRun(
                system_key=system.system,
                job_key=system.job,
                run_key=dump.run_key,
                result=result,
                ended_at=dump.made_at,
                size_bytes=dump.size_bytes,
                detail=detail,
            )

    def _trouble(self, system: DumpSystem) -> str:
        """Why the folder cannot be seen; empty when it can."""
        folder = within(system.folder, self.context.folder)
        try:
            with os.scandir(folder) as entries:
                next(entries, None)
        except PermissionError:
            return "the folder may not be listed by this user"
        except OSError:
            return "the folder is not there"
        if system.sentinel and not (folder / system.sentinel).exists():
            return "the folder lacks its sentinel file, so the share is not mounted"
        return ""

    def _dumps(self, system: DumpSystem) -> list[_Dump]:
        """The newest dumps, newest first."""
        folder = within(system.folder, self.context.folder)
        found: list[_Dump] = []
        for path in folder.glob(system.pattern):
            name = path.relative_to(folder).as_posix()
            if name == system.sentinel or path.suffix == ".sha256" or path.name == "SHA256SUMS":
                continue
            try:
                status = path.stat()
            except FileNotFoundError:
                continue  # rotated away between listing and looking, or a link to nowhere
            if not stat.S_ISREG(status.st_mode):
                continue
            modified_at = min(datetime.fromtimestamp(status.st_mtime, UTC), self.context.clock())
            made = modified_at
            if system.date_from == "name":
                made = made_at(path.name, system.name_date_format, modified_at, self.context.clock(), self.context.zone)
            found.append(_Dump(path, name, status.st_size, status.st_mtime_ns, made))
        found.sort(key=lambda dump: (dump.made_at, dump.run_key), reverse=True)
        return found[: system.newest]

    def _recent(self, dump: _Dump) -> bool:
        age = self.context.clock().timestamp() - dump.modified_ns / 10**9
        return age < self.settings.settle_minutes * 60

    def _late(self, system: DumpSystem) -> bool:
        due = self.context.clock() - timedelta(hours=system.expected_every_hours)
        return not any(dump.size_bytes and dump.made_at >= due for dump in self._dumps(system))

    def _repository(self, system: DumpSystem, trouble: str, dumps: list[_Dump], now: datetime) -> RepositoryState:
        folder = within(system.folder, self.context.folder)
        return RepositoryState(
            repository_key=f"{system.job}:{folder.name}",
            system_key=system.system,
            seen_at=now,
            reachable=not trouble,
            free_bytes=shutil.disk_usage(folder).free if system.free_space and not trouble else None,
            off_site=system.off_site,
            immutable=system.immutable,
            encrypted=system.encrypted,
            oldest_kept_at=min((dump.made_at for dump in dumps), default=None),
            detail=trouble,
        )

    def _require_distinct(self) -> None:
        keys = [(system.system, system.job) for system in self.settings.systems]
        twice = sorted({system for system, job in keys if keys.count((system, job)) > 1})
        if twice:
            raise SettingsError(f"The system {twice[0]} has two folders of the same job; give each folder its own job.")


def _result(dump: _Dump, growing: bool, finding: Finding | None) -> tuple[BackupResult, str]:
    if not dump.size_bytes and not growing:
        return BackupResult.FAILED, "the file is empty"
    if growing:
        return BackupResult.RUNNING, "the file was written to a moment ago"
    if finding is not None and finding.result is Verdict.FAIL:
        return BackupResult.FAILED, finding.detail
    return BackupResult.OK, ""


def _noted(finding: Finding) -> dict[str, Any]:
    return {"depth": str(finding.depth), "result": str(finding.result), "detail": finding.detail}


def _remembered(last: Mapping[str, Any]) -> Finding | None:
    """The finding of an earlier night about a file that is still the same; what was only listed is tried again."""
    if last.get("depth") in (None, str(VerificationDepth.LISTED)):
        return None
    return Finding(VerificationDepth(last["depth"]), Verdict(last["result"]), last["detail"])
