"""What a mail server puts off is tried again in good time, for a day; what may have arrived never is by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from firstbell.between.put_off import due, send_due
from firstbell.briefing.posting import TOO_LATE
from firstbell.config.rehearsal import MARK, go_live
from firstbell.delivery.dispatch import Dispatched, dispatch
from firstbell.delivery.transport import DeliveryError, Outcome
from firstbell.store.models import MessageState, OutboxRow
from firstbell.store.outbox import message_by_key, messages, prepare
from firstbell.store.outbox_by_hand import try_again
from firstbell.store.session import Store
from firstbell.workplace import Workplace
from tasks.deliver import TriedAgain, tried_state
from tasks.deliver import try_again as tried_by_schedule
from tests.mail.test_refusals import at, told
from tests.mail.test_ways import message
from tests.unit.packet_material import FOLDER, local

NOW = local(11, 24, 6)
MEETING = "monthly/2026-12-03T21:30Z"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def work(store: Store, tmp_path: Path) -> Workplace:
    go_live(tmp_path / "state", NOW)
    return at(store, tmp_path, NOW)


def later(work: Workplace, after: timedelta) -> Workplace:
    return replace(work, clock=lambda: NOW + after)


def put(work: Workplace, *people: str, **changes: Any) -> list[str]:
    """Letters to these people at cedar.example, about the next meeting."""
    with work.store.begin() as connection:
        return [
            prepare(
                connection,
                message(person, **{"address": f"{person}@cedar.example", "meeting_key": MEETING, **changes}),
                NOW,
            ).message_key
            for person in people
        ]


def send(work: Workplace, mailbox: Any, keys: Sequence[str] | None = None) -> Dispatched:
    return dispatch(work.store, mailbox.transport(), work.clock, keys=keys)


def rows(work: Workplace) -> dict[str, OutboxRow]:
    with work.store.read() as connection:
        return {row.person_key: row for row in messages(connection)}


def next_tries(work: Workplace) -> dict[str, timedelta | None]:
    return {key: None if row.next_try_at is None else row.next_try_at - NOW for key, row in rows(work).items()}


def test_a_letter_put_off_is_taken_at_its_next_try_and_only_then(work: Workplace, mailbox: Any) -> None:
    (key,) = put(work, "ann")
    mailbox.defer = frozenset({"ann@cedar.example"})
    assert send(work, mailbox).counts == {Outcome.DEFERRED: 1}
    assert next_tries(work) == {"ann": 5 * MINUTE}
    mailbox.defer = frozenset()
    early = later(work, 4 * MINUTE)
    assert (due(early), send_due(early, mailbox.transport()).counts) == ([], {})
    assert send_due(later(work, 5 * MINUTE), mailbox.transport()).sent == 1
    assert send_due(later(work, 6 * MINUTE), mailbox.transport()).counts == {}
    with work.store.read() as connection:
        row = message_by_key(connection, key)
    assert row is not None
    assert mailbox.taken == [("ann@cedar.example", row.message)]
    assert row.state == MessageState.SENT


def test_the_tries_grow_rarer_and_after_a_day_the_letter_is_refused_and_told_of(work: Workplace, mailbox: Any) -> None:
    put(work, "ann")
    mailbox.defer = frozenset({"ann@cedar.example"})
    send(work, mailbox)
    tries: list[timedelta] = []
    while len(tries) < 20 and (ahead := next_tries(work)["ann"]) and rows(work)["ann"].state == MessageState.PREPARED:
        tries.append(ahead)
        send_due(later(work, ahead), mailbox.transport())
    assert tries == [5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, 24 * HOUR]
    row = rows(work)["ann"]
    assert row.state == MessageState.REFUSED
    assert row.server_reply == "Put off for a day, so taken as refused: 451 4.7.1 try again later"
    ((address, text),) = told(mailbox)
    assert address == "theo@cedar.example"
    assert "Put off for a day" in text


def test_tries_of_other_runs_neither_shorten_nor_lengthen_the_day(work: Workplace, mailbox: Any) -> None:
    put(work, "ann")
    mailbox.defer = frozenset({"ann@cedar.example"})
    for after in (timedelta(), MINUTE, 2 * MINUTE, 20 * MINUTE):
        assert send(later(work, after), mailbox).counts == {Outcome.DEFERRED: 1}
    assert next_tries(work) == {"ann": HOUR}
    assert send(later(work, 30 * HOUR), mailbox).counts == {Outcome.REFUSED: 1}


def test_a_word_by_hand_begins_a_day_of_its_own(work: Workplace, mailbox: Any) -> None:
    (key,) = put(work, "ann")
    mailbox.defer = frozenset({"ann@cedar.example"})
    send(work, mailbox)
    assert send(later(work, 25 * HOUR), mailbox).refused == (key,)
    with work.store.begin() as connection:
        row = try_again(connection, key, NOW + 26 * HOUR)
    assert (row.deferred_at, row.next_try_at) == (None, None)
    assert send(later(work, 26 * HOUR), mailbox).counts == {Outcome.DEFERRED: 1}
    assert next_tries(work) == {"ann": 26 * HOUR + 5 * MINUTE}


def test_a_lost_way_says_nothing_about_a_letter(work: Workplace, mailbox: Any) -> None:
    """Two days without a server refuse nobody, and what was not tried for it is tried as soon as what was."""
    put(work, "ann", "bob")
    mailbox.refuse_sender = True
    assert send(work, mailbox).counts == {Outcome.DEFERRED: 2}
    assert next_tries(work) == {"ann": 5 * MINUTE, "bob": 5 * MINUTE}
    again = later(work, 48 * HOUR)
    assert send_due(again, mailbox.transport()).counts == {Outcome.DEFERRED: 2}
    with pytest.raises(DeliveryError):
        send_due(later(work, 49 * HOUR), mailbox.transport(port=9))
    assert next_tries(work) == {"ann": 49 * HOUR + 5 * MINUTE, "bob": 49 * HOUR + 5 * MINUTE}
    assert {row.state for row in rows(work).values()} == {MessageState.PREPARED}
    mailbox.refuse_sender = False
    assert send_due(later(work, 50 * HOUR), mailbox.transport()).sent == 2


def test_what_may_have_arrived_and_what_was_never_put_off_is_left_alone(work: Workplace, mailbox: Any) -> None:
    put(work, "ann")
    mailbox.drop_after_data = True
    send(work, mailbox)
    put(work, "bob")
    mailbox.drop_after_data = False
    assert send_due(later(work, 12 * HOUR), mailbox.transport()).counts == {}
    assert [row.state for row in rows(work).values()] == [MessageState.UNKNOWN, MessageState.PREPARED]
    assert len(mailbox.taken) == 1


@pytest.fixture
def put_off(work: Workplace, mailbox: Any) -> Any:
    """Put letters off; the server takes everything from then on."""

    def now(people: str, **changes: Any) -> None:
        keys = put(work, *people.split(), **changes)
        mailbox.defer = frozenset(f"{person}@cedar.example" for person in people.split())
        assert send(work, mailbox, keys).counts == {Outcome.DEFERRED: len(keys)}
        mailbox.defer = frozenset()

    return now


def test_a_letter_of_a_meeting_that_has_begun_is_given_up(work: Workplace, mailbox: Any, put_off: Any) -> None:
    put_off("ann")
    put_off("bob", kind="reminder", team_key="", meeting_key="", stage="")
    begun = replace(work, clock=lambda: datetime.fromisoformat("2026-12-03T21:31Z"))
    assert send_due(begun, mailbox.transport()).sent == 1
    assert {key: (row.state, row.server_reply) for key, row in rows(work).items()} == {
        "ann": (MessageState.FAILED, TOO_LATE),
        "bob": (MessageState.SENT, "250 OK queued as 42"),
    }


def test_nothing_is_sent_about_a_meeting_that_is_not_held_but_that_it_is_not(
    work: Workplace, store: Store, tmp_path: Path, mailbox: Any, put_off: Any
) -> None:
    put_off("ann")
    put_off("bob", stage="addendum", message_key="packet/tech/m/addendum/1/leadership/bob/0")
    meetings = FOLDER["meetings.yaml"] + "    moves: [{original: 2026-12-03}]\n"
    cancelled = at(store, tmp_path, NOW + HOUR, meetings=meetings)
    assert send_due(cancelled, mailbox.transport()).sent == 1
    assert {key: row.state for key, row in rows(work).items()} == {"ann": "prepared", "bob": "sent"}


def test_a_rehearsals_letters_stay_when_it_is_over_and_a_mornings_mail_when_it_is_another_day(
    work: Workplace, mailbox: Any, put_off: Any
) -> None:
    put_off("ann", message_key=f"{MARK}packet/tech/m/final/1/leadership/ann/0")
    put_off("bob", kind="morning", team_key="", meeting_key="", stage="", message_key="morning/bad/2026-11-24/bob")
    assert [row.person_key for row in due(later(work, HOUR))] == ["bob"]
    assert send_due(later(work, 20 * HOUR), mailbox.transport()).counts == {}
    assert send_due(later(work, HOUR), mailbox.transport()).sent == 1


def test_the_scheduled_run_opens_nothing_where_no_letter_is_due(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.faults.cedar import write_district

    folder = write_district(tmp_path / "district", web="http://127.0.0.1:9/", mail_port=9)
    for name, value in (("DISTRICT", folder), ("STATE", tmp_path / "state"), ("DATABASE", "")):
        monkeypatch.setenv(f"FIRSTBELL_{name}", str(value))
    assert tried_by_schedule.fn() == TriedAgain()
    assert tried_state(TriedAgain()).message == "No letter is due."


def test_a_run_says_what_it_came_to() -> None:
    state = tried_state(TriedAgain(due=4, sent=2, put_off=1, refused=1, trouble="The server went away."))
    assert state.name == "Deliveries to look at"
    assert state.message == "Letters: 2 sent, 1 put off again, 1 refused. The server went away."
    assert tried_state(TriedAgain(due=1)).message == "Letters: none to be sent any more."
    assert tried_state(TriedAgain(due=1, put_off=1)).name == "Completed"
