"""Seconds of a timeline, and what a policy makes of them: availability or why there is none, and the error budget.

Seconds are summed, percentages never: figures of several services, windows or days are the figures of their sums.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal

from firstbell.intervals import total_seconds
from firstbell.metrics.uptime_timeline import Timeline
from firstbell.policies import GapRule, SlaPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """Seconds by what the service was: up, degraded, down, in maintenance, unknown. The five add up to the whole time.

    `down_in_maintenance` is the part of maintenance in which it was seen down. `attributed` is the part of `down`, by
    the service that answers for it: what users felt is `down`, the service's own fault is `own_down`.
    """

    up: float = 0.0
    degraded: float = 0.0
    down: float = 0.0
    maintenance: float = 0.0
    unknown: float = 0.0
    down_in_maintenance: float = 0.0
    attributed: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: Seconds) -> Seconds:
        roots = dict.fromkeys((*self.attributed, *other.attributed))
        return Seconds(
            up=self.up + other.up,
            degraded=self.degraded + other.degraded,
            down=self.down + other.down,
            maintenance=self.maintenance + other.maintenance,
            unknown=self.unknown + other.unknown,
            down_in_maintenance=self.down_in_maintenance + other.down_in_maintenance,
            attributed={root: self.attributed.get(root, 0.0) + other.attributed.get(root, 0.0) for root in roots},
        )

    def times(self, weight: float) -> Seconds:
        """All of them weighted, as by a service's pupils."""
        return Seconds(
            up=self.up * weight,
            degraded=self.degraded * weight,
            down=self.down * weight,
            maintenance=self.maintenance * weight,
            unknown=self.unknown * weight,
            down_in_maintenance=self.down_in_maintenance * weight,
            attributed={root: seconds * weight for root, seconds in self.attributed.items()},
        )

    @property
    def total(self) -> float:
        """The whole time, maintenance and all."""
        return self.expected + self.maintenance

    @property
    def expected(self) -> float:
        """Time in which the service had to be there: all but maintenance."""
        return self.watched + self.unknown

    @property
    def watched(self) -> float:
        """Time in which it had to be there and somebody looked."""
        return self.up + self.degraded + self.down

    @property
    def own_down(self) -> float:
        """Seconds down that no service it depends on answers for."""
        return self.down - sum(self.attributed.values())

    @property
    def coverage(self) -> float | None:
        """Share of the expected time that was watched; None where no time was expected."""
        return self.watched / self.expected if self.expected > 0 else None

    def good(self, policy: SlaPolicy) -> float:
        """What counts as available: a degraded second by the rest of its weight, an unknown one by the gap rule."""
        gaps = self.unknown if policy.gap_rule is GapRule.UP else 0.0
        return self.up + self.degraded * (1 - policy.degraded_weight) + gaps

    def counted(self, policy: SlaPolicy) -> float:
        """The denominator: watched time, and unknown time unless the gap rule leaves it out."""
        return self.watched + (0.0 if policy.gap_rule is GapRule.EXCLUDE else self.unknown)


def seconds_of(line: Timeline) -> Seconds:
    """The seconds of a timeline."""
    attributed = {root: total_seconds(windows) for root, windows in line.attributed.items()}
    return Seconds(**line.seconds, attributed=attributed)


def refusal(seconds: Seconds, policy: SlaPolicy) -> str:
    """Why no percentage can be given of these seconds, or an empty text."""
    coverage = seconds.coverage
    if coverage is None:
        return "There was no time to watch in this period."
    if coverage <= 0 or coverage < policy.minimum_coverage_ratio:
        least = f"{policy.minimum_coverage_ratio:.0%} is the least for a figure"
        return f"Only {coverage:.0%} of the time was watched; {least}."
    return ""


def availability(seconds: Seconds, policy: SlaPolicy) -> float | None:
    """Share of the counted time in which the service was there, as its users felt it; None where that is refused."""
    return None if refusal(seconds, policy) else seconds.good(policy) / seconds.counted(policy)


def own_availability(seconds: Seconds, policy: SlaPolicy) -> float | None:
    """The same without the time that a service it depends on answers for; None where nothing else was left."""
    base = seconds.counted(policy) - (seconds.down - seconds.own_down)
    return None if refusal(seconds, policy) or base <= 0 else seconds.good(policy) / base


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBudget:
    """How long a service may be away under its target: allowed in the whole period, used so far, left to its end.

    Seconds; `left_seconds` is negative when the budget is overspent.
    """

    target_ratio: float
    allowed_seconds: float
    used_seconds: float

    @property
    def left_seconds(self) -> float:
        return self.allowed_seconds - self.used_seconds


def error_budget(seconds: Seconds, policy: SlaPolicy, to_come_seconds: float = 0.0) -> ErrorBudget | None:
    """The budget of a period of which `to_come_seconds` of agreed time are still ahead.

    None without a target, and where too little was watched for an availability: what was not seen may be spent.
    """
    if policy.target_ratio is None or refusal(seconds, policy):
        return None
    counted = seconds.counted(policy)
    return ErrorBudget(
        target_ratio=policy.target_ratio,
        allowed_seconds=(1 - policy.target_ratio) * (counted + to_come_seconds),
        used_seconds=counted - seconds.good(policy),
    )


def percentage(ratio: float, digits: int = 2) -> str:
    """A ratio as a percentage that is cut off and never rounded up: what was down shows.

    >>> percentage(0.99996), percentage(1.0), percentage(1430 / 1440, 3)
    ('99.99', '100.00', '99.305')
    """
    # The shortest decimal of a float: 0.57 is 57 %, whatever binary makes of it.
    exact = Decimal(repr(ratio)) * 100
    return str(exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_FLOOR))
