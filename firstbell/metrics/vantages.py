"""Several places that look at one service: what each saw, when one looked alone, and where they saw it otherwise.

A place that could not look at a time (its own route was gone, its poller was off) says nothing about that time; the
others then speak alone, and the packet says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from firstbell.intervals import Window, Windows, difference, intersection, union
from firstbell.metrics.uptime import Timeline, timeline
from firstbell.policies import SlaPolicy
from firstbell.records import ObservationInterval

Views = Mapping[str, Timeline]
"""What was seen from each vantage, all over the same time."""


def views(observed: Iterable[ObservationInterval], window: Window, policy: SlaPolicy, vantages: Iterable[str]) -> Views:
    """One service's looks as a timeline for each vantage that is to look, those that never did included."""
    looks = tuple(observed)
    return {vantage: timeline([one for one in looks if one.vantage == vantage], window, policy) for vantage in vantages}


def seen_only_from(seen: Views) -> Mapping[str, Windows]:
    """When a service was seen from one place alone although several are to look; by vantage, without empty entries."""
    known = {vantage: difference(line.over, line.unknown) for vantage, line in seen.items()}
    alone = {
        vantage: difference(mine, _any(other for name, other in known.items() if name != vantage))
        for vantage, mine in known.items()
    }
    return {vantage: windows for vantage, windows in alone.items() if windows} if len(seen) > 1 else {}


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
