"""Reading what was known at a moment, cut to a window.

`known_at` is exact for versioned facts: a version counts from its recording until it was superseded. Of observations
a look counts by the time of its interval's recording, and an interval that was still growing ends at `known_at`.
The windows cut generously (a superset of what a figure needs) and exist so that a packet's cost does not grow with
the years stored; the metrics cut exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, tuple_, union_all
from sqlalchemy.orm import aliased

from firstbell.intervals import Window
from firstbell.records import (
    BackupRun,
    BackupVerification,
    Measurement,
    MilestoneSeen,
    ObservationInterval,
    Record,
    RestoreTest,
    ServiceState,
    ServiceWindow,
    SurveyCounts,
    Ticket,
    TicketEvent,
    VendorIncident,
)
from firstbell.store.models import (
    FACTS,
    DistrictVersionRow,
    IntervalRow,
    KeyMapRow,
    ReadOutcome,
    SourceReadRow,
    SourceStateRow,
)

R = TypeVar("R", bound=Record)
ONE_DAY = timedelta(days=1)

NEWEST_BEFORE: dict[type[Record], tuple[str, tuple[str, ...]]] = {
    BackupRun: ("ended_at", ("source_key", "system_key", "job_key", "result")),
    BackupVerification: ("verified_at", ("source_key", "system_key", "depth", "result")),
    RestoreTest: ("tested_at", ("source_key", "system_key", "result")),
    Measurement: ("period_end_on", ("source_key", "measure_key", "scope")),
    SurveyCounts: ("fielded_on", ("source_key", "survey_key", "group")),
}
"""Types of which the newest of each kind before the window is read as well: an old backup has an age, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFacts:
    """All that a run needs of the store, by source. Sources that told nothing are absent from `records`.

    `known_until` is how far each source was known by then, None where one of its streams never completed.
    `locations` maps (source_key, the source's own place name) to a school's key. `baselines` holds the first stored
    due date of each milestone.
    """

    records: Mapping[str, tuple[Record, ...]]
    known_until: Mapping[str, datetime | None]
    locations: Mapping[tuple[str, str], str] = field(default_factory=dict)
    baselines: Mapping[str, date] = field(default_factory=dict)


def load_facts(
    connection: Connection,
    *,
    known_at: datetime,
    window: Window,
    windows: Mapping[type[Record], Window] | None = None,
    types: Iterable[type[Record]] = FACTS.types,
) -> StoredFacts:
    """Everything of a window, as known at a moment. `windows` widens it for a type, such as a school year's budget."""
    found: dict[str, list[Record]] = {}
    for record_type in types:
        cut = (windows or {}).get(record_type, window)
        for source_key, record in facts_as_known(connection, record_type, known_at=known_at, window=cut):
            found.setdefault(source_key, []).append(record)
    cut = (windows or {}).get(ObservationInterval, window)
    for interval in observation_intervals(connection, known_at=known_at, window=cut):
        found.setdefault(interval.source_key, []).append(interval)
    return StoredFacts(
        records={source_key: tuple(rows) for source_key, rows in found.items()},
        known_until=known_until(connection, known_at=known_at),
        locations=key_map(connection, "school"),
        baselines=milestone_baselines(connection, known_at=known_at),
    )


def facts_as_known(
    connection: Connection,
    record_type: type[R],
    *,
    known_at: datetime,
    window: Window | None = None,
    source_key: str | None = None,
) -> list[tuple[str, R]]:
    """Records of a type as they were known at a moment, each with its source, ordered by source and entity.

    `window` None means all of them. Current and past versions are asked for apart, since each has its own index.
    """
    fact = FACTS.of(record_type)
    columns = fact.table.c
    wanted = [columns.source_key, columns.entity_key, *(columns[shape.name] for shape in fact.shapes)]
    conditions = [columns.recorded_at <= known_at]
    if source_key is not None:
        conditions.append(columns.source_key == source_key)
    parts = []
    for life in (columns.superseded_at.is_(None), columns.superseded_at > known_at):
        cut = [] if window is None else _within(record_type, columns, window, life)
        parts.append(select(*wanted).where(life, *conditions, *cut))
    rows = connection.execute(union_all(*parts)).all()
    return [(row[0], fact.decode(row)) for row in sorted(rows, key=_place)]


