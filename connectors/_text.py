"""The text of a table: its encoding, its delimiter, and its records one by one.

A byte order mark decides the encoding; without one it is UTF-8 when every byte is valid UTF-8, UTF-16 when every
second byte of the start is zero, and else Windows-1252. Memory stays flat however long the file is.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from connectors._errors import BadReplyError
from connectors._files import MAXIMUM_BYTES, SourceFile, reading

CELL_CHARACTERS = 100_000
RECORD_CHARACTERS = 1_000_000
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
_BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def encoding_of(file: SourceFile, wanted: str) -> str:
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


def first_line(file: SourceFile, encoding: str) -> str:
    with reading(file.name), file.open() as raw, io.TextIOWrapper(raw, encoding, newline="") as text:
        return text.readline(RECORD_CHARACTERS)


def sniffed(line: str) -> str:
    """The delimiter that stands most often in the first line outside quotes; the comma when none does."""
    bare = re.sub(r'"[^"]*"', "", line)
    return max(DELIMITERS.values(), key=bare.count)


def records_of(file: SourceFile, encoding: str, delimiter: str) -> Iterator[list[str]]:
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
