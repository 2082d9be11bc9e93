"""Answers to answers: what a dead process left half-way is told and never sent again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from firstbell.delivery.file_drop import FileDrop
from firstbell.intake.answer import KIND
from firstbell.intake.collect import send_answers
from firstbell.store.outbox import MessageState, NewMessage, mark_attempting, message_by_key, prepare, sender
from firstbell.workplace import Workplace
from tests.unit.team_workplace import AFTER, Watch, opened


def half_way(work: Workplace) -> str:
    """An answer whose sender died after the attempt began; its key."""
    new = NewMessage(
        message_key=f"{KIND}/leadership/ada/1",
        kind=KIND,
        team_key="",
        meeting_key="",
        stage="",
        revision=1,
        edition="",
        person_key="ada",
        address="ada@example.org",
        address_expires_on=(AFTER + timedelta(days=30)).date(),
        message_id="<1@example.org>",
        message=b"Subject: Thank you\r\n\r\nTaken in.\r\n",
    )
    with sender(work.store) as name, work.store.begin() as connection:
        assert mark_attempting(connection, prepare(connection, new, AFTER).id, name, AFTER)
    return new.message_key


def test_the_last_answer_that_was_left_half_way_is_told(tmp_path: Path) -> None:
    with opened(tmp_path, Watch(AFTER)) as work:
        key = half_way(work)
        sent = send_answers(work, FileDrop(tmp_path / "mail"))
        assert (sent.sent, sent.unknown) == (0, (key,))
        with work.store.read() as connection:
            row = message_by_key(connection, key)
        assert row is not None
        assert row.state == MessageState.UNKNOWN
        assert send_answers(work, FileDrop(tmp_path / "mail")).sent == 0
        assert not list((tmp_path / "mail").glob("*.eml"))
