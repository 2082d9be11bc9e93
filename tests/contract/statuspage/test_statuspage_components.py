"""A component that a vendor's page does not have is told, by doctor and by the read itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors._base import FetchRequest
from connectors._errors import SettingsError
from tests.contract.statuspage.case import Case
from tests.contract.suite import Situation, build


class Misnamed(Case):
    def settings(self) -> Mapping[str, Any]:
        return {**super().settings(), "components": {"sign_in": "Logins", "mail": "Email"}}


class WholePage(Case):
    def settings(self) -> Mapping[str, Any]:
        return {"url": self.url, "service_key": "vendor"}


def test_a_component_that_is_not_there_is_not_taken_for_one_without_trouble(tmp_path: Path) -> None:
    case = Misnamed(tmp_path)
    case.serve(Situation.WHOLE)
    try:
        with pytest.raises(SettingsError, match="mail"):
            build(case).check()
        with pytest.raises(SettingsError, match="mail"):
            list(build(case).fetch(FetchRequest()))
    finally:
        case.close()


def test_a_whole_page_may_stand_for_one_service(tmp_path: Path) -> None:
    case = WholePage(tmp_path)
    case.serve(Situation.WHOLE)
    try:
        *records, _ = build(case).fetch(FetchRequest())
        assert [record.entity_key for record in records] == [f"vendor/{key}" for key in "abcdm"]
    finally:
        case.close()
