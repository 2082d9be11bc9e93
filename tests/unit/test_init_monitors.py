"""`firstbell init` takes its services from Uptime Kuma or Prometheus, leaves secrets there, and writes valid files."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from firstbell.cli import app
from firstbell.cli._monitors import watched_by
from firstbell.cli._place import load_folder
from firstbell.config.answers import AnswerError

INIT = (
    "init", "--name", "Lakeside", "--zone", "America/Chicago", "--school", "Oak Elementary", "--runs", "Canvas",
    "--meeting", "2026-12-03 16:00", "--reader", "Ada Long <ada@example.org> team_leader it_lead", "--mail", "files",
)  # fmt: skip
SECRET = "uk1_s3cretkey"

EXPORT = {
    "version": "1.23.16",
    "notificationList": [],
    "monitorList": [
        {"id": 1, "name": "Grades: it's \"ours\"", "type": "keyword", "url": "https://grades.example.org/login",
         "keyword": "Sign in", "method": "GET", "active": True, "accepted_statuscodes": ["200-299", "401"],
         "headers": None, "body": None, "basic_auth_user": None, "authMethod": "", "interval": 60},
        {"id": 2, "name": "Mail", "type": "port", "url": "https://", "hostname": "mail.example.org", "port": 993},
        {"id": 3, "name": "Core switch", "type": "ping", "hostname": "10.0.0.1", "active": 1},
        {"id": 4, "name": "Zone", "type": "dns", "hostname": "example.org", "dns_resolve_type": "MX",
         "dns_resolve_server": "1.1.1.1", "port": 53},
        {"id": 14, "name": "First server", "type": "dns", "hostname": "example.org", "dns_resolve_type": "A",
         "dns_resolve_server": "10.0.0.53", "port": None},
        {"id": 15, "name": "Two servers", "type": "dns", "hostname": "example.org", "dns_resolve_type": "AAAA",
         "dns_resolve_server": "10.0.0.53, [2001:DB8::53]", "port": 5353},
        {"id": 16, "name": "Named server", "type": "dns", "hostname": "example.org", "dns_resolve_type": "A",
         "dns_resolve_server": "ns1.example.org", "port": 53},
        {"id": 5, "name": "Old", "type": "http", "url": "https://old.example.org", "active": False},
        {"id": 6, "name": "Job", "type": "push"},
        {"id": 7, "name": "Key", "type": "http", "url": "https://api.example.org/?api_key=s3cret"},
        {"id": 8, "name": "Login", "type": "http", "url": "https://ada:s3cret@example.org/"},
        {"id": 9, "name": "Form", "type": "http", "url": "https://example.org/x", "method": "POST"},
        {"id": 10, "name": "Not up", "type": "http", "url": "https://example.org/y", "upsideDown": True},
        {"id": 11, "name": "Basic", "type": "http", "url": "https://example.org/z", "basic_auth_user": "ada"},
        {"id": 12, "name": "Odd port", "type": "port", "hostname": "x.example.org", "port": 99_999},
        {"id": 13, "name": "Camera", "type": "http", "url": "https://10.0.0.9/", "ignoreTls": True},
    ],
}  # fmt: skip
PAGE = {
    "config": {"slug": "district"},
    "publicGroupList": [
        {"name": "All", "monitorList": [
            {"id": 1, "name": "Web", "type": "http", "url": "https://www.example.org/"},
            {"id": 2, "name": "Hidden", "type": "http", "sendUrl": 0},
        ]},
        {"name": "Again", "monitorList": [{"id": 1, "name": "Web", "type": "http", "url": "https://www.example.org/"}]},
    ],
}  # fmt: skip
METRICS = """\
# TYPE monitor_status gauge
app_version{version="2.5.3"} 1
monitor_status{monitor_id="1",monitor_name="Web",monitor_type="http",monitor_url="https://www.example.org/",\
monitor_hostname="null",monitor_port="null"} 1
monitor_status{monitor_id="2",monitor_name="Mail",monitor_type="port",monitor_url="https://",\
monitor_hostname="mail.example.org",monitor_port="993"} 0
monitor_status{monitor_id="3",monitor_name="Grades",monitor_type="keyword",monitor_url="https://grades.example.org/"} 1
monitor_status{monitor_id="5",monitor_name="Zone",monitor_type="dns",monitor_hostname="example.org"} 1
monitor_status{monitor_id="4",monitor_name="Form",monitor_type="keyword",monitor_url="https://x/?key=s3cret"} 1
"""
BLACKBOX = {
    "status": "success",
    "data": {"resultType": "vector", "result": [
        {"metric": {"__name__": "probe_success", "instance": instance, "job": "blackbox"}, "value": [1.0, "1"]}
        for instance in ("https://www.example.org/sso", "https://www.example.org/sso", "mail.example.org:993",
                         "[2001:db8::1]:22", "10.0.0.1", "odd target!")
    ]},
}  # fmt: skip


class Monitors(BaseHTTPRequestHandler):
    """All three at one address."""

    def do_GET(self) -> None:
        body: Any = {"/api/status-page/district": PAGE, "/api/v1/query?query=probe_success": BLACKBOX}.get(self.path)
        if self.path == "/metrics" and self.headers.get("Authorization") == "Basic OnVrMV9zM2NyZXRrZXk=":
            body = METRICS
        elif self.path == "/wrong/api/v1/query?query=probe_success":
            body = {"status": "success", "data": []}
        status = 200 if body is not None else 401 if self.path == "/metrics" else 404
        content = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Monitors)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "kuma.json"
    path.write_text(json.dumps(EXPORT), encoding="utf-8")
    return path


def run(place: Path, *arguments: str, typed: str | None = None) -> Result:
    environment = {"FIRSTBELL_DISTRICT": str(place / "district"), "FIRSTBELL_STATE": str(place / "state")}
    return CliRunner().invoke(app, arguments, input=typed, env={**environment, "KUMA_KEY": SECRET})


def looks(place: Path) -> dict[str, dict[str, Any]]:
    return {one.key: dict(one.probe) for one in load_folder(place / "district").services}


def test_an_export_becomes_valid_looks_and_what_cannot_be_taken_is_told(tmp_path: Path, export: Path) -> None:
    result = run(tmp_path, *INIT, "--non-interactive", "--services-from", f"uptime_kuma {export}")
    assert result.exit_code == 0, result.output
    assert looks(tmp_path) == {
        "mail_records": {"kind": "dns", "name": "example.org", "check": "mail"},
        "grades_it_s_ours": {
            "kind": "http",
            "url": "https://grades.example.org/login",
            "text_contains": ["Sign in"],
            "expect_status": ["200-299", 401],
        },
        "certificate_of_grades_example_org": {"kind": "tls", "host": "grades.example.org", "days_left": 21},
        "mail": {"kind": "tcp", "host": "mail.example.org", "port": 993},
        "core_switch": {"kind": "ping", "host": "10.0.0.1"},
        "zone": {"kind": "dns", "name": "example.org", "record": "MX", "resolvers": ["1.1.1.1"]},
        "first_server": {
            "kind": "dns",
            "name": "example.org",
            "record": "A",
            "resolvers": ["10.0.0.53"],
            "resolvers_are_the_service": True,
        },
        "two_servers": {
            "kind": "dns",
            "name": "example.org",
            "record": "AAAA",
            "resolvers": ["10.0.0.53:5353", "[2001:db8::53]:5353"],
            "resolvers_are_the_service": True,
        },
        "camera": {"kind": "http", "url": "https://10.0.0.9/", "verify": False},
    }
    told = (
        "uptime_kuma watches 7 that we can look at too; left out: a login, body or headers (1), a method that may "
        "change something (1), a name server without its address (1), a secret in the address (2), kind push (1), "
        "paused (1), reversed (1), settings that do not fit (1)."
    )
    assert told in result.output
    assert "text_contains" not in result.output
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "district").glob("*.yaml"))
    assert "s3cret" not in written
    assert "s3cret" not in result.output


def test_the_question_about_web_addresses_takes_a_monitor_beside_an_address(tmp_path: Path, address: str) -> None:
    typed = f"www.example.net, uptime_kuma {address}/nowhere\nwww.example.net, uptime_kuma {address}/status/District\n"
    result = run(tmp_path, *INIT, typed=typed)
    assert result.exit_code == 0, result.output
    assert "only /metrics lists all monitors" in result.output, "asked again"
    assert {"www_example_net", "web", "certificate_of_www_example_org"} <= looks(tmp_path).keys()
    assert "left out: address not shown (1)." in result.output


def test_metrics_are_read_with_a_key_that_stands_elsewhere(tmp_path: Path, address: str) -> None:
    line = f"uptime_kuma {address}/metrics"
    result = run(tmp_path, *INIT, "--non-interactive", "--services-from", f"{line} env:KUMA_KEY")
    assert result.exit_code == 0, result.output
    assert looks(tmp_path)["mail"] == {"kind": "tcp", "host": "mail.example.org", "port": 993}
    assert SECRET not in result.output
    # Uptime Kuma tells a keyword nowhere but in an export; what was left out anyway needs none.
    assert looks(tmp_path)["grades"] == {"kind": "http", "url": "https://grades.example.org/"}
    assert (
        "left out: a secret in the address (1); the text to look for is not shown there, add it as text_contains in "
        "services.yaml to: Grades; the name server and the record to ask for are not shown there, add them as "
        "resolvers and record in services.yaml to: Zone." in result.output
    )


def test_prometheus_targets_are_told_apart_by_their_form(tmp_path: Path, address: str) -> None:
    result = run(
        tmp_path, *INIT, "--non-interactive", "--web", "https://www.example.org/", "--services-from",
        f"prometheus {address}",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    found = looks(tmp_path)
    assert found["www_example_org_sso"] == {"kind": "http", "url": "https://www.example.org/sso"}
    assert found["mail_example_org_993"] == {"kind": "tcp", "host": "mail.example.org", "port": 993}
    assert found["n2001_db8_1_22"] == {"kind": "tcp", "host": "2001:db8::1", "port": 22}
    assert found["n10_0_0_1"] == {"kind": "ping", "host": "10.0.0.1"}
    assert sum(one["kind"] == "tls" for one in found.values()) == 1, "one certificate a host"
    assert "left out: no address (1)." in result.output


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("uptime_kuma", "a monitor is written like"),
        ("uptime_kuma {address}/metrics s3cret", "never written itself"),
        ("uptime_kuma {address}/metrics", "needs an API key"),
        ("uptime_kuma {address}/metrics env:UNSET_KEY", "UNSET_KEY is not set"),
        ("uptime_kuma {address}/status/nowhere", "nothing at this address"),
        ("uptime_kuma nowhere.json", "no readable export"),
        ("uptime_kuma prefect://x env:KUMA_KEY", "its address cannot be used"),
        ("prometheus {address}/wrong", "without the field data.result"),
        ("prometheus {address} prefect-secret:x", "env:NAME or file:PATH"),
    ],
)
def test_a_monitor_that_cannot_be_read_is_one_sentence_and_nothing_is_written(
    tmp_path: Path, address: str, line: str, told: str
) -> None:
    result = run(tmp_path, *INIT, "--non-interactive", "--services-from", line.format(address=address))
    assert result.exit_code == 2
    assert told in result.stderr
    assert "s3cret" not in result.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "{}", '{"monitorList": 3}', "[[1]]", '[{"name": 3}]', "[" * 100_000])
def test_an_export_of_another_shape_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "kuma.json"
    path.write_text(content)
    with pytest.raises(AnswerError, match=r"kuma\.json"):
        watched_by(f"uptime_kuma {path}")
