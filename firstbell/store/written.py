"""Which mails of a kind were ever put into the outbox: by their keys, which stay when addresses and bytes expire."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from firstbell.store.models import MessageState, OutboxRow


def written(connection: Connection, kind: str, states: Sequence[MessageState] = ()) -> list[str]:
    """The keys of all messages of a kind, or of those in some states, in the order they were prepared."""
    statement = select(OutboxRow.message_key).where(OutboxRow.kind == kind).order_by(OutboxRow.id)
    if states:
        statement = statement.where(OutboxRow.state.in_([state.value for state in states]))
    return list(connection.scalars(statement))
