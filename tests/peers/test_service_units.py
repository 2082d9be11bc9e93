"""systemd itself accepts the units, for plain paths and for awkward ones."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from firstbell.service_units import Installation, write_units


@pytest.mark.parametrize("name", ["opt", "our $5 lab; the old one", "100% ready", "größer"])
def test_systemd_accepts_the_units(tmp_path: Path, name: str) -> None:
    home = tmp_path / name
    (home / "bin").mkdir(parents=True)
    for program in ("python", "firstbell"):
        (home / "bin" / program).write_text("#!/bin/sh\n")
        (home / "bin" / program).chmod(0o755)
    written = write_units(installation(home), tmp_path / "units")
    checked = subprocess.run(["systemd-analyze", "verify", *map(str, written)], capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_systemd_would_say_what_is_wrong(tmp_path: Path) -> None:
    """The check bites: a program that is not there is told."""
    written = write_units(replace(installation(tmp_path), python=tmp_path / "nowhere"), tmp_path / "units")
    checked = subprocess.run(["systemd-analyze", "verify", *map(str, written)], capture_output=True, text=True)
    assert checked.returncode != 0


def installation(home: Path) -> Installation:
    return Installation(
        user="firstbell",
        checkout=home,
        python=home / "bin" / "python",
        firstbell=home / "bin" / "firstbell",
        state=home / "state",
        pool="firstbell",
        environment={
            "FIRSTBELL_STATE": str(home / "state"),
            "PREFECT_API_URL": "http://127.0.0.1:4200/api",
            "SAID": 'a "word" with \\ and 100 %',
        },
    )
