"""Five kills through real Prefect processes, one after the other on one installation; then each flow completes."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from firstbell.cli._place import Place
from firstbell.cli._prefect import ROOT, environment, free_port, server
from firstbell.clock import utc_now
from firstbell.config.rehearsal import go_live
from firstbell.store.models import MessageState
from firstbell.store.outbox import messages
from firstbell.store.session import default_url, open_store
from tests.faults.cedar import CHICAGO, FOLDER, MAIL, SOURCES, local, write_district
from tests.faults.content import broken_rules, files_of
from tests.faults.world import World

COMMAND = [sys.executable, "-c", "from firstbell.cli import app; app()", "run"]
PATIENCE_SECONDS = 90
MEETINGS = """\
series:
  - key: once
    team: tech
    title: Monthly meeting
    dates: [{at}]
"""
SECRET = """\
  - key: secret
    kind: statuspage
    title: Vendor
    settings: {url: "http://localhost:9/", service_key: sis, proxy: "env:NOT_SET_ANYWHERE"}
"""


@dataclass(frozen=True)
class Installation:
    """A district that meets tomorrow, and a Prefect server that its flows talk to."""

    place: Place
    told: dict[str, str]
    world: World

    def start(self, flow: str) -> subprocess.Popen[str]:
        """`firstbell run FLOW` in a session of its own."""
        return subprocess.Popen(
            [*COMMAND, flow],
            cwd=ROOT,
            env={**os.environ, **self.told, "FIRSTBELL_DATABASE": ""},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def complete(self, flow: str) -> str:
        """Run a flow to its end; what it said last."""
        with self.start(flow) as running:
            said, _ = running.communicate(timeout=PATIENCE_SECONDS)
        assert running.returncode == 0, said
        return said.strip().splitlines()[-1]

    def kill(self, flow: str, moment: Callable[[], object]) -> None:
        """Run a flow and kill it as soon as a moment has come."""
        with self.start(flow) as running:
            pause = Event()
            for _ in range(PATIENCE_SECONDS * 500):
                if running.poll() is not None or moment():
                    break
                pause.wait(0.002)
            os.killpg(running.pid, signal.SIGKILL)
            said, _ = running.communicate(timeout=PATIENCE_SECONDS)
        assert running.returncode == -signal.SIGKILL, said

    def count(self, statement: str) -> int:
        """A number from the store, as somebody else sees it; 0 while there is none."""
        try:
            with closing(sqlite3.connect(f"file:{self.place.state}/firstbell.db?mode=ro", uri=True)) as connection:
                return int(connection.execute(statement).fetchone()[0])
        except sqlite3.OperationalError:
            return 0

    def mails(self) -> int:
        return self.world.mails_from("packets@cedar.example").total()


@pytest.fixture
def installation(world: World, tmp_path: Path) -> Iterator[Installation]:
    now = utc_now().astimezone(CHICAGO)
    year = now.year if now.month >= 8 else now.year - 1
    years = f"    - {{name: {year}-{(year + 1) % 100:02}, first_day: {year}-08-01, last_day: {year + 1}-07-31}}\n"
    before, _, after = FOLDER["district.yaml"].partition("  class_hours:")
    district = before.partition("    - {name:")[0] + years + "  class_hours:" + after
    folder = write_district(
        tmp_path / "district",
        web=world.web,
        mail_port=world.mail_port,
        exported_at=local(11, 20, 2),
        sources=SOURCES + SECRET,
        meetings=MEETINGS.replace("{at}", f"{now + timedelta(days=1):%Y-%m-%dT16:00}"),
        district=district.replace("{sender: packets@cedar.example}", MAIL.replace("{port}", str(world.mail_port))),
    )
    place = Place(folder, tmp_path / "state")
    go_live(place.state, now)
    told = environment(place, port=free_port(0))
    with server(told, tmp_path / "server.log"):
        yield Installation(place, told, world)


@pytest.mark.timeout(400)
def test_flows_killed_five_times_complete_and_mail_nobody_twice(installation: Installation) -> None:
    read = "SELECT count(*) FROM source_state WHERE completed_at IS NOT NULL"
    installation.kill("nightly_audit", lambda: installation.count("SELECT count(*) FROM district_version"))
    installation.kill("nightly_audit", lambda: installation.count(read))
    assert installation.complete("nightly_audit") == "Sources missing: Not read to the end: secret."

    packets = installation.place.state / "packets"
    installation.kill("briefing", lambda: installation.count("SELECT count(*) FROM packet"))
    installation.kill("briefing", lambda: packets.exists() and any(packets.glob("tech*")))
    installation.kill("briefing", installation.mails)
    said = installation.complete("briefing")

    store = open_store(default_url(installation.place.state))
    with store.read() as connection:
        rows = messages(connection)
    assert broken_rules(store) == []
    store.close()
    arrived = installation.world.mails_from("packets@cedar.example")
    assert set(arrived.values()) == {1}
    assert installation.count("SELECT count(*) FROM packet") == 1
    assert sorted(row.person_key for row in rows) == ["ines", "pam", "ruth", "theo"]
    assert {row.state for row in rows} <= {MessageState.SENT, MessageState.UNKNOWN}
    unknown = {row.message_id for row in rows if row.state == MessageState.UNKNOWN}
    assert {row.message_id for row in rows} - unknown <= {message_id for _, message_id in arrived}
    assert ("Deliveries to look at" in said) == bool(unknown)
    assert len([name for name in files_of(installation.place.state) if name.startswith("packets/")]) >= 12
    again = installation.complete("briefing")
    assert "nothing new to send" in again
    assert installation.world.mails_from("packets@cedar.example") == arrived
