"""Services with their agreed rules, what they depend on, and the groups they form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from itertools import chain, pairwise
from typing import TypeVar

from firstbell.intervals import Window, Windows, difference, intersection, union
from firstbell.metrics.figure import DISTRICT
from firstbell.metrics.uptime_timeline import Timeline, stacked
from firstbell.policies import SlaPolicy

LaterRules = tuple[tuple[datetime, SlaPolicy], ...]
"""Versions of a policy that come into force one after the other, each with its first instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedService:
    """A service of the inventory with its agreed rules. No `schools` means that it serves every school.

    `since` is when it was taken under watch: a service that began mid-period is not unknown before. `agreed_hours`
    names the hours in which it has to be there, one of the calendar's HOURS. `students` is the enrolment of the
    schools it serves, None where that is not known of all of them. `depends_on` are services without which it cannot
    be reached. `policy` holds until the first of the `later` ones.
    """

    service_key: str
    policy: SlaPolicy
    later: LaterRules = ()
    schools: frozenset[str] = frozenset()
    maintenance: Windows = ()
    since: datetime | None = None
    depends_on: tuple[str, ...] = ()
    agreed_hours: str = "all"
    students: int | None = None

    def serves(self, scope: str) -> bool:
        """Whether the service counts for the district or for a school's scope such as "school:oak"."""
        return scope == DISTRICT or not self.schools or scope.removeprefix("school:") in self.schools


class GroupRule(StrEnum):
    """What several services are as one."""

    ALL_DOWN = "all_down"
    """Down only while all are, as a redundant pair."""
    ANY_DOWN = "any_down"
    """Down while any is, as the links of a chain."""
    WORST = "worst"
    """As its worst member over the period."""
    WEIGHTED = "weighted"
    """The members' seconds, weighted by whom they serve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceGroup:
    """Services that are judged as one, under a policy of the group's own, which holds until the first `later` one."""

    group_key: str
    rule: GroupRule
    members: tuple[str, ...]
    policy: SlaPolicy
    later: LaterRules = ()
    agreed_hours: str = "all"
    students: int | None = None

    @property
    def service_key(self) -> str:
        """The key under which its timeline stands among those of services."""
        return self.group_key


Ruled = TypeVar("Ruled", WatchedService, ServiceGroup)


def policy_at(policy: SlaPolicy, later: LaterRules, moment: datetime) -> SlaPolicy:
    """The version that holds at a moment: the first one until the first of the later ones."""
    begun = [version for begins, version in later if begins <= moment]
    return begun[-1] if begun else policy


def ruled_at(one: Ruled, moment: datetime) -> Ruled:
    """The same by the rules that hold at a moment, and by these alone."""
    return replace(one, policy=policy_at(one.policy, one.later, moment), later=()) if one.later else one


def parts_by_rules(window: Window, ruled: Iterable[WatchedService | ServiceGroup]) -> tuple[Window, ...]:
    """The window cut at each instant within it from which on other rules hold for any of these."""
    changes = {begins for one in ruled for begins, _ in one.later if window.start < begins < window.end}
    return tuple(Window(*ends) for ends in pairwise([window.start, *sorted(changes), window.end]))


_ORDER = {
    # Planned work on one link of a chain must not hide another's fault, nor a slow one that another may be down; a
    # planned absence leaves the pair to the other.
    GroupRule.ANY_DOWN: (("down", "unknown", "degraded", "maintenance"), "up"),
    GroupRule.ALL_DOWN: (("up", "degraded", "unknown", "down"), "maintenance"),
}


def group_line(rule: GroupRule, members: Sequence[Timeline]) -> Timeline:
    """The timeline of a group. A weighted group's is that of any-down: it shows when somebody was hit.

    Time in which a member was not under watch yet is judged by the others. What no member answers for itself is put
    to the account of who does. Raises ValueError for the rule `worst`, which chooses among its members' figures.
    """
    if rule is GroupRule.WORST:
        raise ValueError("the worst member is chosen by its figures and has a timeline of its own")
    over = union(window for line in members for window in (*line.over, *line.maintenance))
    order, rest = _ORDER[GroupRule.ALL_DOWN if rule is GroupRule.ALL_DOWN else GroupRule.ANY_DOWN]
    line = stacked(members, over, order, rest)
    if line.maintenance:
        answers = [union([*one.answered, *one.answered_in_maintenance]) for one in members]
        there = union(chain.from_iterable(answers)) if rule is GroupRule.ALL_DOWN else reduce(intersection, answers)
        line = replace(line, answered_in_maintenance=intersection(there, line.maintenance))
    own = union(
        window
        for one in members
        for window in difference(one.down, union(part for parts in one.attributed.values() for part in parts))
    )
    suffered: dict[str, list[Window]] = {}
    for one in members:
        for root, windows in one.attributed.items():
            suffered.setdefault(root, []).extend(windows)
    return _shared_out(line, difference(line.down, own), {root: union(parts) for root, parts in suffered.items()})


def group_work(rule: GroupRule, members: Sequence[Windows]) -> Windows:
    """The time of a group that its members' planned work takes away, while none of them is down.

    A pair is away for work only while all members are: the other answers meanwhile. A chain is as soon as any is.
    """
    if rule is GroupRule.ALL_DOWN:
        return reduce(intersection, members)
    return union(window for planned in members for window in planned)


def attributed(
    service: WatchedService, line: Timeline, failed: Mapping[str, Windows], roots: Sequence[str]
) -> Timeline:
    """The service's timeline with each second down put to the account of the topmost service that was down then.

    `roots` are all the services it depends on, directly or not, the topmost first; `failed` says when each was seen
    down, planned or not.
    """
    margin = timedelta(seconds=service.policy.dependency_margin_seconds)
    wide = {
        root: union(Window(window.start - margin, window.end + margin) for window in failed[root])
        for root in roots
        if line.down and failed.get(root)
    }
    return _shared_out(line, line.down, wide)


def _shared_out(line: Timeline, left: Windows, accounts: Mapping[str, Windows]) -> Timeline:
    """The timeline with what is left of its down time put to the first of the accounts that covers it."""
    found = {}
    for root, windows in accounts.items():
        if part := intersection(left, windows):
            found[root] = part
            left = difference(left, windows)
    return replace(line, attributed=found) if found else line


def in_order(services: Iterable[WatchedService]) -> Iterator[tuple[WatchedService, tuple[str, ...]]]:
    """The services, each after those it depends on, with all the services it depends on, the topmost first.

    What is depended on and not among the services is left out; in a cycle, which the folder's reader refuses, each
    service depends on those that were met before it.
    """
    known = {service.service_key: service for service in services}
    above: dict[str, tuple[str, ...]] = {}
    for key in known:
        for service in _climb(key, known, above):
            parents = [parent for parent in service.depends_on if parent in above]
            every = {root: None for parent in parents for root in (*above[parent], parent)}
            above[service.service_key] = tuple(sorted(every, key=lambda root: len(above[root])))
            yield service, above[service.service_key]


def _climb(key: str, known: Mapping[str, WatchedService], done: Mapping[str, object]) -> Iterator[WatchedService]:
    """A service after everything above it that is not done; without recursion, however long the chain."""
    path, met = [key], {key}
    while path:
        ahead = [one for one in known[path[-1]].depends_on if one in known and one not in done and one not in met]
        if ahead:
            path.append(ahead[0])
            met.add(ahead[0])
        else:
            here = path.pop()
            if here not in done:
                yield known[here]
