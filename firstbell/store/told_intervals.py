"""Keeping intervals that another monitor tells, read again and again with overlaps.

Where the store and the newest reading say the same, nothing is written twice; where they differ, the newest reading
is believed for the time it covers. What was known before stays known from its own moment on: a stored interval is
never lengthened, the rest comes beside it with the moment of its own reading.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from firstbell.clock import AHEAD_TOLERANCE, is_ahead, require_aware
from firstbell.records import ObservationInterval, ServiceState
from firstbell.store.batches import fetch_rows, insert_rows, moment_of, run_many, stamper
from firstbell.store.errors import StoreError
from firstbell.store.models import IntervalRow
from firstbell.store.observations import GAP_INTERVALS
from firstbell.store.save import SaveCounts, serialise

Place = tuple[str, str]
"""A vantage and a service."""

_HERE = "source_key = ? AND vantage = ? AND service_key = ?"
_TOLD = "id, state, reason, first_at, last_at, count, expected_interval_seconds, recorded_at"
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


@dataclass(frozen=True, slots=True)
class _Kept:
    """An interval with since when it is known; `id` None when it is not stored yet."""

    id: int | None
    what: ObservationInterval
    recorded_at: datetime


@dataclass(slots=True)
class _Line:
    """One place's intervals around what is told, in order of time, and which stored ones have to go."""

    kept: list[_Kept]
    gone: list[int] = field(default_factory=list)

    @property
    def new(self) -> list[_Kept]:
        return [one for one in self.kept if one.id is None]


def take_intervals(
    connection: Connection, source_key: str, intervals: Iterable[ObservationInterval], recorded_at: datetime
) -> SaveCounts:
    """Keep what a monitor tells of services, in any order and as often as it tells it; returns how many were new.

    `unchanged` counts intervals that are known already, `changed` those that replace or cut something stored. Looks
    ahead of `recorded_at` are left out: nobody can have made them yet. Raises StoreError for an interval that ends
    before it begins.
    """
    serialise(connection, source_key)
    recorded_at = require_aware(recorded_at, "recorded_at")
    places: defaultdict[Place, list[ObservationInterval]] = defaultdict(list)
    for one in intervals:
        if one.last_at < one.first_at or one.count < 1:
            raise StoreError(f"What {source_key} tells of {one.service_key} ends before it begins; correct its times.")
        if not is_ahead(one.first_at, recorded_at):
            been = _cut(one, recorded_at + AHEAD_TOLERANCE) if is_ahead(one.last_at, recorded_at) else one
            places[one.vantage, one.service_key].append(replace(been, source_key=source_key))
    counts = SaveCounts()
    lines: dict[Place, _Line] = {}
    for place, told in places.items():
        line = _Line(_near(connection, source_key, place, told))
        for one in sorted(told, key=lambda each: (each.first_at, each.last_at)):
            counts += _take(line, one, recorded_at)
        if line.gone or line.new:
            lines[place] = line
    _write(connection, source_key, lines)
    return counts


def _near(connection: Connection, source_key: str, place: Place, told: Sequence[ObservationInterval]) -> list[_Kept]:
    """The stored intervals that the told ones can touch: those that begin among them and the one before."""
    stamp = stamper(connection)
    start, end = stamp(min(one.first_at for one in told)), stamp(max(one.last_at for one in told))
    here = (source_key, *place)
    asked = f"SELECT {_TOLD} FROM observation_interval WHERE {_HERE} AND first_at "  # noqa: S608 - words of ours
    before = fetch_rows(connection, f"{asked}< ? ORDER BY first_at DESC LIMIT 1", (*here, start))
    within = fetch_rows(connection, f"{asked}>= ? AND first_at <= ? ORDER BY first_at", (*here, start, end))
    vantage, service = place
    return [
        _Kept(
            row_id,
            ObservationInterval(
                service_key=service,
                source_key=source_key,
                vantage=vantage,
                state=ServiceState(state),
                first_at=moment_of(first),
                last_at=moment_of(last),
                count=count,
                expected_interval_seconds=expected,
                reason=reason,
            ),
            moment_of(recorded),
        )
        for row_id, state, reason, first, last, count, expected, recorded in (*before, *within)
    ]


