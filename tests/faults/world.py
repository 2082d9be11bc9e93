"""What is outside of an installation, in a process of its own: web services, and a mail server that keeps a log.

Each mail is one line in the log, written before the server answers: the sender and the recipient of the envelope and
the Message-ID. A sender that dies is served to the end, as by a real server.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Thread
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class World:
    """Where the outside is, and what arrived there."""

    web: str
    mail_port: int
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
        web_port, mail_port = ours.recv()
        yield World(f"http://127.0.0.1:{web_port}/", mail_port, log)
    finally:
        ours.close()
        process.join()


class _Web(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = b"<html>all is well</html>"
        self.send_response(503 if self.path == "/broken" else 200)
        self.send_header("Content-Length", str(len(body)))
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

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = bytes(envelope.content or b"")
        key = message_from_bytes(content[:10_000])["Message-ID"]
        with self.log.open("a") as log:
            log.writelines(
                json.dumps({"from": envelope.mail_from, "to": to, "id": key}) + "\n" for to in envelope.rcpt_tos
            )
        return "250 OK queued"


def _serve(ours: Connection, log: Path) -> None:
    web = _QuietServer(("127.0.0.1", 0), _Web)
    thread = Thread(target=web.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    asyncio.run(_serve_mail(ours, web.server_port, _Mailbox(log)))
    web.shutdown()
    thread.join()
    web.server_close()


async def _serve_mail(ours: Connection, web_port: int, mailbox: _Mailbox) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(mailbox, hostname="localhost", loop=loop), "127.0.0.1", 0)
    async with server:
        ours.send((web_port, server.sockets[0].getsockname()[1]))
        await loop.run_in_executor(None, _wait_for_the_end, ours)


def _wait_for_the_end(ours: Connection) -> None:
    try:
        ours.recv()
    except EOFError:
        return
