"""Mail through Microsoft 365: Graph's sendMail with the finished message, as the app itself.

202 means that Microsoft took the message; what becomes of it later nobody is told, as with any mail server. The
message goes as MIME, so that the bytes of the outbox are what is sent. One that is too long for a single request
becomes a draft in the sender's mailbox, its attachments follow one by one, and then the draft is sent.

Permissions: Mail.Send; for long messages Mail.ReadWrite too. Both can be limited to one mailbox (docs/operations.md).

https://learn.microsoft.com/graph/api/user-sendmail, https://learn.microsoft.com/graph/outlook-send-mime-message,
https://learn.microsoft.com/graph/outlook-large-attachments
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import SMTP
from urllib.parse import quote, urlsplit

from firstbell.delivery.graph_session import NOT_NOW, Answer, GraphSession, NoAnswerError
from firstbell.delivery.message import addresses_in
from firstbell.delivery.transport import Connection, DeliveryError, Handover, Outcome

REQUEST_BYTES = 4_000_000
"""Graph takes requests up to 4 MB; a message grows by a third in base64."""
ATTACHMENT_BYTES = 3_000_000
"""A longer attachment needs an upload session, whose ranges are at most 4 MB."""
RANGE_BYTES = 3_276_800

_NOT_THIS_ONE = {
    "ErrorInvalidRecipients": "Microsoft 365 takes no mail for that address",
    "ErrorMimeContentInvalid": "Microsoft 365 cannot read the message",
    "ErrorMimeContentInvalidBase64String": "Microsoft 365 cannot read the message",
    "ErrorMessageSizeExceeded": "the message is longer than the sender's mailbox may send",
    "RequestEntityTooLarge": "the message is longer than Microsoft 365 takes",
}
_NOT_AT_ALL = {
    "ErrorAccessDenied": "the app may not do this for {sender}: grant it Mail.Send, consent as an admin, and name the "
    "mailbox in the application access policy",
    "Authorization_RequestDenied": "the app has no permission: grant it Mail.Send and consent as an admin",
    "ErrorSendAsDenied": "the app may not send as {sender}: set mail.sender to the mailbox that its policy names",
    "ErrorInvalidUser": "there is no mailbox {sender}: check mail.sender",
    "ResourceNotFound": "there is no mailbox {sender}: check mail.sender",
    "Request_ResourceNotFound": "there is no mailbox {sender}: check mail.sender",
    "MailboxNotEnabledForRESTAPI": "{sender} has no mailbox in Exchange Online: license it, or send from another",
    "MailboxNotSupportedForRESTAPI": "{sender} has no mailbox in Exchange Online: license it, or send from another",
    "ErrorExceededMessageLimit": "{sender} has reached its sending limit of the day; the next run tries again",
    "ErrorMessageSubmissionBlocked": "{sender} is blocked from sending: look under Restricted entities in Defender",
    "ErrorQuotaExceeded": "the mailbox of {sender} is full: make room in it",
    "InvalidAuthenticationToken": "the token is not taken: check mail.tenant, mail.graph_url and the app's permissions",
}
_LONG_NEEDS = "a message over 4 MB needs the app's permission Mail.ReadWrite too; grant it, or send shorter packets"
_TEXT_TOO_LONG = "the text of the message is longer than Microsoft 365 takes"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphTransport:
    """A mailbox of Microsoft 365 from which an app sends with a secret of its own."""

    tenant: str
    client_id: str
    client_secret: str = field(repr=False)
    sender: str
    login_url: str = "https://login.microsoftonline.com"
    graph_url: str = "https://graph.microsoft.com/v1.0"
    ca_bundle: str = ""
    timeout_seconds: float = 30
    wait_budget_seconds: float = 120
    request_bytes: int = REQUEST_BYTES
    attachment_bytes: int = ATTACHMENT_BYTES
    range_bytes: int = RANGE_BYTES
    pause: Callable[[float], None] = time.sleep

    @property
    def name(self) -> str:
        return "Microsoft 365"

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """A token for the batch. That the app may send shows only with the first message."""
        session = GraphSession(
            tenant=self.tenant,
            client_id=self.client_id,
            client_secret=self.client_secret,
            login_url=self.login_url.rstrip("/"),
            graph_url=self.graph_url.rstrip("/"),
            ca_bundle=self.ca_bundle,
            timeout_seconds=self.timeout_seconds,
            wait_budget_seconds=self.wait_budget_seconds,
            pause=self.pause,
        )
        session.log_in()
        yield _Mailbox(session, self)


class _StoppedError(DeliveryError):
    """An answer that ends a message before it was sent; the handover says how."""

    def __init__(self, handover: Handover) -> None:
        super().__init__(handover.reply)
        self.handover = handover


class _Mailbox:
    def __init__(self, session: GraphSession, settings: GraphTransport) -> None:
        self._session = session
        self._settings = settings
        self._sender = settings.sender
        self._at = f"/users/{quote(settings.sender, safe='@')}"
        self._lost = ""

    def ready(self) -> None:
        """Raises DeliveryError once the mailbox cannot be used any more."""
        if self._lost:
            raise DeliveryError(self._lost)

    def send(self, address: str, message: bytes) -> Handover:
        """Hand over one message. Its headers must name who is meant alone: Graph mails whom the headers name."""
        if self._lost:
            return Handover(Outcome.DEFERRED, self._lost, lost=True)
        if _recipients(message) != addresses_in(address):
            return Handover(Outcome.REFUSED, "not handed over: the message names other recipients than its envelope")
        try:
            coded = base64.b64encode(message)
            handover = (
                self._send_short(coded) if len(coded) <= self._settings.request_bytes else self._send_long(message)
            )
        except _StoppedError as stopped:
            handover = stopped.handover
        except NoAnswerError as error:
            handover = Handover(Outcome.UNKNOWN, str(error), lost=True)
        except DeliveryError as error:
            handover = Handover(Outcome.DEFERRED, str(error), lost=True)
        if handover.lost:
            self._lost = handover.reply
        return handover

    def _send_short(self, coded: bytes) -> Handover:
        return self._outcome(self._session.call("POST", f"{self._at}/sendMail", data=coded, media_type="text/plain"))

    def _send_long(self, message: bytes) -> Handover:
        """Draft, attachments, send. Whatever ends it before the last step leaves nothing sent, and no draft."""
        draft = self._draft(message)
        place = f"{self._at}/messages/{quote(draft.key, safe='=')}"
        try:
            for part in draft.attachments:
                self._attach(place, part)
        except DeliveryError as error:
            with suppress(DeliveryError):
                self._session.call("DELETE", place)
            if isinstance(error, NoAnswerError):
                raise DeliveryError(str(error)) from None
            raise
        return self._outcome(self._session.call("POST", f"{place}/send"))

    def _draft(self, message: bytes) -> _Draft:
        mail = message_from_bytes(message, policy=SMTP)
        assert isinstance(mail, EmailMessage), "the policy makes them"
        attachments = tuple(part for part in mail.iter_attachments() if isinstance(part, EmailMessage))
        if not attachments:
            raise _StoppedError(Handover(Outcome.REFUSED, _TEXT_TOO_LONG))
        kept = [part for part in mail.iter_parts() if part not in attachments]
        mail.set_payload(kept)  # type: ignore[arg-type]  # typeshed knows the older Message alone
        coded = base64.b64encode(mail.as_bytes())
        if len(coded) > self._settings.request_bytes:
            raise _StoppedError(Handover(Outcome.REFUSED, _TEXT_TOO_LONG))
        try:
            answer = self._session.call("POST", f"{self._at}/messages", data=coded, media_type="text/plain")
        except NoAnswerError as error:
            raise DeliveryError(str(error)) from None  # at worst a draft without attachments lies in the mailbox
        key = answer.content.get("id")
        if answer.status != 201 or not isinstance(key, str) or not key:
            raise _StoppedError(self._refused_long(answer))
        return _Draft(key, attachments)

    def _attach(self, place: str, part: EmailMessage) -> None:
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes), "an attachment of ours is a leaf"
        name = part.get_filename() or "attachment"
        if len(content) < self._settings.attachment_bytes:
            about = {
                "@odata.type": "#microsoft.graph.fileAttachment",
                "name": name,
                "contentType": part.get_content_type(),
                "contentBytes": base64.b64encode(content).decode(),
            }
            answer = self._session.call("POST", f"{place}/attachments", json=about)
        else:
            answer = self._upload(place, name, part.get_content_type(), content)
        if answer.status != 201:
            raise _StoppedError(self._refused_long(answer))

    def _upload(self, place: str, name: str, media_type: str, content: bytes) -> Answer:
        about = {"attachmentType": "file", "name": name, "size": len(content), "contentType": media_type}
        answer = self._session.call("POST", f"{place}/attachments/createUploadSession", json={"AttachmentItem": about})
        address = answer.content.get("uploadUrl")
        if answer.status != 201 or not isinstance(address, str):
            return answer if answer.status >= 400 else Answer(502, "", answer.request_id, {})
        if urlsplit(address).scheme != "https" and urlsplit(self._session.graph_url).scheme == "https":
            raise DeliveryError("Microsoft 365 named an upload address without TLS; nothing was sent there.")
        length = self._settings.range_bytes
        for begin in range(0, len(content), length):
            answer = self._session.put_range(address, content[begin : begin + length], begin, len(content))
            if answer.status not in (200, 201, 202):
                return answer
        return answer

    def _refused_long(self, answer: Answer) -> Handover:
        """Why a draft was not made whole: nothing was sent, so every answer that is no verdict may be tried again."""
        if answer.status == 403:
            return Handover(Outcome.DEFERRED, f"{_LONG_NEEDS} ({_told(answer)})")
        handover = self._outcome(answer)
        return Handover(Outcome.DEFERRED, handover.reply) if handover.outcome is Outcome.UNKNOWN else handover

    def _outcome(self, answer: Answer) -> Handover:
        if answer.status == 202:
            return Handover(Outcome.SENT, f"202 accepted by Microsoft 365, request {answer.request_id or 'without id'}")
        told = _told(answer)
        if answer.code in _NOT_AT_ALL:
            return Handover(Outcome.DEFERRED, f"{_NOT_AT_ALL[answer.code].format(sender=self._sender)} ({told})", True)
        if answer.code in _NOT_THIS_ONE or answer.status == 413:
            sentence = _NOT_THIS_ONE.get(answer.code, _NOT_THIS_ONE["RequestEntityTooLarge"])
            return Handover(Outcome.REFUSED, f"{sentence} ({told})")
        if answer.status in NOT_NOW:
            return Handover(
                Outcome.DEFERRED, f"Microsoft 365 asks for patience; the next run tries again ({told})", True
            )
        if answer.status in (401, 403, 404):
            return Handover(
                Outcome.DEFERRED, f"Microsoft 365 does not let the app send as {self._sender} ({told})", True
            )
        if 400 <= answer.status < 500:
            return Handover(Outcome.REFUSED, f"Microsoft 365 refused the message ({told})")
        return Handover(Outcome.UNKNOWN, f"Microsoft 365 failed and does not say whether it took it ({told})", True)


@dataclass(frozen=True, slots=True)
class _Draft:
    key: str
    attachments: tuple[EmailMessage, ...]


def _recipients(message: bytes) -> list[str]:
    headers = BytesHeaderParser(policy=SMTP).parsebytes(message)
    found = [headers[name] for name in ("To", "Cc", "Bcc") if headers[name] is not None]
    return [mailbox.addr_spec for header in found for mailbox in header.addresses]


def _told(answer: Answer) -> str:
    return f"{answer.status} {answer.code}".strip()
