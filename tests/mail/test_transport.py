"""Mail leaves once, over a verified connection, and what became of it is told as it was."""

from __future__ import annotations

import socket
import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from firstbell.delivery.file_drop import FileDrop
from firstbell.delivery.message import Attachment, Letter
from firstbell.delivery.smtp import SmtpTransport
from firstbell.delivery.transport import DeliveryError, Outcome

ADDRESSES = [f"person{number}@lakeside.example" for number in range(5)]


def letter(**changes: Any) -> Letter:
    fields: dict[str, Any] = {
        "message_key": "packet/tlt/tlt@2026-12-03/final/1/leadership/super/0",
        "sender": "packets@lakeside.example",
        "sender_name": "Lakeside technology team",
        "recipient": ADDRESSES[0],
        "recipient_name": "Pat Lee",
        "reply_to": "leader@lakeside.example",
        "subject": "Tech team, Thu 3 Dec, 3:30 pm: 3 decisions",
        "text": "DECIDE\n1 Content filter\n",
        "html": "<p>DECIDE</p>",
        "language": "en",
        "list_id": "tlt.lakeside.example",
        "written_at": datetime(2026, 11, 26, 12, tzinfo=UTC),
    }
    return Letter(**{**fields, **changes})


def test_a_message_arrives_unchanged_over_starttls_and_login(mailbox: Any) -> None:
    message = letter(attachments=[Attachment("packet.pdf", "application/pdf", b"%PDF-1.7 ...")]).to_bytes()
    with mailbox.transport().open() as connection:
        handover = connection.send(ADDRESSES[0], message)
    assert handover.outcome is Outcome.SENT
    assert "queued as 42" in handover.reply
    assert mailbox.taken == [(ADDRESSES[0], message)]
    parsed = message_from_bytes(mailbox.taken[0][1], policy=SMTP)
    assert [part.get_content_type() for part in parsed.walk() if not part.is_multipart()] == [
        "text/plain",
        "text/html",
        "application/pdf",
    ]


def test_one_login_serves_a_whole_batch(mailbox: Any) -> None:
    with mailbox.transport().open() as connection:
        outcomes = [connection.send(address, letter().to_bytes()).outcome for address in ADDRESSES]
    assert outcomes == [Outcome.SENT] * 5
    assert mailbox.logins == 1


def test_one_refused_address_of_five_keeps_nobody_else_from_their_mail(mailbox: Any) -> None:
    mailbox.refuse = frozenset({ADDRESSES[2]})
    with mailbox.transport().open() as connection:
        outcomes = [connection.send(address, letter().to_bytes()).outcome for address in ADDRESSES]
    assert outcomes == [Outcome.SENT, Outcome.SENT, Outcome.REFUSED, Outcome.SENT, Outcome.SENT]
    assert [address for address, _ in mailbox.taken] == [ADDRESSES[n] for n in (0, 1, 3, 4)]


@pytest.mark.parametrize("address", ["bjørn@lakeside.example", "ann@møller.example"])
def test_an_address_that_no_server_takes_is_refused_and_the_batch_goes_on(mailbox: Any, address: str) -> None:
    with mailbox.transport().open() as connection:
        handovers = [connection.send(one, letter().to_bytes()) for one in (address, ADDRESSES[0])]
    assert [one.outcome for one in handovers] == [Outcome.REFUSED, Outcome.SENT]
    assert handovers[0].reply == "not handed over: an address holds a letter that mail servers do not take"
    assert [taker for taker, _ in mailbox.taken] == [ADDRESSES[0]]


def test_a_login_beyond_ascii_is_one_sentence(mailbox: Any) -> None:
    with pytest.raises(DeliveryError, match=r"change mail\.username"), mailbox.transport(password="schlüssel").open():
        pass


def test_a_temporary_refusal_is_told_apart(mailbox: Any) -> None:
    mailbox.defer = frozenset({ADDRESSES[0]})
    with mailbox.transport().open() as connection:
        handover = connection.send(ADDRESSES[0], letter().to_bytes())
    assert handover.outcome is Outcome.DEFERRED
    assert handover.reply.startswith("451")


def test_a_drop_after_the_message_is_unknown_and_nothing_is_sent_again(mailbox: Any) -> None:
    mailbox.drop_after_data = True
    with mailbox.transport().open() as connection:
        outcomes = [connection.send(address, letter().to_bytes()).outcome for address in ADDRESSES[:2]]
    assert outcomes == [Outcome.UNKNOWN, Outcome.DEFERRED]
    assert len(mailbox.taken) == 1


@pytest.mark.parametrize("body", [b".", b"..", b"a\r\n.\r\nb\r\n", b".a\r\n..b\r\n\r\n.\r\n.c", b"a.\r\n", b"\r\n."])
def test_lines_that_begin_with_a_dot_arrive_as_they_are(mailbox: Any, body: bytes) -> None:
    with mailbox.transport().open() as connection:
        outcomes = [connection.send(address, body).outcome for address in ADDRESSES[:2]]
    assert outcomes == [Outcome.SENT] * 2
    assert [content for _, content in mailbox.taken] == [body if body.endswith(b"\r\n") else body + b"\r\n"] * 2


