"""Backups: what is fresh, covered, looked into and restored, and what nobody can tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from firstbell.intervals import Window
from firstbell.kpi import Verdict
from firstbell.metrics import backups
from firstbell.metrics.backups import ProtectedSystem
from firstbell.metrics.figure import Frame
from firstbell.records import (
    BackupResult,
    BackupRun,
    BackupVerification,
    RepositoryState,
    RestoreTest,
    VerificationDepth,
)

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
FRAME = Frame(window=Window(NOW - timedelta(days=30), NOW), as_of=NOW)
SIS = ProtectedSystem(system_key="sis", recovery_point_hours=24)
PHONES = ProtectedSystem(system_key="phones", recovery_point_hours=24)
HOSTED = ProtectedSystem(system_key="lms", recovery_point_hours=24, vendor_hosted=True)


def run(
    hours_ago: float, result: BackupResult = BackupResult.OK, system: str = "sis", job: str = "nightly"
) -> BackupRun:
    ended_at = NOW - timedelta(hours=hours_ago)
    return BackupRun(system_key=system, job_key=job, run_key=f"{job}{hours_ago}", result=result, ended_at=ended_at)


def place(reachable: bool, hours_ago: float = 1) -> RepositoryState:
    seen_at = NOW - timedelta(hours=hours_ago)
    return RepositoryState(repository_key="nas", system_key="sis", seen_at=seen_at, reachable=reachable)


@pytest.mark.parametrize(
    ("runs", "verdict"),
    [
        ([run(10), run(34)], Verdict.OK),
        ([run(24)], Verdict.OK),
        ([run(24.1)], Verdict.FAIL),
        ([run(2, BackupResult.FAILED), run(20)], Verdict.WARN),
        ([run(2, BackupResult.RUNNING), run(20)], Verdict.OK),
        ([run(2, BackupResult.OK_WITH_WARNINGS)], Verdict.OK),
        ([run(2, BackupResult.FAILED)], Verdict.FAIL),
        ([run(2, BackupResult.NEVER_RAN)], Verdict.FAIL),
        ([run(2, BackupResult.UNKNOWN)], Verdict.UNKNOWN),
        ([], Verdict.FAIL),
        ([run(2, system="phones")], Verdict.FAIL),
        ([run(-2)], Verdict.FAIL),
    ],
)
def test_freshness_of_one_system(runs: list[BackupRun], verdict: Verdict) -> None:
    state = backups.freshness(SIS, runs, NOW)
    assert state.verdict is verdict
    assert state.reason.endswith(".")


def test_where_nobody_can_look_it_is_unknown_and_not_failed() -> None:
    assert backups.freshness(SIS, [run(60)], NOW, repositories=[place(False)]).verdict is Verdict.UNKNOWN
    assert backups.freshness(SIS, [], NOW, blind=True).verdict is Verdict.UNKNOWN
    assert backups.freshness(SIS, [run(6)], NOW, repositories=[place(False)]).verdict is Verdict.OK
    back = [place(False, hours_ago=9), place(True, hours_ago=1)]
    assert backups.freshness(SIS, [run(60)], NOW, repositories=back).verdict is Verdict.FAIL


def test_a_vendors_system_without_evidence_is_unknown() -> None:
    assert backups.freshness(HOSTED, [], NOW).verdict is Verdict.UNKNOWN


def test_the_overall_share_names_what_it_could_not_judge() -> None:
    runs = [run(6)]
    states = [backups.freshness(system, runs, NOW) for system in (SIS, PHONES, HOSTED)]
    kpi = backups.backups_fresh(states, FRAME)
    assert (kpi.numerator, kpi.denominator, kpi.missing) == (1, 2, 1)
    assert backups.backups_fresh([], FRAME).value is None
    assert backups.backups_fresh(states[2:], FRAME).value is None


def test_the_inventory_finds_what_no_job_backs_up() -> None:
    runs = [run(6), run(6, BackupResult.DISABLED, system="phones"), run(30, system="phones")]
    systems = [SIS, PHONES, HOSTED, ProtectedSystem(system_key="hr", recovery_point_hours=24)]
    kpi = backups.inventory_coverage(systems, runs, FRAME)
    assert (kpi.numerator, kpi.denominator, kpi.missing) == (1, 3, 1)
    assert backups.inventory_coverage(systems, runs, FRAME, blind={"hr"}).missing == 2


@pytest.mark.parametrize(
    ("runs", "live"),
    [
        ([run(700 * 24, BackupResult.FAILED)], False),
        ([run(700 * 24)], False),
        ([run(31 * 24)], False),
        ([run(29 * 24)], True),
        ([run(29 * 24), run(2, BackupResult.FAILED)], True),
        ([run(26, BackupResult.FAILED), run(2, BackupResult.FAILED)], False),
        ([run(2, BackupResult.RUNNING)], True),
        ([run(2), run(2, BackupResult.FAILED, job="weekly")], True),
    ],
)
def test_a_job_that_was_given_up_or_never_worked_covers_nothing(runs: list[BackupRun], live: bool) -> None:
    assert backups.inventory_coverage([SIS], runs, FRAME).value == live


def test_a_yearly_job_is_live_for_ten_recovery_points() -> None:
    archive = ProtectedSystem(system_key="sis", recovery_point_hours=24 * 365)
    assert backups.inventory_coverage([archive], [run(700 * 24)], FRAME).value == 1


def look(depth: VerificationDepth, days_ago: int, result: Verdict = Verdict.OK) -> BackupVerification:
    moment = NOW - timedelta(days=days_ago)
    return BackupVerification(system_key="sis", run_key="r", depth=depth, verified_at=moment, result=result)


def restore(days_ago: int, result: Verdict = Verdict.OK, system: str = "sis") -> RestoreTest:
    moment = NOW - timedelta(days=days_ago)
    return RestoreTest(system_key=system, test_key=str(days_ago), tested_at=moment, result=result)


def test_depth_counts_only_what_succeeded_and_is_young_enough() -> None:
    looks = [
        look(VerificationDepth.LISTED, 0),
        look(VerificationDepth.STRUCTURE, 5),
        look(VerificationDepth.FULL, 6, Verdict.FAIL),
        look(VerificationDepth.SAMPLE, 200),
    ]
    found = backups.deepest("sis", looks, [], NOW, 90)
    assert (found.depth, found.verified_at) == (VerificationDepth.STRUCTURE, NOW - timedelta(days=5))
    assert backups.deepest("sis", looks, [restore(4)], NOW, 90).depth is VerificationDepth.RESTORED
    assert backups.deepest("phones", looks, [], NOW, 90).depth is None


def test_damage_found_later_undoes_what_was_verified_before() -> None:
    looks = [look(VerificationDepth.FULL, 20), look(VerificationDepth.STRUCTURE, 3, Verdict.FAIL)]
    assert backups.deepest("sis", looks, [], NOW, 90).depth is None
    assert backups.deepest("sis", looks, [], NOW - timedelta(days=4), 90).depth is VerificationDepth.FULL
    assert backups.deepest("sis", [*looks, look(VerificationDepth.LISTED, 2)], [], NOW, 90).depth == "listed"
    assert backups.deepest("sis", looks[:1], [restore(2, Verdict.FAIL)], NOW, 90).depth is None
    assert backups.deepest("sis", looks[:1], [restore(2, Verdict.UNKNOWN)], NOW, 90).depth is VerificationDepth.FULL


def test_listed_is_not_verified_and_verified_is_not_restored() -> None:
    looks = [look(VerificationDepth.FULL, 3)]
    depths = [backups.deepest(system.system_key, looks, [], NOW, 90) for system in (SIS, PHONES)]
    assert backups.verified([SIS, PHONES], depths, VerificationDepth.SAMPLE, FRAME).value == 0.5
    assert backups.verified([SIS, PHONES], depths, VerificationDepth.RESTORED, FRAME).value == 0
    assert backups.restores_proven([SIS, PHONES], looks, [], FRAME, 90).value == 0


@pytest.mark.parametrize(
    ("tests", "proven"),
    [
        ([restore(90)], 1),
        ([restore(91)], 0),
        ([restore(30), restore(3, Verdict.FAIL)], 0),
        ([restore(30, Verdict.FAIL), restore(3)], 1),
        ([restore(30), restore(3, Verdict.UNKNOWN)], 1),
        ([restore(3, system="elsewhere")], 0),
    ],
)
def test_the_newest_restore_test_within_its_days_proves(tests: list[RestoreTest], proven: float) -> None:
    assert backups.restores_proven([SIS], [], tests, FRAME, 90).value == proven
