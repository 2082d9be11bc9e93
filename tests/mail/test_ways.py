"""Further ways, pace and what waits: the next way serves only where the one before surely took nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from firstbell.delivery.dispatch import OVERTAKEN, Dispatched, dispatch
from firstbell.delivery.fallback import InOrder, Unusable
from firstbell.delivery.file_drop import FileDrop
from firstbell.delivery.pace import Paced
from firstbell.delivery.transport import DeliveryError, Outcome, Transport
from firstbell.store.models import MessageState
from firstbell.store.outbox import NewMessage, give_up, message_by_key, messages, prepare
from firstbell.store.outbox_by_hand import try_again
from firstbell.store.session import Store

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PEOPLE = [f"p{number}" for number in range(5)]


def message(person: str, **changes: Any) -> NewMessage:
    plain = NewMessage(
        message_key=f"packet/tech/m1/final/1/leadership/{person}/0",
        kind="packet",
        team_key="tech",
        meeting_key="m1",
        stage="final",
        revision=1,
        edition="leadership",
        person_key=person,
        address=f"{person}@lakeside.example",
        address_expires_on=date(2027, 1, 1),
        message_id=f"<{person}@lakeside.example>",
        message=b"Subject: Packet\r\n\r\nHello\r\n",
    )
    return replace(plain, **changes)


def put(store: Store, *new: NewMessage) -> list[str]:
    with store.begin() as connection:
        return [prepare(connection, one, NOW).message_key for one in new or map(message, PEOPLE)]


def states(store: Store) -> dict[str, str]:
    with store.read() as connection:
        return {row.person_key: row.state for row in messages(connection)}


def replies(store: Store) -> list[str]:
    with store.read() as connection:
        return [row.server_reply for row in messages(connection)]


def send(store: Store, way: Transport, keys: Sequence[str] | None = None) -> Dispatched:
    return dispatch(store, way, lambda: NOW, keys=keys)


def closed(mailbox: Any) -> Transport:
    """A mail server that is not there."""
    way: Transport = mailbox.transport(port=9)
    return way


def test_the_next_way_serves_where_the_first_cannot_be_opened(store: Store, mailbox: Any, tmp_path: Path) -> None:
    put(store)
    sent = send(store, InOrder((closed(mailbox), mailbox.transport(), FileDrop(tmp_path / "drop"))))
    assert sent.counts == {Outcome.SENT: 5}
    assert (len(mailbox.taken), (tmp_path / "drop").exists()) == (5, False)
    assert all("because: No connection to the mail server localhost:9" in reply for reply in replies(store))


def test_a_way_that_is_lost_before_the_message_hands_over_to_the_next(
    store: Store, mailbox: Any, tmp_path: Path
) -> None:
    mailbox.drop_at_recipient = frozenset({"p2@lakeside.example"})
    put(store)
    sent = send(store, InOrder((mailbox.transport(), FileDrop(tmp_path / "drop"))))
    assert sent.counts == {Outcome.SENT: 5}
    assert [address[:2] for address, _ in mailbox.taken] == ["p0", "p1"]
    assert len(list((tmp_path / "drop").iterdir())) == 3


def test_not_now_for_one_address_is_no_reason_for_another_way(store: Store, mailbox: Any, tmp_path: Path) -> None:
    mailbox.defer, mailbox.refuse = frozenset({"p1@lakeside.example"}), frozenset({"p2@lakeside.example"})
    put(store)
    sent = send(store, InOrder((mailbox.transport(), FileDrop(tmp_path / "drop"))))
    assert sent.counts == {Outcome.SENT: 3, Outcome.DEFERRED: 1, Outcome.REFUSED: 1}
    assert not (tmp_path / "drop").exists()
    assert replies(store)[1] == "451 4.7.1 try again later"


def test_after_an_unknown_outcome_nothing_leaves_by_any_way(store: Store, mailbox: Any, tmp_path: Path) -> None:
    mailbox.drop_after_data = True
    put(store)
    ways = InOrder((mailbox.transport(), FileDrop(tmp_path / "drop")))
    sent = send(store, ways)
    assert sent.counts == {Outcome.UNKNOWN: 1, Outcome.DEFERRED: 4}
    assert "gave no answer to a message; the others wait for the next run" in sent.trouble
    assert not (tmp_path / "drop").exists()
    mailbox.drop_after_data = False
    assert send(store, ways).counts == {Outcome.SENT: 4}
    assert list(states(store).values()).count(MessageState.UNKNOWN) == 1


def test_when_no_way_opens_every_sentence_is_told_and_nothing_was_taken(store: Store, mailbox: Any) -> None:
    put(store)
    with pytest.raises(DeliveryError, match=r"localhost:9.*No password here\."):
        send(store, InOrder((closed(mailbox), Unusable("other", "No password here."))))
    assert set(states(store).values()) == {MessageState.PREPARED}


def test_a_sender_that_the_server_does_not_take_costs_no_reader_the_mail(store: Store, mailbox: Any) -> None:
    mailbox.refuse_sender = True
    put(store)
    sent = send(store, mailbox.transport())
    assert sent.counts == {Outcome.DEFERRED: 5}
    assert "takes no mail from packets@lakeside.example (550 5.7.60" in sent.trouble
    mailbox.refuse_sender = False
    assert send(store, mailbox.transport()).counts == {Outcome.SENT: 5}


def test_a_server_that_closes_between_two_messages_leaves_the_rest_waiting(store: Store, mailbox: Any) -> None:
    mailbox.close_after = 2
    put(store)
    sent = send(store, mailbox.transport())
    assert sent.counts == {Outcome.SENT: 2, Outcome.DEFERRED: 3}
    assert "closed the connection (421" in sent.trouble
    mailbox.close_after = None
    assert send(store, mailbox.transport()).counts == {Outcome.SENT: 3}
    assert len(mailbox.taken) == 5


def test_a_new_login_after_so_many_messages_with_a_pause_before_it(store: Store, mailbox: Any) -> None:
    pauses: list[float] = []
    put(store)
    way = Paced(way=mailbox.transport(), per_login=2, pause_seconds=7, pause=pauses.append)
    assert send(store, way).counts == {Outcome.SENT: 5}
    assert (mailbox.logins, pauses) == (3, [7, 7])


def test_a_login_that_fails_in_the_middle_leaves_the_rest_untouched(store: Store, mailbox: Any) -> None:
    put(store)

    def turn_off(_: float) -> None:
        mailbox.accept_logins = False

    way = Paced(way=mailbox.transport(), per_login=2, pause_seconds=1, pause=turn_off)
    sent = send(store, way)
    assert sent.counts == {Outcome.SENT: 2, Outcome.DEFERRED: 3}
    assert "mail.password" in sent.trouble
    assert [row for row in states(store).values() if row == MessageState.PREPARED] == [MessageState.PREPARED] * 3


def test_no_more_than_so_many_a_minute(store: Store, mailbox: Any) -> None:
    now, pauses = [0.0], []

    def pause(seconds: float) -> None:
        with store.read() as connection:
            attempting = messages(connection, states=[MessageState.ATTEMPTING])
        assert attempting == [], "a message is not taken while we wait: it would be unknown after a kill"
        pauses.append(seconds)
        now[0] += seconds

    def elapsed() -> float:
        now[0] += 1
        return now[0]

    put(store)
    way = Paced(way=mailbox.transport(), per_minute=2, pause=pause, elapsed=elapsed)
    assert send(store, way).counts == {Outcome.SENT: 5}
    assert pauses == [58, 57]
    assert mailbox.logins == 1


def test_a_draft_does_not_leave_once_the_packet_is_ready(store: Store, mailbox: Any) -> None:
    draft = message("p0", message_key="packet/tech/m1/draft/1/leadership/p0/0", stage="draft", message_id="<d@x>")
    other = replace(draft, message_key="packet/tech/m2/draft/1/leadership/p0/0", meeting_key="m2", message_id="<e@x>")
    rehearsed = replace(draft, message_key=f"rehearsal/{draft.message_key}", message_id="<r@x>")
    keys = put(store, draft, other, rehearsed, message("p0"))
    assert send(store, mailbox.transport()).counts == {Outcome.SENT: 3}
    with store.read() as connection:
        late = message_by_key(connection, keys[0])
    assert late is not None
    assert (late.state, late.server_reply, late.attempting_at) == (MessageState.FAILED, OVERTAKEN, None)


def test_what_was_refused_given_up_or_is_unknown_leaves_again_by_a_persons_word_alone(
    store: Store, mailbox: Any
) -> None:
    mailbox.refuse = frozenset({"p1@lakeside.example"})
    keys = put(store)
    with store.begin() as connection:
        give_up(connection, [keys[2]], "Not sent.", NOW)
    mailbox.drop_at_recipient = frozenset({"p3@lakeside.example"})
    send(store, mailbox.transport())
    mailbox.refuse = mailbox.drop_at_recipient = frozenset()
    assert send(store, mailbox.transport()).counts == {Outcome.SENT: 2}
    for key in (keys[1], keys[2]):
        with store.begin() as connection:
            again = try_again(connection, key, NOW)
        assert again.server_reply.startswith("Tried again by hand on 2026-11-24 12:00 UTC; it was ")
    assert send(store, mailbox.transport()).counts == {Outcome.SENT: 2}
    assert sorted(address for address, _ in mailbox.taken) == [f"{person}@lakeside.example" for person in PEOPLE]
    assert set(states(store).values()) == {MessageState.SENT}