class _Scripted(socketserver.StreamRequestHandler):
    """A mail server that says yes to everything until DATA."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            if line.strip().upper() == b"DATA":
                assert isinstance(self.server, _AtData)
                self.wfile.write(self.server.answer)
                if not self.server.answer:
                    return
            else:
                self.wfile.write(b"250 fine\r\n")


class _AtData(socketserver.TCPServer):
    answer = b""


@contextmanager
def answering_data(answer: bytes) -> Iterator[SmtpTransport]:
    """A way to a server that answers DATA so; with nothing it hangs up."""
    with _AtData(("127.0.0.1", 0), _Scripted) as server:
        server.answer = answer
        thread = Thread(target=server.handle_request)
        thread.start()
        yield SmtpTransport(
            host="127.0.0.1", port=server.server_address[1], security="none", sender="a@b.example", timeout_seconds=5
        )
        thread.join()


@pytest.mark.parametrize(
    ("answer", "outcome", "lost", "reply"),
    [
        (b"", Outcome.DEFERRED, True, "ended (SMTPServerDisconnected)"),
        (b"452 4.3.1 disk full\r\n", Outcome.DEFERRED, False, "452 4.3.1 disk full"),
        (b"554 5.7.1 no\r\n", Outcome.REFUSED, False, "554 5.7.1 no"),
        (b"421 4.3.2 going down\r\n", Outcome.DEFERRED, True, "421 4.3.2 going down"),
        (b"250 whatever\r\n", Outcome.DEFERRED, True, "answered DATA with 250 whatever"),
    ],
)
def test_a_server_that_never_heard_the_message_surely_did_not_take_it(
    answer: bytes, outcome: Outcome, lost: bool, reply: str
) -> None:
    with answering_data(answer) as way, way.open() as connection:
        handover = connection.send(ADDRESSES[0], letter().to_bytes())
    assert (handover.outcome, handover.lost) == (outcome, lost)
    assert reply in handover.reply


def test_a_drop_before_the_message_may_be_tried_again(mailbox: Any) -> None:
    mailbox.drop_at_recipient = frozenset({ADDRESSES[0]})
    with mailbox.transport().open() as connection:
        outcome = connection.send(ADDRESSES[0], letter().to_bytes()).outcome
    assert outcome is Outcome.DEFERRED
    assert mailbox.taken == []


def test_a_wrong_password_says_what_to_check_and_not_the_password(mailbox: Any) -> None:
    with (
        pytest.raises(DeliveryError, match=r"mail\.password") as caught,
        mailbox.transport(password="wrong-secret").open(),
    ):
        pass
    assert "wrong-secret" not in str(caught.value)


def test_a_certificate_that_does_not_verify_stops_before_the_login(mailbox: Any) -> None:
    with pytest.raises(DeliveryError, match=r"ca_bundle"), mailbox.transport(ca_bundle="").open():
        pass
    assert mailbox.logins == 0


def test_a_server_that_never_answers_is_given_up_after_the_time_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        mute = SmtpTransport(host="127.0.0.1", port=port, security="none", sender="a@b.example", timeout_seconds=0.2)
        with pytest.raises(DeliveryError, match=r"did not answer within 0\.2 s"), mute.open():
            pass


def test_nobody_listening_is_one_sentence() -> None:
    nowhere = SmtpTransport(host="localhost", port=1, security="none", sender="a@b.example", timeout_seconds=2)
    with pytest.raises(DeliveryError, match=r"No connection to the mail server localhost:1"), nowhere.open():
        pass


def test_hostile_names_and_subjects_stay_in_their_header() -> None:
    message = letter(
        subject="Hello\r\nBcc: everybody@lakeside.example",
        recipient_name='Ann "Ω" 😀\nX-Evil: 1',
    ).to_bytes()
    parsed = message_from_bytes(message, policy=SMTP)
    assert parsed["Bcc"] is None
    assert parsed["X-Evil"] is None
    assert parsed["Subject"] == "Hello Bcc: everybody@lakeside.example"


def test_equal_letters_are_equal_bytes() -> None:
    attachment = Attachment("packet.pdf", "application/pdf", b"%PDF")
    assert letter(attachments=[attachment]).to_bytes() == letter(attachments=[attachment]).to_bytes()


def test_message_ids_differ_by_key_and_live_under_the_senders_domain() -> None:
    one, other = letter().message_id, letter(message_key="packet/tlt/other").message_id
    assert one != other
    assert one.endswith("@lakeside.example>")


def test_a_dropped_file_is_the_message(tmp_path: Path) -> None:
    message = letter().to_bytes()
    with FileDrop(tmp_path / "mail").open() as connection:
        assert connection.send(ADDRESSES[0], message).outcome is Outcome.SENT
        assert connection.send(ADDRESSES[0], message).outcome is Outcome.SENT
    files = list((tmp_path / "mail").iterdir())
    assert [file.suffix for file in files] == [".eml"]
    assert files[0].read_bytes().endswith(message)
