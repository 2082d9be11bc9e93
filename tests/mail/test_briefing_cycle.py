"""The days before a meeting over a real store and a real mail server: who gets what, when, and only once."""

from __future__ import annotations

import multiprocessing
import os
import signal
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from firstbell.briefing.freeze import frozen
from firstbell.config.rehearsal import back_to_rehearsal, go_live
from firstbell.delivery.transport import DeliveryError
from firstbell.known_meetings import known_meetings
from firstbell.meetings import MeetingError, meetings_of
from firstbell.packet.model import Packet
from firstbell.records import TEAM_SOURCE, TeamAction, TeamDecision
from firstbell.review import review, waiting
from firstbell.review_form import ReviewWord
from firstbell.store.models import ApprovalState, MessageState
from firstbell.store.outbox import mark_attempting, message_by_key, messages, sender
from firstbell.store.queries import facts_as_known
from firstbell.store.save import record_attempt, record_completion, save_facts
from firstbell.store.session import Store, open_store
from firstbell.watchdog import alarms
from tests.mail.office import (
    ADDENDUM,
    DRAFT,
    EVERYBODY,
    MEETING,
    MEETINGS,
    SEND,
    TEAMS,
    Office,
    open_office,
    opened,
    text_of,
)
from tests.unit.packet_material import FOLDER, backup, district, local, measured

SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
FORK = multiprocessing.get_context("fork")


@pytest.fixture
def office(store: Store, mailbox: Any, tmp_path: Path) -> Office:
    return open_office(store, mailbox, tmp_path)


def require_approval(office: Office, tmp_path: Path) -> None:
    meetings = FOLDER["meetings.yaml"] + "    sending: {preview_days: off, approval: required}\n"
    office.folder = district(tmp_path / "strict", teams=TEAMS, meetings=meetings)


def test_the_draft_goes_to_the_leader_and_the_packet_to_all_each_once(office: Office) -> None:
    (early,) = office.run(DRAFT - timedelta(minutes=1))
    assert early.sentences == ("Nothing is due before Mon 23 Nov, 6 am, when the next draft goes out.",)

    (draft,) = office.run(DRAFT)
    assert [address for address, _ in office.taken()] == ["theo@cedar.example"]
    assert (draft.stage, draft.new, draft.prepared, draft.dispatched.sent) == ("draft", True, 1, 1)

    (again,) = office.run(DRAFT + timedelta(hours=1))
    assert (again.new, again.prepared, again.dispatched.sent) == (False, 0, 0)

    draft_again, final = office.run(SEND)
    taken = office.taken()
    assert {address for address, _ in taken} == EVERYBODY
    assert len(taken) == 5
    assert not any(subject.startswith("Draft") for _, subject in taken)
    assert (draft_again.prepared, final.prepared, final.dispatched.sent) == (0, 5, 5)

    (later,) = office.run(SEND + timedelta(days=1))
    assert (later.stage, later.new, later.prepared, later.dispatched.sent) == ("final", False, 0, 0)
    assert office.taken() == []
    assert later.sentences == ("Final revision 1: nothing new to send.",)


@SQLITE
def test_a_team_may_do_with_draft_and_minutes(office: Office, tmp_path: Path) -> None:
    meetings = FOLDER["meetings.yaml"] + "    sending: {preview_days: off, send_days: off}\n"
    office.folder = district(tmp_path / "drafts", teams=TEAMS, meetings=meetings)
    (early,) = office.run(DRAFT - timedelta(minutes=1))
    assert early.sentences == ("Nothing is due before Mon 23 Nov, 6 am, when the next draft goes out.",)
    (draft,) = office.run(DRAFT)
    assert draft.stage == "draft"
    text = " ".join(text_of(office.mailbox.taken[0][1]).split())
    [(address, subject)] = office.taken()
    assert address == "theo@cedar.example"
    assert (
        "*** FOR THE TEAM LEADER: this is all that is written for this meeting. No packet goes to the team. ***" in text
    )
    assert "approved" not in text
    assert "DRAFT" not in f"{subject} {text}"
    [waits] = waiting(office.work)
    assert waits.sentence == "The packet is off for this series: the draft is all that goes out."
    for later in (SEND, SEND + timedelta(days=2), ADDENDUM, MEETING - timedelta(hours=1)):
        assert [one.stage for one in office.run(later)] == ["draft"]
    assert office.taken() == []
    assert [one for one in alarms(office.work) if one.key.startswith("packet/")] == []
    assert office.packet(draft.meeting_key, "final") is None


