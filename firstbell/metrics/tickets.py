"""The help desk in figures: flow, backlog and its age, and how long people waited in business hours.

Merged and deleted tickets count nowhere. A ticket whose source cannot tell a moment (None) is `missing`, not fast
and not slow. Each figure costs one pass over the tickets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median

from firstbell.business_clock import BusinessClock
from firstbell.intervals import Window
from firstbell.kpi import Kpi
from firstbell.metrics.figure import Frame
from firstbell.policies import HelpDeskPolicy
from firstbell.records import Ticket, TicketKind, TicketStatus

_ENDED = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})
_NOT_COUNTED = frozenset({TicketStatus.MERGED, TicketStatus.DELETED})

AGE_LIMITS_DAYS = (2, 5, 10, 20)
"""Upper edges of the backlog's age buckets, in business days; the last bucket is open."""


def counted(tickets: Iterable[Ticket]) -> list[Ticket]:
    """The tickets that count: not merged into another, not deleted."""
    return [ticket for ticket in tickets if ticket.status not in _NOT_COUNTED and not ticket.merged_into_key]


def ended_at(ticket: Ticket) -> datetime | None:
    """When it was resolved, or closed where the source keeps no resolution; None while open or when it cannot tell."""
    return (ticket.resolved_at or ticket.closed_at) if ticket.status in _ENDED else None


def ended_untold(ticket: Ticket) -> bool:
    """Resolved or closed, but the source cannot tell when."""
    return ticket.status in _ENDED and ended_at(ticket) is None


def created(tickets: Sequence[Ticket], frame: Frame) -> Kpi:
    """Tickets created in the period."""
    number = sum(ticket.created_at in frame.elapsed for ticket in counted(tickets))
    return _count("tickets_created", number, frame, "tickets created in the period")


def resolved(tickets: Sequence[Ticket], frame: Frame) -> Kpi:
    """Tickets resolved in the period; `missing` are resolved ones whose source cannot tell when."""
    mine = counted(tickets)
    number = sum((moment := ended_at(ticket)) is not None and moment in frame.elapsed for ticket in mine)
    untold = sum(ended_untold(ticket) for ticket in mine)
    return _count("tickets_resolved", number, frame, "tickets last resolved in the period", missing=untold)


def open_at(tickets: Sequence[Ticket], moment: datetime) -> list[Ticket]:
    """The tickets that were open at an instant, by their dates; one that ended untold is left out.

    What happens at the very instant belongs to the period that begins with it.
    """
    return [
        ticket
        for ticket in counted(tickets)
        if ticket.created_at < moment
        and not ended_untold(ticket)
        and ((end := ended_at(ticket)) is None or end >= moment)
    ]


def backlog(tickets: Sequence[Ticket], frame: Frame) -> Kpi:
    """Tickets open at the end of the period."""
    number = len(open_at(tickets, frame.until))
    untold = sum(ended_untold(ticket) for ticket in counted(tickets))
    return _count("backlog", number, frame, "tickets open at the end of the period", missing=untold)


def backlog_aged(tickets: Sequence[Ticket], frame: Frame, clock: BusinessClock, policy: HelpDeskPolicy) -> Kpi:
    """Tickets open for more business days than the policy allows, of all open ones."""
    mine = open_at(tickets, frame.until)
    limit = policy.aged_after_business_days
    old = sum(clock.days(ticket.created_at, frame.until) > limit for ticket in mine)
    return frame.measured(
        "backlog_aged",
        old,
        "tickets",
        f"tickets open for more than {limit} business days",
        numerator=old,
        denominator=len(mine),
        n=len(mine),
        missing=sum(ended_untold(ticket) for ticket in counted(tickets)),
    )


def backlog_age(tickets: Sequence[Ticket], moment: datetime, clock: BusinessClock) -> Mapping[str, int]:
    """How many tickets were open for how many business days: counts by bucket, in order, adding up to the backlog."""
    edges = [-1, *AGE_LIMITS_DAYS]
    labels = [f"{low + 1}-{high}" for low, high in zip(edges, AGE_LIMITS_DAYS, strict=False)]
    labels.append(f"over {AGE_LIMITS_DAYS[-1]}")
    ages = (clock.days(ticket.created_at, moment) for ticket in open_at(tickets, moment))
    found = Counter(sum(age > limit for limit in AGE_LIMITS_DAYS) for age in ages)
    return {label: found[index] for index, label in enumerate(labels)}


