"""Tables in text files: whatever encoding and delimiter an export came with, its columns found by their headings.

Row numbers are those of a spreadsheet: the headings are row 1. How the text itself is read stands in _text.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator

from connectors._base import SourceContext, SourceSettings
from connectors._cells import Reading
from connectors._errors import SettingsError
from connectors._files import SourceFile
from connectors._rows import Row
from connectors._text import CELL_CHARACTERS, DELIMITERS, encoding_of, first_line, records_of, sniffed

_INVISIBLE = re.compile("[\ufeff\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class TableSettings(SourceSettings):
    """How the text of the table is to be understood; the defaults fit most exports."""

    encoding: Literal["auto", "utf-8", "utf-16", "cp1252"] = Field("auto", description="The file's encoding.")
    delimiter: Literal["auto", "comma", "semicolon", "tab", "pipe"] = Field(
        "auto", description="What stands between cells; auto looks at the headings."
    )
    decimal: Literal[".", ","] = Field(".", description="The decimal mark; the other one may group thousands.")
    date_formats: tuple[str, ...] = Field(
        (), description="Formats of dates besides ISO, such as %m/%d/%Y or %m/%d/%Y %H:%M, tried in this order."
    )
    zone: str = Field("", description="Zone of times without an offset; empty means the district's.")

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        if zone and zone not in available_timezones():
            raise ValueError("is not the name of a time zone, such as America/Chicago")
        return zone

    def reading(self, context: SourceContext) -> Reading:
        """The rules for this file's cells."""
        return Reading(ZoneInfo(self.zone) if self.zone else context.zone, self.decimal, self.date_formats)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The headings by which a column may be called, and whether the table is useless without it."""

    headings: tuple[str, ...]
    must: bool


def wanted(text: str, must: bool) -> Wanted:
    """Headings parted by | as a column to look for; no heading at all means that the column is not wanted."""
    headings = tuple(heading.strip() for heading in text.split("|") if heading.strip())
    return Wanted(headings, must and bool(headings))


class Columns(SourceSettings):
    """Base of a kind's `columns`: each field is one of our columns, its text the heading in the file.

    Several headings are parted by |, and the first that is there counts. Case, spaces, _ and - do not matter.
    A column that the district names must be there; of the defaults only those in `REQUIRED`.
    """

    REQUIRED: ClassVar[frozenset[str]] = frozenset()

    def wanted(self) -> dict[str, Wanted]:
        """What to look for in the file's headings."""
        named = self.model_fields_set | self.REQUIRED
        return {column: wanted(str(getattr(self, column)), column in named) for column in type(self).model_fields}


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was opened: its encoding and delimiter are known, its columns found."""

    file: SourceFile
    encoding: str
    delimiter: str
    headings: tuple[str, ...]
    places: dict[str, int]
    reading: Reading

    @property
    def name(self) -> str:
        return self.file.name

    def rows(self) -> Iterator[Row]:
        """Every row that holds anything, from the first; then makes sure that nobody wrote to the file meanwhile."""
        headings = {column: self.headings[at] for column, at in self.places.items()}
        records = records_of(self.file, self.encoding, self.delimiter)
        for number, record in enumerate(records, start=1):
            if number == 1 or not any(cell.strip() for cell in record):
                continue
            trouble = self._trouble(record)
            cells = {} if trouble else {column: tidy(record[at]) for column, at in self.places.items()}
            yield Row(f"row {number}", cells, headings, self.reading, trouble)
        self.file.require_unchanged()

    def _trouble(self, record: list[str]) -> str:
        if len(record) == len(self.headings) and all(len(cell) <= CELL_CHARACTERS for cell in record):
            return ""
        for at, cell in enumerate(record):
            if len(cell) > CELL_CHARACTERS:
                return f'column "{_column_name(self.headings, at)}" holds more than {CELL_CHARACTERS:,} characters'
        return f"has {len(record)} cells where the headings have {len(self.headings)}"

    def described(self) -> str:
        """For doctor: how the file was understood."""
        names = {sign: name for name, sign in DELIMITERS.items()}
        return f"{self.name}, {self.encoding}, {names[self.delimiter]} between cells"


def open_table(
    file: SourceFile, settings: TableSettings, context: SourceContext, columns: Mapping[str, Wanted]
) -> Table:
    """Find out how a file is written and where its columns are.

    Raises BadReplyError when it is no text table at all, and one SettingsError naming every column that is missing.
    """
    encoding = encoding_of(file, settings.encoding)
    first = first_line(file, encoding)
    delimiter = sniffed(first) if settings.delimiter == "auto" else DELIMITERS[settings.delimiter]
    headings = tuple(_shown(cell) for cell in next(records_of(file, encoding, delimiter), []))
    return Table(file, encoding, delimiter, headings, _places(file.name, headings, columns), settings.reading(context))


def open_headings(file: SourceFile, settings: TableSettings) -> tuple[str, ...]:
    """Only the headings, for telling editions of a format apart."""
    encoding = encoding_of(file, settings.encoding)
    return tuple(_shown(cell) for cell in next(records_of(file, encoding, sniffed(first_line(file, encoding))), []))


def tidy(text: str) -> str:
    """A cell's text without invisible marks around it and on one line."""
    return " ".join(_INVISIBLE.sub("", text).split())


def plain(heading: str) -> str:
    """A heading as it is compared: no case, no spaces, no _ or -."""
    return re.sub(r"[\s_\-]+", "", _INVISIBLE.sub("", unicodedata.normalize("NFKC", heading))).casefold()


def _shown(heading: str) -> str:
    return tidy(heading)[:60]


def _places(name: str, headings: tuple[str, ...], columns: Mapping[str, Wanted]) -> dict[str, int]:
    """Where each of our columns stands."""
    known: dict[str, int] = {}
    for at, heading in enumerate(headings):
        known.setdefault(plain(heading), at)
    places: dict[str, int] = {}
    missing: list[str] = []
    for column, sought in columns.items():
        found = next((known[plain(heading)] for heading in sought.headings if plain(heading) in known), None)
        if found is not None:
            places[column] = found
        elif sought.must:
            missing.append(f'{column} ("{sought.headings[0]}")')
    if missing:
        raise SettingsError(_missing(name, missing, headings if places else ()))
    return places


def _missing(name: str, missing: list[str], headings: tuple[str, ...]) -> str:
    """The file's own headings are quoted only when one of them is known: else the first row may be data."""
    text = f"{name} has no column for {', '.join(missing)}"
    if not headings:
        return f"{text}; its first row holds no heading we know, so name its headings under `columns`."
    there, left = "", len(headings)
    for heading in headings:
        if len(text) + len(there) + len(heading) > 320:
            break
        there, left = f'{there}, "{heading}"' if there else f'"{heading}"', left - 1
    more = f" and {left} more" if left else ""
    return f"{text}; it has {there}{more}: name the right ones under `columns`."


def _column_name(headings: tuple[str, ...], at: int) -> str:
    return headings[at] if at < len(headings) else str(at + 1)
