"""Readers who read another language: their mail, its files and an addendum in it; the others' as before."""

from __future__ import annotations

import io
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from firstbell.store.session import Store
from tests.mail.office import MEETINGS, SEND, TEAMS, Office, open_office, words_of
from tests.unit.packet_material import FOLDER, district, local

SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
PAM, THEO, RUTH = "pam@cedar.example", "theo@cedar.example", "ruth@cedar.example"

pytestmark = SQLITE


@pytest.fixture
def office(store: Store, mailbox: Any, tmp_path: Path) -> Office:
    found = open_office(store, mailbox, tmp_path)
    spoken(found, tmp_path / "spoken", MEETINGS)
    return found


def spoken(office: Office, folder: Path, meetings: str) -> None:
    """The representatives' edition in Spanish, and the superintendent reads Spanish."""
    settings = FOLDER["district.yaml"] + "packet: {languages: {representative: es}}\n"
    teams = TEAMS.replace("{key: ruth,", "{key: ruth, language: es,")
    office.folder = district(folder, district=settings, teams=teams, meetings=meetings)


def language_of(mail: EmailMessage) -> str:
    """What the mail, or a part of it, says of its language."""
    return next(str(part["Content-Language"]) for part in mail.walk() if part["Content-Language"])


def test_each_reader_gets_the_edition_in_the_language_that_edition_or_person_names(office: Office) -> None:
    office.run(SEND)
    mails = office.arrived()
    assert {address: language_of(mails[address]) for address in (PAM, THEO, RUTH)} == {
        PAM: "es",
        THEO: "en",
        RUTH: "es",
    }
    assert "nada que decidir" in str(mails[PAM]["Subject"])
    assert "nothing to decide" in str(mails[THEO]["Subject"])
    assert "Edición para representantes, no reenviar" in words_of(mails[PAM])
    assert "Para usted, Representante de las familias:" in words_of(mails[PAM])
    assert "Edición para la dirección" in words_of(mails[RUTH])
    assert "Leadership edition" in words_of(mails[THEO])
    for address, language in ((PAM, "es"), (THEO, "en")):
        for part in mails[address].iter_attachments():
            with pikepdf.open(io.BytesIO(part.get_content())) as pdf:
                assert str(pdf.Root.Lang) == language


def test_the_files_hold_each_edition_in_its_own_language_and_in_those_of_its_readers(office: Office) -> None:
    done = office.run(SEND)
    (folder,) = [one.folder for one in done if one.folder is not None]
    assert "Edición para representantes" in (folder / "representative.txt").read_text(encoding="utf-8")
    assert "Leadership edition" in (folder / "leadership.txt").read_text(encoding="utf-8")
    assert "Edición para la dirección" in (folder / "leadership-es.txt").read_text(encoding="utf-8")
    assert not (folder / "representative-es.txt").exists()


def test_an_addendum_speaks_each_readers_language(office: Office, tmp_path: Path) -> None:
    office.run(SEND)
    office.arrived()
    spoken(office, tmp_path / "moved", MEETINGS + '    moves: [{original: 2026-12-03, to: "2026-12-10 15:30"}]\n')
    office.run(local(11, 30, 6))
    mails = office.arrived()
    assert str(mails[PAM]["Subject"]).endswith("la reunión cambió de fecha")
    assert "La reunión cambió: era el jue 3 dic, 3:30 pm y ahora es el jue 10 dic, 3:30 pm." in words_of(mails[PAM])
    assert "The meeting moved" in words_of(mails[THEO])
    spoken(office, tmp_path / "called_off", MEETINGS + "    moves: [{original: 2026-12-03}]\n")
    office.run(local(12, 1, 6))
    mails = office.arrived()
    assert "La reunión del jue 10 dic, 3:30 pm se canceló." in words_of(mails[PAM])
    assert language_of(mails[PAM]) == "es"
    assert "is cancelled" in words_of(mails[THEO])
