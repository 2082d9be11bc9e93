"""What leaves between meetings and changes of actions under a real Prefect server: once, and told in sentences."""

from __future__ import annotations

import re
from datetime import date

import pytest
from prefect.artifacts import Artifact

from firstbell.actions import actions_of
from firstbell.records import TEAM_SOURCE, TeamAction
from firstbell.store.save import save_facts
from tests.prefect_.conftest import PREFECT_CLIENTS, Office
from tests.prefect_.small_district import day

pytestmark = PREFECT_CLIENTS
EVERY_DAY = "[mon, tue, wed, thu, fri, sat, sun]"


@pytest.fixture
def busy(office: Office) -> Office:
    """The same district, at work on every day of the week, with a promise due today and a source never read."""
    file = office.folder / "district.yaml"
    text = file.read_text(encoding="utf-8")
    hours = "".join(
        f"    {one}: {{from: 07:30, until: 16:00}}\n" for one in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    )
    text = re.sub(r"(  business_hours:[^\n]*\n)(?:    \w+: [^\n]*\n)+", lambda found: f"{found[1]}{hours}", text)
    file.write_text(f"{text}between_meetings: {{morning: {{days: {EVERY_DAY}}}}}\n", encoding="utf-8")
    promise = TeamAction(
        team_key="leadership",
        action_key="A-1",
        meeting_key="once",
        title="Count the spare laptops",
        state="open",
        person_key="bo_short",
        due_on=_today(),
        first_due_on=_today(),
    )
    with office.work() as work, work.store.begin() as connection:
        save_facts(connection, TEAM_SOURCE, [promise], work.clock())
    return office


def _today() -> date:
    return date.fromisoformat(day(0))


def test_what_is_due_between_meetings_leaves_once(busy: Office) -> None:
    first = busy.run("between_meetings")
    assert (first.name, first.message) == (
        "Completed",
        "minutes, ownerless: nothing to send. reminder, morning: 1 sent.",
    )
    assert {row.person_key for row in busy.outbox()} == {"ada_long", "bo_short"}
    mails = busy.mails()
    again = busy.run_scheduled("between_meetings")
    assert str(again.message).startswith("minutes, reminder, ownerless, morning: nothing to send.")
    assert busy.mails() == mails
    shown = Artifact.get(key="between-meetings")
    assert shown is not None
    assert "| reminder | nothing to send. |" in str(shown.data)
    assert not any(name in str(shown.data) for name in ("ada_long", "bo_short", "Laptops", "oak.example"))


def test_one_kind_in_a_dry_run_keeps_and_mails_nothing(busy: Office) -> None:
    state = busy.run("between_meetings", only="reminder", dry_run=True)
    assert (state.name, state.message) == ("Completed", "reminder: 1 written as a preview.")
    assert busy.outbox() == []
    assert {path.suffix for path in (busy.state / "previews").rglob("*.*") if path.is_file()} == {".txt", ".html"}


def test_a_way_out_that_is_closed_is_told_for_each_kind(busy: Office) -> None:
    (busy.state / "mail").write_text("no folder")
    state = busy.run("between_meetings")
    assert state.name == "Mails missing"
    assert "reminder, morning: The mail folder" in str(state.message)
    (busy.state / "mail").unlink()
    assert "reminder, morning: 1 sent." in str(busy.run("between_meetings").message)


@pytest.mark.parametrize(
    ("fields", "name", "sentence"),
    [
        ({"action": "A-1", "word": "moved", "due": "2030-01-02", "why": "Parts are late."}, "Completed", "A-1 is open"),
        ({"action": "A-1"}, "Completed", "A-1 is done: Count the spare laptops"),
        ({"all_of": "bo_short", "word": "handed_over", "to": "it_lead"}, "Completed", "A-1 is open, due"),
        ({"action": "A-9"}, "Failed", "There is no action A-9"),
        ({"word": "dropped"}, "Failed", "Name the action by its number"),
    ],
)
def test_an_action_is_changed_by_its_form(busy: Office, fields: dict[str, str], name: str, sentence: str) -> None:
    state = busy.run("change_action", **fields)
    assert state.name == name
    assert sentence in str(state.message)
    with busy.work() as work:
        (action,) = actions_of(work)
    assert action.first_due_on == _today()
