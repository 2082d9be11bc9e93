"""Keeping looks at services for ever, run-length encoded, before any policy.

Successive looks of one service, source and vantage that saw the same become one interval. A look later than one and
a half expected intervals after the last one begins a new interval, so that a gap stays a gap.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, select

from firstbell.clock import require_aware
from firstbell.records import ServiceObservation, ServiceState
from firstbell.store.batches import fetch_rows, insert_rows, moment_of, run_many, stamper
from firstbell.store.latency import save_latencies
from firstbell.store.models import IntervalRow
from firstbell.store.save import save_facts, serialise

GAP_INTERVALS = 1.5
_COLUMNS = (
    "source_key",
    "vantage",
    "service_key",
    "state",
    "reason",
    "first_at",
    "last_at",
    "count",
    "expected_interval_seconds",
    "recorded_at",
    "is_tail",
)
_WORSE = {ServiceState.UNKNOWN: 0, ServiceState.UP: 1, ServiceState.DEGRADED: 2, ServiceState.DOWN: 3}

Place = tuple[str, str]
"""A vantage and a service."""


class _Look(NamedTuple):
    at: datetime
    state: str
    reason: str
    expected: int
    recorded_at: datetime


@dataclass(slots=True)
class _Tail:
    """An interval that may go on; `id` None when it is not stored yet."""

    id: int | None
    state: str
    reason: str
    last_at: datetime
    count: int
    expected: int

    def takes(self, look: _Look) -> bool:
        """Whether the look goes on where this interval ends."""
        return (
            self.state == look.state
            and self.reason == look.reason
            and self.expected == look.expected
            and (look.at - self.last_at).total_seconds() <= GAP_INTERVALS * self.expected
        )

    def add(self, look: _Look) -> None:
        """Go on with a look that this interval takes."""
        self.last_at = look.at
        self.count += 1


@dataclass(slots=True)
class _Run(_Tail):
    """A whole interval: one that begins now, or one that is taken apart to be mended."""

    first_at: datetime
    recorded_at: datetime

    def add(self, look: _Look) -> None:
        """Go on with a look that this interval takes; it is known since its earliest recorded look."""
        _Tail.add(self, look)
        self.recorded_at = min(self.recorded_at, look.recorded_at)


@dataclass(slots=True)
class _Changes:
    """What one save writes: intervals that grew, tails that are none any more, and new intervals."""

    grown: list[_Tail]
    ended: list[int]
    begun: list[tuple[Place, _Run, bool]]


def save_observations(
    connection: Connection, source_key: str, observations: Sequence[ServiceObservation], recorded_at: datetime
) -> int:
    """Add looks to their services' intervals; returns how many were not known before.

    Looks may come twice and in any order; of two different looks at the same instant the worse one counts. A look
    from before the last known one rebuilds the intervals around it. Since an interval keeps only its ends and its
    count, the looks within are then taken as evenly spaced, which is exact for a steady poller. Latencies go to
    hourly histograms, side findings (`controls`) to their own versions.
    """
    serialise(connection, source_key)
    tails = _tails(connection, source_key)
    changes = _Changes([], [], [])
    recorded_at = require_aware(recorded_at, "recorded_at")
    accepted: list[ServiceObservation] = []
    for place, seen in _told(observations):
        tail = tails.get(place)
        if tail is not None and seen[0].observed_at <= tail.last_at:
            accepted += _mend(connection, source_key, place, tail, seen, recorded_at)
        else:
            _extend(changes, place, tail, [_look(one, recorded_at) for one in seen])
            accepted += seen
    _write(connection, source_key, changes)
    save_latencies(connection, source_key, accepted)
    controls = [control for one in accepted for control in one.controls]
    if controls:
        save_facts(connection, source_key, controls, recorded_at)
    return len(accepted)


def _told(observations: Iterable[ServiceObservation]) -> Iterator[tuple[Place, list[ServiceObservation]]]:
    """The looks of each place in order of time, one for each instant. Mostly one a place: a list only while needed."""
    first: dict[Place, ServiceObservation] = {}
    more: defaultdict[Place, list[ServiceObservation]] = defaultdict(list)
    for one in observations:
        place = one.vantage, one.service_key
        if first.setdefault(place, one) is not one:
            more[place].append(one)
    for place, one in first.items():
        yield place, _in_order([one, *more[place]]) if place in more else [one]


def _in_order(seen: Iterable[ServiceObservation]) -> list[ServiceObservation]:
    best: dict[datetime, ServiceObservation] = {}
    for one in seen:
        other = best.get(one.observed_at)
        if other is None or _badness(one.state, one.reason) > _badness(other.state, other.reason):
            best[one.observed_at] = one
    return [best[at] for at in sorted(best)]


def _badness(state: str, reason: str) -> tuple[int, str]:
    return _WORSE[ServiceState(state)], reason


def _look(one: ServiceObservation, recorded_at: datetime) -> _Look:
    return _Look(one.observed_at, one.state.value, one.reason, one.expected_interval_seconds, recorded_at)


def _tails(connection: Connection, source_key: str) -> dict[Place, _Tail]:
    rows = fetch_rows(
        connection,
        "SELECT vantage, service_key, id, state, reason, last_at, count, expected_interval_seconds "
        "FROM observation_interval WHERE source_key = ? AND is_tail",
        (source_key,),
    )
    return {
        (vantage, service): _Tail(row_id, state, reason, moment_of(last), count, expected)
        for vantage, service, row_id, state, reason, last, count, expected in rows
    }


def _extend(changes: _Changes, place: Place, tail: _Tail | None, looks: Sequence[_Look]) -> None:
    """Append looks that are all later than the tail."""
    taken = 0
    while tail is not None and taken < len(looks) and tail.takes(looks[taken]):
        tail.add(looks[taken])
        taken += 1
    if tail is not None and taken:
        changes.grown.append(tail)
    if taken == len(looks):
        return
    runs = _encode(looks[taken:])
    if tail is not None and tail.id is not None:
        changes.ended.append(tail.id)
    changes.begun += [(place, run, run is runs[-1]) for run in runs]


def _encode(looks: Sequence[_Look]) -> list[_Run]:
    """The intervals of looks in order of time."""
    runs: list[_Run] = []
    for look in looks:
        if runs and runs[-1].takes(look):
            runs[-1].add(look)
        else:
            runs.append(_Run(None, look.state, look.reason, look.at, 1, look.expected, look.at, look.recorded_at))
    return runs


def _mend(
    connection: Connection,
    source_key: str,
    place: Place,
    tail: _Tail,
    seen: Sequence[ServiceObservation],
    recorded_at: datetime,
) -> list[ServiceObservation]:
    """Rebuild the intervals around looks from before the tail's end; returns the looks that were not known."""
    around = _around(connection, source_key, place, seen[0].observed_at, seen[-1].observed_at)
    known = {look.at: look for run in around for look in _decode(run)}
    new: list[ServiceObservation] = []
    for one in seen:
        if any(_repeats(run, one) for run in around):
            continue
        at = one.observed_at
        if at in known and _badness(known[at].state, known[at].reason) >= _badness(one.state, one.reason):
            continue
        known[at] = _look(one, recorded_at)
        new.append(one)
    if not new:
        return []
    old = [run.id for run in around]
    connection.execute(delete(IntervalRow).where(IntervalRow.id.in_(old)))
    runs = _encode([known[at] for at in sorted(known)])
    with_tail = tail.id in old
    changes = _Changes([], [], [(place, run, with_tail and run is runs[-1]) for run in runs])
    _write(connection, source_key, changes)
    return new


