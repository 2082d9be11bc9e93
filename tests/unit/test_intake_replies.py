"""What an answer may change, and whose: everything else is put aside and counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from firstbell.config.rehearsal import back_to_rehearsal
from firstbell.intake.replies import MOST_A_DAY, Outcome, take
from firstbell.minutes.template import minutes_template
from firstbell.records import AgendaItem, MeetingMinutes, SectionNote, TeamAction
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
    freeze_preview,
    kept,
    letter_to,
    preview_to,
)
from tests.unit.team_workplace import AFTER, NOVEMBER, Watch, opened, tell

DECEMBER = "monthly/2026-12-03T22:00Z"


def quoted(text: str) -> str:
    return "".join(f"> {line}".rstrip() + "\n" for line in text.splitlines())


@pytest.fixture
def clock() -> Watch:
    return Watch()


@pytest.fixture
def work(tmp_path: Path, clock: Watch) -> Iterator[Workplace]:
    with opened(tmp_path, clock) as workplace:
        yield answering(workplace)


def mail_with(letter: OutboxRow, *files: tuple[str, str], sender: str = "ada@example.org") -> bytes:
    mail = answer_to(letter, sender, "Attached.")
    for name, text in files:
        mail.add_attachment(text.encode(), maintype="application", subtype="yaml", filename=name)
    return mail.as_bytes()


def notes(work: Workplace) -> dict[str, str]:
    return {note.line_key: note.text for note in facts(work, SectionNote)}


# minutes


def test_minutes_attached_to_an_answer_go_the_way_of_the_command(work: Workplace) -> None:
    letter = letter_to(work, "ada", kind="minutes", team_key="", meeting_key="", message_key="minutes/leadership/ada")
    text = (
        minutes_template(work, "leadership") + "new_actions: [{title: Ask vendors, owner: it_lead, due: 2026-12-01}]\n"
    )
    text = text.replace("new_actions:\n  # - title: Ask three", "# was: Ask three", 1)
    text = "\n".join(line for line in text.splitlines() if not line.startswith("  #"))
    taken = take(work, mail_with(letter, ("minutes.yaml", text)))
    assert (taken.outcome, taken.stored) == (Outcome.MINUTES, (f"leadership/{NOVEMBER}", "A-1"))
    (minutes,) = facts(work, MeetingMinutes)
    assert minutes.attended == ("ada", "bo", "cy")
    assert facts(work, TeamAction)[0].title == "Ask vendors"
    assert len(acknowledgements(work)) == 1


def test_minutes_with_faults_are_told_to_their_writer_line_by_line(work: Workplace) -> None:
    letter = letter_to(work, "ada")
    taken = take(work, mail_with(letter, ("m.yaml", "team: leadership\nattended: [nobody-known]\nseats: 9\n")))
    assert taken.outcome is Outcome.FAULT
    assert taken.aside
    assert "nobody-known" not in " ".join(taken.sentences)
    assert kept(work) == (0, 0, 0)
    (row,) = acknowledgements(work)
    with work.store.read() as connection:
        sent = message_by_key(connection, row.message_key)
    assert sent is not None
    assert sent.message is not None
    mail = message_from_bytes(sent.message, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    assert body is not None
    assert "minutes:3" in body.get_content()
    assert mail["In-Reply-To"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert (sent.address, sent.team_key) == ("ada@example.org", "")


@pytest.mark.parametrize(
    ("person", "files"),
    [
        ("bo", [("m.yaml", "team: leadership\n")]),
        ("ada", [("m.yaml", "team: oak_team\n")]),
        ("ada", [("m.yaml", "team: leadership\n"), ("n.yaml", "team: leadership\n")]),
        ("ada", [("m.yaml", "&a [*a, *a]\n")]),
        ("ada", [("m.yaml", "\x00\x01")]),
    ],
)
def test_minutes_that_nobody_may_hand_in_are_refused(
    work: Workplace, person: str, files: list[tuple[str, str]]
) -> None:
    raw = mail_with(letter_to(work, person), *files, sender=f"{person}@example.org")
    assert take(work, raw).outcome is Outcome.FAULT
    assert kept(work) == (0, 0, 0)


# notes


DISK = "The disk is full. A new one comes on Monday."
WRITTEN_INTO = "".join(
    f"> {line}\n{DISK} More.\n" if "IB-02" in line else f"> {line}\n" for line in NOTICE.splitlines()
)
BELOW_A_BLANK = quoted(NOTICE).replace(
    "> Your note: [IB-02]\n>\n", "> Your note: [IB-02]\n>\n\nThe disk is full. A new one comes\non Monday. More.\n"
)
MARKED_AS_OLD = f"From: Lakeside\nSent: Monday\n\n{NOTICE}".replace("[IB-02]", f"[IB-02] {DISK}")
NAMED = f"IB-02: {DISK}\n\n{quoted(NOTICE)}"


@pytest.mark.parametrize(
    "text", [WRITTEN_INTO, BELOW_A_BLANK, MARKED_AS_OLD, NAMED, NOTICE.replace("02]", f"02] {DISK}")]
)
def test_a_note_stands_below_its_mark(work: Workplace, text: str) -> None:
    letter = preview_to(work, "ada")
    taken = take(work, answer_to(letter, "ada@example.org", text).as_bytes())
    assert taken.outcome is Outcome.WORDS
    assert notes(work)["IB-02"] == DISK


def test_two_marks_take_two_notes(work: Workplace) -> None:
    letter = preview_to(work, "ada")
    text = (
        quoted(NOTICE).replace("[IB-02]\n", "[IB-02]\nFirst.\n").replace("[service.lms]\n", "[service.lms]\nSecond.\n")
    )
    assert take(work, answer_to(letter, "ada@example.org", text).as_bytes()).stored == ("IB-02", "service.lms")
    assert notes(work) == {"IB-02": "First.", "service.lms": "Second."}


def test_a_reader_explains_only_lines_that_the_letter_asks_about(work: Workplace) -> None:
    freeze_preview(work)
    letter = letter_to(work, "bo", "Your note: [IB-02]", kind="preview", stage="preview", meeting_key=DECEMBER)
    raw = answer_to(letter, "bo@example.org", "service.lms: Not my line.").as_bytes()
    take(work, raw)
    assert "service.lms" not in notes(work)


def test_the_only_line_asked_about_takes_plain_words(work: Workplace) -> None:
    freeze_preview(work)
    letter = letter_to(work, "bo", "Your note: [IB-02]", kind="preview", stage="preview", meeting_key=DECEMBER)
    take(work, answer_to(letter, "bo@example.org", "The disk is full.").as_bytes())
    assert notes(work) == {"IB-02": "The disk is full."}


# agenda items


@pytest.mark.parametrize(
    ("headers", "text", "kind", "kept_text"),
    [
        ({"Subject": "RE: [Lakeside] Question: Why is the gym offline?"}, "", "question", "Why is the gym offline?"),
        ({"Subject": "Add an agenda item"}, "Bus routes. On paper. Still.", "item", "Bus routes. On paper."),
        ({}, "Idea: A lending shelf\nfor tablets.\n\n-- \nBo", "idea", "A lending shelf for tablets."),
        ({"To": "answers+agenda@example.org"}, "Bus routes.", "item", "Bus routes."),
        ({"Subject": "Pregunta"}, "¿Cuándo llega la red?", "question", "¿Cuándo llega la red?"),
        ({"Subject": "=?utf-8?b?UXVlc3Rpb246IFdoeT8=?="}, "", "question", "Why?"),
    ],
)
def test_words_for_the_agenda_are_proposed(
    work: Workplace, headers: dict[str, str], text: str, kind: str, kept_text: str
) -> None:
    letter = letter_to(work, "bo")
    taken = take(work, answer_to(letter, "bo@example.org", text, **headers).as_bytes())
    (item,) = facts(work, AgendaItem)
    assert (item.kind, item.text, item.state) == (kind, kept_text, "proposed")
    assert (item.by_role, item.team_key, item.item_key) == ("teacher_representative", "leadership", "I-1")
    assert (taken.outcome, taken.stored) == (Outcome.WORDS, ("leadership/I-1",))
    assert "Bo" not in " ".join(taken.sentences)


def test_a_leaders_word_accepts_answers_and_declines(work: Workplace) -> None:
    letter = letter_to(work, "ada")
    tell(
        work,
        *(
            AgendaItem(team_key="leadership", item_key=f"I-{n}", kind="item", text="x", state="proposed")
            for n in (1, 2, 3)
        ),
    )
    text = "accept I-1\nanswer I-2: It is done. All of it.\ndecline i-3: Not ours."
    assert take(work, answer_to(letter, "ada@example.org", text).as_bytes()).outcome is Outcome.WORDS
    states = {item.item_key: (item.state, item.meeting_key, item.answer) for item in facts(work, AgendaItem)}
    assert states == {
        "I-1": ("accepted", DECEMBER, ""),
        "I-2": ("answered", "", "It is done. All of it."),
        "I-3": ("declined", "", "Not ours."),
    }  # fmt: skip


def test_an_answer_given_twice_says_that_it_takes_the_place_of_the_first(work: Workplace) -> None:
    letter = letter_to(work, "ada")
    tell(work, AgendaItem(team_key="leadership", item_key="I-1", kind="item", text="x", state="proposed"))

    def said(text: str) -> str:
        taken = take(work, answer_to(letter, "ada@example.org", text).as_bytes())
        assert taken.outcome is Outcome.WORDS
        return " ".join(taken.sentences)

    assert "takes the place" not in said("answer I-1: It is done.")
    assert "takes the place" not in said("answer I-1: It is done.")
    assert "takes the place" in said("answer I-1: It is not done.")
    (item,) = facts(work, AgendaItem)
    assert item.answer == "It is not done."


def test_a_second_note_on_a_line_says_that_it_takes_the_place_of_the_first(work: Workplace) -> None:
    letter = preview_to(work, "ada")
    first, second = (
        take(work, answer_to(letter, "ada@example.org", f"IB-02: {text}\n\n{quoted(NOTICE)}").as_bytes())
        for text in ("The disk is full.", "The disk is new.")
    )
    assert "takes the place" not in " ".join(first.sentences)
    assert "takes the place" in " ".join(second.sentences)
    assert notes(work)["IB-02"] == "The disk is new."


@pytest.mark.parametrize(("person", "text"), [("bo", "accept I-1"), ("ada", "accept I-9"), ("ada", "decline I-1")])
def test_a_word_that_does_not_fit_changes_nothing(work: Workplace, person: str, text: str) -> None:
    item = AgendaItem(team_key="leadership", item_key="I-1", kind="item", text="x", state="proposed")
    tell(work, item)
    raw = answer_to(letter_to(work, person), f"{person}@example.org", text).as_bytes()
    assert take(work, raw).outcome is Outcome.FAULT
    assert facts(work, AgendaItem) == [item]


# who is believed


def test_a_from_line_alone_proves_nothing(work: Workplace) -> None:
    letter = letter_to(work, "ada")
    forged = [
        answer_to(None, "ada@example.org", "Question: Who am I?"),
        answer_to(letter, "bo@example.org", "Question: Who am I?"),
        answer_to(letter, "ada@evil.example", "Question: Who am I?"),
        answer_to(None, "ada@example.org", "Question: x", In_Reply_To="<made-up@example.org>"),
        answer_to(letter, "ada@example.org, bo@example.org", "Question: x"),
    ]
    for mail in forged:
        taken = take(work, mail.as_bytes())
        assert (taken.outcome, taken.aside) == (Outcome.ASIDE, True)
    assert kept(work) == (0, 0, 0)
    assert acknowledgements(work) == []
    with work.store.read() as connection:
        assert mails_aside(connection, "leadership", AFTER - timedelta(1), AFTER) == len(forged)


def test_a_letter_in_the_references_is_enough(work: Workplace) -> None:
    letter = letter_to(work, "bo")
    raw = answer_to(
        None, "bo@example.org", "Idea: x", In_Reply_To="<other@x>", References=f"{letter.message_id} <other@x>"
    )
    assert take(work, raw.as_bytes()).outcome is Outcome.WORDS


def test_who_left_the_team_is_not_believed(work: Workplace, clock: Watch) -> None:
    letter = letter_to(work, "bo")
    teams = tuple(
        team.model_copy(update={"members": tuple(one for one in team.members if one.person != "bo")})
        for team in work.district.teams
    )
    without = replace(work, district=replace(work.district, teams=teams))
    assert take(without, answer_to(letter, "bo@example.org", "Idea: x").as_bytes()).outcome is Outcome.ASIDE


def test_in_rehearsal_only_answers_to_rehearsal_letters_count(work: Workplace) -> None:
    live = letter_to(work, "bo")
    back_to_rehearsal(work.state)
    trial = letter_to(work, "bo", "Trial", message_key="rehearsal/packet/bo", address="ada@example.org")
    assert take(work, answer_to(live, "bo@example.org", "Idea: a").as_bytes()).outcome is Outcome.ASIDE
    assert take(work, answer_to(trial, "ada@example.org", "Idea: b").as_bytes()).outcome is Outcome.WORDS
    assert facts(work, AgendaItem)[0].by_role == "teacher_representative"
    assert acknowledgements(work)[0].message_key.startswith("rehearsal/")


def test_programs_that_answer_each_other_are_stopped(work: Workplace, clock: Watch) -> None:
    letter = letter_to(work, "bo")
    for number in range(MOST_A_DAY):
        take(work, answer_to(letter, "bo@example.org", f"Idea: {number}").as_bytes())
    assert take(work, answer_to(letter, "bo@example.org", "Idea: more").as_bytes()).outcome is Outcome.ASIDE
    clock.now += timedelta(days=2)
    assert take(work, answer_to(letter, "bo@example.org", "Idea: later").as_bytes()).outcome is Outcome.WORDS


def test_our_own_mail_and_automatic_answers_change_nothing(work: Workplace) -> None:
    letter = letter_to(work, "ada")
    with work.store.read() as connection:
        ours = message_by_key(connection, letter.message_key)
    assert ours is not None
    automatic = answer_to(letter, "ada@example.org", "Question: x", Auto_Submitted="auto-replied")
    for raw in (ours.message or b"", automatic.as_bytes()):
        assert take(work, raw).outcome is Outcome.AUTOMATIC
    assert (kept(work), acknowledgements(work)) == ((0, 0, 0), [])


def test_plain_words_are_not_guessed_at(work: Workplace) -> None:
    taken = take(work, answer_to(letter_to(work, "bo"), "bo@example.org", "Thanks, see you there!").as_bytes())
    assert (taken.outcome, kept(work)) == (Outcome.FAULT, (0, 0, 0))


def test_outlooks_own_format_is_told_to_whoever_sends_it(work: Workplace) -> None:
    mail = answer_to(letter_to(work, "ada"), "ada@example.org", "See the attached minutes.")
    mail.add_attachment(b"x", maintype="application", subtype="ms-tnef", filename="winmail.dat")
    assert take(work, mail.as_bytes()).outcome is Outcome.FAULT
    (row,) = acknowledgements(work)
    with work.store.read() as connection:
        sent = message_by_key(connection, row.message_key)
    assert sent is not None
    assert b"winmail.dat" in (sent.message or b"")


# once


def test_the_same_mail_twice_counts_once(work: Workplace) -> None:
    raw = answer_to(letter_to(work, "bo"), "bo@example.org", "Idea: x").as_bytes()
    first, second = take(work, raw), take(work, raw.replace(b"Idea: x", b"Idea: y"))
    assert (first.again, second.again, second.outcome) == (False, True, Outcome.WORDS)
    assert (second.sentences, kept(work), len(acknowledgements(work))) == ((), (0, 0, 1), 1)


@pytest.mark.parametrize(("acknowledge", "expected"), [("never", 0), ("faults", 1), ("always", 2)])
def test_answers_are_answered_as_the_district_wants(work: Workplace, acknowledge: str, expected: int) -> None:
    letter, other = letter_to(work, "bo"), answering(work, acknowledge)
    take(other, answer_to(letter, "bo@example.org", "Idea: x").as_bytes())
    take(other, answer_to(letter, "bo@example.org", "Hello").as_bytes())
    assert len(acknowledgements(other)) == expected


# returned mail


def report(letter: OutboxRow, *, action: str = "failed", recipient: str = "bo@example.org") -> bytes:
    return f"""\
