"""Anything countable from a table: tool use, devices, training, coaching hours, budget, milestones.

Each mapping reads one file, either long (a row says which measure it is, or the whole file is one measure) or wide (a
row per school and period, a column per measure). Each complete read is the whole truth of this source: a corrected
file retires the rows that it no longer holds, and rows of other sources stay as they are.

Least access: read the files or links. Limits: figures must be counts or amounts; a percentage is only taken where its
denominator stands beside it, and becomes a count. A period is a pair of dates (both inclusive), a month, a school year,
or the one day of a row. A row that does not say when it was true (`as_of`) was so when the file was written, and at its
period's end at the latest: a file that is exported anew each night makes no old figure young.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field

from connectors._base import Complete, Connector, Doubtful, FetchRequest, SourceSettings, Stream, StreamMode, Yielded
from connectors._cells import CellError, Reading, day, moment, month, number, percentage, whole
from connectors._errors import SettingsError
from connectors._files import LOCATION, find
from connectors._rows import Row, parsed, proven
from connectors._table import Columns, Table, TableSettings, Wanted, open_table, wanted
from firstbell.intervals import local_day
from firstbell.records import Measurement


class MeasureColumns(Columns):
    """The headings of a file of measures."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"numerator"})

    measure: str = Field("Measure|Metric|Indicator", description="Which measure a row is about.")
    school: str = Field("School|Scope|Building|Site", description="Which school; district or empty means all.")
    period_start: str = Field("Period Start|Start|From|Week Of", description="First day of the period.")
    period_end: str = Field("Period End|End|To", description="Last day of the period, inclusive.")
    month: str = Field("Month", description="The period, as 2026-09.")
    school_year: str = Field("School Year|Year", description="The period, as 2026-27.")
    on: str = Field("Date|Day|On", description="The period, as one day.")
    numerator: str = Field("Numerator|Count|Value|Amount|Number", description="The count or amount.")
    denominator: str = Field("Denominator|Of|Total|Out Of|Planned", description="What it is a part of.")
    people: str = Field("People|Group Size", description="How many people stand behind the figure.")
    as_of: str = Field("As Of|Updated|Exported", description="When the row was true.")


class WideColumn(SourceSettings):
    """One column of a wide table."""

    measure: str = Field(min_length=1, description="The measure's key, for example use.active_teachers.")
    heading: str = Field(min_length=1, description="Heading of the column with the count.")
    denominator: str = Field("", description="Heading of the column with what it is a part of.")
    people: str = Field("", description="Heading of the column with the number of people behind it.")


class MeasureFile(TableSettings):
    """One file and how its columns become measures."""

    file: str = Field(description=LOCATION)
    columns: MeasureColumns = Field(MeasureColumns(), description="Headings that differ from the usual ones.")
    measure: str = Field("", description="The measure of every row, where the file has no column for it.")
    measures: dict[str, str] = Field({}, description="The file's own names of measures, mapped to measure keys.")
    wide: tuple[WideColumn, ...] = Field((), description="The measures of a wide table, a column each.")
    schools: dict[str, str] = Field({}, description="The file's own school names, mapped to our school keys.")
    school_year_starts: str = Field(
        "07-01", pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d)$", description="Month and day a school year starts."
    )


_DISTRICT = frozenset({"", "district", "all", "total", "all schools"})


class MeasuresCsv(Connector):
    """Countable facts by scope and period."""

    title = "Measures (CSV)"
    docs_url = "https://www.rfc-editor.org/rfc/rfc4180"
    streams = (Stream("measures", Measurement, StreamMode.REPLACE),)
    least_privilege = "Read access to the files; give counts by school, never rows about single people."
    checked_against = "files written for the tests, long and wide; no vendor's own export"

    class Settings(SourceSettings):
        files: tuple[MeasureFile, ...] = Field(min_length=1, description="The files, each with its mapping.")

    settings: Settings

    def check(self) -> str:
        with ExitStack() as stack:
            readers = [self._open(mapping, stack) for mapping in self.settings.files]
            count = impossible = 0
            for table, reader in readers:
                for figure in parsed(table, reader.measurements):
                    count += 1
                    impossible += not _is_possible(figure)
            told = f"{count:,} figures can be read from {', '.join(table.described() for table, _ in readers)}."
        if not impossible:
            return told
        return Doubtful(
            f"{told} Of these {impossible:,} count more than there are or fewer than none; shares of a whole made of "
            "them stay unknown, so correct the file unless they are sums of scores or money spent."
        )

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:  # noqa: ARG002 - the files are always read anew
        seen: set[int] = set()
        with ExitStack() as stack:
            readers = [self._open(mapping, stack) for mapping in self.settings.files]
            for records in [proven(table, reader.measurements, seen) for table, reader in readers]:
                yield from records()
        yield Complete("measures")

    def _open(self, mapping: MeasureFile, stack: ExitStack) -> tuple[Table, _Reader]:
        file = stack.enter_context(find(mapping.file, self.context))
        table = open_table(file, mapping, self.context, _columns(mapping))
        return table, _Reader(mapping, table, self.context.zone)