def first_response_hours(tickets: Sequence[Ticket], frame: Frame, clock: BusinessClock, quantile: float = 0.5) -> Kpi:
    """Business hours to the first answer, of tickets created in the period: the median, or another quantile.

    A ticket still unanswered waits at least as long as it has waited: it is placed at the far end, and where the
    quantile falls on one, the figure is not known. Ended tickets without a moment of response are `missing`.
    """
    mine = [ticket for ticket in counted(tickets) if ticket.created_at in frame.elapsed]
    waits, waiting, untold = [], 0, 0
    for ticket in mine:
        if ticket.first_response_at is not None and ticket.first_response_at <= frame.until:
            waits.append(clock.hours(ticket.created_at, ticket.first_response_at))
        elif ticket.first_response_at is None and ticket.status in _ENDED:
            untold += 1
        else:
            waiting += 1
    if mine and not waits:
        untold, waiting = untold + waiting, 0
    name = "first_response_hours"
    return _quantile(name, waits, quantile, frame, "created in the period", waiting=waiting, missing=untold)


def resolution_hours(tickets: Sequence[Ticket], frame: Frame, clock: BusinessClock, quantile: float = 0.5) -> Kpi:
    """Business hours from creation to the last resolution, of tickets resolved in the period."""
    mine = counted(tickets)
    ends = [(ticket.created_at, end) for ticket in mine if (end := ended_at(ticket)) and end in frame.elapsed]
    waits = [clock.hours(begun, end) for begun, end in ends]
    untold = sum(ended_untold(ticket) for ticket in mine)
    return _quantile("resolution_hours", waits, quantile, frame, "resolved in the period", missing=untold)


def answered_in_time(tickets: Sequence[Ticket], frame: Frame, clock: BusinessClock, policy: HelpDeskPolicy) -> Kpi:
    """Share of tickets created in the period that were answered within the policy's business hours.

    Met: answered within the limit. Missed: answered later, or unanswered past it. Not due yet: left out. Ended
    without a moment of response: the source cannot tell, `missing`.
    """
    limit = policy.first_response_hours
    met = missed = untold = 0
    answers = any(ticket.first_response_at is not None for ticket in tickets)
    for ticket in counted(tickets):
        if ticket.created_at not in frame.elapsed:
            continue
        answered = ticket.first_response_at
        if answered is not None and answered <= frame.until:
            in_time = clock.hours(ticket.created_at, answered) <= limit
            met, missed = met + in_time, missed + (not in_time)
        elif answered is None and (ticket.status in _ENDED or not answers):
            untold += 1
        elif clock.hours(ticket.created_at, frame.until) > limit:
            missed += 1
    method = f"answered within {limit:g} business hours / answered or overdue, of tickets created in the period"
    return frame.ratio("answered_in_time", met, met + missed, method, n=met + missed, missing=untold)


def per_device(tickets: Sequence[Ticket], devices: float, frame: Frame, times: float = 100) -> Kpi:
    """Incidents created per `times` devices and thirty days. A desk that does not tell incidents apart counts all."""
    mine = [ticket for ticket in counted(tickets) if ticket.created_at in frame.elapsed]
    if any(ticket.kind is TicketKind.INCIDENT for ticket in mine):
        mine = [ticket for ticket in mine if ticket.kind is TicketKind.INCIDENT]
    days = frame.elapsed.seconds / 86_400
    name, unit, method = "tickets_per_device", f"per {times:g} devices", f"incidents / devices x {times:g}, per 30 days"
    if devices <= 0 or days <= 0:
        reason = "The number of devices is not known." if devices <= 0 else "The period has not begun."
        return frame.not_known(name, unit, method, reason)
    rate = len(mine) / devices * times * 30 / days
    return frame.measured(name, rate, unit, method, numerator=len(mine), denominator=devices, n=len(mine))


def clock_span(tickets: Sequence[Ticket], frame: Frame) -> Window:
    """The time that a business clock for these tickets has to know."""
    moments = [frame.until]
    for ticket in tickets:
        told = (ticket.created_at, ticket.first_response_at, ended_at(ticket))
        moments.extend(moment for moment in told if moment is not None)
    return Window(min(moments), max(moments))


def _count(name: str, number: int, frame: Frame, method: str, *, missing: int = 0) -> Kpi:
    return frame.measured(name, number, "tickets", method, numerator=number, n=number, missing=missing)


def _quantile(
    name: str, waits: list[float], quantile: float, frame: Frame, cohort: str, *, waiting: int = 0, missing: int = 0
) -> Kpi:
    """The quantile (nearest rank; the usual mean of two for the median) with `waiting` placed after all waits."""
    label = "median" if quantile == 0.5 else f"p{quantile * 100:g}"
    method = f"{label} of business hours over tickets {cohort}; still waiting: {waiting}"
    total = len(waits) + waiting
    if not waits:
        return frame.not_known(name, "business hours", method, f"No ticket {cohort} has both moments.", missing=missing)
    ranked = sorted(waits) + [float("inf")] * waiting
    value = median(ranked) if quantile == 0.5 else ranked[max(0, -(-int(quantile * 1000) * total // 1000) - 1)]
    if value == float("inf"):
        reason = f"Not reached: {waiting} of {total} tickets {cohort} still wait."
        return frame.not_known(name, "business hours", method, reason, n=total, missing=missing)
    return frame.measured(name, value, "business hours", method, n=total, missing=missing)
