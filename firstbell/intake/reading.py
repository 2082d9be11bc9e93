"""A received mail, read defensively: who says it, to which of our letters, in which own words, with which files.

Mails are hostile or odd until shown otherwise. Headers are read as plain text with a limit, because the standard
library's structured ones take quadratic time on crafted input; charsets that lie are replaced, not believed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from firstbell.delivery.inbox import MOST_BYTES
from firstbell.errors import FirstbellError
from firstbell.intake.bounces import Bounce, bounce_of
from firstbell.intake.words import MOST_CHARACTERS, SaidLine, lines_of_html, lines_of_text

TOO_LARGE = "The mail is empty or larger than ten megabytes; it was not read."
MOST_PARTS = 100
MOST_HEADER = 8_000
MOST_REFERENCES = 50
STUMBLES = (RecursionError, ValueError, LookupError, TypeError, AttributeError, AssertionError)
"""What the standard library's mail parser raises on mails that were made to break it."""
MESSAGE_ID = re.compile(r"<[^<>\s]{1,500}>")
AUTOMATIC_PRECEDENCE = ("bulk", "junk", "auto_reply", "auto-reply")


class UnreadableMailError(FirstbellError):
    """A mail that no program should try to understand: too large, or built to be trouble."""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file that came along, its content as text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMail:
    """What a mail says, before anybody asks whether to believe it.

    `identity` is a hash of its Message-ID, or of its bytes where it has none. `answers` are the Message-IDs it refers
    to, the nearest first. `sender` is empty unless exactly one address stands there. `listed` is what a list or a group
    address sent on. `winmail` tells of Outlook's own
    format, which hides files from everybody else.
    """

    identity: str
    message_id: str
    sender: str
    recipients: tuple[str, ...]
    answers: tuple[str, ...]
    subject: str
    lines: tuple[SaidLine, ...]
    files: tuple[AttachedFile, ...]
    automatic: bool
    listed: bool
    winmail: bool
    bounce: Bounce | None


def identity_of(raw: bytes) -> str:
    """What names a mail whatever else can be read of it: a hash of its Message-ID, else of all its bytes."""
    head = raw[:200_000].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    found = re.search(rb"(?im)^message-id:\s*(<[^<>\s]{1,500}>)", head)
    return hashlib.sha256(found[1] if found else raw).hexdigest()


def read_mail(raw: bytes) -> ReceivedMail:
    """Read a mail's bytes. Raises UnreadableMailError."""
    if not raw or len(raw) > MOST_BYTES:
        raise UnreadableMailError(TOO_LARGE)
    try:
        return _read(raw)
    except STUMBLES:
        raise UnreadableMailError("The mail is built so oddly that it was not read.") from None


def _read(raw: bytes) -> ReceivedMail:
    mail = message_from_bytes(raw)
    parts = list(_parts(mail))
    return ReceivedMail(
        identity=identity_of(raw),
        message_id=next(iter(_ids(mail, "Message-ID")), ""),
        sender=_sender(mail),
        recipients=tuple(_addresses(mail, "To", "Cc", "Delivered-To", "X-Original-To")),
        answers=_answers(mail),
        subject=header_text(mail, "Subject"),
        lines=_lines(parts),
        files=tuple(AttachedFile(_file_name(part), _text(part)) for part in parts if _is_text_file(part)),
        automatic=_is_automatic(mail) or any(part.get_content_type() == "text/calendar" for part in parts),
        listed=bool(mail.get("List-Id")) or header_text(mail, "Precedence").casefold() == "list",
        winmail=any(part.get_content_type() == "application/ms-tnef" for part in parts),
        bounce=bounce_of(mail),
    )


def header_text(mail: Message, name: str) -> str:
    """A header's decoded text on one line, cut; empty where it is not there."""
    raw = str(mail.get(name, ""))[:MOST_HEADER]
    try:
        pieces = decode_header(raw)
    except (HeaderParseError, ValueError):
        return " ".join(raw.split())
    text = "".join(piece if isinstance(piece, str) else decoded(piece, charset or "") for piece, charset in pieces)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def decoded(content: bytes, charset: str) -> str:
    """Bytes as text under the charset they claim, else UTF-8, else the charset that every byte fits."""
    for name in (charset, "utf-8"):
        try:
            return content.decode(name)
        except (LookupError, UnicodeError, ValueError):
            continue
    return content.decode("cp1252", "replace")


def _parts(mail: Message) -> Iterator[Message]:
    """The leaves of a mail in their order; a mail within the mail is somebody else's and is not opened."""
    waiting = [mail]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        content = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(content, list):
            waiting[:0] = [one for one in content if isinstance(one, Message)]
        elif part.get_content_maintype() != "message":
            yield part
    raise UnreadableMailError(f"The mail has more than {MOST_PARTS} parts; it was not read.")


def _lines(parts: list[Message]) -> tuple[SaidLine, ...]:
    """The body's lines: its text, or what its HTML says where there is no text."""
    bodies = [part for part in parts if not _file_name(part) and part.get_content_disposition() != "attachment"]
    for kind, read in (("text/plain", lines_of_text), ("text/html", lines_of_html)):
        for part in bodies:
            lines = read(_text(part)) if part.get_content_type() == kind else []
            if any(line.text for line in lines):
                return tuple(lines)
    return ()


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    return decoded(content[: 4 * MOST_CHARACTERS], str(part.get_content_charset() or ""))[:MOST_CHARACTERS]


def _is_text_file(part: Message) -> bool:
    """Files that may be minutes, whatever type the sender's program gives them."""
    return _file_name(part).casefold().endswith((".yaml", ".yml", ".yaml.txt", ".yml.txt"))


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
        pieces = decode_header(name[:MOST_HEADER])
    except (HeaderParseError, LookupError, ValueError, TypeError):
        return "unnamed"
    return "".join(piece if isinstance(piece, str) else decoded(piece, charset or "") for piece, charset in pieces)


def _sender(mail: Message) -> str:
    found = _addresses(mail, "From") if len(mail.get_all("From", [])) == 1 else []
    return found[0] if len(found) == 1 else ""


def _addresses(mail: Message, *names: str) -> list[str]:
    values = [str(value)[:MOST_HEADER] for name in names for value in mail.get_all(name, [])[:MOST_REFERENCES]]
    return [address.casefold() for _, address in getaddresses(values) if "@" in address]


def _ids(mail: Message, name: str) -> list[str]:
    return MESSAGE_ID.findall(str(mail.get(name, ""))[: 4 * MOST_HEADER])


def _answers(mail: Message) -> tuple[str, ...]:
    """In-Reply-To, then References from the last: the nearest letter first."""
    found = [*_ids(mail, "In-Reply-To"), *reversed(_ids(mail, "References"))]
    return tuple(dict.fromkeys(found))[:MOST_REFERENCES]


def _is_automatic(mail: Message) -> bool:
    """Whether a program wrote this by itself (RFC 3834): out of office, report, receipt."""
    if mail.get_content_type() == "multipart/report":
        return True
    submitted = header_text(mail, "Auto-Submitted").casefold()
    if submitted and not submitted.startswith("no"):
        return True
    if header_text(mail, "Precedence").casefold() in AUTOMATIC_PRECEDENCE:
        return True
    if header_text(mail, "Return-Path") == "<>":
        return True
    return any(mail.get(name) for name in ("X-Autoreply", "X-Autorespond", "X-Loop"))
