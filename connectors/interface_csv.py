"""How busy network links are, from a table of their traffic: a row for each link and moment, as monitors export it.

Reads of each row the moment, the link, bits per second in and out, what the link can carry, and where they are there
the packets and those lost or damaged. The busier direction counts. The sums of a day are kept, not the rows.

A stretch is as long as `interval_seconds`; the moment stands at its end or at its start. No second counts twice: where
rows stand closer, each speaks only for the time from or to the next. A cell without a figure is time of which nothing
is known, and a day whose class hours are known too little is neither busy nor calm. Rows further apart than 20 minutes
are means that tell nothing of class hours, so such a file gives no busy days. The first day of an export that moves on
from night to night is mostly cut off: it is left out where it begins later in the day than the next one does. What an
export no longer holds stays known.

Of a local time without an offset that clocks repeat, the order of the rows, oldest or newest first, tells which hour is
meant. Where it does not, and where clocks skip the time, the row is left out, and `firstbell doctor` says how many are.

Least access: read the files or links. Vendor page: https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from typing import ClassVar, Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from connectors._base import Complete, Connector, Doubtful, FetchRequest, Stream, StreamMode, Yielded
from connectors._cells import instants, number
from connectors._errors import SettingsError
from connectors._files import LOCATION, find
from connectors._link_rows import Told, apart, placed
from connectors._links import Days, LinkDay, LinkPlace, LinkSettings, Traffic, link_measures
from connectors._rows import Row, parsed
from connectors._table import Columns, Table, TableSettings, open_table
from firstbell.intervals import local_day
from firstbell.records import Measurement

UNITS = {"bit/s": 1.0, "kbit/s": 1e3, "Mbit/s": 1e6, "Gbit/s": 1e9, "byte/s": 8.0}
MISTAKE = 1.5
"""A link that seems to carry more than this of its capacity has another unit or capacity than the settings say."""


class InterfaceColumns(Columns):
    """The headings of a file of traffic."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"at", "inbound"})

    at: str = Field("Time|Date Time|Timestamp|Date", description="The moment of the row.")
    link: str = Field("Link|Interface|Port|Sensor|Device", description="Which link the row is about.")
    inbound: str = Field("In|Inbound|Traffic In|Bits In|Received", description="What came in, in the file's unit.")
    outbound: str = Field("Out|Outbound|Traffic Out|Bits Out|Sent", description="What went out, in the file's unit.")
    capacity: str = Field("Capacity|Speed|Bandwidth", description="What the link can carry, in the file's unit.")
    faults: str = Field("Errors|Errors and Discards", description="Packets lost or damaged in the stretch.")
    packets: str = Field("Packets", description="Packets carried in the stretch.")


class InterfaceFile(TableSettings):
    """One file, whose links they are, and how its figures are meant."""

    file: str = Field(description=LOCATION)
    columns: InterfaceColumns = Field(InterfaceColumns(), description="Headings that differ from the usual ones.")
    links: dict[str, LinkPlace] = Field(
        {}, description="The links by the file's own names of them; others in the file are left out."
    )
    link: LinkPlace | None = Field(None, description="Whose link a file without a column for it is about.")
    unit: Literal["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "byte/s"] = Field(
        "bit/s", description="Unit of traffic and capacity."
    )
    interval_seconds: int = Field(300, ge=1, le=86_400, description="How long the stretch of one row is.")
    moments: Literal["end", "start"] = Field("end", description="Where in its stretch the moment of a row stands.")

    @model_validator(mode="after")
    def _one_of_two(self) -> InterfaceFile:
        if (self.link is None) == (not self.links):
            raise ValueError("give either links or link")
        return self


class InterfaceSettings(LinkSettings):
    """The files, and when a link counts as busy."""

    files: tuple[InterfaceFile, ...] = Field(min_length=1, description="The files, each with its links.")


class Name(NamedTuple):
    """A link: the scope that it belongs to, and its own name in its file."""

    scope: str
    link: str


class InterfaceCsv(Connector):
    """What links carried, day by day."""

    title = "Network interfaces (CSV)"
    docs_url = "https://www.rfc-editor.org/rfc/rfc4180"
    streams = (Stream("measures", Measurement, StreamMode.UPSERT),)
    least_privilege = "Read access to the files."
    checked_against = "files written for the tests; no vendor's own export"
    Settings = InterfaceSettings

    settings: InterfaceSettings

    def check(self) -> str:
        with ExitStack() as stack:
            readers = self._readers(stack)
            rows, adrift = _gathered(readers)
            known = sum(row.share is not None for told in rows.values() for row in told)
            sentence = f"{known:,} rows can be read from {', '.join(one.table.described() for one in readers)}."
        if not adrift:
            return sentence
        return Doubtful(
            f"{sentence} Rows left out, since clocks skip or repeat their local time and their order does not tell "
            f"which is meant: {adrift:,}; export times with an offset."
        )

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:  # noqa: ARG002 - the files are always read anew
        with ExitStack() as stack:
            readers = self._readers(stack)
            rows, _ = _gathered(readers)
            written_at = min(one.table.file.modified_at for one in readers)
        links = {name: Link(told, self.settings, self.context.zone) for name, told in rows.items()}
        yield from self._measures(links, written_at)
        reaches = [one.newest for one in links.values() if one.newest is not None]
        yield Complete("measures", known_until=min(max(reaches, default=written_at), self.context.clock()))

    def _readers(self, stack: ExitStack) -> list[Reader]:
        seen: dict[Name, set[datetime]] = {}
        found = []
        for told in self.settings.files:
            file = stack.enter_context(find(told.file, self.context))
            table = open_table(file, told, self.context, told.columns.wanted())
            found.append(Reader(told, table, seen))
        return found

    def _measures(self, links: Mapping[Name, Link], written_at: datetime) -> Iterator[Measurement]:
        zone = self.context.zone
        days: dict[tuple[str, date], list[LinkDay]] = {}
        for name, link in sorted(links.items()):
            for day, sums in link.whole_days().items():
                days.setdefault((name.scope, day), []).append(sums)
        for (scope, day), sums_of_day in sorted(days.items(), key=lambda one: one[0]):
            as_of = min(written_at, local_day(day, zone).end)
            yield from link_measures(scope, Days(day, day), sums_of_day, self.settings, zone, as_of)


