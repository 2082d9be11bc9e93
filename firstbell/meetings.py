"""When the teams meet, and on which days what goes out before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from firstbell.calendar import Exceptions, Occurrence, meeting_key, occurrences
from firstbell.calendar_ics import occurrences_from_ics
from firstbell.config.loaded import District
from firstbell.config.team import DaysBefore, LaterCadence, Series
from firstbell.errors import FirstbellError
from firstbell.intervals import Window, local_moment

LOOK_AROUND = timedelta(days=200)
"""How far before and after now a team's meetings are worked out: more than the longest pause between two."""

ReadCalendar = Callable[[str], bytes]
"""Fetches a calendar file from the path or address that meetings.yaml names. Raises FirstbellError."""


class MeetingError(FirstbellError):
    """A meeting that is asked for and does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """One meeting of a team, with the moments at which what goes out before it is due; None where a stage is off."""

    team_key: str
    series: Series
    key: str
    starts_at: datetime
    ends_at: datetime
    send_at: datetime | None = None
    draft_at: datetime | None = None
    preview_at: datetime | None = None
    addendum_at: datetime | None = None
    invitation_at: datetime | None = None


def meetings_of(district: District, team_key: str, around: datetime, read_calendar: ReadCalendar) -> list[Meeting]:
    """A team's meetings within two hundred days of an instant, in order. Raises CalendarError or FirstbellError."""
    window = Window(around - LOOK_AROUND, around + LOOK_AROUND)
    found = [
        _meeting(district, series, one)
        for series in district.series_of(team_key)
        for one in _occurrences(district, series, window, read_calendar)
    ]
    return sorted(found, key=lambda meeting: (meeting.starts_at, meeting.key))


def next_meeting(meetings: list[Meeting], now: datetime) -> Meeting | None:
    """The first meeting that has not begun; None when none is planned."""
    return next((meeting for meeting in meetings if meeting.starts_at > now), None)


def meeting_before(meetings: list[Meeting], meeting: Meeting) -> Meeting | None:
    """The meeting before one; None when it is the first known."""
    earlier = [one for one in meetings if one.starts_at < meeting.starts_at]
    return earlier[-1] if earlier else None


def chosen(meetings: list[Meeting], wanted: str, now: datetime, district: District) -> Meeting | None:
    """The meeting a person named by its key or its local date; the next one where nothing was named.

    Raises MeetingError naming the dates there are.
    """
    if not wanted:
        return next_meeting(meetings, now)
    for meeting in meetings:
        if wanted in (meeting.key, f"{meeting.starts_at.astimezone(district.zone):%Y-%m-%d}"):
            return meeting
    near = [
        f"{one.starts_at.astimezone(district.zone):%Y-%m-%d}" for one in meetings if abs(one.starts_at - now).days < 100
    ]
    raise MeetingError(f"There is no meeting {wanted}; near are {', '.join(near) or 'none'}.")


def _occurrences(district: District, series: Series, window: Window, read_calendar: ReadCalendar) -> list[Occurrence]:
    """A series' meetings: of each of its cadences those that it puts on a day on which it holds."""
    cadences: list[Series | LaterCadence] = [series, *series.later]
    begins = [date.min, *(cadence.starts for cadence in series.later)]
    return [
        one
        for cadence, first, end in zip(cadences, begins, [*begins[1:], date.max], strict=True)
        for one in _of_cadence(district, series, cadence, window, read_calendar)
        if first <= one.original_start.astimezone(district.zone).date() < end
    ]


def _of_cadence(
    district: District, series: Series, cadence: Series | LaterCadence, window: Window, read_calendar: ReadCalendar
) -> list[Occurrence]:
    duration = timedelta(minutes=series.duration_minutes)
    skip, changes = district.calendar.closed, _exceptions(district, series)
    if cadence.ics:
        found = occurrences_from_ics(read_calendar(cadence.ics), district.zone, window, title=series.title, skip=skip)
        return _moved(found, changes, district)
    if cadence.recurrence is not None:
        rule, first = cadence.recurrence.rule, cadence.recurrence.starts
        return occurrences(rule, first, duration, district.zone, window, skip=skip, exceptions=changes)
    return [
        one
        for start in cadence.dates
        for one in occurrences([start.date()], start, duration, district.zone, window, exceptions=changes)
        if one.original_start == local_moment(start.date(), start.time(), district.zone)
    ]


def _moved(found: list[Occurrence], changes: Exceptions, district: District) -> list[Occurrence]:
    """Occurrences of a calendar file with the folder's own moves and cancellations on top."""
    kept = []
    for one in found:
        day: date = one.original_start.astimezone(district.zone).date()
        if day not in changes:
            kept.append(one)
        elif (to := changes[day]) is not None:
            kept.append(Occurrence(original_start=one.original_start, start=to, end=to + (one.end - one.start)))
    return kept


def _exceptions(district: District, series: Series) -> Exceptions:
    return {move.original: district.moment(move.to) if move.to is not None else None for move in series.moves}


def _meeting(district: District, series: Series, one: Occurrence) -> Meeting:
    sending = series.sending
    meets_on = one.start.astimezone(district.zone).date()
    back = district.calendar.minus_days_skipping_closed

    def at(day: date) -> datetime:
        return local_moment(day, sending.at, district.zone)

    def day_of(days: DaysBefore, following: date | None) -> date | None:
        """A stage's day, always before that of the stage that follows it: a break must not lay two on one day."""
        if days == "off":
            return None
        return back(meets_on, days) if following is None else min(back(meets_on, days), back(following, 1))

    def stage_at(days: DaysBefore) -> datetime | None:
        return None if days == "off" else at(back(meets_on, days))

    send_on = day_of(sending.send_days, None)
    draft_on = day_of(sending.draft_days, send_on)
    preview_on = day_of(sending.preview_days, draft_on or send_on)
    return Meeting(
        team_key=series.team,
        series=series,
        key=meeting_key(series.key, one),
        starts_at=one.start,
        ends_at=one.end,
        send_at=at(send_on) if send_on else None,
        draft_at=at(draft_on) if draft_on else None,
        preview_at=at(preview_on) if preview_on else None,
        addendum_at=stage_at(sending.addendum_days),
        invitation_at=stage_at(sending.invitation_days),
    )
