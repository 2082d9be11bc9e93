"""When everything in the sample district happens: all dates are counted from the day of the demo.

The demo must look right on any day of the year, so the school year is laid around that day: classes began about
twelve weeks ago, a meeting comes in about a week and the last one was about four weeks ago.
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
NEXT_MEETING_DAYS = range(6, 11)
"""How many days ahead the next meeting may be."""
SEND_DAYS = 10
DRAFT_DAYS = 11
OTHER_MEETINGS = (timedelta(weeks=5), timedelta(weeks=-5), timedelta(weeks=2), timedelta(weeks=10))
"""When else somebody meets, counted from the next meeting, the most visible first."""
HOLIDAYS = frozenset({(1, 1), (6, 19), (7, 3), (7, 4), (11, 11), (12, 24), (12, 25), (12, 31)})
"""Holidays with a fixed month and day, and the eves that are kept like them."""
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
        """A weekday six to ten days ahead, so that draft and packet are both due today.

        Of these the first on which it is no public holiday, and none at the meetings before and after it either.
        """
        days = [day for ahead in NEXT_MEETING_DAYS if (day := self.day(ahead)).weekday() < 5]
        return min(days, key=lambda day: [is_holiday(day), *(is_holiday(day + step) for step in OTHER_MEETINGS)])

    def network_days(self) -> list[date]:
        """The four district meetings of the schools' leaders in this school year, Thursdays but for a holiday."""
        days = (self.first_day + timedelta(days=days) for days in (17, 108, 178, 241))
        return [next(day for more in count() if not is_holiday(day := one - timedelta(days=more))) for one in days]

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


def is_holiday(day: date) -> bool:
    """Whether a weekday is one on which no school in the United States calls its people to a meeting."""
    if (day.month, day.day) in HOLIDAYS:
        return True
    week = (day.day + 6) // 7
    last_monday = day.weekday() == 0 and (day + timedelta(days=7)).month != day.month
    thanksgiving = day.month == 11 and (day.weekday(), week) == (3, 4)
    day_after = day.month == 11 and day.weekday() == 4 and (day - timedelta(days=1)).day in range(22, 29)
    monday_off = day.weekday() == 0 and (day.month, week) in {(1, 3), (2, 3), (9, 1), (10, 2)}
    return thanksgiving or day_after or monday_off or (day.month == 5 and last_monday)


def monday(day: date) -> date:
    """The Monday of that week."""
    return day - timedelta(days=day.weekday())
