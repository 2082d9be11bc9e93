"""Mail for 500 readers: drawing, writing and handing over, beside what the mail server itself takes for as many.

The readers sit in one team of the sample district: leadership, technical, representative, and representative in
Spanish. The mail server is aiosmtpd in a process of its own, on loopback and without TLS; its own time is that of
the same messages handed over on the same number of logins with no outbox. `python bench/delivery.py`
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from years import NOW, TEAM, coming, district_with  # noqa: E402 - found beside this file

from firstbell.briefing import letters as writing  # noqa: E402
from firstbell.briefing.freeze import freeze  # noqa: E402
from firstbell.briefing.gather import readers_of  # noqa: E402
from firstbell.briefing.posting import put  # noqa: E402
from firstbell.config.loaded import District  # noqa: E402
from firstbell.config.rehearsal import go_live  # noqa: E402
from firstbell.config.team import Membership, Person  # noqa: E402
from firstbell.delivery.dispatch import dispatch  # noqa: E402
from firstbell.delivery.pace import Paced  # noqa: E402
from firstbell.delivery.smtp import SmtpTransport  # noqa: E402
from firstbell.packet.model import Cover, Packet  # noqa: E402
from firstbell.packet.render import RenderedMail  # noqa: E402
from firstbell.store.outbox import NewMessage  # noqa: E402

READERS = 500
PER_LOGIN = 100
SEATS = (
    ("superintendent", "en"),
    ("it_technician", "en"),
    ("teacher_representative", "en"),
    ("parent_representative", "es"),
)
"""Roles and languages, by turns: four drawings."""


def run() -> dict[str, Any]:
    """Seconds by the clock and of CPU for each step, the count of drawings, logins and bytes."""
    with (
        tempfile.TemporaryDirectory(prefix="firstbell-bench-") as folder,
        district_with(42, Path(folder)) as sample,
        server() as (port, logins),
    ):
        go_live(sample.state, NOW)
        work = replace(sample, district=crowded(sample.district))
        meeting, previous = coming(work)
        packet = freeze(work, meeting, previous, "final", as_of=NOW, known_at=NOW)
        readers = [reader for reader in readers_of(work.district, meeting) if reader.person_key.startswith("reader")]
        wishes = sorted({(reader.edition, reader.language) for reader in readers})
        editions, drawing = timed(lambda: writing.draw(packet.packet, wishes))
        with counted() as mails:
            new, writing_time = timed(lambda: writing.letters(work, packet, readers, editions=editions))
        _, keeping = timed(lambda: put(work, new))
        way = Paced(way=relay(port), per_login=PER_LOGIN)
        before = logins()
        sent, sending = timed(lambda: dispatch(work.store, way, work.clock))
        used = logins() - before
        assert sent.sent == READERS, sent
        _, bare = timed(lambda: hand_over(port, new))
    return {
        "readers": len(new),
        "editions": len(editions),
        "mails_drawn": len(mails),
        "megabytes": sum(len(one.message) + len(one.body) for one in new) / 1e6,
        "logins": used,
        "draw": drawing,
        "write": writing_time,
        "keep": keeping,
        "send": sending,
        "server_alone": bare,
    }


def crowded(district: District) -> District:
    """The district with so many more readers in its team."""
    people, members = [], []
    for number in range(READERS):
        role, language = SEATS[number % len(SEATS)]
        key = f"reader{number}"
        people.append(Person(key=key, name=f"Reader {number}", email=f"{key}@lakeside.example", language=language))
        members.append(Membership(person=key, roles=(role,)))
    teams = [
        team.model_copy(update={"members": (*team.members, *members)}) if team.key == TEAM else team
        for team in district.teams
    ]
    return replace(district, people=(*district.people, *people), teams=tuple(teams))


@contextmanager
def counted() -> Iterator[list[str]]:
    """The editions of the mails that are drawn within the block."""
    drawn: list[str] = []
    plain = writing.render_mail

    def counting(packet: Packet, edition: str, cover: Cover | None, pages: Mapping[str, int]) -> RenderedMail:
        drawn.append(edition)
        return plain(packet, edition, cover, pages)

    writing.render_mail = counting
    try:
        yield drawn
    finally:
        writing.render_mail = plain


def hand_over(port: int, new: list[NewMessage]) -> None:
    """The same messages on as many logins, with no outbox: what the server and the wire take by themselves."""
    for begin in range(0, len(new), PER_LOGIN):
        with relay(port).open() as connection:
            for message in new[begin : begin + PER_LOGIN]:
                connection.send(message.address, message.message + message.body)


def relay(port: int) -> SmtpTransport:
    """The bench's mail server."""
    return SmtpTransport(host="127.0.0.1", port=port, security="none", sender="packets@lakeside.example")


def timed(action: Callable[[], Any]) -> tuple[Any, tuple[float, float]]:
    """What an action returns, with its seconds by the clock and of this process's CPU."""
    wall, cpu = perf_counter(), process_time()
    result = action()
    return result, (perf_counter() - wall, process_time() - cpu)


class _Sink:
    async def handle_DATA(self, *_: SMTP | Session | Envelope) -> str:  # noqa: N802 - aiosmtpd calls it by this name
        return "250 OK"


@contextmanager
def server() -> Iterator[tuple[int, Callable[[], int]]]:
    """A mail server in a process of its own: its port, and how many connections it has seen."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,))
    process.start()
    theirs.close()

    def logins() -> int:
        ours.send("logins")
        return int(ours.recv())

    try:
        yield ours.recv(), logins
    finally:
        ours.close()
        process.join()


def _serve(ours: Connection) -> None:
    asyncio.run(_serve_mail(ours))


async def _serve_mail(ours: Connection) -> None:
    loop = asyncio.get_running_loop()
    seen: list[int] = []

    def accept() -> SMTP:
        seen.append(1)
        return SMTP(_Sink(), hostname="localhost", loop=loop)

    async with await loop.create_server(accept, "127.0.0.1", 0) as listening:
        ours.send(listening.sockets[0].getsockname()[1])
        while True:
            try:
                await loop.run_in_executor(None, ours.recv)
            except EOFError:
                return
            ours.send(len(seen))


if __name__ == "__main__":
    for name, value in run().items():
        print(name, value)
