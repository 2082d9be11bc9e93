"""Agenda items: proposed by anybody, printed only once a person accepts them, answered in print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firstbell.briefing.freeze import freeze
from firstbell.cli import app
from firstbell.intake.items import (
    ItemError,
    ItemWord,
    accepted,
    add_item,
    answered,
    change_item,
    coming_meeting,
    declined,
    items_of,
    where_printed,
    word_of,
)
from firstbell.meetings import MeetingError
from firstbell.packet.wording import Wording
from firstbell.records import AgendaItem
from firstbell.workplace import Workplace
from tests.unit.config_folder import FILES, write_folder
from tests.unit.team_workplace import Watch, meeting_on, opened

DAY = date(2026, 11, 6)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workplace]:
    with opened(tmp_path, Watch()) as workplace:
        yield workplace


def word(**fields: object) -> ItemWord:
    return word_of({"team": "leadership", "text": "Why is the gym offline?", "kind": "question"} | fields)


def test_an_item_is_proposed_under_a_number_and_said_twice_is_kept_once(work: Workplace) -> None:
    first, again, other = add_item(work, word()), add_item(work, word()), add_item(work, word(kind="idea"))
    assert (first, other.item_key) == (again, "I-2")
    assert (first.state, first.item_key, first.asked_on, first.meeting_key) == ("proposed", "I-1", DAY, "")
    assert add_item(work, word(team="oak_team")).entity_key == "oak_team/I-1"


def test_more_than_two_sentences_are_cut(work: Workplace) -> None:
    assert add_item(work, word(text="One. Two. Three.")).text == "One. Two."


@pytest.mark.parametrize(
    "fields", [{"team": "nobody"}, {"kind": "wish"}, {"by": "king"}, {"text": "\u200b"}, {"team": "leadership x"}]
)
def test_what_does_not_fit_is_told_and_not_kept(work: Workplace, fields: dict[str, str]) -> None:
    with pytest.raises(ItemError):
        add_item(work, word(**fields))
    assert items_of(work) == []


def test_an_accepted_item_has_its_meeting(work: Workplace) -> None:
    assert add_item(work, word(accept=True)).meeting_key == "monthly/2026-12-03T22:00Z"
    assert coming_meeting(work, "leadership", "2027-01-07") == "monthly/2027-01-07T22:00Z"
    with pytest.raises(MeetingError):
        coming_meeting(work, "leadership", "2026-12-04")
    with pytest.raises(ItemError):
        coming_meeting(work, "oak_team")


def test_what_is_accepted_once_the_packet_is_out_goes_to_the_meeting_after_it(work: Workplace) -> None:
    wording = Wording(work.district.zone)
    before = add_item(work, word(accept=True))
    said = where_printed(work, "leadership", before.meeting_key, wording)
    assert said == "Printed with the packet for the meeting of Thu 3 Dec."
    meeting, now = meeting_on(work, "2026-12-03"), work.clock()
    freeze(work, meeting, meeting_on(work, "2026-11-05"), "final", as_of=now, known_at=now)
    late = add_item(work, word(text="Why are the carts late?", accept=True))
    assert late.meeting_key == "monthly/2027-01-07T22:00Z"
    said = where_printed(work, "leadership", late.meeting_key, wording)
    assert said.startswith("The packet for Thu 3 Dec is out already")
    assert "Thu 7 Jan" in said
    with pytest.raises(ItemError, match="name a later meeting"):
        coming_meeting(work, "leadership", "2026-12-03")


def test_an_answer_is_kept_with_its_day(work: Workplace) -> None:
    add_item(work, word())
    item = change_item(work, "i-1", lambda one: answered(one, "A switch was broken. It is replaced. More.", DAY))
    assert (item.state, item.answer, item.closed_on) == ("answered", "A switch was broken. It is replaced.", DAY)
    assert items_of(work) == [item]


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ("answered", lambda one: accepted(one, "m")),
        ("answered", lambda one: declined(one, "No.", DAY)),
        ("declined", lambda one: answered(one, "Yes.", DAY)),
        ("proposed", lambda one: answered(one, " ", DAY)),
        ("proposed", lambda one: declined(one, "", DAY)),
    ],
)
def test_a_word_that_does_not_fit_the_state_is_refused(state: str, change: Callable[[AgendaItem], AgendaItem]) -> None:
    item = AgendaItem(team_key="t", item_key="I-1", kind="item", text="x", state=state)
    with pytest.raises(ItemError):
        change(item)


def test_a_number_that_several_teams_use_needs_its_team(work: Workplace) -> None:
    for team in ("leadership", "oak_team"):
        add_item(work, word(team=team))
    with pytest.raises(ItemError, match="leadership, oak_team"):
        change_item(work, "I-1", lambda one: one)
    assert change_item(work, "I-1", lambda one: one, "oak_team").team_key == "oak_team"
    with pytest.raises(ItemError, match="no agenda item"):
        change_item(work, "I-7", lambda one: one)


def test_the_commands_say_it_all(tmp_path: Path) -> None:
    district = FILES["district.yaml"].replace("  password: env:SMTP_PASSWORD\n", "  transport: file_drop\n")
    folder = write_folder(tmp_path / "district", district=district)

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["--district", str(folder), "--state", str(tmp_path / "state"), "items", *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert "I-1 is proposed: Why?" in run("add", "Why?", "--kind", "question", "--by", "teacher_representative")
    assert "I-1 is accepted" in run("accept", "I-1")
    assert "accepted" in run()
    assert "I-1 is answered" in run("answer", "I-1", "Because.")
    assert "No item waits." in run()
    assert '"answer": "Because."' in run("--all", "--json")
    run("add", "A shelf.", "--kind", "idea")
    assert "I-2 is declined" in run("decline", "I-2", "No room.")
    wrong = CliRunner().invoke(
        app, ["--district", str(folder), "--state", str(tmp_path / "state"), "items", "add", "x", "--kind", "wish"]
    )
    assert (wrong.exit_code, "kind: " in wrong.output, "wish" in wrong.output) == (2, True, False)
