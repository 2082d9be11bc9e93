"""The services over time: a strip of days for each that cost class time, and the weeks as one small line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

from firstbell.intervals import Window, Windows, intersection, local_dates, local_day, total_seconds, union
from firstbell.packet.agenda_services import Watched
from firstbell.packet.material import Material
from firstbell.packet.model import Chart, ChartSeries, Point

DAYS_DRAWN = 42
ROWS_DRAWN = 5
LEAST_WEEKS = 3
WATCHED_WHOLE = 0.995
"""A day of which less was watched is marked as known in part; a few looks that were late are not."""

Lines = list[tuple[Windows, Windows, Windows, float]]
"""Of services in some hours: all time, down, not watched, and the share to be watched before it can be called good."""


@dataclass(frozen=True, slots=True)
class SchoolDay:
    """A day of class of the packet's period and its hours."""

    day: date
    hours: Windows

    @property
    def monday(self) -> date:
        """The day its week begins on."""
        return self.day - timedelta(days=self.day.weekday())


def service_charts(material: Material, found: Sequence[Watched]) -> list[Chart]:
    """The strip of days, and the weeks where there are enough of them; nothing where nothing was ever known."""
    days = _school_days(material)
    strip = day_strip(material, found, days)
    weeks = _weeks(material, found, days)
    return [chart for chart in (strip, weeks) if chart is not None]


def day_strip(material: Material, found: Sequence[Watched], days: Sequence[SchoolDay]) -> Chart | None:
    """Minutes of class time lost on each of the last school days: the worst services by name, the others together."""
    words = material.wording
    points = _points(material, found, days)
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
    if partly := sum(point.partly for point in known):
        finding = f"{finding} {words.say('strip_partly', n=partly)}"
    named = list(islice((one for one in found if _lost_any(material, one, days)), ROWS_DRAWN))
    rows = [(one.name, [one]) for one in named]
    if others := [one for one in found if one not in named]:
        rows.append((words.say("other_services" if named else "all_services", n=len(others)), others))
    series = tuple(_series(material, name, _points(material, group, days)) for name, group in rows)
    return Chart(kind="days", title=words.say("strip_title"), alternative=finding, unit="min", series=series)


def _lost_any(material: Material, one: Watched, days: Sequence[SchoolDay]) -> bool:
    return bool(one.in_class.down) and any(point.value for point in _points(material, [one], days))


def _series(material: Material, name: str, points: Sequence[Point]) -> ChartSeries:
    """One row of the strip; where class time was lost it says how much, for those who hear the drawing."""
    words, lost = material.wording, sum(point.value or 0 for point in points)
    finding = words.say("figure_sentence", title=name, value=words.duration(60 * lost)) if lost else ""
    return ChartSeries(name=name, points=tuple(points), finding=finding)


def _weeks(material: Material, found: Sequence[Watched], days: Sequence[SchoolDay]) -> Chart | None:
    """Class time lost week by week, all services together; a week that was not watched is a gap."""
    words = material.wording
    mondays = sorted({one.monday for one in days})
    points = []
    for monday in mondays:
        hours = tuple(window for one in days if one.monday == monday for window in one.hours)
        points.append(Point(label=words.day(monday), value=_lost_minutes(_within(found, hours))))
    known = [point for point in points if point.value is not None]
    if len(known) < LEAST_WEEKS or not any(point.value for point in known):
        return None
    most = max(known, key=lambda point: point.value or 0)
    finding = words.say("weeks_finding", day=most.label, lost=words.duration((most.value or 0) * 60))
    series = (ChartSeries(name=words.say("column_lost_in_class"), points=tuple(points)),)
    return Chart(kind="sparkline", title=words.say("weeks_title"), alternative=finding, unit="min", series=series)


def _school_days(material: Material) -> list[SchoolDay]:
    """The days of class within the period's last weeks, up to the moment of the packet."""
    facts = material.facts
    end = facts.frame().until
    window = Window(max(facts.window.start, end - timedelta(days=DAYS_DRAWN)), end)
    found = []
    for day in local_dates(window, facts.calendar.zone):
        part = local_day(day, facts.calendar.zone).clipped(window)
        hours = facts.calendar.instruction(part) if part is not None else ()
        if hours:
            found.append(SchoolDay(day, tuple(hours)))
    return found


def _points(material: Material, group: Sequence[Watched], days: Iterable[SchoolDay]) -> list[Point]:
    words = material.wording
    firsts: dict[date, str] = {}
    return [
        Point(
            label=words.day(one.day),
            group=firsts.setdefault(one.monday, words.day(one.day)),
            value=(lost := _lost_minutes(lines := _within(group, one.hours))),
            partly=lost is not None and _watched_share(lines) < WATCHED_WHOLE,
        )
        for one in (days if group else ())
    ]


def _within(found: Sequence[Watched], hours: Windows) -> Lines:
    return [
        (
            intersection(one.in_class.over, hours),
            intersection(one.in_class.down, hours),
            intersection(one.in_class.unknown, hours),
            one.service.policy.minimum_coverage_ratio,
        )
        for one in found
    ]


def _watched_share(lines: Lines) -> float:
    """The share of these hours in which the services were watched, all of them together."""
    over = sum(total_seconds(over) for over, _, _, _ in lines)
    return 1 - sum(total_seconds(unknown) for _, _, unknown, _ in lines) / over if over else 0.0


def _lost_minutes(lines: Lines) -> float | None:
    """Minutes in which any service was down; None when too little of the time was watched to call it good."""
    lost = total_seconds(union(window for _, down, _, _ in lines for window in down))
    over = sum(total_seconds(over) for over, _, _, _ in lines)
    unknown = sum(total_seconds(unknown) for _, _, unknown, _ in lines)
    if not lost and (unknown >= over or 1 - unknown / over < max(least for _, _, _, least in lines)):
        return None
    return round(lost / 60, 1)