@SQLITE
def test_a_draft_alone_that_comes_late_asks_nobody_for_words_it_could_not_print(office: Office, tmp_path: Path) -> None:
    meetings = FOLDER["meetings.yaml"] + "    sending: {send_days: off}\n"
    office.folder = district(tmp_path / "drafts", teams=TEAMS, meetings=meetings)
    assert [one.stage for one in office.run(DRAFT + timedelta(days=1))] == ["draft"]
    assert [address for address, _ in office.taken()] == ["theo@cedar.example"]
    told = review(office.work, ReviewWord(team="tech", word="approve"))
    assert told.sentences == (
        "Kept, and printed nowhere: the packet is off for this series, and the draft is all that goes out.",
    )


@SQLITE
def test_a_draft_alone_is_compared_with_the_draft_before(office: Office, tmp_path: Path) -> None:
    meetings = FOLDER["meetings.yaml"] + "    sending: {preview_days: off, send_days: off}\n"
    office.folder = district(tmp_path / "drafts", teams=TEAMS, meetings=meetings)
    stages = [one.stage for now in (DRAFT, DRAFT + timedelta(days=42)) for one in office.run(now)]
    assert stages == ["draft", "draft"]
    compared = [
        frozen(office.work, one, "draft") for one in meetings_of(office.folder, "tech", office.now, lambda _: b"")
    ]
    told = [one.packet.heading.compared_with for one in compared if one is not None]
    assert told == ["", "the meeting of Thu 3 Dec"]


@SQLITE
def test_a_draft_alone_is_compared_with_the_packet_from_before_packets_were_switched_off(
    office: Office, tmp_path: Path
) -> None:
    assert [one.stage for one in office.run(SEND)][-1] == "final"
    meetings = FOLDER["meetings.yaml"] + "    sending: {preview_days: off, send_days: off}\n"
    office.folder = district(tmp_path / "drafts", teams=TEAMS, meetings=meetings)
    (draft,) = office.run(DRAFT + timedelta(days=42))
    meeting = next(one for one in known_meetings(office.work, "tech", office.now) if one.key == draft.meeting_key)
    kept = frozen(office.work, meeting, "draft")
    assert kept is not None
    assert kept.packet.heading.compared_with == "the meeting of Thu 3 Dec"


@SQLITE
def test_with_every_stage_off_nothing_is_due(office: Office, tmp_path: Path) -> None:
    off = "{preview_days: off, draft_days: off, send_days: off}"
    office.folder = district(tmp_path / "off", teams=TEAMS, meetings=FOLDER["meetings.yaml"] + f"    sending: {off}\n")
    (told,) = office.run(SEND)
    assert told.sentences == (
        "Preview, draft and packet are off for this series: nothing is sent before its meetings.",
    )
    assert office.taken() == []


@SQLITE
def test_each_reader_gets_one_mail_with_the_widest_edition_of_the_roles(office: Office) -> None:
    office.run(SEND)
    mails = dict(office.mailbox.taken)
    editions = {address: text_of(mail).split("edition")[0].split()[-1] for address, mail in mails.items()}
    assert editions == {
        "ruth@cedar.example": "Leadership",
        "theo@cedar.example": "Leadership",
        "ines@cedar.example": "Technical",
        "lee@cedar.example": "Technical",
        "pam@cedar.example": "Representative",
    }
    names = [part.get_filename() for part in opened(mails["pam@cedar.example"]).iter_attachments()]
    assert names[0] == "tech-2026-12-03-representative.pdf"
    assert "theo@cedar.example" in str(opened(mails["pam@cedar.example"])["Reply-To"])
    assert [line for line in office.outbox() if line.startswith("sam")] == []


@SQLITE
def test_a_draft_that_would_come_with_the_packet_is_left_out(office: Office) -> None:
    (final,) = office.run(SEND + timedelta(hours=3))
    assert final.stage == "final"
    assert len(office.taken()) == 5


@SQLITE
def test_a_held_packet_waits_until_it_is_approved(office: Office) -> None:
    office.run(DRAFT)
    office.taken()
    office.say(ApprovalState.HELD)
    *_, held = office.run(SEND)
    assert held.sentences == ("Held by Theo Lund; approve it to send it.",)
    assert office.taken() == []
    office.say(ApprovalState.APPROVED)
    office.run(SEND + timedelta(hours=2))
    assert len(office.taken()) == 5


