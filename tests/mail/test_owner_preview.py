"""The preview for those who own a section: their own lines, what is bad first, and a place for their word."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firstbell.delivery.dispatch import dispatch
from firstbell.review import waiting
from firstbell.review_form import ReviewError
from firstbell.store.session import Store
from tests.mail.office import DRAFT, PREVIEW, SEND, TEAMS, Office, open_office, words_of
from tests.unit.packet_material import FOLDER, backup, district, local, looks, measured

SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
OUTAGE = "outage:sso:2026-11-17T14:10:00+00:00"
OLD_BACKUP = "backup:finance"


@pytest.fixture
def office(store: Store, mailbox: Any, tmp_path: Path) -> Office:
    found = open_office(store, mailbox, tmp_path, meetings=FOLDER["meetings.yaml"])
    found.look(looks(PREVIEW), PREVIEW - timedelta(hours=1))
    found.tell("dumps", "runs", [backup("finance", local(11, 14, 2))], PREVIEW - timedelta(hours=1))
    found.tell("counts", "counts", [measured("weekly_active_teachers", 241, 284)], PREVIEW - timedelta(hours=1))
    return found


def test_each_owner_gets_the_own_lines_with_what_is_bad_first_and_nobody_else_a_mail(office: Office) -> None:
    assert "when the next preview goes out" in office.run(PREVIEW - timedelta(minutes=1))[0].sentences[0]
    (told,) = office.run(PREVIEW)
    mails = office.arrived()
    assert (told.stage, told.new, told.dispatched.sent) == ("preview", True, len(mails))
    assert {"ines@cedar.example", "theo@cedar.example"} <= set(mails)
    assert not {"pam@cedar.example", "lee@cedar.example"} & set(mails)

    text = words_of(mails["ines@cedar.example"])
    assert f"Your note: [{OUTAGE}]" in text
    assert f"Your note: [{OLD_BACKUP}]" in text
    assert text.index("WHAT IS BAD") < text.index(OUTAGE) < text.index("ALSO IN YOUR SECTION")
    assert "They count until Tue 24 Nov." in text
    assert "lines want your word" in str(mails["ines@cedar.example"]["Subject"])
    assert "theo@cedar.example" in str(mails["ines@cedar.example"]["Reply-To"])
    assert OUTAGE not in words_of(mails["theo@cedar.example"])

    (again,) = office.run(PREVIEW + timedelta(hours=1))
    assert (again.new, again.prepared, office.arrived()) == (False, 0, {})


@SQLITE
def test_a_word_on_the_preview_stands_beside_the_line_in_draft_and_packet(office: Office) -> None:
    office.run(PREVIEW)
    (open_word,) = waiting(office.work)
    assert (open_word.stage, open_word.state) == ("preview", "waiting")
    assert OUTAGE in dict(open_word.lines)
    office.review(PREVIEW, by="it_lead", lines=[{"line": OUTAGE, "text": "A switch died. It is replaced."}])
    with pytest.raises(ReviewError, match="no draft of that meeting yet; it is due Mon 23 Nov"):
        office.review(PREVIEW, word="hold")
    office.arrived()
    for moment in (DRAFT, SEND):
        office.run(moment)
        text = words_of(office.arrived()["theo@cedar.example"])
        assert "IT Lead's note: A switch died. It is replaced." in text


@SQLITE
@pytest.mark.parametrize(("edition", "shown"), [("leadership", True), ("representative", False)])
def test_a_section_without_an_owner_falls_to_the_leader_as_far_as_the_edition_shows_it(
    office: Office, tmp_path: Path, edition: str, shown: bool
) -> None:
    teams = TEAMS.replace("roles: [it_lead]", "roles: [librarian]").replace("[it_technician]", "[librarian]")
    teams = teams.replace("[team_leader, principal]}", f"[team_leader, principal], edition: {edition}}}")
    office.folder = district(tmp_path / "leader", teams=teams)
    office.run(PREVIEW)
    text = words_of(office.arrived()["theo@cedar.example"])
    assert OUTAGE in text
    assert (OLD_BACKUP in text) is shown
    assert ("Finance" in text) is shown


@SQLITE
def test_previews_are_made_up_for_with_the_draft_and_not_with_the_packet(office: Office) -> None:
    preview, draft = office.run(DRAFT)
    assert (preview.stage, draft.stage) == ("preview", "draft")
    assert preview.dispatched.sent > 0
    assert [one.stage for one in office.run(SEND)] == ["draft", "final"]


@SQLITE
def test_a_preview_that_waits_does_not_leave_after_the_packet(office: Office) -> None:
    office.mailbox.defer = frozenset({"ines@cedar.example"})
    office.run(PREVIEW)
    office.mailbox.defer = frozenset()
    office.run(SEND)
    office.taken()
    dispatch(office.store, office.transport, lambda: SEND)
    assert office.taken() == []
    assert "ines failed" in office.outbox()


@SQLITE
def test_a_packet_that_comes_first_leaves_the_preview_out(office: Office) -> None:
    assert [one.stage for one in office.run(SEND)] == ["final"]


@SQLITE
def test_every_stage_but_the_packet_may_be_switched_off(store: Store, mailbox: Any, tmp_path: Path) -> None:
    off = FOLDER["meetings.yaml"] + "    sending: {preview_days: off, draft_days: off, addendum_days: off}\n"
    office = open_office(store, mailbox, tmp_path, meetings=off)
    assert "Tue 24 Nov, 6 am, when the next packet goes out" in office.run(DRAFT)[0].sentences[0]
    with pytest.raises(ReviewError, match="switches preview and draft off"):
        office.review(DRAFT, word="hold")
    assert [one.stage for one in office.run(SEND)] == ["final"]


@SQLITE
def test_words_of_a_hostile_name_stay_words(office: Office, tmp_path: Path) -> None:
    services = FOLDER["services.yaml"].replace("name: Sign-in", 'name: "<script>x</script>\\nBcc: a@b.example"')
    hostile = open_office(office.store, office.mailbox, tmp_path / "h", FOLDER["meetings.yaml"])
    hostile.folder = district(tmp_path / "h2", teams=TEAMS, services=services)
    hostile.run(PREVIEW)
    mail = hostile.arrived()["ines@cedar.example"]
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script>x" not in html.get_content()
    assert mail["Bcc"] is None
