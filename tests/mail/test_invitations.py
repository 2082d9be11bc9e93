"""Own calendar invitations: asked for once, changed by sequence, taken back, and never twice for the same sequence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import icalendar
import pytest

from firstbell.config.rehearsal import go_live
from firstbell.delivery.invitation import Invitation
from firstbell.store.session import Store
from tests.mail.office import EVERYBODY, MEETINGS, SEND, TEAMS, Office, open_office, words_of
from tests.unit.packet_material import district, local

SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
INVITED = MEETINGS.replace("preview_days: off", "preview_days: off, invitation_days: 45")
EARLY = local(10, 5, 6)


@pytest.fixture
def office(store: Store, mailbox: Any, tmp_path: Path) -> Office:
    return open_office(store, mailbox, tmp_path, meetings=INVITED)


def event_of(mail: EmailMessage) -> tuple[str, Any]:
    """The method and the event of a mail's calendar part, which has to be read as such."""
    (part,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    assert part.get_param("method") is not None
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    calendar = icalendar.Calendar.from_ical(content)
    assert calendar["METHOD"] == part.get_param("method")
    (event,) = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), event


def move(office: Office, tmp_path: Path, name: str, moves: str = "") -> None:
    text = INVITED + (f"    moves: [{moves}]\n" if moves else "")
    office.folder = district(tmp_path / name, teams=TEAMS, meetings=text)


def test_everybody_is_asked_once_to_each_meeting_within_the_days(office: Office) -> None:
    (_, told) = office.run(EARLY)
    assert told.sentences == ("Calendar invitations: 5 sent.",)
    mails = office.arrived()
    assert set(mails) == EVERYBODY
    method, event = event_of(mails["pam@cedar.example"])
    assert (method, event["SEQUENCE"], event["STATUS"]) == ("REQUEST", 0, "CONFIRMED")
    assert event["DTSTART"].dt == datetime(2026, 11, 5, 21, 30, tzinfo=UTC)
    assert event["DTEND"].dt == datetime(2026, 11, 5, 23, 0, tzinfo=UTC)
    assert (event["SUMMARY"], event["LOCATION"]) == ("Monthly meeting", "Board room")
    assert str(event["ATTENDEE"]) == "mailto:pam@cedar.example"
    assert event["ATTENDEE"].params["CN"] == "Pam Diaz"
    assert {event_of(mail)[1]["UID"] for mail in mails.values()} == {event["UID"]}
    assert "When: Thu 5 Nov, 3:30 pm to 5 pm." in words_of(mails["pam@cedar.example"])
    office.run(EARLY + timedelta(hours=1))
    assert office.arrived() == {}
    office.run(EARLY + timedelta(days=14))
    december = office.arrived()
    assert set(december) == EVERYBODY
    assert event_of(december["pam@cedar.example"])[1]["UID"] != event["UID"]


def test_a_move_grows_the_sequence_and_a_cancellation_takes_back(office: Office, tmp_path: Path) -> None:
    office.run(EARLY)
    uid = event_of(office.arrived()["pam@cedar.example"])[1]["UID"]
    steps = (
        ("later", "{original: 2026-11-05, to: 2026-11-06T09:00}", "REQUEST", 1, local(11, 6, 9)),
        ("off", "{original: 2026-11-05}", "CANCEL", 2, local(11, 6, 9)),
        ("on", "", "REQUEST", 3, local(11, 5, 15, 30)),
    )
    for hours, (name, moves, method, sequence, begins) in enumerate(steps, 1):
        move(office, tmp_path, name, moves)
        for again in (0, 1):
            office.run(EARLY + timedelta(hours=2 * hours + again))
        mails = office.arrived()
        assert set(mails) == EVERYBODY
        for mail in mails.values():
            told, event = event_of(mail)
            assert (told, event["SEQUENCE"], event["UID"]) == (method, sequence, uid)
            assert event["DTSTART"].dt == begins
            assert event["STATUS"] == ("CANCELLED" if method == "CANCEL" else "CONFIRMED")


@SQLITE
def test_who_joins_later_is_asked_then_and_who_was_never_asked_is_not_called_off(
    office: Office, tmp_path: Path
) -> None:
    office.folder = district(tmp_path / "few", teams=TEAMS.replace("email: pam@cedar.example", ""), meetings=INVITED)
    office.run(EARLY)
    assert set(office.arrived()) == EVERYBODY - {"pam@cedar.example"}
    move(office, tmp_path, "off", "{original: 2026-11-05}")
    office.run(EARLY + timedelta(hours=1))
    assert set(office.arrived()) == EVERYBODY - {"pam@cedar.example"}
    move(office, tmp_path, "on")
    office.run(EARLY + timedelta(hours=2))
    assert set(office.arrived()) == EVERYBODY


@SQLITE
def test_an_invitation_that_waits_gives_way_to_the_changed_one(office: Office, tmp_path: Path) -> None:
    office.mailbox.defer = frozenset({"pam@cedar.example"})
    office.run(EARLY)
    office.arrived()
    office.mailbox.defer = frozenset()
    move(office, tmp_path, "later", "{original: 2026-11-05, to: 2026-11-06T09:00}")
    office.run(EARLY + timedelta(hours=1))
    assert event_of(office.arrived()["pam@cedar.example"])[1]["SEQUENCE"] == 1
    assert "pam failed" in office.outbox()


@SQLITE
def test_rehearsed_invitations_go_to_the_installer_and_real_ones_follow(office: Office) -> None:
    (office.state / "live").unlink()
    office.run(EARLY)
    rehearsed = [address for address, _ in office.taken()]
    assert set(rehearsed) == {"ivy@cedar.example"}
    go_live(office.state, EARLY)
    office.run(EARLY + timedelta(hours=1))
    assert set(office.arrived()) == EVERYBODY


@SQLITE
def test_without_the_setting_nobody_is_asked(office: Office, tmp_path: Path) -> None:
    office.folder = district(tmp_path / "none", teams=TEAMS, meetings=MEETINGS)
    office.run(EARLY)
    assert office.arrived() == {}


@SQLITE
def test_an_invited_meeting_gets_its_packet_as_any_other(office: Office) -> None:
    office.run(SEND)
    assert {subject.partition(":")[0] for _, subject in office.taken()} >= {"Invitation", "Tech team, Thu 3 Dec, 3"}


def test_hostile_names_stay_inside_their_field() -> None:
    invitation = Invitation(
        uid="1@cedar.example",
        sequence=0,
        starts_at=EARLY,
        ends_at=EARLY + timedelta(hours=1),
        title="Board\r\nATTENDEE:mailto:evil@b.example",
        place='Room "1"; BYDAY, x',
        organizer="packets@cedar.example",
        organizer_name='Cedar "Valley"\r\nX: y',
        attendee="pam@cedar.example",
        attendee_name="Pam; Diaz: x",
        written_at=EARLY,
    )
    part = invitation.part()
    (event,) = icalendar.Calendar.from_ical(part.content).walk("VEVENT")
    assert event["SUMMARY"] == "Board ATTENDEE:mailto:evil@b.example"
    assert event["LOCATION"] == 'Room "1"; BYDAY, x'
    assert str(event["ATTENDEE"]) == "mailto:pam@cedar.example"
    assert event["ATTENDEE"].params["CN"] == "Pam; Diaz: x"
    assert event["ORGANIZER"].params["CN"] == "Cedar 'Valley' X: y"
    assert all(len(line) <= 75 for line in part.content.split(b"\r\n"))
    assert invitation.part() == part
