"""What doctor finds, at home and outside, with real servers; it exits with 1 when something is wrong."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner, Result

from firstbell.cli import app
from firstbell.cli._outside import check_prefect, clock_finding
from firstbell.clock import utc_now
from firstbell.config.district import Inbox
from firstbell.config.secrets import readers
from firstbell.doctor import (
    Finding,
    Level,
    check_answers,
    check_disk,
    check_ends,
    check_roles,
    check_sampling,
    check_secrets,
    token_end,
)
from tasks.place import read_folder
from tests.unit.config_folder import FILES, load, write_folder

TODAY = date(2026, 11, 21)


STOPPED = [
    {
        "name": "Web",
        "key": "_web",
        "results": [{"success": True, "timestamp": f"2026-01-05T12:0{minute}:00Z"} for minute in range(3)],
    }
]
"""A Gatus that answers and has not looked since a day in January."""


class Handler(BaseHTTPRequestHandler):
    """Answers /fine, /api/health and /api/admin/version with 200, a Gatus' page too, everything else with 503."""

    def do_GET(self) -> None:
        fine = self.path in ("/fine", "/api/health", "/api/admin/version")
        gatus = self.path.startswith("/api/v1/endpoints/statuses")
        body = json.dumps(STOPPED).encode() if gatus else b""
        self.send_response(200 if fine or gatus else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815  the names are the library's

    def log_message(self, *arguments: object) -> None:
        pass


@contextmanager
def serving(host: str) -> Iterator[int]:
    """A server at an address of this machine; gives its port."""
    with ThreadingHTTPServer((host, 0), Handler) as listening:
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield listening.server_port
        finally:
            listening.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving("127.0.0.1") as port:
        yield f"http://127.0.0.1:{port}"


def doctor(folder: Path, *arguments: str, **environment: str) -> Result:
    where = {"FIRSTBELL_DISTRICT": str(folder), "FIRSTBELL_STATE": str(folder.parent / "state")}
    cleared = {"FIRSTBELL_DATABASE": None, "PREFECT_API_URL": None, "SMTP_PASSWORD": None}
    return CliRunner().invoke(app, ["doctor", "--json", *arguments], env={**cleared, **where, **environment})


def found(result: Result) -> dict[str, dict[str, str]]:
    return {one["subject"]: one for one in json.loads(result.stdout)}


def levels(findings: Iterator[Finding]) -> list[Level]:
    return [finding.level for finding in findings]


def write(folder: Path, server: str, path: str, **changed: str) -> Path:
    """A folder without mail whose last school year ends well after the day of the test."""
    services = f"services:\n  - {{key: web, name: Web, probe: {{kind: http, url: {server}{path}}}}}\n"
    ends = (utc_now() + timedelta(days=300)).date()
    district = FILES["district.yaml"].replace("  password: env:SMTP_PASSWORD\n", "  transport: file_drop\n")
    district = district.replace("last_day: 2027-05-28", f"last_day: {ends}")
    return write_folder(folder, **{"services": services, "district": district, **changed})


def test_a_healthy_installation_exits_with_0(tmp_path: Path, server: str) -> None:
    result = doctor(write(tmp_path / "district", server, "/fine"), PREFECT_API_URL=f"{server}/api")
    assert result.exit_code == 0, result.output
    assert found(result)["service web"]["level"] == "ok"
    assert found(result)["clock"]["level"] == "ok"
    assert found(result)["mail"]["level"] == "ok"
    assert not (tmp_path / "state").exists()


def test_a_service_that_is_down_and_a_source_that_refuses(tmp_path: Path, server: str) -> None:
    sources = (
        "sources:\n  - {key: vendor, kind: statuspage, title: Vendor, "
        f"settings: {{url: {server}, service_key: web, wait_budget_seconds: 0}}}}\n"
    )
    result = doctor(write(tmp_path / "district", server, "/broken", sources=sources))
    assert result.exit_code == 1
    assert found(result)["service web"]["level"] == "wrong"
    assert found(result)["source vendor"]["level"] == "wrong"


def test_a_monitor_that_answers_and_stands_still_is_no_ok_and_says_since_when(tmp_path: Path, server: str) -> None:
    sources = (
        "sources:\n  - {key: gatus, kind: gatus, title: Gatus, "
        f"settings: {{url: {server}, services: {{web: Web}}}}}}\n"
    )
    result = doctor(write(tmp_path / "district", server, "/fine", sources=sources))
    finding = found(result)["source gatus"]
    assert finding["level"] == "warn"
    assert "It stands still for web (last look 2026-01-05 06:02)" in finding["sentence"]


def test_owners_that_are_nobody_of_the_folder_are_wrong(tmp_path: Path, server: str) -> None:
    def told(owner: str) -> Result:
        sources = (
            "sources:\n  - {key: list, kind: actions_csv, title: List, "
            f"settings: {{file: actions.csv, owners: {{Theo L.: {owner}, Desk: it_lead}}}}}}\n"
        )
        folder = write(tmp_path / "district", server, "/fine", sources=sources)
        return doctor(folder, "--no-outside")

    wrong = told("it_leed")
    assert wrong.exit_code == 1, wrong.output
    finding = found(wrong)["owners of list"]
    assert finding["level"] == "wrong"
    assert "leads to it_leed, which is no role and no person's key" in finding["sentence"]
    right = told("principal")
    assert (right.exit_code, "owners of list" in found(right)) == (0, False)


def test_a_broken_folder_is_told_fault_by_fault(tmp_path: Path, server: str) -> None:
    result = doctor(write(tmp_path / "district", server, "/fine", systems="systems: 3\n", targets="adopt: []\n"))
    assert result.exit_code == 1
    said = [one["sentence"] for one in json.loads(result.stdout) if one["subject"] == "district folder"]
    assert [sentence.partition(": ")[0] for sentence in said] == ["systems.yaml:1", "targets.yaml:1"]


def test_a_missing_secret_and_no_mail_server(tmp_path: Path) -> None:
    district = FILES["district.yaml"].replace("mail:\n", "mail:\n  host: 127.0.0.1\n  port: 9\n  username: tech\n")
    folder = write_folder(tmp_path / "district", district=district)
    without = found(doctor(folder))
    assert without["secret mail.password"]["level"] == without["mail"]["level"] == "wrong"
    assert "SMTP_PASSWORD" in without["secret mail.password"]["sentence"]
    result = doctor(folder, SMTP_PASSWORD="hunter2")
    assert found(result)["secret mail.password"]["level"] == "ok"
    assert found(result)["mail"]["level"] == "wrong"
    assert "hunter2" not in result.output


def test_the_table_says_the_same_as_the_json(tmp_path: Path, server: str) -> None:
    folder = write(tmp_path / "district", server, "/fine")
    where = {"FIRSTBELL_DISTRICT": str(folder), "FIRSTBELL_STATE": str(tmp_path / "state"), "COLUMNS": "200"}
    shown = CliRunner().invoke(app, ["doctor", "--no-outside"], env=where).stdout
    for one in json.loads(doctor(folder, "--no-outside").stdout):
        assert one["subject"] in shown


def test_a_secret_that_was_left_out_is_not_asked_after(tmp_path: Path) -> None:
    source = "{key: gatus, kind: gatus, title: Gatus, settings: {url: 'https://g.example.org', services: {sso: sso}}}"
    service = "{key: sso, name: Sign-in, probe: {kind: http, url: https://s.example.org}}"
    folder = write_folder(tmp_path, sources=f"sources:\n  - {source}\n", services=f"services:\n  - {service}\n")
    district = read_folder(folder)
    asked = [one.subject for one in check_secrets(district, readers(tmp_path, {"SMTP_PASSWORD": "x"}), TODAY)]
    assert asked == ["secret mail.password"]


def test_secret_files_that_all_may_read_and_tokens_that_end(tmp_path: Path) -> None:
    claims = base64.urlsafe_b64encode(b'{"exp": 1767225600}').decode().rstrip("=")  # 2026-01-01
    sources = "".join(
        f"  - {{key: {key}, kind: desk, title: Desk, settings: {{url: https://d.example.org, token: 'file:{key}'}}}}\n"
        for key in ("open", "ended", "soon")
    )
    folder = write_folder(tmp_path, sources=f"sources:\n{sources}")
    for name, content, mode in (
        ("open", "x", 0o644),
        ("ended", f"h.{claims}.s", 0o600),
        ("soon", f"h.{claims}.s", 0o600),
    ):
        (folder / name).write_text(content)
        (folder / name).chmod(mode)
    district = load(folder)
    known = readers(folder, {"SMTP_PASSWORD": "x"})
    assert levels(check_secrets(district, known, TODAY)) == [Level.OK, Level.WARN, Level.WRONG, Level.WRONG]
    before = {finding.subject: finding.level for finding in check_secrets(district, known, date(2025, 11, 21))}
    assert before["secret soon.token"] is Level.WARN
    assert all(one.level is Level.WARN for one in check_secrets(district, {"file": known["file"]}, date(2025, 12, 1)))


@pytest.mark.parametrize("secret", ["", "a.b.c", "a.b", "h.e30.s", "h.W10.s", "h.eyJleHAiOiAxZTk5fQ.s", "..", "é.é.é"])
def test_what_is_no_token_has_no_end(secret: str) -> None:
    assert token_end(secret) is None


@pytest.mark.parametrize(("day", "level"), [(date(2026, 9, 1), Level.OK), (date(2025, 9, 1), Level.WRONG)])
def test_a_team_needs_a_leader(tmp_path: Path, day: date, level: Level) -> None:
    (finding,) = check_roles(load(write_folder(tmp_path)), day)
    assert finding.level is level
    if level is Level.OK:
        assert finding.sentence == "one member, with an address, and a team leader."


def test_somebody_whom_no_mail_reaches_is_named(tmp_path: Path) -> None:
    teams = FILES["teams.yaml"].replace(", until: 2025-26", "")
    (finding,) = check_roles(load(write_folder(tmp_path, teams=teams)), date(2026, 9, 1))
    assert (finding.level, "bo" in finding.sentence) == (Level.WARN, True)


def test_mail_that_leaves_under_a_readers_address_is_warned_of(tmp_path: Path) -> None:
    district = load(write_folder(tmp_path))
    assert list(check_answers(district)) == []
    inbox = {"address": "answers@example.org", "host": "imap", "username": "a", "password": "env:INBOX_PASSWORD"}
    levels_of = []
    for sender in ("answers@example.org", district.person("ada").email.upper()):
        mail = district.about.mail.model_copy(update={"inbox": Inbox.model_validate(inbox), "sender": sender})
        (finding,) = check_answers(replace(district, about=district.about.model_copy(update={"mail": mail})))
        levels_of.append((finding.level, "ada" in finding.sentence))
    assert levels_of == [(Level.OK, False), (Level.WARN, True)]


@pytest.mark.parametrize(
    ("day", "level"),
    [(date(2027, 3, 28), Level.OK), (date(2027, 3, 29), Level.WARN), (date(2027, 5, 29), Level.WRONG)],
)
def test_a_calendar_that_runs_out(tmp_path: Path, day: date, level: Level) -> None:
    assert next(check_ends(load(write_folder(tmp_path)), day)).level is level


def test_terms_and_dates_that_run_out(tmp_path: Path) -> None:
    teams = FILES["teams.yaml"].replace("from: 2026-27", "until: 2026-27")
    meetings = "series:\n  - {key: m, team: leadership, title: M, dates: [2027-04-01T16:00]}\n"
    district = load(write_folder(tmp_path, teams=teams, meetings=meetings))
    subjects = {one.subject: one for one in check_ends(district, date(2027, 4, 10)) if one.level is not Level.OK}
    assert set(subjects) == {"calendar", "team leadership", "meetings m"}
    assert "ada" in subjects["team leadership"].sentence


@pytest.mark.parametrize(
    ("target", "hours", "level"),
    [
        (0.9995, "other", Level.OK),  # about 0.05 % of 690 h: 1,240 s of downtime
        (0.9999, "school", Level.WARN),  # Mondays alone: about 35 h, 13 s, less than two looks of 60 s
        (0.99, "school", Level.OK),
    ],
)
def test_targets_that_the_looks_cannot_tell(tmp_path: Path, target: float, hours: str, level: Level) -> None:
    targets = f"adopted:\n  - {{indicator: IP-01, target: {target}, adopted_on: 2026-09-01}}\n"
    district = load(write_folder(tmp_path, targets=targets))
    assert levels(check_sampling(district, {"IP-01": {"hours": hours}}, TODAY)) == [level]
    assert levels(check_sampling(district, {}, TODAY)) == []


def test_prefect_that_is_silent_or_only_heard_here(server: str) -> None:
    assert levels(check_prefect("http://127.0.0.1:9/api")) == [Level.WRONG]
    answers, others = check_prefect(f"{server}/api")
    assert answers.level is Level.OK
    assert others.level in (Level.OK, Level.WARN)  # a machine without a network cannot tell


def test_prefect_open_to_everybody() -> None:
    with serving("0.0.0.0") as port:
        own = check_prefect(f"http://127.0.0.1:{port}/api")
        named = check_prefect(f"http://0.0.0.0:{port}/api")
        assert [finding.level for finding in (*own, *named)].count(Level.WRONG) >= 1


@pytest.mark.parametrize(("seconds", "level"), [(60, Level.OK), (61, Level.WARN), (301, Level.WRONG)])
def test_a_clock_that_is_off(seconds: int, level: Level) -> None:
    noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
    theirs = datetime.fromtimestamp(noon.timestamp() - seconds, UTC)
    assert clock_finding(noon, theirs, "example.org").level is level
    assert clock_finding(theirs, noon, "example.org").level is level


def test_the_disk_is_looked_at_where_the_state_will_be(tmp_path: Path) -> None:
    assert "GB are free" in check_disk(tmp_path / "not" / "yet").sentence
