"""The examples in the docstrings are true."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from firstbell import intervals
from firstbell.metrics import measures, surveys


@pytest.mark.parametrize("module", [intervals, measures, surveys])
def test_examples_of_a_module(module: ModuleType) -> None:
    found = doctest.testmod(module)
    assert found.attempted > 0
    assert found.failed == 0
