"""A rehearsal with several testers: each of them gets every mail, and nobody else any."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from firstbell.store.session import Store
from tests.mail.office import MEETINGS, SEND, TEAMS, Office
from tests.unit.packet_material import FOLDER, district

TESTERS = ("uma@cedar.example", "vic@cedar.example")
FILE = FOLDER["district.yaml"].replace(
    "{sender: packets@cedar.example}", f"{{sender: packets@cedar.example, rehearsal_to: [{', '.join(TESTERS)}]}}"
)


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_every_tester_gets_every_mail_of_a_rehearsal(store: Store, mailbox: Any, tmp_path: Path) -> None:
    folder = district(tmp_path / "district", teams=TEAMS, meetings=MEETINGS, district=FILE)
    office = Office(folder, store, tmp_path / "state", mailbox)
    office.run(SEND)
    taken = office.taken()
    assert Counter(address for address, _ in taken) == dict.fromkeys(TESTERS, 6)
    assert all(subject.strip().startswith("[") for _, subject in taken), taken
    office.run(SEND)
    assert office.taken() == []


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)
def test_one_tester_that_the_server_refuses_shows_in_the_outbox(store: Store, mailbox: Any, tmp_path: Path) -> None:
    mailbox.refuse = frozenset({TESTERS[1]})
    folder = district(tmp_path / "district", teams=TEAMS, meetings=MEETINGS, district=FILE)
    office = Office(folder, store, tmp_path / "state", mailbox)
    office.run(SEND)
    assert office.taken() == []
    assert {line.split()[1] for line in office.outbox()} == {"refused"}
