"""Backups: fresh, covered, looked into and restored are four different things, and each has its own figure.

The inventory decides what has to be there: a system that no job backs up fails as loudly as one whose job failed.
Where nobody could look, a system is unknown and `missing`, never failed and never fine.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from firstbell.kpi import Kpi, Verdict
from firstbell.metrics.figure import Frame
from firstbell.records import (
    BackupResult,
    BackupRun,
    BackupVerification,
    RepositoryState,
    RestoreTest,
    VerificationDepth,
)

_GOOD = frozenset({BackupResult.OK, BackupResult.OK_WITH_WARNINGS})
_NOT_LIVE = frozenset({BackupResult.DISABLED, BackupResult.NEVER_RAN})
LIVE_RECOVERY_POINTS = 10
LIVE_AT_LEAST = timedelta(days=30)
"""A job whose newest run is older than that many recovery points, and than these days, was given up."""

_NO_INVENTORY = "No inventory of systems says what has to be backed up."


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectedSystem:
    """A system whose data must survive: how fresh its backup has to be, and how soon it has to be back."""

    system_key: str
    recovery_point_hours: float
    restore_limit_hours: float | None = None
    vendor_hosted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """Whether one system's newest good backup is young enough; `warn`: it is, but a newer run went wrong."""

    system_key: str
    verdict: Verdict
    last_good_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """The deepest successful look into a system's backups within an age, and when it was; None: nobody looked."""

    system_key: str
    depth: VerificationDepth | None
    verified_at: datetime | None


def freshness(
    system: ProtectedSystem,
    runs: Iterable[BackupRun],
    at: datetime,
    *,
    repositories: Iterable[RepositoryState] = (),
    blind: bool = False,
) -> Freshness:
    """How one system's backup stands at an instant.

    `blind` says that a source which may know of this system's backups has fallen silent.
    """
    mine = sorted((run for run in runs if run.system_key == system.system_key and _moment(run) <= at), key=_moment)
    good = [_moment(run) for run in mine if run.result in _GOOD and _moment(run) > _NEVER]
    last_good_at = max(good, default=None)
    unreachable = any(not seen.reachable for seen in _newest_states(repositories, system.system_key, at))
    told = [run for run in mine if run.result not in (BackupResult.RUNNING, BackupResult.UNKNOWN)]
    verdict, reason = _judge(system, told, last_good_at, at, cannot_look=unreachable or blind, any_run=bool(mine))
    return Freshness(system_key=system.system_key, verdict=verdict, last_good_at=last_good_at, reason=reason)


def _judge(
    system: ProtectedSystem,
    told: Sequence[BackupRun],
    last_good_at: datetime | None,
    at: datetime,
    *,
    cannot_look: bool,
    any_run: bool,
) -> tuple[Verdict, str]:
    limit = timedelta(hours=system.recovery_point_hours)
    if last_good_at is not None and at - last_good_at <= limit:
        if told[-1].result is BackupResult.FAILED:
            return Verdict.WARN, "The newest run failed; an older good one is within the limit."
        return Verdict.OK, "The newest good run is within the limit."
    if cannot_look:
        return Verdict.UNKNOWN, "Nobody could look: the place that keeps the backups, or the source, did not answer."
    if last_good_at is not None:
        return Verdict.FAIL, f"No good backup within {system.recovery_point_hours:g} hours."
    if any_run and not told:
        return Verdict.UNKNOWN, "The source names runs and cannot tell how they ended."
    if system.vendor_hosted and not any_run:
        return Verdict.UNKNOWN, "The vendor hosts it, and no evidence of its backups was read."
    if any(run.result is BackupResult.FAILED for run in told):
        return Verdict.FAIL, "Every known run failed."
    return Verdict.FAIL, "Never backed up."


def backups_fresh(states: Sequence[Freshness], frame: Frame) -> Kpi:
    """Systems whose newest good backup is within its limit, of those that could be judged."""
    method = "systems with a good backup within their limit / systems judged; missing are unknown"
    good = sum(state.verdict in (Verdict.OK, Verdict.WARN) for state in states)
    judged = sum(state.verdict is not Verdict.UNKNOWN for state in states)
    return _of_inventory("backups_fresh", good, judged, len(states), method, frame)


def inventory_coverage(
    systems: Sequence[ProtectedSystem],
    runs: Sequence[BackupRun],
    frame: Frame,
    *,
    blind: Collection[str] = (),
) -> Kpi:
    """Systems of the inventory that any live job backs up.

    A disabled job, or one that never ran, is not live, nor is one of which every known run failed, or whose newest
    run is older than ten times the system's recovery point and thirty days: a job that was given up leaves its runs.
    """
    method = "systems with a live job / systems of the inventory; missing are unknown"
    covered = [system.system_key for system in systems if _has_live_job(system, runs, frame.until)]
    unknown = sum(
        system.system_key not in covered and (system.vendor_hosted or system.system_key in blind) for system in systems
    )
    return _of_inventory("inventory_coverage", len(covered), len(systems) - unknown, len(systems), method, frame)


