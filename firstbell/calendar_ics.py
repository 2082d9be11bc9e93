"""Meetings read from a shared calendar's bytes (iCalendar, RFC 5545). Who fetches the bytes is not our business."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar

from firstbell.calendar import ClosedDays, Exceptions, Occurrence, occurrences
from firstbell.intervals import Window, local_moment
from firstbell.recurrence import CalendarError

_CANCELLED = "CANCELLED"
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Onward:
    """A change of one meeting and all that follow (RANGE=THISANDFUTURE): how far the wall clock moves, None when they
    are cancelled."""

    since: date
    shift: timedelta | None
    duration: timedelta


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
    left_out: Exceptions = {_local_day(day, zone): None for day in _dates(event, "EXDATE")}
    singles, onward = _overrides(event, events, zone)
    rule = event["RRULE"].to_ical().decode() if "RRULE" in event else [wall.date()]
    # A meeting that a change of all that follow brings into the window may stem from outside of it.
    reach = max((abs(change.shift) + _A_DAY for change in onward if change.shift is not None), default=timedelta())
    wide = Window(window.start - reach, window.end + reach)
    found = occurrences(rule, wall, _duration(event), zone, wide, exceptions={**left_out, **singles})
    kept = [changed for one in found if (changed := _carried(one, onward, singles, zone)) is not None]
    planned = [one for one in kept if _held(one, singles, closed, zone)]
    extra = _extra(event, {**left_out, **singles}, onward, zone)
    meetings = {one.original_start: one for one in [*extra, *planned] if one.start in window}
    return list(meetings.values())


def _held(one: Occurrence, singles: Exceptions, closed: tuple[ClosedDays, ...], zone: ZoneInfo) -> bool:
    """False on a closed day, unless the calendar's owner put just this meeting there."""
    day = _local_day(one.start, zone)
    return _local_day(one.original_start, zone) in singles or not any(day in days for days in closed)


def _extra(event: Any, changes: Exceptions, onward: list[_Onward], zone: ZoneInfo) -> Iterator[Occurrence]:
    """The meetings of RDATE, moved and cancelled like those of the rule. A period lasts as long as it says."""
    for given in _dates(event, "RDATE"):
        moment, lasts = given if isinstance(given, tuple) else (given, _duration(event))
        if not isinstance(moment, datetime):
            continue
        start = _aware(moment, zone)
        moved = changes.get(_local_day(start, zone), start)
        if moved is None:
            continue
        length = lasts if isinstance(lasts, timedelta) else _aware(lasts, zone) - start
        one = Occurrence(original_start=start, start=moved, end=moved + length)
        if (kept := _carried(one, onward, changes, zone)) is not None:
            yield kept


def _carried(one: Occurrence, onward: list[_Onward], singles: Exceptions, zone: ZoneInfo) -> Occurrence | None:
    """A meeting after the last change of all that follow; None when that cancelled it. Its own change comes first."""
    day = _local_day(one.original_start, zone)
    change = next((change for change in reversed(onward) if change.since <= day), None)
    if change is None or day in singles:
        return one
    if change.shift is None:
        return None
    wall = one.original_start.astimezone(zone).replace(tzinfo=None) + change.shift
    start = local_moment(wall.date(), wall.time(), zone)
    return Occurrence(original_start=one.original_start, start=start, end=start + change.duration)


def _overrides(event: Any, events: list[Any], zone: ZoneInfo) -> tuple[Exceptions, list[_Onward]]:
    """What the calendar's owner did to meetings of the series: to single ones (their new start, None when cancelled),
    and from one on to all that follow, the earliest first."""
    changes: dict[date, datetime | None] = {}
    onward: list[_Onward] = []
    for other in events:
        if "RECURRENCE-ID" in other and other.get("UID") == event.get("UID"):
            cancelled = str(other.get("STATUS", "")).upper() == _CANCELLED
            changed = other["RECURRENCE-ID"]
            day, start = _local_day(changed.dt, zone), _aware(_start(other), zone)
            if str(changed.params.get("RANGE", "")).upper() != "THISANDFUTURE":
                changes[day] = None if cancelled else start
                continue
            before = datetime.combine(
                day, _wall(changed.dt if isinstance(changed.dt, datetime) else _start(event), zone).time()
            )
            moved_by = _wall(start, zone) - before
            lasts = _duration(other if "DTEND" in other or "DURATION" in other else event)
            onward.append(_Onward(since=day, shift=None if cancelled else moved_by, duration=lasts))
    return changes, sorted(onward, key=lambda change: change.since)


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    return _aware(moment, zone).astimezone(zone).replace(tzinfo=None)


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


def _dates(event: Any, name: str) -> list[Any]:
    """The moments of EXDATE or RDATE, which come as one list or as several; a period as a pair of its start and its end
    or length."""
    lines = event.get(name, [])
    return [moment.dt for line in (lines if isinstance(lines, list) else [lines]) for moment in line.dts]
