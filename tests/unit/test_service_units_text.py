"""The units say what one robust machine needs, and nothing that systemd would read otherwise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from firstbell.service_units import SECRETS, UNITS, Installation, ServiceError, next_steps, units, write_units

PLAIN = Installation(
    user="firstbell",
    checkout=Path("/opt/firstbell"),
    python=Path("/opt/firstbell/.venv/bin/python"),
    firstbell=Path("/opt/firstbell/.venv/bin/firstbell"),
    state=Path("/var/lib/firstbell"),
    pool="firstbell",
    environment={"PREFECT_API_URL": "http://127.0.0.1:4200/api", "FIRSTBELL_STATE": "/var/lib/firstbell"},
)


def lines(name: str, installation: Installation = PLAIN) -> list[str]:
    return units(installation)[name].splitlines()


def test_the_worker_lets_its_flows_finish() -> None:
    worker = lines("firstbell-worker.service")
    assert "KillMode=mixed" in worker
    assert "TimeoutStopSec=900" in worker
    assert "Restart=always" in worker
    assert (
        "ExecStart=/opt/firstbell/.venv/bin/python -m prefect worker start --pool firstbell --type process --limit 4"
        in worker
    )


def test_the_watchdog_needs_neither_server_nor_worker() -> None:
    watchdog = lines("firstbell-watchdog.service")
    assert "Type=oneshot" in watchdog
    assert not any("firstbell-server" in line or "-m prefect" in line for line in watchdog)
    assert "Persistent=true" in lines("firstbell-watchdog.timer")


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_every_service_knows_its_place_and_where_secrets_are(name: str) -> None:
    unit = lines(name)
    assert {"User=firstbell", "WorkingDirectory=/opt/firstbell"} <= set(unit)
    assert "Environment=PREFECT_API_URL=http://127.0.0.1:4200/api" in unit
    assert f"EnvironmentFile=-/var/lib/firstbell/{SECRETS}" in unit


def test_what_systemd_would_read_otherwise_is_escaped() -> None:
    odd = replace(
        PLAIN,
        checkout=Path("/srv/100% ours"),
        python=Path("/srv/100% ours/python"),
        environment={"SAID": 'a "word"'},
    )
    unit = lines("firstbell-server.service", odd)
    assert "WorkingDirectory=/srv/100%% ours" in unit
    assert 'ExecStart="/srv/100%% ours/python" -m prefect server start' in unit
    assert r'Environment="SAID=a \"word\""' in unit


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"user": "first bell"}, "name of a system user"),
        ({"user": "root\nExecStart=/bin/sh"}, "name of a system user"),
        ({"state": Path("state")}, "must be an absolute path"),
        ({"checkout": Path("/opt/x\nUser=root")}, "line break"),
        ({"python": Path("/opt/our school's/python")}, "no path with quotes"),
        ({"environment": {"A": "b\nUser=root"}}, "line break"),
    ],
)
def test_what_a_unit_cannot_hold_is_refused(wrong: dict[str, object], told: str) -> None:
    with pytest.raises(ServiceError, match=told):
        units(replace(PLAIN, **wrong))  # type: ignore[arg-type]  # fields of the installation


def test_the_files_are_written_whole(tmp_path: Path) -> None:
    written = write_units(PLAIN, tmp_path / "units")
    assert sorted(path.name for path in (tmp_path / "units").iterdir()) == sorted(UNITS)
    assert [path.read_text() for path in written] == list(units(PLAIN).values())


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServiceError, match="choose a folder with --folder"):
        write_units(PLAIN, tmp_path / "file" / "units")


def test_a_machine_at_a_further_vantage_gets_a_worker_alone(tmp_path: Path) -> None:
    annex = replace(PLAIN, vantage="annex", pool="firstbell_annex")
    assert [path.name for path in write_units(annex, tmp_path)] == ["firstbell-worker.service"]
    worker = lines("firstbell-worker.service", annex)
    assert any("--pool firstbell_annex" in line for line in worker)
    assert not any("deploy" in line or "firstbell-server" in line for line in worker)
    assert not any("watchdog" in step or "firstbell-server" in step for step in next_steps(annex, tmp_path))
