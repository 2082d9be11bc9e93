"""Which mails were taken in: a mail counts once, however often it is fetched."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select, update

from firstbell.store.models import MessageState, OutboxRow, ReceivedMailRow
from firstbell.store.save import upsert


def remember_mail(connection: Connection, row: ReceivedMailRow) -> bool:
    """Write down that a mail is taken in; False when it was before. Part of the transaction that acts on it."""
    values = {name: getattr(row, name) for name in ReceivedMailRow.__table__.columns.keys()}  # noqa: SIM118 - no dict
    # By what it returns, because of an INSERT PostgreSQL's driver tells no count of rows.
    statement = upsert(connection, ReceivedMailRow).values(**values).on_conflict_do_nothing(index_elements=["identity"])
    return connection.scalar(statement.returning(ReceivedMailRow.identity)) is not None


def mail_taken(connection: Connection, identity: str) -> ReceivedMailRow | None:
    """What came of a mail; None for one that is new."""
    row = connection.execute(select(ReceivedMailRow).where(ReceivedMailRow.identity == identity)).first()
    return None if row is None else ReceivedMailRow(**row._mapping)


def mails_from(connection: Connection, person_key: str, since: datetime) -> int:
    """How many mails of one person were taken in since a moment."""
    mine = (ReceivedMailRow.person_key == person_key, ReceivedMailRow.received_at >= since)
    return connection.scalar(select(func.count()).where(*mine)) or 0


def mails_aside(connection: Connection, team_key: str, since: datetime, until: datetime) -> int:
    """How many mails a person should look at since a time: those of a team and those that belong to none."""
    row = ReceivedMailRow
    mine = (
        row.outcome.in_(("aside", "fault")),
        row.team_key.in_(("", team_key)),
        row.received_at > since,
        row.received_at <= until,
    )
    return connection.scalar(select(func.count()).where(*mine)) or 0


def letters_by_id(connection: Connection, message_ids: tuple[str, ...]) -> list[OutboxRow]:
    """Our letters of these Message-IDs, in their order, without their bytes."""
    columns = [column for column in OutboxRow.__table__.columns if column.key != "message"]
    rows = connection.execute(select(*columns).where(OutboxRow.message_id.in_(message_ids)))
    found = [OutboxRow(**row._mapping, message=None) for row in rows]
    return sorted(found, key=lambda row: (message_ids.index(row.message_id), row.id))


def mark_returned(connection: Connection, outbox_id: int, at: datetime, reply: str) -> bool:
    """Write down that a letter came back: it counts as refused from now on. False where it did so before."""
    left_us = (MessageState.SENT.value, MessageState.UNKNOWN.value)
    done = connection.execute(
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id, OutboxRow.state.in_(left_us))
        .values(state=MessageState.REFUSED.value, settled_at=at, server_reply=reply)
    )
    return done.rowcount == 1
