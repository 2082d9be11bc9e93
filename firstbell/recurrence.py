"""Recurrence rules in wall-clock time (RFC 5545): when something that comes again begins.

A rule runs in local time, so 15:30 stays 15:30 when the clocks change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rruleset, rrulestr

from firstbell.errors import FirstbellError


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
