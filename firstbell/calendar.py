"""The district's year as stretches of time: class hours, service hours, business hours, and when meetings fall.

Everything here is plain data and arithmetic. Public holidays arrive as closed days; nothing is fetched.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from itertools import accumulate
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

from firstbell.clock import require_aware
from firstbell.errors import FirstbellError
from firstbell.intervals import Window, Windows, local_dates, local_moment, union
from firstbell.policies import content_hash

Hours = tuple[tuple[time, time], ...]
"""The opening hours of one day, as local wall-clock times, [opens, closes)."""

Week = Mapping[int, Hours]
"""Opening hours by weekday, 0 for Monday. A weekday that is not named is closed."""


class CalendarError(FirstbellError):
    """A calendar or a recurrence that cannot be worked out."""


_LATEST_IN_UTC = re.compile(r"UNTIL=(\d{8}T\d{6})Z")
_LATEST = re.compile(r"UNTIL=[^;\s]*;?", re.IGNORECASE)
_FREQUENCY = re.compile(r"FREQ=(\w+)", re.IGNORECASE)
_NO_STEP = re.compile(r"INTERVAL=(?!0*[1-9])", re.IGNORECASE)
_FREQUENCIES = frozenset({"YEARLY", "MONTHLY", "WEEKLY", "DAILY"})
_MOST_STARTS = 40_000
"""More than a century of days: a rule that gives more is no meeting's."""
_TRIED = timedelta(days=3660)
"""How long a rule is tried out: ten years, so that each month is met whatever the interval."""
_SAME_CALENDAR = 400
"""Years after which dates and weekdays repeat."""
_UNREADABLE = "a meeting's recurrence rule cannot be read; write it like FREQ=MONTHLY;BYDAY=1TH or list its dates"


