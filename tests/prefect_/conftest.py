"""One real Prefect server for all tests of the flows, and a small district whose sources are files and a web server."""

from __future__ import annotations

import gc
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.flow_engine import run_flow
from prefect.settings import (
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_HOME,
    PREFECT_LOGGING_LEVEL,
    PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW,
    PREFECT_SERVER_ANALYTICS_ENABLED,
    temporary_settings,
)
from prefect.states import Scheduled
from prefect.testing.utilities import prefect_test_harness

from firstbell.cli.run import run_here
from firstbell.clock import utc_now
from firstbell.store.models import OutboxRow
from firstbell.store.outbox import messages
from tasks.place import workplace
from tests.prefect_.small_district import day, write_small_district

SOURCES = """\
sources:
  - {key: evidence, kind: attestations, title: Evidence list, settings: {file: evidence.yaml}}
  - {key: page, kind: statuspage, title: A vendor, settings: {url: "{web}page/", service_key: web}}
  - {key: shaky, kind: statuspage, title: A shaky vendor, settings: {url: "{web}shaky/", service_key: web}}
  - {key: dead, kind: statuspage, title: A dead vendor, settings: {url: "{web}dead/", service_key: web}}
"""
SERVICES = """\
services:
  - {key: web, name: Website, probe: {kind: http, url: "{web}page/"}}
"""
PREFECT_CLIENTS = pytest.mark.filterwarnings(
    # Prefect leaves connections of its own clients to the garbage collector, as after a flow in a thread.
    r"ignore:unclosed <socket.socket .*raddr=\('127.0.0.1':ResourceWarning"
)
"""What every module here bears."""


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Prefect's own server in a home of its own. Without heartbeats: their thread costs a second at each flow's end."""
    settings = {
        PREFECT_HOME: tmp_path_factory.mktemp("prefect"),
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        PREFECT_LOGGING_LEVEL: "CRITICAL",
        PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW: "ignore",
        PREFECT_SERVER_ANALYTICS_ENABLED: False,
    }
    with temporary_settings(settings), prefect_test_harness(server_startup_timeout=90):
        yield


class _Vendor(BaseHTTPRequestHandler):
    """A vendor's status page: /page/ is fine, /shaky/ answers 500 until it was asked often enough, all else is gone."""

    def do_GET(self) -> None:
        web: Web = self.server.web  # type: ignore[attr-defined]
        page = self.path.split("/")[1]
        web.asked[page] += 1
        failing = page == "shaky" and web.asked[page] <= web.failures
        code = 500 if failing else 200 if page in ("page", "shaky") else 404
        body = json.dumps({"components": [], "incidents": [], "scheduled_maintenances": []}).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@dataclass
class Web:
    """The vendors' web server: how often each page was asked for, and how often the shaky one fails first."""

    url: str
    failures: int = 0
    asked: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="session")
def web_server() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Vendor)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def web(web_server: ThreadingHTTPServer) -> Web:
    found = Web(f"http://127.0.0.1:{web_server.server_port}/")
    web_server.web = found  # type: ignore[attr-defined]
    return found


@dataclass
class Office:
    """One installation, and its flows as a person or the schedule runs them."""

    folder: Path
    state: Path
    web: Web

    def run(self, flow: str, **fields: Any) -> State[Any]:
        """As a person runs it, with these answers in the form."""
        return run_here(flow, fields)  # type: ignore[no-any-return]

    def run_scheduled(self, flow: str, due: datetime | None = None) -> State[Any]:
        """As a worker runs what Prefect's scheduler made."""
        function = getattr(import_module(f"flows.{flow}"), flow)
        with get_client(sync_client=True) as client:
            made = client.create_flow_run(
                function,
                parameters={"options": {}},
                state=Scheduled(scheduled_time=due or utc_now()),
                tags=["auto-scheduled"],
            )
        return run_flow(function, flow_run=made, parameters={"options": {}}, return_type="state")  # type: ignore[return-value]

    def set_sources(self, *keys: str) -> None:
        """Keep only these sources."""
        first, *lines = SOURCES.replace("{web}", self.web.url).splitlines(keepends=True)
        kept = [line for line in lines if any(f"key: {key}," in line for key in keys)]
        (self.folder / "sources.yaml").write_text(first + "".join(kept), encoding="utf-8")

    def meet_in(self, days: int) -> None:
        """Plan the team's only meeting so many days from today."""
        file = self.folder / "meetings.yaml"
        text = re.sub(r"dates: \[\S+\]", f"dates: [{day(days)}T16:00]", file.read_text(encoding="utf-8"))
        file.write_text(text, encoding="utf-8")

    def outbox(self) -> list[OutboxRow]:
        with workplace() as work, work.store.read() as connection:
            return messages(connection)

    def mails(self) -> list[Path]:
        return sorted((self.state / "mail").rglob("*.eml"))

    def work(self) -> Any:
        """The installation, open."""
        return workplace()


@pytest.fixture
def office(prefect_server: None, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A district that meets tomorrow, so that its packet is due, live, with one source."""
    folder, state = tmp_path / "district", tmp_path / "state"
    write_small_district(folder, state)
    found = Office(folder, state, web)
    (folder / "services.yaml").write_text(SERVICES.replace("{web}", web.url), encoding="utf-8")
    found.set_sources("evidence")
    monkeypatch.setenv("FIRSTBELL_DISTRICT", str(folder))
    monkeypatch.setenv("FIRSTBELL_STATE", str(state))
    monkeypatch.delenv("FIRSTBELL_DATABASE", raising=False)
    yield found
    gc.collect()  # what Prefect's clients left open goes while PREFECT_CLIENTS holds, not in somebody else's test