class _Reader:
    """Rows of one file to measurements."""

    def __init__(self, mapping: MeasureFile, table: Table, zone: ZoneInfo) -> None:
        self._mapping = mapping
        self._zone = zone
        self._written_at = table.file.modified_at
        self._schools = {name.casefold(): key for name, key in mapping.schools.items()}
        self._measures = {name.casefold(): key for name, key in mapping.measures.items()}
        there = table.places.keys()
        if not {"period_start", "month", "school_year", "on"} & there:
            raise SettingsError(f"{table.name} has no column for a period; name one under `columns`: month or on.")
        if not mapping.wide and not mapping.measure and "measure" not in there:
            raise SettingsError(f"{table.name} has no column for the measure; set `measure` for the whole file.")

    def measurements(self, row: Row) -> Iterable[Measurement]:
        first, last = self._period(row)
        scope = self._scope(row)
        as_of = row.read("as_of", _as_of) or min(self._written_at, local_day(last, self._zone).end)
        for measure, column in self._figures(row):
            denominator = row.read(f"denominator{column}", number)
            numerator = _numerator(row, f"numerator{column}", denominator)
            if numerator is None:
                continue
            yield Measurement(
                measure_key=measure,
                scope=scope,
                period_start_on=first,
                period_end_on=last,
                numerator=numerator,
                denominator=denominator,
                people=row.read(f"people{column}", whole),
                as_of=as_of,
            )

    def _figures(self, row: Row) -> list[tuple[str, str]]:
        """The measures of a row, each with the suffix of its columns."""
        if self._mapping.wide:
            return [(wide.measure, f"_{at}") for at, wide in enumerate(self._mapping.wide)]
        if self._mapping.measure:
            return [(self._mapping.measure, "")]
        named = row.need_text("measure")
        if self._measures and named.casefold() not in self._measures:
            raise row.fault("measure", "holds a measure that `measures` does not list")
        return [(self._measures.get(named.casefold(), named), "")]

    def _scope(self, row: Row) -> str:
        named = row.text("school")
        if named.casefold() in self._schools:
            return f"school:{self._schools[named.casefold()]}"
        if named.casefold() in _DISTRICT:
            return "district"
        if self._schools:
            raise row.fault("school", "holds a school that `schools` does not list")
        return f"school:{named}"

    def _period(self, row: Row) -> tuple[date, date]:
        if (first := row.read("period_start", day)) is not None:
            last = row.need("period_end", day) if "period_end" in row.headings else first + timedelta(days=6)
            if last < first:
                raise row.fault("period_end", "lies before the period's start")
            return first, last
        if (days := row.read("month", month)) is not None:
            return days
        if (days := row.read("school_year", self._school_year)) is not None:
            return days
        column = next((name for name in ("on", "period_start", "month", "school_year") if name in row.headings), "on")
        on = row.need(column, day)
        return on, on

    def _school_year(self, text: str, reading: Reading) -> tuple[date, date]:  # noqa: ARG002 - one shape for all
        match = re.fullmatch(r"(20\d\d)\s*[-/\u2013]\s*(?:20)?(\d\d)", text)
        if not match or (int(match[1]) + 1) % 100 != int(match[2]):
            raise CellError("is not a school year such as 2026-27")
        month_of, day_of = (int(part) for part in self._mapping.school_year_starts.split("-"))
        first = date(int(match[1]), month_of, day_of)
        return first, first.replace(year=first.year + 1) - timedelta(days=1)


def _columns(mapping: MeasureFile) -> dict[str, Wanted]:
    """The columns to look for: those of the long form, or of a wide one with three for each measure."""
    columns = mapping.columns.wanted()
    if not mapping.wide:
        return columns
    kept = {name: sought for name, sought in columns.items() if name not in ("numerator", "denominator", "people")}
    for at, column in enumerate(mapping.wide):
        kept[f"numerator_{at}"] = wanted(column.heading, must=True)
        kept[f"denominator_{at}"] = wanted(column.denominator, must=True)
        kept[f"people_{at}"] = wanted(column.people, must=True)
    return kept


def _numerator(row: Row, column: str, denominator: float | None) -> float | None:
    """The count; a percentage is turned into one by its denominator."""
    if not row.text(column).endswith("%"):
        return row.read(column, number)
    if denominator is None:
        raise row.fault(column, "is a percentage without a denominator; give the counts")
    return row.need(column, percentage) * denominator


def _is_possible(figure: Measurement) -> bool:
    """Whether it counts no fewer than none and, as a part of something, no more than there are."""
    return figure.numerator >= 0 and (figure.denominator is None or figure.numerator <= figure.denominator)


def _as_of(text: str, reading: Reading) -> datetime:
    return moment(text, reading, midnight=True)
