"""Tables of versioned facts, derived from the record dataclasses so that the two cannot drift apart.

One table per record type, one column per field, and before them what makes a row a version: who told it
(`source_key`), of what (`entity_key`), a hash of its content, and from when to when it was what we knew. A version is
known at T when recorded_at <= T < superseded_at; the current one has no superseded_at.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from enum import StrEnum
from operator import attrgetter
from types import UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from sqlalchemy import BigInteger, Boolean, Column, Date, Float, Index, MetaData, Table, Text

from firstbell.clock import require_aware
from firstbell.records import TEAM_VERSIONED, VERSIONED, Record
from firstbell.store.types import Identity, JsonText, UtcDateTime, json_text, utc_text

R = TypeVar("R", bound=Record)

VERSION_COLUMNS = ("source_key", "entity_key", "content_hash", "recorded_at")
TIME_INDEXES: dict[str, tuple[str, ...]] = {
    "ticket": ("resolved_at", "closed_at"),
    "ticket_event": ("happened_at",),
    "service_window": ("ended_at",),
    "vendor_incident": ("resolved_at",),
    "backup_run": ("source_key", "system_key", "job_key", "result", "ended_at"),
    "backup_verification": ("source_key", "system_key", "depth", "result", "verified_at"),
    "measurement": ("source_key", "measure_key", "scope", "period_end_on"),
}
"""What queries cut current versions by, where a table grows with the years: a moment, behind what it is newest of."""


@dataclass(frozen=True, slots=True)
class FieldShape:
    """How one field is stored: its column type and its two ways across the border of the driver."""

    name: str
    type: type
    nullable: bool


class FactTable(Generic[R]):
    """A record type, its table, and how rows and records turn into each other."""

    def __init__(self, record_type: type[R], metadata: MetaData) -> None:
        self.record_type = record_type
        self.shapes = tuple(_shapes(record_type))
        self.table = _table(table_name(record_type), self.shapes, metadata)
        self.columns = [*VERSION_COLUMNS, *(shape.name for shape in self.shapes)]
        self._getters = [attrgetter(shape.name) for shape in self.shapes]
        self._solid = [i for i, shape in enumerate(self.shapes) if shape.name not in record_type.VOLATILE]
        self._names = tuple(shape.name for shape in self.shapes)
        decoders = [(shape.name, _decoder(shape.type)) for shape in self.shapes]
        self._decoders = [(name, decode) for name, decode in decoders if decode is not None]

    def encoded(self, records: Sequence[R], dialect_name: str) -> tuple[list[Sequence[Any]], list[str]]:
        """The records' fields as columns of driver values, and each record's content hash.

        By columns, which takes half the time of one record after the other.
        """
        told = [list(map(get, records)) for get in self._getters]
        texts = self._columns(told, "sqlite")
        solid = zip(*(texts[place] for place in self._solid), strict=True)
        blake = hashlib.blake2b
        hashes = [blake(repr(content).encode(), digest_size=16).hexdigest() for content in solid]
        return texts if dialect_name == "sqlite" else self._columns(told, dialect_name), hashes

    def _columns(self, told: Sequence[Sequence[Any]], dialect_name: str) -> list[Sequence[Any]]:
        """The fields' columns as a driver takes them; SQLite's are what is hashed on both engines."""
        encoders = (_encoder(shape.type, dialect_name) for shape in self.shapes)
        return [
            column if encode is None else [None if value is None else encode(value) for value in column]
            for column, encode in zip(told, encoders, strict=True)
        ]

    def decode(self, row: Sequence[Any]) -> R:
        """The record of a selected row whose last columns are the record's fields."""
        values = dict(zip(self._names, row[-len(self._names) :], strict=True))
        for name, decode in self._decoders:
            if values[name] is not None:
                values[name] = decode(values[name])
        return self.record_type(**values)


def table_name(record_type: type[Record]) -> str:
    """The table of a record type: its name in snake case.

    >>> from firstbell.records import BackupRun
    >>> table_name(BackupRun)
    'backup_run'
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", record_type.__name__).lower()


def _shapes(record_type: type[Record]) -> list[FieldShape]:
    hints = get_type_hints(record_type)
    found = []
    for field in fields(record_type):
        hint, nullable = hints[field.name], False
        if get_origin(hint) in (Union, UnionType):
            hint, nullable = next(arg for arg in get_args(hint) if arg is not type(None)), True
        found.append(FieldShape(field.name, get_origin(hint) or hint, nullable))
    return found


def _column_type(kind: type) -> Any:
    if issubclass(kind, StrEnum):
        return Text()
    plain: dict[type, Any] = {
        str: Text(),
        int: BigInteger(),
        float: Float(),
        bool: Boolean(),
        datetime: UtcDateTime(),
        date: Date(),
        tuple: JsonText(),
    }
    return plain[kind]


def _table(name: str, shapes: Sequence[FieldShape], metadata: MetaData) -> Table:
    table = Table(
        name,
        metadata,
        Column("id", Identity, primary_key=True, autoincrement=True),
        Column("source_key", Text(), nullable=False),
        Column("entity_key", Text(), nullable=False),
        Column("content_hash", Text(), nullable=False),
        Column("recorded_at", UtcDateTime(), nullable=False),
        Column("superseded_at", UtcDateTime(), nullable=True),
        *(Column(shape.name, _column_type(shape.type), nullable=shape.nullable) for shape in shapes),
    )
    current, past = table.c.superseded_at.is_(None), table.c.superseded_at.is_not(None)
    _partial_index(f"ux_{name}_current", [table.c.source_key, table.c.entity_key], current, unique=True)
    _partial_index(f"ix_{name}_past", [table.c.superseded_at], past)
    _partial_index(f"ix_{name}_past_entity", [table.c.source_key, table.c.entity_key], past)
    if name in TIME_INDEXES:
        _partial_index(f"ix_{name}_time", [table.c[column] for column in TIME_INDEXES[name]], current)
    return table


def _partial_index(name: str, columns: Sequence[Column[Any]], where: Any, *, unique: bool = False) -> None:
    Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _encoder(kind: type, dialect_name: str) -> Callable[[Any], Any] | None:
    if issubclass(kind, StrEnum):
        return str.__str__
    if kind is tuple:
        return json_text
    if dialect_name == "sqlite" and kind is datetime:
        return utc_text
    if dialect_name == "sqlite" and kind is date:
        return date.isoformat
    if kind is datetime:
        return _aware
    return float if kind is float else None


def _aware(moment: datetime) -> datetime:
    return require_aware(moment, "a stored time")


def _decoder(kind: type) -> Callable[[Any], Any] | None:
    if kind is tuple:
        return tuple
    return kind if issubclass(kind, StrEnum) else None


class FactTables:
    """All tables of versioned facts, by record type."""

    def __init__(self, metadata: MetaData) -> None:
        self._by_type = {kind: FactTable(kind, metadata) for kind in (*VERSIONED, *TEAM_VERSIONED)}

    def of(self, record_type: type[R]) -> FactTable[R]:
        """The table of a record type; KeyError for a type that is not kept as versions."""
        return self._by_type[record_type]  # type: ignore[return-value]  # keyed by its own record type

    @property
    def types(self) -> tuple[type[Record], ...]:
        """Every record type with a table."""
        return tuple(self._by_type)
