"""Where sending alone is killed: an outbox of prepared letters, and each way by which they may leave.

No packet is frozen or drawn, so that a kill costs some hundredths of a second, and every step between the outbox, the
way out and the world is one at which some run died.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import delete, select

from firstbell.delivery.dispatch import dispatch
from firstbell.delivery.fallback import InOrder
from firstbell.delivery.file_drop import FileDrop
from firstbell.delivery.graph import GraphTransport
from firstbell.delivery.message import Attachment, Letter
from firstbell.delivery.pace import Paced
from firstbell.delivery.smtp import SmtpTransport
from firstbell.delivery.transport import Transport
from firstbell.store.models import MessageState, OutboxRow
from firstbell.store.outbox import NewMessage, messages, prepare
from firstbell.store.schema import upgrade
from firstbell.store.session import Store, default_url, open_store
from tests.faults.campaign import Ground
from tests.faults.content import Content
from tests.faults.jobs import SEND, Watch

UNSETTLED = [MessageState.PREPARED, MessageState.ATTEMPTING]
ROUNDS = 400
"""How often a run looks again for what waits; PostgreSQL notices a killed sender only a moment later."""


@dataclass(frozen=True)
class Way:
    """A way out, made for one run's sender, and the names of those whom the letters go to."""

    opened: Callable[[Sending, str], Transport]
    people: tuple[str, ...] = ("ann", "bob", "cy", "di")
    attachment_bytes: int = 0


@dataclass(frozen=True)
class Sending(Ground):
    """An outbox that is emptied by the way that the job names."""

    @property
    def way(self) -> Way:
        return WAYS[self.job.partition("-")[0]]

    def sender(self, name: str) -> str:
        """One address for all runs where letters become files: those are compared byte by byte."""
        return super().sender("all" if self.job == "files" else name)

    @property
    def lanes(self) -> int:
        """Several runs at once need several stores; a database is one."""
        return 1 if self.database else 2

    def prepare(self) -> None:
        (self.folder / "pattern").mkdir(parents=True)
        store = self._store(self.folder / "pattern")
        upgrade(store)
        store.close()

    def warm(self) -> None:
        """Nothing: all that a run needs was imported with this module."""

    def copy(self, state: Path) -> Path:
        """The letters in the outbox of a store of their own; a database is emptied of those before."""
        shutil.rmtree(state, ignore_errors=True)
        shutil.copytree(self.folder / "pattern", state)
        store = self._store(state)
        with store.begin() as connection:
            connection.execute(delete(OutboxRow))
            for person in self.way.people:
                prepare(connection, self._letter(person, state.name), SEND)
        store.close()
        return state

    def run(self, state: Path, later: timedelta = timedelta()) -> None:
        """Empty the outbox, again and again while something waits: after an unknown outcome the rest always does."""
        store, transport, clock = self._store(state), self.way.opened(self, state.name), Watch(SEND + later)
        for _ in range(ROUNDS):
            dispatch(store, transport, clock)
            with store.read() as connection:
                if not messages(connection, states=UNSETTLED):
                    break
        store.close()

    def content(self, state: Path) -> Content:
        """Who is written to, whatever became of it."""
        store = self._store(state)
        with store.read() as connection:
            rows = sorted(connection.execute(select(OutboxRow.person_key, OutboxRow.stage)))
        store.close()
        return {"outbox": [tuple(row) for row in rows]}

    def opened(self, state: Path) -> Store:
        return self._store(state)

    def rules(self, store: Store) -> list[str]:
        """No lock stays behind a sender that is gone."""
        left = sorted((store.path.with_name(store.path.name + ".locks")).glob("*")) if store.is_sqlite else []
        return [f"the lock {path.name} is left behind" for path in left]

    def _store(self, state: Path) -> Store:
        return open_store(self.database or default_url(state))

    def _letter(self, person: str, name: str) -> NewMessage:
        key = f"packet/tech/m1/final/1/leadership/{person}/0"
        attachment = Attachment("packet.pdf", "application/pdf", bytes(self.way.attachment_bytes))
        letter = Letter(
            message_key=key,
            sender=self.sender(name),
            sender_name="Cedar",
            recipient=f"{person}@cedar.example",
            recipient_name=person,
            reply_to="",
            subject="Packet",
            text="Decide.\n",
            html="<p>Decide.</p>",
            language="en",
            list_id="tech.cedar.example",
            written_at=SEND,
            attachments=[attachment] if self.way.attachment_bytes else [],
        )
        return NewMessage(
            message_key=key,
            kind="packet",
            team_key="tech",
            meeting_key="m1",
            stage="final",
            revision=1,
            edition="leadership",
            person_key=person,
            address=letter.recipient,
            address_expires_on=(SEND + timedelta(days=100)).date(),
            message_id=letter.message_id,
            message=letter.to_bytes(),
        )

    def relay(self, name: str, port: int = 0) -> SmtpTransport:
        return SmtpTransport(
            host="localhost", port=port or self.world.mail_port, security="none", sender=self.sender(name)
        )

    def graph(self, name: str) -> GraphTransport:
        """Microsoft 365, that takes requests of some kilobytes only, so that a long letter need not be long."""
        return GraphTransport(
            tenant="contoso.example",
            client_id="0a1b2c3d-app",
            client_secret="s3cret-of-the-app",
            sender=self.sender(name),
            login_url=self.world.graph,
            graph_url=f"{self.world.graph}/v1.0",
            request_bytes=4_000,
            attachment_bytes=6_000,
            range_bytes=4_000,
            pause=lambda _: None,
        )


WAYS: dict[str, Way] = {
    "relay": Way(Sending.relay, ("ann", "bob", "cy", "di", "eve", "flo")),
    "relogin": Way(
        lambda ground, name: Paced(
            way=ground.relay(name), per_login=1, per_minute=1, pause_seconds=1, pause=lambda _: None
        )
    ),
    "greylist": Way(Sending.relay, ("ann", "grey", "cy", "grey2")),
    "silent": Way(Sending.relay, ("ann", "mute", "cy", "mute2")),
    "closed": Way(lambda ground, name: InOrder((ground.relay(name, port=9), ground.relay(name)))),
    "lost": Way(lambda ground, name: InOrder((ground.relay(name), ground.graph(name))), ("ann", "lost", "cy", "lost2")),
    "graph": Way(Sending.graph, ("ann", "busy", "cy", "busy2")),
    "long": Way(Sending.graph, ("ann", "bob", "cy"), attachment_bytes=9_000),
    "attached": Way(Sending.graph, ("ann", "bob", "cy"), attachment_bytes=5_000),
    "files": Way(lambda ground, name: FileDrop(ground.folder / name / "mail")),
}
