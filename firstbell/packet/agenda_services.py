"""Agenda item 3, its first half: how the services and the help desk did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from firstbell.intervals import Window, Windows, local_dates, local_day, total_seconds, union
from firstbell.metrics import tickets as desk
from firstbell.metrics.figure import DISTRICT, Frame
from firstbell.metrics.operation_formulas import service_lines
from firstbell.metrics.uptime import Outage, Timeline, WatchedService, coverage, outages
from firstbell.packet.figures import value_text
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Change, Chart, ChartSeries, Column, Line, Point, Row, Table, Trend
from firstbell.packet.summary import note_on
from firstbell.packet.unknowns import silent_line
from firstbell.records import ObservationInterval, Ticket, VendorIncident

DAYS_DRAWN = 42
WEEKS_DRAWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One service over the packet's period: its whole line, the part in class hours and its outages."""

    service: WatchedService
    name: str
    line: Timeline
    in_class: Timeline
    outages: tuple[Outage, ...]

    @property
    def lost_seconds(self) -> float:
        """Seconds down in class hours."""
        return total_seconds(self.in_class.down)


def watched(material: Material) -> list[Watched]:
    """Every service of the inventory, the one that cost most class time first."""
    facts = material.facts
    class_hours = facts.hours["school"]
    found = [_watch(material, service, class_hours) for service in facts.services]
    return sorted(found, key=lambda one: (-one.lost_seconds, -total_seconds(one.line.down), one.name))


def _watch(material: Material, service: WatchedService, class_hours: Windows) -> Watched:
    facts, key = material.facts, service.service_key
    (line,) = service_lines(facts, {"hours": "all", "services": [key]}, DISTRICT)
    return Watched(
        service=service,
        name=material.names.services.get(key, key),
        line=line,
        in_class=line.within(class_hours),
        outages=tuple(outages(key, facts.intervals.get(key, ()), line, service.policy)),
    )


def service_events(material: Material, found: Sequence[Watched]) -> list[Change]:
    """An outage in class hours is a change of its own: when, how long, whom it reached."""
    return [
        _outage_change(material, one, outage)
        for one in found
        for outage in one.outages
        if _class_seconds(outage, one) >= 60
    ]


def _class_seconds(outage: Outage, one: Watched) -> float:
    parts = (outage.window.clipped(window) for window in one.in_class.down)
    return sum(part.seconds for part in parts if part is not None)


def _outage_change(material: Material, one: Watched, outage: Outage) -> Change:
    words = material.wording
    lost = _class_seconds(outage, one)
    key = "outage_open" if outage.open else "outage"
    pupils = _pupils(material, one.service)
    text = words.say(
        key,
        service=one.name,
        lost=words.duration(lost),
        moment=words.moment(outage.window.start),
        until=_until(material, outage),
        where=_where(material, one.service),
    )
    item = f"outage:{one.service.service_key}:{outage.window.start.isoformat()}"
    reach = pupils / max(1, _all_pupils(material)) if pupils else 1.0
    return Change(
        trend=Trend.WORSE,
        text=text,
        item=item,
        section=3,
        weight=4 + 6 * reach * min(1.0, lost / 7200),
        **note_on(material, item),
    )


def _until(material: Material, outage: Outage) -> str:
    words = material.wording
    same_day = words.day(outage.window.start) == words.day(outage.window.end)
    return words.clock(outage.window.end) if same_day else words.moment(outage.window.end)


def _where(material: Material, service: WatchedService) -> str:
    """Whom a service reaches: the schools by name while they are few, and the pupils where enrolment is known."""
    words = material.wording
    names = sorted(material.names.schools.get(key, key) for key in service.schools)
    place = words.say("every_school") if not names else words.listed(names) if len(names) <= 3 else ""
    place = place or words.say("schools", n=len(names))
    pupils = _pupils(material, service)
    return words.say("place_and_pupils", place=place, n=pupils) if pupils else place


def _pupils(material: Material, service: WatchedService) -> int:
    enrolled = {school.key: school.enrolment or 0 for school in material.district.schools}
    return sum(enrolled.get(key, 0) for key in (service.schools or enrolled))


def _all_pupils(material: Material) -> int:
    return sum(school.enrolment or 0 for school in material.district.schools)


def service_table(material: Material, found: Sequence[Watched]) -> Table:
    """Each service: class time lost, share of class hours it answered, outages, time that nobody watched."""
    words = material.wording
    columns = ("service", "lost_in_class", "answered_in_class", "outages", "not_watched")
    return Table(
        caption=words.say("services_caption"),
        columns=tuple(Column(title=words.say(f"column_{key}"), numeric=key != "service") for key in columns),
        rows=tuple(_service_row(material, one) for one in found),
    )


def _service_row(material: Material, one: Watched) -> Row:
    words = material.wording
    over, unknown = total_seconds(one.in_class.over), total_seconds(one.in_class.unknown)
    seen = over - unknown
    enough = over > 0 and seen / over >= one.service.policy.minimum_coverage_ratio and not _silent(material)
    answered = 1 - one.lost_seconds / seen if enough else None
    nothing = words.say("not_known") if over else words.say("no_class")
    return Row(
        cells=(
            one.name,
            words.duration(one.lost_seconds) if enough and one.lost_seconds else ("0" if enough else nothing),
            words.exact_percent(answered) if answered is not None else nothing,
            words.number(len(one.outages)) if enough else nothing,
            words.percent(unknown / over) if over else "0 %",
        )
    )


