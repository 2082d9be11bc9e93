"""Where the telling of refused addresses is killed: letters of three teams that a mail server refused for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from firstbell.config.rehearsal import go_live
from firstbell.delivery.refusals import KIND, report_refusals
from firstbell.store.models import MessageState
from firstbell.store.outbox import NewMessage, mark_attempting, messages, prepare, sender, settle
from firstbell.store.session import Store
from firstbell.workplace import Workplace
from tasks.place import workplace_at
from tests.faults.campaign import Ground
from tests.faults.cedar import write_district
from tests.faults.content import Content
from tests.faults.jobs import SEND, set_watch

REFUSED = {"tech": ("pam", "ines"), "gone": ("zoe",), "": ("ruth",)}
"""By team: the leader is told of the first; a team that left the folder, and none, are the installer's."""


class Telling(Ground):
    """An outbox of refused letters, of which nobody was told."""

    def prepare(self) -> None:
        write_district(self.district, web=self.world.web, mail_port=self.world.mail_port)
        with workplace_at(self.district, self.folder / "pattern", self.database) as work:
            go_live(work.state, SEND)
            for team_key, people in REFUSED.items():
                for person in people:
                    _refuse(work, team_key, person)

    def run(self, state: Path, later: timedelta = timedelta()) -> None:
        with workplace_at(self.district, state, self.database) as work:
            report_refusals(set_watch(work, SEND, later), self.transport(state.name))

    def content(self, state: Path) -> Content:
        """By which report each refusal was told, and to whom each report went."""
        store = self.opened(state)
        with store.read() as connection:
            rows = messages(connection)
        store.close()
        return {"outbox": [(row.message_key, row.kind, row.address, row.reported_in) for row in rows]}

    def unsettled(self, store: Store) -> set[str]:
        with store.read() as connection:
            rows = messages(connection)
        told = [row.message_id for row in rows if row.kind != KIND and row.reported_in is None]
        waiting = [
            row.message_id
            for row in rows
            if row.kind == KIND and row.state not in (MessageState.SENT, MessageState.UNKNOWN)
        ]
        return {*told, *waiting}


def _refuse(work: Workplace, team_key: str, person: str) -> None:
    new = replace(_PLAIN, message_key=f"packet/{team_key}/{person}", team_key=team_key, person_key=person)
    with sender(work.store) as name, work.store.begin() as connection:
        row = prepare(connection, new, SEND)
        mark_attempting(connection, row.id, name, SEND)
        settle(connection, row.id, name, MessageState.REFUSED, SEND, "550 5.1.1 no such mailbox")


_PLAIN = NewMessage(
    message_key="",
    kind="packet",
    team_key="",
    meeting_key="m1",
    stage="final",
    revision=1,
    edition="leadership",
    person_key="",
    address="nobody@cedar.example",
    address_expires_on=(SEND + timedelta(days=100)).date(),
    message_id="<refused@cedar.example>",
    message=b"Subject: Packet\r\n\r\nDecide.\r\n",
)
