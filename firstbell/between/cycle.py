"""One kind of mail between meetings: what is due is written into the outbox and sent, once.

Run as often as one likes: what was told is not told again, and what waits leaves with the next run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from sqlalchemy import Connection

from firstbell.between.minutes_file import MINUTES, minutes_files
from firstbell.between.morning import MORNING, mornings, overtaken
from firstbell.between.owners import OWNERLESS, REMINDER, ownerless, reminders
from firstbell.between.post import put, send, waiting
from firstbell.delivery.dispatch import Dispatched
from firstbell.delivery.transport import Transport
from firstbell.errors import FirstbellError
from firstbell.files import whole_folder
from firstbell.store.locks import process_lock
from firstbell.store.outbox import NewMessage, give_up
from firstbell.workplace import Workplace

KINDS: Mapping[str, Callable[[Workplace, Connection], list[NewMessage]]] = {
    MINUTES: minutes_files,
    REMINDER: reminders,
    OWNERLESS: ownerless,
    MORNING: mornings,
}
"""What is sent between meetings, and who writes it."""

TOO_LATE = "Not sent: a newer morning took its place."


class BetweenError(FirstbellError):
    """A kind of mail that there is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What came of one kind: mails that are new, what became of all that waited, and where a preview lies."""

    kind: str
    prepared: int = 0
    dispatched: Dispatched = field(default_factory=Dispatched)
    folder: Path | None = None
    sentence: str = ""


def post(work: Workplace, transport: Transport, kind: str) -> Posted:
    """Write and send what is due of one kind.

    One process at a time writes a kind, so that nothing is told twice; another one leaves it to that one. Raises
    BetweenError for a kind there is not, and DeliveryError when mail cannot leave at all: it waits in the outbox then.
    """
    write = _writer(kind)
    with process_lock(work.store, f"between\n{kind}") as held:
        if not held:
            return Posted(kind=kind, sentence="Another run is writing these mails.")
        with work.store.read() as connection:
            new = write(work, connection)
        with work.store.begin() as connection:
            put(work, connection, new)
            if kind == MORNING:
                late = overtaken(work, waiting(work, connection, kind))
                give_up(connection, late, TOO_LATE, work.clock())
    sent = send(work, transport, kind)
    parts = [f"{count} {outcome}" for outcome, count in sorted(sent.counts.items())] or ["nothing to send"]
    return Posted(kind=kind, prepared=len(new), dispatched=sent, sentence=f"{', '.join(parts)}.")


def preview(work: Workplace, kind: str) -> Posted:
    """What is due of one kind as files in the previews' folder; keeps and sends nothing."""
    with work.store.read() as connection:
        new = _writer(kind)(work, connection)
    day = work.clock().astimezone(work.district.zone).date()
    folder = work.state / "previews" / f"{kind}-{day}"
    shutil.rmtree(folder, ignore_errors=True)
    if new:
        with whole_folder(folder) as part:
            _write_parts(new, part)
    written = f"{len(new)} written as a preview" if new else "nothing to send"
    return Posted(kind=kind, prepared=len(new), folder=folder if new else None, sentence=f"{written}.")


def _writer(kind: str) -> Callable[[Workplace, Connection], list[NewMessage]]:
    if kind not in KINDS:
        raise BetweenError(f"There is no mail of kind {kind[:40]}; there are {', '.join(KINDS)}.")
    return KINDS[kind]


def _write_parts(new: Sequence[NewMessage], folder: Path) -> None:
    """Each mail's parts beside one another: 1-ada.txt, 1-ada.html, and what is attached under its own name."""
    for number, one in enumerate(new, 1):
        mail = message_from_bytes(one.message, policy=SMTP)
        assert isinstance(mail, EmailMessage), "the policy makes it one"
        for form, ending in (("plain", "txt"), ("html", "html")):
            body = mail.get_body((form,))
            if body is not None:
                (folder / f"{number}-{one.person_key}.{ending}").write_text(body.get_content(), encoding="utf-8")
        for attached in mail.iter_attachments():
            (folder / f"{number}-{attached.get_filename()}").write_bytes(attached.get_content())
