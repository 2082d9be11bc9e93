"""The contract between Firstbell and one outside system.

A connector is one module in this folder: the module's name is its kind, its key in sources.yaml, its test folder and
its heading in docs/connectors.md. It holds one `Connector` subclass, a docstring that says what it reads and with
which least access, and small row models of only the fields that are read. `tests/contract/` runs the same suite over
every kind (docs/design.md, section 4).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from firstbell.clock import Clock, utc_now
from firstbell.records import Record

State = Mapping[str, Any]
"""What a connector remembers of a stream between runs: JSON, opaque to everybody else."""


class StreamMode(StrEnum):
    APPEND = "append"
    """Rows never change and never vanish."""
    UPSERT = "upsert"
    """A row read again replaces its older version; a row not seen stays."""
    REPLACE = "replace"
    """Each complete read is the whole truth of its scope: what was not seen is retired."""


class Mode(StrEnum):
    """How much to read."""

    INCREMENTAL = "incremental"
    """What is new or changed since the last completed read."""
    REREAD = "reread"
    """Everything, as if it had never been read."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of record that a connector yields."""

    name: str
    record_type: type[Record]
    mode: StreamMode


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """So far, so safe: `state` lets a broken-off read go on from here. Does not move the watermark."""

    stream: str
    state: State = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Complete:
    """The true end of a stream. Only this moves the watermark, and for replace streams retires what was not seen.

    `scope` is a prefix of `entity_key` that bounds the retiring; empty means the whole stream of this source.
    `known_until` is how far the stream reaches where that is earlier than the reading of it: an export that stopped
    two weeks ago can be read without a fault and knows nothing of these weeks. None means that it reaches to now.
    """

    stream: str
    scope: str = ""
    state: State = field(default_factory=dict)
    known_until: datetime | None = None


Yielded = Record | Checkpoint | Complete


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What to read this time. `states` holds each stream's last completed state; absent before the first read."""

    mode: Mode = Mode.INCREMENTAL
    states: Mapping[str, State] = field(default_factory=dict)
    deadline: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceContext:
    """Where a connector finds itself: its key, the district's zone and folder, and the time.

    `pause` is how it waits (a 429's Retry-After); tests pass one that does not sleep. `people` gives the keys of the
    folder's people by their addresses in lower case, so that no address need be kept.
    """

    source_key: str
    zone: ZoneInfo
    folder: Path
    clock: Clock = utc_now
    pause: Callable[[float], None] | None = None
    people: Mapping[str, str] = field(default_factory=dict)


class SourceSettings(BaseModel):
    """Base of every connector's `Settings`: strict, and every field must be described."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Doubtful(str):
    """A sentence of `check` that doctor shows as a warning: the source answers, and what it says may not be so now."""

    __slots__ = ()


class Connector(ABC):
    """Reads one outside system and never writes to it, sleeps on its own, stores or logs a row."""

    title: ClassVar[str]
    docs_url: ClassVar[str]
    streams: ClassVar[tuple[Stream, ...]]
    least_privilege: ClassVar[str]
    checked_against: ClassVar[str]
    """Honest word on what the code was tried against: "real Roundup 2.6.0" or "documented shapes only"."""
    Settings: ClassVar[type[SourceSettings]]

    def __init__(self, settings: Any, context: SourceContext) -> None:
        self.settings = settings
        self.context = context

    @abstractmethod
    def check(self) -> str:
        """Make the smallest real call that proves address, credentials and rights; return a sentence for doctor.

        A `Doubtful` one where it answers and is nothing to rely on, as a monitor that stands still. Raises
        ConnectorError with what to do.
        """

    @abstractmethod
    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        """Yield records, checkpoints and, at the true end of each stream, `Complete`.

        An exception means that nothing of this source is known. One failed target of many is a record instead.
        """
