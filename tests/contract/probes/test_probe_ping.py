"""What the ping probe says of a machine that answers and of addresses that nobody has."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterable

import pytest

from connectors.probes._round import probe_round
from connectors.probes.ping import ECHO, HEADER, _answer, checksum, request
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


IP_HEADER = bytes([0x45, *[0] * 19])
OURS, ANOTHERS = 0xBEEF, 0xCAFE
ASKED, STRANGER = "127.0.0.1", "127.0.0.2"


class RawByName(socket.socket):
    """A UDP socket that says it is raw: whoever may not ping can still send it what a raw one hears."""

    @property
    def type(self) -> socket.SocketKind:
        return socket.SOCK_RAW


def reply(identifier: int, kind: int = ECHO[socket.AF_INET][1]) -> bytes:
    return IP_HEADER + HEADER.pack(kind, 0, 0, identifier, 0)


def left_unread(told: Iterable[tuple[str, bytes]]) -> int:
    """How many of the packets still wait, each sent from an address, once an answer to our request was found."""
    with RawByName(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind((ASKED, 0))
        heard.setblocking(False)
        for sender, packet in told:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                out.bind((sender, 0))
                out.sendto(packet, heard.getsockname())
        asyncio.run(asyncio.wait_for(_answer(heard, socket.AF_INET, ASKED, OURS), 5))
        waiting = 0
        while True:
            try:
                heard.recv(2048)
            except BlockingIOError:
                return waiting
            waiting += 1


@pytest.mark.parametrize(
    "foreign",
    [
        pytest.param((ASKED, reply(ANOTHERS)), id="an answer to somebody else's request"),
        pytest.param((STRANGER, reply(OURS)), id="an answer from an address that was not asked"),
        pytest.param((ASKED, reply(OURS, kind=ECHO[socket.AF_INET][0])), id="our own request, as loopback shows it"),
        pytest.param((ASKED, IP_HEADER + b"\0"), id="too short to be an answer"),
    ],
)
def test_only_the_answer_of_the_asked_to_our_request_counts(foreign: tuple[str, bytes]) -> None:
    ours = (ASKED, reply(OURS))
    assert left_unread([foreign, ours]) == 0
    assert left_unread([ours, foreign]) == 1
