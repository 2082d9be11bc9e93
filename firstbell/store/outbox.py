"""Every mail to every person, once: written down before it is tried, and never tried twice by itself.

    prepared -> attempting -> sent | refused | failed | unknown
    attempting -> prepared, when the server surely took nothing (outbox_put_off.py says until when)
    prepared -> failed, when it shall not leave any more
    refused | failed | unknown -> prepared, when a person says so

Each step is a compare-and-set: of two processes that want the same message only one gets it. A message whose sender
died while attempting is `unknown`: it may have arrived, so a person decides (docs/design.md, section 8).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, bindparam, select, update

from firstbell.config.rehearsal import prepared_in_rehearsal
from firstbell.store.locks import clear_left_locks, process_lock
from firstbell.store.models import MailBodyRow, MessageState, OutboxRow
from firstbell.store.save import upsert
from firstbell.store.session import Store

_LOCK = "sender"
_ADDRESS = re.compile(r"""(?:"[^"]*"|[^\s<>"'(),:;]+)@[^\s<>"'(),:;]*""")
SETTLED = (MessageState.SENT, MessageState.REFUSED, MessageState.FAILED, MessageState.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message as it is to be sent: address, Message-ID and bytes are fixed from here on.

    The bytes are `message` and then `body`, which holds what many messages share and is kept once for all of them.
    """

    message_key: str
    kind: str
    team_key: str
    meeting_key: str
    stage: str
    revision: int
    edition: str
    person_key: str
    address: str
    address_expires_on: date
    message_id: str
    message: bytes
    body: bytes = b""
    resend_number: int = 0


def prepare(connection: Connection, new: NewMessage, at: datetime) -> OutboxRow:
    """Put a message into the outbox unless its key is there already; returns the row that stands there."""
    prepare_all(connection, [new], at)
    row = message_by_key(connection, new.message_key)
    assert row is not None
    return row


def prepare_all(connection: Connection, new: Sequence[NewMessage], at: datetime) -> None:
    """Put messages into the outbox; those whose keys are there already stay as they are."""
    if new:
        statement = upsert(connection, OutboxRow).on_conflict_do_nothing(index_elements=["message_key"])
        connection.execute(statement, [_values(connection, one, at) for one in new])


def _values(connection: Connection, new: NewMessage, at: datetime) -> dict[str, Any]:
    values = {name: getattr(new, name) for name in NewMessage.__slots__ if name != "body"}
    return values | {
        "body_hash": _kept_body(connection, new.body),
        "state": MessageState.PREPARED.value,
        "prepared_at": at,
    }


def _kept_body(connection: Connection, body: bytes) -> str | None:
    """The hash under which a body stands, and stays at least until the end of this transaction; None for no body."""
    if not body:
        return None
    key = _hash_of(body)
    there = select(MailBodyRow.content_hash).where(MailBodyRow.content_hash == key)
    # On PostgreSQL housekeeping may just be removing it with the last letter that had it: then it is written again.
    while connection.scalar(there.with_for_update(read=True, key_share=True)) is None:
        statement = upsert(connection, MailBodyRow).values(content_hash=key, content=body)
        connection.execute(statement.on_conflict_do_nothing(index_elements=["content_hash"]))
    return key


@lru_cache(maxsize=16)
def _hash_of(body: bytes) -> str:
    """Worked out once for the hundreds of letters of an edition, whose body is one object."""
    return hashlib.sha256(body).hexdigest()


@contextmanager
def sender(store: Store) -> Iterator[str]:
    """A name for this sending process that others can see to be alive for as long as the block runs."""
    while True:
        name = uuid4().hex
        # Another process may just clear our new file away, taking it for a dead one's.
        with process_lock(store, _lock_name(name)) as alive:
            if alive:
                yield name
                return


_TAKE = (
    update(OutboxRow)
    .where(OutboxRow.id == bindparam("wanted"), OutboxRow.state == MessageState.PREPARED.value)
    .values(state=MessageState.ATTEMPTING.value, sender=bindparam("taker"), attempting_at=bindparam("at"))
)
_SETTLE = (
    update(OutboxRow)
    .where(
        OutboxRow.id == bindparam("wanted"),
        OutboxRow.state == MessageState.ATTEMPTING.value,
        OutboxRow.sender == bindparam("taker"),
    )
    .values(state=bindparam("outcome"), settled_at=bindparam("at"), server_reply=bindparam("reply"))
)
"""Made once: for a letter of hundreds, making them costs more than the database does."""


def mark_attempting(connection: Connection, outbox_id: int, sender_name: str, at: datetime) -> bool:
    """Take a prepared message; False when somebody else has it or it is past that. Commit before sending."""
    return connection.execute(_TAKE, {"wanted": outbox_id, "taker": sender_name, "at": at}).rowcount == 1


def settle(
    connection: Connection, outbox_id: int, sender_name: str, state: MessageState, at: datetime, server_reply: str = ""
) -> bool:
    """Write down how this sender's attempt ended; False when the attempt is not its own (any more).

    Raises ValueError for a state that settles nothing.
    """
    if state not in SETTLED:
        raise ValueError(f"{state} does not settle a message")
    told = {"outcome": state.value, "at": at, "reply": _without_addresses(server_reply)}
    return connection.execute(_SETTLE, {"wanted": outbox_id, "taker": sender_name, **told}).rowcount == 1


