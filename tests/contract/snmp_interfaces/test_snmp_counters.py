"""Counters that began anew, wrapped or cannot be, class hours read finely, and a device that does not answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors import get
from connectors._errors import SettingsError, UnavailableError
from connectors.snmp_interfaces import BREAK, ENGINE_BOOTS, FAULTS, OCTETS, PACKETS, SPEED, STATE, SYS_UP_TIME
from firstbell.records import Measurement
from tests.contract.snmp_interfaces.agent import Oid, Value, oid
from tests.contract.snmp_interfaces.case import DAY, Case, interface
from tests.contract.suite import Outcome, Situation, ask, read


class Router(Case):
    """One link of 100 Mbit/s whose counters a test sets; `seconds` is how long the agent runs."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.seconds = 5000.0
        self.octets = 10_000_000_000
        self.faults = 70
        self.changes: dict[str, Value | None] = {}
        self.link: dict[str, Any] = {}
        self.more: dict[str, Any] = {}
        self.serve(Situation.WHOLE)

    def settings(self) -> Mapping[str, Any]:
        assert self.agent is not None
        device = {"host": "127.0.0.1", "port": self.agent.port, "community": "reader", "timeout_seconds": 10}
        return {"devices": [{**device, "tries": 1, "interfaces": {"wan0": self.link}}], **self.more}

    def table(self) -> dict[Oid, Value]:
        counters = {"carried_in": self.octets, "faults": self.faults, "packets": self.octets // 1000}
        rows: dict[str, Value | None] = {
            SYS_UP_TIME: round(100 * self.seconds),
            ENGINE_BOOTS: self.boots,
            **interface(1, "wan0", speed=100, **counters),
            **self.changes,
        }
        return {oid(key): value for key, value in rows.items() if value is not None}

    def after(self, seconds: float, share: float) -> None:
        """Run on for a while at a share of what the link can carry."""
        self.seconds += seconds
        self.octets += round(share * seconds * 100e6 / 8)


@pytest.fixture
def router(tmp_path: Path) -> Iterator[Router]:
    case = Router(tmp_path)
    yield case
    case.close()


def found(outcome: Outcome) -> dict[str, tuple[float, float | None]]:
    assert outcome.error is None, outcome.error
    return {
        one.measure_key: (one.numerator, one.denominator) for one in outcome.records if isinstance(one, Measurement)
    }


def then(router: Router, first: Outcome) -> dict[str, tuple[float, float | None]]:
    return found(read(router, states=first.states))


def test_two_reads_make_a_figure_and_one_makes_none(router: Router) -> None:
    first = read(router)
    assert found(first) == {"links_up": (1, 1)}
    router.after(DAY, 0.25)
    assert then(router, first)["link_use"] == (0.25 * DAY, DAY)


@pytest.mark.parametrize("what", ["boots", "uptime", "break", "backwards"])
def test_counters_that_began_anew_are_unknown(router: Router, what: str) -> None:
    first = read(router)
    router.after(DAY, 0.25)
    if what == "boots":
        router.boots += 1
    elif what == "uptime":
        router.seconds = 60
    elif what == "break":
        router.changes[f"{BREAK}.1"] = 4711
    else:
        router.octets = 500
    again = read(router, states=first.states)
    assert found(again) == {"links_up": (1, 1)}
    router.after(3600, 0.5)
    assert then(router, again)["link_use"] == (1800, 3600)


def test_a_counter_that_wraps_goes_on(router: Router) -> None:
    router.octets = 2**64 - 1000
    router.changes = {f"{OCTETS[0]}.1": router.octets}
    first = read(router)
    router.after(DAY, 0.25)
    router.changes = {f"{OCTETS[0]}.1": router.octets % 2**64}
    assert then(router, first)["link_use"] == (0.25 * DAY, DAY)


def test_more_than_the_line_carries_is_no_figure(router: Router) -> None:
    first = read(router)
    router.after(DAY, 1.2)
    assert "link_use" not in then(router, first)


def test_a_fault_counter_that_goes_back_tells_nothing_of_faults(router: Router) -> None:
    first = read(router)
    router.after(DAY, 0.25)
    router.faults = 3
    told = then(router, first)
    assert "link_use" in told
    assert "link_faults" not in told


@pytest.mark.parametrize("missing", [OCTETS[1], ENGINE_BOOTS, SPEED])
def test_what_a_device_does_not_tell_is_told_by_doctor(router: Router, missing: str) -> None:
    router.changes = {f"{missing}.1" if missing != ENGINE_BOOTS else missing: 0 if missing == SPEED else None}
    first = read(router)
    router.after(DAY, 0.25)
    assert then(router, first) == {"links_up": (1, 1)}
    assert "only their state is known, not their traffic: 127.0.0.1/wan0" in ask(router)[0]


def test_the_capacity_that_is_paid_for_counts(router: Router) -> None:
    router.link = {"capacity_mbps": 50}
    first = read(router)
    router.after(DAY, 0.25)
    assert then(router, first)["link_use"] == (0.5 * DAY, DAY)


def test_class_hours_read_finely_tell_a_busy_day(router: Router) -> None:
    """Every ten minutes from a quarter to eight until four; full for an hour from nine on."""
    at = datetime(2026, 11, 19, 13, 45, tzinfo=UTC)
    outcome = read(router, now=at)
    for step in range(50):
        at += timedelta(minutes=10)
        router.after(600, 0.9 if 8 <= step < 14 else 0.1)
        outcome = read(router, states=outcome.states, now=at)
    told = found(outcome)
    assert told["busy_link_days"] == (1, 1)
    assert told["link_full_time"] == (3600, 7 * 3600)
    assert told["link_use"][1] == 50 * 600


def test_a_day_is_not_judged_before_its_classes_end_and_no_sum_is_told_again_as_new(router: Router) -> None:
    """From eight until ten to three at nearly full use, then the device starts again and it is evening."""
    at = datetime(2026, 11, 19, 14, tzinfo=UTC)
    outcome = read(router, now=at)
    for _ in range(41):
        at += timedelta(minutes=10)
        router.after(600, 0.9)
        outcome = read(router, states=outcome.states, now=at)
    assert set(found(outcome)) == {"links_up", "link_use", "link_faults"}
    router.boots += 1
    router.after(3600, 0.9)
    outcome = read(router, states=outcome.states, now=at + timedelta(hours=1))
    assert found(outcome) == {"links_up": (1, 1)}
    router.after(600, 0.1)
    late = read(router, states=outcome.states, now=at + timedelta(hours=1, minutes=10))
    assert found(late)["busy_link_days"] == (1, 1)


def test_two_reads_within_one_tick_make_no_figure(router: Router) -> None:
    assert then(router, read(router)) == {"links_up": (1, 1)}


def test_more_packets_than_the_line_carries_are_no_packets(router: Router) -> None:
    """As net-snmp does in its first moments, which says 0 at first."""
    router.changes = {f"{PACKETS[0]}.1": 0}
    first = read(router)
    router.after(1, 0.25)
    router.changes = {f"{PACKETS[0]}.1": 16_000_000}
    told = then(router, first)
    assert told["link_use"] == (0.25, 1)
    assert "link_faults" not in told


def test_a_closed_day_is_no_busy_day_and_a_mean_of_a_day_tells_nothing_of_class_hours(router: Router) -> None:
    router.more = {"closed": ["2026-11-18/2026-11-19"]}
    at = datetime(2026, 11, 19, 13, 45, tzinfo=UTC)
    outcome = read(router, now=at)
    for _ in range(50):
        at += timedelta(minutes=10)
        router.after(600, 0.9)
        outcome = read(router, states=outcome.states, now=at)
    assert "busy_link_days" not in found(outcome)
    router.more = {}
    router.after(DAY, 0.95)
    assert set(then(router, outcome)) == {"links_up", "link_use", "link_faults"}


class Two(Router):
    """A second device that does not answer; `school` is whose link it is."""

    school = "elm"

    def settings(self) -> Mapping[str, Any]:
        [answering] = super().settings()["devices"]
        silent = {**answering, "port": 9, "interfaces": {"wan0": {"school": self.school}}}
        return {"devices": [answering, silent]}


def test_a_device_that_is_away_costs_only_its_own_schools(tmp_path: Path) -> None:
    case = Two(tmp_path)
    try:
        assert found(read(case)) == {"links_up": (1, 1)}
        assert isinstance(ask(case)[1], UnavailableError)
        case.school = ""
        assert found(read(case)) == {}
    finally:
        case.close()


def test_a_link_that_is_down_counts_as_down(router: Router) -> None:
    router.changes = {f"{STATE}.1": 2, **{f"{one}.1": None for one in FAULTS}}
    assert found(read(router)) == {"links_up": (0, 1)}


class Renamed(Router):
    def settings(self) -> Mapping[str, Any]:
        [device] = super().settings()["devices"]
        return {"devices": [{**device, "interfaces": {"wan1": {}}}]}


def test_an_interface_that_is_not_there_is_named(tmp_path: Path) -> None:
    case = Renamed(tmp_path)
    try:
        for error in (read(case).error, ask(case)[1]):
            assert isinstance(error, SettingsError)
            assert "wan1" in str(error)
    finally:
        case.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"community": None},
        {"user": "reader"},
        {"community": None, "user": "reader"},
        {"interfaces": {}},
    ],
)
def test_a_device_needs_one_way_in_and_a_link(router: Router, changes: Mapping[str, Any]) -> None:
    [device] = router.settings()["devices"]
    with pytest.raises(ValidationError):
        get("snmp_interfaces").Settings(devices=[{**device, **changes}])


@pytest.mark.parametrize(
    "changes", [{"closed": ["Monday"]}, {"closed": ["2026-11-27/2026-11-25"]}, {"class_ends": "07:00"}]
)
def test_class_hours_that_cannot_be_are_refused(router: Router, changes: Mapping[str, Any]) -> None:
    with pytest.raises(ValidationError):
        get("snmp_interfaces").Settings(**{**router.settings(), **changes})
