"""A real Prometheus whose blackbox exporter looks at a real web server, which goes down and comes back."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors import get
from connectors._base import Complete, Connector, FetchRequest, SourceContext
from connectors._errors import AuthError, BadReplyError, SettingsError
from firstbell.intervals import Window
from firstbell.metrics.uptime import timeline
from firstbell.policies import SlaPolicy
from firstbell.records import ObservationInterval, ServiceState
from tests.peers.running import Process, free_port, listens, nginx, running, wait_until

USER, PASSWORD = "reader", "a long password"
HASH = "$2b$04$OS0oFZLP8h4kEDyXsLA/qufv3oQgswBo63SabarqMirjzjj3ECwvC"
"""PASSWORD as bcrypt writes it, the only form that Prometheus takes."""
UP, DOWN, UNKNOWN, DEGRADED = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN, ServiceState.DEGRADED
EXPORTER = """\
modules:
  http_2xx: {prober: http, timeout: 800ms, http: {preferred_ip_protocol: ip4}}
"""
SCRAPE = """\
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
- job_name: web
  metrics_path: /probe
  params: {{module: [http_2xx]}}
  static_configs: [{{targets: ["http://127.0.0.1:{page}/"]}}]
  relabel_configs:
  - {{source_labels: [__address__], target_label: __param_target}}
  - {{source_labels: [__param_target], target_label: instance}}
  - {{target_label: __address__, replacement: "127.0.0.1:{exporter}"}}
