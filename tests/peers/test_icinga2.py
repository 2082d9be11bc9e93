"""A real Icinga 2 whose check of a real web server fails for a while."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trustme

from connectors import get
from connectors._base import Complete, Connector, Doubtful, FetchRequest, SourceContext
from connectors._errors import AuthError, SettingsError, UnavailableError
from firstbell.records import ObservationInterval, ServiceState
from tests.peers.running import Process, free_port, nginx, running, wait_until

PASSWORD = "a long password"
UP, DOWN, UNKNOWN, DEGRADED = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN, ServiceState.DEGRADED
CONFIGURATION = """\
const NodeName = "localhost"
const ZoneName = NodeName
const PluginDir = "/usr/lib/nagios/plugins"
const ManubulonPluginDir = PluginDir
const PluginContribDir = PluginDir
include <itl>
include <plugins>
object Endpoint NodeName {{}}
object Zone ZoneName {{ endpoints = [ NodeName ] }}
object CheckerComponent "checker" {{}}
object IcingaApplication "app" {{}}
object ApiListener "api" {{ bind_host = "127.0.0.1"; bind_port = {port} }}
object ApiUser "firstbell" {{
  password = "{password}"
  permissions = [ "objects/query/Host", "objects/query/Service", "objects/query/Downtime", "status/query" ]
}}
object ApiUser "blind" {{ password = "{password}"; permissions = [ "status/query" ] }}
object ApiUser "planner" {{ password = "{password}"; permissions = [ "actions/schedule-downtime", "objects/query/*" ] }}
template Host "quick" {{ check_interval = 1; retry_interval = 1; max_check_attempts = 3 }}
template Service "quick" {{ check_interval = 1; retry_interval = 1; max_check_attempts = 3 }}
object Host "web" {{ import "quick"; check_command = "dummy"; vars.dummy_state = 0 }}
object Host "far" {{ import "quick"; check_command = "dummy"; vars.dummy_state = 2 }}
object Host "silent" {{ check_command = "passive"; enable_active_checks = false }}
object Service "http" {{
  import "quick"
  host_name = "web"
  check_command = "http"
  vars.http_address = "127.0.0.1"
  vars.http_port = {page}
}}
object Service "slow" {{ import "quick"; host_name = "web"; check_command = "dummy"; vars.dummy_state = 1 }}
object Service "behind" {{ import "quick"; host_name = "far"; check_command = "dummy"; vars.dummy_state = 2 }}
"""
FOLDERS = {"DataDir": "data", "LogDir": "log", "CacheDir": "cache", "SpoolDir": "spool", "InitRunDir": "run"}


@dataclass
class Peer:
    """An Icinga that watched a page go down and come back, and the reads made meanwhile."""

    folder: Path
    port: int
    reads: dict[str, list[Any]]
    happened: dict[str, datetime]

    def connector(self, **changes: Any) -> Connector:
        told: dict[str, Any] = {
            "url": f"https://localhost:{self.port}/",
            "ca_bundle": str(self.folder / "data/certs/ca.crt"),
            "user": "firstbell",
            "password": PASSWORD,
            "services": {"page": "web!http", "slow": "web!slow", "behind": "far!behind", "web": "web", "far": "far"},
        }
        kind = get("icinga2")
        return kind(
            kind.Settings(**(told | changes)), SourceContext("icinga", ZoneInfo("America/Chicago"), self.folder)
        )

    def read(self, name: str, after: str = "") -> list[Any]:
        """Read as a night does, going on after an earlier read, and keep what came."""
        states = {"looks": self.reads[after][-1].state} if after else {}
        self.reads[name] = list(self.connector().fetch(FetchRequest(states=states)))
        return self.reads[name]

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Icinga's own word, asked past the connector; None while it does not answer."""
        login = base64.b64encode(f"planner:{PASSWORD}".encode()).decode()
        request = urllib.request.Request(
            f"https://localhost:{self.port}/v1/{path}",
            data=json.dumps(body).encode() if body else None,
            headers={"Authorization": f"Basic {login}", "Accept": "application/json"},
        )
        trusted = ssl.create_default_context(cafile=str(self.folder / "data/certs/ca.crt"))
        try:
            with urllib.request.urlopen(request, timeout=10, context=trusted) as answer:
                return json.load(answer)["results"]
        except (urllib.error.URLError, OSError):
            return None

    def state(self, name: str, state: int, hard: int = 1) -> bool:
        rows = self.ask(f"objects/services/{name}")
        told = rows[0]["attrs"] if rows else {}
        return (told.get("state"), told.get("state_type"), told.get("last_check", -1) > 0) == (state, hard, True)

    def looked_after(self, moment: float) -> bool:
        rows = self.ask("objects/services/web!http")
        return bool(rows and rows[0]["attrs"]["last_check"] > moment)


