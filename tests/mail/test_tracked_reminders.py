"""Action items that a tracker keeps: reminded like the team's own, told in the minutes, and changed only there."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from firstbell.action_form import ActionChange, say
from firstbell.actions import ActionError
from firstbell.minutes.faults import MinutesError
from firstbell.minutes.reading import minutes_from_text
from firstbell.minutes.record import record_minutes
from firstbell.minutes.template import minutes_template
from firstbell.records import ActionItemSeen, TeamAction
from firstbell.store.save import record_completion, save_facts
from firstbell.store.session import Store
from tests.mail.between_office import MONDAY, Office, open_office

SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
DUE = date(2026, 11, 12)
KEPT = "Kept in Help desk, change it there."


@pytest.fixture
def office(store: Store, mailbox: Any, tmp_path: Path) -> Office:
    return open_office(store, mailbox, tmp_path)


def item(key: str, owner: str, **changes: Any) -> ActionItemSeen:
    fields = {"action_key": key, "title": f"Item {key}", "owner": owner, "state": "open", "due_on": DUE}
    return ActionItemSeen(**(fields | changes))


def track(office: Office, *items: ActionItemSeen) -> None:
    """A whole read of a tracker, three hours before the mails."""
    at = MONDAY - timedelta(hours=3)
    with office.store.begin() as connection:
        save_facts(connection, "desk", items, at)
        record_completion(connection, "desk", "actions", at)


@SQLITE
def test_a_trackers_item_is_reminded_once_and_says_where_it_is_kept(office: Office) -> None:
    track(office, item("#7", "ines"), item("a+b/c", "it_lead"), item("#8", "ines", state="done"), item("#9", ""))
    own = TeamAction(
        team_key="tech", action_key="A-2", meeting_key="", title="Own one", state="open", person_key="ines", due_on=DUE
    )
    office.tell(own)
    office.run("reminder")
    text = office.text()
    assert office.taken() == [("ines@cedar.example", "Reminder: 3 actions, the first due Thu 12 Nov")]
    assert text.count(KEPT) == 2
    assert "#7 Item #7" in text
    assert "#8" not in text
    assert "#9" not in text
    assert list(office.outbox()) == [
        "reminder/desk:%237/2026-11-12/3+desk:a%2Bb%2Fc/2026-11-12/3+tech.A-2/2026-11-12/3/ines"
    ]
    office.run("reminder", MONDAY + timedelta(hours=2))
    assert office.taken() == []


@SQLITE
def test_a_tracker_that_is_not_read_in_time_reminds_nobody(office: Office) -> None:
    track(office, item("#7", "ines"))
    office.run("reminder", MONDAY + timedelta(days=2))
    assert office.taken() == []


@SQLITE
def test_the_minutes_to_fill_in_tell_where_an_item_is_kept(office: Office) -> None:
    track(office, item("#7", "it_lead"), item("#8", "it_lead", state="done"))
    text = minutes_template(office.work, "tech")
    assert "  # #7: Item #7 (IT Lead, due 12 Nov 2026); kept in Help desk, change it there\n" in text
    assert "#8" not in text
    record_minutes(office.work, *minutes_from_text(text))


@SQLITE
@pytest.mark.parametrize("word", ["done", "moved", "reopened"])
def test_closing_it_here_is_answered_with_its_tracker(office: Office, word: str) -> None:
    track(office, item("ab-7", "ines"))
    change = ActionChange(action="AB-7", word=word, due="2026-12-04", why="later")  # type: ignore[arg-type]
    with pytest.raises(ActionError, match=r"^AB-7 is kept in Help desk; change it there\.$"):
        say(office.work, change)


@SQLITE
def test_minutes_that_close_it_are_answered_with_its_tracker(office: Office) -> None:
    track(office, item("ab-7", "ines"))
    text = minutes_template(office.work, "tech")
    text = text.replace("new_actions:", "  - {action: ab-7, word: done}\nnew_actions:")
    with pytest.raises(MinutesError, match=r"is kept in Help desk; change it there\."):
        record_minutes(office.work, *minutes_from_text(text))
