"""Doctor and the mail server: it connects without sending, and sends one test mail only when it is asked to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from firstbell.cli._outside import check_mail
from firstbell.config.loaded import District
from firstbell.config.secrets import SecretReader
from firstbell.doctor import Finding, Level
from tests.unit.config_folder import FILES, load, write_folder


@dataclass
class Relay:
    """A mail server that knows this machine, and refuses one recipient."""

    port: int = 0
    kept: list[bytes] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd calls it by this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.kept.append(bytes(envelope.content or b""))
        return "250 kept"


class AnyPort(Controller):
    """aiosmtpd's controller on a port that the system picks."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def relay() -> Iterator[Relay]:
    box = Relay()
    controller = AnyPort(box, hostname="127.0.0.1", port=0)
    controller.start()
    box.port = controller.port
    yield box
    controller.stop()


def district(folder: Path, relay: Relay, more: str = "") -> District:
    server = f"  host: 127.0.0.1\n  port: {relay.port}\n  security: none\n{more}"
    return load(
        write_folder(folder, district=FILES["district.yaml"].replace("  password: env:SMTP_PASSWORD\n", server))
    )


def check(folder: Path, relay: Relay, test_address: str = "", more: str = "") -> list[Finding]:
    readers: dict[str, SecretReader] = {"env": lambda name: f"value of {name}"}
    return list(check_mail(district(folder, relay, more), folder / "state", readers, test_address))


def test_a_server_that_answers_gets_no_mail(tmp_path: Path, relay: Relay) -> None:
    (finding,) = check(tmp_path, relay)
    assert (finding.level, relay.kept) == (Level.OK, [])
    assert "nothing was sent" in finding.sentence


def test_one_test_mail_when_an_address_is_given(tmp_path: Path, relay: Relay) -> None:
    (finding,) = check(tmp_path, relay, "ada@example.org")
    assert finding.level is Level.OK
    (mail,) = relay.kept
    assert b"To: ada@example.org" in mail
    assert b"Subject: Firstbell test mail" in mail


def test_a_refused_recipient_is_wrong(tmp_path: Path, relay: Relay) -> None:
    (finding,) = check(tmp_path, relay, "nobody@example.org")
    assert (finding.level, relay.kept) == (Level.WRONG, [])
    assert "550" in finding.sentence or "no such mailbox" in finding.sentence


def test_a_mail_server_that_is_not_there(tmp_path: Path) -> None:
    (finding,) = check(tmp_path, Relay(port=9))
    assert finding.level is Level.WRONG


def test_each_way_is_asked_by_itself(tmp_path: Path, relay: Relay) -> None:
    more = (
        "  fallback:\n"
        "    - {transport: graph, tenant: t, client_id: c, client_secret: env:GRAPH, login_url: 'http://127.0.0.1:9'}\n"
        "    - {host: 127.0.0.1, port: 9, security: none}\n"
        "    - {transport: file_drop}\n"
    )
    found = check(tmp_path, relay, more=more)
    assert [(one.subject, one.level) for one in found] == [
        ("mail", Level.OK),
        ("mail, further way 1", Level.WRONG),
        ("mail, further way 2", Level.WRONG),
        ("mail, further way 3", Level.OK),
    ]
    assert "No connection to http://127.0.0.1:9" in found[1].sentence


def test_a_test_mail_leaves_by_each_way(tmp_path: Path, relay: Relay) -> None:
    found = check(tmp_path, relay, "ada@example.org", "  fallback: [{transport: file_drop, folder: drop}]\n")
    assert [one.level for one in found] == [Level.OK, Level.OK]
    assert (len(relay.kept), len(list((tmp_path / "state" / "drop").iterdir()))) == (1, 1)
