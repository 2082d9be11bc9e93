"""What is outside of an installation, in a process of its own: web services, and mail servers that keep a log.

Each mail is one line in the log, written before the server answers: the sender and the recipient of the envelope and
the Message-ID. A sender that dies is served to the end, as by a real server. How a recipient's name begins says how
its mail goes wrong: "lost" ends the connection before the message, "mute" after it and without an answer, "grey" is
told once to come back later, and "busy" by Microsoft 365.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import multiprocessing
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.mail.graph_server import NotNow, Tenant, graph, opened


@dataclass(frozen=True)
class World:
    """Where the outside is, and what arrived there."""

    web: str
    mail_port: int
    graph: str
    log: Path

    def mails(self) -> list[dict[str, str]]:
        """Every mail that the server took, in order."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def mails_from(self, sender: str) -> Counter[tuple[str, str]]:
        """How often each (recipient, Message-ID) came from one sender's address."""
        return Counter((mail["to"], mail["id"]) for mail in self.mails() if mail["from"] == sender)


@contextmanager
def outside(folder: Path) -> Iterator[World]:
    """The world outside, for as long as the block runs."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    log = folder / "mail.log"
    log.touch()
    process = context.Process(target=_serve, args=(theirs, log))
    process.start()
    theirs.close()
    try:
        web_port, mail_port, graph_url = ours.recv()
        yield World(f"http://127.0.0.1:{web_port}/", mail_port, graph_url, log)
    finally:
        ours.close()
        process.join()


@cache
def _bomb() -> bytes:
    """A few kilobytes that unpack to more than any answer may hold."""
    return gzip.compress(bytes(80_000_000), compresslevel=1)


class _Web(BaseHTTPRequestHandler):
    """A web server; the first part of the path says how it goes wrong, if it does."""

    def do_GET(self) -> None:
        how = self.path.split("/")[1]
        fault = getattr(self, f"_{how}", None)
        if fault is not None:
            fault()
        elif how == "vendor":
            self._answer(b'{"components": [], "incidents": [], "scheduled_maintenances": []}')
        else:
            self._answer(b"<html>all is well</html>", 503 if how == "broken" else 200)

    def _hangs(self) -> None:
        time.sleep(2)

    def _truncates(self) -> None:
        self._answer(b'{"components": [', length=1000)

    def _html(self) -> None:
        self._answer(b"<!DOCTYPE html><title>This page is blocked</title>")

    def _endless(self) -> None:
        self._answer(_bomb(), coded="gzip")

    def _locked(self) -> None:
        self._answer(b"{}", 401)

    def _answer(self, body: bytes, status: int = 200, length: int | None = None, coded: str = "identity") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length or len(body)))
        self.send_header("Content-Encoding", coded)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that was killed is what we want to see."""


@dataclass
class _Mailbox:
    log: Path
    put_off: set[tuple[str, str]] = field(default_factory=set)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address.startswith("lost"):
            server.transport.abort()
        once = str(envelope.mail_from), address
        if address.startswith("grey") and once not in self.put_off:
            self.put_off.add(once)
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = bytes(envelope.content or b"")
        for to in envelope.rcpt_tos:
            note(self.log, str(envelope.mail_from), to, content)
        if envelope.rcpt_tos[0].startswith("mute"):
            server.transport.abort()
        return "250 OK queued"


@dataclass
class _Tenant(Tenant):
    """Microsoft 365 with the same log."""

    log: Path = Path()
    told: set[tuple[str, bytes]] = field(default_factory=set)

    def take(self, sender: str, message: bytes) -> None:
        to = opened(message)["To"].addresses[0].addr_spec
        if to.startswith("busy") and (sender, message) not in self.told:
            self.told.add((sender, message))
            raise NotNow
        note(self.log, sender, to, message)


def note(log: Path, sender: str, to: str, message: bytes) -> None:
    """Write down one mail."""
    key = message_from_bytes(message[:10_000])["Message-ID"]
    with log.open("a") as file:
        file.write(json.dumps({"from": sender, "to": to, "id": key}) + "\n")


def _serve(ours: Connection, log: Path) -> None:
    web = _QuietServer(("127.0.0.1", 0), _Web)
    thread = Thread(target=web.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    with graph(_Tenant(log=log)) as tenant:
        asyncio.run(_serve_mail(ours, (web.server_port, tenant.url), _Mailbox(log)))
    web.shutdown()
    thread.join()
    web.server_close()


async def _serve_mail(ours: Connection, others: tuple[int, str], mailbox: _Mailbox) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, hostname="localhost", loop=loop), "127.0.0.1", 0)
    async with server:
        ours.send((others[0], server.sockets[0].getsockname()[1], others[1]))
        await loop.run_in_executor(None, _wait_for_the_end, ours)


def _wait_for_the_end(ours: Connection) -> None:
    try:
        ours.recv()
    except EOFError:
        return
