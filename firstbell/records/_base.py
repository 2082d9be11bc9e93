"""What every record is: immutable, its instants in UTC, its name within its source."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC
from typing import ClassVar

from firstbell.clock import require_aware


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Base of all records: brings every instant to UTC when it is built, and refuses a naive one."""

    VOLATILE: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        for name in _moments(type(self)):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is not UTC:
                object.__setattr__(self, name, require_aware(moment, name))

    @property
    def entity_key(self) -> str:
        """This thing's name within its source and record type."""
        raise NotImplementedError(f"{type(self).__name__} is not kept as versions")


_MOMENTS: dict[type[Record], tuple[str, ...]] = {}


def _moments(record_type: type[Record]) -> tuple[str, ...]:
    """The names of the fields that hold instants; looked up once a type, since rounds build thousands of records."""
    if record_type not in _MOMENTS:
        names = (field.name for field in fields(record_type) if str(field.type).startswith("datetime"))
        _MOMENTS[record_type] = tuple(names)
    return _MOMENTS[record_type]
