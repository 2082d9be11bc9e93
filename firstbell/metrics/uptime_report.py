"""What a period was like for every service and group: one result each, the worst first.

Services are taken one by one: of those done only their results are kept, and the timelines of those that others
depend on or that form a group. So a year of thousands of services needs no more memory than one of a few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from firstbell.calendar import SchoolCalendar
from firstbell.intervals import Window, Windows, difference, intersection, total_seconds, union
from firstbell.metrics.uptime_accounting import (
    availability,
    error_budget,
    own_availability,
    refusal,
)
from firstbell.metrics.uptime_latency import LatencyFigures, latency_figures
from firstbell.metrics.uptime_outages import Outage, outage_figures, outages
from firstbell.metrics.uptime_result import ServiceResult, days_of, weighted_days
from firstbell.metrics.uptime_seconds import Seconds
from firstbell.metrics.uptime_services import (
    GroupRule,
    ServiceGroup,
    WatchedService,
    attributed,
    group_line,
    group_work,
    in_order,
    parts_by_rules,
    policy_at,
    ruled_at,
)
from firstbell.metrics.uptime_timeline import Timeline, followed, timeline
from firstbell.periods import Period
from firstbell.records import ObservationInterval

LooksOf = Callable[[str], Sequence[ObservationInterval]]
"""The looks at a service that the period needs, by its key."""

BucketsOf = Callable[[str], Mapping[str, int]]
"""The histogram of a service's answered looks, by its key."""

LatenciesOf = Callable[[Window], BucketsOf]
"""The histograms of services over a window: the period as far as it had passed, or a part of it."""


ALWAYS = "all"
"""The name of the hours that never end."""

_NO_WEIGHT = "The pupils of its members are not all known, so they cannot be weighed; add the schools' enrolment."


def service_results(
    services: Iterable[WatchedService],
    groups: Iterable[ServiceGroup],
    looks: LooksOf,
    period: Period,
    *,
    as_of: datetime,
    calendar: SchoolCalendar,
    latencies: LatenciesOf | None = None,
    with_days: bool = False,
) -> tuple[ServiceResult, ...]:
    """The results of all services and groups, those that cost most class time first, then by seconds down.

    Where all is alike a service's own fault stands before what it only suffered, and the unknown before the known.
    A service whose rules change within the period has a result for each part of it, under the rules of that part, and
    so has a group of which its own rules or a member's change: percentages under two rules are never one figure.
    """
    services, groups = tuple(services), tuple(groups)
    desk = _Desk(period=period, as_of=as_of, calendar=calendar, latencies=latencies, with_days=with_days)
    needed = {parent for one in services for parent in one.depends_on}
    grouped = {member for one in groups for member in one.members}
    failed: dict[str, Windows] = {}
    members: dict[str, _Counted] = {}
    found: list[ServiceResult] = []
    for service, roots in in_order(services):
        key, observed = service.service_key, looks(service.service_key)
        line = service_line(service, observed, desk.elapsed, failed, roots)
        if roots or key in needed:
            failed[key] = line.failed
        down = outages(key, observed, line, service.policy, service.later)
        one = _Counted(service, line, down, service.maintenance)
        found += desk.of_service(one)
        if key in grouped:
            members[key] = one
    together = ((one, [members[key] for key in one.members if key in members]) for one in groups)
    found += [result for group, there in together if there for result in desk.of_group(group, there)]
    return tuple(sorted(found, key=_badness))


def service_line(
    service: WatchedService,
    observed: Sequence[ObservationInterval],
    elapsed: Window,
    failed: Mapping[str, Windows],
    roots: Sequence[str],
) -> Timeline:
    """A service's whole timeline of a period: since it is watched, maintenance apart, causes attributed.

    Where its rules change within the period, each part of it is seen by those in force then.
    """
    lines = []
    for part in parts_by_rules(elapsed, [service]):
        ruled = ruled_at(service, part.start)
        start = max(part.start, min(service.since or part.start, part.end))
        line = timeline(observed, Window(start, part.end), ruled.policy).without(service.maintenance)
        lines.append(attributed(ruled, line, failed, roots))
    return lines[0] if len(lines) == 1 else followed(lines)


