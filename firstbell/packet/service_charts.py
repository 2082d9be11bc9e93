"""The services over time: a strip of days for each that cost class time, and the weeks as bars."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, islice
from operator import itemgetter

from firstbell.intervals import Window, Windows, intersection, local_dates, local_day, total_seconds, union
from firstbell.packet.agenda_services import Watched
from firstbell.packet.material import Material
from firstbell.packet.model import Chart, ChartSeries, Point
from firstbell.packet.wording import Wording

DAYS_DRAWN = 42
ROWS_DRAWN = 5
LEAST_WEEKS = 3
WATCHED_WHOLE = 0.995
"""A day of which less was watched is marked as known in part; a few looks that were late are not."""


@dataclass(frozen=True, slots=True)
class SchoolDay:
    """A day of class of the packet's period and its hours."""

    day: date
    hours: Windows

    @property
    def monday(self) -> date:
        """The day its week begins on."""
        return self.day - timedelta(days=self.day.weekday())


@dataclass(frozen=True, slots=True)
class ServiceDays:
    """One service on the school days, by their places: seconds of class, seconds not watched, and when it was down.

    Services that were watched alike share one `over`; days without a stretch down have no place in `down`.
    """

    name: str
    over: Sequence[float]
    unknown: Sequence[float]
    down: Mapping[int, Windows]
    least: float
    """The share to be watched before a day can be called good."""


def service_charts(material: Material, found: Sequence[Watched]) -> list[Chart]:
    """The strip of days, and the weeks where there are enough of them; nothing where nothing was ever known."""
    days = _school_days(material)
    services = by_days(found, days)
    strip = day_strip(material.wording, services, days)
    weeks = week_bars(material.wording, services, days)
    return [chart for chart in (strip, weeks) if chart is not None]


def day_strip(words: Wording, services: Sequence[ServiceDays], days: Sequence[SchoolDay]) -> Chart | None:
    """Minutes of class time lost on each of the last school days: the worst services by name, the others together."""
    points = _points(words, services, days)
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
    losing = (at for at, one in enumerate(services) if any(_lost_minutes([one], [day]) for day in one.down))
    named = list(islice(losing, ROWS_DRAWN))
    rows = [(services[at].name, [services[at]]) for at in named]
    if others := [one for at, one in enumerate(services) if at not in named]:
        rows.append((words.say("other_services" if named else "all_services", n=len(others)), others))
    series = tuple(_series(words, name, _points(words, group, days)) for name, group in rows)
    return Chart(kind="days", title=words.say("strip_title"), alternative=finding, unit="min", series=series)


def _series(words: Wording, name: str, points: Sequence[Point]) -> ChartSeries:
    """One row of the strip; where class time was lost it says how much, for those who hear the drawing."""
    lost = sum(point.value or 0 for point in points)
    finding = words.say("figure_sentence", title=name, value=words.duration(60 * lost)) if lost else ""
    return ChartSeries(name=name, points=tuple(points), finding=finding)


def week_bars(words: Wording, services: Sequence[ServiceDays], days: Sequence[SchoolDay]) -> Chart | None:
    """Class time lost week by week, all services together; a week that was not watched is a gap."""
    points = []
    for monday in sorted({one.monday for one in days}):
        places = [place for place, one in enumerate(days) if one.monday == monday]
        points.append(Point(label=words.day(monday), value=_lost_minutes(services, places)))
    known = [point for point in points if point.value is not None]
    if len(known) < LEAST_WEEKS or not any(point.value for point in known):
        return None
    most = max(known, key=lambda point: point.value or 0)
    finding = words.say("weeks_finding", day=most.label, lost=words.duration((most.value or 0) * 60))
    series = (ChartSeries(name=words.say("column_lost_in_class"), points=tuple(points)),)
    return Chart(kind="bars", title=words.say("weeks_title"), alternative=finding, unit="min", series=series)


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


def by_days(found: Sequence[Watched], days: Sequence[SchoolDay]) -> list[ServiceDays]:
    """Each service's class time split once by school day: all that the charts tell are sums of it."""
    hours = union(window for one in days for window in one.hours)
    begins = [one.hours[0].start for one in days]
    split: dict[Windows, Mapping[int, Windows]] = {}
    lengths: dict[Windows, Sequence[float]] = {}

    def parts(windows: Windows) -> Mapping[int, Windows]:
        if windows not in split:
            placed = ((bisect_right(begins, part.start) - 1, part) for part in intersection(windows, hours))
            split[windows] = {day: tuple(part for _, part in some) for day, some in groupby(placed, itemgetter(0))}
        return split[windows]

    def seconds(windows: Windows) -> Sequence[float]:
        if windows not in lengths:
            lengths[windows] = [total_seconds(parts(windows).get(day, ())) for day in range(len(days))]
        return lengths[windows]

    return [
        ServiceDays(
            name=one.name,
            over=seconds(one.in_class.over),
            unknown=seconds(one.in_class.unknown),
            down=parts(one.in_class.down),
            least=one.service.policy.minimum_coverage_ratio,
        )
        for one in found
    ]


def _points(words: Wording, group: Sequence[ServiceDays], days: Sequence[SchoolDay]) -> list[Point]:
    firsts: dict[date, str] = {}
    return [
        Point(
            label=words.day(one.day),
            group=firsts.setdefault(one.monday, words.day(one.day)),
            value=(lost := _lost_minutes(group, [place])),
            partly=lost is not None and _watched_share(group, place) < WATCHED_WHOLE,
        )
        for place, one in enumerate(days if group else ())
    ]


def _watched_share(group: Sequence[ServiceDays], day: int) -> float:
    """The share of a day's class time in which the services were watched, all of them together."""
    over = sum(one.over[day] for one in group)
    return 1 - sum(one.unknown[day] for one in group) / over if over else 0.0


def _lost_minutes(group: Sequence[ServiceDays], days: Sequence[int]) -> float | None:
    """Minutes in which any service was down; None when too little of the time was watched to call it good."""
    lost = total_seconds(union(part for one in group if one.down for day in days for part in one.down.get(day, ())))
    over = sum(one.over[day] for one in group for day in days)
    unknown = sum(one.unknown[day] for one in group for day in days)
    if not lost and (unknown >= over or 1 - unknown / over < max(one.least for one in group)):
        return None
    return round(lost / 60, 1)