@SQLITE
def test_where_approval_is_required_nothing_goes_out_without_it(office: Office, tmp_path: Path) -> None:
    require_approval(office, tmp_path)
    draft, waiting = office.run(SEND)
    assert draft.dispatched.sent == 1
    assert waiting.sentences == ("The packet waits for the approval that meetings.yaml requires.",)
    assert [address for address, _ in office.taken()] == ["theo@cedar.example"]
    office.say(ApprovalState.APPROVED)
    office.run(SEND + timedelta(hours=1))
    assert len(office.taken()) == 5


def test_a_run_for_a_past_date_uses_what_was_known_then(office: Office) -> None:
    with office.store.begin() as connection:
        save_facts(connection, "dumps", [backup("finance", local(11, 23, 2))], local(11, 23, 3))
        record_completion(connection, "dumps", "runs", local(11, 23, 3))
    office.run(DRAFT)
    with office.store.begin() as connection:
        late = [backup("buses", local(11, 23, 2)), backup("hr", local(11, 23, 2))]
        save_facts(connection, "dumps", late, local(11, 24, 3))
        record_attempt(connection, "dumps", "runs", local(11, 24, 3), error="Nobody knew this on the 23rd.")
    assert office.run(SEND)[-1].dispatched.sent == 5
    office.taken()

    (past,) = office.run(MEETING + timedelta(days=30), as_of=DRAFT)
    assert "is over: a preview of what was known on 23 Nov 2026 was written" in past.sentences[0]
    assert past.folder is not None
    text = (past.folder / "leadership.txt").read_text()
    assert "Systems backed up in time: 1 of 3" in text
    assert office.taken() == []
    evidence = (past.folder / "packet.json").read_text()
    assert "Nobody knew this" not in evidence


@SQLITE
def test_a_dry_run_keeps_and_sends_nothing(office: Office) -> None:
    (dry,) = office.run(SEND, dry_run=True)
    assert dry.sentences == ("A preview was written; nothing was kept or sent.",)
    assert dry.folder is not None
    assert {path.name for path in dry.folder.iterdir()} >= {"leadership.pdf", "representative.txt", "packet.json"}
    assert office.taken() == []
    assert office.outbox() == []
    assert office.packet("monthly/2026-12-03T21:30Z", "final") is None
    with office.store.read() as connection:
        assert facts_as_known(connection, TeamDecision, known_at=SEND) == []


@SQLITE
def test_sending_again_reaches_one_person_alone(office: Office) -> None:
    office.run(SEND)
    office.taken()
    (again,) = office.run(SEND + timedelta(hours=1), resend_to="pam")
    assert [address for address, _ in office.taken()] == ["pam@cedar.example"]
    assert again.prepared == 1
    with pytest.raises(MeetingError, match="nobody is no member"):
        office.run(resend_to="nobody")
    with pytest.raises(MeetingError, match="sam has no mail address"):
        office.run(resend_to="sam")
    assert office.run(SEND + timedelta(hours=2))[0].dispatched.sent == 0


@SQLITE
def test_what_is_sent_again_names_its_meeting_by_its_day(office: Office) -> None:
    with pytest.raises(MeetingError, match=r"No packet of tech for the meeting of Thu 3 Dec, 3:30 pm was made yet"):
        office.run(DRAFT - timedelta(days=1), resend_to="pam")


@SQLITE
def test_a_letter_that_finds_no_server_says_when_it_leaves(office: Office) -> None:
    office.run(SEND)
    office.taken()
    transport = office.transport
    office.transport = office.mailbox.transport(port=1)
    with pytest.raises(DeliveryError, match="waits and leaves with the next briefing before the meeting"):
        office.run(SEND + timedelta(hours=1), resend_to="pam")
    office.transport = transport
    office.run(SEND + timedelta(hours=2))
    assert [address for address, _ in office.taken()] == ["pam@cedar.example"]


@SQLITE
def test_a_draft_is_sent_again_to_the_leader_alone_also_while_the_packet_is_held(office: Office) -> None:
    office.run(DRAFT)
    office.say(ApprovalState.HELD)
    office.taken()
    with pytest.raises(MeetingError, match="Only the draft of that meeting was made, and pam does not lead the team"):
        office.run(SEND, resend_to="pam")
    assert office.taken() == []
    office.run(SEND, resend_to="theo")
    assert [address for address, _ in office.taken()] == ["theo@cedar.example"]


