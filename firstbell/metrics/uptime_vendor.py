"""What vendors declare beside what we saw: both, and where they disagree. Neither is ever added to the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from firstbell.intervals import Window, Windows, difference, intersection, total_seconds, union
from firstbell.metrics.uptime_timeline import Timeline
from firstbell.records import VendorIncident


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorView:
    """Minutes of one service: as its vendor declared them, as we saw them, and where only one of the two says so.

    `only_declared` is time in which we saw it answer; `not_watched` declared time of which we know nothing. `planned`
    is work that the vendor announced, which is no incident. `incidents` counts the declared ones.
    """

    incidents: int
    declared_minutes: float
    observed_minutes: float
    both_minutes: float
    only_declared_minutes: float
    only_observed_minutes: float
    not_watched_minutes: float
    planned_minutes: float

    @property
    def disagreement_minutes(self) -> float:
        """Minutes in which one says down and the other, who knows, does not."""
        return self.only_declared_minutes + self.only_observed_minutes


def vendor_view(incidents: Iterable[VendorIncident], line: Timeline) -> VendorView:
    """The vendor's word on a service over its timeline, clipped to it; an unresolved incident lasts to its end."""
    told = [one for one in incidents if _lasts(one, line)]
    declared = intersection(line.over, _windows((one for one in told if not one.planned), line))
    known = difference(declared, line.unknown)
    return VendorView(
        incidents=sum(not one.planned for one in told),
        declared_minutes=_minutes(declared),
        observed_minutes=_minutes(line.down),
        both_minutes=_minutes(intersection(declared, line.down)),
        only_declared_minutes=_minutes(difference(known, line.down)),
        only_observed_minutes=_minutes(difference(line.down, declared)),
        not_watched_minutes=_minutes(intersection(declared, line.unknown)),
        planned_minutes=_minutes(intersection(line.over, _windows((one for one in told if one.planned), line))),
    )


def _lasts(incident: VendorIncident, line: Timeline) -> bool:
    return bool(intersection(line.over, _windows([incident], line)))


def _windows(incidents: Iterable[VendorIncident], line: Timeline) -> Windows:
    if not line.over:
        return ()
    end = line.over[-1].end
    return union(
        Window(one.started_at, max(one.started_at, end if one.resolved_at is None else one.resolved_at))
        for one in incidents
        if one.started_at < end
    )


def _minutes(windows: Windows) -> float:
    return total_seconds(windows) / 60