def _has_live_job(system: ProtectedSystem, runs: Sequence[BackupRun], at: datetime) -> bool:
    mine = [run for run in runs if run.system_key == system.system_key]
    worked = {run.job_key for run in mine if _moment(run) <= at and run.result not in (*_NOT_LIVE, BackupResult.FAILED)}
    given_up = at - max(LIVE_AT_LEAST, LIVE_RECOVERY_POINTS * timedelta(hours=system.recovery_point_hours))
    return any(
        run.job_key in worked and run.result not in _NOT_LIVE and _moment(run) >= given_up
        for run in _newest_of_jobs(mine, at)
    )


def deepest(
    system_key: str,
    verifications: Iterable[BackupVerification],
    restores: Iterable[RestoreTest],
    at: datetime,
    max_age_days: int,
) -> Depth:
    """How deep somebody successfully looked into a system's backups in the last `max_age_days`.

    A newer look or restore that found damage undoes what was found before it.
    """
    since = at - timedelta(days=max_age_days)
    told = [(look.depth.rank, look.verified_at, look.result) for look in verifications if look.system_key == system_key]
    told += [
        (VerificationDepth.RESTORED.rank, test.tested_at, test.result)
        for test in restores
        if test.system_key == system_key
    ]
    damaged_at = max((moment for _, moment, result in told if result is Verdict.FAIL and moment <= at), default=_NEVER)
    looks = [
        (rank, moment)
        for rank, moment, result in told
        if result is Verdict.OK and since <= moment <= at and moment > damaged_at
    ]
    if not looks:
        return Depth(system_key=system_key, depth=None, verified_at=None)
    rank, verified_at = max(looks)
    return Depth(system_key=system_key, depth=list(VerificationDepth)[rank], verified_at=verified_at)


def verified(
    systems: Sequence[ProtectedSystem], depths: Sequence[Depth], at_least: VerificationDepth, frame: Frame
) -> Kpi:
    """Systems whose backups were looked into at least that deep, of the inventory."""
    known = {depth.system_key for depth in depths if depth.depth is not None and depth.depth.rank >= at_least.rank}
    number = sum(system.system_key in known for system in systems)
    method = f"systems verified at least to '{at_least}' / systems of the inventory"
    return _of_inventory("backups_verified", number, len(systems), len(systems), method, frame)


def restores_proven(
    systems: Sequence[ProtectedSystem],
    verifications: Iterable[BackupVerification],
    restores: Iterable[RestoreTest],
    frame: Frame,
    within_days: int,
) -> Kpi:
    """Systems whose newest restore test in the last `within_days` succeeded, of the inventory.

    A vendor's word is not a restore: a system without a test of which we saw the result is not proven.
    """
    since = frame.until - timedelta(days=within_days)
    tests = [(test.system_key, test.tested_at, test.result) for test in restores]
    tests += [
        (look.system_key, look.verified_at, look.result)
        for look in verifications
        if look.depth is VerificationDepth.RESTORED
    ]
    newest = {
        system_key: result
        for system_key, tested_at, result in sorted(tests, key=lambda test: test[1])
        if since <= tested_at <= frame.until and result is not Verdict.UNKNOWN
    }
    proven = sum(newest.get(system.system_key) is Verdict.OK for system in systems)
    method = f"systems whose newest restore test within {within_days} days succeeded / systems of the inventory"
    return _of_inventory("restores_proven", proven, len(systems), len(systems), method, frame)


_NEVER = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


def _moment(run: BackupRun) -> datetime:
    """When the run ended, or began where the end is not told; long ago where neither is."""
    return run.ended_at or run.started_at or _NEVER


def _newest_of_jobs(runs: Iterable[BackupRun], at: datetime) -> list[BackupRun]:
    newest: dict[tuple[str, str], BackupRun] = {}
    for run in sorted(runs, key=_moment):
        if _moment(run) <= at:
            newest[run.system_key, run.job_key] = run
    return list(newest.values())


def _newest_states(states: Iterable[RepositoryState], system_key: str, at: datetime) -> list[RepositoryState]:
    newest: dict[str, RepositoryState] = {}
    for state in sorted(states, key=lambda state: state.seen_at):
        if state.system_key == system_key and state.seen_at <= at:
            newest[state.repository_key] = state
    return list(newest.values())


def _of_inventory(name: str, good: int, judged: int, systems: int, method: str, frame: Frame) -> Kpi:
    missing = systems - judged
    if not judged:
        reason = f"None of {systems} systems could be judged." if systems else _NO_INVENTORY
        return frame.not_known(name, "ratio", method, reason, missing=missing)
    return frame.ratio(name, good, judged, method, n=judged, missing=missing)