class Link:
    """The sums of one link, day by day, and the newest moment of which it tells, if it tells of any."""

    def __init__(self, rows: Iterable[Told], settings: LinkSettings, zone: ZoneInfo) -> None:
        self.days: dict[date, LinkDay] = {}
        self.begins: dict[date, timedelta] = {}
        self.newest: datetime | None = None
        for traffic in apart(rows):
            self._add(traffic, settings, zone)

    def _add(self, traffic: Traffic, settings: LinkSettings, zone: ZoneInfo) -> None:
        """Count a stretch, none of which is older than the last, to the day in which it begins."""
        day = traffic.over.start.astimezone(zone).date()
        self.begins.setdefault(day, traffic.over.start - local_day(day, zone).start)
        self.newest = traffic.over.end
        self.days.setdefault(day, LinkDay()).add(traffic, settings, zone)

    def whole_days(self) -> dict[date, LinkDay]:
        """All days but a first one that begins later than the next one does: the export has cut it off."""
        if not self.days:
            return {}
        first, *others = sorted(self.days)
        cut = bool(others) and self.begins[first] > self.begins[others[0]]
        return {day: self.days[day] for day in ([] if cut else [first]) + others}


class Reader:
    """Rows of one file to stretches of traffic."""

    def __init__(self, told: InterfaceFile, table: Table, seen: dict[Name, set[datetime]]) -> None:
        self.table = table
        self.skipped = 0
        self._told = told
        self._seen = seen
        self._links = {name.casefold(): place for name, place in told.links.items()}
        stretch, none = timedelta(seconds=told.interval_seconds), timedelta()
        self._around = (stretch, none) if told.moments == "end" else (none, stretch)
        if told.links and "link" not in table.places:
            raise SettingsError(f"{table.name} has no column for the link; name it under `columns`, or set `link`.")

    def told(self, row: Row) -> Iterable[tuple[Name, Told]]:
        """What a row says of one of our links; nothing where it is about another or at a time that clocks skip."""
        named = row.need_text("link") if self._told.link is None else ""
        place = self._told.link or self._links.get(named.casefold())
        if place is None:
            return
        name = Name(place.scope, named or self._told.file)
        at, again = self._instants(row, name)
        if at is None:
            self.skipped += 1
            return
        share = self._share(row, place)
        counted = (None, None) if share is None else (_amount(row, "faults"), _amount(row, "packets"))
        yield name, Told(at, *self._around, share, *counted, again)

    def _instants(self, row: Row, name: Name) -> tuple[datetime | None, datetime | None]:
        """The instant of a row, and the second one where its local time comes twice; neither where it never comes."""
        at, again, *_ = (*row.need("at", instants), None, None)
        if at is not None and again is None:
            moments = self._seen.setdefault(name, set())
            if at in moments:
                raise row.fault("at", "repeats an earlier row of this link")
            moments.add(at)
        return at, again

    def _share(self, row: Row, place: LinkPlace) -> float | None:
        """Of what the link can carry, in the busier direction; None where one of them is not known."""
        directions = [column for column in ("inbound", "outbound") if column in row.headings]
        carried = [_amount(row, column) for column in directions]
        known = [one for one in carried if one is not None]
        if len(known) < len(carried):
            return None
        share = max(known) * UNITS[self._told.unit] / self._capacity(row, place)
        if share > MISTAKE:
            raise row.fault("inbound", "is more than the link can carry; check `unit` and its capacity")
        return min(1.0, share)

    def _capacity(self, row: Row, place: LinkPlace) -> float:
        """In bits a second."""
        if place.capacity_mbps is not None:
            return place.capacity_mbps * 1e6
        told = _amount(row, "capacity")
        if not told:
            raise row.fault("capacity", "says nothing; set `capacity_mbps` of the link")
        return told * UNITS[self._told.unit]


def _gathered(readers: Iterable[Reader]) -> tuple[dict[Name, list[Told]], int]:
    """What the files say of each link, and how many rows are left out since their local time is not one instant."""
    told: dict[Name, list[Told]] = {}
    adrift = 0
    for reader in readers:
        mine: dict[Name, list[Told]] = {}
        for name, row in parsed(reader.table, reader.told):
            mine.setdefault(name, []).append(row)
        adrift += reader.skipped
        for name, rows in mine.items():
            kept = placed(rows)
            adrift += len(rows) - len(kept)
            told.setdefault(name, []).extend(kept)
    return told, adrift


def _amount(row: Row, column: str) -> float | None:
    value = row.read(column, number)
    if value is not None and value < 0:
        raise row.fault(column, "is below zero")
    return value
