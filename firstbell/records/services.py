"""Services: single looks, the intervals they run together to, and what others say of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from firstbell.records._base import Record
from firstbell.records.compliance import ControlResult


class ServiceState(StrEnum):
    """What a single look at a service saw, before any policy."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"
    """We could not look: our own network, resolver or poller was the trouble."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceObservation(Record):
    """One look at one service.

    `reason` is a short code such as `timeout`, `status`, `body`, `refused`, `certificate`, `name`; `detail` a sentence
    without secrets. Timings are seconds from the start of the transfer and None where that phase was not reached.
    """

    service_key: str
    observed_at: datetime
    state: ServiceState
    expected_interval_seconds: int
    vantage: str = "here"
    reason: str = ""
    detail: str = ""
    name_seconds: float | None = None
    connect_seconds: float | None = None
    tls_seconds: float | None = None
    first_byte_seconds: float | None = None
    total_seconds: float | None = None
    certificate_expires_at: datetime | None = None
    controls: tuple[ControlResult, ...] = ()
    """Side findings that outlive the moment: a certificate's end, a domain's SPF and DMARC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationInterval(Record):
    """Successive equal looks at a service, run-length encoded: what the store keeps of observations for ever.

    `first_at` and `last_at` are the instants of the first and the last look; `count` how many there were. What the
    time between and after the looks is worth is policy, applied on reading.
    """

    service_key: str
    source_key: str
    vantage: str
    state: ServiceState
    first_at: datetime
    last_at: datetime
    count: int
    expected_interval_seconds: int
    reason: str = ""

    @property
    def entity_key(self) -> str:
        return f"{self.service_key}/{self.vantage}/{self.first_at.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceWindow(Record):
    """Another monitor's aggregate over a window, with the name of the accounting policy that made it."""

    service_key: str
    started_at: datetime
    ended_at: datetime
    accounting_policy: str
    up_seconds: float | None = None
    down_seconds: float | None = None
    maintenance_seconds: float | None = None
    unknown_seconds: float | None = None
    up_ratio: float | None = None
    checks: int | None = None
    last_seen_at: datetime | None = None

    @property
    def entity_key(self) -> str:
        return f"{self.service_key}/{self.started_at.isoformat()}/{self.ended_at.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorIncident(Record):
    """An incident as the vendor declares it on its own status page. Kept apart from what we measured."""

    incident_key: str
    service_key: str
    title: str
    impact: str
    started_at: datetime
    resolved_at: datetime | None = None
    updated_at: datetime | None = None
    planned: bool = False

    @property
    def entity_key(self) -> str:
        return f"{self.service_key}/{self.incident_key}"
