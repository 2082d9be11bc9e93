"""Reading answers as a job: what came by mail, what it came to, and what we answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.states import Completed
from pydantic import Field

from firstbell.delivery.choose import transport_of
from firstbell.delivery.inbox import inbox_of
from firstbell.intake.collect import collect_replies, send_answers
from firstbell.minutes.model import Entry
from tasks.place import secret_readers, workplace
from tasks.show import page

FOR_A_PERSON = ("aside", "fault", "returned")
"""What mails come to that somebody should look at: words, or an address that is wrong."""
NO_INBOX = "district.yaml names no mail.inbox, so there is nothing to read."


class RepliesOptions(Entry):
    """How much is read at once. Running it twice does no harm: no mail counts twice."""

    most: int = Field(200, ge=1, le=5_000, title="At most", description="Mails; the rest waits for the next run.")


@dataclass(frozen=True, slots=True)
class RepliesRead:
    """What a reading came to, in counts and sentences without names."""

    counts: Mapping[str, int] = field(default_factory=dict)
    again: int = 0
    left: int = 0
    answered: int = 0
    sentences: tuple[str, ...] = ()


@task(name="read replies")
def read_inbox(most: int) -> RepliesRead:
    """Take in what waits in the mailbox and answer it. Raises InboxError and DeliveryError."""
    with workplace() as work:
        readers = secret_readers(work.district.folder)
        inbox = inbox_of(work.district, readers)
        if inbox is None:
            return RepliesRead(sentences=(NO_INBOX,))
        read = collect_replies(work, inbox, most)
        sent = send_answers(work, transport_of(work.district, work.state, readers))
    return RepliesRead(
        counts={outcome.value: count for outcome, count in read.counts.items()},
        again=read.again,
        left=read.left,
        answered=sent.sent,
        sentences=read.sentences,
    )


@task(name="show replies")
def show_replies(read: RepliesRead) -> None:
    """How many mails came to what; no names and no words of theirs."""
    create_markdown_artifact(page("replies", read=read), key="replies", description="What answers came to.")


def replies_state(read: RepliesRead) -> State[Any]:
    """How a reading ended: with a name of its own when a mail waits for a person."""
    said = ", ".join(f"{count} {outcome}" for outcome, count in read.counts.items())
    message = f"Mails: {said}." if said else " ".join(read.sentences) or "No mail came."
    if any(read.counts.get(outcome) for outcome in FOR_A_PERSON):
        return Completed(name="Mails to look at", message=message)
    return Completed(message=message)
