"""One contract for every connector: what a kind brings to be checked, and how it is read.

To plug a kind in, write `tests/contract/KIND/case.py` with one class called `Case`, a subclass of the `Case` below
(or of `tests.contract.web.WebCase` for HTTP). It says, in this order:

    class Case(suite.Case):
        kind = "ticket_csv"
        situations = frozenset({Situation.EMPTY, Situation.GARBLED, ...})   # the ways this kind can be served
        secrets = ("s3cret-token",)             # in the settings; must never show anywhere
        private = ("Jane Pupil", "bad cell")    # in the rows; must never show in a record, log, repr or error
        def serve(self, situation): ...         # make the data set stand like that, in self.folder or on a server
        def settings(self): ...                 # what sources.yaml says; asked after `serve`
        def expected(self, situation): ...      # the exact records of WHOLE, and of each situation that is no error

Each check of `checks.py` names the situations it needs and is collected only for the kinds that declare them: nothing
is skipped. WHOLE needs no declaration. Let faults strike as late as they can (second page, last file), so that a
half read is caught. Time is fixed at `Case.now`; waiting moves that clock and costs nothing.
"""

from __future__ import annotations

import importlib
import logging
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import connectors
from connectors._base import Checkpoint, Complete, Connector, FetchRequest, Mode, SourceContext, State
from firstbell.records import Record

HERE = Path(__file__).parent


class Situation(StrEnum):
    """A way in which a source may stand before a connector. What must happen then is in brackets."""

    WHOLE = "whole"
    """All is well, over as many pages or files as the kind can have. [exactly `expected(WHOLE)`]"""
    EMPTY = "empty"
    """All is well and there is no row. [no error, every stream complete, `expected(EMPTY)`, mostly ()]"""
    CHANGED = "changed"
    """WHOLE some time later: a row changed, one came. [incremental read on top of WHOLE equals a fresh read]"""
    UNKNOWN_ENUM = "unknown_enum"
    """A row has a status nobody has heard of. [`expected(UNKNOWN_ENUM)`: the row is there]"""
    UNAUTHORIZED = "unauthorized"
    """401: the credentials are wrong. [AuthError after at most two tries]"""
    FORBIDDEN = "forbidden"
    """403, or a file without the right to read it. [AuthError]"""
    RATE_LIMITED = "rate_limited"
    """429 once with a Retry-After of `retry_after_seconds`. [waits that long, then `expected(WHOLE)`]"""
    RATE_LIMITED_FOREVER = "rate_limited_forever"
    """429 for ever. [RateLimitedError after a bounded wait]"""
    SERVER_ERROR = "server_error"
    """5xx for ever. [UnavailableError after few tries]"""
    SERVER_ERROR_ONCE = "server_error_once"
    """5xx once. [`expected(WHOLE)`]"""
    DROPPED = "dropped"
    """The connection breaks off, or a share is not mounted. [UnavailableError]"""
    SLOW = "slow"
    """Bytes stop coming, or come one by one for ever. [UnavailableError soon]"""
    TRUNCATED = "truncated"
    """The reply or file ends in the middle. [RetryableError or BadReplyError, never the half]"""
    GARBLED = "garbled"
    """Bytes that are not of the format at all. [BadReplyError]"""
    HTML = "html"
    """A web filter's or login page in place of data, status 200. [BadReplyError that says so: "web page"]"""
    HUGE = "huge"
    """More bytes than the kind's limit. [BadReplyError]"""
    WRONG_SHAPE = "wrong_shape"
    """Well-formed, but not this kind's shape: a list for an object, other columns. [PermanentError]"""
    MISSING_FIELD = "missing_field"
    """`missing_field` is in no row. [PermanentError whose sentence names it]"""
    BAD_VALUE = "bad_value"
    """`bad_field` holds something unreadable, which is also in `private`. [PermanentError naming field, not value]"""
    ENDLESS = "endless"
    """Every page has a next one. [BadReplyError]"""
    FOREIGN_LINK = "foreign_link"
    """The next page lies on another host. [BadReplyError; `foreign_requests` stays 0]"""
    GONE = "gone"
    """404, or no such file or folder. [SettingsError or UnavailableError]"""


HARMLESS = frozenset(
    {
        Situation.WHOLE,
        Situation.EMPTY,
        Situation.CHANGED,
        Situation.UNKNOWN_ENUM,
        Situation.RATE_LIMITED,
        Situation.SERVER_ERROR_ONCE,
    }
)
"""The situations in which a read must succeed."""


