"""Keeping intervals that another monitor tells, read again and again with overlaps.

Where the store and the newest reading say the same, nothing is written twice; where they differ, the newest reading
is believed for the time it covers. What was known before stays known from its own moment on: a stored interval is
never lengthened, the rest comes beside it with the moment of its own reading.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from firstbell.clock import require_aware
from firstbell.records import ObservationInterval, ServiceState
from firstbell.store.errors import StoreError
from firstbell.store.models import IntervalRow
from firstbell.store.observations import GAP_INTERVALS
from firstbell.store.save import SaveCounts, serialise

Place = tuple[str, str]
"""A vantage and a service."""


def take_intervals(
    connection: Connection, source_key: str, intervals: Iterable[ObservationInterval], recorded_at: datetime
) -> SaveCounts:
    """Keep what a monitor tells of services, in any order and as often as it tells it; returns how many were new.

    `unchanged` counts intervals that are known already, `changed` those that replace or cut something stored. Raises
    StoreError for an interval that ends before it begins, or that belongs to another source.
    """
    serialise(connection, source_key)
    recorded_at = require_aware(recorded_at, "recorded_at")
    places: defaultdict[Place, list[ObservationInterval]] = defaultdict(list)
    for one in intervals:
        if one.last_at < one.first_at or one.count < 1:
            raise StoreError(f"What {source_key} tells of {one.service_key} ends before it begins; correct its times.")
        places[one.vantage, one.service_key].append(replace(one, source_key=source_key))
    counts = SaveCounts()
    for place, told in places.items():
        for one in sorted(told, key=lambda each: (each.first_at, each.last_at)):
            counts += _take(connection, one, recorded_at)
        _mark_tail(connection, source_key, place)
    return counts


def _take(connection: Connection, told: ObservationInterval, recorded_at: datetime) -> SaveCounts:
    """Keep one interval beside, after or instead of what is stored of its time."""
    for row in _near(connection, told):
        if not _same(row, told) or not row.first_at <= told.first_at <= _reach(row):
            continue
        if told.last_at <= row.last_at:
            return SaveCounts(unchanged=1)
        told = _after(told, row.last_at)
    over = [row for row in _near(connection, told) if row.last_at >= told.first_at and row.first_at <= told.last_at]
    if over:
        connection.execute(delete(IntervalRow).where(IntervalRow.id.in_([row.id for row in over])))
    kept = [part for row in over for part in _outside(row, told)]
    _insert(connection, [*kept, _values(told, recorded_at)])
    return SaveCounts(changed=1) if over else SaveCounts(new=1)


def _near(connection: Connection, told: ObservationInterval) -> Sequence[IntervalRow]:
    """The stored intervals that the told one can touch, in order: those that begin within it and the one before."""
    here = (
        IntervalRow.source_key == told.source_key,
        IntervalRow.vantage == told.vantage,
        IntervalRow.service_key == told.service_key,
    )
    by_time = IntervalRow.first_at
    everything = select(IntervalRow.__table__).where(*here)
    before = connection.execute(everything.where(by_time < told.first_at).order_by(by_time.desc()).limit(1)).all()
    within = everything.where(by_time >= told.first_at, by_time <= told.last_at).order_by(by_time)
    return [*before, *connection.execute(within).all()]  # type: ignore[list-item]  # rows with the table's columns


def _same(row: IntervalRow, told: ObservationInterval) -> bool:
    """Whether a stored interval saw what the told one saw."""
    seen = (row.state, row.reason, row.expected_interval_seconds)
    return seen == (told.state.value, told.reason, told.expected_interval_seconds)


def _reach(row: IntervalRow) -> datetime:
    """Until when a following look goes on where the stored interval ends."""
    return row.last_at + timedelta(seconds=GAP_INTERVALS * row.expected_interval_seconds)


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


def _outside(row: IntervalRow, told: ObservationInterval) -> list[dict[str, object]]:
    """What is left of a stored interval before and after the told one, with the moment it has been known since."""
    stored = _record(row)
    parts = []
    if row.first_at < told.first_at:
        parts.append(_cut(stored, row.first_at, told.first_at))
    if row.last_at > told.last_at and row.count > 1:
        parts.append(_after(stored, told.last_at))
    return [_values(part, row.recorded_at) for part in parts]


def _cut(stored: ObservationInterval, first_at: datetime, end: datetime) -> ObservationInterval:
    """The looks of an interval that came before `end`."""
    if stored.count == 1:
        return stored
    step = (stored.last_at - stored.first_at) / (stored.count - 1)
    looks = min(-((first_at - end) // step), stored.count)
    return replace(stored, last_at=first_at + step * (looks - 1), count=looks)


def _record(row: IntervalRow) -> ObservationInterval:
    return ObservationInterval(
        service_key=row.service_key,
        source_key=row.source_key,
        vantage=row.vantage,
        state=ServiceState(row.state),
        first_at=row.first_at,
        last_at=row.last_at,
        count=row.count,
        expected_interval_seconds=row.expected_interval_seconds,
        reason=row.reason,
    )


def _values(one: ObservationInterval, recorded_at: datetime) -> dict[str, object]:
    return {
        "source_key": one.source_key,
        "vantage": one.vantage,
        "service_key": one.service_key,
        "state": one.state.value,
        "reason": one.reason,
        "first_at": one.first_at,
        "last_at": one.last_at,
        "count": one.count,
        "expected_interval_seconds": one.expected_interval_seconds,
        "recorded_at": recorded_at,
        "is_tail": False,
    }


def _insert(connection: Connection, rows: Sequence[dict[str, object]]) -> None:
    connection.execute(insert(IntervalRow), rows)


def _mark_tail(connection: Connection, source_key: str, place: Place) -> None:
    """Mark the newest interval of a place, which queries seek by."""
    vantage, service = place
    here = (IntervalRow.source_key == source_key, IntervalRow.vantage == vantage, IntervalRow.service_key == service)
    connection.execute(update(IntervalRow).where(*here, IntervalRow.is_tail).values(is_tail=False))
    newest = select(IntervalRow.id).where(*here).order_by(IntervalRow.first_at.desc()).limit(1).scalar_subquery()
    connection.execute(update(IntervalRow).where(IntervalRow.id == newest).values(is_tail=True))
