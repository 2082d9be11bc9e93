"""`firstbell connectors new KIND` writes a kind that is found, described and failing until it is filled in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from firstbell.cli._new_connector import write_connector

ROOT = Path(__file__).resolve().parents[2]
SUITE = ("suite.py", "checks.py", "web.py", "conftest.py", "test_contract.py")


def test_a_new_kind_fails_the_contract_until_it_is_filled_in(tmp_path: Path) -> None:
    for package in ("connectors", "firstbell", "catalogs"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests" / "contract").mkdir(parents=True)
    for name in SUITE:
        shutil.copy(ROOT / "tests" / "contract" / name, tmp_path / "tests" / "contract" / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    write_connector("made_up_desk", "Made-up desk", tmp_path)
    arguments = ["-m", "pytest", "tests/contract", "-k", "made_up_desk", "-q", "--tb=no", "-p", "no:cacheprovider"]
    run = subprocess.run([sys.executable, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=100)
    assert run.returncode == 1, run.stdout + run.stderr
    for check in ("every_row_once", "exact_records", "empty_is_not_an_error"):
        assert f"[made_up_desk-{check}]" in run.stdout