"""


@dataclass
class Peer:
    """What a Prometheus saw: where it is, when each thing happened, and how its pages are asked."""

    url: str
    folder: Path
    log: Path
    happened: dict[str, datetime]

    def connector(self, **changes: Any) -> Connector:
        told: dict[str, Any] = {
            "url": self.url,
            "user": USER,
            "password": PASSWORD,
            "services": {"page": 'probe_success{job="web"}', "any": 'max(probe_success{job="web"})'},
            "scraper": 'up{job="web"}',
            "interval_seconds": 1,
            "first_read_days": 1,
        }
        context = SourceContext("watcher", ZoneInfo("America/Chicago"), self.folder)
        kind = get("prometheus")
        return kind(kind.Settings(**(told | changes)), context)

    def samples(self, query: str) -> list[float]:
        """The newest values of a query, asked past the connector."""
        asked = urllib.parse.urlencode({"query": query})
        login = {"Authorization": "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}
        request = urllib.request.Request(f"{self.url}api/v1/query?{asked}", headers=login)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return [float(one["value"][1]) for one in json.load(answer)["data"]["result"]]
        except (urllib.error.URLError, OSError):
            return []


def start(stack: ExitStack, folder: Path, name: str, *words: str) -> Process:
    return stack.enter_context(running([name, *words], folder / f"{name}.log"))


@pytest.fixture(scope="module")
def peer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Peer]:
    """Up, down, up again; then the exporter dies; then Prometheus itself stands still for a while."""
    folder = tmp_path_factory.mktemp("prometheus")
    page, exporter, port = free_port(), free_port(), free_port()
    (folder / "exporter.yml").write_text(EXPORTER)
    (folder / "scrape.yml").write_text(SCRAPE.format(page=page, exporter=exporter))
    (folder / "web.yml").write_text(f"basic_auth_users: {{{USER}: {HASH}}}\n")
    log = folder / "prometheus.log"
    found = Peer(f"http://127.0.0.1:{port}/", folder, log, {})
    words = [
        "prometheus",
        f"--config.file={folder}/scrape.yml",
        f"--storage.tsdb.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        f"--web.config.file={folder}/web.yml",
    ]
    with ExitStack() as exporters:
        options = (f"--config.file={folder}/exporter.yml", f"--web.listen-address=127.0.0.1:{exporter}")
        probing = start(exporters, folder, "prometheus-blackbox-exporter", *options)
        wait_until(lambda: listens(exporter), probing, folder / "prometheus-blackbox-exporter.log")
        with running(words, log) as watching:

            def seen(name: str, query: str) -> None:
                wait_until(lambda: found.samples(query) == [1.0], watching, log)
                found.happened[name] = datetime.now(UTC)

            with nginx(folder, page):
                seen("up", 'sum_over_time(probe_success{job="web"}[4s]) >= bool 4')
            seen("down", 'count_over_time((probe_success{job="web"} == 0)[4s:1s]) >= bool 4')
            with nginx(folder, page):
                seen("again", 'sum_over_time(probe_success{job="web"}[4s]) >= bool 4')
                exporters.close()
                seen("blind", 'count_over_time((up{job="web"} == 0)[3s:1s]) >= bool 3')
        start(exporters, folder, "prometheus-blackbox-exporter", *options)
        with nginx(folder, page), running(words, log) as watching:
            seen("back", 'sum_over_time(probe_success{job="web"}[4s]) >= bool 4')
            yield found


def looks(found: list[Any], key: str) -> list[ObservationInterval]:
    return [one for one in found if isinstance(one, ObservationInterval) and one.service_key == key]


def test_what_happened_is_what_is_read(peer: Peer) -> None:
    found = list(peer.connector().fetch(FetchRequest()))
    page = looks(found, "page")
    assert [state for state, _ in runs(page)] == [UP, DOWN, UP, UNKNOWN, UP]
    down = next(one for one in page if one.state is DOWN)
    assert peer.happened["up"] < down.first_at < peer.happened["down"]
    assert down.count >= 4
    assert {one.reason for one in page} == {"", "probe", "scrape"}
    assert isinstance(found[-1], Complete)
    assert found[-1].known_until is None


def test_time_in_which_nobody_looked_is_unknown(peer: Peer) -> None:
    page = looks(list(peer.connector().fetch(FetchRequest())), "page")
    blind = Window(peer.happened["blind"] - timedelta(seconds=2), peer.happened["back"] - timedelta(seconds=3))
    line = timeline(page, blind, SlaPolicy(name="ours"))
    assert line.down == ()
    assert sum(part.seconds for part in line.unknown) > 0


def test_a_computed_expression_ends_with_its_samples(peer: Peer) -> None:
    any_of_them = looks(list(peer.connector().fetch(FetchRequest())), "any")
    assert [state for state, _ in runs(any_of_them)] == [UP, DOWN, UP, UNKNOWN, UP]
    last_up = [one for one in any_of_them if one.last_at < peer.happened["blind"] and one.state is UP][-1]
    assert last_up.last_at < peer.happened["again"] + timedelta(seconds=4)


def test_the_next_read_goes_on_where_the_last_one_ended(peer: Peer) -> None:
    first = list(peer.connector().fetch(FetchRequest()))
    then = list(peer.connector().fetch(FetchRequest(states={"looks": first[-1].state})))
    newest = {key: max(one.last_at for one in looks(first, key)) for key in ("page", "any")}
    assert all(one.first_at > newest[one.service_key] for one in then if isinstance(one, ObservationInterval))


def test_doctor_tells_what_is_amiss(peer: Peer) -> None:
    assert peer.connector().check().endswith("at all 2 services.")
    with pytest.raises(SettingsError, match="of pool;"):
        peer.connector(services={"pool": 'probe_success{job="pool"}'}).check()
    with pytest.raises(AuthError):
        peer.connector(password="another password").check()
    with pytest.raises(BadReplyError):
        peer.connector(services={"pool": "max(probe_success"}).check()


def runs(found: list[ObservationInterval]) -> list[tuple[ServiceState, int]]:
    """The states in their order, equal ones in a row counted once, each with its looks."""
    told: list[tuple[ServiceState, int]] = []
    for one in sorted(found, key=lambda each: each.first_at):
        if told and told[-1][0] is one.state:
            told[-1] = (one.state, told[-1][1] + one.count)
        else:
            told.append((one.state, one.count))
    return told
