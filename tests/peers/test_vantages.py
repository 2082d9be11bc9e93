"""Two vantages in network namespaces of their own; one loses its way out, and the figures say who looked alone."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from firstbell.briefing.gather import gather
from firstbell.intervals import total_seconds
from firstbell.meetings import meeting_before, meetings_of, next_meeting
from firstbell.packet.agenda_vantages import vantage_lines
from firstbell.packet.compose import compose
from firstbell.packet.material import Material
from tasks.place import workplace_at
from tests.unit.config_folder import write_folder

ROOT = Path(__file__).resolve().parents[2]
SERVICE = "10.213.8.1"
"""An address beyond the networks of both vantages: reached by a route, or not at all."""
BEGINS = datetime(2026, 11, 20, 15, tzinfo=UTC)
ROUNDS = """
import sys
from datetime import datetime
from pathlib import Path
from tasks.place import workplace_at
from tasks.poll import look_round

now = None
with workplace_at(Path(sys.argv[1]), Path(sys.argv[2]), clock=lambda: now) as work:
    print("ready", flush=True)
    for line in sys.stdin:
        now = datetime.fromisoformat(line.strip())
        seen = look_round(work, sys.argv[3])
        print("down" if seen.down else "unknown" if seen.unknown else "up", flush=True)
"""
Look = Callable[[int], str]
"""Makes a vantage's round at a minute of the hour; what it saw."""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def vantage(name: str, net: int) -> Iterator[None]:
    """A namespace whose only way out is a route over a cable to this machine."""
    ours, theirs, space = f"fb{net}a", f"fb{net}b", f"firstbell-{name}"
    ip("netns", "add", space)
    try:
        ip("link", "add", ours, "type", "veth", "peer", "name", theirs, "netns", space)
        ip("addr", "add", f"10.213.{net}.1/24", "dev", ours)
        ip("link", "set", ours, "up")
        ip("-n", space, "addr", "add", f"10.213.{net}.2/24", "dev", theirs)
        ip("-n", space, "link", "set", theirs, "up")
        ip("-n", space, "link", "set", "lo", "up")
        ip("-n", space, "route", "add", "default", "via", f"10.213.{net}.1")
        yield
    finally:
        ip("netns", "del", space)


@contextmanager
def service() -> Iterator[int]:
    """A web page at the far address; its port."""
    ip("addr", "add", f"{SERVICE}/32", "dev", "lo")
    try:
        server = ThreadingHTTPServer((SERVICE, 0), Page)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()
        server.server_close()
    finally:
        ip("addr", "del", f"{SERVICE}/32", "dev", "lo")


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"welcome")

    def log_message(self, *_: Any) -> None:
        """Nothing of it belongs on the test's output."""


@contextmanager
def looking(name: str, folder: Path, state: Path) -> Iterator[Look]:
    """A process in the vantage's namespace that makes a round whenever it is asked."""
    start = ["ip", "netns", "exec", f"firstbell-{name}", sys.executable, "-c", ROUNDS, str(folder), str(state), name]
    with subprocess.Popen(start, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        asks, answers = process.stdin, process.stdout
        assert answers.readline() == "ready\n"

        def look(minute: int) -> str:
            print((BEGINS + timedelta(minutes=minute)).isoformat(), file=asks, flush=True)
            return answers.readline().strip()

        yield look
        asks.close()
        assert process.wait(30) == 0


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Half an hour of rounds from two places, of which the annex has no route from minute 10 to minute 19."""
    place = tmp_path_factory.mktemp("vantages")
    state = place / "state"
    with ExitStack() as opened:
        port = opened.enter_context(service())
        folder = write_folder(
            place / "district",
            services=f"""\
polling:
  vantage: office
  further_vantages: [{{key: annex, name: the annex, pool: firstbell_annex}}]
  control_address: {SERVICE}:{port}
services:
  - {{key: portal, name: Portal, probe: {{kind: http, url: "http://{SERVICE}:{port}/"}}, needed: always}}
""",
        )
        for name, net in (("office", 1), ("annex", 2)):
            opened.enter_context(vantage(name, net))
        with workplace_at(folder, state, clock=lambda: BEGINS):
            """Both find the store in its present layout."""
        office = opened.enter_context(looking("office", folder, state))
        annex = opened.enter_context(looking("annex", folder, state))
        assert [(office(minute), annex(minute)) for minute in range(10)] == [("up", "up")] * 10
        ip("-n", "firstbell-annex", "route", "del", "default")
        assert [(office(minute), annex(minute)) for minute in range(10, 20)] == [("up", "unknown")] * 10
        ip("-n", "firstbell-annex", "route", "add", "default", "via", "10.213.2.1")
        assert [(office(minute), annex(minute)) for minute in range(20, 30)] == [("up", "up")] * 10
    ends = BEGINS + timedelta(minutes=30)
    with workplace_at(folder, state, clock=lambda: ends) as work:
        meetings = meetings_of(work.district, "leadership", ends, work.read_calendar)
        meeting = next_meeting(meetings, ends)
        assert meeting is not None
        before = meeting_before(meetings, meeting)
        return gather(work, meeting, before, stage="draft", revision=1, as_of=ends, known_at=ends)


def test_a_lost_route_is_nobodys_outage(material: Material) -> None:
    line = material.facts.timelines["portal"]
    assert (total_seconds(line.up), total_seconds(line.down), total_seconds(line.unknown)) == (1800, 0, 0)


def test_the_packet_says_who_looked_alone(material: Material) -> None:
    (line,) = vantage_lines(material)
    assert line.text == (
        "Services were seen from this site only, 10 min in all since Fri 20 Nov, 9:10 am; the annex could not look."
    )
    packet = compose(material)
    assert line.text in [sentence.text for section in packet.sections for sentence in section.sentences]
