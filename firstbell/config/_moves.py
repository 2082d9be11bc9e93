"""Moves and cancellations in meetings.yaml that name a day on which their series never meets: slips of the pen.

Meetings that live in a shared calendar are not known while the folder is read, so moves of those are let pass.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from firstbell.config._document import Document
from firstbell.config.faults import Fault
from firstbell.config.team import LaterCadence, MeetingsFile, Series
from firstbell.recurrence import planned_starts

_NEAR = timedelta(days=400)


def moves_of_nothing(meetings: MeetingsFile, document: Document, zone: ZoneInfo) -> Iterator[Fault]:
    """Every entry of `moves` whose original day no cadence gives, with the nearest days that one does."""
    for place, series in enumerate(meetings.series):
        for number, move in enumerate(series.moves):
            days = _days_around(series, move.original, zone)
            if days is not None and move.original not in days:
                at = ("series", place, "moves", number, "original")
                yield document.fault(
                    at, f"names {move.original}, on which no meeting falls; {_near(days, move.original)}."
                )


def _days_around(series: Series, day: date, zone: ZoneInfo) -> set[date] | None:
    """The days that the series' cadences give, near a day; None where a shared calendar holds on it."""
    cadences: list[Series | LaterCadence] = [series, *series.later]
    begins = [date.min, *(cadence.starts for cadence in series.later)]
    days: set[date] = set()
    for cadence, first, end in zip(cadences, begins, [*begins[1:], date.max], strict=True):
        if cadence.ics and first <= day < end:
            return None
        days |= {one for one in _days_of(cadence, day, zone) if first <= one < end}
    return days


def _days_of(cadence: Series | LaterCadence, day: date, zone: ZoneInfo) -> set[date]:
    if cadence.recurrence is None:
        return {start.date() for start in cadence.dates}
    rule, first = cadence.recurrence.rule, cadence.recurrence.starts.replace(tzinfo=None)
    around = min(max(day, first.date()), date.max - _NEAR)
    return {start.date() for start in planned_starts(rule, first, around - _NEAR, around + _NEAR, zone)}


def _near(days: set[date], day: date) -> str:
    before = max((one for one in days if one < day), default=None)
    after = min((one for one in days if one > day), default=None)
    named = [str(one) for one in (before, after) if one is not None]
    return f"the nearest are {' and '.join(named)}" if named else "the series has none near it"