@dataclass(frozen=True, slots=True)
class _Counted:
    """A service or a group with its timeline of the whole period, its outages and its planned work."""

    ruled: WatchedService | ServiceGroup
    line: Timeline
    outages: Sequence[Outage]
    planned: Windows


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """What all results of one report share: the period, its hours and its latencies."""

    period: Period
    as_of: datetime
    calendar: SchoolCalendar
    latencies: LatenciesOf | None
    with_days: bool

    @cached_property
    def elapsed(self) -> Window:
        return self.period.elapsed(self.as_of)

    @cached_property
    def _hours(self) -> dict[str, tuple[Windows, Windows]]:
        return {}

    @cached_property
    def _buckets(self) -> dict[Window, BucketsOf]:
        return {}

    def hours(self, name: str) -> tuple[Windows, Windows]:
        """The hours of a name that had passed, and those still to come."""
        if name not in self._hours:
            whole, elapsed = self.calendar.hours(name, self.period.window), union([self.elapsed])
            self._hours[name] = intersection(whole, elapsed), difference(whole, elapsed)
        return self._hours[name]

    def to_come(self, hours: str, planned: Windows, part: Period) -> float:
        """Seconds of the hours of a part still to come in which no work is planned."""
        return total_seconds(difference(intersection(self.hours(hours)[1], (part.window,)), planned))

    def of_service(self, one: _Counted) -> Iterator[ServiceResult]:
        """One service's results from its whole timeline, one for each part."""
        for part in self._parts([one.ruled]):
            result = self._result(one, part)
            yield replace(result, latency=self._latency(result.key, part.elapsed(self.as_of)))

    def of_group(self, group: ServiceGroup, members: Sequence[_Counted]) -> Iterator[ServiceResult]:
        """A group's results from its members, one for each part."""
        named = tuple(one.ruled.service_key for one in members)
        whole = None if group.rule is GroupRule.WORST else _together(group, members)
        for part in self._parts([group, *(one.ruled for one in members)]):
            if whole is None:
                worst = min((self._result(one, part) for one in members), key=_by_availability)
                yield replace(worst, key=group.group_key, members=named, students=group.students)
                continue
            result = self._result(whole, part)
            if group.rule is GroupRule.WEIGHTED:
                result = self._weighted(result, members, part)
            yield replace(result, members=named)

    def _parts(self, ruled: Iterable[WatchedService | ServiceGroup]) -> list[Period]:
        """The period cut where rules change; of its parts the first and those that have begun."""
        first, *later = parts_by_rules(self.period.window, ruled)
        return [
            replace(self.period, window=part) for part in (first, *(one for one in later if one.start < self.as_of))
        ]

    def _latency(self, key: str, over: Window) -> LatencyFigures | None:
        if self.latencies is None:
            return None
        if over not in self._buckets:
            self._buckets[over] = self.latencies(over)
        return latency_figures(self._buckets[over](key))

    def _result(self, one: _Counted, part: Period) -> ServiceResult:
        """The result of a part of the period, by the rules that hold at its start."""
        ruled, line, split = one.ruled, one.line, part.window != self.period.window
        passed, _ = self.hours(ruled.agreed_hours)
        whole = line if ruled.agreed_hours == ALWAYS else line.within(passed)
        here, agreed = (each.within((part.window,)) if split else each for each in (line, whole))
        policy = policy_at(ruled.policy, ruled.later, part.window.start)
        result = ServiceResult(
            key=ruled.service_key,
            period=part,
            over=_span(here, part.elapsed(self.as_of)),
            agreed_hours=ruled.agreed_hours,
            policy=policy,
            seconds=Seconds(),
            always=here.seconds,
            outages=outage_figures(one.outages, whole, part.window if split else None),
            class_seconds_down=total_seconds(intersection(here.down, self.hours("school")[0])),
            students=ruled.students,
            days=days_of(agreed, policy, self.calendar.zone) if self.with_days else (),
        )
        seconds = result.always if agreed is here else agreed.seconds
        return _judged(result, seconds, self.to_come(ruled.agreed_hours, one.planned, part))

    def _weighted(self, result: ServiceResult, members: Sequence[_Counted], part: Period) -> ServiceResult:
        """The members' seconds by the pupils they serve, past and to come, instead of those of the group's timeline."""
        pupils = [one.ruled.students for one in members]
        weight = sum(one or 0 for one in pupils)
        if not weight or None in pupils:
            unknown = (
                replace(day, seconds=Seconds(unknown=day.seconds.total), availability=None) for day in result.days
            )
            blank = replace(result, seconds=Seconds(), always=Seconds(), class_seconds_down=0.0, days=tuple(unknown))
            return replace(blank, availability=None, own_availability=None, budget=None, refusal=_NO_WEIGHT)
        shares = [(self._result(one, part), (one.ruled.students or 0) / weight) for one in members]
        result = replace(
            result,
            always=sum((one.always.times(share) for one, share in shares), Seconds()),
            class_seconds_down=sum(one.class_seconds_down * share for one, share in shares),
            days=weighted_days(shares, result.policy),
        )
        seconds = sum((one.seconds.times(share) for one, share in shares), Seconds())
        ahead = [self.to_come(one.ruled.agreed_hours, one.planned, part) for one in members]
        to_come = sum(each * share for each, (_, share) in zip(ahead, shares, strict=True))
        return _judged(result, seconds, to_come)


def _together(group: ServiceGroup, members: Sequence[_Counted]) -> _Counted:
    """A group that has a timeline of its own, from its members'."""
    line = group_line(group.rule, [one.line for one in members])
    down = outages(group.group_key, (), line, group.policy, group.later)
    return _Counted(group, line, down, group_work(group.rule, [one.planned for one in members]))


def _judged(result: ServiceResult, seconds: Seconds, to_come: float) -> ServiceResult:
    """The result with its seconds and what its policy makes of them."""
    policy = result.policy
    return replace(
        result,
        seconds=seconds,
        availability=availability(seconds, policy),
        own_availability=own_availability(seconds, policy),
        refusal=refusal(seconds, policy),
        budget=error_budget(seconds, policy, to_come),
    )


def _span(line: Timeline, elapsed: Window) -> Window:
    over = union([*line.over, *line.maintenance])
    return Window(over[0].start, over[-1].end) if over else Window(elapsed.end, elapsed.end)


def _by_availability(result: ServiceResult) -> tuple[bool, float]:
    """The worst member first: one of which too little is known may be worse than any other."""
    return result.availability is not None, result.availability or 0.0


def _badness(result: ServiceResult) -> tuple[float, float, float, float, str]:
    seconds = result.seconds
    return -(result.student_minutes or 0.0), -seconds.down, -seconds.own_down, -seconds.unknown, result.key
