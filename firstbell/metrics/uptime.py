"""Uptime figures of many services at once: seconds summed over them, percentages never averaged.

What one service was stands in uptime_timeline.py, its outages in uptime_outages.py, what a policy makes of its seconds
in uptime_accounting.py, dependencies and groups in uptime_services.py, a whole period's results in uptime_report.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from firstbell.intervals import difference, total_seconds, union
from firstbell.kpi import Kpi
from firstbell.metrics.figure import Frame
from firstbell.metrics.uptime_accounting import refusal
from firstbell.metrics.uptime_outages import Outage, outages
from firstbell.metrics.uptime_seconds import Seconds
from firstbell.metrics.uptime_services import ServiceGroup, WatchedService
from firstbell.metrics.uptime_timeline import Timeline, any_failure_seconds, timeline
from firstbell.policies import SlaPolicy

__all__ = (
    "Outage",
    "ServiceGroup",
    "Timeline",
    "WatchedService",
    "any_failure_seconds",
    "coverage",
    "downtime_minutes",
    "outages",
    "timeline",
    "uptime_ratio",
)


def uptime_ratio(lines: Sequence[Timeline], frame: Frame, policy: SlaPolicy) -> Kpi:
    """Share of the watched time in which the services answered; seconds are summed over them.

    Time that no look covers is left out of the denominator and reported as `missing` seconds (unless the policy's
    gap rule counts it): a poller that was off must not look like a perfect week. Below the policy's coverage no
    ratio is given. What users felt counts: a service behind a broken switch was down for them.
    """
    method = f"seconds up / seconds watched; gaps: {policy.gap_rule}; n and missing in seconds"
    seconds = _summed(lines)
    if reason := refusal(seconds, policy):
        return frame.not_known("uptime_ratio", "ratio", method, reason, missing=seconds.unknown)
    good, counted = seconds.good(policy), seconds.counted(policy)
    return frame.ratio("uptime_ratio", good, counted, method, n=int(seconds.watched), missing=seconds.unknown)


def coverage(lines: Sequence[Timeline], frame: Frame) -> Kpi:
    """Share of the time that was watched at all."""
    seconds = _summed(lines)
    expected, missing = seconds.expected, seconds.unknown
    return frame.ratio(
        "coverage", seconds.watched, expected, "seconds watched / seconds", n=int(expected), missing=missing
    )


def downtime_minutes(lines: Sequence[Timeline], frame: Frame, policy: SlaPolicy) -> Kpi:
    """Minutes in which any of the services was down: overlapping outages count once.

    With timelines cut to class hours these are the minutes lost in class hours. `missing` are minutes in which one
    of them was not watched and none was known to be down, so the value is a lower bound.
    """
    method = "minutes in which any service was down; overlapping outages once; missing in minutes"
    down = union(window for line in lines for window in line.down)
    unknown = difference(union(window for line in lines for window in line.unknown), down)
    over = union(window for line in lines for window in line.over)
    missing = total_seconds(unknown) / 60
    if reason := refusal(_summed(lines), policy):
        return frame.not_known("downtime_minutes", "minutes", method, reason, missing=missing)
    minutes = total_seconds(down) / 60
    return frame.measured(
        "downtime_minutes",
        minutes,
        "minutes",
        method,
        numerator=minutes,
        denominator=total_seconds(over) / 60,
        n=len(lines),
        missing=missing,
    )


def _summed(lines: Sequence[Timeline]) -> Seconds:
    return sum((line.seconds for line in lines), Seconds())
