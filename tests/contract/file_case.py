"""A source in a file for the contract: a real file in a folder, whole or broken in every way a file can be."""

from __future__ import annotations

import os
import shutil
from abc import abstractmethod
from datetime import UTC, datetime
from typing import ClassVar

from tests.contract.suite import Case, Situation

MODIFIED_AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)

TABLE = frozenset(
    {
        Situation.EMPTY,
        Situation.CHANGED,
        Situation.TRUNCATED,
        Situation.GARBLED,
        Situation.HTML,
        Situation.HUGE,
        Situation.WRONG_SHAPE,
        Situation.MISSING_FIELD,
        Situation.BAD_VALUE,
        Situation.GONE,
        Situation.DROPPED,
    }
)
"""The ways in which a table in a file can stand."""


class FileCase(Case):
    """A kind that reads one table. Faults strike in the last row."""

    file: ClassVar[str] = "exports/table.csv"
    situations: ClassVar[frozenset[Situation]] = TABLE
    private: ClassVar[tuple[str, ...]] = ("Jane Pupil", "rotten-cell")
    good_cell: ClassVar[str]
    """A cell of the last row; BAD_VALUE and HUGE put theirs in its place."""
    missing_heading: ClassVar[str]

    @abstractmethod
    def text(self, situation: Situation) -> str:
        """The whole table of WHOLE, EMPTY, CHANGED and UNKNOWN_ENUM."""

    def serve(self, situation: Situation) -> None:
        shutil.rmtree(self.folder / "exports", ignore_errors=True)
        if situation is Situation.DROPPED:
            return
        self.write(self.file, self.content(situation).encode())
        if situation is Situation.GARBLED:
            self.write(self.file, bytes(range(256)) * 20)
        if situation is Situation.GONE:
            (self.folder / self.file).unlink()

    def content(self, situation: Situation) -> str:
        whole = self.text(Situation.WHOLE)
        head, _, tail = whole.rpartition(self.good_cell)
        broken = {
            Situation.TRUNCATED: whole.rstrip()[: whole.rstrip().rindex(",")],
            Situation.HTML: "<!DOCTYPE html><html><body>Sign in</body></html>",
            Situation.HUGE: f"{head}{'x' * 10_000_000}{tail}",
            Situation.WRONG_SHAPE: "alpha,beta\nJane Pupil,2\n",
            Situation.MISSING_FIELD: whole.replace(self.missing_heading, "Elsewhere", 1),
            Situation.BAD_VALUE: f"{head}rotten-cell{tail}",
        }
        return broken[situation] if situation in broken else self.text(situation)

    def write(self, name: str, content: bytes, at: datetime = MODIFIED_AT) -> None:
        """A file below the district folder, as it was written at a time."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (at.timestamp(), at.timestamp()))
