"""The generated pages are fresh, every field is described, and every command has help and a place in docs/cli.md."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

from firstbell.cli._pages import all_commands, generated_pages
from firstbell.config._shape import fields_of, item_of, model_of, values_of
from firstbell.config.loading import FILES
from firstbell.config.starter import TEMPLATES

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(generated_pages())
COMMANDS = dict(all_commands())


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_fresh(page: str) -> None:
    """When this fails, run `make docs`."""
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == generated_pages()[page]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_and_its_options_have_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    silent = [one.name for one in command.params if not one.help and one.name != "help"]
    assert silent == []


@pytest.mark.parametrize("file", FILES)
def test_every_field_says_what_it_is_for(file: str) -> None:
    open_models, silent = [FILES[file]], []
    while open_models:
        model = open_models.pop()
        for name, field in fields_of(model).items():
            if not field.description:
                silent.append(f"{model.__name__}.{name}")
            for annotation in (field.annotation, item_of(field.annotation), values_of(field.annotation)):
                inner = model_of(annotation) if annotation is not None else None
                open_models += [inner] if inner else []
    assert silent == []


def test_init_writes_every_file() -> None:
    assert {path.name for path in TEMPLATES.iterdir()} == {f"{file}.j2" for file in FILES}


def test_the_command_line_is_light_until_a_command_runs() -> None:
    """`firstbell --help` imports the modules of firstbell/cli/ at their top level, and these must import little."""
    light = {"typer", *sys.stdlib_module_names}
    heavy = {
        f"{path.name}: {name}"
        for path in sorted((ROOT / "firstbell" / "cli").glob("*.py"))
        if path.name in ("__init__.py", "_place.py") or not path.name.startswith("_")
        for name in _imported_at_once(ast.parse(path.read_text(encoding="utf-8")))
        if name.partition(".")[0] not in light and not name.startswith(("firstbell.cli", "firstbell.errors"))
    }
    assert heavy == set()


def _imported_at_once(module: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found
