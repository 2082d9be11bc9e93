"""How a service was: looks become seconds up, degraded, down and unknown under a named policy.

A look speaks for the time until the next one, but for no longer than the policy allows; after that the service is
unknown, not down and not up. A single failure that the next look does not confirm is no outage; a confirmed one
began with its first failure. Where several vantages look at one service, any that saw it down counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from firstbell.intervals import Window, Windows, difference, intersection, total_seconds, union
from firstbell.kpi import Kpi
from firstbell.metrics.figure import DISTRICT, Frame
from firstbell.policies import GapRule, SlaPolicy
from firstbell.records import ObservationInterval, ServiceState


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedService:
    """A service of the inventory with its agreed rules. No `schools` means that it serves every school.

    `since` is when it was taken under watch: a service that began mid-period is not unknown before.
    """

    service_key: str
    policy: SlaPolicy
    schools: frozenset[str] = frozenset()
    maintenance: Windows = ()
    since: datetime | None = None

    def serves(self, scope: str) -> bool:
        """Whether the service counts for the district or for a school's scope such as "school:oak"."""
        return scope == DISTRICT or not self.schools or scope.removeprefix("school:") in self.schools


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """What a service was during `over`: four disjoint parts that together cover it exactly."""

    over: Windows
    up: Windows
    degraded: Windows
    down: Windows
    unknown: Windows

    def within(self, hours: Windows) -> Timeline:
        """The part of the timeline that lies in the given hours."""
        return Timeline(
            over=intersection(self.over, hours),
            up=intersection(self.up, hours),
            degraded=intersection(self.degraded, hours),
            down=intersection(self.down, hours),
            unknown=intersection(self.unknown, hours),
        )

    def without(self, maintenance: Windows) -> Timeline:
        """The timeline without planned maintenance: neither numerator nor denominator."""
        return self.within(difference(self.over, union(maintenance)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A confirmed stretch down, clipped to the period. `open`: not seen to answer again before the period's end."""

    service_key: str
    window: Window
    open: bool
    reason: str = ""


@dataclass(slots=True)
class _Spell:
    state: ServiceState
    start: datetime
    end: datetime
    looks: int


def timeline(observed: Iterable[ObservationInterval], window: Window, policy: SlaPolicy) -> Timeline:
    """One service's looks as stretches of time within the window.

    Their order does not matter, nor do repeats of an interval or earlier, shorter versions of it.
    """
    seen: dict[ServiceState, list[Window]] = {state: [] for state in ServiceState}
    for stream in _streams(observed):
        for spell in _confirmed(_spells(stream, policy), policy):
            part = Window(spell.start, spell.end).clipped(window)
            if part is not None:
                seen[spell.state].append(part)
    over = union([window])
    down = union(seen[ServiceState.DOWN])
    degraded = difference(union(seen[ServiceState.DEGRADED]), down)
    up = difference(difference(union(seen[ServiceState.UP]), down), degraded)
    unknown = difference(difference(difference(over, down), degraded), up)
    return Timeline(over=over, up=up, degraded=degraded, down=down, unknown=unknown)


def uptime_ratio(lines: Sequence[Timeline], frame: Frame, policy: SlaPolicy) -> Kpi:
    """Share of the watched time in which the services answered; seconds are summed over them.

    Time that no look covers is left out of the denominator and reported as `missing` seconds (unless the policy's
    gap rule counts it): a poller that was off must not look like a perfect week. Below the policy's coverage no
    ratio is given.
    """
    method = f"seconds up / seconds watched; gaps: {policy.gap_rule}; n and missing in seconds"
    up, degraded, down, unknown = (_seconds(lines, part) for part in ("up", "degraded", "down", "unknown"))
    refusal = _too_little(lines, policy)
    if refusal:
        return frame.not_known("uptime_ratio", "ratio", method, refusal, missing=unknown)
    good = up + degraded * (1 - policy.degraded_weight) + (unknown if policy.gap_rule is GapRule.UP else 0)
    counted = up + degraded + down + (0 if policy.gap_rule is GapRule.EXCLUDE else unknown)
    return frame.ratio("uptime_ratio", good, counted, method, n=int(up + degraded + down), missing=unknown)


def coverage(lines: Sequence[Timeline], frame: Frame) -> Kpi:
    """Share of the time that was watched at all."""
    unknown, over = _seconds(lines, "unknown"), _seconds(lines, "over")
    return frame.ratio("coverage", over - unknown, over, "seconds watched / seconds", n=int(over), missing=unknown)


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
    refusal = _too_little(lines, policy)
    if refusal:
        return frame.not_known("downtime_minutes", "minutes", method, refusal, missing=missing)
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


def outages(
    service_key: str, observed: Sequence[ObservationInterval], line: Timeline, policy: SlaPolicy
) -> list[Outage]:
    """The service's outages on its timeline, those closer than the policy's limit merged into one."""
    merged: list[Window] = []
    for window in line.down:
        if merged and (window.start - merged[-1].end).total_seconds() < policy.merge_outages_closer_than_seconds:
            merged[-1] = Window(merged[-1].start, window.end)
        else:
            merged.append(window)
    answered = max((part[-1].end for part in (line.up, line.degraded) if part), default=None)
    failures = sorted(
        ((look.first_at, look.reason) for look in observed if look.state is ServiceState.DOWN), reverse=True
    )
    return [
        Outage(
            service_key=service_key,
            window=window,
            open=answered is None or answered <= window.start,
            reason=next((reason for first_at, reason in failures if first_at <= window.start), ""),
        )
        for window in merged
    ]


def any_failure_seconds(observed: Iterable[ObservationInterval], window: Window, policy: SlaPolicy) -> float:
    """Seconds after any failed look, confirmed or not: printed beside the confirmed downtime."""
    failed = [
        Window(spell.start, spell.end).clipped(window)
        for stream in _streams(observed)
        for spell in _spells(stream, policy)
        if spell.state is ServiceState.DOWN
    ]
    return total_seconds(union(part for part in failed if part is not None))


def _streams(observed: Iterable[ObservationInterval]) -> list[list[ObservationInterval]]:
    """Intervals by source and vantage, in order; of several versions of one interval the longest."""
    longest: dict[tuple[str, str, datetime], ObservationInterval] = {}
    for interval in observed:
        key = (interval.source_key, interval.vantage, interval.first_at)
        kept = longest.get(key)
        if kept is None or (interval.last_at, interval.count, interval.state) > (kept.last_at, kept.count, kept.state):
            longest[key] = interval
    streams: dict[tuple[str, str], list[ObservationInterval]] = {}
    for source, vantage, moment in sorted(longest):
        streams.setdefault((source, vantage), []).append(longest[source, vantage, moment])
    return list(streams.values())


def _spells(stream: Sequence[ObservationInterval], policy: SlaPolicy) -> list[_Spell]:
    """The stretch that each interval speaks for: to the next look, and no further than its last look reaches."""
    spells = []
    for interval in stream:
        reach = timedelta(seconds=policy.stale_after_intervals * interval.expected_interval_seconds)
        # So few looks cannot have covered a longer stretch, whatever the interval's end says.
        last_at = min(interval.last_at, interval.first_at + reach * (interval.count - 1))
        spells.append(_Spell(interval.state, interval.first_at, last_at + reach, interval.count))
    for spell, following in pairwise(spells):
        spell.end = min(spell.end, following.start)
    return spells


def _confirmed(spells: Sequence[_Spell], policy: SlaPolicy) -> Iterator[_Spell]:
    """The spells with failures judged: confirmed ones stay down, a blip takes the state that followed at once.

    A failure that nothing followed at once can be neither confirmed nor dismissed: unknown.
    """
    index = 0
    while index < len(spells):
        end = index + 1
        if spells[index].state is ServiceState.DOWN:
            while end < len(spells) and _continues(spells[end - 1], spells[end], ServiceState.DOWN):
                end += 1
            if sum(spell.looks for spell in spells[index:end]) < policy.confirmation_failures:
                answered = end < len(spells) and spells[end].start == spells[end - 1].end
                state = spells[end].state if answered else ServiceState.UNKNOWN
                yield _Spell(state, spells[index].start, spells[end - 1].end, 0)
                index = end
                continue
        yield from spells[index:end]
        index = end


def _continues(spell: _Spell, following: _Spell, state: ServiceState) -> bool:
    return following.state is state and following.start == spell.end


def _seconds(lines: Iterable[Timeline], part: str) -> float:
    return sum(total_seconds(getattr(line, part)) for line in lines)


def _too_little(lines: Sequence[Timeline], policy: SlaPolicy) -> str:
    """Why no figure can be given, or an empty text."""
    over, unknown = _seconds(lines, "over"), _seconds(lines, "unknown")
    if over <= 0:
        return "There was no time to watch in this period."
    watched = 1 - unknown / over
    if watched <= 0 or watched < policy.minimum_coverage_ratio:
        least = f"{policy.minimum_coverage_ratio:.0%} is the least for a figure"
        return f"Only {watched:.0%} of the time was watched; {least}."
    return ""
