"""Our own letter is never taken for the writer's words, and of several things said at once each is kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from firstbell.intake.replies import Outcome, take
from firstbell.minutes.template import minutes_template
from firstbell.records import AgendaItem, MeetingMinutes, SectionNote
from firstbell.store.models import OutboxRow
from firstbell.store.outbox import message_by_key
from firstbell.store.received import mails_aside
from firstbell.workplace import Workplace
from tests.unit.answers import (
    NOTICE,
    acknowledgements,
    answer_to,
    answering,
    facts,
    kept,
    letter_to,
    preview_to,
)
from tests.unit.team_workplace import AFTER, Watch, opened

WROTE = "    On Friday, November 20, 2026 at 06:00:00 AM CST, Lakeside <tech@example.org> wrote:  \n \n"
INDENTED = "".join(f"  {line}\n" for line in NOTICE.splitlines())
NARROW = NOTICE.replace("system were late\n       by more", "system were\nlate\nby more")


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workplace]:
    with opened(tmp_path, Watch()) as workplace:
        yield answering(workplace)


def notes(work: Workplace) -> dict[str, str]:
    return {note.line_key: note.text for note in facts(work, SectionNote)}


def items(work: Workplace) -> list[tuple[str, str]]:
    return [(item.kind, item.text) for item in facts(work, AgendaItem)]


def html_answer(letter: OutboxRow, html: str) -> bytes:
    mail = answer_to(letter, "ada@example.org")
    mail.set_content(html, subtype="html")
    return mail.as_bytes()


def said_to_writer(work: Workplace) -> str:
    with work.store.read() as connection:
        rows = [message_by_key(connection, row.message_key) for row in acknowledgements(work)]
    mails = [message_from_bytes((row and row.message) or b"", policy=policy.default) for row in rows]
    bodies = [mail.get_body(("plain",)) for mail in mails if isinstance(mail, EmailMessage)]
    return " ".join(" ".join(body.get_content().split()) for body in bodies if body is not None)


@pytest.mark.parametrize(
    "history",
    [
        WROTE + NOTICE,
        WROTE + INDENTED,
        WROTE.strip() + "\n\n" + INDENTED,
        "\n" + NOTICE,
        "\n" + INDENTED,
        "\n" + NARROW,
        "\n" + NOTICE.replace("Worse  ", "*Worse* - ").replace("platform", "platform <https://lms.example.org/a>"),
    ],
    ids=range(7),
)
@pytest.mark.parametrize("first", ["Thanks, I will look.", "Idea: more carts", "[IB-02] The disk is full."])
def test_our_letter_come_back_unmarked_is_not_the_writers(work: Workplace, first: str, history: str) -> None:
    letter = preview_to(work, "ada")
    take(work, answer_to(letter, "ada@example.org", f"{first}\n\n{history}").as_bytes())
    expected = {
        "T": ({}, []),
        "I": ({}, [("idea", "more carts")]),
        "[": ({"IB-02": "The disk is full."}, []),
    }
    assert (notes(work), items(work)) == expected[first[0]]


def test_unmarked_history_is_left_out_once_our_letter_is_not_kept_any_more(work: Workplace) -> None:
    letter = preview_to(work, "ada")
    with work.store.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET message = NULL")
    take(work, answer_to(letter, "ada@example.org", f"Idea: more carts\n\n{WROTE}{NOTICE}").as_bytes())
    assert (notes(work), items(work)) == ({}, [("idea", "more carts")])


@pytest.mark.parametrize("mark", ['id="ydp2yahoo_quoted_99" class="ydp2yahoo_quoted"', 'class="yahoo_quoted"', ""])
def test_yahoos_html_is_told_apart(work: Workplace, mark: str) -> None:
    letter = preview_to(work, "ada")
    shown = "".join(f"<p>{line}</p>" for line in NOTICE.split("\n"))
    html = f"<!DOCTYPE html><body><div>Idea: more carts</div><div {mark}><div>Lakeside</div>{shown}</div></body>"
    take(work, html_answer(letter, html if mark else html.replace("Lakeside", "")))
    assert (notes(work), items(work)) == ({}, [("idea", "more carts")])


def test_a_command_in_our_letter_is_not_the_leaders(work: Workplace) -> None:
    take(work, answer_to(letter_to(work, "bo", "b"), "bo@example.org", "Question: accept I-1").as_bytes())
    letter = letter_to(work, "ada", "Asked:\naccept I-1\nFacts up to Friday.\n")
    take(work, answer_to(letter, "ada@example.org", "Thanks!\n\nAsked:\naccept I-1\nFacts up to Friday.").as_bytes())
    assert [item.state for item in facts(work, AgendaItem)] == ["proposed"]


def test_every_piece_of_a_mail_is_kept(work: Workplace) -> None:
    letter = preview_to(work, "ada")
    text = (
        "Hello,\n[IB-02] The disk is full.\nAgenda item: bus routes\non paper\n\nQuestion: one?\nQuestion: two?\n"
        "IB-02: Now it is not."
    )
    taken = take(work, answer_to(letter, "ada@example.org", text).as_bytes())
    assert notes(work) == {"IB-02": "The disk is full. Now it is not."}
    assert items(work) == [("item", "bus routes on paper"), ("question", "one?"), ("question", "two?")]
    assert taken.stored == ("leadership/I-1", "leadership/I-2", "leadership/I-3", "IB-02")
    told = said_to_writer(work)
    assert all(number in told for number in ("I-1", "I-2", "I-3"))
    assert "Those were not kept" in told


def test_a_subject_names_the_first_piece(work: Workplace) -> None:
    letter = letter_to(work, "bo")
    raw = answer_to(letter, "bo@example.org", "Shelves.\nQuestion: Why?", Subject="Re: Idea: carts").as_bytes()
    take(work, raw)
    assert items(work) == [("idea", "carts Shelves."), ("question", "Why?")]
    assert "not kept" not in said_to_writer(work)


def test_a_flood_of_items_is_cut_and_told(work: Workplace) -> None:
    text = "".join(f"Idea: number {number}\n" for number in range(30))
    take(work, answer_to(letter_to(work, "bo"), "bo@example.org", text).as_bytes())
    assert len(items(work)) == 10
    assert "Those were not kept" in said_to_writer(work)


def with_minutes(work: Workplace, person: str, said: str) -> bytes:
    mail = answer_to(letter_to(work, person), f"{person}@example.org", said)
    mail.add_attachment(
        minutes_template(work, "leadership").encode(), maintype="application", subtype="yaml", filename="minutes.yaml"
    )
    return mail.as_bytes()


def test_words_beside_minutes_are_kept(work: Workplace) -> None:
    taken = take(work, with_minutes(work, "ada", "Agenda item: the budget\n"))
    assert taken.outcome is Outcome.MINUTES
    assert (kept(work), items(work)) == ((1, 0, 1), [("item", "the budget")])
    assert "leadership/I-1" in taken.stored
    assert "I-1" in said_to_writer(work)


@pytest.mark.parametrize(("person", "said"), [("ada", "accept I-9"), ("bo", "accept I-1"), ("bo", "Idea: x")])
def test_minutes_and_words_are_kept_together_or_not_at_all(work: Workplace, person: str, said: str) -> None:
    assert take(work, with_minutes(work, person, said)).outcome is Outcome.FAULT
    assert (facts(work, MeetingMinutes), items(work)) == ([], [])


def test_the_person_under_whose_address_mail_leaves_is_heard(work: Workplace) -> None:
    about = work.district.about
    mail = about.mail.model_copy(update={"sender": "Ada@example.org"})
    ours = replace(work, district=replace(work.district, about=about.model_copy(update={"mail": mail})))
    raw = answer_to(letter_to(ours, "ada"), "ada@example.org", "Idea: more carts").as_bytes()
    assert take(ours, raw).outcome is Outcome.WORDS


@pytest.mark.parametrize("headers", [{"List_Id": "<group.example.org>"}, {"Precedence": "list"}])
def test_an_answer_through_a_group_is_put_aside_and_counted(work: Workplace, headers: dict[str, str]) -> None:
    letter = letter_to(work, "ada")
    assert take(work, answer_to(letter, "ada@example.org", "Idea: x", **headers).as_bytes()).outcome is Outcome.ASIDE
    assert take(work, answer_to(None, "ada@example.org", "News", **headers).as_bytes()).outcome is Outcome.AUTOMATIC
    with work.store.read() as connection:
        assert mails_aside(connection, "leadership", AFTER.replace(year=2025), AFTER) == 1
    assert kept(work) == (0, 0, 0)
