"""The services and groups of the district folder with their rules as they hold for a period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from firstbell.config.audited import Service
from firstbell.config.loaded import District
from firstbell.config.service_rules import Maintenance, ServicePolicy
from firstbell.intervals import Window, Windows, local_moment, union
from firstbell.metrics.uptime_services import GroupRule, LaterRules, ServiceGroup, WatchedService
from firstbell.policies import GapRule, SlaPolicy, UpWhen, in_force
from firstbell.recurrence import planned_starts

HOURS_OF = {
    "class_hours": "school",
    "testing": "testing",
    "service_hours": "service",
    "breaks": "breaks",
    "always": "all",
}
"""The calendar's hours by what services.yaml says of when something is needed."""

ONE_DAY = timedelta(days=1)


def watched_services(
    district: District, window: Window, *, since: Mapping[str, datetime], under: date | None = None
) -> tuple[WatchedService, ...]:
    """The services as they are to be counted over a window.

    `since` says when each came under watch. Policies are those in force on each local day of the window, or for the
    whole of it on the day `under`, so that a past period can be counted under newer rules.
    """
    named = {service.policy for service in district.services}
    rules = {name: _rules(district, name, window, under) for name in named}
    return tuple(
        WatchedService(
            service_key=service.key,
            policy=rules[service.policy][0],
            later=rules[service.policy][1],
            schools=frozenset(service.schools),
            maintenance=planned_work(district, service.maintenance, window),
            since=since.get(service.key),
            depends_on=service.depends_on,
            agreed_hours=HOURS_OF[service.needed],
            students=enrolment(district, [service]),
        )
        for service in district.services
    )


def service_groups(district: District, window: Window, *, under: date | None = None) -> tuple[ServiceGroup, ...]:
    """The groups as they are to be counted over a window; `under` as for services."""
    rules = {group.policy: _rules(district, group.policy, window, under) for group in district.service_groups}
    return tuple(
        ServiceGroup(
            group_key=group.key,
            rule=GroupRule(group.rule),
            members=group.members,
            policy=rules[group.policy][0],
            later=rules[group.policy][1],
            agreed_hours=HOURS_OF[group.needed],
            students=enrolment(district, [district.service(key) for key in group.members]),
        )
        for group in district.service_groups
    )


def first_day(district: District, window: Window) -> date:
    """The local day that a window begins on."""
    return window.start.astimezone(district.zone).date()


def _rules(district: District, name: str, window: Window, under: date | None) -> tuple[SlaPolicy, LaterRules]:
    """The version of a policy in force on a window's first day, its first one for days before it, and those after it.

    None comes after the one that is in force on the day `under`.
    """
    versions = [_policy(one, district.sla_policy) for one in district.service_policies if one.name == name]
    policy = in_force(versions or [district.sla_policy], first_day(district, window) if under is None else under)
    if under is not None:
        return policy, ()
    later = (
        (local_moment(one.valid_from, time(), district.zone), one)
        for one in sorted(versions, key=lambda one: one.valid_from)
        if one.valid_from > policy.valid_from
    )
    return policy, tuple(version for version in later if version[0] in window)


def planned_work(district: District, planned: Iterable[Maintenance], window: Window) -> Windows:
    """All planned work that touches a window; what comes again does so by the clock on the wall."""
    found: list[Window] = []
    for work in planned:
        start, end = district.moment(work.starts_at), district.moment(work.ends_at)
        if work.repeats:
            starts, ends = (moment.astimezone(district.zone).replace(tzinfo=None) for moment in (start, end))
            found += _again(work.repeats, starts, ends - starts, window, district.zone)
        elif start < end and start < window.end and window.start < end:
            found.append(Window(start, end))
    return union(found)


def enrolment(district: District, services: Iterable[Service]) -> int | None:
    """The pupils of all schools that any of the services serves, each once; None where a school's are not known."""
    schools = {school.key: school for service in services for school in district.schools_of(service)}
    known = [school.enrolment for school in schools.values() if school.enrolment is not None]
    return sum(known) if schools and len(known) == len(schools) else None


@lru_cache(maxsize=256)
def _again(rule: str, first: datetime, length: timedelta, window: Window, zone: ZoneInfo) -> Windows:
    """Windows of work that comes again: many services share the night that it is done in."""
    local = [moment.astimezone(zone).date() for moment in (window.start, window.end)]
    starts = planned_starts(rule, first, local[0] - length - ONE_DAY, local[1] + ONE_DAY, zone)
    found = []
    for start in starts:
        ends = start + length
        begins, over = (local_moment(wall.date(), wall.time(), zone) for wall in (start, ends))
        found.append(Window(begins, max(begins, over)))
    return tuple(one for one in union(found) if one.start < window.end and window.start < one.end)


def _policy(written: ServicePolicy, otherwise: SlaPolicy) -> SlaPolicy:
    return SlaPolicy(
        name=written.name,
        valid_from=written.valid_from,
        confirmation_failures=written.confirmation_failures or otherwise.confirmation_failures,
        stale_after_intervals=written.stale_after_intervals,
        gap_rule=GapRule(written.gaps),
        degraded_weight=written.degraded_weight,
        minimum_coverage_ratio=written.minimum_coverage,
        merge_outages_closer_than_seconds=written.merge_minutes * 60,
        up_when=UpWhen(written.up_when) if written.up_when else otherwise.up_when,
        dependency_margin_seconds=written.dependency_margin_seconds,
        target_ratio=written.target,
    )
