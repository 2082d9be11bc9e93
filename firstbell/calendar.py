"""The district's year as stretches of time: class hours, service hours, business hours, and when meetings fall.

Everything here is plain data and arithmetic. Public holidays arrive as closed days; nothing is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from firstbell.business_clock import BusinessClock
from firstbell.clock import require_aware
from firstbell.intervals import Window, Windows, difference, local_dates, local_day, local_moment, union
from firstbell.policies import content_hash
from firstbell.recurrence import CalendarError, planned_starts

Hours = tuple[tuple[time, time], ...]
"""The opening hours of one day, as local wall-clock times, [opens, closes)."""

Week = Mapping[int, Hours]
"""Opening hours by weekday, 0 for Monday. A weekday that is not named is closed."""

HOURS = ("school", "testing", "service", "breaks", "other", "all")
"""Names of hours: of class, of tests, when services are expected to work, days of breaks, all but class, always."""


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
class Term:
    """A term or semester, first to last day, both included."""

    name: str
    first_on: date
    last_on: date

    def __contains__(self, day: date) -> bool:
        return self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamDays:
    """A testing window: its days, both included, and the hours of them in which pupils sit a test.

    Hours of None are those of class. Only days on which classes are held count.
    """

    name: str
    first_on: date
    last_on: date
    hours: tuple[time, time] | None = None

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
    terms: tuple[Term, ...] = ()
    testing: tuple[ExamDays, ...] = ()
    fiscal_year_starts: str = "07-01"

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

    def is_break(self, day: date) -> bool:
        """True on a closed day within a school year; not in the summer, which belongs to no year."""
        return self.is_closed(day) and self.school_year_of(day) is not None

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

    def hours(self, name: str, window: Window) -> Windows:
        """The hours of a name within the window: one of HOURS. Raises CalendarError for any other name."""
        if name == "school":
            return self.instruction(window)
        if name == "service":
            return self.service_hours(window)
        if name == "testing":
            return self._openings(window, self._testing_hours)
        if name == "breaks":
            closed = (local_day(day, self.zone) for day in local_dates(window, self.zone) if self.is_break(day))
            return union(part for day in closed if (part := day.clipped(window)) is not None)
        if name == "other":
            return difference(union([window]), self.instruction(window))
        if name == "all":
            return union([window])
        raise CalendarError(f"no hours have that name; choose one of {', '.join(HOURS)}")

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

    def _testing_hours(self, day: date) -> Hours:
        classes = self._class_hours(day)
        tests = [days for days in self.testing if day in days] if classes else []
        return tuple(hours for days in tests for hours in ((days.hours,) if days.hours else classes))

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