@SQLITE
def test_a_letter_that_still_waits_is_the_one_that_is_sent_again(office: Office) -> None:
    office.mailbox.defer = frozenset({"pam@cedar.example"})
    office.run(SEND)
    office.taken()
    office.mailbox.defer = frozenset()
    office.run(SEND + timedelta(hours=1), resend_to="pam")
    office.run(SEND + timedelta(hours=2))
    assert [address for address, _ in office.taken()] == ["pam@cedar.example"]
    assert office.outbox().count("pam sent") == 1


@SQLITE
def test_a_letter_that_waits_for_an_old_address_gives_way_to_one_for_the_new(office: Office, tmp_path: Path) -> None:
    office.mailbox.defer = frozenset({"pam@cedar.example"})
    office.run(SEND)
    office.taken()
    office.folder = district(tmp_path / "moved", teams=TEAMS.replace("pam@cedar", "pam.diaz@cedar"), meetings=MEETINGS)
    office.run(SEND + timedelta(hours=1), resend_to="pam")
    office.mailbox.defer = frozenset()
    office.run(SEND + timedelta(hours=2))
    assert [address for address, _ in office.taken()] == ["pam.diaz@cedar.example"]
    assert [line for line in office.outbox() if line.startswith("pam")] == ["pam failed", "pam sent"]


@SQLITE
def test_a_run_that_comes_late_prints_what_was_decided_meanwhile(office: Office) -> None:
    (draft,) = office.run(DRAFT)
    question = TeamDecision(
        team_key="tech", decision_key="D-9", meeting_key=draft.meeting_key, title="Buy the filter?", state="confirmed"
    )
    with office.store.begin() as connection:
        save_facts(connection, TEAM_SOURCE, [question], SEND + timedelta(hours=2))
    office.taken()
    office.run(SEND + timedelta(hours=3))
    text = text_of(office.mailbox.taken[0][1])
    assert "Buy the filter?" in text


@SQLITE
def test_rehearsal_sends_all_to_the_installer_and_going_live_sends_afresh(office: Office) -> None:
    (office.state / "live").unlink()
    office.run(SEND)
    taken = office.taken()
    assert {address for address, _ in taken} == {"ivy@cedar.example"}
    assert len(taken) == 6
    assert "[Rehearsal, for Sam Wood] Tech team, Thu 3 Dec, 3:30 pm" in "".join(subject for _, subject in taken)
    go_live(office.state, SEND)
    office.run(SEND + timedelta(hours=1))
    assert {address for address, _ in office.taken()} == EVERYBODY
    office.run(SEND + timedelta(hours=2))
    assert office.taken() == []


@SQLITE
def test_letters_that_wait_for_readers_do_not_leave_in_rehearsal_nor_rehearsed_ones_once_live(office: Office) -> None:
    login, wrong = office.mailbox.transport(), office.mailbox.transport(password="wrong")
    office.transport = wrong
    with pytest.raises(DeliveryError):
        office.run(SEND)
    back_to_rehearsal(office.state)
    with pytest.raises(DeliveryError):
        office.run(SEND + timedelta(hours=1))
    office.transport = login
    office.run(SEND + timedelta(hours=2))
    assert {address for address, _ in office.taken()} == {"ivy@cedar.example"}

    office.transport = wrong
    with pytest.raises(DeliveryError):
        office.run(SEND + timedelta(hours=3), resend_to="pam")
    go_live(office.state, SEND)
    office.transport = login
    office.run(SEND + timedelta(hours=4))
    assert {address for address, _ in office.taken()} == EVERYBODY


@SQLITE
def test_one_refused_address_stops_nobody_else(office: Office) -> None:
    office.mailbox.refuse = frozenset({"pam@cedar.example"})
    (final,) = office.run(SEND)
    assert {address for address, _ in office.taken()} == EVERYBODY - {"pam@cedar.example"}
    assert [key.split("/")[-2] for key in final.dispatched.refused] == ["pam"]
    assert final.sentences == ("Final revision 1: 1 refused, 4 sent.",)
    office.mailbox.refuse = frozenset()
    office.run(SEND + timedelta(hours=1))
    assert office.taken() == []


