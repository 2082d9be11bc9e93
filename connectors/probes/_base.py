"""The contract of a direct probe: one look at one target, a fact and not a judgement.

A probe kind is one module of this folder: its name is the `probe.kind` in services.yaml. It holds one `Probe`
subclass with a nested `Settings` and an async `look`. Confirmation, gaps, maintenance, service hours and dependencies
are policy and live in firstbell/metrics (docs/design.md, section 5).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from connectors._base import SourceSettings
from connectors.probes._thread import in_thread
from firstbell.clock import Clock, utc_now
from firstbell.records import ServiceObservation, ServiceState


@dataclass(frozen=True, slots=True)
class Target:
    """One service to look at: its key, the probe's settings and how often it is looked at.

    `trouble` says why the look cannot be made (a secret that is not there); it is then unknown, and never begun.
    """

    service_key: str
    settings: Any
    expected_interval_seconds: int
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """What all looks of one round share: the vantage, the clock, the deadline and whose certificates to trust.

    At most `parallel_limit` looks are under way at once, and at most `per_host_limit` of one kind at one host. Starts
    are spread over `jitter_seconds`; `seed` makes their order repeatable. `control_name` is a name that resolves
    whenever name service works here, `control_address` a host:port that takes a connection whenever the way out works;
    empty derives nothing. `resolvers` ("192.0.2.53" or "192.0.2.53:5353") replace the machine's own for the control
    name and the dns probe. `filter_issuers` are names of the web filter's own authority: where it signed what a
    server shows, the server was not seen.
    """

    vantage: str
    deadline: datetime
    timeout_seconds: float = 10.0
    clock: Clock = utc_now
    ca_bundle: str | None = None
    parallel_limit: int = 400
    per_host_limit: int = 4
    jitter_seconds: float = 0.0
    seed: int | None = None
    control_name: str = ""
    control_address: str = ""
    resolvers: tuple[str, ...] = ()
    filter_issuers: tuple[str, ...] = ()

    def seconds_left(self) -> float:
        """How long this round may still take, never below 0."""
        return max(0.0, (self.deadline - self.clock()).total_seconds())

    def allows(self, own_seconds: float | None) -> tuple[float, bool]:
        """How long a look may take, by its own limit or the round's, and whether the deadline is what ends it.

        A look that the deadline cuts off has not waited as long as it was meant to: it is unknown, not down.
        """
        wanted, left = own_seconds or self.timeout_seconds, self.seconds_left()
        return min(wanted, left), left < wanted


class Probe(ABC):
    """One kind of look. `title` and `docs_url` feed docs/connectors.md; `Settings` the district's JSON Schema."""

    title: ClassVar[str]
    docs_url: ClassVar[str]
    Settings: ClassVar[type[SourceSettings]]

    @abstractmethod
    def host(self, target: Target) -> str:
        """The host whose patience the look costs: what `per_host_limit` counts by."""

    @abstractmethod
    async def look(self, target: Target, run: Round) -> ServiceObservation:
        """Look once, within `run.deadline`. Trouble of the target is an observation, never an exception."""


Report = Callable[[int, ServiceObservation | Exception], None]
"""Takes the position of a target within its batch, and what was seen of it or the fault its look broke off with."""


class BatchProbe(Probe):
    """A kind whose looks of one round go through one thread together, because a task per look would cost too much."""

    @abstractmethod
    def look_at_batch(self, targets: Sequence[Target], run: Round, report: Report) -> None:
        """Look at all targets by `run.deadline`, and report each as soon as it is known. Blocks.

        A fault in one look is reported for its target alone; raised, it ends the looks of all.
        """

    async def look(self, target: Target, run: Round) -> ServiceObservation:
        found: list[ServiceObservation | Exception] = []
        await in_thread(lambda: self.look_at_batch([target], run, lambda _, seen: found.append(seen)))
        if isinstance(found[0], Exception):
            raise found[0]
        return found[0]


def observed(
    target: Target, run: Round, state: ServiceState, reason: str = "", detail: str = "", **found: Any
) -> ServiceObservation:
    """What a look at a target saw just now; `found` are the timings and findings it came with."""
    return ServiceObservation(
        service_key=target.service_key,
        observed_at=run.clock(),
        state=state,
        expected_interval_seconds=target.expected_interval_seconds,
        vantage=run.vantage,
        reason=reason,
        detail=detail,
        **found,
    )


def unknown(target: Target, run: Round, reason: str, detail: str) -> ServiceObservation:
    """The observation for a look that could not be made or finished: nothing is said about the service."""
    return observed(target, run, ServiceState.UNKNOWN, reason, detail)


def not_in_time(target: Target, run: Round) -> ServiceObservation:
    """The observation for a look that the round's deadline cut off or never let begin."""
    return unknown(target, run, "deadline", "the round ended before this service was looked at to the end")
