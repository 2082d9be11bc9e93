"""When everything in the sample district happens: all dates are counted from the day of the demo.

The demo must look right on any day of the year, so the school year is laid around that day: classes began about
twelve weeks ago, a meeting comes in about six days and the last one was about four weeks ago.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import count
from zoneinfo import ZoneInfo

from firstbell.calendar import ClosedDays, SchoolCalendar, SchoolYear
from firstbell.clock import require_aware
from firstbell.intervals import local_moment

ZONE = ZoneInfo("America/Chicago")
YEAR_DAYS = 285
MEETING_EVERY = timedelta(weeks=5)
MEETING_AT = time(15, 30)
SEND_DAYS = 8
DRAFT_DAYS = 11
WATCHED = timedelta(weeks=10)
"""How long Firstbell is said to have run here."""


@dataclass(frozen=True)
class Timeline:
    """The dates of the sample district as seen from one moment."""

    now: datetime

    def __post_init__(self) -> None:
        require_aware(self.now, "now")

    @cached_property
    def today(self) -> date:
        """The district's date."""
        return self.now.astimezone(ZONE).date()

    @cached_property
    def first_day(self) -> date:
        """The first day of classes, a Monday twelve weeks ago."""
        return monday(self.today) - timedelta(weeks=12)

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=YEAR_DAYS - 1)

    @cached_property
    def years(self) -> tuple[SchoolYear, SchoolYear]:
        """Last school year and this one, named after the years they began in."""
        begins = self.first_day.year
        return _year(self.first_day - timedelta(weeks=52), begins - 1), _year(self.first_day, begins)

    @cached_property
    def closed(self) -> tuple[ClosedDays, ...]:
        """Days without school; none of them is a day on which the team meets."""

        def days(name: str, first: int, last: int) -> ClosedDays:
            return ClosedDays(
                name=name,
                first_on=self.first_day + timedelta(days=first),
                last_on=self.first_day + timedelta(days=last),
            )

        return (
            days("Staff development day", 18, 18),
            days("Autumn break", 45, 46),
            days("Winter break", 112, 123),
            days("Spring break", 203, 207),
        )

    @cached_property
    def calendar(self) -> SchoolCalendar:
        """The calendar for the generators; the district's own is read from its folder."""
        return SchoolCalendar(zone=ZONE, years=self.years, closed=self.closed)

    @cached_property
    def fiscal_year(self) -> tuple[date, date]:
        """First and last day of the fiscal year: it began with the month of 146 days ago, so two fifths are over."""
        first = (self.today - timedelta(days=146)).replace(day=1)
        return first, first.replace(year=first.year + 1) - timedelta(days=1)

    @cached_property
    def next_meeting_on(self) -> date:
        """The first weekday at least six days ahead, so that draft and packet are both due today."""
        return next(day for ahead in count(6) if (day := self.day(ahead)).weekday() < 5)

    @property
    def previous_meeting_on(self) -> date:
        return self.next_meeting_on - MEETING_EVERY

    @cached_property
    def previous_sent_at(self) -> datetime:
        """When the packet of the previous meeting went out."""
        day = self.calendar.minus_days_skipping_closed(self.previous_meeting_on, SEND_DAYS)
        return local_moment(day, time(6), ZONE)

    @property
    def watched_since(self) -> datetime:
        """When Firstbell looked at this district for the first time."""
        return local_moment(self.today - WATCHED, time(6), ZONE)

    def day(self, offset: int) -> date:
        """Today and so many days; below 0 for the past."""
        return self.today + timedelta(days=offset)

    def weekday(self, offset: int) -> date:
        """As `day`, moved to the Friday before where it falls on a weekend: what people promise for."""
        day = self.day(offset)
        return day - timedelta(days=max(0, day.weekday() - 4))

    def class_day(self, back: int) -> date:
        """The newest day of classes at least `back` days ago."""
        return next(day for more in count(back) if self.calendar.is_instruction_day(day := self.day(-more)))

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """A local time of a day, in UTC."""
        return local_moment(day, time(hour, minute), ZONE)

    def meetings_before(self) -> list[date]:
        """The meetings of this school year up to the previous one, the newest first."""
        days = (self.next_meeting_on - MEETING_EVERY * back for back in count(1))
        return [next(days) for _ in range(3)]


def _year(first: date, begins: int) -> SchoolYear:
    name = f"{begins}-{(begins + 1) % 100:02}"
    return SchoolYear(name=name, first_on=first, last_on=first + timedelta(days=YEAR_DAYS - 1))


def monday(day: date) -> date:
    """The Monday of that week."""
    return day - timedelta(days=day.weekday())
