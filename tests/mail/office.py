"""One installation with a mail server of its own, whose clock stands where a test puts it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from firstbell.briefing.cycle import Briefed, BriefingWish, brief
from firstbell.config.loaded import District
from firstbell.config.rehearsal import go_live
from firstbell.delivery.smtp import SmtpTransport
from firstbell.knowledge import PROBES
from firstbell.records import ObservationInterval, Record
from firstbell.review import Reviewed, review
from firstbell.review_form import word_of
from firstbell.store.interval_history import save_intervals
from firstbell.store.models import ApprovalState
from firstbell.store.outbox import messages
from firstbell.store.packets import latest_packet, save_approval
from firstbell.store.save import record_completion, save_facts
from firstbell.store.session import Store
from firstbell.workplace import Workplace
from tests.unit.packet_material import FEEDS, FOLDER, district, local

TEAMS = (
    FOLDER["teams.yaml"]
    .replace("  - {key: sam,", "  - {key: lee, name: Lee Moss, email: lee@cedar.example}\n  - {key: sam,")
    .replace(
        "      - {person: sam,",
        "      - {person: lee, roles: [teacher_representative]}\n      - {person: lee, roles: [it_technician]}\n"
        "      - {person: sam,",
    )
)
PREVIEW, DRAFT, SEND = local(11, 20, 6), local(11, 23, 6), local(11, 24, 6)
ADDENDUM, MEETING = local(12, 2, 6), local(12, 3, 15, 30)
EVERYBODY = {f"{person}@cedar.example" for person in ("ruth", "theo", "ines", "pam", "lee")}
MEETINGS = FOLDER["meetings.yaml"] + "    sending: {preview_days: off}\n"
"""Without the owners' previews, which have tests of their own."""


@dataclass
class Office:
    """One installation whose clock stands where a test puts it, and the mail server it writes to."""

    folder: District
    store: Store
    state: Path
    mailbox: Any
    now: datetime = DRAFT
    calendar: bytes = b""
    watched: datetime | None = None
    transport: SmtpTransport = field(init=False)

    def __post_init__(self) -> None:
        self.transport = self.mailbox.transport()

    @property
    def work(self) -> Workplace:
        return Workplace(
            district=self.folder,
            store=self.store,
            state=self.state,
            feeds=FEEDS,
            read_calendar=lambda _: self.calendar,
            clock=lambda: self.now,
        )

    def run(self, now: datetime | None = None, as_of: datetime | None = None, **wish: Any) -> list[Briefed]:
        """What the briefing flow does at a moment."""
        self.now = now or self.now
        return brief(self.work, self.transport, BriefingWish(team_key="tech", as_of=as_of, **wish))

    def taken(self) -> list[tuple[str, str]]:
        """What arrived since the last look: address and subject."""
        found = [(address, str(opened(head_of(mail))["Subject"])) for address, mail in self.mailbox.taken]
        self.mailbox.taken.clear()
        return found

    def outbox(self) -> list[str]:
        with self.store.read() as connection:
            return [f"{row.person_key} {row.state}" for row in messages(connection)]

    def say(self, state: ApprovalState) -> None:
        with self.store.read() as connection:
            draft = messages(connection)[0]
        packet = self.packet(draft.meeting_key, "draft")
        assert packet is not None
        with self.store.begin() as connection:
            save_approval(connection, packet, state, "Theo Lund", self.now)

    def tell(self, source: str, stream: str, records: Iterable[Record], at: datetime) -> None:
        """A whole read of a source: what it told, and that it came to its end."""
        with self.store.begin() as connection:
            save_facts(connection, source, records, at)
            record_completion(connection, source, stream, at)

    def look(self, intervals: Iterable[ObservationInterval], at: datetime) -> None:
        """What our own looks came to."""
        with self.store.begin() as connection:
            save_intervals(connection, PROBES, intervals, at)
            record_completion(connection, PROBES, "looks", at)

    def review(self, now: datetime, **word: Any) -> Reviewed:
        """A person's word, by form or command line."""
        self.now = now
        return review(self.work, word_of({"team": "tech", **word}))

    def arrived(self) -> dict[str, EmailMessage]:
        """What arrived since the last look, by address; nobody got two."""
        found = {address: opened(mail) for address, mail in self.mailbox.taken}
        assert len(found) == len(self.mailbox.taken)
        self.mailbox.taken.clear()
        return found

    def packet(self, meeting_key: str, stage: str) -> int | None:
        with self.store.read() as connection:
            row = latest_packet(connection, "tech", meeting_key, stage)
        return row.id if row else None


def opened(mail: bytes) -> EmailMessage:
    parsed = message_from_bytes(mail, policy=SMTP)
    assert isinstance(parsed, EmailMessage)
    return parsed


def head_of(mail: bytes) -> bytes:
    """A mail without its body, which is long to read."""
    head, blank, _ = mail.partition(b"\r\n\r\n")
    return head + blank


def text_of(mail: bytes) -> str:
    part = opened(mail).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def words_of(mail: EmailMessage) -> str:
    """A mail's text part on one line."""
    part = mail.get_body(("plain",))
    assert part is not None
    return " ".join(str(part.get_content()).split())


def open_office(store: Store, mailbox: Any, folder: Path, meetings: str = MEETINGS, teams: str = TEAMS) -> Office:
    """A new installation that went live long ago."""
    go_live(folder / "state", DRAFT)
    return Office(district(folder / "district", teams=teams, meetings=meetings), store, folder / "state", mailbox)
