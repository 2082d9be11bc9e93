"""A real mail server for the demo: STARTTLS and a login, and every message it takes becomes a file.

The files are named NNN-<recipient>.eml and hold the bytes as they came.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from examples.lakeside.certificates import Authority

USER = "packets"


class Mailbox:
    """Takes mail for one login and writes it down."""

    def __init__(self, folder: Path, password: str) -> None:
        self.folder = folder
        self._password = password
        folder.mkdir(parents=True, exist_ok=True)
        self._number = max((int(path.name[:3]) for path in folder.glob("[0-9][0-9][0-9]-*.eml")), default=0)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        """Called by aiosmtpd for each message."""
        for address in envelope.rcpt_tos:
            self._number += 1
            name = f"{self._number:03}-{re.sub(r'[^A-Za-z0-9@._+-]', '_', address)}.eml"
            assert isinstance(envelope.content, bytes), "aiosmtpd was not told to decode"
            (self.folder / name).write_bytes(envelope.content)
        return f"250 OK queued as {self._number:03}"

    def authenticate(
        self,
        server: SMTP,  # noqa: ARG002 - aiosmtpd gives all five
        session: Session,  # noqa: ARG002
        envelope: Envelope,  # noqa: ARG002
        mechanism: str,  # noqa: ARG002
        data: Any,
    ) -> AuthResult:
        """Whether a login is the one that may send."""
        right = (
            isinstance(data, LoginPassword)
            and hmac.compare_digest(data.login, USER.encode())
            and hmac.compare_digest(data.password, self._password.encode())
        )
        return AuthResult(success=right, handled=right)


class _AnyPort(Controller):
    """aiosmtpd's controller on a port that the system picks."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, asyncio.Server), "it was started just before"
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def serve_mailbox(folder: Path, password: str, authority: Authority) -> Iterator[int]:
    """Take mail on a free port of 127.0.0.1 until the block ends; yields the port."""
    # aiosmtpd warns at each login of a field that it sets itself.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    box = Mailbox(folder, password)
    controller = _AnyPort(
        box,
        hostname="127.0.0.1",
        port=0,
        tls_context=authority.server_context(),
        require_starttls=True,
        authenticator=box.authenticate,
        auth_required=True,
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
