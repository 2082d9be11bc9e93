"""What the tcp probe says of servers that talk, that do not, and that say the wrong thing."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from connectors.probes import get
from connectors.probes._round import probe_round
from firstbell.records import ServiceState

Talk = Callable[[socket.socket], None]


@pytest.fixture
def server() -> Iterator[Callable[[Talk], int]]:
    """Starts a server that accepts one connection and talks as told; returns its port."""
    with contextlib.ExitStack() as stack:

        def start(talk: Talk) -> int:
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

            def serve() -> None:
                with contextlib.suppress(OSError):
                    talking, _ = listening.accept()
                    with talking:
                        talk(talking)

            thread = threading.Thread(target=serve)
            thread.start()
            stack.callback(thread.join)
            stack.callback(listening.shutdown, socket.SHUT_RDWR)
            return int(listening.getsockname()[1])

        yield start


def echo_of(expected: bytes) -> Talk:
    def talk(talking: socket.socket) -> None:
        if talking.recv(100) == expected:
            talking.sendall(b"250 ")
            talking.sendall(b"fine\r\n")
            talking.recv(1)

    return talk


def silent(talking: socket.socket) -> None:
    talking.recv(1)


def endless(talking: socket.socket) -> None:
    while True:
        talking.sendall(b"x" * 4096)


def reset(talking: socket.socket) -> None:
    talking.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def look(a_round, a_target, port: int, **settings):
    told = {"host": "localhost", "port": port, "timeout_seconds": 0.5} | settings
    [seen] = probe_round([a_target("tcp", **told)], a_round())
    return seen


def test_a_port_that_listens_is_up(server, a_round, a_target) -> None:
    seen = look(a_round, a_target, server(silent))
    assert (seen.state, seen.reason) == (ServiceState.UP, "")
    assert 0 < seen.name_seconds <= seen.connect_seconds <= seen.total_seconds
    assert seen.first_byte_seconds is None


def test_what_is_sent_is_answered_with_what_is_expected(server, a_round, a_target) -> None:
    port = server(echo_of(b"NOOP\r\n"))
    seen = look(a_round, a_target, port, send="NOOP\r\n", expect="250 fine")
    assert (seen.state, seen.reason) == (ServiceState.UP, "")
    assert seen.connect_seconds <= seen.first_byte_seconds <= seen.total_seconds


@pytest.mark.parametrize(
    ("talk", "reason", "words"),
    [
        (lambda talking: talking.sendall(b"554 go away\r\n"), "body", "does not hold the expected text"),
        (lambda talking: None, "reset", "closed without an answer"),
        (reset, "reset", "connection"),
        (endless, "body", "64 kB"),
        (silent, "timeout", "connected, but the answer had not begun"),
        (lambda talking: (talking.sendall(b"22"), talking.recv(1)), "timeout", "expected text had not come"),
    ],
)
def test_a_wrong_answer_is_down_and_never_quoted(server, a_round, a_target, talk, reason, words) -> None:
    seen = look(a_round, a_target, server(talk), expect="220 ")
    assert (seen.state, seen.reason) == (ServiceState.DOWN, reason)
    assert words in seen.detail
    assert "go away" not in seen.detail


def test_a_closed_port_and_a_name_that_is_none(closed_port, a_round, a_target) -> None:
    refused = look(a_round, a_target, closed_port)
    assert (refused.state, refused.reason) == (ServiceState.DOWN, "refused")


def test_bad_settings_are_told() -> None:
    settings = get("tcp").Settings
    for wrong in ({"host": "a b", "port": 25}, {"host": "oak.example", "port": 70000}, {"host": "oak.example"}):
        with pytest.raises(ValueError, match=r"host|port"):
            settings(**wrong)
