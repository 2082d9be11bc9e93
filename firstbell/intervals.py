"""Half-open stretches of time and their arithmetic: the ground under every figure that has a denominator.

A `Window` is [start, end) in aware UTC. A `Windows` value is a tuple of windows that is sorted, disjoint and free of
empty or touching members; every function here returns that normal form, so results can be compared with `==`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from firstbell.clock import require_aware


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """A half-open stretch of time, [start, end). Both ends are aware and kept in UTC; end is not before start."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        # A school year makes hundreds of thousands of windows, nearly all of them in UTC already.
        if self.start.tzinfo is not UTC:
            object.__setattr__(self, "start", require_aware(self.start, "start"))
        if self.end.tzinfo is not UTC:
            object.__setattr__(self, "end", require_aware(self.end, "end"))
        if self.end < self.start:
            raise ValueError("a window cannot end before it starts")

    @property
    def seconds(self) -> float:
        """Elapsed seconds, counted in UTC, so a local day may have 23 or 25 hours."""
        return (self.end - self.start).total_seconds()

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end

    def clipped(self, other: Window) -> Window | None:
        """The part that lies inside `other`, or None where they do not overlap."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        if start >= end:
            return None
        return self if (start, end) == (self.start, self.end) else Window(start, end)


Windows = tuple[Window, ...]
_NO_TIME = timedelta()


def union(windows: Iterable[Window]) -> Windows:
    """All the time that any of the windows covers, in normal form.

    >>> from datetime import datetime, UTC
    >>> hour = lambda h: datetime(2026, 9, 1, h, tzinfo=UTC)
    >>> [w.seconds for w in union([Window(hour(8), hour(9)), Window(hour(9), hour(10))])]
    [7200.0]
    """
    merged: list[Window] = []
    for window in sorted((w for w in windows if w.start < w.end), key=lambda w: (w.start, w.end)):
        if merged and window.start <= merged[-1].end:
            if window.end > merged[-1].end:
                merged[-1] = Window(merged[-1].start, window.end)
        else:
            merged.append(window)
    return tuple(merged)


def intersection(left: Windows, right: Windows) -> Windows:
    """The time that both sides cover. Both must be in normal form; one pass over each."""
    if not left or not right:
        return ()
    shared: list[Window] = []
    i, j = _first_beyond(left, right), _first_beyond(right, left)
    while i < len(left) and j < len(right):
        one, other = left[i], right[j]
        if one.end <= other.start:
            i += 1
            continue
        if other.end <= one.start:
            j += 1
            continue
        # Most often one lies within the other; a report of a year makes half a million of these.
        inner = one if one.start >= other.start else other
        outer = other if inner is one else one
        shared.append(inner if inner.end <= outer.end else Window(inner.start, outer.end))
        if one.end <= other.end:
            i += 1
        else:
            j += 1
    return tuple(shared)


def _first_beyond(windows: Windows, others: Windows) -> int:
    """How many windows are over when the others begin; a day out of years of windows is found at once."""
    if windows[0].end > others[0].start:
        return 0
    return bisect_right(windows, others[0].start, key=attrgetter("end"))


def difference(left: Windows, right: Windows) -> Windows:
    """The time that `left` covers and `right` does not. Both must be in normal form."""
    rest: list[Window] = []
    j = 0
    for window in left:
        start = window.start
        while j < len(right) and right[j].end <= start:
            j += 1
        k = j
        while k < len(right) and right[k].start < window.end:
            if right[k].start > start:
                rest.append(Window(start, right[k].start))
            start = max(start, right[k].end)
            k += 1
        if start < window.end:
            rest.append(Window(start, window.end))
    return tuple(rest)


def total_seconds(windows: Windows) -> float:
    """Seconds covered by windows in normal form."""
    return sum((window.end - window.start for window in windows), _NO_TIME).total_seconds() if windows else 0.0


def local_moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a local wall-clock time.

    A time that the spring change skips is moved forward by the gap; of a time that the autumn change repeats, the
    first is taken.
    """
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


def local_day(day: date, zone: ZoneInfo) -> Window:
    """One calendar day of the zone; 23 or 25 hours long on the days the clocks change."""
    return Window(local_moment(day, time(), zone), local_moment(day + timedelta(days=1), time(), zone))


def local_dates(window: Window, zone: ZoneInfo) -> Iterator[date]:
    """Every local date that the window touches, in order."""
    if window.start == window.end:
        return
    day = window.start.astimezone(zone).date()
    last = (window.end - timedelta(microseconds=1)).astimezone(zone).date()
    while day <= last:
        yield day
        day += timedelta(days=1)
