"""The dependency page, pyproject.toml and the imports say the same."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OURS = {"firstbell", "connectors", "flows", "tasks", "examples", "tests"}
RUN = ("firstbell", "connectors", "flows", "tasks")
TAUGHT_BY = {"pydantic-core": "pydantic"}
"""Distributions that belong to another one and have no life of their own."""
NOT_IMPORTED = {"fastapi"}
"""Declared for their version alone."""


def canonical(name: str) -> str:
    """A distribution's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements: list[str]) -> set[str]:
    return {canonical(found[0]) for one in requirements if (found := re.match(r"[\w.-]+", one))}


def run_dependencies() -> set[str]:
    return declared(PROJECT["dependencies"])


def all_dependencies() -> set[str]:
    return run_dependencies().union(*map(declared, PROJECT["optional-dependencies"].values()))


@cache
def owners() -> Mapping[str, list[str]]:
    """The distributions that bring each top-level module."""
    return packages_distributions()


def imported(*folders: str) -> set[str]:
    """Distributions that modules below the folders import."""
    found = set()
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for module in modules_of(path):
                if module.split(".")[0] not in OURS | sys.stdlib_module_names:
                    found.add(distribution_of(module))
    return found


@cache
def modules_of(path: Path) -> frozenset[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module)
    return frozenset(found)


def distribution_of(module: str) -> str:
    """Who brings a module; of a shared namespace such as `ruamel` the one that is named like it."""
    top = module.split(".")[0]
    names = {canonical(name) for name in owners().get(top, [top])}
    if len(names) > 1:
        names &= {canonical(".".join(module.split(".")[:2]))}
    (name,) = names
    return TAUGHT_BY.get(name, name)


def listed() -> list[str]:
    """The packages of the page's first three tables, in their order."""
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    return [canonical(name) for name in re.findall(r"^\| `([\w.-]+)` \| \w", page, re.MULTILINE)]


def test_every_dependency_has_its_reason() -> None:
    assert sorted(listed()) == sorted(all_dependencies())


def test_what_is_imported_is_declared() -> None:
    assert imported(*RUN) <= run_dependencies()
    assert imported("examples", "tests") <= all_dependencies()


def test_what_is_declared_is_imported() -> None:
    assert run_dependencies() - imported(*RUN) == NOT_IMPORTED


def test_the_lock_holds_every_dependency() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = {canonical(name) for name in re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==", lock, re.MULTILINE)}
    assert all_dependencies() <= pinned
    assert "--hash=" in lock
    assert "index-url" not in lock