def weekday_hours(opens: time, closes: time) -> Week:
    """The same hours from Monday to Friday."""
    return dict.fromkeys(range(5), ((opens, closes),))


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolYear:
    """One school year, first to last day of classes, both included."""

    name: str
    first_on: date
    last_on: date

    def __contains__(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedDays:
    """A holiday, a break or a snow day: all days from first to last, both included."""

    name: str
    first_on: date
    last_on: date

    def __contains__(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortDay:
    """A day of instruction that starts late or releases early; None keeps the usual time."""

    on: date
    name: str = ""
    starts_at: time | None = None
    ends_at: time | None = None

    def shorten(self, hours: Hours) -> Hours:
        """The hours that remain of the usual ones."""
        clipped = ((max(o, self.starts_at or o), min(c, self.ends_at or c)) for o, c in hours)
        return tuple((opens, closes) for opens, closes in clipped if opens < closes)


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHours:
    """When the help desk works: a week of hours and the days it is closed. A school break need not close it."""

    week: Week = field(default_factory=lambda: weekday_hours(time(8), time(16)))
    closed: tuple[ClosedDays, ...] = ()

    def on(self, day: date) -> Hours:
        """The opening hours of that day; empty when closed."""
        return () if any(day in days for days in self.closed) else self.week.get(day.weekday(), ())


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


@dataclass(frozen=True, kw_only=True)
class SchoolCalendar:
    """A district's calendar: school years, class hours, short and closed days, and the hours others keep.

    `service_week` says when services are expected to work (it may be wider than class hours, and goes on over
    the summer); it rests on closed days. `business` is the help desk's own calendar.
    """

    zone: ZoneInfo
    years: tuple[SchoolYear, ...]
    instruction_week: Week = field(default_factory=lambda: weekday_hours(time(8), time(15)))
    service_week: Week = field(default_factory=lambda: weekday_hours(time(6), time(17)))
    closed: tuple[ClosedDays, ...] = ()
    short_days: tuple[ShortDay, ...] = ()
    business: BusinessHours = field(default_factory=BusinessHours)

    @cached_property
    def hash(self) -> str:
        """Twelve hexadecimal digits that change when anything in the calendar changes."""
        return content_hash(asdict(self))[:12]

    def is_closed(self, day: date) -> bool:
        """True on holidays and breaks. Weekends are not closed days, they have no hours."""
        return any(day in days for days in self.closed)

    def school_year_of(self, day: date) -> SchoolYear | None:
        """The school year that the day lies in; None in the summer between two."""
        return next((year for year in self.years if day in year), None)

    def in_session(self, day: date) -> bool:
        """True within a school year outside its breaks; a weekend in term is in session."""
        return self.school_year_of(day) is not None and not self.is_closed(day)

    def is_instruction_day(self, day: date) -> bool:
        """True when classes are held that day."""
        return bool(self._class_hours(day))

    def is_business_day(self, day: date) -> bool:
        """True when the help desk opens that day."""
        return bool(self.business.on(day))

    def instruction(self, window: Window) -> Windows:
        """Class hours within the window."""
        return self._openings(window, self._class_hours)

    def service_hours(self, window: Window) -> Windows:
        """The hours within the window in which services are expected to work."""
        return self._openings(window, self._service_hours)

    def business_hours(self, window: Window) -> Windows:
        """The help desk's hours within the window."""
        return self._openings(window, self.business.on)

    def business_seconds(self, start: datetime, end: datetime) -> float:
        """Help desk seconds in [start, end), for one question; for many, ask `business_clock` once."""
        return sum(window.seconds for window in self.business_hours(Window(start, end)))

    def business_clock(self, window: Window) -> BusinessClock:
        """A clock that answers many questions about instants within the window."""
        days = [day for day in local_dates(window, self.zone) if self.is_business_day(day)]
        return BusinessClock(self.business_hours(window), days, self.zone)

    def minus_days_skipping_closed(self, day: date, days: int) -> date:
        """`days` calendar days before `day`; moved earlier still while that is a weekend or a closed day.

        Raises CalendarError when a whole year holds no working day.
        """
        sending = day - timedelta(days=days)
        for _ in range(366):
            if self.business.week.get(sending.weekday()) and not self.is_closed(sending):
                return sending
            sending -= timedelta(days=1)
        raise CalendarError("the calendar has no working day in a year; name business hours in district.yaml")

    def _class_hours(self, day: date) -> Hours:
        if not self.in_session(day):
            return ()
        usual = self.instruction_week.get(day.weekday(), ())
        short = next((short for short in self.short_days if short.on == day), None)
        return short.shorten(usual) if short else usual

    def _service_hours(self, day: date) -> Hours:
        return () if self.is_closed(day) else self.service_week.get(day.weekday(), ())

    def _openings(self, window: Window, hours_of: Callable[[date], Hours]) -> Windows:
        opened = (
            Window(local_moment(day, opens, self.zone), local_moment(day, closes, self.zone)).clipped(window)
            for day in local_dates(window, self.zone)
            for opens, closes in hours_of(day)
        )
        return union(part for part in opened if part is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """One meeting of a series. `original_start` is where the rule put it and survives a move."""

    original_start: datetime
    start: datetime
    end: datetime

    @property
    def moved(self) -> bool:
        """True when somebody put it to another time."""
        return self.start != self.original_start


Exceptions = Mapping[date, datetime | None]
"""By the local date on which the rule puts a meeting: its new start (aware), or None when it is cancelled."""


def meeting_key(series_key: str, occurrence: Occurrence) -> str:
    """The meeting's name for good: series and original start, so that a move does not make it another meeting."""
    return f"{series_key}/{occurrence.original_start:%Y-%m-%dT%H:%MZ}"


def series_of(key: str) -> str:
    """The series that a meeting's key names."""
    return key.rpartition("/")[0]


def original_start(key: str) -> datetime:
    """The original start that a meeting's key names.

    >>> original_start("tlt/2026-12-03T21:30Z").isoformat()
    '2026-12-03T21:30:00+00:00'
    """
    return datetime.strptime(key.rpartition("/")[2], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)


def occurrences(
    rule: str | Sequence[date],
    first_start: datetime,
    duration: timedelta,
    zone: ZoneInfo,
    window: Window,
    *,
    skip: Iterable[ClosedDays] = (),
    exceptions: Exceptions | None = None,
) -> list[Occurrence]:
    """The meetings of a series that start within the window, in order.

    `rule` is a recurrence rule (RFC 5545, such as "FREQ=MONTHLY;BYDAY=1TH") or the dates themselves. `first_start`
    is the first meeting in local wall-clock time, without a zone; the rule runs in that time, so 15:30 stays 15:30
    when the clocks change. A meeting on a day in `skip` falls away unless `exceptions` names it.

    Raises CalendarError for a rule that cannot be read.
    """
    changes = exceptions or {}
    closed = tuple(skip)
    # A meeting moved into the window may stem from outside it, so the rule runs over the exceptions' dates as well.
    local = [window.start.astimezone(zone).date(), window.end.astimezone(zone).date(), *changes]
    planned = planned_starts(rule, first_start, min(local), max(local), zone)
    found = []
    for wall in planned:
        day = wall.date()
        if day not in changes and any(day in days for days in closed):
            continue
        original = local_moment(day, wall.time(), zone)
        start = require_aware(moved, "moved") if (moved := changes.get(day)) else original
        if (moved is not None or day not in changes) and start in window:
            found.append(Occurrence(original_start=original, start=start, end=start + duration))
    return sorted(found, key=lambda one: (one.start, one.original_start))


def planned_starts(
    rule: str | Sequence[date], first_start: datetime, first_on: date, last_on: date, zone: ZoneInfo
) -> list[datetime]:
    """Wall-clock starts from `first_on` to `last_on`, both included. Raises CalendarError like `occurrences`."""
    if not isinstance(rule, str):
        return [datetime.combine(day, first_start.time()) for day in sorted(set(rule)) if first_on <= day <= last_on]
    first, last = datetime.combine(first_on, time.min), datetime.combine(last_on, time.max)
    return [start for start in _starts(read_rule(rule, first_start, zone), last) if start >= first]


def check_rule(rule: str, first_start: datetime) -> None:
    """Try a rule out over ten years from its first meeting in wall-clock time, whatever end it names.

    Raises CalendarError for a rule that cannot be read or worked out, and for one that never gives a date.
    """
    # A rule without a date is searched to the year 9999: the same calendar close to it makes that search short.
    years = (9999 - 60 - first_start.year) // _SAME_CALENDAR * _SAME_CALENDAR
    first = first_start.replace(year=first_start.year + years)
    endless = _LATEST.sub("", rule.strip()).rstrip(";")
    if not list(_starts(read_rule(endless, first), first + _TRIED)):
        raise CalendarError("a meeting's recurrence rule gives no date within ten years; write one that does")


def read_rule(rule: str, first_start: datetime, zone: tzinfo = UTC) -> rrule | rruleset:
    """A recurrence rule in wall-clock time; no meeting comes more often than daily. Raises CalendarError."""
    if not {found.upper() for found in _FREQUENCY.findall(rule)} <= _FREQUENCIES or _NO_STEP.search(rule):
        raise CalendarError(_UNREADABLE)
    try:
        text = _LATEST_IN_UTC.sub(lambda found: f"UNTIL={_wall_clock(found[1], zone):%Y%m%dT%H%M%S}", rule.strip())
        return rrulestr(text.removeprefix("RRULE:"), dtstart=first_start)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
        raise CalendarError(_UNREADABLE) from None


def _starts(parsed: rrule | rruleset, last: datetime) -> Iterator[datetime]:
    """What a rule gives up to a moment."""
    try:
        for given, start in enumerate(parsed):
            if start > last:
                return
            if given == _MOST_STARTS:
                raise CalendarError("a meeting's recurrence rule gives far too many dates; write at most one a day")
            yield start
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError):
        raise CalendarError(_UNREADABLE) from None


def _wall_clock(stamp: str, zone: tzinfo) -> datetime:
    return datetime.strptime(stamp, "%Y%m%dT%H%M%S").replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
