"""Each message is taken by one process, tried once, and never tried again by itself."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import replace
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection

import pytest
from sqlalchemy import func, select, update

from firstbell.store.models import MailBodyRow, MessageState, OutboxRow
from firstbell.store.outbox import (
    NewMessage,
    give_up,
    mark_attempting,
    message_by_key,
    messages,
    prepare,
    prepare_all,
    put_back,
    sender,
    settle,
    settle_dead_attempts,
)
from firstbell.store.retention import RetentionPolicy, apply_retention
from firstbell.store.schema import downgrade, drift, upgrade
from firstbell.store.session import Store, open_store

NOW = datetime(2026, 9, 1, 6, tzinfo=UTC)
FORK = multiprocessing.get_context("fork")


SHARED = b"Content-Type: text/plain\r\n\r\n" + b"line\r\n" * 12_000


def message(person: str = "p1", body: bytes = b"Subject: x\r\n\r\n\xf0\x9f\x8e\x92", shared: bytes = b"") -> NewMessage:
    return NewMessage(
        message_key=f"packet/et/m1/final/1/leadership/{person}/0",
        kind="packet",
        team_key="et",
        meeting_key="m1",
        stage="final",
        revision=1,
        edition="leadership",
        person_key=person,
        address="somebody@example.org",
        address_expires_on=date(2027, 1, 1),
        message_id="<1@example.org>",
        message=body,
        body=shared,
    )


def put(store: Store, new: NewMessage) -> OutboxRow:
    with store.begin() as connection:
        return prepare(connection, new, NOW)


def state(store: Store, key: str = message().message_key) -> str:
    with store.read() as connection:
        row = message_by_key(connection, key)
        assert row is not None
        return row.state


def test_preparing_twice_gives_the_first_one_back(store: Store) -> None:
    first = put(store, message())
    second = put(store, message(body=b"something else"))
    assert (second.id, second.message, second.state) == (first.id, message().message, "prepared")
    assert "example.org>" in second.message_id
    assert "somebody" not in repr(second)


def test_only_one_sender_gets_a_message_and_only_it_settles(store: Store) -> None:
    row = put(store, message())
    with sender(store) as one, sender(store) as other, store.begin() as connection:
        assert mark_attempting(connection, row.id, one, NOW)
        assert not mark_attempting(connection, row.id, other, NOW)
        assert not settle(connection, row.id, other, MessageState.SENT, NOW)
        assert settle(connection, row.id, one, MessageState.SENT, NOW, "250 ok")
        assert not settle(connection, row.id, one, MessageState.FAILED, NOW)
        assert not mark_attempting(connection, row.id, one, NOW)
        with pytest.raises(ValueError, match="does not settle"):
            settle(connection, row.id, one, MessageState.PREPARED, NOW)
    with store.read() as connection:
        (sent,) = messages(connection, team_key="et", meeting_key="m1", states=[MessageState.SENT])
        whole = message_by_key(connection, sent.message_key)
        assert whole is not None
        assert (whole.server_reply, whole.settled_at, whole.message) == ("250 ok", NOW, message().message)
        assert messages(connection, states=[MessageState.PREPARED]) == []


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        ("550 5.1.1 <bo@cedar.example>: unknown", "550 5.1.1 <(address)>: unknown"),
        ('550 No "Bo Ray"@cedar.example, nor bo.ray+x@cedar.example.', "550 No (address), nor (address)"),
        ("550 to=bo@", "550 (address)"),
    ],
)
def test_a_servers_reply_is_kept_without_the_addresses_that_it_repeats(store: Store, reply: str, kept: str) -> None:
    refused, deferred = put(store, message("p1")), put(store, message("p2"))
    with sender(store) as name, store.begin() as connection:
        for row in (refused, deferred):
            assert mark_attempting(connection, row.id, name, NOW)
        assert settle(connection, refused.id, name, MessageState.REFUSED, NOW, reply)
        assert put_back(connection, deferred.id, name, reply)
    with store.read() as connection:
        assert [row.server_reply for row in messages(connection)] == [kept, kept]


def test_a_list_of_messages_brings_no_bytes_and_takes_keys(store: Store) -> None:
    rows = [put(store, message(person)) for person in ("p1", "p2", "p3")]
    with store.read() as connection:
        found = messages(connection, keys=[row.message_key for row in rows[1:]])
        assert [(row.person_key, row.message) for row in found] == [("p2", None), ("p3", None)]
        assert messages(connection, keys=[]) == []
        assert len(messages(connection)) == 3


def bodies(store: Store) -> int:
    with store.read() as connection:
        return connection.scalar(select(func.count()).select_from(MailBodyRow)) or 0


def test_what_letters_share_is_kept_once_and_each_comes_back_whole(store: Store) -> None:
    new = [message(person, f"To: {person}\r\n".encode(), SHARED) for person in ("p1", "p2", "p3")]
    with store.begin() as connection:
        prepare_all(connection, [*new, message("p4", b"alone")], NOW)
        prepare_all(connection, [message("p1", b"other", b"another body"), *new], NOW)
        prepare_all(connection, [], NOW)
    with store.read() as connection:
        found = [message_by_key(connection, one.message_key) for one in (*new, message("p4"))]
        assert len(messages(connection)) == 4
    whole = [b"To: p1\r\n" + SHARED, b"To: p2\r\n" + SHARED, b"To: p3\r\n" + SHARED, b"alone"]
    assert [row and row.message for row in found] == whole
    assert bodies(store) == 2


def test_a_body_stays_as_long_as_one_letter_has_it(store: Store) -> None:
    first, second = message("p1", b"1", SHARED), message("p2", b"2", SHARED)
    with store.begin() as connection:
        prepare_all(connection, [first, replace(second, address_expires_on=date(2027, 2, 1))], NOW)
    apply_retention(store, RetentionPolicy(), datetime(2027, 1, 15, tzinfo=UTC))
    with store.read() as connection:
        gone, stays = (message_by_key(connection, one.message_key) for one in (first, second))
    assert gone is not None
    assert stays is not None
    assert (gone.message, stays.message) == (None, b"2" + SHARED)
    assert bodies(store) == 1
    apply_retention(store, RetentionPolicy(), datetime(2027, 2, 15, tzinfo=UTC))
    assert bodies(store) == 0


def test_letters_of_the_layout_before_come_back_byte_by_byte_up_and_down(store: Store) -> None:
    """A store of layout 0005 held every letter whole in its row."""
    small, long = message("p1"), message("p2", b"To: p2\r\n" + SHARED)
    other, expired = message("p3", b"To: p3\r\n" + SHARED), message("p4")
    with store.begin() as connection:
        prepare_all(connection, [small, long, other, expired], NOW)
    apart = message("p5", b"To: p5\r\n", SHARED)
    with store.begin() as connection:
        prepare_all(connection, [apart], NOW)
        connection.execute(update(OutboxRow).where(OutboxRow.person_key == "p4").values(message=None))
    downgrade(store, "0005")
    held = select(OutboxRow.person_key, OutboxRow.message)
    whole = {one.person_key: one.message + one.body for one in (small, long, other, apart)}
    with store.read() as connection:
        assert {row.person_key: row.message for row in connection.execute(held)} == {**whole, "p4": None}
    upgrade(store)
    with store.read() as connection:
        found = {one.person_key: message_by_key(connection, one.message_key) for one in (small, long, other, apart)}
        parted = {row.person_key: row.message for row in connection.execute(held)}
        assert drift(connection) == []
    assert {key: row and row.message for key, row in found.items()} == whole
    headers = b"To: %b\r\nContent-Type: text/plain\r\n\r\n"
    assert parted == {
        "p1": small.message,
        "p2": headers % b"p2",
        "p3": headers % b"p3",
        "p4": None,
        "p5": headers % b"p5",
    }
    assert bodies(store) == 1


def test_what_shall_not_leave_any_more_is_given_up_unless_somebody_took_it(store: Store) -> None:
    left, taken = put(store, message("p1")), put(store, message("p2"))
    with sender(store) as name, store.begin() as connection:
        assert mark_attempting(connection, taken.id, name, NOW)
        assert give_up(connection, [left.message_key, taken.message_key], "Too late.", NOW) == [left.message_key]
        assert not mark_attempting(connection, left.id, name, NOW)
        assert settle(connection, taken.id, name, MessageState.SENT, NOW)
    with store.read() as connection:
        (found,) = messages(connection, states=[MessageState.FAILED])
    assert (found.person_key, found.server_reply, found.settled_at) == ("p1", "Too late.", NOW)


def test_what_was_certainly_not_handed_over_goes_back(store: Store) -> None:
    row = put(store, message())
    with sender(store) as one, store.begin() as connection:
        assert mark_attempting(connection, row.id, one, NOW)
        assert put_back(connection, row.id, one)
        assert not put_back(connection, row.id, one)
        assert mark_attempting(connection, row.id, one, NOW)


def attempt(url: str, outbox_id: int, told: Connection) -> None:
    """In a child: take the message, say so, and wait to be killed."""
    store = open_store(url)
    with sender(store) as name:
        with store.begin() as connection:
            mark_attempting(connection, outbox_id, name, NOW)
        told.send("attempting")
        signal.pause()


def test_an_attempt_of_a_dead_process_is_unknown_and_one_of_a_living_is_left_alone(url: str) -> None:
    store = open_store(url)
    left, other = put(store, message()), put(store, message("p2"))
    store.close()
    ours, theirs = FORK.Pipe()
    child = FORK.Process(target=attempt, args=(url, left.id, theirs))
    child.start()
    assert ours.recv() == "attempting"
    store = open_store(url)
    with sender(store) as name:
        with store.begin() as connection:
            mark_attempting(connection, other.id, name, NOW)
        assert settle_dead_attempts(store, NOW) == []
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        found: list[str] = []
        # PostgreSQL notices the cut connection a moment later than the kernel does.
        for _ in range(1000):
            found = settle_dead_attempts(store, NOW)
            if found:
                break
        assert found == [left.message_key]
        assert (state(store, left.message_key), state(store, other.message_key)) == ("unknown", "attempting")
        with store.begin() as connection:
            assert not mark_attempting(connection, left.id, name, NOW)
    store.close()
    ours.close()
    theirs.close()