def _place(row: Any) -> tuple[str, str]:
    return row[0], row[1]


def _within(
    record_type: type[Record], columns: Any, window: Window, life: ColumnElement[bool]
) -> list[ColumnElement[bool]]:
    """The condition by which a type is cut to a window; none for types whose rows do not pile up with the years."""
    start, end = window.start, window.end
    if record_type is Ticket:
        still_open = or_(
            columns.resolved_at >= start,
            and_(columns.resolved_at.is_(None), columns.closed_at >= start),
            and_(columns.resolved_at.is_(None), columns.closed_at.is_(None)),
        )
        return [columns.created_at < end, still_open]
    if record_type is TicketEvent:
        return [columns.happened_at >= start, columns.happened_at < end]
    if record_type is ServiceWindow:
        return [columns.started_at < end, columns.ended_at > start]
    if record_type is VendorIncident:
        return [columns.started_at < end, or_(columns.resolved_at.is_(None), columns.resolved_at > start)]
    if record_type in NEWEST_BEFORE:
        return [_since_or_newest(record_type, columns, window, life)]
    return []


def _since_or_newest(
    record_type: type[Record], columns: Any, window: Window, life: ColumnElement[bool]
) -> ColumnElement[bool]:
    name, group = NEWEST_BEFORE[record_type]
    moment = columns[name]
    dated = name.endswith("_on")
    # A window is cut in the district's zone and a date has none: a day's margin on both sides.
    start: Any = window.start.date() - ONE_DAY if dated else window.start
    end: Any = window.end.date() + ONE_DAY if dated else window.end
    keys = [columns[key] for key in group]
    newest = select(*keys, func.max(moment)).where(life, moment < start).group_by(*keys)
    return or_(
        moment.is_(None),
        and_(moment >= start, _begun(record_type, columns, end)),
        and_(moment < start, tuple_(*keys, moment).in_(newest)),
    )


def _begun(record_type: type[Record], columns: Any, end: Any) -> Any:
    if record_type is Measurement:
        return columns.period_start_on <= end
    if record_type is BackupRun:
        return func.coalesce(columns.started_at, columns.ended_at) < end
    return columns[NEWEST_BEFORE[record_type][0]] <= end


def observation_intervals(
    connection: Connection, *, known_at: datetime, window: Window | None = None, service_key: str | None = None
) -> list[ObservationInterval]:
    """Intervals that overlap a window, and the last one before it, ordered by service, source, vantage and time.

    None begins after `known_at`; one that reaches beyond it is cut there, its count in proportion.
    """
    wanted = [
        IntervalRow.service_key == service_key if service_key is not None else None,
        IntervalRow.recorded_at <= known_at,
        IntervalRow.first_at <= known_at,
    ]
    conditions = [condition for condition in wanted if condition is not None]
    everything: Select[Any] = select(IntervalRow).where(*conditions)
    if window is None:
        rows = connection.execute(everything).all()
    else:
        within = everything.where(IntervalRow.first_at >= window.start, IntervalRow.first_at < window.end)
        rows = [*connection.execute(within), *connection.execute(_last_before(conditions, window.start))]
    found = [_interval(row, known_at) for row in rows]
    return sorted(found, key=lambda one: (one.service_key, one.source_key, one.vantage, one.first_at))


def _last_before(conditions: list[ColumnElement[bool]], start: datetime) -> Select[Any]:
    """Each service's last interval that began before `start`: one index seek for each tail."""
    tail = IntervalRow.__table__.alias("tail")
    earlier = IntervalRow.__table__.alias("earlier")
    same = [
        (earlier.c[key] == tail.c[key], IntervalRow.__table__.c[key] == tail.c[key])
        for key in ("source_key", "vantage", "service_key")
    ]
    last = (
        select(func.max(earlier.c.first_at))
        .where(*(first for first, _ in same), earlier.c.first_at < start)
        .correlate(tail)
        .scalar_subquery()
    )
    joined = tail.join(
        IntervalRow.__table__, and_(*(second for _, second in same), IntervalRow.__table__.c.first_at == last)
    )
    return select(IntervalRow.__table__).select_from(joined).where(tail.c.is_tail, *conditions)


