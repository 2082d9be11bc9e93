"""The public command: it says why nothing is public yet, and writes elsewhere where that is asked."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from firstbell.cli import app
from tests.unit.test_preview_command import START


def test_nothing_is_public_before_a_packet_was_sent(tmp_path: Path) -> None:
    told = {
        "FIRSTBELL_DISTRICT": str(tmp_path / "district"),
        "FIRSTBELL_STATE": str(tmp_path / "state"),
        "FIRSTBELL_DATABASE": None,
    }
    assert CliRunner().invoke(app, START, env=told).exit_code == 0
    said = CliRunner().invoke(app, ["public"], env=told)
    assert said.exit_code == 0, said.output
    assert said.output.startswith("No page is public yet: a packet becomes public once it was sent")
    counted = CliRunner().invoke(app, ["public", "--out", str(tmp_path / "site"), "--json"], env=told)
    assert json.loads(counted.output) == {"folder": str(tmp_path / "site"), "pages": 0, "changed": 0, "removed": 0}
