"""Compliance items, certificates, agreements and incidents on a date."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from firstbell.intervals import Window
from firstbell.kpi import Verdict
from firstbell.metrics import compliance
from firstbell.metrics.compliance import ItemState
from firstbell.metrics.figure import Frame
from firstbell.policies import CompliancePolicy
from firstbell.records import Agreement, ControlResult, Incident

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FRAME = Frame(window=Window(NOW - timedelta(days=30), NOW + timedelta(days=1)), as_of=NOW)
POLICY = CompliancePolicy(name="default")


def control(state: Verdict = Verdict.OK, *, days_old: int = 0, **facts: object) -> ControlResult:
    told = {"framework": "cipa", "edition": "1", "code": "a", "subject": "district", **facts}
    return ControlResult(state=state, collected_at=NOW - timedelta(days=days_old), **told)


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (control(), ItemState.CURRENT),
        (control(expires_on=days(61)), ItemState.CURRENT),
        (control(expires_on=days(60)), ItemState.EXPIRING),
        (control(expires_on=days(0)), ItemState.EXPIRING),
        (control(expires_on=days(-1)), ItemState.EXPIRED),
        (control(Verdict.WARN), ItemState.WARNED),
        (control(Verdict.FAIL), ItemState.FAILED),
        (control(Verdict.UNKNOWN), ItemState.UNKNOWN),
        (control(Verdict.MANUAL), ItemState.MANUAL),
        (control(Verdict.NOT_APPLICABLE), ItemState.NOT_APPLICABLE),
        (control(Verdict.WAIVED, waived_until=days(0)), ItemState.WAIVED),
        (control(Verdict.WAIVED, waived_until=days(-1)), ItemState.FAILED),
        (control(Verdict.WAIVED), ItemState.FAILED),
        (control(days_old=400), ItemState.CURRENT),
        (control(days_old=401), ItemState.UNKNOWN),
        (control(days_old=401, expires_on=days(90)), ItemState.CURRENT),
        (control(effective_at=NOW - timedelta(days=500)), ItemState.UNKNOWN),
        (control(effective_at=NOW), ItemState.CURRENT),
        (control(effective_at=NOW + timedelta(days=1)), ItemState.UNKNOWN),
        (control(effective_at=NOW + timedelta(days=90), expires_on=days(400)), ItemState.UNKNOWN),
        (control(Verdict.WAIVED, effective_at=NOW + timedelta(days=9), waived_until=days(90)), ItemState.UNKNOWN),
        (control(effective_at=NOW - timedelta(days=500), tool_version="3.0"), ItemState.CURRENT),
    ],
)
def test_an_items_state_on_a_date(result: ControlResult, state: ItemState) -> None:
    assert compliance.item_state(result, TODAY, POLICY) is state


def test_an_item_nobody_knows_of_is_not_evidenced() -> None:
    results = [
        control(code="1"),
        control(code="2", expires_on=days(3)),
        control(Verdict.UNKNOWN, code="3"),
        control(Verdict.MANUAL, code="4"),
        control(Verdict.WAIVED, code="5", waived_until=days(9)),
        control(Verdict.NOT_APPLICABLE, code="6"),
        control(Verdict.FAIL, code="7"),
    ]
    current = compliance.controls_current(results, FRAME, TODAY, POLICY)
    assert (current.numerator, current.denominator, current.missing) == (2, 5, 2)
    passed = compliance.controls_passed(results, FRAME, TODAY, POLICY)
    assert (passed.numerator, passed.denominator, passed.missing) == (2, 3, 2)
    assert sum(compliance.item_states(results, TODAY, POLICY).values()) == len(results)
    assert compliance.controls_current([], FRAME, TODAY, POLICY).value is None


def test_the_first_certificate_to_end_and_those_nobody_could_read() -> None:
    results = [
        control(subject="www", expires_on=days(80)),
        control(subject="sis", expires_on=days(-2)),
        control(subject="sis", expires_on=days(20)),
        control(Verdict.UNKNOWN, subject="lms"),
    ]
    assert compliance.days_left(results, TODAY) == {"www": 80, "sis": -2}
    kpi = compliance.fewest_days_left(results, FRAME, TODAY)
    assert (kpi.value, kpi.n, kpi.missing) == (-2, 2, 1)
    assert compliance.fewest_days_left(results[3:], FRAME, TODAY).value is None


def agreement(key: str, signed: int | None, ends: int | None) -> Agreement:
    return Agreement(
        agreement_key=key,
        vendor="v",
        kind="privacy",
        signed_on=None if signed is None else days(signed),
        expires_on=None if ends is None else days(ends),
    )


def test_agreements_in_force_and_those_that_end_soon() -> None:
    listed = [
        agreement("open-ended", -500, None),
        agreement("soon", -500, 30),
        agreement("sooner", -500, 10),
        agreement("over", -500, -1),
        agreement("unsigned", None, 100),
        agreement("tomorrow", 1, 100),
    ]
    kpi = compliance.agreements_current(listed, FRAME, TODAY, POLICY)
    assert (kpi.numerator, kpi.denominator, kpi.missing) == (3, 6, 1)
    assert [one.agreement_key for one in compliance.ending_agreements(listed, TODAY, 60)] == ["sooner", "soon"]


def test_incidents_of_the_period() -> None:
    moments = [NOW - timedelta(days=40), NOW - timedelta(days=3), NOW + timedelta(hours=1)]
    found = [
        Incident(incident_key=str(index), title="t", severity="high", discovered_at=moment)
        for index, moment in enumerate(moments)
    ]
    assert compliance.incidents(found, FRAME).value == 1