def _interval(row: Any, known_at: datetime) -> ObservationInterval:
    last_at, count = row.last_at, row.count
    if last_at > known_at:
        share = (known_at - row.first_at) / (last_at - row.first_at)
        last_at, count = known_at, 1 + int((count - 1) * share)
    return ObservationInterval(
        service_key=row.service_key,
        source_key=row.source_key,
        vantage=row.vantage,
        state=ServiceState(row.state),
        reason=row.reason,
        first_at=row.first_at,
        last_at=last_at,
        count=count,
        expected_interval_seconds=row.expected_interval_seconds,
    )


@dataclass(frozen=True, slots=True)
class StreamRead:
    """How far a stream is known, when it was last read to its end (both None if never) and when it was last tried."""

    known_until: datetime | None
    completed_at: datetime | None
    tried_at: datetime


def stream_reads(connection: Connection, *, known_at: datetime) -> dict[tuple[str, str], StreamRead]:
    """Each stream that had been tried by `known_at`, by (source_key, stream): two index seeks for each."""
    mine = (
        SourceReadRow.source_key == SourceStateRow.source_key,
        SourceReadRow.stream == SourceStateRow.stream,
        SourceReadRow.read_at <= known_at,
    )
    tried = select(func.max(SourceReadRow.read_at)).where(*mine).correlate(SourceStateRow).scalar_subquery()
    newest = (
        select(SourceReadRow.id)
        .where(*mine, SourceReadRow.outcome == ReadOutcome.COMPLETED.value)
        .order_by(SourceReadRow.read_at.desc(), SourceReadRow.id.desc())
        .limit(1)
        .correlate(SourceStateRow)
        .scalar_subquery()
    )
    ended = aliased(SourceReadRow)
    rows = connection.execute(
        select(SourceStateRow.source_key, SourceStateRow.stream, ended.known_until, ended.read_at, tried)
        .select_from(SourceStateRow)
        .outerjoin(ended, ended.id == newest)
        .where(tried.is_not(None))
    )
    return {(key, stream): StreamRead(until or end, end, last) for key, stream, until, end, last in rows}


def known_until(connection: Connection, *, known_at: datetime) -> dict[str, datetime | None]:
    """How far each source is known at a moment: of several streams the one that lags most, None if one never ended."""
    found: dict[str, list[datetime | None]] = {}
    for (source_key, _), read in stream_reads(connection, known_at=known_at).items():
        found.setdefault(source_key, []).append(read.known_until)
    return {key: None if None in ends else min(end for end in ends if end) for key, ends in found.items()}


def source_states(connection: Connection, source_key: str | None = None) -> list[SourceStateRow]:
    """How each stream's last read went, by source and stream."""
    statement = select(SourceStateRow).order_by(SourceStateRow.source_key, SourceStateRow.stream)
    if source_key is not None:
        statement = statement.where(SourceStateRow.source_key == source_key)
    return [SourceStateRow(**row._mapping) for row in connection.execute(statement)]


def stream_states(connection: Connection, source_key: str) -> dict[str, dict[str, Any]]:
    """What each stream of a source remembers, for its next read; streams without memory are absent."""
    return {row.stream: row.state for row in source_states(connection, source_key) if row.state}


def key_map(connection: Connection, kind: str) -> dict[tuple[str, str], str]:
    """(source_key, the source's own key) to our key, for schools, services or systems."""
    statement = select(KeyMapRow.source_key, KeyMapRow.foreign_key, KeyMapRow.our_key).where(KeyMapRow.kind == kind)
    return {(source, foreign): ours for source, foreign, ours in connection.execute(statement)}


def milestone_baselines(connection: Connection, *, known_at: datetime) -> dict[str, date]:
    """The due date each milestone had when it was first stored: the plan is edited in place."""
    columns = FACTS.of(MilestoneSeen).table.c
    statement = (
        select(columns.milestone_key, columns.due_on)
        .where(columns.recorded_at <= known_at)
        .order_by(columns.recorded_at.desc(), columns.id.desc())
    )
    return {row.milestone_key: row.due_on for row in connection.execute(statement)}


def district_version(connection: Connection, content_hash: str) -> DistrictVersionRow | None:
    """The district folder's canonical JSON by its hash."""
    row = connection.execute(select(DistrictVersionRow).where(DistrictVersionRow.content_hash == content_hash)).first()
    return None if row is None else DistrictVersionRow(**row._mapping)
