"""One whole cycle with injected dates: from the series over everybody's words and the minutes to the next packet."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import make_msgid
from pathlib import Path
from typing import Any

import pytest

from firstbell.briefing.cycle import Briefed
from firstbell.intake.replies import Outcome, Taken, take
from firstbell.minutes.template import minutes_template
from firstbell.packet.audience import cut
from firstbell.packet.model import Packet
from firstbell.records import TEAM_SOURCE, TeamAction
from firstbell.review import waiting
from firstbell.store.packets import latest_packet
from firstbell.store.session import Store
from tests.mail.office import (
    ADDENDUM,
    DRAFT,
    EVERYBODY,
    MEETING,
    PREVIEW,
    SEND,
    Office,
    open_office,
    words_of,
)
from tests.unit.packet_material import FOLDER, backup, local, looks, measured, seen

NIGHT = timedelta(hours=2)
NEXT = local(12, 31, 6)
"""The day on which the packet of the meeting of 7 January is due: New Year's Eve, a Thursday."""
OUTAGE = "outage:sso:2026-11-17T14:10:00+00:00"
NOTE = "A switch died. It is replaced."
PROMISE = TeamAction(
    team_key="tech",
    action_key="A-1",
    meeting_key="monthly/2026-11-05T21:30Z",
    title="Write the recovery plan",
    state="open",
    owner_role="it_lead",
    times_moved=3,
)


@pytest.fixture
def drawn_once() -> None:
    """Here every page is drawn in earnest."""


@pytest.fixture
def office(store: Store, mailbox: Any, tmp_path: Path) -> Office:
    found = open_office(store, mailbox, tmp_path, meetings=FOLDER["meetings.yaml"])
    found.tell(TEAM_SOURCE, "-", [PROMISE], local(11, 6))
    found.look(looks(PREVIEW - NIGHT), PREVIEW - NIGHT)
    found.watched = PREVIEW - NIGHT + timedelta(minutes=5)
    return found


def night(office: Office, at: datetime, last_backup: datetime) -> None:
    """What is known two hours before a moment: looks up to then, the newest good backup, a count of teachers."""
    at -= NIGHT
    assert office.watched is not None
    if at > office.watched:
        office.look([seen(service, office.watched, at) for service in ("sso", "sis")], at)
        office.watched = at + timedelta(minutes=5)
    office.tell("dumps", "runs", [backup("finance", last_backup)], at)
    office.tell("counts", "counts", [measured("weekly_active_teachers", 241, 284)], at)


def answer(office: Office, letter: EmailMessage, sender: str, text: str, attached: str = "") -> Taken:
    """What a reader answers from an ordinary mail program: own words above or between the quoted letter."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = sender, "packets@cedar.example"
    mail["Subject"] = f"Re: {letter['Subject']}"
    mail["Message-ID"] = make_msgid(domain="phone.example")
    mail["In-Reply-To"] = mail["References"] = str(letter["Message-ID"])
    mail.set_content(text)
    if attached:
        mail.add_attachment(attached.encode(), maintype="application", subtype="yaml", filename="minutes.yaml")
    return take(office.work, mail.as_bytes())


def quoted_with(letter: EmailMessage, mark: str, words: str) -> str:
    """The whole letter quoted, with words right below one of its marks."""
    part = letter.get_body(("plain",))
    assert part is not None
    lines = [f"> {line}" for line in str(part.get_content()).splitlines()]
    at = next(index for index, line in enumerate(lines) if mark in line)
    return "\n".join([*lines[: at + 1], words, *lines[at + 1 :]])


def stages(done: list[Briefed]) -> list[str]:
    return [one.stage for one in done if one.stage]


def test_a_whole_cycle_from_the_series_to_the_next_packet(office: Office) -> None:
    night(office, PREVIEW, local(11, 19, 2))
    assert stages(office.run(PREVIEW)) == ["preview"]
    previews = office.arrived()
    assert OUTAGE in words_of(previews["ines@cedar.example"])

    said = quoted_with(previews["ines@cedar.example"], f"[{OUTAGE}]", NOTE)
    taken = answer(office, previews["ines@cedar.example"], "ines@cedar.example", said)
    assert (taken.outcome, taken.stored) == (Outcome.WORDS, (OUTAGE,))

    night(office, DRAFT, local(11, 23, 2))
    office.run(DRAFT)
    draft = office.arrived()["theo@cedar.example"]
    assert "DRAFT" in str(draft["Subject"])
    assert f"IT Lead's note: {NOTE}" in words_of(draft)
    (open_word,) = waiting(office.work)
    (proposed,) = open_word.decisions
    assert "moved 3 times; staff it or drop it?" in proposed.title

    office.review(DRAFT, word="hold", note="Wait for the superintendent.")
    night(office, SEND, local(11, 24, 2))
    assert "Held by team_leader; approve it to send it." in office.run(SEND)[-1].sentences
    assert office.arrived() == {}
    office.review(SEND, word="approve", confirm=[proposed.decision_key], add=[{"title": "Renew the filter"}])
    assert "final" in stages(office.run(SEND + timedelta(hours=1)))
    packets = office.arrived()
    assert set(packets) == EVERYBODY
    for mail in packets.values():
        text = words_of(mail)
        assert "Renew the filter" in text
        assert NOTE in text

    night(office, ADDENDUM, local(11, 24, 2))
    office.review(ADDENDUM - timedelta(days=1), drop=[proposed.decision_key])
    assert stages(office.run(ADDENDUM)) == ["final", "addendum"]
    addenda = office.arrived()
    assert set(addenda) == EVERYBODY
    for address, mail in addenda.items():
        assert mail["In-Reply-To"] == packets[address]["Message-ID"]
        assert "No longer to decide" in words_of(mail)
        assert ("Finance: no good backup" in words_of(mail)) is (address != "pam@cedar.example")

    office.now = MEETING + timedelta(hours=18)
    minutes = minutes_template(office.work, "tech")
    minutes = minutes.replace(
        "decisions:", 'decisions:\n  - {decision: "2", word: decided, outcome: Yes for one year}', 1
    )
    minutes = minutes.replace(
        "new_actions:", "new_actions:\n  - {title: Order the disk, owner: it_lead, due: 2026-12-18}"
    )
    minutes = minutes.replace("ideas:", "ideas:\n  - Solar panels for the switches")
    taken = answer(office, packets["theo@cedar.example"], "theo@cedar.example", "Here they are.", minutes)
    assert taken.outcome is Outcome.MINUTES, taken.sentences

    night(office, NEXT, local(12, 31, 2))
    assert stages(office.run(NEXT)) == ["final"]
    following = office.arrived()
    assert set(following) == EVERYBODY
    folder = office.state / "packets" / "tech-monthly-2027-01-07-final-1"
    assert folder.is_dir()
    printed = frozen_text(office)
    for expected in (
        "the team decided: Renew the filter. Yes for one year.",
        "Order the disk",
        "From the last meeting: Solar panels for the switches",
        "Write the recovery plan",
    ):
        assert expected in printed
    assert office.run(NEXT + timedelta(hours=1))[-1].dispatched.sent == 0
    assert not any(line.endswith(("prepared", "unknown", "failed", "refused")) for line in office.outbox())


def frozen_text(office: Office) -> str:
    """The representative edition of the packet that went out last, as plain data."""
    with office.store.read() as connection:
        row = latest_packet(connection, "tech", "monthly/2027-01-07T21:30Z", "final")
    assert row is not None
    return cut(Packet.model_validate_json(row.snapshot), "representative").model_dump_json()
