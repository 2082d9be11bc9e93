"""What is wrong with a district folder: every fault of every file at once, each with its place and its remedy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from firstbell.errors import FirstbellError


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing to mend. `line` counts from 1 and is 0 where the file itself is the trouble.

    `sentence` says what is wrong and what would be right, and never quotes a value that may be a secret.
    """

    file: str
    line: int
    field: str
    sentence: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.field}: {self.sentence}" if self.field else f"{place}: {self.sentence}"


class ConfigError(FirstbellError):
    """The district folder cannot be used. `faults` holds all that is wrong, in the order of the files."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = _one_a_place(faults)
        super().__init__("\n".join(map(str, self.faults)))


def _one_a_place(faults: Iterable[Fault]) -> tuple[Fault, ...]:
    """The first fault told of each place: what follows from it is noise."""
    first: dict[tuple[str, int, str], Fault] = {}
    for fault in faults:
        first.setdefault((fault.file, fault.line, fault.field), fault)
    return tuple(first.values())
