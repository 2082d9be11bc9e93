"""A person's word on a single message of the outbox: try it again, or what its outcome was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, update

from firstbell.store.errors import StoreError
from firstbell.store.models import MessageState, OutboxRow
from firstbell.store.outbox import message_by_key

TRIED_AGAIN = (MessageState.REFUSED, MessageState.FAILED, MessageState.UNKNOWN)


def try_again(connection: Connection, message_key: str, at: datetime) -> OutboxRow:
    """Put a message that was refused, given up or is of unknown outcome back among those that wait: a person's word.

    The same bytes under the same Message-ID go to the same address. Raises StoreError for any other message, and for
    one whose address has expired.
    """
    row = message_by_key(connection, message_key)
    if row is None:
        raise StoreError("The outbox has no message of that key; copy it from `firstbell outbox`.")
    if row.state == MessageState.PREPARED:
        return row
    require_again(row)
    back = {"state": MessageState.PREPARED.value, "sender": "", "attempting_at": None, "settled_at": None}
    back |= {"deferred_at": None, "next_try_at": None}
    said = f"Tried again by hand on {at:%Y-%m-%d %H:%M} UTC; it was {row.state}: {row.server_reply}"
    taken = connection.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row.id, OutboxRow.state == row.state)
        .values(**back, server_reply=said, reported_in=None)
    )
    if taken.rowcount != 1:
        raise StoreError("Another process has just changed that message; look at `firstbell outbox` again.")
    again = message_by_key(connection, message_key)
    assert again is not None
    return again


def require_again(row: OutboxRow) -> None:
    """Raise StoreError with what speaks against trying a message again."""
    if row.state not in (MessageState.PREPARED, *TRIED_AGAIN):
        raise StoreError(f"That message is {row.state}; only what is refused, failed or unknown is tried again.")
    if row.message is None or row.address is None:
        raise StoreError("That message's address and text have expired; `firstbell outbox resend` writes a new one.")


def settle_by_hand(connection: Connection, message_key: str, state: MessageState, at: datetime) -> OutboxRow:
    """Write down what a person found out about a message of unknown outcome: it is `sent` or `failed`.

    Raises StoreError for a key that is not there and for a message whose outcome is known. Said twice, it stays.
    """
    row = message_by_key(connection, message_key)
    if row is None:
        raise StoreError("The outbox has no message of that key; copy it from `firstbell outbox`.")
    if row.state == MessageState.UNKNOWN:
        told = {"state": state.value, "settled_at": at, "server_reply": "Settled by hand."}
        connection.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(**told))
    elif row.state != state:
        raise StoreError(f"That message is {row.state}; only one of unknown outcome is settled by hand.")
    settled = message_by_key(connection, message_key)
    assert settled is not None
    return settled