From: MAILER-DAEMON@mx.example.org
Message-ID: <d@mx>
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: 5.1.1

--b
Content-Type: message/rfc822

Message-ID: {letter.message_id}
Subject: The packet

--b--
""".encode()


def test_a_returned_letter_counts_as_refused(work: Workplace) -> None:
    letter = letter_to(work, "bo")
    taken = take(work, report(letter))
    assert (taken.outcome, taken.stored) == (Outcome.RETURNED, (letter.message_key,))
    assert "bo" not in taken.sentences[0].split()
    with work.store.read() as connection:
        row = message_by_key(connection, letter.message_key)
    assert row is not None
    assert (row.state, row.server_reply) == ("refused", "Came back: 5.1.1.")


@pytest.mark.parametrize("fields", [{"action": "delayed"}, {"action": "delivered"}, {"recipient": "cy@example.org"}])
def test_a_report_that_refuses_nothing_of_ours_changes_nothing(work: Workplace, fields: dict[str, str]) -> None:
    letter = letter_to(work, "bo")
    assert take(work, report(letter, **fields)).outcome is Outcome.AUTOMATIC
    with work.store.read() as connection:
        row = message_by_key(connection, letter.message_key)
    assert row is not None
    assert row.state == "sent"


def test_no_raw_reply_is_stored(work: Workplace) -> None:
    secret = "Xylophone-confidential"
    text = f"Idea: A lending shelf. For tablets. {secret} is the rest.\n\n> {secret}\n-- \n{secret}\n"
    take(work, answer_to(letter_to(work, "bo"), "bo@example.org", text).as_bytes())
    take(work, answer_to(letter_to(work, "bo", "b"), "bo@example.org", f"Hello {secret}").as_bytes())
    take(work, answer_to(None, "x@example.org", secret).as_bytes())
    with work.store.begin() as connection:
        connection.exec_driver_sql("SELECT 1")
    assert (
        secret.encode() not in work.store.path.read_bytes() + work.store.path.with_name("firstbell.db-wal").read_bytes()
    )
