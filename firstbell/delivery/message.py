"""One mail as bytes, made once and then fixed: what is sent is what the outbox holds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class CalendarPart:
    """An iCalendar object that mail programs act on, and the method it names (RFC 6047)."""

    method: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Everything that makes one mail. Names and subjects may hold anything; headers are folded to one line.

    `recipient` is one address; in a rehearsal with several testers theirs, joined as `addresses_in` reads them.
    """

    message_key: str
    sender: str
    sender_name: str
    recipient: str
    recipient_name: str
    reply_to: str
    subject: str
    text: str
    html: str
    language: str
    list_id: str
    written_at: datetime
    attachments: Sequence[Attachment] = ()
    in_reply_to: str = ""
    calendar: CalendarPart | None = None
    seal: str = ""
    """The installation's secret. Without one the Message-ID can be made by everybody who knows the key."""

    @property
    def message_id(self) -> str:
        """The same for the same key and seal, under the sender's own domain, so that a message is known again."""
        digest = hashlib.sha256(f"{self.seal}{self.message_key}".encode()).hexdigest()[:32]
        return f"<{digest}@{self.sender.rpartition('@')[2]}>"

    def to_bytes(self) -> bytes:
        """The message as it goes over the wire, lines ended by CRLF."""
        return self.own_headers() + self.body()

    def own_headers(self) -> bytes:
        """The header lines that stand before `body`; few of them are this letter's alone."""
        mail = EmailMessage(policy=SMTP)
        mail["To"] = [_mailbox(self.recipient_name, one) for one in addresses_in(self.recipient)]
        mail["Message-ID"] = self.message_id
        if self.in_reply_to:
            mail["In-Reply-To"] = mail["References"] = self.in_reply_to
        alike = (self.sender_name, self.sender, self.reply_to, self.subject, self.written_at, self.list_id)
        return _headers_alike(*alike, self.language) + _lines(mail)

    def body(self) -> bytes:
        """What follows the own headers, from Content-Type on: the same bytes for all who are sent the same."""
        return _body(self.text, self.html, self.calendar, tuple(self.attachments))


def addresses_in(recipient: str) -> list[str]:
    """The addresses that a recipient stands for.

    >>> addresses_in("ann@example.org"), addresses_in("ann@example.org, bob@example.org")
    (['ann@example.org'], ['ann@example.org', 'bob@example.org'])
    """
    return recipient.split(", ")


def one_line(text: str) -> str:
    """The text without line breaks and control characters: safe in a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _mailbox(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(display_name=one_line(name), username=local, domain=domain)


@lru_cache(maxsize=16)
def _headers_alike(
    sender_name: str, sender: str, reply_to: str, subject: str, written_at: datetime, list_id: str, language: str
) -> bytes:
    """The header lines that a packet's letters have in common: folding them anew takes half of a letter's time."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _mailbox(sender_name, sender)
    if reply_to:
        mail["Reply-To"] = reply_to
    mail["Subject"] = one_line(subject)
    mail["Date"] = format_datetime(written_at)
    mail["List-Id"] = f"<{list_id}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = language
    return _lines(mail)


def _lines(headers: EmailMessage) -> bytes:
    """Header lines alone, without the empty one that ends them."""
    return headers.as_bytes().removesuffix(b"\r\n")


@lru_cache(maxsize=16)
def _body(text: str, html: str, calendar: CalendarPart | None, attachments: tuple[Attachment, ...]) -> bytes:
    """Everything below a letter's own headers: encoded once for all readers who get the same."""
    mail = EmailMessage(policy=SMTP)
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    if calendar is not None:
        told = {"method": calendar.method, "charset": "UTF-8"}
        mail.add_alternative(calendar.content, "text", "calendar", params=told)
    for part in attachments:
        main, _, sub = part.media_type.partition("/")
        mail.add_attachment(part.content, maintype=main, subtype=sub, filename=part.name)
    _fix_boundaries(mail, hashlib.sha256(f"{text}\0{html}".encode()).hexdigest())
    return mail.as_bytes()


def _fix_boundaries(mail: EmailMessage, key: str) -> None:
    """Give multipart boundaries names made of the key instead of chance, so that equal letters are equal bytes."""
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=_{hashlib.sha256(f'{key}/{number}'.encode()).hexdigest()[:32]}")
