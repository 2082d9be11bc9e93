"""When a duty of law falls due, and how it stands today, from its clock and the last word on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from firstbell.calendar import SchoolCalendar
from firstbell.catalog import ClockKind, Obligation, ObligationClock
from firstbell.kpi import Verdict
from firstbell.records import ControlResult

SOON_DAYS = 60
EARLY_DAYS = 183
"""Work done up to half a year before a yearly date counts for that date."""

SUMMER_DAYS = 92
"""How long before its first day a school year's notices may already go out."""


class DueState(StrEnum):
    """How a duty stands. Nothing ever heard of it is UNKNOWN, whatever the date; only a word can make it overdue."""

    CURRENT = "current"
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    UNKNOWN = "unknown"
    WAIVED = "waived"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueStatus:
    """A duty's state and the day it has to be done by; None where no day can be told."""

    obligation: str
    state: DueState
    due_on: date | None = None


def due_status(
    obligation: Obligation,
    told: ControlResult | None,
    today: date,
    calendar: SchoolCalendar,
    event_at: datetime | None = None,
) -> DueStatus:
    """How `obligation` stands on `today` after the last attestation or probe `told`.

    `event_at` starts the clock of a duty that runs from an event; without one there is nothing to do. An attestation
    that says "failed" is a duty not done. An expiry date that the evidence itself names goes before the clock.
    """
    plain = _plain(obligation.clock, told, today, event_at)
    done_on = _done_on(told, calendar)
    due_on, settled = _next(obligation.clock, done_on, today, calendar, event_at)
    if done_on is not None and told is not None and told.expires_on is not None:
        due_on, settled = told.expires_on, False
    state = plain or _by_date(obligation.clock, due_on, settled=settled, done=done_on is not None, today=today)
    return DueStatus(obligation=obligation.key, state=state, due_on=None if settled else due_on)


def _plain(
    clock: ObligationClock, told: ControlResult | None, today: date, event_at: datetime | None
) -> DueState | None:
    """The states that need no date."""
    if clock.kind is ClockKind.WITHIN_N_DAYS_OF_EVENT and event_at is None:
        return DueState.NOT_APPLICABLE
    if told is None:
        return None if clock.kind is ClockKind.WITHIN_N_DAYS_OF_EVENT else DueState.UNKNOWN
    if told.state is Verdict.WAIVED and told.waived_until is not None and told.waived_until >= today:
        return DueState.WAIVED
    return _PLAIN.get(told.state)


_PLAIN = {
    Verdict.NOT_APPLICABLE: DueState.NOT_APPLICABLE,
    Verdict.UNKNOWN: DueState.UNKNOWN,
    Verdict.MANUAL: DueState.UNKNOWN,
}


def _done_on(told: ControlResult | None, calendar: SchoolCalendar) -> date | None:
    """The local day on which it was last done, by the word of the evidence; None when it was not."""
    if told is None or told.state not in (Verdict.OK, Verdict.WARN):
        return None
    return (told.effective_at or told.collected_at).astimezone(calendar.zone).date()


def _by_date(clock: ObligationClock, due_on: date | None, *, settled: bool, done: bool, today: date) -> DueState:
    if settled:
        return DueState.CURRENT
    if due_on is None:
        return DueState.DUE_SOON if clock.kind is ClockKind.WITHIN_N_DAYS_OF_EVENT else DueState.OVERDUE
    if today > due_on:
        return DueState.OVERDUE
    if not done or clock.kind is ClockKind.WITHIN_N_DAYS_OF_EVENT:
        return DueState.DUE_SOON
    return DueState.DUE_SOON if due_on - today <= _ahead(clock) else DueState.CURRENT


def _ahead(clock: ObligationClock) -> timedelta:
    """From how long before its day a duty is called due soon; a school year's duty all through that year."""
    if clock.kind is ClockKind.ANNUAL_BY_SCHOOL_YEAR:
        return timedelta(days=330)
    return timedelta(days=min(SOON_DAYS, clock.days // 4) if clock.days else SOON_DAYS)


def _next(
    clock: ObligationClock, done_on: date | None, today: date, calendar: SchoolCalendar, event_at: datetime | None
) -> tuple[date | None, bool]:
    """The day by which it must be done next, and whether it is done for good."""
    if clock.kind is ClockKind.ONE_OFF_DEADLINE:
        return clock.on, done_on is not None
    if clock.kind is ClockKind.WITHIN_N_DAYS_OF_EVENT:
        return _after_event(clock, done_on, calendar, event_at)
    if clock.kind is ClockKind.ANNUAL_BY_DATE and clock.month_day is not None:
        return _yearly(clock.month_day, done_on + timedelta(days=EARLY_DAYS + 1) if done_on else today), False
    if clock.kind is ClockKind.ANNUAL_BY_SCHOOL_YEAR:
        return _school_year_end(calendar, done_on, today), False
    return (done_on + timedelta(days=clock.days) if done_on and clock.days else None), False


def _after_event(
    clock: ObligationClock, done_on: date | None, calendar: SchoolCalendar, event_at: datetime | None
) -> tuple[date | None, bool]:
    if event_at is None:
        return None, False
    began_on = event_at.astimezone(calendar.zone).date()
    settled = done_on is not None and done_on >= began_on
    if clock.hours is not None:
        return (event_at + timedelta(hours=clock.hours)).astimezone(calendar.zone).date(), settled
    if clock.days is None:
        return None, settled
    if clock.counting == "calendar":
        return began_on + timedelta(days=clock.days), settled
    return _business_days_after(began_on, clock.days, calendar), settled


def _business_days_after(day: date, count: int, calendar: SchoolCalendar) -> date:
    """The last of `count` business days that begin after `day`; a calendar without any counts calendar days."""
    if not any(calendar.is_business_day(day + timedelta(days=ahead)) for ahead in range(366)):
        return day + timedelta(days=count)
    while count:
        day += timedelta(days=1)
        count -= calendar.is_business_day(day)
    return day


def _yearly(month_day: str, earliest: date) -> date:
    """The first "MM-DD" on or after `earliest`; 29 February falls on the 28th in other years."""
    month, day = (int(part) for part in month_day.split("-"))
    for year in (earliest.year, earliest.year + 1):
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        falls = date(year, month, 28 if (month, day) == (2, 29) and not leap else day)
        if falls >= earliest:
            return falls
    raise AssertionError("a yearly date falls in each of two years")


def _school_year_end(calendar: SchoolCalendar, done_on: date | None, today: date) -> date | None:
    """The last day of the first school year that is still owed: the one after that in which it was done.

    Done in the summer counts for the year to come. None without a calendar; a year that it does not hold yet is taken
    to end a year after the last.
    """
    years = sorted(calendar.years, key=lambda year: year.first_on)
    if not years:
        return None
    if done_on is not None and done_on < years[0].first_on - timedelta(days=SUMMER_DAYS):
        return years[0].last_on
    following = [year.last_on for year in years if year.last_on >= (done_on or today)]
    owed = following[1:] if done_on else following
    return owed[0] if owed else years[-1].last_on + timedelta(days=365)
