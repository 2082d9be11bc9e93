"""A refused address is told to who sends, once, and the telling is never told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

import pytest

from firstbell.config.rehearsal import go_live
from firstbell.delivery.dispatch import dispatch
from firstbell.delivery.refusals import KIND, report_refusals
from firstbell.store.models import MessageState
from firstbell.store.outbox import messages, prepare
from firstbell.store.outbox_by_hand import try_again
from firstbell.store.session import Store
from firstbell.workplace import Workplace
from tests.mail.test_ways import message
from tests.unit.packet_material import FEEDS, FOLDER, district, local

NOW = local(11, 24, 6)


@pytest.fixture
def work(store: Store, tmp_path: Path) -> Workplace:
    go_live(tmp_path / "state", NOW)
    return at(store, tmp_path, NOW)


def at(store: Store, folder: Path, now: Any, **changed: str) -> Workplace:
    return Workplace(
        district=district(folder / "district", **changed),
        store=store,
        state=folder / "state",
        feeds=FEEDS,
        read_calendar=lambda _: b"",
        clock=lambda: now,
    )


def refuse(work: Workplace, mailbox: Any, people: Sequence[str], **changes: Any) -> None:
    """Mail to these people that the server refuses."""
    mailbox.refuse = frozenset(f"{person}@cedar.example" for person in people)
    with work.store.begin() as connection:
        keys = [
            prepare(connection, message(person, address=f"{person}@cedar.example", **changes), NOW).message_key
            for person in people
        ]
    assert dispatch(work.store, mailbox.transport(), work.clock, keys=keys).refused == tuple(keys)


def told(mailbox: Any) -> list[tuple[str, str]]:
    """Who was told what since the last look."""
    found = []
    for address, mail in mailbox.taken:
        parsed = message_from_bytes(mail, policy=SMTP)
        assert isinstance(parsed, EmailMessage)
        body = parsed.get_body(("plain",))
        assert body is not None
        found.append((address, str(body.get_content())))
    mailbox.taken.clear()
    return found


def test_the_leader_is_told_once_in_one_mail(work: Workplace, mailbox: Any) -> None:
    refuse(work, mailbox, ["pam", "ines"])
    assert report_refusals(work, mailbox.transport()) == 1
    ((address, text),) = told(mailbox)
    assert address == "theo@cedar.example"
    assert "2 messages were refused" in text
    assert "- Pam Diaz, packet: 550 5.1.1 no such mailbox" in text
    assert [report_refusals(work, mailbox.transport()) for _ in range(3)] == [0, 0, 0]
    assert mailbox.taken == []


def test_a_leader_who_was_refused_is_not_the_one_to_be_told(work: Workplace, mailbox: Any) -> None:
    refuse(work, mailbox, ["theo"])
    assert report_refusals(work, mailbox.transport()) == 1
    assert [address for address, _ in told(mailbox)] == ["ivy@cedar.example"]


def test_a_refused_report_is_reported_to_nobody(work: Workplace, mailbox: Any) -> None:
    refuse(work, mailbox, ["pam"])
    mailbox.refuse = frozenset({"theo@cedar.example", "ivy@cedar.example"})
    assert [report_refusals(work, mailbox.transport()) for _ in range(3)] == [0, 0, 0]
    with work.store.read() as connection:
        (report,) = messages(connection, kind=KIND)
    assert report.state == MessageState.REFUSED


def test_in_rehearsal_the_testers_are_told(work: Workplace, mailbox: Any, store: Store, tmp_path: Path) -> None:
    (work.state / "live").unlink()
    mail = FOLDER["district.yaml"].replace(
        "{sender: packets@cedar.example}",
        "{sender: packets@cedar.example, rehearsal_to: [uma@cedar.example, vic@cedar.example]}",
    )
    rehearsing = at(store, tmp_path / "rehearsal", NOW, district=mail)
    refuse(rehearsing, mailbox, ["pam"])
    assert report_refusals(rehearsing, mailbox.transport()) == 1
    assert [address for address, _ in told(mailbox)] == ["uma@cedar.example", "vic@cedar.example"]


def test_what_is_tried_again_and_refused_again_is_told_again(work: Workplace, mailbox: Any) -> None:
    refuse(work, mailbox, ["pam"])
    report_refusals(work, mailbox.transport())
    told(mailbox)
    later = replace(work, clock=lambda: NOW + timedelta(hours=1))
    with work.store.begin() as connection:
        try_again(connection, message("pam").message_key, later.clock())
    dispatch(work.store, mailbox.transport(), later.clock)
    assert report_refusals(later, mailbox.transport()) == 1


def test_a_report_that_cannot_leave_waits(work: Workplace, mailbox: Any) -> None:
    refuse(work, mailbox, ["pam"])
    mailbox.defer = frozenset({"theo@cedar.example"})
    assert report_refusals(work, mailbox.transport()) == 0
    mailbox.defer = frozenset()
    assert report_refusals(work, mailbox.transport()) == 1
    assert len(told(mailbox)) == 1
