"""A folder with a good, an empty and a damaged dump."""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from firstbell.kpi import Verdict
from firstbell.records import (
    BackupResult,
    BackupRun,
    BackupVerification,
    Record,
    RepositoryState,
    VerificationDepth,
)
from tests.contract.suite import Case as AnyCase
from tests.contract.suite import Situation

DUMP = b"-- MySQL dump 10.13\nINSERT INTO pupil VALUES ('Jane Pupil');\n-- Dump completed on 2026-11-19  2:00:00\n"


def packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


FILES = {
    "sis-2026-11-19-0200.sql.gz": packed(DUMP),
    "sis-2026-11-18-0200.sql.gz": packed(DUMP * 50)[:-20],
    "sis-2026-11-17-0200.sql.gz": b"",
}
NEW = "sis-2026-11-19-2200.sql.gz"
MARKED = "readable to its checksum, with the dump's closing line"
CUT = "the gzip stream is cut off or damaged"


def local(name: str) -> datetime:
    """The time in a file's name."""
    return datetime.strptime(name[4:19], "%Y-%m-%d-%H%M").replace(tzinfo=ZoneInfo("America/Chicago"))


def run(name: str, size: int, result: BackupResult, detail: str = "") -> BackupRun:
    return BackupRun(
        system_key="sis",
        job_key="dump",
        run_key=name,
        result=result,
        ended_at=local(name),
        size_bytes=size,
        detail=detail,
    )


def look(name: str, result: Verdict, detail: str) -> BackupVerification:
    return BackupVerification(
        system_key="sis",
        run_key=name,
        depth=VerificationDepth.STRUCTURE,
        verified_at=AnyCase.now,
        result=result,
        detail=detail,
    )


def share(oldest_kept_at: datetime | None) -> RepositoryState:
    return RepositoryState(
        repository_key="dump:dumps",
        system_key="sis",
        seen_at=AnyCase.now,
        reachable=True,
        off_site=False,
        oldest_kept_at=oldest_kept_at,
    )


class Case(AnyCase):
    kind = "dump_folder"
    situations = frozenset({Situation.EMPTY, Situation.CHANGED})
    private = ("Jane Pupil",)

    def serve(self, situation: Situation) -> None:
        folder = self.folder / "dumps"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / ".mounted").touch()
        files = {} if situation is Situation.EMPTY else FILES
        for name, content in (files | ({NEW: packed(DUMP)} if situation is Situation.CHANGED else {})).items():
            at = local(name).timestamp() + 1800
            (folder / name).write_bytes(content)
            os.utime(folder / name, (at, at))

    def settings(self) -> Mapping[str, Any]:
        system = {"system": "sis", "folder": "dumps", "pattern": "*.gz", "sentinel": ".mounted", "off_site": False}
        return {"systems": [system | {"free_space": False}]}

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            never = BackupRun(
                system_key="sis",
                job_key="dump",
                run_key="none",
                result=BackupResult.NEVER_RAN,
                detail="the folder is there and holds no dump",
            )
            return (never, share(None))
        good, cut, empty = FILES
        records = (
            share(local(empty)),
            run(good, len(FILES[good]), BackupResult.OK),
            look(good, Verdict.OK, MARKED),
            run(cut, len(FILES[cut]), BackupResult.FAILED, CUT),
            look(cut, Verdict.FAIL, CUT),
            run(empty, 0, BackupResult.FAILED, "the file is empty"),
        )
        if situation is Situation.CHANGED:
            return (*records, run(NEW, len(packed(DUMP)), BackupResult.OK), look(NEW, Verdict.OK, MARKED))
        return records
