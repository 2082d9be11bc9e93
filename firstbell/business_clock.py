"""Business time between instants, for the many questions that a year of tickets asks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime
from itertools import accumulate
from zoneinfo import ZoneInfo

from firstbell.intervals import Windows


class BusinessClock:
    """Business time between instants, by prefix sums over opening windows: each question costs one bisection.

    It knows only the windows and dates it was built from; time outside them counts nothing.
    """

    def __init__(self, openings: Windows, dates: Sequence[date], zone: ZoneInfo) -> None:
        self._starts = [window.start.timestamp() for window in openings]
        self._lengths = [window.seconds for window in openings]
        self._before = [0.0, *accumulate(self._lengths)]
        self._dates = list(dates)
        self._zone = zone

    def seconds(self, start: datetime, end: datetime) -> float:
        """Seconds of business time in [start, end); negative when `end` comes first."""
        return self._elapsed(end) - self._elapsed(start)

    def hours(self, start: datetime, end: datetime) -> float:
        """The same in hours."""
        return self.seconds(start, end) / 3600

    def days(self, start: datetime, end: datetime) -> int:
        """How many business days began after the local date of `start`, up to and with the date of `end`."""
        return bisect_right(self._dates, self._local(end)) - bisect_right(self._dates, self._local(start))

    def _local(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()

    def _elapsed(self, moment: datetime) -> float:
        stamp = moment.timestamp()
        index = bisect_right(self._starts, stamp) - 1
        if index < 0:
            return 0.0
        return self._before[index] + min(stamp - self._starts[index], self._lengths[index])
