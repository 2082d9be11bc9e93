"""After the packet: what changed materially, a meeting that moved or is not held, each said once to those concerned."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from firstbell.records import TEAM_SOURCE, BackupResult, ServiceState, TeamDecision
from firstbell.review_form import ReviewError
from firstbell.store.session import Store
from tests.mail.office import ADDENDUM, EVERYBODY, MEETING, MEETINGS, SEND, TEAMS, Office, open_office, words_of
from tests.unit.packet_material import FOLDER, backup, district, local, measured, seen

SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
NIGHT = timedelta(hours=2)
MAY_SEE_SECURITY = EVERYBODY - {"pam@cedar.example"}


@pytest.fixture
def office(store: Store, mailbox: Any, tmp_path: Path) -> Office:
    found = open_office(store, mailbox, tmp_path)
    state(found, SEND - NIGHT)
    return found


def state(office: Office, at: datetime, *, backed_up: bool = True, active: int = 241, down: bool = False) -> None:
    """What is known at a moment: a backup a night, a count, and sign-in that answered all along or was down."""
    nights = [local(11, 18, 2) + timedelta(days=day) for day in range(30)]
    runs = [
        backup("finance", night, BackupResult.OK if backed_up or night < SEND else BackupResult.FAILED)
        for night in nights
        if night < at
    ]
    office.tell("dumps", "runs", runs, at)
    office.tell("counts", "counts", [measured("weekly_active_teachers", active, 284)], at)
    five, start, morning = timedelta(minutes=5), office.watched or local(11, 6, 6), local(12, 1, 8, 10)
    parts = [
        seen("sis", start, at),
        seen("sso", start, min(at, morning - five)),
        seen("sso", max(start, morning), min(at, morning + 9 * five), ServiceState.DOWN if down else ServiceState.UP),
        seen("sso", max(start, morning + 10 * five), at),
    ]
    office.look([part for part in parts if part.first_at < part.last_at], at)
    office.watched = at + five


def sent(office: Office) -> dict[str, EmailMessage]:
    """The packet, out to everybody."""
    office.run(SEND)
    mails = office.arrived()
    assert set(mails) == EVERYBODY
    return mails


def test_where_nothing_material_changed_nothing_is_sent_and_the_run_says_so(office: Office) -> None:
    sent(office)
    state(office, ADDENDUM - NIGHT)
    *_, told = office.run(ADDENDUM)
    assert told.sentences == ("Nothing material changed since the packet of Tue 24 Nov, 6 am: no addendum.",)
    assert office.arrived() == {}
    assert office.packet("monthly/2026-12-03T21:30Z", "addendum") is None


def test_a_failed_backup_is_told_in_the_thread_to_those_who_may_see_it_and_once(office: Office) -> None:
    packets = sent(office)
    state(office, ADDENDUM - NIGHT, backed_up=False)
    assert [one.stage for one in office.run(ADDENDUM - timedelta(hours=1))] == ["final"]
    _, told = office.run(ADDENDUM)
    mails = office.arrived()
    assert set(mails) == MAY_SEE_SECURITY
    assert (told.stage, told.revision, told.dispatched.sent) == ("addendum", 1, 4)
    for address, mail in mails.items():
        assert mail["In-Reply-To"] == mail["References"] == packets[address]["Message-ID"]
        assert str(mail["Subject"]).startswith("Addendum: Tech team, Thu 3 Dec, 3:30 pm: ")
        text = words_of(mail)
        assert "Finance: no good backup since" in text
        assert text.index("CHANGED SINCE THE PACKET") < text.index("Finance")
    for later in (timedelta(hours=1), timedelta(days=1)):
        state(office, ADDENDUM + later, backed_up=False, down=True)
        office.run(ADDENDUM + later)
        assert office.arrived() == {}


@SQLITE
def test_an_outage_is_told_to_everybody_and_its_kind_can_be_left_out(office: Office, tmp_path: Path) -> None:
    sent(office)
    state(office, ADDENDUM - NIGHT, down=True)
    without = MEETINGS.replace("preview_days: off", "preview_days: off, addendum_for: [backup]")
    office.folder = district(tmp_path / "without", teams=TEAMS, meetings=without)
    assert "Nothing material changed" in office.run(ADDENDUM)[-1].sentences[0]
    office.folder = district(tmp_path / "with", teams=TEAMS, meetings=MEETINGS)
    office.run(ADDENDUM + timedelta(hours=1))
    mails = office.arrived()
    assert set(mails) == EVERYBODY
    assert "Sign-in was down 50 min in class hours on Tue 1 Dec" in words_of(mails["pam@cedar.example"])


@SQLITE
@pytest.mark.parametrize(("active", "told"), [(236, False), (180, True)])
def test_a_correction_counts_from_its_threshold_on(office: Office, active: int, told: bool) -> None:
    sent(office)
    state(office, ADDENDUM - NIGHT, active=active)
    office.run(ADDENDUM)
    mails = office.arrived()
    assert bool(mails) is told
    if told:
        text = words_of(mails["pam@cedar.example"])
        assert "On Tue 24 Nov we printed 241 for “Teachers who use digital tools every week”." in text


def decision(key: str, title: str, *, security: bool = False) -> TeamDecision:
    return TeamDecision(
        team_key="tech",
        decision_key=key,
        meeting_key="monthly/2026-12-03T21:30Z",
        title=title,
        state="confirmed",
        security=security,
    )


@SQLITE
def test_a_decision_withdrawn_after_the_packet_is_told_to_those_who_saw_it(office: Office) -> None:
    office.tell(
        TEAM_SOURCE, "-", [decision("D-1", "Buy the filter"), decision("D-2", "Close the hole", security=True)], SEND
    )
    sent(office)
    with pytest.raises(ReviewError, match="made final"):
        office.review(SEND + timedelta(days=1), word="hold")
    said = office.review(SEND + timedelta(days=1), drop=["D-2"], add=[{"title": "Borrow a filter"}])
    assert said.sentences[0] == "The packet is out: its addendum tells of this, due Wed 2 Dec, 6 am."
    office.run(ADDENDUM)
    mails = office.arrived()
    assert set(mails) == EVERYBODY
    everybody, technical = words_of(mails["pam@cedar.example"]), words_of(mails["ines@cedar.example"])
    assert "New to decide: Borrow a filter." in everybody
    assert "hole" not in everybody
    assert "No longer to decide: Close the hole." in technical
    with pytest.raises(ReviewError, match="made final"):
        office.review(ADDENDUM + timedelta(hours=1), drop=["D-1"])


def planned(office: Office, tmp_path: Path, name: str, moves: str) -> None:
    office.folder = district(tmp_path / name, teams=TEAMS, meetings=f"{MEETINGS}    moves: [{moves}]\n")


def test_a_meeting_that_moves_is_said_at_once_and_once_also_when_it_moves_back(office: Office, tmp_path: Path) -> None:
    packets = sent(office)
    planned(office, tmp_path, "later", "{original: 2026-12-03, to: 2026-12-10T14:00}")
    assert [one.stage for one in office.run(SEND + timedelta(hours=1))] == ["final", "addendum"]
    office.run(SEND + timedelta(hours=2))
    mails = office.arrived()
    assert set(mails) == EVERYBODY
    moved = mails["pam@cedar.example"]
    assert str(moved["Subject"]) == "Addendum: Tech team, Thu 10 Dec, 2 pm: the meeting moved"
    assert moved["In-Reply-To"] == packets["pam@cedar.example"]["Message-ID"]
    assert "The meeting moved: it was Thu 3 Dec, 3:30 pm and is now Thu 10 Dec, 2 pm." in words_of(moved)

    office.folder = district(tmp_path / "back", teams=TEAMS, meetings=MEETINGS)
    for hours in (3, 4):
        office.run(SEND + timedelta(hours=hours))
    back = office.arrived()["pam@cedar.example"]
    assert "it was Thu 10 Dec, 2 pm and is now Thu 3 Dec, 3:30 pm." in words_of(back)


@SQLITE
def test_what_was_told_with_a_move_is_not_told_again_the_day_before(office: Office, tmp_path: Path) -> None:
    sent(office)
    state(office, ADDENDUM - timedelta(days=1), backed_up=False)
    planned(office, tmp_path, "later", "{original: 2026-12-03, to: 2026-12-04T14:00}")
    office.run(ADDENDUM - timedelta(days=1))
    assert "Finance: no good backup" in words_of(office.arrived()["ines@cedar.example"])
    the_day_before = ADDENDUM + timedelta(days=1)
    state(office, the_day_before - NIGHT, backed_up=False, down=True)
    office.run(the_day_before)
    mails = office.arrived()
    assert set(mails) == EVERYBODY
    assert "Finance" not in words_of(mails["ines@cedar.example"])
    assert "Sign-in was down" in words_of(mails["ines@cedar.example"])


def test_a_cancelled_meeting_is_said_once_and_a_revived_one_too(office: Office, tmp_path: Path) -> None:
    sent(office)
    planned(office, tmp_path, "off", "{original: 2026-12-03}")
    for hours in (1, 2):
        office.run(SEND + timedelta(hours=hours))
    mails = office.arrived()
    assert set(mails) == EVERYBODY
    cancelled = mails["pam@cedar.example"]
    assert str(cancelled["Subject"]).endswith("the meeting is cancelled")
    said = "The meeting of Thu 3 Dec, 3:30 pm is cancelled. The next one is Thu 7 Jan, 3:30 pm."
    assert said in words_of(cancelled)
    state(office, ADDENDUM - NIGHT, backed_up=False)
    office.run(ADDENDUM)
    assert office.arrived() == {}

    office.folder = district(tmp_path / "on", teams=TEAMS, meetings=MEETINGS)
    for hours in (1, 2):
        office.run(ADDENDUM + timedelta(hours=hours))
    revived = office.arrived()
    assert set(revived) == EVERYBODY
    assert "The meeting is held after all: Thu 3 Dec, 3:30 pm." in words_of(revived["pam@cedar.example"])
    assert "Finance" not in words_of(revived["pam@cedar.example"])


ICS = """BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//Cedar Valley//Calendar//EN\r
{events}END:VCALENDAR\r
"""
EVENT = """BEGIN:VEVENT\r
UID:{day}@cedar.example\r
DTSTAMP:20260901T120000Z\r
DTSTART;TZID=America/Chicago:{day}T153000\r
DTEND;TZID=America/Chicago:{day}T170000\r
SUMMARY:Monthly meeting\r
END:VEVENT\r
"""


@SQLITE
def test_an_emptied_calendar_cancels_nothing_but_a_missing_event_does(office: Office, tmp_path: Path) -> None:
    rule = "recurrence: {rule: FREQ=MONTHLY;BYDAY=1TH, starts: 2026-09-03T15:30}"
    shared = MEETINGS.replace(rule, "ics: calendar.ics")
    office.folder = district(tmp_path / "shared", teams=TEAMS, meetings=shared)
    days = ["20261203", "20270107"]
    office.calendar = ICS.format(events="".join(EVENT.format(day=day) for day in days)).encode()
    sent(office)
    office.calendar = ICS.format(events="").encode()
    office.run(SEND + timedelta(hours=1))
    assert office.arrived() == {}
    office.calendar = ICS.format(events=EVENT.format(day=days[1])).encode()
    office.run(SEND + timedelta(hours=2))
    assert set(office.arrived()) == EVERYBODY


@SQLITE
def test_an_addendum_that_could_not_leave_leaves_later_and_not_after_the_meeting(office: Office) -> None:
    sent(office)
    state(office, ADDENDUM - NIGHT, backed_up=False)
    office.mailbox.defer = frozenset(EVERYBODY)
    office.run(ADDENDUM)
    assert office.arrived() == {}
    office.mailbox.defer = frozenset(EVERYBODY - {"theo@cedar.example"})
    office.run(ADDENDUM + timedelta(hours=1))
    assert set(office.arrived()) == {"theo@cedar.example"}
    office.mailbox.defer = frozenset()
    office.run(MEETING + timedelta(minutes=1))
    assert office.arrived() == {}


@SQLITE
def test_where_the_addendum_is_off_only_the_meeting_itself_is_told(office: Office, tmp_path: Path) -> None:
    off = FOLDER["meetings.yaml"] + "    sending: {preview_days: off, addendum_days: off}\n"
    office.folder = district(tmp_path / "off", teams=TEAMS, meetings=off)
    sent(office)
    state(office, ADDENDUM - NIGHT, backed_up=False)
    assert [one.stage for one in office.run(ADDENDUM)] == ["final"]
    assert office.arrived() == {}
    with pytest.raises(ReviewError, match="made final"):
        office.review(ADDENDUM, add=[{"title": "Borrow a filter"}])
