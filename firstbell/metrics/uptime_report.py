"""What a period was like for every service and group: one result each, the worst first.

Services are taken one by one: of those done only their results are kept, and the timelines of those that others
depend on or that form a group. So a year of thousands of services needs no more memory than one of a few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from firstbell.calendar import SchoolCalendar
from firstbell.intervals import Window, Windows, difference, intersection, total_seconds, union
from firstbell.metrics.uptime_accounting import (
    Seconds,
    availability,
    error_budget,
    own_availability,
    refusal,
    seconds_of,
)
from firstbell.metrics.uptime_latency import latency_figures
from firstbell.metrics.uptime_outages import outage_figures, outages
from firstbell.metrics.uptime_result import ServiceResult, days_of, weighted_days
from firstbell.metrics.uptime_services import (
    GroupRule,
    ServiceGroup,
    WatchedService,
    attributed,
    group_line,
    group_work,
    in_order,
    parts_by_rules,
    ruled_at,
)
from firstbell.metrics.uptime_timeline import Timeline, timeline
from firstbell.periods import Period
from firstbell.policies import SlaPolicy
from firstbell.records import ObservationInterval

LooksOf = Callable[[str], Sequence[ObservationInterval]]
"""The looks at a service that the period needs, by its key."""

BucketsOf = Callable[[str], Mapping[str, int]]
"""The histogram of a service's answered looks over the period, by its key."""


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
    latencies: BucketsOf | None = None,
    with_days: bool = False,
) -> tuple[ServiceResult, ...]:
    """The results of all services and groups, those that cost most class time first, then by seconds down.

    Where all is alike a service's own fault stands before what it only suffered, and the unknown before the known.
    Where rules change within the period, what they make a difference to has a result for each part of it, under the
    rules of that part and without latency, which no rule changes: percentages under two rules are never one figure.
    """
    services, groups = tuple(services), tuple(groups)
    parts = parts_by_rules(period.window, [*services, *groups])
    found = _results(services, groups, looks, period, as_of, calendar, latencies, with_days)
    if len(parts) > 1:
        changed = _touched_by_change(services, groups, period.window)
        found = [one for one in found if one.key not in changed]
        for part in parts:
            if part.start < as_of:
                under = [ruled_at(one, part.start) for one in services], [ruled_at(one, part.start) for one in groups]
                each = _results(*under, looks, replace(period, window=part), as_of, calendar, None, with_days)
                found += [one for one in each if one.key in changed]
    return tuple(sorted(found, key=_badness))


def _touched_by_change(
    services: Iterable[WatchedService], groups: Iterable[ServiceGroup], window: Window
) -> frozenset[str]:
    """What has other rules from some moment of a window on, hangs on such a service or has one among its members."""

    def changes(one: WatchedService | ServiceGroup) -> bool:
        return len(parts_by_rules(window, [one])) > 1

    changed = {one.service_key for one in services if changes(one)}
    changed |= {one.service_key for one, roots in in_order(services) if not changed.isdisjoint(roots)}
    return frozenset(changed | {one.group_key for one in groups if changes(one) or not changed.isdisjoint(one.members)})


def _results(
    services: Sequence[WatchedService],
    groups: Sequence[ServiceGroup],
    looks: LooksOf,
    period: Period,
    as_of: datetime,
    calendar: SchoolCalendar,
    latencies: BucketsOf | None,
    with_days: bool,
) -> list[ServiceResult]:
    """The results by the rules that hold at the period's start, in no order."""
    desk = _Desk(period=period, elapsed=period.elapsed(as_of), calendar=calendar, with_days=with_days)
    needed = {parent for one in services for parent in one.depends_on}
    grouped = {member for one in groups for member in one.members}
    failed: dict[str, Windows] = {}
    members: dict[str, _Member] = {}
    found = []
    for service, roots in in_order(services):
        observed = looks(service.service_key)
        line = service_line(service, observed, desk.elapsed, failed, roots)
        if roots or service.service_key in needed:
            failed[service.service_key] = line.failed
        result = desk.service(service, observed, line, latencies)
        found.append(result)
        if service.service_key in grouped:
            members[service.service_key] = _Member(line, result, service.maintenance)
    together = ((one, [members[key] for key in one.members if key in members]) for one in groups)
    found += [desk.group(group, there) for group, there in together if there]
    return found


def service_line(
    service: WatchedService,
    observed: Sequence[ObservationInterval],
    elapsed: Window,
    failed: Mapping[str, Windows],
    roots: Sequence[str],
) -> Timeline:
    """A service's whole timeline of a period: since it is watched, maintenance apart, causes attributed."""
    start = max(elapsed.start, min(service.since or elapsed.start, elapsed.end))
    line = timeline(observed, Window(start, elapsed.end), service.policy).without(service.maintenance)
    return attributed(service, line, failed, roots)


