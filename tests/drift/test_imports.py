"""Imports go one way: flows -> tasks -> connectors -> firstbell, and the core never knows Prefect."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FORBIDDEN: dict[str, frozenset[str]] = {
    "firstbell": frozenset({"flows", "tasks", "connectors", "prefect"}),
    "connectors": frozenset({"flows", "tasks", "prefect"}),
    "tasks": frozenset({"flows"}),
    "flows": frozenset({"connectors"}),
}
CONNECTORS_MAY_USE = {f"firstbell.{name}" for name in ("records", "config", "errors", "clock", "kpi", "intervals")}
METRICS_MAY_USE = {
    f"firstbell.{name}"
    for name in (
        *("records", "kpi", "intervals", "histogram", "policies", "periods"),
        *("calendar", "business_clock", "clock", "errors", "metrics"),
    )
}


@cache
def imports_of(path: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return frozenset(found)


def sources(package: str) -> list[Path]:
    return [path for path in sorted((ROOT / package).rglob("*.py")) if "cli" not in path.relative_to(ROOT).parts]


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_layer_imports_an_outer_one(package: str) -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources(package)
        for name in imports_of(path)
        if name.split(".")[0] in FORBIDDEN[package] or name.startswith("firstbell.cli")
    }
    assert wrong == set()


def within(name: str, allowed: set[str]) -> bool:
    return not name.startswith("firstbell") or any(name == one or name.startswith(one + ".") for one in allowed)


def test_connectors_see_only_the_border_of_the_core() -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("connectors")
        for name in imports_of(path)
        if not within(name, CONNECTORS_MAY_USE)
    }
    assert wrong == set()


def test_metrics_are_pure() -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sources("firstbell/metrics")
        for name in imports_of(path)
        if not within(name, METRICS_MAY_USE)
    }
    assert wrong == set()


def test_our_code_never_touches_smtplib() -> None:
    packages = ("firstbell", "connectors", "tasks", "flows")
    wrong = [
        str(path.relative_to(ROOT))
        for package in packages
        for path in sources(package)
        if "smtplib" in imports_of(path)
    ]
    assert wrong == []