@SQLITE
def test_a_server_that_drops_after_data_leaves_it_unknown_and_is_not_asked_again(office: Office) -> None:
    office.mailbox.drop_after_data = True
    (final,) = office.run(SEND)
    assert [key.split("/")[-2] for key in final.dispatched.unknown] == ["ruth"]
    assert final.sentences == ("Final revision 1: 4 deferred, 1 unknown.",)
    office.mailbox.drop_after_data = False
    office.taken()
    (later,) = office.run(SEND + timedelta(hours=1))
    assert {address for address, _ in office.taken()} == EVERYBODY - {"ruth@cedar.example"}
    assert later.dispatched.unknown == ()
    assert f"ruth {MessageState.UNKNOWN.value}" in office.outbox()


def test_a_bad_login_leaves_the_letters_waiting_for_the_next_run(office: Office) -> None:
    office.run(DRAFT)
    office.taken()
    office.transport = office.mailbox.transport(password="wrong")
    with pytest.raises(DeliveryError):
        office.run(SEND)
    assert office.outbox().count("pam prepared") == 1
    before = office.packet("monthly/2026-12-03T21:30Z", "final")
    office.transport = office.mailbox.transport()
    *_, final = office.run(SEND + timedelta(hours=1))
    assert (final.new, final.dispatched.sent) == (False, 5)
    assert office.packet("monthly/2026-12-03T21:30Z", "final") == before


@SQLITE
def test_a_draft_that_could_not_leave_does_not_keep_the_packet_back(office: Office) -> None:
    office.transport = office.mailbox.transport(password="wrong")
    with pytest.raises(DeliveryError):
        office.run(DRAFT)
    with pytest.raises(DeliveryError):
        office.run(SEND)
    assert office.packet("monthly/2026-12-03T21:30Z", "final") is not None
    assert len(office.outbox()) == 6


@SQLITE
def test_a_letter_that_missed_its_meeting_is_not_sent_with_the_next_packet(office: Office) -> None:
    office.transport = office.mailbox.transport(password="wrong")
    with pytest.raises(DeliveryError):
        office.run(SEND)
    office.transport = office.mailbox.transport()
    told, _ = office.run(local(12, 31, 6))
    assert all("7 Jan" in subject for _, subject in office.taken())
    assert told.sentences == ("5 letters were never sent: the meeting of Thu 3 Dec had begun.",)
    with office.store.read() as connection:
        (late,) = [row for row in messages(connection, states=[MessageState.FAILED]) if row.person_key == "pam"]
    assert (late.server_reply, late.attempting_at) == ("Not sent: the meeting had begun.", None)
    assert not any("prepared" in line for line in office.outbox())


def half_sent(url: str, report: Connection) -> None:
    """A sender that is killed between taking a message and settling it."""
    store = open_store(url)
    with store.read() as connection:
        row = messages(connection)[0]
    with sender(store) as name:
        with store.begin() as connection:
            mark_attempting(connection, row.id, name, SEND)
        report.send(row.person_key)
        signal.pause()


def test_what_a_killed_sender_took_is_told_as_unknown(office: Office, url: str) -> None:
    office.transport = office.mailbox.transport(password="wrong")
    with pytest.raises(DeliveryError):
        office.run(SEND)
    listening, report = FORK.Pipe(duplex=False)
    child = FORK.Process(target=half_sent, args=(url, report))
    child.start()
    taken = listening.recv()
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    listening.close()
    report.close()
    office.transport = office.mailbox.transport()
    (final,) = office.run(SEND + timedelta(hours=1))
    assert final.dispatched.sent == 4
    assert [key.split("/")[-2] for key in final.dispatched.unknown] == [taken]
    assert f"{taken}@cedar.example" not in {address for address, _ in office.taken()}


@SQLITE
def test_a_proposal_that_nobody_spoke_on_comes_again_to_the_next_meeting(office: Office) -> None:
    moved = TeamAction(
        team_key="tech",
        action_key="A-4",
        meeting_key="monthly/2026-11-05T21:30Z",
        title="Write the recovery plan",
        state="open",
        owner_role="it_lead",
        times_moved=3,
    )
    with office.store.begin() as connection:
        save_facts(connection, TEAM_SOURCE, [moved], local(11, 6))
    for moment in (DRAFT, local(12, 28, 6)):
        (draft,) = office.run(moment)
        assert draft.stage == "draft"
        assert "1 proposed decision waits for your word" in " ".join(text_of(office.mailbox.taken[-1][1]).split())
        meeting_key = draft.meeting_key
        with office.store.read() as connection:
            (waiting,) = [one for _, one in facts_as_known(connection, TeamDecision, known_at=moment)]
        assert (waiting.meeting_key, waiting.state) == (meeting_key, "proposed")
        assert waiting.title == "A-4 Write the recovery plan: moved 3 times; staff it or drop it?"


