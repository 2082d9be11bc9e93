"""What the network, a server or a clock can do to a look: each is told for what it is, and harms nobody else."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic

import pycurl
import pytest

from connectors.probes import get
from connectors.probes._base import Round, Target
from connectors.probes._round import probe_round
from connectors.probes._transfer import Transfer
from firstbell.records import ServiceState

UP, DEGRADED, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN, ServiceState.UNKNOWN
NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
AWAY = timedelta(hours=3)


def settings_for(kind: str, host: str, port: int) -> dict[str, object]:
    if kind == "http":
        return {"url": f"http://{host}:{port}/"}
    return {"host": host} if kind == "ping" else {"host": host, "port": port}


@pytest.mark.parametrize("kind", ["http", "tls", "tcp", "ping"])
def test_a_name_that_does_not_resolve_is_down_by_name(a_round, a_target, kind) -> None:
    [seen] = probe_round([a_target(kind, **settings_for(kind, "nowhere.invalid", 80))], a_round())
    assert (seen.state, seen.reason) == (DOWN, "name")


def test_a_resolver_that_fails_during_the_round_is_not_the_services_fault(web, names, a_round, a_target) -> None:
    names.zone = {("control.example", "A"): ["192.0.2.1"]}
    names.fails_after = 1
    targets = [a_target("http", "gone", url="http://nowhere.invalid/"), a_target("http", "page", url=web.address)]
    gone, page = probe_round(targets, a_round(control_name="control.example", resolvers=(names.address,)))
    assert (gone.state, gone.reason, page.state) == (UNKNOWN, "resolver", UP)


def test_a_control_name_that_still_resolves_confirms_what_is_down(names, closed_port, a_round, a_target) -> None:
    names.zone = {("control.example", "A"): ["192.0.2.1"]}
    run = a_round(control_name="control.example", resolvers=(names.address,))
    targets = [a_target("http", url="http://nowhere.invalid/"), a_target("tcp", host="127.0.0.1", port=closed_port)]
    assert [(one.state, one.reason) for one in probe_round(targets, run)] == [(DOWN, "name"), (DOWN, "refused")]


@pytest.fixture
def half_open() -> Iterator[int]:
    """A port whose connections the system takes, and that no program ever answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listening:
        yield int(listening.getsockname()[1])


@pytest.mark.parametrize("kind", ["http", "tls", "tcp"])
def test_a_half_open_connection_is_down_and_says_how_far_it_came(half_open, a_round, a_target, kind) -> None:
    told = settings_for(kind, "127.0.0.1", half_open) | {"timeout_seconds": 0.4}
    if kind == "tcp":
        told["expect"] = "220 "
    [seen] = probe_round([a_target(kind, **told)], a_round())
    assert (seen.state, seen.reason) == (DOWN, "timeout")
    assert "connected, but the answer had not begun" in seen.detail


@pytest.mark.parametrize(
    ("path", "settings", "state", "reason"),
    [
        ("/drip", {"timeout_seconds": 0.5}, DOWN, "timeout"),
        ("/drip", {"timeout_seconds": 0.5, "text_contains": "x"}, DOWN, "timeout"),
        ("/bomb", {"text_lacks": "error"}, DOWN, "too_large"),
        ("/bomb", {}, UP, ""),
        ("/packed", {"text_contains": "all is fine"}, UP, ""),
        ("/odd", {"text_contains": "is fine"}, UP, ""),
        ("/odd", {"text_matches": "^all .* is fine$"}, UP, ""),
        ("/odd", {"json_equals": {"a": 1}}, DOWN, "json"),
    ],
)
def test_an_answer_that_is_slow_vast_or_no_text(web, a_round, a_target, path, settings, state, reason) -> None:
    [seen] = probe_round([a_target("http", url=web.address + path, **settings)], a_round())
    assert (seen.state, seen.reason) == (state, reason), seen.detail


def test_a_gzip_bomb_is_never_unpacked_beyond_the_limit(web, a_round, a_target) -> None:
    """64 MB of nothing in 62 kB; four at once stay far below one of them."""
    targets = [a_target("http", f"s{number}", url=web.address + "/bomb", text_lacks="error") for number in range(4)]
    probe_round(targets[:1], a_round())
    tracemalloc.start()
    try:
        seen = probe_round(targets, a_round())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert {one.reason for one in seen} == {"too_large"}
    assert peak < 16_000_000


