"""The help desk in figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.business_clock import BusinessClock
from firstbell.calendar import BusinessHours, SchoolCalendar, SchoolYear, weekday_hours
from firstbell.intervals import Window, local_day, local_moment
from firstbell.metrics import tickets
from firstbell.metrics.figure import Frame
from firstbell.policies import HelpDeskPolicy
from firstbell.records import Ticket, TicketKind, TicketStatus

CHICAGO = ZoneInfo("America/Chicago")
CALENDAR = SchoolCalendar(
    zone=CHICAGO,
    years=(SchoolYear(name="2026-27", first_on=date(2026, 8, 17), last_on=date(2027, 5, 28)),),
    business=BusinessHours(week=weekday_hours(time(8), time(16))),
)
OCTOBER = Window(local_day(date(2026, 10, 1), CHICAGO).start, local_day(date(2026, 11, 1), CHICAGO).start)
FRAME = Frame(window=OCTOBER, as_of=OCTOBER.end)
POLICY = HelpDeskPolicy(name="default")
CLOCK = CALENDAR.business_clock(Window(OCTOBER.start - timedelta(days=90), OCTOBER.end + timedelta(days=30)))


def on(day: int, hour: int = 9, minute: int = 0) -> datetime:
    return local_moment(date(2026, 10, day), time(hour, minute), CHICAGO)


def ticket(key: str, created: datetime, *, resolved: datetime | None = None, **facts: object) -> Ticket:
    status = TicketStatus.RESOLVED if resolved else TicketStatus.OPEN
    return Ticket(ticket_key=key, created_at=created, resolved_at=resolved, **{"status": status, **facts})


def test_flow_and_backlog_of_a_month() -> None:
    found = [
        ticket("old", on(1) - timedelta(days=20)),
        ticket("old-done", on(1) - timedelta(days=20), resolved=on(5)),
        ticket("done", on(6), resolved=on(7)),
        ticket("open", on(8)),
        ticket("merged", on(8), merged_into_key="open", status=TicketStatus.MERGED),
        ticket("deleted", on(8), status=TicketStatus.DELETED),
        ticket("later", OCTOBER.end),
    ]
    assert tickets.created(found, FRAME).value == 2
    assert tickets.resolved(found, FRAME).value == 2
    assert tickets.backlog(found, replace(FRAME, window=Window(OCTOBER.start, on(6)))).value == 1
    assert tickets.backlog(found, FRAME).value == 2


def test_closed_serves_where_the_source_keeps_no_resolution_and_an_untold_end_is_missing() -> None:
    closed = ticket("closed", on(5), status=TicketStatus.CLOSED, closed_at=on(6))
    untold = ticket("untold", on(5), status=TicketStatus.CLOSED)
    kpi = tickets.resolved([closed, untold], FRAME)
    assert (kpi.value, kpi.missing) == (1, 1)
    assert tickets.backlog([closed, untold], FRAME).missing == 1
    assert tickets.resolution_hours([closed, untold], FRAME, CLOCK).value == 8


def test_a_reopened_ticket_with_an_old_resolution_is_open() -> None:
    reopened = ticket("back", on(5), resolved=on(6), status=TicketStatus.OPEN)
    assert tickets.backlog([reopened], FRAME).value == 1


def test_more_than_ten_work_days() -> None:
    found = [ticket("ten", on(16)), ticket("eleven", on(15)), ticket("weekend", on(17)), ticket("new", on(30))]
    kpi = tickets.backlog_aged(found, replace(FRAME, as_of=on(30, 17)), CLOCK, POLICY)
    assert (kpi.value, kpi.denominator) == (1, 4)
    buckets = tickets.backlog_age(found, on(30, 17), CLOCK)
    assert buckets == {"0-2": 1, "3-5": 0, "6-10": 2, "11-20": 1, "over 20": 0}


def test_median_and_p90_of_resolution_in_business_hours() -> None:
    friday = [ticket(str(hour), on(9, 16), resolved=on(12, 8 + hour)) for hour in range(1, 9)]
    assert tickets.resolution_hours(friday, FRAME, CLOCK).value == 4.5
    assert tickets.resolution_hours(friday, FRAME, CLOCK, 0.9).value == 8
    assert "p90" in tickets.resolution_hours(friday, FRAME, CLOCK, 0.9).method


def test_those_who_still_wait_are_not_forgotten() -> None:
    found = [
        ticket("1", on(5), first_response_at=on(5, 10)),
        ticket("2", on(5), first_response_at=on(5, 12)),
        ticket("3", on(5)),
    ]
    assert tickets.first_response_hours(found, FRAME, CLOCK).value == 3
    waiting = tickets.first_response_hours([*found, ticket("4", on(5)), ticket("5", on(5))], FRAME, CLOCK)
    assert waiting.value is None
    assert "3 of 5" in waiting.reason


def test_a_source_that_cannot_tell_is_missing_and_never_fast() -> None:
    ended = ticket("untold", on(5), resolved=on(5, 10))
    kpi = tickets.first_response_hours([ended, ticket("open", on(5))], FRAME, CLOCK)
    assert (kpi.value, kpi.missing) == (None, 2)
    share = tickets.answered_in_time([ended, ticket("open", on(5))], FRAME, CLOCK, POLICY)
    assert (share.value, share.missing) == (None, 2)


def test_answered_in_time_counts_the_overdue_and_leaves_out_what_is_not_due() -> None:
    found = [
        ticket("in time", on(5), first_response_at=on(6)),
        ticket("exactly", on(5, 8), first_response_at=on(6, 16)),
        ticket("late", on(5, 8), first_response_at=on(7, 9)),
        ticket("overdue", on(6)),
        ticket("not due", on(30, 15)),
        ticket("untold", on(5), resolved=on(6)),
    ]
    kpi = tickets.answered_in_time(found, replace(FRAME, as_of=on(30, 16)), CLOCK, POLICY)
    assert (kpi.numerator, kpi.denominator, kpi.missing) == (2, 4, 1)


def test_incidents_per_hundred_devices_and_thirty_days() -> None:
    found = [ticket(str(day), on(day), kind=TicketKind.INCIDENT) for day in range(1, 32)]
    found.append(ticket("request", on(5), kind=TicketKind.REQUEST))
    kpi = tickets.per_device(found, 3000, FRAME)
    assert kpi.value == pytest.approx(31 / 3000 * 100 * 30 / 31, rel=1e-2)
    assert tickets.per_device(found, 0, FRAME).value is None


MINUTES = st.integers(0, 60 * 24 * 60)


LIVES = st.lists(st.tuples(MINUTES, st.none() | MINUTES), max_size=12)
"""Tickets by the minutes at which they were opened and, that much later, resolved."""


@given(LIVES, MINUTES)
def test_the_backlog_is_what_was_created_and_not_resolved(lives: list[tuple[int, int | None]], minute: int) -> None:
    found = []
    for number, (opened, lasted) in enumerate(lives):
        begun = OCTOBER.start + timedelta(minutes=opened)
        found.append(ticket(str(number), begun, resolved=None if lasted is None else begun + timedelta(minutes=lasted)))
    moment = OCTOBER.start + timedelta(minutes=minute)
    still = len(tickets.open_at(found, moment))
    assert sum(tickets.backlog_age(found, moment, CLOCK).values()) == still

    period = Frame(window=Window(OCTOBER.start, moment), as_of=OCTOBER.end + timedelta(days=90))
    assert still == tickets.created(found, period).value - tickets.resolved(found, period).value


def test_the_span_of_the_clock_holds_every_moment() -> None:
    found = [ticket("a", on(5), resolved=on(20)), ticket("b", datetime(2025, 1, 1, tzinfo=UTC))]
    span = tickets.clock_span(found, replace(FRAME, as_of=on(8)))
    assert span == Window(datetime(2025, 1, 1, tzinfo=UTC), on(20))
    assert isinstance(CALENDAR.business_clock(span), BusinessClock)