def _take(line: _Line, told: ObservationInterval, recorded_at: datetime) -> SaveCounts:
    """Put one interval beside, after or instead of what is known of its time."""
    for one in line.kept:
        known = one.what
        if not _same(known, told) or not known.first_at <= told.first_at <= _reach(known):
            continue
        if told.last_at <= known.last_at:
            return SaveCounts(unchanged=1)
        told = _after(told, known.last_at)
    over = [one for one in line.kept if one.what.last_at >= told.first_at and one.what.first_at <= told.last_at]
    line.gone += [one.id for one in over if one.id is not None]
    left = [one for one in line.kept if one not in over]
    parts = [_Kept(None, part, one.recorded_at) for one in over for part in _outside(one.what, told)]
    line.kept = sorted([*left, *parts, _Kept(None, told, recorded_at)], key=lambda one: one.what.first_at)
    return SaveCounts(changed=1) if over else SaveCounts(new=1)


def _same(known: ObservationInterval, told: ObservationInterval) -> bool:
    return (known.state, known.reason, known.expected_interval_seconds) == (
        told.state,
        told.reason,
        told.expected_interval_seconds,
    )


def _reach(known: ObservationInterval) -> datetime:
    """Until when a following look goes on where the interval ends."""
    return known.last_at + timedelta(seconds=GAP_INTERVALS * known.expected_interval_seconds)


def _after(told: ObservationInterval, known: datetime) -> ObservationInterval:
    """The part of an interval that comes after what is known of it: from its first look later than `known`."""
    if told.first_at > known:
        return told
    if told.count == 1:
        return replace(told, first_at=told.last_at)
    step = (told.last_at - told.first_at) / (told.count - 1)
    passed = (known - told.first_at) // step + 1
    first_at = min(told.first_at + step * passed, told.last_at)
    return replace(told, first_at=first_at, count=max(told.count - passed, 1))


def _outside(known: ObservationInterval, told: ObservationInterval) -> Iterator[ObservationInterval]:
    """What is left of an interval before and after the told one."""
    if known.first_at < told.first_at:
        yield _cut(known, told.first_at)
    if known.last_at > told.last_at and known.count > 1:
        yield _after(known, told.last_at)


def _cut(known: ObservationInterval, end: datetime) -> ObservationInterval:
    """The looks of an interval that came before `end`."""
    if known.count == 1:
        return replace(known, last_at=min(known.last_at, end))
    step = (known.last_at - known.first_at) / (known.count - 1)
    looks = min(-((known.first_at - end) // step), known.count)
    return replace(known, last_at=known.first_at + step * (looks - 1), count=looks)


def _write(connection: Connection, source_key: str, lines: dict[Place, _Line]) -> None:
    """Write what changed, and mark the newest interval of each place, which queries seek by."""
    stamp = stamper(connection)
    gone = [(row_id,) for line in lines.values() for row_id in line.gone]
    run_many(connection, "DELETE FROM observation_interval WHERE id = ?", gone)
    rows = [_values(source_key, one, stamp) for line in lines.values() for one in line.new]
    insert_rows(connection, IntervalRow.metadata.tables["observation_interval"], _COLUMNS, rows)
    here = [(source_key, *place) for place in lines]
    run_many(
        connection,
        f"UPDATE observation_interval SET is_tail = ? WHERE {_HERE} AND is_tail",  # noqa: S608 - words of ours
        [(False, *one) for one in here],
    )
    run_many(
        connection,
        f"UPDATE observation_interval SET is_tail = ? WHERE {_HERE} AND first_at = "  # noqa: S608
        f"(SELECT max(first_at) FROM observation_interval WHERE {_HERE})",
        [(True, *one, *one) for one in here],
    )


def _values(source_key: str, one: _Kept, stamp: Callable[[datetime], Any]) -> tuple[Any, ...]:
    what = one.what
    return (
        source_key,
        what.vantage,
        what.service_key,
        what.state.value,
        what.reason,
        stamp(what.first_at),
        stamp(what.last_at),
        what.count,
        what.expected_interval_seconds,
        stamp(one.recorded_at),
        False,
    )
