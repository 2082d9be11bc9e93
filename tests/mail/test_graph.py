"""Mail through Microsoft 365, against documented shapes only: what was taken, what was not, and what nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.policy import SMTP
from typing import Any

import pytest

from firstbell.delivery.message import Attachment, Letter
from firstbell.delivery.transport import DeliveryError, Handover, Outcome
from tests.mail.graph_server import SECRET, SENDER, Say, Tenant, graph, opened

READER = "ann@lakeside.example"


@pytest.fixture
def tenant() -> Iterator[Tenant]:
    with graph(Tenant()) as opened:
        yield opened


def letter(attachments: int = 0, size: int = 100, recipient: str = READER) -> bytes:
    return Letter(
        message_key="packet/tlt/tlt@2026-12-03/final/1/leadership/ann/0",
        sender=SENDER,
        sender_name="Lakeside technology team",
        recipient=recipient,
        recipient_name="Ann Lee",
        reply_to="leader@lakeside.example",
        subject="Tech team, Thu 3 Dec",
        text="DECIDE\n",
        html="<p>DECIDE</p>",
        language="en",
        list_id="tlt.lakeside.example",
        written_at=datetime(2026, 11, 26, 12, tzinfo=UTC),
        attachments=[Attachment(f"{n}.pdf", "application/pdf", bytes([n]) * size) for n in range(attachments)],
    ).to_bytes()


def send(tenant: Tenant, /, *messages: bytes, **settings: Any) -> list[Handover]:
    with tenant.transport(**settings).open() as connection:
        return [connection.send(READER, message) for message in messages or (letter(),)]


def test_the_bytes_of_the_outbox_are_what_microsoft_gets(tenant: Tenant) -> None:
    message = letter(attachments=2)
    (handover,) = send(tenant, message)
    assert handover == Handover(Outcome.SENT, "202 accepted by Microsoft 365, request 6f1e-77")
    assert tenant.taken == [(SENDER, READER, message)]


def test_one_token_serves_a_batch(tenant: Tenant) -> None:
    assert [one.outcome for one in send(tenant, *[letter()] * 3)] == [Outcome.SENT] * 3
    assert tenant.tokens == 1


def test_a_token_is_renewed_before_it_ends(tenant: Tenant) -> None:
    tenant.lasts = 200
    send(tenant, *[letter()] * 2)
    assert tenant.tokens == 3


def test_a_token_that_is_not_taken_is_renewed_once(tenant: Tenant) -> None:
    with tenant.transport().open() as connection:
        tenant.valid.clear()
        assert connection.send(READER, letter()).outcome is Outcome.SENT
        assert tenant.tokens == 2
        tenant.script["/sendMail"] = [Say(401, "InvalidAuthenticationToken")] * 2
        handover = connection.send(READER, letter())
    assert (handover.outcome, handover.lost) == (Outcome.DEFERRED, True)
    assert len(tenant.taken) == 1


def test_throttling_is_waited_for_within_a_budget(tenant: Tenant) -> None:
    waits: list[float] = []
    tenant.script["/sendMail"] = [Say(429, "ApplicationThrottled", "7"), Say(503, "", "3")]
    assert send(tenant, pause=waits.append)[0].outcome is Outcome.SENT
    assert waits == [7, 3]
    tenant.script["/sendMail"] = [Say(429, "ApplicationThrottled", "600")]
    (handover,) = send(tenant, pause=waits.append)
    assert (handover.outcome, handover.lost, waits) == (Outcome.DEFERRED, True, [7, 3])
    assert "the next run tries again (429 ApplicationThrottled)" in handover.reply


def test_a_server_that_asks_for_no_wait_again_and_again_is_left(tenant: Tenant) -> None:
    waits: list[float] = []
    tenant.script["/sendMail"] = [Say(429, "", "0")] * 500
    assert send(tenant, pause=waits.append)[0].outcome is Outcome.DEFERRED
    assert waits == [1.0] * 120


@pytest.mark.parametrize(
    ("status", "code", "outcome", "lost", "words"),
    [
        (400, "ErrorInvalidRecipients", Outcome.REFUSED, False, "takes no mail for that address"),
        (400, "ErrorMimeContentInvalidBase64String", Outcome.REFUSED, False, "cannot read the message"),
        (413, "", Outcome.REFUSED, False, "longer than Microsoft 365 takes"),
        (403, "ErrorAccessDenied", Outcome.DEFERRED, True, "grant it Mail.Send"),
        (403, "ErrorSendAsDenied", Outcome.DEFERRED, True, f"may not send as {SENDER}"),
        (404, "ErrorInvalidUser", Outcome.DEFERRED, True, "check mail.sender"),
        (404, "MailboxNotEnabledForRESTAPI", Outcome.DEFERRED, True, "has no mailbox in Exchange Online"),
        (403, "ErrorMessageSubmissionBlocked", Outcome.DEFERRED, True, "blocked from sending"),
        (403, "SomethingNew", Outcome.DEFERRED, True, "does not let the app send"),
        (400, "SomethingElse", Outcome.REFUSED, False, "refused the message (400 SomethingElse)"),
        (500, "ErrorInternalServerError", Outcome.UNKNOWN, True, "does not say whether it took it"),
        (504, "", Outcome.UNKNOWN, True, "does not say whether it took it"),
    ],
)
def test_each_answer_has_its_outcome_and_its_sentence(
    tenant: Tenant, status: int, code: str, outcome: Outcome, lost: bool, words: str
) -> None:
    tenant.script["/sendMail"] = [Say(status, code)]
    (handover,) = send(tenant)
    assert (handover.outcome, handover.lost) == (outcome, lost)
    assert words in handover.reply
    assert "quotes" not in handover.reply
    assert tenant.taken == []


def test_no_answer_after_the_message_is_unknown_and_the_rest_waits(tenant: Tenant) -> None:
    tenant.drop = "/sendMail"
    assert [one.outcome for one in send(tenant, letter(), letter())] == [Outcome.UNKNOWN, Outcome.DEFERRED]
    assert len(tenant.taken) == 1


def test_nobody_listening_hands_nothing_over() -> None:
    with pytest.raises(DeliveryError, match=r"No connection to http://127\.0\.0\.1:9"):
        send(Tenant(url="http://127.0.0.1:9"))


def test_a_connection_that_cannot_be_made_is_no_unknown_outcome(tenant: Tenant) -> None:
    (handover,) = send(tenant, graph_url="http://127.0.0.1:9/v1.0")
    assert (handover.outcome, handover.lost) == (Outcome.DEFERRED, True)
    assert "No connection to http://127.0.0.1:9" in handover.reply


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"client_secret": "wr0ng-one"}, "copy the secret's value, not its id"),
        ({"client_id": "another"}, "check mail.client_id"),
        ({"tenant": "nowhere.example"}, "check mail.tenant"),
    ],
)
def test_no_token_is_one_sentence_without_the_secret(tenant: Tenant, wrong: dict[str, str], words: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        send(tenant, **wrong)
    assert words in str(caught.value)
    assert not {SECRET, "wr0ng-one"} & set(str(caught.value).split())
    assert SECRET not in repr(tenant.transport())


def test_a_server_that_fails_to_give_a_token_is_told(tenant: Tenant) -> None:
    tenant.script["/token"] = [Say(500, "whatever")]
    with pytest.raises(DeliveryError, match=r"it answered 500 whatever; check mail\.tenant"):
        send(tenant)


def test_a_message_that_names_somebody_else_is_not_handed_over(tenant: Tenant) -> None:
    (handover,) = send(tenant, letter(recipient="bob@lakeside.example"))
    assert handover.outcome is Outcome.REFUSED
    assert tenant.taken == []


LONG = 3_500_000


def test_a_long_message_is_drafted_filled_and_sent(tenant: Tenant) -> None:
    message = letter(attachments=3, size=2_000_000)
    assert send(tenant, message)[0].outcome is Outcome.SENT
    ((sender, reader, taken),) = tenant.taken
    (draft,) = tenant.drafts.values()
    assert (sender, reader) == (SENDER, READER)
    assert {name: len(content) for name, content in draft.attachments.items()} == dict.fromkeys(
        ("0.pdf", "1.pdf", "2.pdf"), 2_000_000
    )
    assert opened(taken)["Message-ID"] == opened(message)["Message-ID"]
    assert opened(taken).get_body(("plain",)) is not None
    assert list(opened(taken).iter_attachments()) == []
    assert opened(taken).as_bytes(policy=SMTP).count(b"Content-Type: application/pdf") == 0


def test_a_long_attachment_goes_up_in_ranges(tenant: Tenant) -> None:
    assert send(tenant, letter(attachments=2, size=LONG))[0].outcome is Outcome.SENT
    (draft,) = tenant.drafts.values()
    assert draft.attachments == {"0.pdf": bytes([0]) * LONG, "1.pdf": bytes([1]) * LONG}
    assert [path for path in tenant.asked if path.startswith("/upload/")] == ["/upload/0"] * 2 + ["/upload/1"] * 2


@pytest.mark.parametrize(
    ("step", "say", "outcome", "words"),
    [
        ("/messages", Say(403, "ErrorAccessDenied"), Outcome.DEFERRED, "permission Mail.ReadWrite too"),
        ("/attachments", Say(403, "ErrorAccessDenied"), Outcome.DEFERRED, "permission Mail.ReadWrite too"),
        ("/createUploadSession", Say(500, "ErrorInternalServerError"), Outcome.DEFERRED, "failed"),
        ("/attachments", Say(413, ""), Outcome.REFUSED, "longer than"),
        ("/send", Say(500, ""), Outcome.UNKNOWN, "does not say"),
    ],
)
def test_a_long_message_that_fails_before_its_last_step_was_surely_not_sent(
    tenant: Tenant, step: str, say: Say, outcome: Outcome, words: str
) -> None:
    tenant.script[step] = [say]
    size = LONG if step == "/createUploadSession" else 2_000_000
    (handover,) = send(tenant, letter(attachments=2, size=size))
    assert handover.outcome is outcome
    assert words in handover.reply
    assert tenant.taken == []
    assert len(tenant.drafts) == (outcome is Outcome.UNKNOWN), "no draft is left behind"


@pytest.mark.parametrize(
    ("step", "outcome"),
    [("/messages", Outcome.DEFERRED), ("/attachments", Outcome.DEFERRED), ("/send", Outcome.UNKNOWN)],
)
def test_only_the_last_step_of_a_long_message_can_be_unknown(tenant: Tenant, step: str, outcome: Outcome) -> None:
    tenant.drop = step
    (handover,) = send(tenant, letter(attachments=2, size=2_000_000))
    assert handover.outcome is outcome
    assert len(tenant.taken) == (outcome is Outcome.UNKNOWN)


def test_a_text_that_is_too_long_for_a_draft_is_refused(tenant: Tenant) -> None:
    message = letter().replace(b"DECIDE\r\n", b"DECIDE\r\n" * 500_000)
    (handover,) = send(tenant, message)
    assert handover == Handover(Outcome.REFUSED, "the text of the message is longer than Microsoft 365 takes")