def _silent(material: Material) -> bool:
    """Whether our own looks fell silent before the period's end: what was seen before is no figure of the period."""
    return bool(material.facts.silent(material.facts.feeds(ObservationInterval)))


def unwatched_line(material: Material, found: Sequence[Watched]) -> Line | None:
    """How much class time nobody watched; None when all of it was, or when nothing is watched at all."""
    lines = [one.in_class for one in found if one.in_class.over]
    if not lines:
        return None
    share = coverage(lines, material.facts.frame())
    if share.value is None or share.denominator is None or share.value >= 0.995:
        return None
    words = material.wording
    text = words.say(
        "unwatched",
        minutes=round(share.missing / 60),
        of=round(share.denominator / 60),
        share=words.percent(1 - share.value),
    )
    return Line(item="coverage", text=text, **note_on(material, "coverage"))


def day_strip(material: Material, found: Sequence[Watched]) -> Chart | None:
    """Minutes of class time in which any service was down, on each of the last school days; a gap: nobody watched."""
    facts, words = material.facts, material.wording
    end = facts.frame().until
    window = Window(max(facts.window.start, end - timedelta(days=DAYS_DRAWN)), end)
    points = []
    for day in local_dates(window, facts.calendar.zone):
        part = local_day(day, facts.calendar.zone).clipped(window)
        hours = facts.calendar.instruction(part) if part is not None else ()
        if hours and found:
            points.append(Point(label=words.day(day), value=_lost_minutes(found, hours)))
    known = [point for point in points if point.value is not None]
    if not known:
        return None
    bad = [point for point in known if point.value]
    worst = max(bad, key=lambda point: point.value or 0, default=None)
    finding = words.say("strip_clean", n=len(known))
    if worst is not None and worst.value is not None:
        longest = words.duration(worst.value * 60)
        finding = words.say("strip_finding", n=len(bad), days=len(known), day=worst.label, longest=longest)
    if len(known) < len(points):
        finding = f"{finding} {words.say('strip_unknown', n=len(points) - len(known))}"
    series = (ChartSeries(name=words.say("column_lost_in_class"), points=tuple(points)),)
    return Chart(kind="days", title=words.say("strip_title"), alternative=finding, unit="min", series=series)


def _lost_minutes(found: Sequence[Watched], hours: Windows) -> float | None:
    """Minutes in which any service was down; None when too little of the day was watched to call it a good one."""
    lines = [(one.line.within(hours), one.service.policy.minimum_coverage_ratio) for one in found]
    lost = total_seconds(union(window for line, _ in lines for window in line.down))
    over, unknown = (
        sum(total_seconds(part(line)) for line, _ in lines) for part in (attrgetter("over"), attrgetter("unknown"))
    )
    if not lost and (unknown >= over or 1 - unknown / over < max(least for _, least in lines)):
        return None
    return round(lost / 60, 1)


def desk_lines(material: Material) -> list[Line]:
    """The help desk in two sentences, where one feeds us; one sentence where it fell silent."""
    facts, words = material.facts, material.wording
    if (silent := silent_line(material, "desk.flow", "help_desk", Ticket)) is not None:
        return [silent]
    if not facts.feeds(Ticket):
        return []
    frame, seen = _desk_frame(material), facts.of(Ticket)
    created, resolved = desk.created(seen, frame), desk.resolved(seen, frame)
    open_now = desk.backlog(seen, frame)
    clock = facts.calendar.business_clock(desk.clock_span(seen, frame))
    answer = desk.first_response_hours(seen, frame, clock)
    lines = [
        Line(
            item="desk.flow",
            text=words.say(
                "desk_flow",
                created=value_text(created, material),
                resolved=value_text(resolved, material),
                open=value_text(open_now, material),
            ),
            **note_on(material, "desk.flow"),
        )
    ]
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
        rows=tuple(Row(cells=(words.say("work_day_range", range=label), words.number(n))) for label, n in ages.items()),
    )


def desk_chart(material: Material) -> Chart | None:
    """Tickets open at the end of each of the last weeks."""
    facts, words = material.facts, material.wording
    if not facts.feeds(Ticket) or facts.silent(facts.feeds(Ticket)):
        return None
    end, seen = facts.frame().until, facts.of(Ticket)
    moments = [end - timedelta(weeks=week) for week in reversed(range(WEEKS_DRAWN))]
    moments = [moment for moment in moments if moment >= facts.window.start] or [end]
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


def vendor_table(material: Material) -> Table | None:
    """What vendors declared about themselves in the period: their word, kept apart from what we measured."""
    facts, words = material.facts, material.wording
    over = facts.elapsed
    declared = [one for one in material.heard(VendorIncident) if not one.planned and _touches(one, over)]
    if not declared:
        return None
    declared.sort(key=lambda one: one.started_at, reverse=True)
    rows = tuple(
        Row(
            cells=(
                material.names.services.get(one.service_key, one.service_key),
                words.moment(one.started_at),
                words.duration((one.resolved_at - one.started_at).total_seconds())
                if one.resolved_at
                else words.say("not_ended"),
                one.impact,
            )
        )
        for one in declared
    )
    titles = ("service", "began", "lasted", "impact")
    columns = tuple(Column(title=words.say(f"column_{key}")) for key in titles)
    return Table(audience=Audience.TEAM, caption=words.say("vendors_caption"), columns=columns, rows=rows)


def _touches(one: VendorIncident, over: Window) -> bool:
    end: datetime = one.resolved_at or over.end
    return one.started_at < over.end and end >= over.start
