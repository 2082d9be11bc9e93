"""Delivery reports (RFC 3464): which of our letters came back, and the code that says why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message

MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")
STATUS = re.compile(r"\d\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report about one letter: its Message-IDs as far as it names any, whom it did not reach, and the status code.

    `final` is False for a report that the server still tries, or that all is well.
    """

    about: tuple[str, ...]
    recipients: tuple[str, ...]
    status: str
    final: bool


def bounce_of(mail: Message) -> Bounce | None:
    """The report that a mail is; None for any other mail."""
    if mail.get_content_type() != "multipart/report":
        return None
    content = mail.get_payload()
    parts = [part for part in content if isinstance(part, Message)] if isinstance(content, list) else []
    told = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    if told is None:
        return None
    fields = _fields(told)
    return Bounce(
        about=_about(mail, parts),
        recipients=tuple(
            fields.get(name, "").rpartition(";")[2].strip().casefold()
            for name in ("final-recipient", "original-recipient")
            if name in fields
        ),
        status=found[0] if (found := STATUS.search(fields.get("status", ""))) else "",
        final=fields.get("action", "").casefold() == "failed",
    )


def _fields(told: Message) -> dict[str, str]:
    """The report's fields. The standard library reads each group of them as a message of its own."""
    content = told.get_payload()
    groups = content if isinstance(content, list) else []
    found: dict[str, str] = {}
    for group in groups:
        if isinstance(group, Message):
            found |= {name.casefold(): " ".join(str(value)[:1_000].split()) for name, value in group.items()}
    return found


def _about(mail: Message, parts: list[Message]) -> tuple[str, ...]:
    """The returned letter's Message-ID, from the letter or its headers; else what the report answers."""
    for part in parts:
        if part.get_content_type() in ("message/rfc822", "message/rfc822-headers", "text/rfc822-headers"):
            content = part.get_payload()
            returned = content[0] if isinstance(content, list) and content else content
            text = returned.get("Message-ID", "") if isinstance(returned, Message) else _id_line(part)
            if ids := MESSAGE_ID.findall(str(text)[:2_000]):
                return tuple(ids[:1])
    return tuple(MESSAGE_ID.findall(f"{mail.get('In-Reply-To', '')} {mail.get('References', '')}"[:2_000])[:1])


def _id_line(part: Message) -> str:
    content = part.get_payload(decode=True)
    text = content[:100_000].decode("ascii", "replace") if isinstance(content, bytes) else ""
    found = re.search(r"(?im)^message-id:\s*(<[^<>\s]{1,500}>)", text)
    return found[1] if found else ""
