"""An installation between two meetings: its clock stands where a test puts it, its mail goes to a real server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from firstbell.between.cycle import Posted, post
from firstbell.config.loaded import District
from firstbell.config.rehearsal import go_live
from firstbell.records import TEAM_SOURCE, Record
from firstbell.store.outbox import messages
from firstbell.store.save import save_facts
from firstbell.store.session import Store
from firstbell.workplace import Workplace
from tests.unit.packet_material import FEEDS, FOLDER, district, local

MONDAY = local(11, 9, 6, 30)


@dataclass
class Office:
    """One installation whose clock stands where a test puts it, and the mail server it writes to."""

    folder: District
    store: Store
    state: Path
    mailbox: Any
    now: datetime = MONDAY

    @property
    def work(self) -> Workplace:
        return Workplace(
            district=self.folder,
            store=self.store,
            state=self.state,
            feeds=FEEDS,
            read_calendar=lambda _: b"",
            clock=lambda: self.now,
        )

    def run(self, kind: str, now: datetime | None = None, **transport: Any) -> Posted:
        """What the flow's step does at a moment."""
        self.now = now or self.now
        return post(self.work, self.mailbox.transport(**transport), kind)

    def taken(self) -> list[tuple[str, str]]:
        """What arrived since the last look: address and subject."""
        found = [(address, str(opened(mail)["Subject"])) for address, mail in self.mailbox.taken]
        self.mailbox.taken.clear()
        return sorted(found)

    def text(self) -> str:
        """The last mail's text part as one line."""
        part = opened(self.mailbox.taken[-1][1]).get_body(("plain",))
        assert part is not None
        return " ".join(str(part.get_content()).split())

    def tell(self, *records: Record, at: datetime | None = None) -> None:
        with self.store.begin() as connection:
            save_facts(connection, TEAM_SOURCE, records, at or local(11, 6))

    def outbox(self) -> dict[str, str]:
        with self.store.read() as connection:
            return {row.message_key: row.state for row in messages(connection)}

    def settings(self, text: str) -> None:
        """The same district with a `between_meetings` section."""
        folder = self.state.parent / f"district-{len(text)}"
        changed = FOLDER["district.yaml"] + f"between_meetings: {text}\n"
        self.folder = district(folder, district=changed)


def opened(mail: bytes) -> EmailMessage:
    parsed = message_from_bytes(mail, policy=SMTP)
    assert isinstance(parsed, EmailMessage)
    return parsed


def open_office(store: Store, mailbox: Any, tmp_path: Path) -> Office:
    """A district that is live."""
    go_live(tmp_path / "state", MONDAY)
    return Office(district(tmp_path / "district"), store, tmp_path / "state", mailbox)
