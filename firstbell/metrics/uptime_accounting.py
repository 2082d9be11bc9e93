"""What a policy makes of a timeline's seconds: availability or why there is none, and the error budget.

Seconds are summed, percentages never: figures of several services, windows or days are the figures of their sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from firstbell.metrics.uptime_seconds import Seconds
from firstbell.policies import SlaPolicy


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
