"""Tables in text files: whatever encoding and delimiter an export came with, its columns found by their headings.

A byte order mark decides the encoding; without one it is UTF-8 when every byte is valid UTF-8, UTF-16 when every
second byte of the start is zero, and else Windows-1252. Memory stays flat however long the file is. Row numbers are
those of a spreadsheet: the headings are row 1.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, field_validator

from connectors._base import SourceContext, SourceSettings
from connectors._cells import Reading
from connectors._errors import BadReplyError, SettingsError
from connectors._files import MAXIMUM_BYTES, SourceFile, reading
from connectors._rows import Row

CELL_CHARACTERS = 100_000
RECORD_CHARACTERS = 1_000_000
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
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
        records = _records(self.file, self.encoding, self.delimiter)
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
        names = {sign: name for name, sign in _DELIMITERS.items()}
        return f"{self.name}, {self.encoding}, {names[self.delimiter]} between cells"


def open_table(
    file: SourceFile, settings: TableSettings, context: SourceContext, columns: Mapping[str, Wanted]
) -> Table:
    """Find out how a file is written and where its columns are.

    Raises BadReplyError when it is no text table at all, and one SettingsError naming every column that is missing.
    """
    encoding = _encoding(file, settings.encoding)
    first = _first_line(file, encoding)
    delimiter = _sniffed(first) if settings.delimiter == "auto" else _DELIMITERS[settings.delimiter]
    headings = tuple(_shown(cell) for cell in next(_records(file, encoding, delimiter), []))
    return Table(file, encoding, delimiter, headings, _places(file.name, headings, columns), settings.reading(context))


def open_headings(file: SourceFile, settings: TableSettings) -> tuple[str, ...]:
    """Only the headings, for telling editions of a format apart."""
    encoding = _encoding(file, settings.encoding)
    return tuple(_shown(cell) for cell in next(_records(file, encoding, _sniffed(_first_line(file, encoding))), []))


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


def _encoding(file: SourceFile, wanted: str) -> str:
    """The file's encoding, after one pass over its bytes that also refuses what is not text."""
    with reading(file.name), file.open() as handle:
        start = handle.read(4096)
        _refuse_other_formats(file.name, start)
        marked = next((name for mark, name in _BOMS.items() if start.startswith(mark)), "")
        if marked:
            return marked
        if wanted == "utf-16" or (wanted == "auto" and _looks_utf16(start)):
            return "utf-16-le" if start[1:2] == b"\0" else "utf-16-be"
        if re.search(rb"[\x00-\x08\x0e-\x19\x1b-\x1f]", start):
            raise BadReplyError(f"{file.name} is not a text file; export the table as CSV.")
        decoder = codecs.getincrementaldecoder("utf-8")()
        valid, size, chunk = True, 0, start
        while chunk:
            size += len(chunk)
            if b"\0" in chunk:
                raise BadReplyError(f"{file.name} holds NUL bytes, so it is not a clean text export; export it again.")
            if size > MAXIMUM_BYTES:
                raise BadReplyError(f"{file.name} is larger than {MAXIMUM_BYTES // 10**9} GB; export a shorter period.")
            valid = valid and _decodes(decoder, chunk)
            chunk = handle.read(1 << 20)
    if wanted != "auto":
        return wanted
    return "utf-8" if valid and _decodes(decoder, b"", final=True) else "cp1252"


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _looks_utf16(start: bytes) -> bool:
    return len(start) >= 4 and (set(start[1:64:2]) == {0} or set(start[0:64:2]) == {0})


def _refuse_other_formats(name: str, start: bytes) -> None:
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise BadReplyError(f"{name} is an Excel workbook or ZIP, not a text table; save it as CSV.")
    if re.match(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|head|body)", start[:200], re.IGNORECASE):
        raise BadReplyError(
            f"{name} is a web page, not a table; the link may not be published or a login is asked for."
        )


def _first_line(file: SourceFile, encoding: str) -> str:
    with reading(file.name), file.open() as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
        return text.readline(RECORD_CHARACTERS)


def _sniffed(line: str) -> str:
    """The delimiter that stands most often in the first line outside quotes; the comma when none does."""
    bare = re.sub(r'"[^"]*"', "", line)
    return max(_DELIMITERS.values(), key=bare.count)


def _records(file: SourceFile, encoding: str, delimiter: str) -> Iterator[list[str]]:
    """The records of the file, headings first. Raises BadReplyError naming the row that breaks off or never ends."""
    number = 1
    with reading(file.name), file.open() as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
        lines = _Lines(text)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            lines.start()
            try:
                record = next(reader, None)
                trouble = ""
            except csv.Error:
                trouble = lines.trouble(delimiter)
            if trouble:
                raise BadReplyError(f"{file.name}: row {number} {trouble}; correct the export, nothing of it was read.")
            if record is None:
                return
            yield record
            number += 1


class _Lines:
    """The lines of a text, remembering those of the present record and refusing a record without end."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self._kept: list[str] = []
        self._size = 0

    def start(self) -> None:
        """A new record begins with the next line."""
        self._kept.clear()
        self._size = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._text.readline(RECORD_CHARACTERS)
        if not line:
            raise StopIteration
        self._kept.append(line)
        self._size += len(line)
        if self._size >= RECORD_CHARACTERS:
            raise csv.Error
        return line

    def trouble(self, delimiter: str) -> str:
        """What is wrong with the record that csv gave up on, with the number of the column where it is known."""
        column, length, quoted = 1, 0, False
        for character in "".join(self._kept):
            length += 1
            if character == '"':
                quoted = not quoted
            elif character == delimiter and not quoted:
                column, length = column + 1, 0
            if length > CELL_CHARACTERS:
                return f"column {column} holds more than {CELL_CHARACTERS:,} characters"
        return f"column {column} has a quote that is not closed, so the file may be cut off"


def _column_name(headings: tuple[str, ...], at: int) -> str:
    return headings[at] if at < len(headings) else str(at + 1)
