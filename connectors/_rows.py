"""Rows with a place, and the collecting of what is wrong with them: shared by tables and by lists in YAML.

A file with an unreadable row yields nothing at all: `proven` reads it through once before the first record goes out,
so that nothing half-read is ever taken for the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from connectors._cells import BLANK, CellError, Reading
from connectors._errors import BadReplyError
from firstbell.records import Record

T = TypeVar("T")
R = TypeVar("R", bound=Record)

_SENTENCE = 380


class RowError(Exception):
    """Something unreadable: where, in which column, and what is wrong with it. Never what stands there."""

    def __init__(self, place: str, column: str, what: str) -> None:
        super().__init__(f'{place} column "{column}" {what}' if column else f"{place} {what}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its place as a person finds it ("row 4"), its cells by our column names, and the file's headings."""

    place: str
    cells: Mapping[str, str]
    headings: Mapping[str, str]
    reading: Reading
    trouble: str = ""
    """Set when the row as a whole cannot be read, for example with a cell too many."""

    def text(self, column: str) -> str:
        """The cell's text, trimmed and on one line; empty when the cell or the column is not there."""
        return self.cells.get(column, "")

    def need_text(self, column: str) -> str:
        """The cell's text; RowError when it is empty."""
        text = self.text(column)
        if not text:
            raise self.fault(column, "is empty")
        return text

    def read(self, column: str, parse: Callable[[str, Reading], T]) -> T | None:
        """The cell as `parse` reads it; None where it is blank; RowError where it cannot be read."""
        text = self.text(column)
        if text.casefold() in BLANK:
            return None
        try:
            return parse(text, self.reading)
        except CellError as error:
            what = str(error)
        raise self.fault(column, what)

    def need(self, column: str, parse: Callable[[str, Reading], T]) -> T:
        """As `read`, with a fault where the cell is blank."""
        found = self.read(column, parse)
        if found is None:
            raise self.fault(column, "is empty")
        return found

    def fault(self, column: str, what: str) -> RowError:
        return RowError(self.place, self.headings.get(column, column), what)


class Rows(Protocol):
    """Something that can be gone through more than once, row by row."""

    @property
    def name(self) -> str: ...

    def rows(self) -> Iterator[Row]: ...


def parsed(source: Rows, parse: Callable[[Row], Iterable[T]]) -> Iterator[T]:
    """Everything that `parse` makes of the rows, in one pass.

    Raises BadReplyError at the end, naming the first unreadable rows; the caller must not pass anything on before.
    """
    faults: list[RowError] = []
    count = 0
    for row in source.rows():
        try:
            if row.trouble:
                raise RowError(row.place, "", row.trouble)
            yield from parse(row)
        except RowError as fault:
            count += 1
            if count <= 20:
                faults.append(fault)
    if faults:
        raise BadReplyError(_sentence(source.name, faults, count))


def proven(
    source: Rows, parse: Callable[[Row], Iterable[R]], seen: set[int] | None = None
) -> Callable[[], Iterator[R]]:
    """Read the source through once, and return the function that reads it again to yield its records.

    A record that repeats another's key is a fault of its row. `seen` carries the keys on to the next file.
    """
    keys = set() if seen is None else seen

    def once(row: Row) -> Iterable[R]:
        for record in parse(row):
            key = hash((type(record).__name__, record.entity_key))
            if key in keys:
                raise RowError(row.place, "", "repeats an earlier row")
            keys.add(key)
            yield record

    for _ in parsed(source, once):
        pass
    return lambda: parsed(source, parse)


def _sentence(name: str, faults: list[RowError], count: int) -> str:
    listed, shown = "", 0
    for fault in faults:
        longer = f"{listed}; {fault}" if listed else str(fault)
        if shown and len(name) + len(longer) > _SENTENCE - 90:
            break
        listed, shown = longer, shown + 1
    more = f" and {count - shown} more" if count > shown else ""
    return f"{name}: {listed}{more}; correct the file, nothing of it was read."