def certify(folder: Path) -> None:
    certificates = folder / "data/certs"
    certificates.mkdir(parents=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(certificates / "ca.crt")
    own = authority.issue_cert("localhost", common_name="localhost")
    own.cert_chain_pems[0].write_to_path(certificates / "localhost.crt")
    own.private_key_pem.write_to_path(certificates / "localhost.key")


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    folder = tmp_path_factory.mktemp("icinga")
    found = Peer(folder, free_port(), {}, {})
    page = free_port()
    for name in (*FOLDERS.values(), "conf"):
        (folder / name).mkdir()
    certify(folder)
    told = CONFIGURATION.format(port=found.port, page=page, password=PASSWORD)
    (folder / "conf/icinga2.conf").write_text(told)
    words = ["icinga2", "daemon", "-c", str(folder / "conf/icinga2.conf")]
    words += [f"-DConfiguration.{name}={folder / place}" for name, place in FOLDERS.items()]
    words += ["-DConfiguration.RunAsUser=root", "-DConfiguration.RunAsGroup=root"]
    log = folder / "icinga2.log"
    environment = {"ICINGA2_USER": "root", "ICINGA2_GROUP": "root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    with ExitStack() as stack:
        serving = stack.enter_context(ExitStack())
        serving.enter_context(nginx(folder, page))
        watching = stack.enter_context(running(words, log, environment))

        def seen(name: str, state: int) -> None:
            wait_until(lambda: found.state("web!http", state), watching, log)
            found.happened[name] = datetime.now(UTC)

        seen("up", 0)
        found.read("evening")
        wait_until(lambda: found.looked_after(found.happened["up"].timestamp() + 2), watching, log)
        serving.close()
        found.happened["cut"] = datetime.now(UTC)
        seen("down", 2)
        found.read("night", after="evening")
        serving.enter_context(nginx(folder, page))
        seen("again", 0)
        plan(found, watching, log)
        found.read("morning", after="evening")
        yield found


def plan(peer: Peer, process: Process, log: Path) -> None:
    """Put the service that warns into a downtime from now on."""
    now = datetime.now(UTC).timestamp()
    wanted = {
        "type": "Service",
        "filter": 'service.__name=="web!slow"',
        "author": "planner",
        "comment": "new lines",
        "start_time": now,
        "end_time": now + 3600,
        "fixed": True,
    }
    peer.happened["planned"] = datetime.now(UTC)
    assert peer.ask("actions/schedule-downtime", wanted)

    def inside() -> bool:
        rows = peer.ask("objects/services/web!slow")
        told = rows[0]["attrs"]
        return bool(told["downtime_depth"] > 0 and told["last_check"] > now + 2)

    wait_until(inside, process, log)


def of(peer: Peer, read: str, key: str) -> list[ObservationInterval]:
    found = [one for one in peer.reads[read] if isinstance(one, ObservationInterval) and one.service_key == key]
    return sorted(found, key=lambda one: one.first_at)


def test_of_an_outage_that_is_over_the_end_is_known(peer: Peer) -> None:
    down, up = of(peer, "morning", "page")
    assert (down.state, down.reason, up.state) == (DOWN, "critical", UP)
    assert peer.happened["cut"] < down.last_at < up.first_at <= peer.happened["again"]
    assert (down.first_at, down.count) == (down.last_at, 1)


def test_a_read_within_the_outage_tells_when_it_began(peer: Peer) -> None:
    up, down = of(peer, "night", "page")
    assert (up.state, down.state) == (UP, DOWN)
    assert of(peer, "evening", "page")[-1].last_at < up.last_at < down.first_at
    assert peer.happened["cut"].replace(microsecond=0) <= down.first_at <= peer.happened["down"]
    assert down.count >= 3


def test_nothing_is_known_from_before_icinga_started(peer: Peer) -> None:
    [first] = of(peer, "evening", "page")
    rows = peer.ask("objects/services/web!http")
    assert first.first_at <= peer.happened["up"]
    assert rows[0]["attrs"]["active"]
    assert all(one.first_at > datetime(2026, 1, 1, tzinfo=UTC) for one in peer.reads["evening"][:-1])


def test_what_lies_in_a_downtime_is_neither_up_nor_down(peer: Peer) -> None:
    before, planned = of(peer, "morning", "slow")[-2:]
    assert (before.state, before.reason) == (DEGRADED, "warning")
    assert (planned.state, planned.reason) == (UNKNOWN, "maintenance")
    assert abs((planned.first_at - peer.happened["planned"]).total_seconds()) < 2


def test_what_hangs_on_something_that_is_down_says_so(peer: Peer) -> None:
    behind = of(peer, "morning", "behind")[-1]
    assert (behind.state, behind.reason) == (DOWN, "dependency")
    assert of(peer, "morning", "far")[-1].state is DOWN
    assert of(peer, "morning", "web")[-1].state is UP


def test_the_stream_reaches_to_now(peer: Peer) -> None:
    end = peer.reads["morning"][-1]
    assert isinstance(end, Complete)
    assert end.known_until is None
    assert set(end.state) == {"page", "slow", "behind", "web", "far"}


def test_doctor_tells_what_is_amiss(peer: Peer) -> None:
    assert "all 5 services, and 1 that nobody mapped" in peer.connector().check()
    never = peer.connector(services={"mute": "silent"}).check()
    assert isinstance(never, Doubtful)
    assert never.endswith("never checked yet, so nothing is known of it: mute.")
    with pytest.raises(SettingsError, match="has nothing for pool"):
        peer.connector(services={"pool": "web!pool"}).check()
    with pytest.raises(AuthError):
        peer.connector(password="another password").check()
    with pytest.raises(SettingsError, match="permissions"):
        peer.connector(user="blind").check()
    with pytest.raises(UnavailableError, match="ca_bundle"):
        peer.connector(ca_bundle=None).check()
