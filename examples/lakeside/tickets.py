"""About two thousand help desk tickets of one school year, as a district with two technicians has them.

Many in the weeks around the first day of classes, few in the summer, more on Mondays; answered and resolved in
business hours, slower of late because the backlog grew. A few are old and still open.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from math import exp
from random import Random

from examples.lakeside.schools import SCHOOLS
from examples.lakeside.timeline import ZONE, Timeline
from examples.lakeside.tracker import SUPPORT, Reply, SampleTicket
from firstbell.intervals import Window, local_moment
from firstbell.records import Ticket, TicketStatus

WANTED = 2000
WEEKDAYS = (1.35, 1.1, 1.0, 0.95, 0.8)
CATEGORIES = {
    "devices": 31,
    "accounts": 18,
    "gradebook": 12,
    "printing": 11,
    "network": 10,
    "projection": 8,
    "learning platform": 7,
    "phones": 3,
}
PRIORITIES = {"critical": 2, "urgent": 10, "bug": 62, "feature": 20, "wish": 6}
RANKS = {"critical": 1, "urgent": 2, "bug": 3, "feature": 4, "wish": 5}
OPEN_STATUSES = {
    "unread": TicketStatus.NEW,
    "chatting": TicketStatus.OPEN,
    "in-progress": TicketStatus.OPEN,
    "deferred": TicketStatus.PENDING,
}
RESPONSE_HOURS = {"critical": 0.4, "urgent": 1.2, "bug": 3.5, "feature": 9, "wish": 14}
WORK_HOURS = {"critical": 1.5, "urgent": 4, "bug": 6.5, "feature": 20, "wish": 45}
BACKLOG_GROWS = 45
"""For so many days before the demo work takes longer, because one technician is away for part of the week."""


def sample_tickets(timeline: Timeline) -> list[SampleTicket]:
    """The tickets in the order of their creation; their keys in the tracker are 1, 2, 3 ..."""
    random = Random("tickets")
    moments = sorted(_moments(timeline, random))
    return [_ticket(timeline, random, number, at) for number, at in enumerate(moments, start=1)]


def as_known(ticket: SampleTicket, key: str, at: datetime) -> Ticket | None:
    """The ticket as the tracker told it at a moment; None before it was made."""
    if ticket.created_at > at:
        return None
    replies = [reply.sent_at for reply in ticket.replies if reply.sent_at <= at]
    resolved = ticket.resolved_at is not None and ticket.resolved_at <= at
    status_raw = "resolved" if resolved else _open_status(ticket, bool(replies))
    updates = [*replies, *([ticket.resolved_at] if resolved and ticket.resolved_at else []), ticket.created_at]
    return Ticket(
        ticket_key=key,
        created_at=ticket.created_at,
        updated_at=max(updates),
        first_response_at=min(replies, default=None),
        resolved_at=ticket.resolved_at if resolved else None,
        status=TicketStatus.RESOLVED if resolved else OPEN_STATUSES[status_raw],
        status_raw=status_raw,
        priority_rank=RANKS[ticket.priority or "bug"],
        priority_raw=ticket.priority or "",
        category=ticket.keyword or "",
        location=ticket.location or "",
    )


def _open_status(ticket: SampleTicket, answered: bool) -> str:
    if not answered:
        return "unread"
    return ticket.status if ticket.status in OPEN_STATUSES and ticket.status != "unread" else "chatting"


def _moments(timeline: Timeline, random: Random) -> Iterator[datetime]:
    days = [timeline.day(-back) for back in range(364, -1, -1)]
    weights = [_load(timeline, offset=(day - timeline.first_day).days, weekday=day.weekday()) for day in days]
    for day, weight in zip(days, weights, strict=True):
        expected = WANTED * weight / sum(weights)
        count = int(expected) + (random.random() < expected % 1)
        for _ in range(count):
            minutes = min(max(random.gauss(225, 130), 0), 539)
            at = local_moment(day, time(7, 30), ZONE) + timedelta(minutes=int(minutes), seconds=random.randrange(60))
            if at < timeline.now:
                yield at


def _load(timeline: Timeline, offset: int, weekday: int) -> float:
    """How busy a day is: school weeks, the peak around the first day of classes, and quiet breaks."""
    if weekday > 4:
        return 0.0
    day = timeline.first_day + timedelta(days=offset)
    usual = 1.0 if timeline.calendar.is_instruction_day(day) else 0.3
    peak = 2.6 * exp(-(((offset - 4) / 11) ** 2))
    return (usual + peak) * WEEKDAYS[weekday]


def _ticket(timeline: Timeline, random: Random, number: int, created_at: datetime) -> SampleTicket:
    (school,) = random.choices(SCHOOLS, weights=[one.pupils + 120 for one in SCHOOLS])
    (category,) = random.choices(list(CATEGORIES), weights=list(CATEGORIES.values()))
    (priority,) = random.choices(list(PRIORITIES), weights=list(PRIORITIES.values()))
    age_days = (timeline.now - created_at).days
    slow = 1.9 if age_days <= BACKLOG_GROWS else 1.0
    answered = _business(timeline, created_at, RESPONSE_HOURS[priority] * random.lognormvariate(0, 0.8) * slow)
    resolved = _business(timeline, answered, WORK_HOURS[priority] * random.lognormvariate(0, 0.9) * slow)
    stuck = random.random() < (0.04 if age_days <= 70 else 0.004)
    replies = (Reply(author=SUPPORT, sent_at=answered),) if answered < timeline.now else ()
    done = resolved < timeline.now and not stuck
    status = "resolved" if done else random.choice(("in-progress", "chatting", "deferred")) if replies else "unread"
    return SampleTicket(
        title=f"SAMPLE {category} {number}",
        requester=f"sample-{school.key}-{random.randrange(40):02}",
        created_at=created_at,
        status=status,
        priority=priority,
        keyword=category,
        location=school.name,
        replies=replies,
        resolved_at=resolved if done else None,
    )


def _business(timeline: Timeline, start: datetime, hours: float) -> datetime:
    """So many business hours after a moment, to the second."""
    left, end = hours * 3600, start
    while True:
        start, end = end, end + timedelta(days=4 + hours / 4)
        for opening in timeline.calendar.business_hours(Window(start, end)):
            if left <= opening.seconds:
                return (opening.start + timedelta(seconds=left)).replace(microsecond=0)
            left -= opening.seconds
