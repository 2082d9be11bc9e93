"""Meetings read from a shared calendar's bytes (iCalendar, RFC 5545). Who fetches the bytes is not our business."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from firstbell.calendar import CalendarError, ClosedDays, Exceptions, Occurrence, occurrences
from firstbell.intervals import Window, local_moment

_CANCELLED = "CANCELLED"


def occurrences_from_ics(
    content: bytes,
    zone: ZoneInfo,
    window: Window,
    *,
    title: str = "",
    skip: Iterable[ClosedDays] = (),
) -> list[Occurrence]:
    """The meetings of a calendar file that start within the window, in order.

    Only events whose summary holds `title` (in any case) count; all-day events never do. A rule runs in its event's
    own zone, a time without a zone is the district's. Moved and cancelled meetings, extra and left-out dates are
    followed. What stands on a day in `skip` falls away, unless the calendar's owner moved it there.

    Raises CalendarError when the bytes are no calendar.
    """
    try:
        events = icalendar.Calendar.from_ical(content).walk("VEVENT")
        wanted = [event for event in events if isinstance(_start(event), datetime)]
        closed = tuple(skip)
        found = [one for event in _masters(wanted, title) for one in _series(event, wanted, zone, window, closed)]
    except (ValueError, KeyError, AttributeError, IndexError):
        raise CalendarError("the calendar address gave no readable calendar; check that it ends in .ics") from None
    return sorted(found, key=lambda one: (one.start, one.original_start))


def _masters(events: list[Any], title: str) -> list[Any]:
    """The events that stand for a series or for themselves, not for one changed meeting of a series."""
    return [
        event
        for event in events
        if "RECURRENCE-ID" not in event
        and title.casefold() in str(event.get("SUMMARY", "")).casefold()
        and str(event.get("STATUS", "")).upper() != _CANCELLED
    ]


def _series(
    event: Any, events: list[Any], district: ZoneInfo, window: Window, closed: tuple[ClosedDays, ...]
) -> list[Occurrence]:
    first = _start(event)
    zone = _zone(first, district)
    wall = first.astimezone(zone).replace(tzinfo=None) if first.tzinfo else first
    duration = _duration(event)
    exceptions: dict[date, datetime | None] = {_local_day(day, zone): None for day in _dates(event, "EXDATE")}
    changed = {**exceptions, **_overrides(event, events, zone)}
    rule = event["RRULE"].to_ical().decode() if "RRULE" in event else [wall.date()]
    found = occurrences(rule, wall, duration, zone, window, skip=closed, exceptions=changed)
    extra = [moment for moment in _dates(event, "RDATE") if isinstance(moment, datetime)]
    for moment in (_aware(moment, zone) for moment in extra):
        if moment in window and _local_day(moment, zone) not in exceptions:
            found.append(Occurrence(original_start=moment, start=moment, end=moment + duration))
    return found


def _overrides(event: Any, events: list[Any], zone: ZoneInfo) -> Exceptions:
    """What the calendar's owner did to single meetings of the series: moved (their new start) or cancelled (None)."""
    changes: dict[date, datetime | None] = {}
    for other in events:
        if "RECURRENCE-ID" in other and other.get("UID") == event.get("UID"):
            cancelled = str(other.get("STATUS", "")).upper() == _CANCELLED
            day = _local_day(other["RECURRENCE-ID"].dt, zone)
            changes[day] = None if cancelled else _aware(_start(other), zone)
    return changes


def _start(event: Any) -> Any:
    return event["DTSTART"].dt


def _zone(moment: datetime, district: ZoneInfo) -> ZoneInfo:
    """The event's own zone where it names one; a bare offset has no wall clock to keep."""
    return moment.tzinfo if isinstance(moment.tzinfo, ZoneInfo) else district


def _aware(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment if moment.tzinfo else local_moment(moment.date(), moment.time(), zone)


def _local_day(moment: date, zone: ZoneInfo) -> date:
    if not isinstance(moment, datetime):
        return moment
    return moment.astimezone(zone).date() if moment.tzinfo else moment.date()


def _duration(event: Any) -> timedelta:
    """From DURATION or DTEND; an hour where neither is told."""
    if "DURATION" in event:
        given: timedelta = event["DURATION"].dt
        return given
    if "DTEND" in event:
        length: timedelta = event["DTEND"].dt - _start(event)
        return length
    return timedelta(hours=1)


def _dates(event: Any, name: str) -> list[date]:
    """The moments of EXDATE or RDATE, which come as one list or as several."""
    lines = event.get(name, [])
    return [moment.dt for line in (lines if isinstance(lines, list) else [lines]) for moment in line.dts]
