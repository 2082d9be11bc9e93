"""Looks become a timeline: stretches up, degraded, down and unknown under a named policy.

A look speaks for the time until the next one, but for no longer than the policy allows; after that the service is
unknown, not down and not up. A single failure that the next look does not confirm is no outage; a confirmed one
began with its first failure. Where several places look at one service, the policy says when it counts as up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise

from firstbell.intervals import Window, Windows, difference, intersection, total_seconds, union
from firstbell.metrics.uptime_seconds import PARTS, Seconds
from firstbell.policies import SlaPolicy, UpWhen
from firstbell.records import ObservationInterval, ServiceState


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """What a service was during `over`: four disjoint parts that together cover it exactly.

    `maintenance` is planned time that was taken out of `over`, `down_in_maintenance` the part of it in which the
    service was seen down and `answered_in_maintenance` that in which it answered: measuring never stops. `attributed`
    is the part of `down` that a service it depends on answers for, by that service's key.
    """

    over: Windows
    up: Windows
    degraded: Windows
    down: Windows
    unknown: Windows
    maintenance: Windows = ()
    down_in_maintenance: Windows = ()
    answered_in_maintenance: Windows = ()
    attributed: Mapping[str, Windows] = field(default_factory=dict)

    @cached_property
    def seconds(self) -> Seconds:
        """How long each part is: asked for by the district, by each school and in each language."""
        attributed = {root: total_seconds(windows) for root, windows in self.attributed.items()}
        return Seconds(**{part: total_seconds(getattr(self, part)) for part in PARTS}, attributed=attributed)

    def within(self, hours: Windows, known: dict[Windows, Windows] | None = None) -> Timeline:
        """The part of the timeline that lies in the given hours.

        `known` is what was cut to the same hours before: most services of a district are watched alike.
        """
        cuts = {} if known is None else known

        def cut(windows: Windows) -> Windows:
            if windows not in cuts:
                cuts[windows] = intersection(windows, hours)
            return cuts[windows]

        return Timeline(
            over=cut(self.over),
            up=cut(self.up),
            degraded=cut(self.degraded),
            down=cut(self.down),
            unknown=cut(self.unknown),
            maintenance=cut(self.maintenance),
            down_in_maintenance=cut(self.down_in_maintenance),
            answered_in_maintenance=cut(self.answered_in_maintenance),
            attributed={root: part for root, windows in self.attributed.items() if (part := cut(windows))},
        )

    def without(self, maintenance: Iterable[Window]) -> Timeline:
        """The timeline without planned maintenance: neither numerator nor denominator, and kept apart."""
        planned = intersection(self.over, union(maintenance))
        if not planned:
            return self
        rest = self.within(difference(self.over, planned))
        return Timeline(
            over=rest.over,
            up=rest.up,
            degraded=rest.degraded,
            down=rest.down,
            unknown=rest.unknown,
            maintenance=union([*self.maintenance, *planned]),
            down_in_maintenance=union([*self.down_in_maintenance, *intersection(self.down, planned)]),
            answered_in_maintenance=union([*self.answered_in_maintenance, *intersection(self.answered, planned)]),
            attributed=rest.attributed,
        )

    @property
    def answered(self) -> Windows:
        """When the service answered, however slowly, while it had to be there."""
        return union([*self.up, *self.degraded]) if self.degraded else self.up

    @property
    def failed(self) -> Windows:
        """When the service was seen down, planned or not."""
        return union([*self.down, *self.down_in_maintenance]) if self.down_in_maintenance else self.down


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
    lines = [_line(stream, window, policy) for stream in _streams(observed)]
    return lines[0] if len(lines) == 1 else joined(lines, union([window]), policy.up_when)


def joined(lines: Sequence[Timeline], over: Windows, up_when: UpWhen) -> Timeline:
    """One timeline of what several places saw over the same time.

    A place that knew nothing of a time says nothing about it. `all`: as the one that saw it worst of those that know;
    `any`: as the one that saw it best. Unknown is what none knew.
    """
    order = ("down", "degraded", "up") if up_when is UpWhen.ALL else ("up", "degraded", "down")
    return stacked(lines, over, order, "unknown")


def stacked(lines: Sequence[Timeline], over: Windows, order: Sequence[str], rest: str) -> Timeline:
    """One timeline of several: each moment is the first part in `order` that any line has it in, else `rest`."""
    parts: dict[str, Windows] = {}
    left = over
    for name in order:
        found = union(window for line in lines for window in getattr(line, name))
        parts[name] = intersection(left, found)
        left = difference(left, found)
    parts[rest] = left
    planned = parts.get("maintenance", ())
    return Timeline(
        over=difference(over, planned),
        up=parts["up"],
        degraded=parts["degraded"],
        down=parts["down"],
        unknown=parts["unknown"],
        maintenance=planned,
    )


def followed(lines: Sequence[Timeline]) -> Timeline:
    """One timeline of several that follow each other."""

    def whole(parts: Iterable[Windows]) -> Windows:
        return union(window for windows in parts for window in windows)

    roots = dict.fromkeys(root for one in lines for root in one.attributed)
    return Timeline(
        over=whole(one.over for one in lines),
        up=whole(one.up for one in lines),
        degraded=whole(one.degraded for one in lines),
        down=whole(one.down for one in lines),
        unknown=whole(one.unknown for one in lines),
        maintenance=whole(one.maintenance for one in lines),
        down_in_maintenance=whole(one.down_in_maintenance for one in lines),
        answered_in_maintenance=whole(one.answered_in_maintenance for one in lines),
        attributed={root: whole(one.attributed.get(root, ()) for one in lines) for root in roots},
    )


def any_failure_seconds(observed: Iterable[ObservationInterval], window: Window, policy: SlaPolicy) -> float:
    """Seconds after any failed look, confirmed or not: printed beside the confirmed downtime."""
    failed = [
        Window(spell.start, spell.end).clipped(window)
        for stream in _streams(observed)
        for spell in _spells(stream, policy)
        if spell.state is ServiceState.DOWN
    ]
    return total_seconds(union(part for part in failed if part is not None))


def _line(stream: Sequence[ObservationInterval], window: Window, policy: SlaPolicy) -> Timeline:
    """What one place saw. Its spells are in order and disjoint, so that nothing needs sorting."""
    seen: dict[ServiceState, list[Window]] = {state: [] for state in ServiceState}
    unknown = seen[ServiceState.UNKNOWN]
    known_until = window.start
    for spell in _confirmed(_spells(stream, policy), policy):
        start, end = max(spell.start, window.start), min(spell.end, window.end)
        if start >= end or spell.state is ServiceState.UNKNOWN:
            continue
        if known_until < start:
            unknown.append(Window(known_until, start))
        known_until = end
        part = seen[spell.state]
        if part and part[-1].end == start:
            part[-1] = Window(part[-1].start, end)
        else:
            part.append(Window(start, end))
    if known_until < window.end:
        unknown.append(Window(known_until, window.end))
    return Timeline(
        over=union([window]),
        up=tuple(seen[ServiceState.UP]),
        degraded=tuple(seen[ServiceState.DEGRADED]),
        down=tuple(seen[ServiceState.DOWN]),
        unknown=tuple(unknown),
    )


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
