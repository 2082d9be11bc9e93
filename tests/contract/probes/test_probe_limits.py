"""Limits on the phases of a look: what is late is degraded or down, as its setting says."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.probes import get
from connectors.probes._limits import PhaseLimit, held_to
from connectors.probes._round import probe_round
from firstbell.records import ServiceObservation, ServiceState

UP, DEGRADED, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN, ServiceState.UNKNOWN


def seen(state=UP, **seconds: float | None) -> ServiceObservation:
    return ServiceObservation(
        service_key="portal",
        observed_at=datetime(2026, 9, 1, tzinfo=UTC),
        state=state,
        expected_interval_seconds=60,
        **{f"{phase}_seconds": value for phase, value in seconds.items()},
    )


BOTH = {"first_byte": PhaseLimit(degraded_seconds=1, down_seconds=3)}


@pytest.mark.parametrize(
    ("limits", "look", "state"),
    [
        (BOTH, seen(first_byte=1.0), UP),
        (BOTH, seen(first_byte=1.01), DEGRADED),
        (BOTH, seen(first_byte=3.01), DOWN),
        (BOTH, seen(DEGRADED, first_byte=3.01), DOWN),
        (BOTH, seen(total=9.0), UP),
        (BOTH, seen(UNKNOWN, first_byte=9.0), UNKNOWN),
        ({"total": PhaseLimit(down_seconds=2), **BOTH}, seen(first_byte=2.0, total=2.5), DOWN),
        ({**BOTH, "name": PhaseLimit(degraded_seconds=0.5)}, seen(name=0.6, first_byte=3.5), DOWN),
        ({}, seen(total=99.0), UP),
    ],
)
def test_a_late_phase_is_as_bad_as_its_limit_says(limits, look, state) -> None:
    held = held_to(limits, look)
    assert held.state is state
    assert held.reason == ("slow" if held.state is not look.state else "")


def test_what_was_degraded_for_another_reason_keeps_it() -> None:
    held = held_to(BOTH, seen(DEGRADED, first_byte=2.0))
    assert (held.state, held.reason) == (DEGRADED, "")


def test_the_sentence_names_phase_time_and_limit() -> None:
    assert (
        held_to(BOTH, seen(first_byte=2.345)).detail == "the first byte came after 2.35 s, later than the 1 s allowed"
    )


@given(st.floats(0, 10), st.floats(0.01, 5), st.floats(0.01, 5))
def test_no_limit_ever_makes_a_look_better(took: float, degraded: float, more: float) -> None:
    limit = PhaseLimit(degraded_seconds=degraded, down_seconds=degraded + more)
    worse = [UP, DEGRADED, DOWN]
    held = [held_to({"total": limit}, seen(state, total=took)).state for state in worse]
    assert all(worse.index(after) >= worse.index(before) for before, after in zip(worse, held, strict=True))


def test_each_kind_holds_its_looks_to_limits(web, names, a_round, a_target) -> None:
    names.zone = {("oak.example", "A"): ["192.0.2.7"]}
    never = {"total": {"degraded_seconds": 1e-9}}
    looks = [
        a_target("http", url=web.address + "/fine", limits=never),
        a_target("tcp", host="localhost", port=web.port, limits=never),
        a_target("ping", host="127.0.0.1", limits=never),
        a_target("dns", name="oak.example", resolvers=names.address, limits=never),
    ]
    assert [(one.state, one.reason) for one in probe_round(looks, a_round())] == [(DEGRADED, "slow")] * 4


@pytest.mark.parametrize(
    "wrong", [{"total": {}}, {"total": {"degraded_seconds": 2, "down_seconds": 1}}, {"teatime": {"down_seconds": 1}}]
)
def test_limits_that_cannot_be_are_refused(wrong) -> None:
    with pytest.raises(ValidationError, match="limits"):
        get("http").Settings(url="https://portal.example/", limits=wrong)
