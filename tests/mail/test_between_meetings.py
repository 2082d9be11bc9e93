"""What leaves between meetings, over a real store and a real mail server: to whom, when, and only once."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from firstbell.actions import change_action, closed, handed_over, moved, owner_of
from firstbell.between.cycle import BetweenError, preview
from firstbell.config.rehearsal import back_to_rehearsal, go_live
from firstbell.delivery.transport import DeliveryError
from firstbell.intake.replies import Outcome, take
from firstbell.minutes.reading import minutes_from_text
from firstbell.minutes.record import record_minutes
from firstbell.records import MeetingMinutes, TeamAction, TeamDecision
from firstbell.store.history import current_team_facts
from firstbell.store.models import MessageState
from firstbell.store.session import Store, open_store
from tests.mail.between_office import MONDAY, Office, open_office, opened
from tests.unit.packet_material import FOLDER, district, local

SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
FORK = multiprocessing.get_context("fork")
HELD = "monthly/2026-11-05T21:30Z"


@pytest.fixture
def office(store: Store, mailbox: Any, tmp_path: Path) -> Office:
    return open_office(store, mailbox, tmp_path)


def action(number: int, due_on: date | None, **fields: Any) -> TeamAction:
    plain = TeamAction(
        team_key="tech",
        action_key=f"A-{number}",
        meeting_key=HELD,
        title=f"Promise {number}",
        state="open",
        owner_role="it_lead",
        opened_on=date(2026, 11, 5),
        due_on=due_on,
        first_due_on=due_on,
    )
    return replace(plain, **fields)


THURSDAY = date(2026, 11, 12)


def test_each_is_reminded_before_and_on_the_day_in_one_mail(office: Office) -> None:
    office.tell(
        action(1, THURSDAY),
        action(2, THURSDAY, person_key="ines"),
        action(3, date(2026, 11, 13), owner_role="parent_representative"),
        action(4, date(2026, 12, 20)),
        action(5, None),
        action(6, THURSDAY, state="done", closed_on=date(2026, 11, 8)),
    )
    office.run("reminder", MONDAY)
    assert "A-1 Promise 1" in office.text()
    assert "A-2 Promise 2" in office.text()
    assert office.taken() == [("ines@cedar.example", "Reminder: 2 actions, the first due Thu 12 Nov")]
    assert list(office.outbox()) == ["reminder/tech.A-1/2026-11-12/3+tech.A-2/2026-11-12/3/ines"]
    office.run("reminder", MONDAY + timedelta(hours=5))
    assert office.taken() == []
    office.run("reminder", local(11, 10, 6, 30))
    assert office.taken() == [("pam@cedar.example", "Reminder: A-3 is due Fri 13 Nov")]
    office.run("reminder", local(11, 11, 6, 30))
    assert office.taken() == []
    office.run("reminder", local(11, 12, 6, 30))
    assert office.taken() == [("ines@cedar.example", "Reminder: 2 actions, the first due today")]
    office.run("reminder", local(11, 13, 6, 30))
    assert office.taken() == [("pam@cedar.example", "Reminder: A-3 is due today")]
    assert list(office.outbox())[-1] == "reminder/tech.A-3/2026-11-13/0/pam"


def test_a_moved_date_is_reminded_anew_and_what_is_done_is_not(office: Office) -> None:
    office.tell(action(1, THURSDAY), action(2, THURSDAY))
    office.run("reminder", MONDAY)
    change_action(office.work, "A-1", lambda one: moved(one, date(2026, 11, 20), "Parts are late."))
    change_action(office.work, "A-2", lambda one: closed(one, date(2026, 11, 10)))
    office.taken()
    for day in range(10, 17):
        office.run("reminder", local(11, day, 6, 30))
    assert office.taken() == []
    office.run("reminder", local(11, 17, 6, 30))
    assert "Its date was moved once." in office.text()
    assert office.taken() == [("ines@cedar.example", "Reminder: A-1 is due Fri 20 Nov")]


@SQLITE
def test_a_day_that_is_closed_moves_earlier_and_none_leaves_on_it(office: Office) -> None:
    thanksgiving, sunday = date(2026, 11, 26), date(2026, 11, 15)
    office.tell(action(1, thanksgiving), action(2, sunday))
    days = []
    for number in range(9, 30):
        office.run("reminder", local(11, number, 6, 30))
        days += [(number, subject) for _, subject in office.taken()]
    assert days == [
        (12, "Reminder: A-2 is due Sun 15 Nov"),
        (13, "Reminder: A-2 is due Sun 15 Nov"),
        (23, "Reminder: A-1 is due Thu 26 Nov"),
        (24, "Reminder: A-1 is due Thu 26 Nov"),
    ]


@SQLITE
def test_where_nothing_ran_on_the_day_the_reminder_leaves_late_but_not_for_ever(office: Office) -> None:
    office.tell(action(1, date(2026, 11, 6)), action(2, date(2026, 11, 5)), action(3, THURSDAY))
    office.run("reminder", MONDAY)
    text = office.text()
    assert "WAS DUE" in text
    assert "A-1" in text
    assert "A-2" not in text


@SQLITE
def test_reminders_and_their_days_are_settings(office: Office) -> None:
    office.tell(action(1, THURSDAY))
    office.settings("{reminders: {send: false}}")
    office.run("reminder", MONDAY)
    office.settings("{reminders: {days_before: 0}}")
    office.run("reminder", MONDAY)
    assert office.outbox() == {}
    office.settings("{reminders: {days_before: 5, on_due_date: false}}")
    for day in (6, 9, 10, 11, 12, 13):
        office.run("reminder", local(11, day, 6, 30))
    assert [subject for _, subject in office.taken()] == ["Reminder: A-1 is due Thu 12 Nov"]


def test_in_rehearsal_all_goes_to_the_installer_and_going_live_writes_afresh(office: Office) -> None:
    back_to_rehearsal(office.state)
    office.tell(action(1, THURSDAY))
    office.run("reminder", MONDAY)
    assert office.taken() == [("ivy@cedar.example", "[Rehearsal, for Ines Roy] Reminder: A-1 is due Thu 12 Nov")]
    go_live(office.state, office.now)
    office.run("reminder")
    office.run("reminder")
    assert office.taken() == [("ines@cedar.example", "Reminder: A-1 is due Thu 12 Nov")]


def test_a_server_that_drops_after_the_message_leaves_one_of_unknown_outcome(office: Office) -> None:
    office.tell(action(1, THURSDAY))
    office.mailbox.drop_after_data = True
    done = office.run("reminder", MONDAY)
    assert len(done.dispatched.unknown) == 1
    office.mailbox.drop_after_data = False
    office.run("reminder", MONDAY + timedelta(hours=1))
    assert len(office.taken()) == 1
    assert list(office.outbox().values()) == [MessageState.UNKNOWN]


def test_what_could_not_leave_waits_and_leaves_once(office: Office) -> None:
    office.tell(action(1, THURSDAY))
    with pytest.raises(DeliveryError):
        office.run("reminder", MONDAY, password="wrong")
    assert list(office.outbox().values()) == [MessageState.PREPARED]
    change_action(office.work, "A-1", lambda one: moved(one, date(2026, 11, 11), "Sooner."))
    office.run("reminder", MONDAY + timedelta(hours=1))
    assert Counter(office.outbox().values()) == {MessageState.SENT: 2}
    office.run("reminder", MONDAY + timedelta(hours=2))
    assert len(office.taken()) == 2


def _post_in_child(url: str, office: Office, ready: Connection) -> None:
    office.store = open_store(url)
    ready.send("here")
    ready.recv()
    office.run("reminder")
    office.store.close()


def test_two_processes_at_once_send_each_reminder_once(office: Office, url: str) -> None:
    office.tell(*(action(number, THURSDAY, person_key=person) for number, person in enumerate(("ines", "pam", "ruth"))))
    office.store.close()
    children = []
    for _ in range(2):
        ours, theirs = FORK.Pipe()
        child = FORK.Process(target=_post_in_child, args=(url, office, theirs))
        child.start()
        children.append((child, ours))
    for _, pipe in children:
        assert pipe.recv() == "here"
    for _, pipe in children:
        pipe.send("go")
    for child, pipe in children:
        child.join()
        pipe.close()
        assert child.exitcode == 0
    assert Counter(address for address, _ in office.taken()) == {
        "ines@cedar.example": 1,
        "pam@cedar.example": 1,
        "ruth@cedar.example": 1,
    }


def test_whoever_left_is_not_reminded_and_the_leader_is_told_once(office: Office) -> None:
    office.tell(
        action(1, THURSDAY, person_key="zoe"),
        action(2, THURSDAY, owner_role="librarian"),
        action(3, THURSDAY, person_key="pam", owner_role="parent_representative"),
    )
    office.run("reminder", MONDAY)
    assert [address for address, _ in office.taken()] == ["pam@cedar.example"]
    office.run("ownerless", MONDAY)
    text = office.text()
    assert "ZOE HAS LEFT - A-1" not in text
    for part in ("A-1 Promise 1", "A-2 Promise 2", "--all-of OWNER", "Owners: zoe and librarian."):
        assert part in text
    assert "Promise 3" not in text
    assert office.taken() == [("theo@cedar.example", "2 actions have no owner any more")]
    office.tell(action(4, None, person_key="zoe"))
    office.run("ownerless", MONDAY + timedelta(days=1))
    assert office.taken() == [("theo@cedar.example", "1 action has no owner any more")]
    for number in (1, 4):
        change_action(office.work, f"A-{number}", lambda one: handed_over(one, new_owner(office)))
    office.run("ownerless", MONDAY + timedelta(days=2))
    office.run("reminder", local(11, 12, 6, 30))
    assert [address for address, _ in office.taken()] == ["pam@cedar.example", "ruth@cedar.example"]


def new_owner(office: Office) -> Any:
    return owner_of(office.folder, "tech", THURSDAY, "ruth")


def test_the_leader_gets_the_minutes_to_fill_in_and_can_record_them(office: Office) -> None:
    office.tell(
        action(1, THURSDAY, meeting_key="monthly/2026-10-01T20:30Z"),
        decision("filter", "confirmed"),
        decision("phones", "proposed"),
        at=local(11, 4),
    )
    office.run("minutes", local(11, 5, 18))
    assert office.outbox() == {}
    office.run("minutes", local(11, 6, 6, 30))
    mail = opened(office.mailbox.taken[-1][1])
    assert office.taken() == [("theo@cedar.example", "Minutes to fill in: Monthly meeting, Thu 5 Nov")]
    (attached,) = mail.iter_attachments()
    assert attached.get_filename() == "minutes-tech-2026-11-05.yaml"
    text = attached.get_content().decode()
    for part in (
        "#   1. Action items from the previous meeting",
        "  - ines  # ",
        "# 1. Decide filter",
        "# Proposed, not in the packet: Decide phones",
        "{action: A-1, word: open}",
    ):
        assert part in text
    assert list(office.outbox()) == [f"minutes/tech/{HELD}/theo"]
    office.run("minutes", MONDAY)
    assert office.taken() == []

    filled = (
        text.replace("# - {decision: phones, word: decided, outcome: }", "- {decision: phones, outcome: Not now.}")
        .replace("{action: A-1, word: open}", "{action: A-1, word: done}")
        .replace("new_actions:\n", "new_actions:\n  - {title: Tell families, owner: pam, objective: gradebook}\n")
        .replace("ideas:\n", "ideas:\n  - Solar panels\n")
    )
    recorded = record_minutes(office.work, *minutes_from_text(filled))
    assert recorded.opened == ("A-2",)


def decision(key: str, state: str) -> TeamDecision:
    return TeamDecision(
        team_key="tech", decision_key=key, meeting_key=HELD, title=f"Decide {key}", state=state, confirmed_by="it_lead"
    )


def test_minutes_that_came_or_a_setting_keep_the_file_back_and_a_long_past_meeting_too(office: Office) -> None:
    office.settings("{minutes_file: {send: false}}")
    office.run("minutes", local(11, 6, 6, 30))
    office.settings("{minutes_file: {days_after: 4}}")
    office.run("minutes", local(11, 6, 6, 30))
    office.run("minutes", local(11, 20, 6, 30))
    assert office.outbox() == {}
    office.now = local(11, 6, 9)
    record_minutes(office.work, *minutes_from_text("team: tech\nmeeting: 2026-11-05\n"))
    office.run("minutes", MONDAY)
    assert office.outbox() == {}


def test_a_meeting_before_a_holiday_has_its_file_on_the_next_working_day(office: Office) -> None:
    meetings = FOLDER["meetings.yaml"].replace(
        "recurrence: {rule: FREQ=MONTHLY;BYDAY=1TH, starts: 2026-09-03T15:30}", "dates: [2026-11-24T15:30]"
    )
    office.folder = district(office.state.parent / "eve", meetings=meetings)
    for day in (25, 26, 27, 28, 29):
        office.run("minutes", local(11, day, 6, 30))
    assert office.taken() == []
    office.run("minutes", local(11, 30, 6, 30))
    assert [subject for _, subject in office.taken()] == ["Minutes to fill in: Monthly meeting, Tue 24 Nov"]


@SQLITE
def test_a_preview_writes_files_and_keeps_and_sends_nothing(office: Office) -> None:
    office.tell(action(1, THURSDAY))
    office.now = MONDAY
    (reminder, minutes) = preview(office.work, "reminder"), preview(office.work, "minutes")
    assert reminder.folder is not None
    assert minutes.folder is not None
    assert {path.name for path in reminder.folder.iterdir()} == {"1-ines.html", "1-ines.txt"}
    assert {path.name for path in minutes.folder.iterdir()} == {
        "1-theo.html",
        "1-theo.txt",
        "1-minutes-tech-2026-11-05.yaml",
    }
    assert preview(office.work, "ownerless").folder is None
    assert office.outbox() == {}
    with pytest.raises(BetweenError, match="There is no mail of kind weather; there are minutes, reminder"):
        preview(office.work, "weather")


@SQLITE
def test_each_reads_in_the_language_of_the_packet_they_get(office: Office) -> None:
    folder = office.state.parent / "two-languages"
    spanish = FOLDER["district.yaml"] + "packet: {languages: {representative: es}}\n"
    office.folder = district(folder, district=spanish)
    office.tell(action(1, THURSDAY), action(2, THURSDAY, owner_role="parent_representative"))
    office.run("reminder", MONDAY)
    subjects = dict(office.taken())
    assert subjects["ines@cedar.example"] == "Reminder: A-1 is due Thu 12 Nov"
    assert subjects["pam@cedar.example"].startswith("Recordatorio: A-2 vence")


def test_the_minutes_come_back_as_an_answer_with_the_file_filled_in(office: Office) -> None:
    inbox = "{address: answers@cedar.example, host: localhost, username: answers, password: env:INBOX_PASSWORD}"
    text = FOLDER["district.yaml"].replace(
        "sender: packets@cedar.example", f"sender: packets@cedar.example, inbox: {inbox}"
    )
    office.folder = district(office.state.parent / "answering", district=text)
    office.run("minutes", local(11, 6, 6, 30))
    assert "Hand it in by answering this mail with the file attached" in office.text()
    ours = opened(office.mailbox.taken[-1][1])
    assert ours["Reply-To"] == "answers@cedar.example"
    (attached,) = ours.iter_attachments()
    filled = attached.get_content().decode().replace("  - pam", "  # - pam").replace("note:", "note: It was short.")
    answer = EmailMessage(policy=SMTP)
    answer["From"], answer["To"], answer["Subject"] = "theo@cedar.example", ours["Reply-To"], f"Re: {ours['Subject']}"
    answer["In-Reply-To"], answer["Message-ID"] = ours["Message-ID"], "<1@phone.example>"
    answer.set_content("Here it is.")
    answer.add_attachment(filled.encode(), maintype="application", subtype="yaml", filename="minutes.yaml")
    taken = take(office.work, answer.as_bytes())
    assert (taken.outcome, taken.stored) == (Outcome.MINUTES, (f"tech/{HELD}",))
    with office.store.read() as connection:
        (minutes,) = current_team_facts(connection, MeetingMinutes)
    assert (minutes.note, minutes.attended) == ("It was short.", ("ruth", "theo", "ines", "sam"))