@SQLITE
def test_a_moment_in_the_future_is_not_waited_for(office: Office) -> None:
    (nothing,) = office.run(DRAFT - timedelta(days=1), as_of=SEND)
    assert nothing.dispatched.sent == 0
    assert office.taken() == []


@SQLITE
def test_the_kept_packet_is_the_one_that_was_sent(office: Office) -> None:
    (final,) = office.run(SEND)
    meeting_key = final.meeting_key
    with office.store.read() as connection:
        keys = [row.message_key for row in messages(connection, meeting_key=meeting_key)]
        rows = [message_by_key(connection, key) for key in keys]
    assert {row and row.message for row in rows} == {mail for _, mail in office.mailbox.taken}
    meeting = next(one for one in meetings_of(office.folder, "tech", SEND, lambda _: b"") if one.key == meeting_key)
    kept = frozen(office.work, meeting, "final")
    assert kept is not None
    assert kept.packet == Packet.model_validate_json(kept.row.snapshot)
    assert kept.packet.as_of == SEND.astimezone(UTC)


@SQLITE
def test_a_changed_hour_of_the_series_makes_no_new_meeting_and_is_said_once(office: Office, tmp_path: Path) -> None:
    (before,) = office.run(SEND)
    office.taken()
    later = MEETINGS.replace("T15:30", "T16:15")
    office.folder = district(tmp_path / "later", teams=TEAMS, meetings=later)
    again, moved = office.run(SEND + timedelta(hours=1))
    said = office.taken()
    assert {address for address, _ in said} == EVERYBODY
    assert {subject for _, subject in said} == {"Addendum: Tech team, Thu 3 Dec, 4:15 pm: the meeting moved"}
    assert (again.new, again.meeting_key, again.dispatched.sent) == (False, before.meeting_key, 0)
    assert (moved.stage, moved.revision, moved.meeting_key) == ("addendum", 1, before.meeting_key)
    office.run(SEND + timedelta(hours=2))
    assert office.taken() == []
    *_, following = office.run(local(12, 31, 6))
    assert following.meeting_key == "monthly/2027-01-07T22:15Z"


@SQLITE
def test_two_meetings_of_a_team_on_one_day_share_no_folder(office: Office, tmp_path: Path) -> None:
    second = (
        "  - {key: budget, team: tech, title: Budget meeting, dates: [2026-12-03T09:00], "
        "sending: {draft_days: 10, send_days: 9}}\n"
    )
    office.folder = district(tmp_path / "two", teams=TEAMS, meetings=FOLDER["meetings.yaml"] + second)
    folders = [
        office.run(SEND, meeting=meeting)[-1].folder
        for meeting in ("budget/2026-12-03T15:00Z", "monthly/2026-12-03T21:30Z")
    ]
    assert [folder and folder.name for folder in folders] == [
        "tech-budget-2026-12-03-final-1",
        "tech-monthly-2026-12-03-final-1",
    ]


@SQLITE
def test_a_fact_that_came_late_is_a_correction_of_the_last_packet(office: Office) -> None:
    def told(active: int, at: datetime) -> None:
        with office.store.begin() as connection:
            save_facts(connection, "counts", [measured("weekly_active_teachers", active, 284)], at)
            record_completion(connection, "counts", "counts", at)

    told(241, SEND - timedelta(hours=3))
    office.run(SEND)
    told(200, SEND + timedelta(days=2))
    following = local(12, 31, 6)
    told(200, following - timedelta(hours=3))
    (final,) = office.run(following)
    assert final.folder is not None
    text = " ".join((final.folder / "leadership.txt").read_text().split())
    assert "On Thu 3 Dec we printed 241 for “Teachers who use digital tools every week”." in text
    assert "With what is known today it is 200 of 284." in text
    assert "Changed since the meeting of Thu 3 Dec".upper() in text
