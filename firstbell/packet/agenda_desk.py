"""Agenda item 3, its second part: the help desk, in counts."""

from __future__ import annotations

from datetime import timedelta

from firstbell.metrics import tickets as desk
from firstbell.metrics.figure import Frame
from firstbell.packet.figures import value_text
from firstbell.packet.material import Material
from firstbell.packet.model import Chart, ChartSeries, Column, Line, Point, Row, Table
from firstbell.packet.summary import note_on
from firstbell.packet.unknowns import silent_line
from firstbell.records import Ticket

WEEKS_DRAWN = 12
LEAST_WEEKS = 2


def desk_lines(material: Material) -> list[Line]:
    """The help desk in two or three sentences, where one feeds us; one sentence where it fell silent."""
    facts, words = material.facts, material.wording
    if (silent := silent_line(material, "desk.flow", "help_desk", Ticket)) is not None:
        return [silent]
    if not facts.feeds(Ticket):
        return []
    frame, seen = _desk_frame(material), facts.of(Ticket)
    created, resolved = desk.created(seen, frame), desk.resolved(seen, frame)
    clock = facts.calendar.business_clock(desk.clock_span(seen, frame))
    aged = desk.backlog_aged(seen, frame, clock, facts.policies.help_desk)
    answer = desk.first_response_hours(seen, frame, clock)
    flow = words.say(
        "desk_flow",
        n=created.value or 0,
        resolved=resolved.value or 0,
        open=desk.backlog(seen, frame).value or 0,
    )
    lines = [Line(item="desk.flow", text=flow, weight=1, **note_on(material, "desk.flow"))]
    if aged.value:
        limit = facts.policies.help_desk.aged_after_business_days
        lines.append(Line(item="desk.aged", text=words.say("desk_aged", n=aged.value, days=limit), weight=2))
    if answer.value is not None:
        lines.append(Line(item="desk.answer", text=words.say("desk_answer", hours=value_text(answer, material))))
    return lines


def desk_table(material: Material) -> Table | None:
    """How long the open tickets have been open."""
    facts, words = material.facts, material.wording
    if not facts.feeds(Ticket) or facts.silent(facts.feeds(Ticket)):
        return None
    frame, seen = _desk_frame(material), facts.of(Ticket)
    clock = facts.calendar.business_clock(desk.clock_span(seen, frame))
    ages = desk.backlog_age(seen, frame.until, clock)
    return Table(
        caption=words.say("desk_ages_caption", n=sum(ages.values())),
        columns=(Column(title=words.say("column_open_for")), Column(title=words.say("column_tickets"), numeric=True)),
        rows=tuple(
            Row(cells=(words.say("work_day_range", range=words.phrase(label)), words.number(n)))
            for label, n in ages.items()
        ),
    )


def desk_chart(material: Material) -> Chart | None:
    """Tickets open at the end of each of the last weeks; None in the first week, of which the sentences tell."""
    facts, words = material.facts, material.wording
    if not facts.feeds(Ticket) or facts.silent(facts.feeds(Ticket)):
        return None
    end, seen = facts.frame().until, facts.of(Ticket)
    moments = [end - timedelta(weeks=week) for week in reversed(range(WEEKS_DRAWN))]
    moments = [moment for moment in moments if moment >= facts.window.start]
    if len(moments) < LEAST_WEEKS:
        return None
    points = tuple(Point(label=words.day(moment), value=len(desk.open_at(seen, moment))) for moment in moments)
    first, last = points[0], points[-1]
    finding = words.say("desk_chart_finding", first=first.value or 0, day=first.label, last=last.value or 0)
    return Chart(
        kind="line",
        title=words.say("desk_chart_title"),
        alternative=finding,
        unit="",
        series=(ChartSeries(name=words.say("column_tickets"), points=points),),
    )


def _desk_frame(material: Material) -> Frame:
    return material.facts.frame(sources=material.facts.feeds(Ticket))
