"""Emptying the mailbox: each mail is taken in, then put away, before the next one is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from firstbell.config.rehearsal import prepared_in_rehearsal
from firstbell.delivery.dispatch import Dispatched, dispatch
from firstbell.delivery.inbox import Inbox
from firstbell.delivery.transport import Transport
from firstbell.intake.answer import KIND
from firstbell.intake.replies import take
from firstbell.store.locks import process_lock
from firstbell.store.models import MessageState
from firstbell.store.outbox import messages
from firstbell.workplace import Workplace

BUSY = "Another run is reading the inbox."


@dataclass(frozen=True, slots=True)
class Collected:
    """What a reading of the mailbox came to: mails by outcome, and sentences that name nobody.

    `left` counts what the limit left for the next run; mails that were taken in before are in `again`.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    again: int = 0
    left: int = 0
    sentences: tuple[str, ...] = ()


def collect_replies(work: Workplace, inbox: Inbox, most: int) -> Collected:
    """Take in at most so many mails, oldest first. Raises InboxError, StoreError; what was put away stays so.

    A mail whose taking was cut short is found again and then only put away, into the folder it belongs to.
    """
    counts: Counter[str] = Counter()
    sentences: list[str] = []
    again = 0
    with process_lock(work.store, f"inbox\n{inbox.host}/{inbox.username}/{inbox.folder}") as ours:
        if not ours:
            return Collected(sentences=(BUSY,))
        with inbox.open() as box:
            waiting = box.waiting()
            for number in waiting[:most]:
                mail = box.fetched(number)
                if mail is None:
                    continue
                taken = take(work, mail.content, whole=mail.whole)
                box.put_away(number, aside=taken.aside)
                again += taken.again
                counts[taken.outcome] += not taken.again
                sentences += taken.sentences
    return Collected(dict(+counts), again, max(0, len(waiting) - most), tuple(sentences))


def send_answers(work: Workplace, transport: Transport) -> Dispatched:
    """Send the answers to answers that wait; one that a dead process left half-way is told as unknown.

    Raises DeliveryError when mail cannot leave at all; they wait then.
    """
    with work.store.read() as connection:
        rows = [row for row in messages(connection, team_key="", states=[MessageState.PREPARED]) if row.kind == KIND]
    keys = [row.message_key for row in rows if prepared_in_rehearsal(row.message_key) == work.rehearsing]
    return dispatch(work.store, transport, work.clock, keys=keys)
