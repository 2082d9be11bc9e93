"""The demo's small parts: what it lays out, run again, forgotten, and the sentence where there is none."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from firstbell.cli import app
from firstbell.cli._place import Place
from firstbell.cli._prefect import PrefectError
from firstbell.cli._sample import sample_place
from firstbell.cli.demo import FORMS, SHOWN_EDITIONS, lay_out

NAMES = {
    *(f"{edition}{form}" for edition in SHOWN_EDITIONS for form in FORMS),
    "leadership-appendix.pdf",
    "packet.json",
}


def packet(out: Path, name: str, made_at: int) -> None:
    """A packet's files as rendering leaves them, each telling which packet it is of."""
    folder = out / "packets" / name
    folder.mkdir(parents=True)
    for file in (*NAMES, "technical-appendix.pdf"):
        (folder / file).write_text(name)
    os.utime(folder, (made_at, made_at))


def laid_out(out: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in (out / "packet").iterdir()}


def test_a_second_run_lays_out_the_newest_final_packet_alone(tmp_path: Path) -> None:
    packet(tmp_path, "leadership-a-final-1", 1000)
    packet(tmp_path, "leadership-a-draft-1", 3000)
    assert lay_out(tmp_path) == "11 files"
    assert laid_out(tmp_path) == dict.fromkeys(NAMES, "leadership-a-final-1")
    (tmp_path / "packet" / "of-an-older-release.pdf").touch()
    packet(tmp_path, "leadership-b-final-1", 2000)
    lay_out(tmp_path)
    assert laid_out(tmp_path) == dict.fromkeys(NAMES, "leadership-b-final-1")


def test_a_night_that_made_no_packet_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        lay_out(tmp_path)
    assert ended.value.exit_code == 1
    assert "No packet was made" in capsys.readouterr().err


def test_a_reset_forgets_the_demo_and_nothing_beside_it(tmp_path: Path) -> None:
    out, beside = tmp_path / "demo", tmp_path / "mine"
    for folder in (out / "mail", beside):
        folder.mkdir(parents=True)
        (folder / "kept").touch()
    for _ in ("once", "and again, when there is nothing left"):
        done = CliRunner().invoke(app, ["demo", "--reset", "--out", str(out)])
        assert (done.exit_code, done.output.split(":")[0]) == (0, "Forgotten")
    assert list(tmp_path.iterdir()) == [beside]
    assert (beside / "kept").exists()


def test_the_ui_sets_prefects_home_and_no_telemetry_before_the_stage(tmp_path: Path) -> None:
    """Setting the stage imports Prefect in this process, which reads its settings once and writes into its home."""
    place, state = tmp_path / "district", tmp_path / "state"
    started = ("init", "--name", "Oak", "--zone", "UTC", "--school", "Oak", "--meeting", "2026-12-03 16:00")
    reader = ("--reader", "Ada <ada@example.org> team_leader", "--non-interactive")
    CliRunner().invoke(app, ["--district", str(place), *started, *reader])
    state.mkdir()
    (state / "stage.json").write_text("no stage")
    handlers = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    settings = ("PREFECT_HOME", "DO_NOT_TRACK", "PREFECT_SERVER_ANALYTICS_ENABLED")
    before = dict(os.environ)
    for name in settings:
        os.environ.pop(name, None)
    try:
        CliRunner().invoke(app, ["--district", str(place), "--state", str(state), "ui", "--port", "0"])
        found = tuple(os.environ.get(name) for name in settings)
    finally:
        os.environ.clear()
        os.environ.update(before)
        for name, handler in handlers.items():
            signal.signal(name, handler)
    assert found == (str(state / "prefect"), "1", "false")


def test_without_a_demo_a_sentence_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(PrefectError, match=r"There is no demo yet: run `make demo` first"):
        sample_place(tmp_path)
    (tmp_path / "stage.json").touch()
    assert sample_place(tmp_path) == Place(tmp_path / "district", tmp_path)
