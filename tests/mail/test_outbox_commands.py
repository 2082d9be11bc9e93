"""A person's word on single messages: look, try again only after a confirmation, give up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from firstbell.cli import app
from firstbell.clock import utc_now
from firstbell.store.models import MessageState
from firstbell.store.outbox import mark_attempting, message_by_key, prepare, sender, settle
from firstbell.store.outbox_put_off import put_off_untried
from firstbell.store.session import Store, default_url, open_store
from tests.mail.test_ways import message

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
START = (
    *("init", "--non-interactive", "--name", "Cedar Valley", "--zone", "America/Chicago", "--school", "Oak"),
    *("--meeting", f"{utc_now().date() + timedelta(days=20)} 16:00", "--repeats", "once", "--mail", "files"),
    *("--reader", "Ada Long <ada@example.org> team_leader", "--reader", "Bo <bo@example.org> parent_representative"),
)


@dataclass(frozen=True)
class Office:
    """One installation whose mail goes into files, with a message in each state for each person."""

    folder: Path
    store: Store

    def say(self, *words: str, answer: str = "") -> Any:
        told = {
            "FIRSTBELL_DISTRICT": str(self.folder / "district"),
            "FIRSTBELL_STATE": str(self.folder / "state"),
            "FIRSTBELL_DATABASE": None,
            "COLUMNS": "300",
        }
        return CliRunner().invoke(app, words, env=told, input=answer)

    def state(self, key: str) -> str:
        with self.store.read() as connection:
            row = message_by_key(connection, key)
        assert row is not None
        return row.state

    def put(self, state: MessageState | None = None, person: str = "ada") -> str:
        """A message in a state; None for one that waits."""
        new = message(f"{person}-{state}", person_key=person, address=f"{person}@example.org")
        with self.store.begin() as connection:
            row = prepare(connection, new, NOW)
        if state is not None:
            with sender(self.store) as name, self.store.begin() as connection:
                assert mark_attempting(connection, row.id, name, NOW)
                assert settle(connection, row.id, name, state, NOW, "550 no")
        return row.message_key

    def mails(self) -> int:
        folder = self.folder / "state" / "mail"
        return len(list(folder.iterdir())) if folder.exists() else 0


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    store = open_store(default_url(tmp_path / "state"))
    office = Office(tmp_path, store)
    for words in (START, ("db", "upgrade"), ("go-live",)):
        done = office.say(*words)
        assert done.exit_code == 0, done.output
    yield office
    store.close()


@pytest.mark.parametrize("state", [MessageState.UNKNOWN, MessageState.REFUSED, MessageState.FAILED])
def test_a_message_leaves_again_only_after_a_yes(office: Office, state: MessageState) -> None:
    key = office.put(state)
    asked = office.say("outbox", "retry", key, answer="n\n")
    assert (asked.exit_code, office.mails(), office.state(key)) == (1, 0, state)
    assert ("may get it twice" in asked.output) == (state is MessageState.UNKNOWN)
    done = office.say("outbox", "retry", key, answer="y\n")
    assert (done.exit_code, office.mails(), office.state(key)) == (0, 1, MessageState.SENT)
    assert "written as" in done.output
    again = office.say("outbox", "retry", key, answer="y\n")
    assert (again.exit_code, again.stdout, again.stderr) == (
        2,
        "",
        "That message is sent; only what is refused, failed or unknown is tried again.\n",
    )
    assert office.mails() == 1


def test_a_letter_that_was_put_off_shows_its_next_try(office: Office) -> None:
    office.put(person="bo")
    key = office.put(person="ada")
    with office.store.begin() as connection:
        put_off_untried(connection, [key], NOW)
    listed = office.say("outbox").stdout.splitlines()
    assert [line for line in listed if "next try" in line] == [
        "prepared  2026-11-24 12:00 UTC  ada  leadership  next try 2026-11-24 12:05 UTC"
    ]
    assert json.loads(office.say("outbox", "show", key, "--json").stdout)["next_try_at"].startswith("2026-11-24 12:05")
    office.say("outbox", "give-up", key, "--yes")
    assert "next try" not in office.say("outbox").stdout


def test_in_rehearsal_no_reader_is_written_to_again(office: Office) -> None:
    key = office.put(MessageState.REFUSED, person="bo")
    office.say("go-live", "--back-to-rehearsal")
    done = office.say("outbox", "retry", key, "--yes")
    assert (done.exit_code, office.mails()) == (2, 0)
    assert "In rehearsal no reader gets mail" in done.stderr


def test_what_waits_can_be_given_up(office: Office) -> None:
    waiting, sent = office.put(), office.put(MessageState.SENT)
    assert office.say("outbox", "give-up", waiting, answer="n\n").exit_code == 1
    assert office.state(waiting) == MessageState.PREPARED
    assert office.say("outbox", "give-up", waiting, "--yes").exit_code == 0
    assert office.state(waiting) == MessageState.FAILED
    done = office.say("outbox", "give-up", sent, "--yes")
    assert (done.exit_code, done.stderr) == (2, "That message is sent; only one that waits is given up.\n")


def test_one_message_is_shown_whole_and_without_its_address_unless_asked(office: Office) -> None:
    key = office.put(MessageState.REFUSED)
    shown = office.say("outbox", "show", key)
    assert "state: refused" in shown.output
    assert "server reply: 550 no" in shown.output
    assert "ada@example.org" not in shown.output
    told = json.loads(office.say("outbox", "show", key, "--json", "--addresses").output)
    assert (told["person_key"], told["address"], told["bytes"]) == ("ada", "ada@example.org", 26)
    assert office.say("outbox", "show", "nothing").exit_code == 2


def test_the_watchdog_tells_of_what_was_refused(office: Office) -> None:
    office.put(MessageState.REFUSED, person="bo")
    done = office.say("watchdog")
    assert done.exit_code == 1, "no night was ever completed"
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    texts = [path.read_text() for path in (office.folder / "state" / "mail").iterdir()]
    assert len([text for text in texts if "1 message was refused" in text]) == 1
    before = office.mails()
    office.say("watchdog")
    assert office.mails() == before
