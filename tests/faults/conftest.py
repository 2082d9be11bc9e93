"""The world outside of the installations that are broken here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.world import World, outside
from tests.store.conftest import postgres, sqlite_pattern, url

__all__ = ["postgres", "sqlite_pattern", "url"]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with outside(tmp_path_factory.mktemp("world")) as opened:
        yield opened