def _around(connection: Connection, source_key: str, place: Place, start: datetime, end: datetime) -> list[_Run]:
    """The intervals that looks in [start, end] can touch: those in it, two before and one after."""
    vantage, service = place
    here = (IntervalRow.source_key == source_key, IntervalRow.vantage == vantage, IntervalRow.service_key == service)
    statement = select(IntervalRow).where(*here)
    by_time = IntervalRow.first_at
    rows = [
        *connection.execute(statement.where(by_time <= start).order_by(by_time.desc()).limit(2)),
        *connection.execute(statement.where(by_time > start, by_time <= end)),
        *connection.execute(statement.where(by_time > end).order_by(by_time).limit(1)),
    ]
    return [
        _Run(
            row.id,
            row.state,
            row.reason,
            row.last_at,
            row.count,
            row.expected_interval_seconds,
            row.first_at,
            row.recorded_at,
        )
        for row in sorted(rows, key=lambda row: row.first_at)
    ]


def _decode(run: _Run) -> list[_Look]:
    """The looks of an interval, evenly spaced between its ends."""
    step = (run.last_at - run.first_at) / (run.count - 1) if run.count > 1 else timedelta()
    moments = [run.first_at + step * i for i in range(run.count - 1)]
    return [_Look(at, run.state, run.reason, run.expected, run.recorded_at) for at in (*moments, run.last_at)]


def _repeats(run: _Run, one: ServiceObservation) -> bool:
    """Whether a look is taken for one that the interval holds already: it lies within and saw the same."""
    return (
        run.first_at <= one.observed_at <= run.last_at
        and run.state == one.state
        and run.reason == one.reason
        and run.expected == one.expected_interval_seconds
    )


def _write(connection: Connection, source_key: str, changes: _Changes) -> None:
    stamp = stamper(connection)
    run_many(
        connection,
        "UPDATE observation_interval SET last_at = ?, count = ? WHERE id = ?",
        [(stamp(run.last_at), run.count, run.id) for run in changes.grown],
    )
    run_many(
        connection,
        "UPDATE observation_interval SET is_tail = ? WHERE id = ?",
        [(False, row_id) for row_id in changes.ended],
    )
    rows: list[tuple[Any, ...]] = [
        (
            source_key,
            *place,
            run.state,
            run.reason,
            stamp(run.first_at),
            stamp(run.last_at),
            run.count,
            run.expected,
            stamp(run.recorded_at),
            is_tail,
        )
        for place, run, is_tail in changes.begun
    ]
    insert_rows(connection, IntervalRow.metadata.tables["observation_interval"], _COLUMNS, rows)
