"""What the ping probe says of a machine that answers and of addresses that nobody has."""

from __future__ import annotations

import socket
import struct

from connectors.probes._round import probe_round
from connectors.probes.ping import HEADER, checksum, request
from firstbell.records import ServiceState


def look(a_round, a_target, host: str, **settings):
    [seen] = probe_round([a_target("ping", host=host, timeout_seconds=0.6, packets=2, **settings)], a_round())
    return seen


def test_this_machine_answers(a_round, a_target) -> None:
    seen = look(a_round, a_target, "127.0.0.1")
    assert (seen.state, seen.reason) == (ServiceState.UP, "")
    assert 0 < seen.name_seconds <= seen.total_seconds


def test_many_at_once_do_not_take_each_others_answers(a_round, a_target) -> None:
    hosts = [f"127.0.0.{number}" for number in range(1, 21)]
    targets = [a_target("ping", key=host, host=host, timeout_seconds=2) for host in hosts]
    seen = probe_round(targets, a_round())
    assert [one.state for one in seen] == [ServiceState.UP] * len(hosts)


def test_an_address_that_nobody_has_is_never_up(a_round, a_target) -> None:
    """203.0.113.0/24 is kept for documents (RFC 5737); where no route leads there at all, it is not known."""
    seen = look(a_round, a_target, "203.0.113.77")
    assert (seen.state, seen.reason) in {
        (ServiceState.DOWN, "timeout"),
        (ServiceState.DOWN, "unreachable"),
        (ServiceState.UNKNOWN, "network"),
        (ServiceState.UNKNOWN, "setup"),
    }


def test_a_request_carries_a_checksum_that_makes_its_sum_zero() -> None:
    packet = request(socket.AF_INET, 0xBEEF, 7)
    assert HEADER.unpack_from(packet)[3:] == (0xBEEF, 7)
    assert checksum(packet) == 0
    assert struct.unpack_from("!H", packet, 2)[0] != 0