def give_up(connection: Connection, message_keys: Sequence[str], reason: str, at: datetime) -> Sequence[str]:
    """Settle as failed, with a reason, those messages that still wait and shall not leave; returns their keys."""
    return connection.scalars(
        update(OutboxRow)
        .where(OutboxRow.message_key.in_(message_keys), OutboxRow.state == MessageState.PREPARED.value)
        .values(state=MessageState.FAILED.value, settled_at=at, server_reply=reason)
        .returning(OutboxRow.message_key)
    ).all()


def overtaken(connection: Connection, row: OutboxRow) -> bool:
    """Whether a preview or a draft comes too late, because letters of the packet itself were made.

    In rehearsal only a rehearsed packet counts, and once live only one that is meant for its readers.
    """
    if row.kind != "packet" or row.stage not in ("preview", "draft"):
        return False
    later = connection.scalars(
        select(OutboxRow.message_key).where(
            OutboxRow.team_key == row.team_key,
            OutboxRow.meeting_key == row.meeting_key,
            OutboxRow.kind == "packet",
            OutboxRow.stage == "final",
        )
    )
    rehearsed = prepared_in_rehearsal(row.message_key)
    return any(prepared_in_rehearsal(key) == rehearsed for key in later)


def put_back(connection: Connection, outbox_id: int, sender_name: str, server_reply: str = "") -> bool:
    """Return a message that was certainly not handed over, such as after "not now", to `prepared`."""
    done = connection.execute(
        update(OutboxRow)
        .where(
            OutboxRow.id == outbox_id,
            OutboxRow.state == MessageState.ATTEMPTING.value,
            OutboxRow.sender == sender_name,
        )
        .values(
            state=MessageState.PREPARED.value,
            sender="",
            attempting_at=None,
            server_reply=_without_addresses(server_reply),
        )
    )
    return done.rowcount == 1


def _without_addresses(reply: str) -> str:
    """A server's words without the mail addresses that it repeats: these are kept for ever, an address is not."""
    return _ADDRESS.sub("(address)", reply)


def settle_dead_attempts(store: Store, at: datetime) -> list[str]:
    """Mark what dead senders left behind as unknown; returns the message keys, for an admin to look at."""
    with store.read() as connection:
        attempting = OutboxRow.state == MessageState.ATTEMPTING.value
        names = connection.scalars(select(OutboxRow.sender).where(attempting).distinct()).all()
    found: list[str] = []
    for name in sorted(names):
        with process_lock(store, _lock_name(name)) as dead:
            if dead:
                with store.begin() as connection:
                    found += _settle_unknown(connection, name, at)
    clear_left_locks(store, _LOCK)
    return found


def _settle_unknown(connection: Connection, name: str, at: datetime) -> Sequence[str]:
    reply = "The sending process died; nobody knows whether the server took it."
    return connection.scalars(
        update(OutboxRow)
        .where(OutboxRow.sender == name, OutboxRow.state == MessageState.ATTEMPTING.value)
        .values(state=MessageState.UNKNOWN.value, settled_at=at, server_reply=reply)
        .returning(OutboxRow.message_key)
    ).all()


def _lock_name(sender_name: str) -> str:
    return f"{_LOCK}\n{sender_name}"


_WHOLE = (
    select(OutboxRow.__table__, MailBodyRow.content)
    .outerjoin(MailBodyRow, OutboxRow.body_hash == MailBodyRow.content_hash)
    .where(OutboxRow.message_key == bindparam("message_key"))
)


def message_by_key(connection: Connection, message_key: str) -> OutboxRow | None:
    """The message of that key; its `message` is the whole mail, as it is to be sent."""
    found = connection.execute(_WHOLE, {"message_key": message_key}).first()
    if found is None:
        return None
    values = dict(found._mapping)
    body = values.pop("content")
    if body is not None:
        values["message"] += body
    return OutboxRow(**values)


def messages(
    connection: Connection,
    *,
    team_key: str | None = None,
    meeting_key: str | None = None,
    states: Sequence[MessageState] = (),
    keys: Sequence[str] | None = None,
    kind: str | None = None,
) -> list[OutboxRow]:
    """Messages of a team, a meeting, a kind, in some states or of some keys, in the order they were prepared.

    Their bytes are left out: `message_by_key` gives them, one message at a time.
    """
    statement = select(*(column for column in OutboxRow.__table__.columns if column.key != "message"))
    statement = statement.order_by(OutboxRow.id)
    if team_key is not None:
        statement = statement.where(OutboxRow.team_key == team_key)
    if meeting_key is not None:
        statement = statement.where(OutboxRow.meeting_key == meeting_key)
    if kind is not None:
        statement = statement.where(OutboxRow.kind == kind)
    if states:
        statement = statement.where(OutboxRow.state.in_([state.value for state in states]))
    if keys is not None:
        statement = statement.where(OutboxRow.message_key.in_(keys))
    return [OutboxRow(**row._mapping, message=None) for row in connection.execute(statement)]


def unreported_refusals(connection: Connection, besides: str) -> list[OutboxRow]:
    """Refused messages of which nobody was told, team by team; those of the kind `besides` are never told of."""
    refused = messages(connection, states=[MessageState.REFUSED])
    untold = [row for row in refused if row.reported_in is None and row.kind != besides]
    return sorted(untold, key=lambda row: (row.team_key, row.id))


def mark_reported(connection: Connection, outbox_ids: Sequence[int], report_key: str) -> None:
    """Write down by which message a person is told of these refusals."""
    connection.execute(update(OutboxRow).where(OutboxRow.id.in_(outbox_ids)).values(reported_in=report_key))
