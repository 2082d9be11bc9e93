"""The contract over every kind there is. How a kind plugs in stands at the top of suite.py."""

from __future__ import annotations

import pytest

import connectors
from tests.contract.checks import CHECKS, collected
from tests.contract.conftest import MakeCase
from tests.contract.suite import HERE, Case, load_case


def cases() -> dict[str, type[Case]]:
    """The cases of all kinds that have one; `test_every_kind_has_its_case` tells of the others."""
    return {kind: load_case(kind) for kind in connectors.kinds() if (HERE / kind / "case.py").is_file()}


CASES = cases()


@pytest.mark.parametrize("kind", connectors.kinds())
def test_every_kind_has_its_case(kind: str) -> None:
    assert load_case(kind).kind == kind


@pytest.mark.parametrize(
    ("kind", "check"),
    [pytest.param(kind, name, id=f"{kind}-{name}") for kind, case in CASES.items() for name in collected(case)],
)
def test_contract(kind: str, check: str, make_case: MakeCase) -> None:
    function, _ = CHECKS[check]
    function(make_case(CASES[kind]))
