"""Outages: when they began and ended, why, on whose account, and how long until a service was back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from firstbell.intervals import Window, Windows, intersection, total_seconds
from firstbell.metrics.uptime_services import LaterRules, policy_at
from firstbell.metrics.uptime_timeline import Timeline
from firstbell.policies import GapRule, SlaPolicy
from firstbell.records import ObservationInterval, ServiceState


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A confirmed stretch down, clipped to the period. `open`: not seen to answer again before the period's end.

    `root` is the service that answers for the greater part of it, "" for the service itself. `unseen_seconds` are those
    of the window in which nobody looked.
    """

    service_key: str
    window: Window
    open: bool
    reason: str = ""
    root: str = ""
    unseen_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageFigures:
    """The outages that touched the agreed hours of a period, each with its seconds within them.

    An outage that lasts over a night between two days of class is one outage. One that lasts over a change of rules is
    one of the part of the period in which it began. `up_seconds` is what lay between them.
    """

    episodes: tuple[Outage, ...] = ()
    seconds: tuple[float, ...] = ()
    up_seconds: float = 0.0

    @property
    def count(self) -> int:
        return len(self.episodes)

    @property
    def own_count(self) -> int:
        """Those that no service it depends on answers for."""
        return sum(not one.root for one in self.episodes)

    @property
    def open(self) -> bool:
        """Whether the service was still down at the period's end."""
        return any(one.open for one in self.episodes)

    @property
    def longest_seconds(self) -> float:
        return max(self.seconds, default=0.0)

    @property
    def mean_time_to_repair_seconds(self) -> float | None:
        """Mean length of the outages that ended; None while none has."""
        ended = [seconds for one, seconds in zip(self.episodes, self.seconds, strict=True) if not one.open]
        return sum(ended) / len(ended) if ended else None

    @property
    def mean_time_between_failures_seconds(self) -> float | None:
        """Time in which the service answered, for each outage; None without one."""
        return self.up_seconds / self.count if self.count else None


def outages(
    service_key: str,
    observed: Iterable[ObservationInterval],
    line: Timeline,
    policy: SlaPolicy,
    later: LaterRules = (),
) -> list[Outage]:
    """The timeline's stretches down as outages, those made one that lie closer than the policy's limit.

    An outage goes on over a gap in which nobody looked and after which the next looks failed too: nobody saw it up.
    Its seconds stay unknown. Where the policy counts gaps as up, they end it. `line` may lack maintenance, which then
    splits an outage in two; an answer seen within it ends one all the same. `policy` holds until the first of the
    `later` ones; an outage over a change of rules is one.
    """
    episodes = _episodes(line, policy, later)
    if not episodes:
        return []
    answers = (line.up, line.degraded, line.answered_in_maintenance)
    answered = max((part[-1].end for part in answers if part), default=None)
    failures = sorted((look.first_at, look.reason) for look in observed if look.state is ServiceState.DOWN)
    moments = [moment for moment, _ in failures]
    return [
        Outage(
            service_key=service_key,
            window=window,
            open=answered is None or answered <= window.end,
            reason=failures[place - 1][1] if (place := bisect_right(moments, window.start)) else "",
            root=_root(line, window),
            unseen_seconds=total_seconds(intersection((window,), line.unknown)),
        )
        for window in episodes
    ]


def _episodes(line: Timeline, policy: SlaPolicy, later: LaterRules) -> list[Window]:
    """The stretches down, one for those that nothing but a gap or a short time up lies between."""
    unseen = frozenset(line.unknown) if len(line.down) > 1 else frozenset()
    merged: list[Window] = []
    for window in line.down:
        if merged and _goes_on(Window(merged[-1].end, window.start), unseen, policy, later):
            merged[-1] = Window(merged[-1].start, window.end)
        else:
            merged.append(window)
    return merged


def _goes_on(between: Window, unseen: frozenset[Window], policy: SlaPolicy, later: LaterRules) -> bool:
    rules = policy_at(policy, later, between.start)
    blind = between in unseen and rules.gap_rule is not GapRule.UP
    return blind or between.seconds < rules.merge_outages_closer_than_seconds


def outage_figures(found: Sequence[Outage], agreed: Timeline, part: Window | None = None) -> OutageFigures:
    """The figures of outages found around the clock: of those that touch the agreed hours that `agreed` is cut to.

    Of a `part` of the time, those that began in it, whole, wherever they ended: so no outage is counted twice.
    """
    begun = found if part is None else [one for one in found if one.window.start in part]
    seconds = [total_seconds(intersection((one.window,), agreed.down)) for one in begun]
    kept = [(one, length) for one, length in zip(begun, seconds, strict=True) if length > 0]
    within = agreed if part is None else agreed.within((part,))
    return OutageFigures(
        episodes=tuple(one for one, _ in kept),
        seconds=tuple(length for _, length in kept),
        up_seconds=total_seconds(within.up) + total_seconds(within.degraded),
    )


def _root(line: Timeline, window: Window) -> str:
    """Who answers for the greater part of an outage."""
    if not line.attributed:
        return ""
    here: Windows = (window,)
    shares = {root: total_seconds(intersection(windows, here)) for root, windows in line.attributed.items()}
    root = max(shares, key=lambda key: shares[key])
    return root if shares[root] * 2 > total_seconds(intersection(line.down, here)) else ""
