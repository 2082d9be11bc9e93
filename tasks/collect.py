"""Reading one source into the store: streamed in batches, judged by its true end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from prefect import task
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task
from sqlalchemy import Connection

import connectors
from connectors._base import Checkpoint, Complete, Connector, FetchRequest, Mode, SourceContext, Stream, StreamMode
from connectors._errors import RetryableError
from firstbell.config.secrets import resolve
from firstbell.errors import FirstbellError
from firstbell.records import ObservationInterval, Record
from firstbell.store.models import ReadOutcome
from firstbell.store.queries import stream_reads, stream_states
from firstbell.store.save import (
    SaveCounts,
    record_attempt,
    record_completion,
    retire_unseen,
    save_facts,
    save_key_map,
)
from firstbell.store.told_intervals import take_intervals
from firstbell.workplace import Workplace
from tasks.place import secret_readers, workplace

BATCH = 1_000
MOST_TIME = timedelta(minutes=20)


class ConnectorFaultError(FirstbellError):
    """A connector breaks its own contract: its author has to mend it, no setting and no second try can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRead:
    """How reading one source went. `problem` is a sentence for a person; empty when all of it was read."""

    source_key: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    retired: int = 0
    problem: str = ""

    @property
    def complete(self) -> bool:
        """Whether every stream reached its true end."""
        return not self.problem


@dataclass(slots=True)
class _Progress:
    """What one stream has come to so far. `seen` is kept only where what was not seen is retired at the end."""

    stream: Stream
    counts: SaveCounts = field(default_factory=SaveCounts)
    retired: int = 0
    seen: set[str] = field(default_factory=set)
    complete: bool = False


def read_source(
    work: Workplace, source_key: str, mode: Mode = Mode.INCREMENTAL, kind: type[Connector] | None = None
) -> SourceRead:
    """Read one source; what a person has to mend is written down and told, what is retried is raised.

    `kind` is its connector where that does not stand in connectors/. Raises RetryableError after writing the failure
    down. Any other trouble of the source is in `problem`.
    """
    kind = kind or connectors.get(work.district.source(source_key).kind)
    started = work.clock()
    progress = {stream.name: _Progress(stream) for stream in kind.streams}
    try:
        settings = resolve(
            work.district.settings[source_key],
            secret_readers(work.district.folder),
            work.district.source_places.get(source_key, source_key),
        )
        context = SourceContext(
            source_key=source_key,
            zone=work.district.zone,
            folder=work.district.folder,
            clock=work.clock,
            people={person.email.casefold(): person.key for person in work.district.people if person.email},
        )
        _stream_in(work, kind(settings, context), source_key, mode, started, progress)
    except FirstbellError as error:
        _failed(work, source_key, progress, str(error), type(error).__name__)
        if isinstance(error, RetryableError):
            raise
        return _told(source_key, progress, str(error))
    except BaseException as error:
        _failed(work, source_key, progress, f"Reading broke off ({type(error).__name__}).", type(error).__name__)
        raise
    return _told(source_key, progress, _left_out(work, source_key, progress))


def _left_out(work: Workplace, source_key: str, progress: dict[str, _Progress]) -> str:
    """Streams without an end: one that yielded rows, or that was read to its end before, is missed and told.

    A stream that never was is one that this source does not have.
    """
    with work.store.read() as connection:
        before = {
            name
            for (key, name), read in stream_reads(connection, known_at=work.clock()).items()
            if key == source_key and read.completed_at
        }
    missed = {
        name: one
        for name, one in progress.items()
        if not one.complete and (name in before or one.counts != SaveCounts())
    }
    if not missed and any(one.complete for one in progress.values()):
        return ""
    problem = f"The end of {', '.join(missed or progress)} was not reached."
    _failed(work, source_key, missed or progress, problem, "Unfinished")
    return problem


def _stream_in(
    work: Workplace,
    connector: Connector,
    source_key: str,
    mode: Mode,
    started: datetime,
    progress: dict[str, _Progress],
) -> None:
    with work.store.begin() as connection:
        save_key_map(connection, source_key, "school", work.district.source(source_key).locations)
    with work.store.read() as connection:
        states = stream_states(connection, source_key)
    request = FetchRequest(mode=mode, states=states, deadline=started + MOST_TIME)
    by_type = _by_type(type(connector), progress)
    for records, end in _batches(connector.fetch(request)):
        _refuse_undeclared(type(connector), records, end, by_type, progress)
        _keep(work, source_key, records, end, by_type, progress)