@pytest.fixture
def dead() -> Iterator[int]:
    """A port that answers no attempt to connect, as a host that is switched off: its queue is full and stays so."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("0.0.0.0", 0))
        listening.listen(0)
        port = int(listening.getsockname()[1])
        for _ in range(2):
            filling = stack.enter_context(socket.socket())
            filling.setblocking(False)
            filling.connect_ex(("127.0.0.1", port))
        yield port


@pytest.mark.parametrize("kind", ["http", "tcp"])
def test_three_hundred_dead_hosts_end_with_the_round_and_harm_nobody(web, dead, a_round, a_target, kind) -> None:
    hosts = [f"127.1.{number // 200}.{number % 200 + 1}" for number in range(300)]
    targets = [a_target(kind, host, **settings_for(kind, host, dead) | {"timeout_seconds": 0.8}) for host in hosts]
    targets[100:100] = [a_target("http", f"fine{number}", url=web.address + "/fine") for number in range(20)]
    began = monotonic()
    seen = probe_round(targets, a_round(15.0))
    assert monotonic() - began < 15
    assert [one.state for one in seen[100:120]] == [UP] * 20
    others = {(one.state, one.reason) for one in [*seen[:100], *seen[120:]]}
    assert others == {(DOWN, "timeout")}


@pytest.mark.parametrize("kind", ["http", "tcp"])
def test_dead_hosts_beyond_the_deadline_are_unknown_and_not_down(dead, a_round, a_target, kind) -> None:
    hosts = [f"127.1.0.{number}" for number in range(1, 31)]
    targets = [a_target(kind, host, **settings_for(kind, host, dead) | {"timeout_seconds": 30}) for host in hosts]
    seen = probe_round(targets, a_round(0.6))
    assert {(one.state, one.reason) for one in seen} == {(UNKNOWN, "deadline")}


def test_a_single_look_that_the_deadline_cuts_off_is_unknown(dead, names, a_round, a_target) -> None:
    """It has not waited as long as it was meant to."""
    names.silent.add("*")
    watched = {"resolvers": names.address, "resolvers_are_the_service": True, "timeout_seconds": 30}
    looks = [
        a_target("tcp", host="127.1.0.1", port=dead, timeout_seconds=30),
        a_target("dns", name="oak.example", **watched),
    ]
    for kind, target in looks:
        seen = asyncio.run(get(kind)().look(target, a_round(0.4)))
        assert (seen.state, seen.reason) == (UNKNOWN, "deadline"), kind


def test_a_body_is_cut_without_the_help_of_libcurl(web) -> None:
    """Older ones count what comes over the wire, and not what it unpacks to."""
    transfer = Transfer("")
    transfer.take_at_most(1000)
    transfer.curl.setopt(pycurl.URL, web.address + "/bomb")
    transfer.curl.setopt(pycurl.ACCEPT_ENCODING, "")
    with pytest.raises(pycurl.error):
        transfer.curl.perform()
    assert (transfer.stopped, len(transfer.body)) == ("too_large", 0)
    transfer.curl.close()


class Jumping:
    """A clock that goes its way, and from its n-th reading on is wrong by so much."""

    def __init__(self, readings: int, by: timedelta) -> None:
        self.readings, self.by = readings, by
        self.began = monotonic()

    def __call__(self) -> datetime:
        self.readings -= 1
        now = NOON + timedelta(seconds=monotonic() - self.began)
        return now if self.readings > 0 else now + self.by


@pytest.mark.parametrize("by", [AWAY, -AWAY])
@pytest.mark.parametrize("readings", [3, 4, 6, 9])
def test_a_clock_that_jumps_during_a_round_makes_nothing_down(web, closed_port, names, a_target, readings, by) -> None:
    """Asleep for three hours, or set back: what did not answer is not known, and the round ends."""
    targets = [
        a_target("http", "page", url=web.address + "/fine"),
        a_target("http", "late", url=web.address + "/slow", timeout_seconds=0.3),
        a_target("tcp", "closed", host="127.0.0.1", port=closed_port),
        a_target("tcp", "mute", host="127.0.0.1", port=web.port, expect="220 ", timeout_seconds=0.3),
        a_target("dns", "name", name="oak.example", resolvers=names.address),
        a_target("ping", "self", host="127.0.0.1"),
    ]
    run = Round("here", NOON + timedelta(seconds=5), timeout_seconds=1.0, clock=Jumping(readings, by), seed=1)
    began = monotonic()
    seen = {one.service_key: (one.state, one.reason) for one in probe_round(targets, run)}
    assert monotonic() - began < 8
    assert not [key for key, (state, _) in seen.items() if state in (DOWN, DEGRADED)], seen
    assert {reason for state, reason in seen.values() if state is UNKNOWN} <= {"clock", "deadline"}


def test_a_steady_clock_leaves_what_is_down_down(closed_port, a_target) -> None:
    target = a_target("tcp", host="127.0.0.1", port=closed_port)
    run = Round("here", NOON + timedelta(seconds=5), clock=Jumping(1000, AWAY))
    [seen] = probe_round([target], run)
    assert (seen.state, seen.reason) == (DOWN, "refused")


def test_a_look_that_cannot_be_made_is_unknown_and_never_begun(web, a_round, a_target) -> None:
    kind, target = a_target("http", url=web.address)
    troubled = Target("secret", target.settings, 60, "the environment variable A is not set.")
    seen = probe_round([(kind, troubled), (kind, target)], a_round())
    assert [(one.state, one.reason) for one in seen] == [(UNKNOWN, "setup"), (UP, "")]
    assert seen[0].detail == "the environment variable A is not set."
    assert len(web.asked) == 1
