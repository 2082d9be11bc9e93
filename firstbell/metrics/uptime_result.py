"""What a period was like for a service or a group, and each of its days."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from firstbell.intervals import Window, Windows, local_dates, local_day, union
from firstbell.metrics.uptime_accounting import ErrorBudget, availability
from firstbell.metrics.uptime_latency import LatencyFigures
from firstbell.metrics.uptime_outages import OutageFigures
from firstbell.metrics.uptime_seconds import PARTS, Seconds
from firstbell.metrics.uptime_timeline import Timeline
from firstbell.periods import Period
from firstbell.policies import SlaPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfService:
    """One local day of a service within its agreed hours; `availability` None where too little was watched."""

    on: date
    seconds: Seconds
    availability: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceResult:
    """What a period was like for a service, or for a group, which has `members`.

    `seconds` are those within the agreed hours of `over`, the part of the period that had passed and in which it was
    under watch; `always` the same around the clock. `availability` is what users felt, `own_availability` leaves out
    what a service it depends on answers for; both are None with a `refusal`. `students` is the enrolment it serves,
    `student_minutes` minutes of class in which it was down times these; None where nobody counts them. `latency` is
    over the whole of `over`, None for a group. Under which rules all this was counted says `policy`: print its name,
    valid_from and hash.
    """

    key: str
    period: Period
    over: Window
    agreed_hours: str
    policy: SlaPolicy
    seconds: Seconds
    always: Seconds
    outages: OutageFigures
    class_seconds_down: float
    availability: float | None = None
    own_availability: float | None = None
    refusal: str = ""
    budget: ErrorBudget | None = None
    students: int | None = None
    latency: LatencyFigures | None = None
    members: tuple[str, ...] = ()
    days: tuple[DayOfService, ...] = ()

    @property
    def coverage(self) -> float | None:
        """Share of the agreed time that was watched."""
        return self.seconds.coverage

    @property
    def student_minutes(self) -> float | None:
        """Minutes of class in which it was down, times the pupils it serves; None for a group.

        Whom a group's down time reached differs from member to member.
        """
        return None if self.students is None or self.members else self.class_seconds_down / 60 * self.students


def days_of(line: Timeline, policy: SlaPolicy, zone: ZoneInfo) -> tuple[DayOfService, ...]:
    """A timeline day by local day; their seconds add up to those of the whole timeline."""
    over = union([*line.over, *line.maintenance])
    if not over:
        return ()
    days, edges = _days_and_edges(Window(over[0].start, over[-1].end), zone)
    parts = {part: _by_day(getattr(line, part), edges) for part in PARTS}
    roots = {root: _by_day(windows, edges) for root, windows in line.attributed.items()}
    found = []
    for place, day in enumerate(days):
        attributed = {root: lengths[place] for root, lengths in roots.items() if lengths[place]}
        seconds = Seconds(**{part: lengths[place] for part, lengths in parts.items()}, attributed=attributed)
        if seconds.total > 0:
            found.append(DayOfService(on=day, seconds=seconds, availability=availability(seconds, policy)))
    return tuple(found)


@lru_cache(maxsize=64)
def _days_and_edges(window: Window, zone: ZoneInfo) -> tuple[Sequence[date], Sequence[datetime]]:
    """The local days that a window touches, and their midnights with that after the last: most services share them."""
    days = tuple(local_dates(window, zone))
    return days, (*(local_day(day, zone).start for day in days), local_day(days[-1], zone).end)


def _by_day(windows: Windows, edges: Sequence[datetime]) -> Sequence[float]:
    """The seconds of windows that lie between each two edges; all of them lie between the first and the last."""
    lengths = [timedelta()] * (len(edges) - 1)
    for window in windows:
        start, place = window.start, bisect_right(edges, window.start) - 1
        while start < window.end:
            end = min(window.end, edges[place + 1])
            lengths[place] += end - start
            start, place = end, place + 1
    return [length.total_seconds() for length in lengths]


def weighted_days(shares: Sequence[tuple[ServiceResult, float]], policy: SlaPolicy) -> tuple[DayOfService, ...]:
    """The members' days added up by their shares."""
    found: dict[date, Seconds] = {}
    for one, share in shares:
        for day in one.days:
            found[day.on] = found.get(day.on, Seconds()) + day.seconds.times(share)
    return tuple(
        DayOfService(on=on, seconds=seconds, availability=availability(seconds, policy))
        for on, seconds in sorted(found.items())
    )
