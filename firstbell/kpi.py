"""What a figure is: a value with everything a reader needs to doubt it.

The vocabulary here is used everywhere, in code, store, packet and Prefect artifacts (docs/design.md, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from firstbell.clock import require_aware
from firstbell.intervals import Window


class Availability(StrEnum):
    """Whether there is a value at all, and if not, why not."""

    MEASURED = "measured"
    STALE = "stale"
    """The source fell silent: known once, not known since then."""
    SUPPRESSED = "suppressed"
    """Too few people stand behind it; printing it could point at one of them."""
    NOT_COLLECTED = "not_collected"
    """No source feeds it, by choice or not yet."""


class Verdict(StrEnum):
    """What a check or a control came to."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    UNKNOWN = "unknown"
    WAIVED = "waived"
    """Somebody with a name accepted it, with a reason and an end."""
    NOT_APPLICABLE = "not_applicable"
    MANUAL = "manual"
    """Only a person can judge it, and no person has."""


class Light(StrEnum):
    """A verdict against a target, as it is printed: a word and a shape, never colour alone."""

    MET = "MET"
    CLOSE = "CLOSE"
    MISSED = "MISSED"
    NOT_KNOWN = "NOT KNOWN"
    NO_TARGET = "NO TARGET YET"

    @property
    def shape(self) -> str:
        """The three characters that carry in print what colour carries on a screen."""
        return _SHAPES[self]


_SHAPES = {
    Light.MET: "[O]",
    Light.CLOSE: "[~]",
    Light.MISSED: "[X]",
    Light.NOT_KNOWN: "[?]",
    Light.NO_TARGET: "[ ]",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """One figure with its evidence.

    `value` is None exactly when `availability` is not `measured`, and then `reason` says why in a plain sentence.
    Ratios run from 0 to 1. `n` counts what was looked at, `missing` what should have been and was not, in the unit
    that `method` names (rows, seconds, services). `scope` is "district" or a key such as "school:oak".

    Raises ValueError when value and availability contradict each other: a figure must not be able to lie.
    """

    name: str
    value: float | None
    unit: str
    window: Window
    as_of: datetime
    method: str
    numerator: float | None = None
    denominator: float | None = None
    n: int = 0
    missing: float = 0
    scope: str = "district"
    sources: tuple[str, ...] = ()
    policy_hash: str = ""
    availability: Availability = Availability.MEASURED
    reason: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "as_of", require_aware(self.as_of, "as_of"))
        if (self.value is None) == (self.availability is Availability.MEASURED):
            raise ValueError(f"{self.name}: a value is there exactly when the figure was measured")
        if self.value is None and not self.reason:
            raise ValueError(f"{self.name}: a figure without a value needs a reason")

    @property
    def known(self) -> bool:
        """True when there is a value to show."""
        return self.value is not None
