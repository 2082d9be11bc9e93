"""A real mail server on loopback: STARTTLS, login, and a few ways to misbehave."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from firstbell.delivery.smtp import SmtpTransport
from tests.drawn import drawings_kept
from tests.store.conftest import postgres, sqlite_pattern, store, url

__all__ = ["postgres", "sqlite_pattern", "store", "url"]

USER, PASSWORD = "packets", "correct horse"


@dataclass
class Mailbox:
    """What the server took, and how it should behave."""

    taken: list[tuple[str, bytes]] = field(default_factory=list)
    refuse: frozenset[str] = frozenset()
    defer: frozenset[str] = frozenset()
    drop_after_data: bool = False
    drop_at_recipient: frozenset[str] = frozenset()
    refuse_sender: bool = False
    accept_logins: bool = True
    close_after: int | None = None
    """After so many messages the next sender is told that the server closes."""
    logins: int = 0
    port: int = 0
    ca_file: Path = Path()

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.refuse_sender:
            return "550 5.7.60 client does not have permissions to send as this sender"
        if self.close_after is not None and len(self.taken) >= self.close_after:
            return "421 4.7.0 too many messages on this connection"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if address in self.refuse:
            return "550 5.1.1 no such mailbox"
        if address in self.defer:
            return "451 4.7.1 try again later"
        if address in self.drop_at_recipient:
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.extend((address, bytes(envelope.content or b"")) for address in envelope.rcpt_tos)
        if self.drop_after_data:
            server.transport.abort()
        return "250 OK queued as 42"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins += 1
        right = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        right = right and self.accept_logins
        return AuthResult(success=right, handled=right)

    def transport(self, **changes: Any) -> SmtpTransport:
        settings: dict[str, Any] = {
            "host": "localhost",
            "port": self.port,
            "security": "starttls",
            "sender": "packets@lakeside.example",
            "username": USER,
            "password": PASSWORD,
            "ca_bundle": str(self.ca_file),
            "timeout_seconds": 5,
        }
        return SmtpTransport(**{**settings, **changes})


class QuietController(Controller):
    """aiosmtpd's controller on a port that the system picks."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture(autouse=True)
def drawn_once(drawings: Path) -> Iterator[None]:
    """Packets are composed for each test; only pages of the same content are drawn for the first of them alone."""
    with drawings_kept(drawings):
        yield


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    authority = trustme.CA()
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return authority, path


@pytest.fixture
def mailbox(authority: tuple[trustme.CA, Path]) -> Iterator[Mailbox]:
    ca, ca_file = authority
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ca.issue_cert("localhost").configure_cert(context)
    box = Mailbox(ca_file=ca_file)
    controller = QuietController(
        box,
        hostname="127.0.0.1",
        port=0,
        tls_context=context,
        require_starttls=True,
        authenticator=box.authenticate,
        auth_required=True,
    )
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()
