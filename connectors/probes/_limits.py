"""Limits on how long the phases of a look may take: data in the settings, judged after everything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, Self

from pydantic import Field, model_validator

from connectors._base import SourceSettings
from firstbell.records import ServiceObservation, ServiceState

Phase = Literal["name", "connect", "tls", "first_byte", "total"]

_ENDED: dict[Phase, str] = {
    "name": "the name was found",
    "connect": "the connection stood",
    "tls": "TLS was agreed on",
    "first_byte": "the first byte came",
    "total": "the look ended",
}


class PhaseLimit(SourceSettings):
    """How late a phase may end; both limits count from the start of the look."""

    degraded_seconds: float | None = Field(None, gt=0, description="Later than this is degraded.")
    down_seconds: float | None = Field(None, gt=0, description="Later than this is down.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.degraded_seconds is None and self.down_seconds is None:
            raise ValueError("needs degraded_seconds, down_seconds or both")
        if self.degraded_seconds and self.down_seconds and self.degraded_seconds >= self.down_seconds:
            raise ValueError("degraded_seconds must be less than down_seconds")
        return self


Limits = dict[Phase, PhaseLimit]
LIMITS = (
    "How late a phase (name, connect, tls, first_byte, total) may end, in seconds from the start: "
    "{first_byte: {degraded_seconds: 1, down_seconds: 5}}."
)


def held_to(limits: Mapping[Phase, PhaseLimit], seen: ServiceObservation) -> ServiceObservation:
    """The observation, worse where a phase ended later than it may; what is down or unknown already stays as it is."""
    if not limits or seen.state not in (ServiceState.UP, ServiceState.DEGRADED):
        return seen
    late = [
        (phase, took, allowed, state)
        for phase, limit in limits.items()
        if (took := getattr(seen, f"{phase}_seconds")) is not None
        for state, allowed in ((ServiceState.DOWN, limit.down_seconds), (ServiceState.DEGRADED, limit.degraded_seconds))
        if allowed is not None and took > allowed
    ]
    if not late:
        return seen
    phase, took, allowed, state = min(late, key=lambda one: one[3] is not ServiceState.DOWN)
    if state is seen.state:
        return seen
    detail = f"{_ENDED[phase]} after {took:.2f} s, later than the {allowed:g} s allowed"
    return replace(seen, state=state, reason="slow", detail=detail)
