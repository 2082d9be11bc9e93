"""One round: every service looked at once, all kinds together, under one deadline.

Which looks were not made, or not finished, is said for each: a round never leaves a service out.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from random import Random
from time import monotonic

from connectors.probes import get
from connectors.probes._base import BatchProbe, Probe, Round, Target, not_in_time, unknown
from connectors.probes._control import own_trouble
from connectors.probes._thread import in_thread
from firstbell.records import ServiceObservation, ServiceState

log = logging.getLogger(__name__)

GRACE_SECONDS = 0.5
"""What a batch thread has after the deadline to hand over the looks that were under way."""
CLOCK_JUMP_SECONDS = 3.0
"""By how much the clock and the time that really passed may differ within a round."""

Found = dict[int, ServiceObservation]


def probe_round(targets: Sequence[tuple[str, Target]], run: Round) -> list[ServiceObservation]:
    """`look_at_all` for callers without an event loop."""
    return asyncio.run(look_at_all(targets, run))


async def look_at_all(targets: Sequence[tuple[str, Target]], run: Round) -> list[ServiceObservation]:
    """Look once at each (probe kind, target) and return the observations in the same order, by `run.deadline`.

    A look cut off or never begun is unknown with reason `deadline`, one whose target has a `trouble` with `setup`. When
    `run.control_name` does not resolve, all are unknown with reason `resolver`; when `run.control_address` takes no
    connection, with reason `route`; where that is so only after the round, what was down is. When the clock jumped
    during the round (the machine slept, or somebody set it), what did not answer well is unknown with reason `clock`: a
    connection does not live through that. Raises SettingsError for a kind that does not exist.
    """
    probes = {kind: get(kind)() for kind in {kind for kind, _ in targets}}
    began_at, began = run.clock(), monotonic()
    reason, trouble = await own_trouble(run) if targets else ("", "")
    if trouble:
        return [unknown(target, run, reason, trouble) for _, target in targets]
    found: Found = {
        index: unknown(target, run, "setup", target.trouble)
        for index, (_, target) in enumerate(targets)
        if target.trouble
    }
    work = _work(targets, probes, run, found)
    if work:
        _, pending = await asyncio.wait(work, timeout=run.seconds_left() + GRACE_SECONDS)
        for task in pending:
            task.cancel()
        for task, indices in work.items():
            _note_fault(task, indices, targets, run, found)
    seen = [found.get(index) or not_in_time(target, run) for index, (_, target) in enumerate(targets)]
    jumped = (run.clock() - began_at).total_seconds() - (monotonic() - began)
    if abs(jumped) > CLOCK_JUMP_SECONDS:
        return [_unclear(one) for one in seen]
    return await _confirmed(seen, run)


def _unclear(seen: ServiceObservation) -> ServiceObservation:
    """The observation of a round during which the clock jumped."""
    if seen.state in (ServiceState.UP, ServiceState.UNKNOWN):
        return seen
    detail = "this machine slept, or its clock was set, during the look"
    return replace(seen, state=ServiceState.UNKNOWN, reason="clock", detail=detail)


async def _confirmed(seen: list[ServiceObservation], run: Round) -> list[ServiceObservation]:
    """The observations; what was down is not known where by now it is this machine that cannot look."""
    if not run.seconds_left() or all(one.state is not ServiceState.DOWN for one in seen):
        return seen
    reason, trouble = await own_trouble(run)
    if not trouble:
        return seen
    unclear = partial(replace, state=ServiceState.UNKNOWN, reason=reason, detail=trouble)
    return [unclear(one) if one.state is ServiceState.DOWN else one for one in seen]


def _work(
    targets: Sequence[tuple[str, Target]], probes: dict[str, Probe], run: Round, found: Found
) -> dict[asyncio.Future[None], list[int]]:
    """Everything that runs at once, each with the positions of the targets it serves."""
    by_kind: defaultdict[str, list[int]] = defaultdict(list)
    for index, (kind, _) in enumerate(targets):
        if index not in found:
            by_kind[kind].append(index)
    work: dict[asyncio.Future[None], list[int]] = {}
    for kind, indices in by_kind.items():
        probe = probes[kind]
        if isinstance(probe, BatchProbe):
            work[_batch(probe, indices, targets, run, found)] = indices
        else:
            work |= _singles(probe, indices, targets, run, found)
    return work


def _batch(
    probe: BatchProbe, indices: list[int], targets: Sequence[tuple[str, Target]], run: Round, found: Found
) -> asyncio.Future[None]:
    def report(position: int, seen: ServiceObservation | Exception) -> None:
        index = indices[position]
        found[index] = _broke_off(targets[index], run, seen) if isinstance(seen, Exception) else seen

    batch = [targets[index][1] for index in indices]
    return in_thread(lambda: probe.look_at_batch(batch, run, report))


def _singles(
    probe: Probe, indices: list[int], targets: Sequence[tuple[str, Target]], run: Round, found: Found
) -> dict[asyncio.Future[None], list[int]]:
    random = Random(run.seed)  # noqa: S311 - spreads load, guards nothing
    at_once = asyncio.Semaphore(run.parallel_limit)
    at_host: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(run.per_host_limit))

    async def one(index: int, delay: float) -> None:
        target = targets[index][1]
        await asyncio.sleep(delay)
        async with at_host[probe.host(target)], at_once, asyncio.timeout(run.seconds_left()):
            found[index] = await probe.look(target, run)

    return {asyncio.ensure_future(one(index, random.random() * run.jitter_seconds)): [index] for index in indices}


def _note_fault(
    task: asyncio.Future[None],
    indices: list[int],
    targets: Sequence[tuple[str, Target]],
    run: Round,
    found: Found,
) -> None:
    """Note for all that an ended piece of work was to look at and did not that it broke off, if it did."""
    if not task.done() or task.cancelled():
        return
    error = task.exception()
    if error is None or isinstance(error, TimeoutError):
        return
    for index in indices:
        if index not in found:
            found[index] = _broke_off(targets[index], run, error)


def _broke_off(looked_at: tuple[str, Target], run: Round, error: BaseException) -> ServiceObservation:
    """A fault in a probe's own code must not blind the rest of the round, nor look like a fault of the service."""
    kind, target = looked_at
    log.error("the %s probe of %s broke off with %s", kind, target.service_key, type(error).__name__)
    return unknown(target, run, "probe", f"the {kind} probe itself broke off ({type(error).__name__})")
