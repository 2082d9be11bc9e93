"""Whether name servers agree, whether a record is exactly what is expected, and how long an answer takes."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.probes import get
from connectors.probes._round import probe_round
from firstbell.records import ServiceState

UP, DEGRADED, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN, ServiceState.UNKNOWN
NAME = "oak.example"
ONE, OTHER = ["192.0.2.7"], ["192.0.2.8"]


def look(a_round, a_target, *servers, seconds=5.0, **settings):
    told = {"name": NAME, "timeout_seconds": 0.4, "resolvers": [one.address for one in servers]} | settings
    [seen] = probe_round([a_target("dns", **told)], a_round(seconds))
    return seen


@pytest.mark.parametrize(
    ("first", "second", "expect", "state", "reason"),
    [
        (ONE, ONE, [], UP, ""),
        (ONE + OTHER, OTHER + ONE, [], UP, ""),
        (ONE, ONE, ONE, UP, ""),
        (ONE, ONE, OTHER, DOWN, "record"),
        (ONE, OTHER, [], DEGRADED, "disagree"),
        (ONE, ONE + OTHER, ONE, DEGRADED, "disagree"),
        (ONE, OTHER, ONE, DOWN, "disagree"),
        (ONE, None, [], DEGRADED, "disagree"),
        (None, None, [], DOWN, "name"),
    ],
)
def test_what_two_servers_say(names, other_names, a_round, a_target, first, second, expect, state, reason) -> None:
    for server, values in ((names, first), (other_names, second)):
        server.zone = {} if values is None else {(NAME, "A"): values}
    seen = look(a_round, a_target, names, other_names, agree=True, expect=expect)
    assert (seen.state, seen.reason) == (state, reason), seen.detail


@pytest.mark.parametrize(("watched", "state", "reason"), [(False, UNKNOWN, "resolver"), (True, DEGRADED, "timeout")])
@pytest.mark.parametrize("trouble", ["silent", "broken"])
def test_one_silent_server_of_two(names, other_names, a_round, a_target, trouble, watched, state, reason) -> None:
    names.zone = {(NAME, "A"): ONE}
    getattr(other_names, trouble).add(NAME)
    seen = look(a_round, a_target, names, other_names, agree=True, resolvers_are_the_service=watched)
    assert (seen.state, seen.reason) == (state, reason)
    assert seen.detail.startswith("1 of 2 name servers did not answer")


@pytest.mark.parametrize(("watched", "state", "reason"), [(False, UNKNOWN, "resolver"), (True, DOWN, "timeout")])
def test_no_server_answers(names, other_names, a_round, a_target, watched, state, reason) -> None:
    names.broken.add(NAME)
    other_names.broken.add(NAME)
    seen = look(a_round, a_target, names, other_names, agree=True, resolvers_are_the_service=watched)
    assert (seen.state, seen.reason) == (state, reason)


def test_a_server_that_the_deadline_cut_off_is_not_called_silent(names, other_names, a_round, a_target) -> None:
    names.zone = {(NAME, "A"): ONE}
    other_names.silent.add(NAME)
    for agree in (True, False):
        servers = (names, other_names) if agree else (other_names,)
        told = {"agree": agree, "resolvers_are_the_service": True, "timeout_seconds": 30}
        seen = look(a_round, a_target, *servers, seconds=0.5, **told)
        assert (seen.state, seen.reason) == (UNKNOWN, "deadline")


def test_serial_numbers_of_a_zone_are_compared(names, other_names, a_round, a_target) -> None:
    for server, serial in ((names, 7), (other_names, 8)):
        server.zone = {(NAME, "SOA"): [f"ns1.oak.example. admin.oak.example. {serial} 3600 600 86400 300"]}
    seen = look(a_round, a_target, names, other_names, agree=True, record="SOA")
    assert (seen.state, seen.reason) == (DEGRADED, "disagree")


@pytest.mark.parametrize(
    ("record", "values", "expect", "state"),
    [
        ("A", ONE, ONE, UP),
        ("A", ONE + OTHER, ONE, DOWN),
        ("MX", ["10 mail.oak.example."], ["mail.oak.example"], UP),
        ("MX", ["10 mail.oak.example.", "20 spare.oak.example."], ["mail.oak.example"], DOWN),
        ("TXT", ['"a"', '"b"'], ["b", "a"], UP),
    ],
)
def test_a_record_set_may_be_exact(names, a_round, a_target, record, values, expect, state) -> None:
    names.zone = {(NAME, record): values}
    seen = look(a_round, a_target, names, record=record, expect=expect, exactly=True)
    assert (seen.state, seen.reason) == (state, "" if state is UP else "record")


def test_the_slower_server_is_the_time_of_the_look(names, other_names, a_round, a_target) -> None:
    names.zone = other_names.zone = {(NAME, "A"): ONE}
    other_names.waits = 0.1
    seen = look(a_round, a_target, names, other_names, agree=True, limits={"name": {"degraded_seconds": 0.09}})
    assert seen.total_seconds >= 0.1
    assert (seen.state, seen.reason) == (DEGRADED, "slow")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"agree": True, "resolvers": ["192.0.2.53"]}, "at least two resolvers"),
        ({"agree": True, "check": "mail", "resolvers": ["192.0.2.53", "192.0.2.54"]}, "check: record"),
        ({"exactly": True}, "expected values"),
    ],
)
def test_settings_that_say_too_little_are_refused(wrong, words) -> None:
    with pytest.raises(ValidationError, match=words):
        get("dns").Settings(name=NAME, **wrong)
