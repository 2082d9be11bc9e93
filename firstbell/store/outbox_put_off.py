"""Letters that did not leave yet through no fault of theirs: when each is tried again, and when that has an end.

A server that says "not now" took nothing, so that the same bytes may come again: after 5, 15 and 60 minutes, 3, 6, 12
and 24 hours, counted from its first such word. One that says so after a day as well has refused the letter. A way out
that was lost says nothing about a letter: it is tried again for as long as it is wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, or_, update

from firstbell.store.models import MessageState, OutboxRow
from firstbell.store.outbox import messages, put_back, settle

TRIED_AFTER = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 360, 720, 1440))
SOON = TRIED_AFTER[0]
FOR_GOOD = "Put off for a day, so taken as refused: "


def put_off(
    connection: Connection, row: OutboxRow, sender_name: str, at: datetime, server_reply: str, *, lost: bool
) -> MessageState:
    """Return a message that was certainly not handed over to `prepared`, with the time of its next try.

    `row` is as it was before the attempt. Where the server, and not a lost way, has put it off for a day, it is settled
    as refused. Returns what it is now.
    """
    first = row.deferred_at or at
    ahead = [first + after for after in TRIED_AFTER if first + after > at]
    if not (lost or ahead):
        settle(connection, row.id, sender_name, MessageState.REFUSED, at, FOR_GOOD + server_reply)
        return MessageState.REFUSED
    if put_back(connection, row.id, sender_name, server_reply):
        told = {"next_try_at": at + SOON} if lost else {"deferred_at": first, "next_try_at": ahead[0]}
        connection.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(**told))
    return MessageState.PREPARED


def put_off_untried(connection: Connection, message_keys: Sequence[str], at: datetime) -> None:
    """Give those messages that wait and have no try ahead one soon: the way out was lost before their turn came."""
    none_ahead = or_(OutboxRow.next_try_at.is_(None), OutboxRow.next_try_at <= at)
    waiting = OutboxRow.state == MessageState.PREPARED.value
    connection.execute(
        update(OutboxRow)
        .where(OutboxRow.message_key.in_(message_keys), waiting, none_ahead)
        .values(next_try_at=at + SOON)
    )


def due_again(connection: Connection, at: datetime) -> list[OutboxRow]:
    """The messages that were put off and whose next try has come, in the order they were prepared."""
    waiting = messages(connection, states=[MessageState.PREPARED])
    return [row for row in waiting if row.next_try_at is not None and row.next_try_at <= at]
