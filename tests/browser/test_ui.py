"""`make ui` as an admin uses it: it starts, runs a briefing from its form, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import element_to_be_clickable, text_to_be_present_in_element
from selenium.webdriver.support.ui import WebDriverWait
from urllib3.util import Retry

from firstbell.cli.run import FLOWS
from firstbell.store.outbox import messages
from tasks.place import workplace_at
from tests.prefect_.small_district import write_small_district

pytestmark = pytest.mark.timeout(600)

SERVICES = """\
services:
  - {key: closed, name: A closed port, probe: {kind: tcp, host: 127.0.0.1, port: 9}}
"""
BRIEFED = "leadership: Final revision 1: nothing new to send."


@dataclass
class Ui:
    """A running `firstbell ui` over a small district, and its Prefect server's API."""

    folder: Path
    state: Path
    address: str
    process: subprocess.Popen[str]

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The API's answer. A busy server says 503, and is asked again as Prefect's own client does."""
        again = Retry(total=8, backoff_factor=0.5, status_forcelist=[503], allowed_methods=None)
        with requests.Session() as session:
            session.mount("http://", HTTPAdapter(max_retries=again))
            method = "GET" if body is None else "POST"
            reply = session.request(method, f"{self.address}/api{path}", json=body, timeout=30)
        reply.raise_for_status()
        return reply.json()

    def workers(self) -> list[str]:
        """The states of the workers that the pool knows."""
        return [one["status"] for one in self.ask("/work_pools/firstbell/workers/filter", {})]

    def deployments(self) -> dict[str, str]:
        """The id of each deployment by its flow's module."""
        return {one["entrypoint"].split(".")[1]: one["id"] for one in self.ask("/deployments/filter", {})}

    def run_named(self, name: str) -> dict[str, Any]:
        wanted = {"flow_runs": {"name": {"any_": [name]}}}
        return next(iter(self.ask("/flow_runs/filter", wanted)), {})

    def outbox(self) -> list[Any]:
        with workplace_at(self.folder, self.state) as work, work.store.read() as connection:
            return messages(connection)

    def mails(self) -> list[str]:
        return sorted(path.name for path in (self.state / "mail").rglob("*.eml"))


def words_of(path: Path) -> bytes:
    """A process's environment; empty where it has ended or belongs to somebody else."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def left_over(state: Path) -> list[str]:
    """Processes that still work for a state folder."""
    found = Path("/proc").glob("[0-9]*/environ")
    return [path.parent.name for path in found if str(state).encode() in words_of(path)]


@pytest.fixture(scope="module")
def ui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    """One for all tests that only use it."""
    base = tmp_path_factory.mktemp("ui")
    write_small_district(base / "district", base / "state")
    with started(base) as running:
        yield running


@contextmanager
def started(base: Path) -> Iterator[Ui]:
    """Started, and at the end stopped by Ctrl-C, which must leave no process behind."""
    folder, state = base / "district", base / "state"
    firstbell = Path(sys.executable).with_name("firstbell")
    command = [firstbell, "--district", folder, "--state", state, "ui", "--port", "0"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PREFECT_", "FIRSTBELL_"))}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield Ui(folder, state, address_said(process), process)
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(90) == 0
            assert left_over(state) == []


def address_said(process: subprocess.Popen[str]) -> str:
    """The address that `firstbell ui` prints once everything runs."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if found := re.search(r"UI: (http://127\.0\.0\.1:\d+) ", line):
            return found[1]
    raise AssertionError(said)


def field(browser: webdriver.Chrome, label: str) -> Any:
    """The form's text field below a label."""
    return browser.find_element(By.XPATH, f"//label[contains(., '{label}')]/following::textarea[1]")


def wait(browser: webdriver.Chrome, seconds: float = 180) -> WebDriverWait[webdriver.Chrome]:
    return WebDriverWait(browser, seconds)


def test_every_flow_is_there_and_a_worker_waits(ui: Ui) -> None:
    assert set(ui.deployments()) == set(FLOWS)
    # The worker tells the server of itself a moment after its process began.
    WebDriverWait(ui, 90).until(lambda one: one.workers() == ["ONLINE"])


def test_a_briefing_from_the_form_mails_nothing_twice(ui: Ui, browser: webdriver.Chrome) -> None:
    deployment = ui.deployments()["briefing"]
    first = ui.ask(f"/deployments/{deployment}/create_flow_run", {"name": "first"})
    wait(browser).until(lambda _: ui.run_named(first["name"])["state_type"] == "COMPLETED")
    mails, outbox = ui.mails(), ui.outbox()
    assert len(mails) == len(outbox) == 2

    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.set_window_size(1300, 1500)
    browser.get(f"{ui.address}/deployments/deployment/{deployment}/run")
    wait(browser).until(element_to_be_clickable((By.XPATH, "//button[normalize-space()='Submit']")))
    field(browser, "Team").send_keys("leadership")
    before = {one["id"] for one in ui.ask("/flow_runs/filter", {})}
    browser.find_element(By.XPATH, "//button[normalize-space()='Submit']").click()
    given = {"deployments": {"id": {"any_": [deployment]}}, "flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}}

    def finished(_: webdriver.Chrome) -> Any:
        return [one for one in ui.ask("/flow_runs/filter", given) if one["id"] not in before]

    (run,) = wait(browser).until(finished)
    assert run["parameters"]["options"]["team"] == "leadership"
    assert run["state"]["message"] == BRIEFED
    browser.get(f"{ui.address}/runs/flow-run/{run['id']}")
    wait(browser).until(text_to_be_present_in_element((By.TAG_NAME, "body"), "Completed"))
    assert ui.mails() == mails
    assert ui.outbox() == outbox


def test_a_run_at_work_ends_with_its_worker(tmp_path: Path) -> None:
    write_small_district(tmp_path / "district", tmp_path / "state")
    (tmp_path / "district" / "services.yaml").write_text(SERVICES, encoding="utf-8")
    with started(tmp_path) as ui:
        looks = ui.deployments()["poll_uptime"]

        def at_work(_: Ui) -> bool:
            """True once the run looks at the service. One that the full hour has ended is followed by another."""
            found = ui.ask("/flow_runs/filter", {"flow_runs": {"name": {"any_": ["looks"]}}})
            states = {run["state_type"] for run in found}
            if states <= {"COMPLETED"}:
                ui.ask(f"/deployments/{looks}/create_flow_run", {"name": "looks"})
            return "RUNNING" in states

        WebDriverWait(ui, 180).until(at_work)
    with closing(sqlite3.connect(ui.state / "prefect" / "prefect.db")) as prefect:
        states = prefect.execute("SELECT DISTINCT state_type FROM flow_run WHERE name = 'looks'").fetchall()
    assert ("RUNNING",) not in states
