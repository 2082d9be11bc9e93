"""docs/connectors.md says what the code says: `firstbell docs` writes it, nobody else."""

from __future__ import annotations

from pathlib import Path

import connectors
import connectors.probes
from connectors._describe import connectors_page, describe

PAGE = Path(__file__).resolve().parents[2] / "docs" / "connectors.md"


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == connectors_page(), "docs/connectors.md is stale: run `firstbell docs`"


def test_every_kind_has_its_heading() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [kind for kind in (*connectors.kinds(), *connectors.probes.kinds()) if f"\n## {kind}\n" not in text] == []


def test_secrets_are_told_from_other_settings() -> None:
    secret = {setting.name for setting in describe("roundup").settings if setting.secret}
    assert secret == {"password", "proxy"}
