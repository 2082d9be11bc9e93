"""Several places that look at one service: what each saw, when one looked alone, and where they saw it otherwise.

A place that could not look at a time (its own route was gone, its poller was off) says nothing about that time; the
others then speak alone, and the packet says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from firstbell.intervals import Window, Windows, difference, intersection, union
from firstbell.metrics.uptime import Timeline, timeline
from firstbell.policies import SlaPolicy
from firstbell.records import ObservationInterval

Views = Mapping[str, Timeline]
"""What was seen of one service from each vantage; from each over the time since it first looked at the service."""


def views(observed: Iterable[ObservationInterval], window: Window, policy: SlaPolicy, vantages: Iterable[str]) -> Views:
    """One service's looks as a timeline for each vantage that is to look, an empty one for those that never did."""
    looks = tuple(observed)
    found = {}
    for vantage in vantages:
        mine = [one for one in looks if one.vantage == vantage]
        first = min((one.first_at for one in mine), default=window.end)
        found[vantage] = timeline(mine, Window(min(max(window.start, first), window.end), window.end), policy)
    return found


@dataclass(frozen=True, slots=True)
class Alone:
    """When one place alone saw anything, and the others that were to look then and saw nothing at all."""

    windows: Windows
    blind: tuple[str, ...]


def seen_only_from(seen: Sequence[Views]) -> Mapping[str, Alone]:
    """When services were seen from one place alone, since others saw none of those that they look at; by vantage.

    A place that saw one service could look, and one that had not begun was not to look.
    """
    known, due = _by_vantage(seen, _known), _by_vantage(seen, lambda line: line.over)
    found = {}
    for vantage, mine in known.items():
        others = [name for name in known if name != vantage]
        blind = {name: intersection(mine, difference(due[name], known[name])) for name in others}
        windows = difference(_any(blind.values()), _any(known[name] for name in others))
        if windows:
            found[vantage] = Alone(windows, tuple(name for name in others if intersection(blind[name], windows)))
    return found


def passed_over(seen: Mapping[str, Views]) -> Mapping[str, Mapping[str, Windows]]:
    """When a place saw other services and not this one, which another place saw; by vantage and service.

    Counted from the place's first look at the service; where it never looked at it, from its first at any.
    """
    looked = _by_vantage(seen.values(), _known)
    found: dict[str, dict[str, Windows]] = {}
    for key, lines in seen.items():
        for vantage, line in lines.items():
            others = _any(_known(other) for name, other in lines.items() if name != vantage)
            could = intersection(looked[vantage], others)
            windows = difference(intersection(could, line.over) if line.over else could, _known(line))
            if windows:
                found.setdefault(vantage, {})[key] = windows
    return found


def _known(line: Timeline) -> Windows:
    return difference(line.over, line.unknown)


def _by_vantage(seen: Iterable[Views], part: Callable[[Timeline], Windows]) -> dict[str, Windows]:
    """A part of the timelines of all services together, by vantage."""
    found: dict[str, list[Windows]] = {}
    for lines in seen:
        for vantage, line in lines.items():
            found.setdefault(vantage, []).append(part(line))
    return {vantage: _any(parts) for vantage, parts in found.items()}


def down_only_from(seen: Views) -> Mapping[str, Windows]:
    """When a place saw the service down while another saw it answer: the way there was broken, or half the service."""
    found = {}
    for vantage, line in seen.items():
        others = [other for name, other in seen.items() if name != vantage]
        windows = intersection(line.down, _any(part for other in others for part in (other.up, other.degraded)))
        if windows:
            found[vantage] = windows
    return found


def _any(parts: Iterable[Windows]) -> Windows:
    return union(window for part in parts for window in part)
