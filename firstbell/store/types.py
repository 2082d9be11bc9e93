"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from firstbell.clock import require_aware

Identity = BigInteger().with_variant(Integer, "sqlite")
"""A growing number as primary key; SQLite counts by itself only in a column of exactly INTEGER."""


WIDTH = len("2026-09-01T06:00:00.000000+00:00")


def utc_text(moment: datetime) -> str:
    """An instant as text of fixed width, so that text order is time order."""
    # A third of a first load's own time goes here: isoformat takes three times as long as the parts from tables.
    if moment.tzinfo is not UTC:
        moment = require_aware(moment, "a stored time")
    hours, minutes, seconds = _TWO[moment.hour], _TWO[moment.minute], _TWO[moment.second]
    if part := moment.microsecond:
        return f"{_DAYS[moment.date()]}T{hours}:{minutes}:{seconds}.{part:06}+00:00"
    return f"{_DAYS[moment.date()]}T{hours}:{minutes}:{seconds}.000000+00:00"


class _Days(dict[date, str]):
    """Days as text, each made once; cheaper to ask than lru_cache. Records tell of a few thousand days at most."""

    def __missing__(self, day: date) -> str:
        if len(self) >= 10_000:
            self.clear()
        self[day] = text = day.isoformat()
        return text


_DAYS = _Days()
_TWO = [f"{number:02}" for number in range(60)]


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware UTC in and out. ValueError for a naive one. timestamptz on PostgreSQL, text on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(WIDTH))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return utc_text(value) if dialect.name == "sqlite" else require_aware(value, "a stored time")

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def json_text(content: Any) -> str:
    """Canonical JSON: sorted keys, no spaces."""
    return _CANONICAL.encode(content)


class JsonText(TypeDecorator[Any]):
    """Plain data as canonical JSON text: the same bytes on both engines."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else json_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        return None if value is None else json.loads(value)
