"""Looks that another monitor made, each with its instant, run together to the intervals that the store keeps.

The same rule as for our own looks: equal states in a row are one interval, and a look later than one and a half
expected intervals after the last one begins a new interval, so that a monitor that was off leaves a gap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from firstbell.records import ObservationInterval, ServiceState

GAP_INTERVALS = 1.5


class Look(NamedTuple):
    """One look of another monitor: its instant, in seconds since 1970, what it saw, and a short code why."""

    at: float
    state: ServiceState
    reason: str = ""


class Watch(NamedTuple):
    """Whose looks they are: service, source, the place they were made from, and how often they are made."""

    service_key: str
    source_key: str
    vantage: str
    every_seconds: int


def intervals(watch: Watch, looks: Iterable[Look]) -> Iterator[ObservationInterval]:
    """The intervals of looks in order of time."""
    first: Look | None = None
    last, count = 0.0, 0
    for look in looks:
        if first is not None and look[1:] == first[1:] and look.at - last <= GAP_INTERVALS * watch.every_seconds:
            last, count = look.at, count + 1
            continue
        if first is not None:
            yield interval(watch, first, last, count)
        first, last, count = look, look.at, 1
    if first is not None:
        yield interval(watch, first, last, count)


def interval(watch: Watch, first: Look, last: float, count: int) -> ObservationInterval:
    """`count` equal looks from the first one's instant to `last`."""
    return ObservationInterval(
        service_key=watch.service_key,
        source_key=watch.source_key,
        vantage=watch.vantage,
        state=first.state,
        first_at=moment(first.at),
        last_at=moment(last),
        count=count,
        expected_interval_seconds=watch.every_seconds,
        reason=first.reason,
    )


def usual_seconds(instants: Sequence[float], otherwise: int) -> int:
    """The most frequent time between two looks in order of time, for monitors that do not tell how often they look."""
    steps = Counter(round(after - before) for before, after in pairwise(instants))
    most = max(steps.items(), key=lambda one: (one[1], one[0]), default=(otherwise, 0))[0]
    return max(most, 1)


def moment(seconds: float) -> datetime:
    """The instant of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