@dataclass(frozen=True, slots=True)
class _Member:
    line: Timeline
    result: ServiceResult
    planned: Windows


@dataclass(frozen=True, kw_only=True)
class _Desk:
    """What all results of one report share: the period and its hours."""

    period: Period
    elapsed: Window
    calendar: SchoolCalendar
    with_days: bool

    @cached_property
    def _hours(self) -> dict[str, tuple[Windows, Windows]]:
        return {}

    def hours(self, name: str) -> tuple[Windows, Windows]:
        """The hours of a name that had passed, and those still to come."""
        if name not in self._hours:
            whole, elapsed = self.calendar.hours(name, self.period.window), union([self.elapsed])
            self._hours[name] = intersection(whole, elapsed), difference(whole, elapsed)
        return self._hours[name]

    def to_come(self, hours: str, planned: Windows) -> float:
        """Seconds of the hours still to come in which no work is planned."""
        return total_seconds(difference(self.hours(hours)[1], planned))

    def service(
        self,
        service: WatchedService,
        observed: Sequence[ObservationInterval],
        line: Timeline,
        latencies: BucketsOf | None,
    ) -> ServiceResult:
        """One service's result from its whole timeline."""
        key = service.service_key
        result = self._result(key, service.policy, service.agreed_hours, line, observed, service.maintenance)
        latency = None if latencies is None else latency_figures(latencies(key))
        return replace(result, students=service.students, latency=latency)

    def group(self, group: ServiceGroup, members: Sequence[_Member]) -> ServiceResult:
        """A group's result from its members'."""
        named = tuple(one.result.key for one in members)
        if group.rule is GroupRule.WORST:
            worst = min((one.result for one in members), key=_by_availability)
            return replace(worst, key=group.group_key, members=named, students=group.students, latency=None)
        line = group_line(group.rule, [one.line for one in members])
        planned = group_work(group.rule, [one.planned for one in members])
        result = self._result(group.group_key, group.policy, group.agreed_hours, line, (), planned)
        if group.rule is GroupRule.WEIGHTED:
            result = self._weighted(result, members)
        return replace(result, members=named, students=group.students)

    def _result(
        self,
        key: str,
        policy: SlaPolicy,
        hours: str,
        line: Timeline,
        observed: Sequence[ObservationInterval],
        planned: Windows = (),
    ) -> ServiceResult:
        passed, _ = self.hours(hours)
        agreed = line if hours == ALWAYS else line.within(passed)
        in_class, _ = self.hours("school")
        result = ServiceResult(
            key=key,
            period=self.period,
            over=_span(line, self.elapsed),
            agreed_hours=hours,
            policy=policy,
            seconds=Seconds(),
            always=seconds_of(line),
            outages=outage_figures(outages(key, observed, line, policy), agreed),
            class_seconds_down=total_seconds(intersection(line.down, in_class)),
            days=days_of(agreed, policy, self.calendar.zone) if self.with_days else (),
        )
        seconds = result.always if agreed is line else seconds_of(agreed)
        return _judged(result, seconds, self.to_come(hours, planned))

    def _weighted(self, result: ServiceResult, members: Sequence[_Member]) -> ServiceResult:
        """The members' seconds by the pupils they serve, past and to come, instead of those of the group's timeline."""
        pupils = [one.result.students for one in members]
        weight = sum(one or 0 for one in pupils)
        if not weight or None in pupils:
            unknown = (
                replace(day, seconds=Seconds(unknown=day.seconds.total), availability=None) for day in result.days
            )
            blank = replace(result, seconds=Seconds(), always=Seconds(), class_seconds_down=0.0, days=tuple(unknown))
            return replace(blank, availability=None, own_availability=None, budget=None, refusal=_NO_WEIGHT)
        shares = [(one.result, (one.result.students or 0) / weight) for one in members]
        result = replace(
            result,
            always=sum((one.always.times(share) for one, share in shares), Seconds()),
            class_seconds_down=sum(one.class_seconds_down * share for one, share in shares),
            days=weighted_days(shares, result.policy),
        )
        seconds = sum((one.seconds.times(share) for one, share in shares), Seconds())
        ahead = [self.to_come(one.result.agreed_hours, one.planned) for one in members]
        to_come = sum(each * share for each, (_, share) in zip(ahead, shares, strict=True))
        return _judged(result, seconds, to_come)


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
