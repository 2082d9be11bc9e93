"""Which Python runs it: pyproject.toml and the pages say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TAKEN = {"3.11", "3.12"}


def test_pyproject_takes_the_versions_that_were_run() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.13"


@pytest.mark.parametrize("page", ["README.md", "docs/operations.md", "docs/design.md"])
def test_a_page_names_these_versions_and_no_other(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    sentences = [one for one in re.split(r"(?<=[.:])\s", text) if "Debian 12 (" in one or "(Debian 12" in one]
    assert set(re.findall(r"\b3\.1\d\b", " ".join(sentences))) == TAKEN
