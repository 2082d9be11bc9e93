"""A mail is taken in once, by whichever of two processes is first; what was taken is forgotten after its time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest

from firstbell.intake.replies import Outcome, take
from firstbell.records import AgendaItem
from firstbell.store.received import letters_by_id, mail_taken, mails_aside, mark_returned
from firstbell.store.retention import RetentionPolicy, apply_retention
from firstbell.store.session import Store
from firstbell.workplace import Workplace
from tests.unit.answers import acknowledgements, answer_to, answering, facts, letter_to
from tests.unit.team_workplace import AFTER, Watch, work_on


@pytest.fixture
def work(store: Store, tmp_path: Path) -> Workplace:
    return answering(work_on(tmp_path, store, Watch()))


def test_two_at_once_take_a_mail_once(work: Workplace) -> None:
    letter = letter_to(work, "bo")
    for number in range(5):
        raw, together = answer_to(letter, "bo@example.org", f"Idea: {number}").as_bytes(), Barrier(4)

        def taken(raw: bytes = raw, together: Barrier = together) -> bool:
            together.wait()
            return take(work, raw).again

        with ThreadPoolExecutor(4) as pool:
            done = [pool.submit(taken) for _ in range(4)]
        assert sorted(one.result() for one in done) == [False, True, True, True]
    assert len(facts(work, AgendaItem)) == len(acknowledgements(work)) == 5


def test_mails_are_forgotten_after_their_time(work: Workplace) -> None:
    take(work, b"From: x@example.org\nMessage-ID: <one@x>\n\nHello")
    with work.store.read() as connection:
        assert mails_aside(connection, "any", AFTER - timedelta(1), AFTER) == 1
        assert mails_aside(connection, "any", AFTER, AFTER + timedelta(1)) == 0
    for days, said in ((399, []), (401, ["Removed notes of mails taken in more than 400 days ago: 1."])):
        assert apply_retention(work.store, RetentionPolicy(), AFTER + timedelta(days)) == said
    assert take(work, b"From: x@example.org\nMessage-ID: <one@x>\n\nHello").outcome is Outcome.ASIDE


def test_a_letter_comes_back_once(work: Workplace) -> None:
    first, second = letter_to(work, "bo", "1"), letter_to(work, "ada", "2")
    with work.store.begin() as connection:
        found = letters_by_id(connection, (second.message_id, "<x@y>", first.message_id))
        assert [row.person_key for row in found] == ["ada", "bo"]
        assert [mark_returned(connection, first.id, AFTER, "Came back.") for _ in range(2)] == [True, False]
        assert mail_taken(connection, "nothing") is None
