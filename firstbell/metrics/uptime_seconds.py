"""Seconds by what a service was. They are summed, percentages never."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from firstbell.policies import GapRule, SlaPolicy

PARTS = ("up", "degraded", "down", "maintenance", "unknown", "down_in_maintenance")
"""The parts of a timeline that are counted."""


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
