"""Public pages over a real store and a real mail server: which packets stand there, when, and what they never hold."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from firstbell.briefing.public import Written, write_public
from firstbell.config.rehearsal import back_to_rehearsal
from firstbell.files import FileError
from firstbell.store.session import Store
from tests.mail.office import MEETING, MEETINGS, SEND, TEAMS, Office, open_office
from tests.unit.packet_material import FOLDER, district, local

SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
PAGE = "tech-monthly-2026-12-03.html"

pytestmark = SQLITE


@pytest.fixture
def office(store: Store, mailbox: Any, tmp_path: Path) -> Office:
    return open_office(store, mailbox, tmp_path)


def settings(office: Office, folder: Path, more: str, meetings: str = MEETINGS) -> None:
    office.folder = district(folder, district=FOLDER["district.yaml"] + more, teams=TEAMS, meetings=meetings)


def written(office: Office) -> tuple[Written, dict[str, str]]:
    done = write_public(office.work)
    return done, {path.name: path.read_text(encoding="utf-8") for path in done.folder.glob("*.html")}


def test_a_packet_is_public_once_its_meeting_has_begun(office: Office) -> None:
    office.run(SEND)
    done, pages = written(office)
    assert (done.pages, pages) == (0, {})
    office.now = MEETING
    done, pages = written(office)
    assert set(pages) == {PAGE, "index.html"}
    assert (done.pages, done.changed, done.removed) == (2, 2, 0)
    assert f'href="{PAGE}"' in pages["index.html"]
    assert "3 Dec 2026" in pages["index.html"]
    assert "Public edition" in pages[PAGE]


def test_writing_again_changes_nothing(office: Office) -> None:
    office.run(SEND)
    office.now = MEETING
    written(office)
    page = office.state / "public" / PAGE
    before = page.stat()
    done, _ = written(office)
    assert (done.pages, done.changed, done.removed) == (2, 0, 0)
    assert page.stat().st_mtime_ns == before.st_mtime_ns


def test_a_district_may_publish_before_the_meeting(office: Office, tmp_path: Path) -> None:
    settings(office, tmp_path / "open", "public: {before_meeting: true}\n")
    office.run(SEND)
    _, pages = written(office)
    assert set(pages) == {PAGE, "index.html"}


def test_a_draft_a_preview_and_a_rehearsal_are_never_public(office: Office, tmp_path: Path) -> None:
    settings(office, tmp_path / "open", "public: {before_meeting: true}\n", FOLDER["meetings.yaml"])
    back_to_rehearsal(office.state)
    office.run(SEND)
    office.now = MEETING + timedelta(days=1)
    assert office.mailbox.taken
    assert written(office)[1] == {}


def test_a_meeting_that_was_cancelled_is_taken_off_and_other_files_stay(office: Office, tmp_path: Path) -> None:
    settings(office, tmp_path / "open", "public: {before_meeting: true}\n")
    office.run(SEND)
    written(office)
    own = office.state / "public" / "about.html"
    own.write_text("<title>The district's own page</title>", encoding="utf-8")
    moved = MEETINGS + "    moves: [{original: 2026-12-03}]\n"
    settings(office, tmp_path / "called_off", "public: {before_meeting: true}\n", moved)
    office.run(SEND + timedelta(days=1))
    done, pages = written(office)
    assert (done.pages, done.removed) == (0, 2)
    assert set(pages) == {own.name}


def test_a_meeting_that_moved_keeps_its_address_and_shows_its_new_day(office: Office, tmp_path: Path) -> None:
    office.run(SEND)
    moved = MEETINGS + '    moves: [{original: 2026-12-03, to: "2026-12-10 15:30"}]\n'
    settings(office, tmp_path / "moved", "", moved)
    office.run(SEND + timedelta(days=1))
    office.now = MEETING
    assert written(office)[1] == {}
    office.now = local(12, 10, 15, 30)
    assert "10 Dec 2026" in written(office)[1][PAGE]


def test_each_language_has_its_pages_and_ways_between_them(office: Office, tmp_path: Path) -> None:
    settings(office, tmp_path / "spoken", "packet: {languages: {public: es}}\n")
    office.run(SEND)
    office.now = MEETING
    _, pages = written(office)
    english = PAGE.replace(".html", "-en.html")
    assert set(pages) == {PAGE, english, "index.html", "index-en.html"}
    assert '<html lang="es">' in pages[PAGE]
    assert "Orden del día" in pages[PAGE]
    assert f'<a href="{english}" lang="en" hreflang="en">In English</a>' in pages[PAGE]
    assert f'<a href="{PAGE}" lang="es" hreflang="es">En español</a>' in pages[english]
    assert f'href="{english}"' in pages["index-en.html"]
    for text in pages.values():
        assert all("/" not in address and ":" not in address for address in re.findall('href="([^#"]+)', text))


def test_a_folder_that_cannot_be_written_to_is_told_in_a_sentence(office: Office, tmp_path: Path) -> None:
    office.run(SEND)
    office.now = MEETING
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should stand", encoding="utf-8")
    with pytest.raises(FileError, match="blocked"):
        write_public(office.work, blocked)