class Case(ABC):
    """What one kind brings to the contract. One object per check; `folder` is fresh and its own."""

    kind: ClassVar[str]
    situations: ClassVar[frozenset[Situation]] = frozenset()
    secrets: ClassVar[tuple[str, ...]] = ()
    private: ClassVar[tuple[str, ...]] = ()
    missing_field: ClassVar[str] = ""
    bad_field: ClassVar[str] = ""
    retry_after_seconds: ClassVar[int] = 7
    now: ClassVar[datetime] = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
    zone: ClassVar[ZoneInfo] = ZoneInfo("America/Chicago")
    reads: ClassVar[frozenset[str]] = frozenset()
    """The streams that these settings read, where a setting chooses among them; empty means all."""
    connector: type[Connector] | None = None
    """Another class than the registered one; `test_checks_bite.py` sets its saboteurs here."""

    def __init__(self, folder: Path, prepared: Any = None) -> None:
        self.folder = folder
        self.prepared = prepared

    @classmethod
    def prepare(cls, folder: Path) -> AbstractContextManager[Any]:
        """What is dear to make and is made once a session (a real server); handed to each case as `prepared`."""
        return nullcontext()

    @abstractmethod
    def serve(self, situation: Situation) -> None:
        """Make the source stand like this from now on; may be called again with another situation."""

    @abstractmethod
    def settings(self) -> Mapping[str, Any]:
        """The source's settings as the district's YAML gives them, secrets as plain strings."""

    @abstractmethod
    def expected(self, situation: Situation) -> Sequence[Record]:
        """The exact records of a harmless situation read from scratch, in any order."""

    @property
    def requests(self) -> int:
        """How many requests reached the source since `serve`; stays 0 where there is nothing to count."""
        return 0

    @property
    def foreign_requests(self) -> int:
        """How many requests reached the other host of FOREIGN_LINK."""
        return 0

    def close(self) -> None:  # noqa: B027 - a folder has nothing to stop
        """Stop what `serve` started."""


@dataclass
class Outcome:
    """What came of one read: everything that a check may look at."""

    records: list[Record] = field(default_factory=list)
    marks: list[Checkpoint | Complete] = field(default_factory=list)
    order: list[object] = field(default_factory=list)
    error: BaseException | None = None
    log: str = ""
    waits: list[float] = field(default_factory=list)
    shown: str = ""
    """Every text by which the connector and its error show themselves: repr, str, the printed traceback."""
    requests: int = 0
    foreign_requests: int = 0
    """How many requests had reached the source, and the other host, since `serve`."""

    @property
    def completed(self) -> list[Complete]:
        return [mark for mark in self.marks if isinstance(mark, Complete)]

    @property
    def states(self) -> dict[str, State]:
        """The states to hand to the next incremental read."""
        return {mark.stream: mark.state for mark in self.completed}


def connector_class(case: Case) -> type[Connector]:
    return case.connector or connectors.get(case.kind)


def build(case: Case, waits: list[float] | None = None, now: datetime | None = None) -> Connector:
    """The case's connector over its settings, with a clock that only waiting moves."""
    spent = waits if waits is not None else []
    started = now or case.now
    context = SourceContext(
        source_key="under-test",
        zone=case.zone,
        folder=case.folder,
        clock=lambda: started + timedelta(seconds=sum(spent)),
        pause=spent.append,
    )
    cls = connector_class(case)
    return cls(cls.Settings(**case.settings()), context)


def read(
    case: Case,
    *,
    mode: Mode = Mode.INCREMENTAL,
    states: Mapping[str, State] | None = None,
    now: datetime | None = None,
) -> Outcome:
    """Read the case once. Errors of whatever kind end up in `Outcome.error`."""
    outcome = Outcome()
    connector = build(case, outcome.waits, now)
    with captured_log() as lines:
        try:
            for item in connector.fetch(FetchRequest(mode=mode, states=states or {})):
                outcome.order.append(item)
                (outcome.records if isinstance(item, Record) else outcome.marks).append(item)  # type: ignore[arg-type]
        except Exception as error:  # noqa: BLE001 - the checks judge which errors are right
            outcome.error = error
    outcome.requests, outcome.foreign_requests = case.requests, case.foreign_requests
    outcome.log = "\n".join(lines)
    outcome.shown = "\n".join([repr(connector), repr(connector.settings), *_printed(outcome.error)])
    return outcome


def ask(case: Case) -> tuple[str, BaseException | None]:
    """Call `check()` once: its sentence, or its error."""
    connector = build(case)
    try:
        return connector.check(), None
    except Exception as error:  # noqa: BLE001 - the checks judge which errors are right
        return "", error


def _printed(error: BaseException | None) -> list[str]:
    return [] if error is None else [repr(error), str(error), *traceback.format_exception(error)]


@contextmanager
def captured_log() -> Iterator[list[str]]:
    """Every log line of every logger, down to debug."""
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(f"{record.name} {record.getMessage()}")

    root, keeper = logging.getLogger(), Keeper()
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.setLevel(level)
        root.removeHandler(keeper)


def key_of(record: Record) -> tuple[str, str]:
    return type(record).__name__, record.entity_key


def load_case(kind: str) -> type[Case]:
    """The `Case` of tests/contract/KIND/case.py."""
    if not (HERE / kind / "case.py").is_file():
        raise FileNotFoundError(f"tests/contract/{kind}/case.py is missing: every kind is checked")
    case: type[Case] = importlib.import_module(f"tests.contract.{kind}.case").Case
    return case


Check = Callable[[Case], None]

Standing = Callable[..., Case]
"""Makes a case of a class whose source is whole, with attributes or methods of the class changed."""
