"""Real servers on loopback that answer in all the ways a target can, and a round to look at them with."""

from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
import trustme
from aiosmtpd.controller import Controller

from connectors.probes import get
from connectors.probes._base import Round, Target


def soon(seconds: float = 5.0) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


@pytest.fixture
def a_round() -> Callable[..., Round]:
    def build(seconds: float = 5.0, **options: Any) -> Round:
        return Round(**{"vantage": "here", "deadline": soon(seconds), "timeout_seconds": 2.0, "seed": 1} | options)

    return build


@pytest.fixture
def a_target() -> Callable[..., tuple[str, Target]]:
    def build(kind: str, key: str = "portal", **settings: Any) -> tuple[str, Target]:
        return kind, Target(key, get(kind).Settings(**settings), 60)

    return build


@dataclass
class WebServer:
    """What the server was asked, how many at once, and the gate that keeps `/slow` waiting until the test ends."""

    address: str = ""
    port: int = 0
    at_once: int = 0
    most_at_once: int = 0
    hold: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    resumed: int = 0
    """How many handshakes went on with an earlier session instead of showing a certificate."""
    hangs: bool = False
    """Whether `/switch` lets its askers wait; `hung` is set once one does."""
    hung: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    """Method, path, headers in lower case and body of each request."""


PAGES = {
    "/fine": (200, "text/plain", b"all is fine"),
    "/latin": (200, "text/html; charset=iso-8859-1", "Schüler".encode("latin-1")),
    "/json": (200, "application/json", b'{"a": {"b": [{"c": 1, "ok": true}]}}'),
    "/html": (200, "text/html", b"<html>please log in</html>"),
    "/broken": (503, "text/plain", b"no"),
    "/created": (201, "text/plain", b"made"),
    "/odd": (200, "text/html; charset=utf-8", b"all \xff\xfe\xc3( is fine"),
    "/undefined": (200, "text/html; charset=undefined", b"all is fine"),
    "/idna": (200, "text/html; charset=idna", b"all is fine"),
    "/punycode": (200, "text/html; charset=punycode", b"all \xff is fine"),
    "/accent": (200, "text/html; charset=utf-8; title=\xe9", b"all is fine"),
    "/deep": (200, "application/json", b"[" * 200_000),
}


@cache
def bomb() -> bytes:
    """64 MB of nothing, packed."""
    return gzip.compress(bytes(64_000_000))