def _by_type(kind: type[Connector], progress: dict[str, _Progress]) -> dict[type[Record], _Progress]:
    """Each stream by the type of its records, which is how a record tells its stream."""
    by_type = {one.stream.record_type: one for one in progress.values()}
    if len(by_type) < len(progress):
        raise ConnectorFaultError(f"The connector {_name(kind)} has two streams of one type of record; join them.")
    return by_type


def _refuse_undeclared(
    kind: type[Connector],
    records: list[Record],
    end: Checkpoint | Complete | None,
    by_type: dict[type[Record], _Progress],
    progress: dict[str, _Progress],
) -> None:
    """Raise ConnectorFaultError for what no stream declares: unread it is lost, and its loss looks like good news."""
    unknown = {type(record).__name__ for record in records if type(record) not in by_type}
    if end is not None and end.stream not in progress:
        unknown.add(f"the end of {end.stream}")
    if unknown:
        raise ConnectorFaultError(
            f"The connector {_name(kind)} yields {', '.join(sorted(unknown))}, which none of its streams declares; "
            "add a stream for it."
        )


def _name(kind: type[Connector]) -> str:
    return kind.__module__.rpartition(".")[2]


def _batches(yielded: Iterator[Any]) -> Iterator[tuple[list[Record], Checkpoint | Complete | None]]:
    """Records in batches, each with the mark that closed it, if one did."""
    batch: list[Record] = []
    for one in yielded:
        if isinstance(one, Checkpoint | Complete):
            yield batch, one
            batch = []
            continue
        batch.append(one)
        if len(batch) >= BATCH:
            yield batch, None
            batch = []
    if batch:
        yield batch, None


def _keep(
    work: Workplace,
    source_key: str,
    records: list[Record],
    end: Checkpoint | Complete | None,
    by_type: dict[type[Record], _Progress],
    progress: dict[str, _Progress],
) -> None:
    """Save a batch and what its mark says in one transaction: a watermark never runs ahead of its rows."""
    now = work.clock()
    with work.store.begin() as connection:
        for record_type, one in by_type.items():
            mine = [record for record in records if type(record) is record_type]
            if mine:
                one.counts += _save(connection, source_key, mine, now)
                if one.stream.mode is StreamMode.REPLACE:
                    one.seen.update(record.entity_key for record in mine)
        if isinstance(end, Checkpoint):
            record_attempt(connection, source_key, end.stream, now, outcome=ReadOutcome.PARTIAL, state=end.state)
        elif isinstance(end, Complete):
            one = progress[end.stream]
            if one.stream.mode is StreamMode.REPLACE:
                one.retired += retire_unseen(connection, source_key, one.stream.record_type, one.seen, end.scope, now)
            counts = {**asdict(one.counts), "retired": one.retired}
            record_completion(
                connection,
                source_key,
                end.stream,
                now,
                known_until=end.known_until,
                counts=counts,
                state=end.state,
            )
            one.complete = True


def _save(connection: Connection, source_key: str, records: list[Record], now: datetime) -> SaveCounts:
    """Keep records of one type: what another monitor saw as intervals, all else as versions."""
    looks = [record for record in records if isinstance(record, ObservationInterval)]
    return (
        take_intervals(connection, source_key, looks, now)
        if looks
        else save_facts(connection, source_key, records, now)
    )


def _failed(work: Workplace, source_key: str, progress: dict[str, _Progress], sentence: str, error_class: str) -> None:
    with work.store.begin() as connection:
        for name, one in progress.items():
            if not one.complete:
                record_attempt(connection, source_key, name, work.clock(), error=sentence, error_class=error_class)


def _told(source_key: str, progress: dict[str, _Progress], problem: str) -> SourceRead:
    counts = sum((one.counts for one in progress.values()), SaveCounts())
    return SourceRead(
        source_key=source_key,
        new=counts.new,
        changed=counts.changed,
        unchanged=counts.unchanged,
        retired=sum(one.retired for one in progress.values()),
        problem=problem,
    )


def _may_help(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Only what may pass by itself is tried again."""
    return isinstance(state.data, RetryableError)


@task(
    name="collect",
    task_run_name="collect {source_key}",
    retries=2,
    retry_delay_seconds=[3, 12],
    retry_condition_fn=_may_help,
)
def collect(source_key: str, mode: Mode = Mode.INCREMENTAL) -> SourceRead:
    """Read one source into the store."""
    with workplace() as work:
        return read_source(work, source_key, mode)
