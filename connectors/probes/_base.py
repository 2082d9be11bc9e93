"""The contract of a direct probe: one look at one target, a fact and not a judgement.

A probe kind is one module of this folder: its name is the `probe.kind` in services.yaml. It holds one `Probe`
subclass with a nested `Settings` and an async `look`. Confirmation, gaps, maintenance, service hours and dependencies
are policy and live in firstbell/metrics (docs/design.md, section 5).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from connectors._base import SourceSettings
from firstbell.clock import Clock, utc_now
from firstbell.records import ServiceObservation


@dataclass(frozen=True, slots=True)
class Target:
    """One service to look at: its key, the probe's settings and how often it is looked at."""

    service_key: str
    settings: Any
    expected_interval_seconds: int


@dataclass(frozen=True, slots=True)
class Round:
    """What all looks of one round share: the vantage, the clock, the deadline and whose certificates to trust."""

    vantage: str
    deadline: datetime
    timeout_seconds: float = 10.0
    clock: Clock = utc_now
    ca_bundle: str | None = None


class Probe(ABC):
    """One kind of look. `title` and `docs_url` feed docs/connectors.md; `Settings` the district's JSON Schema."""

    title: ClassVar[str]
    docs_url: ClassVar[str]
    Settings: ClassVar[type[SourceSettings]]

    @abstractmethod
    async def look(self, target: Target, run: Round) -> ServiceObservation:
        """Look once, within `run.deadline`. Trouble of the target is an observation, never an exception."""