def handler_for(state: WebServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with state.lock:
                headers = {name.lower(): value for name, value in self.headers.items()}
                state.asked.append((self.command, self.path, headers, body))
                state.at_once += 1
                state.most_at_once = max(state.most_at_once, state.at_once)
            # A client that cuts the connection is what several of these pages are for.
            with contextlib.suppress(OSError):
                self.page(self.path.partition("?")[0])
            with state.lock:
                state.at_once -= 1

        do_HEAD = do_POST = do_GET  # noqa: N815

        def page(self, path: str) -> None:
            if path == "/slow":
                state.hold.wait(10)
            elif path == "/switch" and state.hangs:
                state.hung.set()
                state.hold.wait(10)
            elif path == "/brief":
                state.hold.wait(0.05)
            elif path == "/reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                self.close_connection = True
                self.connection.close()
                return
            elif path == "/garbage":
                self.wfile.write(b"220 mail.example.org ESMTP\r\n" * 3)
                return
            elif path in ("/endless", "/truncated"):
                self.send_response(200)
                self.send_header("Content-Length", "9" * 3) if path == "/truncated" else None
                self.end_headers()
                self.wfile.write(b"short")
                while path == "/endless" and not state.hold.is_set():
                    self.wfile.write(b"x" * 65536)
                return
            elif path.startswith("/to/"):
                self.send_response(302)
                self.send_header("Location", path.removeprefix("/to"))
                self.send_header("X-Hop", "redirect")
                self.end_headers()
                return
            elif path == "/goto":
                self.send_response(302)
                self.send_header("Location", self.path.partition("?")[2])
                self.end_headers()
                return
            elif path == "/drip":
                self.send_response(200)
                self.end_headers()
                while not state.hold.wait(0.05):
                    self.wfile.write(b"x")
                return
            elif path == "/bomb":
                packed = bomb()
                self.send_response(200)
                self.send_header("Content-Encoding", "gzip")
                self.send_header("Content-Length", str(len(packed)))
                self.end_headers()
                self.wfile.write(packed)
                return
            elif path == "/packed":
                self.send_response(200)
                self.send_header("Content-Encoding", "gzip")
                self.end_headers()
                self.wfile.write(gzip.compress(b"all is fine"))
                return
            elif path in ("/loop", "/away"):
                self.send_response(302)
                self.send_header("Location", "/loop" if path == "/loop" else "file:///etc/hostname")
                self.end_headers()
                return
            status, kind, body = PAGES.get(path, PAGES["/fine"])
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Served-By", "oak")
            if status == 201:
                self.send_header("Location", "http://elsewhere.example/")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    return Handler


class QuietServer(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class TlsServer(QuietServer):
    context: ssl.SSLContext
    state: WebServer
    lets_in: int | None = None
    """How many clients shake hands before every further one waits until the test ends."""

    def finish_request(self, request: Any, client_address: Any) -> None:
        if self.lets_in is not None:
            self.lets_in -= 1
            if self.lets_in < 0:
                self.state.hold.wait(10)
        with contextlib.suppress(OSError), self.context.wrap_socket(request, server_side=True) as secure:
            self.state.resumed += bool(secure.session_reused)
            self.RequestHandlerClass(secure, client_address, self)


@contextlib.contextmanager
def serving(context: ssl.SSLContext | None = None, lets_in: int | None = None) -> Iterator[WebServer]:
    state = WebServer()
    server: QuietServer
    if context:
        server = TlsServer(("127.0.0.1", 0), handler_for(state))
        server.context, server.state, server.lets_in = context, state, lets_in
    else:
        server = QuietServer(("127.0.0.1", 0), handler_for(state))
    state.port = server.server_address[1]
    state.address = f"{'https' if context else 'http'}://localhost:{state.port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        state.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as state:
        yield state


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="Oakfield Filter")


@pytest.fixture(scope="session")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def tls_web(authority: trustme.CA) -> Iterator[Callable[..., WebServer]]:
    """Starts an https server with a certificate of the test's own making."""
    with contextlib.ExitStack() as stack:

        def start(
            *names: str,
            expires: datetime | None = None,
            context: ssl.SSLContext | None = None,
            lets_in: int | None = None,
        ) -> WebServer:
            if context is None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                begins = datetime(2020, 1, 1, tzinfo=UTC)
                leaf = authority.issue_cert(*(names or ("localhost",)), not_before=begins, not_after=expires)
                leaf.configure_cert(context)
            return stack.enter_context(serving(context, lets_in))

        yield start


@dataclass
class NameServer:
    """A UDP name server. `zone` maps (name, type) to values; `broken` answers SERVFAIL, `silent` nothing at all."""

    address: str
    zone: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    waits: float = 0.0
    """Seconds that each answer takes."""
    fails_after: int | None = None
    """How many questions are answered before every further one is answered with SERVFAIL."""

    def answer(self, wire: bytes) -> bytes | None:
        query = dns.message.from_wire(wire)
        if self.fails_after is not None:
            self.fails_after -= 1
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        if name in self.silent or "*" in self.silent:
            return None
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        values = self.zone.get((name, dns.rdatatype.to_text(question.rdtype)))
        if name in self.broken or (self.fails_after or 0) < 0:
            response.set_rcode(dns.rcode.SERVFAIL)
        elif values:
            response.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", question.rdtype, values))
        elif not any(known == name for known, _ in self.zone):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()


@contextlib.contextmanager
def naming() -> Iterator[NameServer]:
    stopped = threading.Event()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        server = NameServer(f"127.0.0.1:{udp.getsockname()[1]}")

        def serve() -> None:
            while True:
                wire, client = udp.recvfrom(4096)
                if wire == b"stop":
                    return
                reply = server.answer(wire)
                stopped.wait(server.waits)
                if reply is not None:
                    udp.sendto(reply, client)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server
        udp.sendto(b"stop", udp.getsockname())
        thread.join()


@pytest.fixture
def names() -> Iterator[NameServer]:
    with naming() as server:
        yield server


@pytest.fixture
def other_names() -> Iterator[NameServer]:
    """A second name server, which may say something else."""
    with naming() as server:
        yield server


class Mailbox:
    """Takes nothing in: a handler for a mail server of which only the handshake is wanted."""


class AnyPort(Controller):
    """aiosmtpd's controller on a port that the system picks."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def mail_server(authority: trustme.CA) -> Iterator[Callable[..., int]]:
    """Starts a real SMTP server that offers STARTTLS with a certificate for a name, or does not; returns its port."""
    with contextlib.ExitStack() as stack:

        def start(name: str = "localhost", offered: bool = True) -> int:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(name).configure_cert(context)
            offer = context if offered else None
            controller = AnyPort(Mailbox(), hostname="127.0.0.1", port=0, tls_context=offer, ready_timeout=30)
            controller.start()
            stack.callback(controller.stop)
            return int(controller.port)

        yield start


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
