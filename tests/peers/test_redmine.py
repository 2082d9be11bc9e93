"""A real Redmine, as Debian packages it: its projects as initiatives, its issues as progress and action items."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors import get
from connectors._base import Complete, Connector, FetchRequest, SourceContext
from connectors._errors import AuthError, SettingsError
from firstbell.records import ActionItemSeen, Measurement, MilestoneSeen

HOME = Path("/usr/share/redmine")
SEED = Path(__file__).with_name("redmine_seed.rb")
KEY = "0123456789abcdef0123456789abcdef01234567"
NOW = datetime(2026, 11, 20, 5, tzinfo=UTC)
# Redmine queues its notices in threads that read the database while the seed writes: without patience, one is refused.
LOCK_MILLISECONDS = 20_000


@pytest.fixture(scope="module")
def redmine() -> Iterator[str]:
    """The address of a Redmine of our own: Debian's fresh database is copied, so that nothing of it is touched."""
    with tempfile.TemporaryDirectory(prefix="firstbell-redmine-") as folder:
        Path(folder).chmod(0o755)
        with served(Path(folder)) as url:
            yield url


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A seeded Redmine whose database lies in a folder that its user may write to."""
    shutil.copy(next(Path("/var/lib/dbconfig-common/sqlite3/redmine").rglob("redmine_default")), folder / "redmine.db")
    shutil.copy(SEED, folder / "seed.rb")
    owner = pwd.getpwnam("www-data")
    for path in (folder, *folder.iterdir()):
        os.chown(path, owner.pw_uid, owner.pw_gid)
    (HOME / "tmp").mkdir(exist_ok=True)
    os.chown(HOME / "tmp", owner.pw_uid, owner.pw_gid)
    seeded = rails(folder, "runner", str(folder / "seed.rb"))
    assert seeded.returncode == 0, seeded.stderr[:2000]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (folder / "server.log").open("wb") as log:
        serve = ["server", "-u", "thin", "-b", "127.0.0.1", "-p", str(port), "-P", str(folder / "pid")]
        server = subprocess.Popen(
            command(folder, *serve), cwd=HOME, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/", server, folder / "server.log")
            yield f"http://127.0.0.1:{port}/"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(server.pid, 15)
            server.wait(30)


def command(folder: Path, *words: str) -> list[str]:
    database = f"sqlite3:{folder / 'redmine.db'}?timeout={LOCK_MILLISECONDS}"
    told = [f"DATABASE_URL={database}", "RAILS_ENV=production", f"READER_KEY={KEY}"]
    return ["runuser", "-u", "www-data", "--", "env", *told, "bin/rails", *words]


def rails(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(folder, *words), cwd=HOME, capture_output=True, text=True)


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 90
    while True:
        with suppress(urllib.error.URLError, OSError), urllib.request.urlopen(url, timeout=20):
            return
        if server.poll() is not None or time.monotonic() > until:
            raise AssertionError(log.read_text()[-2000:])


def connector(url: str, folder: Path, **changes: Any) -> Connector:
    told: dict[str, Any] = {
        "url": url,
        "api_key": KEY,
        "projects": [
            {"project": "gradebook", "initiative": "gradebook"},
            {"project": "gradebook-oak", "initiative": "gradebook", "school": "oak"},
        ],
        "action_trackers": ["Action"],
        "owners": {"network desk": "it_lead"},
    }
    context = SourceContext("projects", ZoneInfo("America/Chicago"), folder, clock=lambda: NOW)
    kind = get("redmine")
    return kind(kind.Settings(**(told | changes)), context)


def test_projects_are_read_as_initiatives(redmine: str, tmp_path: Path) -> None:
    found = list(connector(redmine, tmp_path).fetch(FetchRequest()))
    assert {one.stream for one in found if isinstance(one, Complete)} == {"milestones", "progress", "actions"}
    milestones = {one.title: one for one in found if isinstance(one, MilestoneSeen)}
    assert {title: (one.due_on, one.done_on, one.scope) for title, one in milestones.items()} == {
        "Pilot": (date(2026, 10, 1), date(2026, 10, 2), "district"),
        "All schools": (date(2027, 1, 15), None, "district"),
        "Oak trained": (date(2026, 12, 11), None, "school:oak"),
    }
    progress = {one.scope: (one.numerator, one.denominator) for one in found if isinstance(one, Measurement)}
    assert progress == {"district": (31, 130), "school:oak": (0, 10)}


def test_issues_of_the_named_tracker_are_action_items(redmine: str, tmp_path: Path) -> None:
    found = [one for one in connector(redmine, tmp_path).fetch(FetchRequest()) if isinstance(one, ActionItemSeen)]
    assert len({one.action_key for one in found}) == len(found) == 130
    states = [one.state for one in found]
    assert (states.count("open"), states.count("done"), states.count("dropped")) == (99, 30, 1)
    first = next(one for one in found if one.title == "Promise 0")
    assert (first.owner, first.due_on, first.opened_on) == ("it_lead", date(2026, 12, 1), date(2026, 10, 6))
    assert next(one for one in found if one.title == "Promise 1").closed_on == date(2026, 11, 2)


def test_a_wrong_key_is_no_short_list(redmine: str, tmp_path: Path) -> None:
    with pytest.raises(AuthError):
        list(connector(redmine, tmp_path, api_key="f" * 40).fetch(FetchRequest()))


@pytest.mark.parametrize("project", ["nowhere", "payroll"])
def test_a_project_that_cannot_be_read_is_told(redmine: str, tmp_path: Path, project: str) -> None:
    wrong = [{"project": project, "initiative": "gradebook"}]
    with pytest.raises((AuthError, SettingsError)) as told:
        connector(redmine, tmp_path, projects=wrong).check()
    assert KEY not in str(told.value)


def test_a_tracker_that_is_not_there_is_told(redmine: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no tracker Promise"):
        connector(redmine, tmp_path, action_trackers=["Action", "Promise"]).check()
