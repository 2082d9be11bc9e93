"""A source over HTTP for the contract: a real server on loopback that can break in every way a network can.

A `WebCase` says what one good answer is (`answer`); the faults are made here. `strikes` says from which request on a
fault shows, so that it hits in the middle of a read.
"""

from __future__ import annotations

import gzip
import json
import threading
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from tests.contract.suite import Case, Situation

WEB = frozenset(Situation) - {
    Situation.WHOLE,
    Situation.CHANGED,
    Situation.UNKNOWN_ENUM,
    Situation.MISSING_FIELD,
    Situation.BAD_VALUE,
    Situation.ENDLESS,
    Situation.FOREIGN_LINK,
}
"""The faults that `WebServer` makes by itself, for any answer; SLOW needs a `timeout_seconds` well under a second."""


@cache
def packed_bomb() -> bytes:
    """A few kilobytes that unpack to more than any reply may hold."""
    return gzip.compress(b" " * 80_000_000, compresslevel=1)


@dataclass(frozen=True)
class Question:
    """One request as the server saw it."""

    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    number: int
    """1 for the first request since `serve`."""
    body: bytes = b""

    def first(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[0]


@dataclass
class Reply:
    """One answer; JSON unless `body` is bytes."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


class QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that hangs up on a bomb is what we want to see."""


class WebServer:
    """An HTTP server on a free port of 127.0.0.1 that answers as its case says, or breaks as its situation says."""

    def __init__(self, case: WebCase | None = None) -> None:
        self.case = case
        self.count = 0
        self.closing = threading.Event()
        self.lock = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 5
            wbufsize = -1
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                owner.serve(self)

            def do_POST(self) -> None:
                owner.serve(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = QuietServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = False
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def close(self) -> None:
        self.closing.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def serve(self, handler: BaseHTTPRequestHandler, body: bytes = b"") -> None:
        with self.lock:
            self.count += 1
            number = self.count
        if self.case is None:
            self.send(handler, Reply({}))
            return
        address = urlsplit(handler.path)
        question = Question(address.path, parse_qs(address.query), dict(handler.headers), number, body)
        situation = self.case.situation
        if self.case.strikes(question):
            fault = getattr(self, f"_{situation.value}", None)
            if fault is not None:
                fault(handler, question)
                return
        self.send(handler, self.case.answer(question))

    def send(self, handler: BaseHTTPRequestHandler, reply: Reply, *, declared: int | None = None) -> None:
        body = reply.encoded()
        handler.send_response(reply.status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(declared if declared is not None else len(body)))
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def drop(self, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.flush()
        handler.close_connection = True
        handler.connection.shutdown(2)

    def _good(self, question: Question) -> Reply:
        assert self.case is not None
        return self.case.answer(question)

    def _unauthorized(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        self.send(handler, Reply(self._private(), 401))

    def _forbidden(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        self.send(handler, Reply(self._private(), 403))

    def _gone(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        self.send(handler, Reply(b"<html>Not found</html>", 404))

    def _rate_limited(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        assert self.case is not None
        if self.case.struck_once():
            self.send(handler, self._good(question))
        else:
            self.send(handler, Reply({}, 429, {"Retry-After": str(self.case.retry_after_seconds)}))

    def _rate_limited_forever(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        self.send(handler, Reply({}, 429, {"Retry-After": "40"}))

    def _server_error(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        self.send(handler, Reply(self._private(), 500))

    def _server_error_once(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        assert self.case is not None
        self.send(handler, self._good(question) if self.case.struck_once() else Reply({}, 502))

    def _dropped(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        self.drop(handler)

    def _slow(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"[")
        handler.wfile.flush()
        self.closing.wait(3)
        handler.close_connection = True

    def _truncated(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        body = self._good(question).encoded()
        self.send(handler, Reply(body[: len(body) // 2]), declared=len(body))
        self.drop(handler)

    def _garbled(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        self.send(handler, Reply(b"\x00\xff\x17 not data " + json.dumps(self._private()).encode()))

    def _html(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        page = f"<!DOCTYPE html><title>This page is blocked</title>{self._private()}"
        self.send(handler, Reply(page.encode(), 200, {"X-Filter": "school"}))

    def _huge(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        self.send(handler, Reply(packed_bomb(), 200, {"Content-Encoding": "gzip"}))

    def _wrong_shape(self, handler: BaseHTTPRequestHandler, question: Question) -> None:
        self.send(handler, Reply([["surprise", *self._private().values()]]))

    def _private(self) -> dict[str, str]:
        """A body with all that must never show, as servers do quote what they were asked."""
        assert self.case is not None
        return {f"message{at}": word for at, word in enumerate((*self.case.private, *self.case.secrets))}


class WebCase(Case):
    """A case whose source is a `WebServer`; `url` is its address."""

    strikes_from: ClassVar[int] = 2
    """The number of the request at which a fault begins."""
    situation = Situation.WHOLE
    _server: WebServer | None = None
    _foreign: WebServer | None = None
    _struck = False

    @abstractmethod
    def answer(self, question: Question) -> Reply:
        """The answer to a question under `self.situation`, faults of the transport left aside."""

    def strikes(self, question: Question) -> bool:
        early = self.situation in (Situation.UNAUTHORIZED, Situation.FORBIDDEN, Situation.GONE)
        return early or question.number >= self.strikes_from

    def struck_once(self) -> bool:
        """True from the second call since `serve` on."""
        before, self._struck = self._struck, True
        return before

    def serve(self, situation: Situation) -> None:
        self.situation, self._struck = situation, False
        if situation is Situation.HUGE:
            packed_bomb()  # made beforehand, so that making it is not taken for a slow source
        if self._server is None:
            self._server = WebServer(self)
            self._foreign = WebServer()
        self._server.count = 0

    @property
    def url(self) -> str:
        assert self._server is not None
        return self._server.url

    @property
    def foreign_url(self) -> str:
        assert self._foreign is not None
        return self._foreign.url

    @property
    def requests(self) -> int:
        return self._server.count if self._server else 0

    @property
    def foreign_requests(self) -> int:
        return self._foreign.count if self._foreign else 0

    def close(self) -> None:
        for server in (self._server, self._foreign):
            if server is not None:
                server.close()
        self._server = self._foreign = None
