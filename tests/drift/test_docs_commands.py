"""What the hand-written pages name is there: commands, their options, make targets, files and links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from firstbell.cli import app
from firstbell.cli.run import FLOWS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
SNIPPET = re.compile(r"`([^`\n]+)`|^ {4,}(\S[^\n]*)$", re.MULTILINE)
FOLDERS = r"(?:firstbell|connectors|flows|tasks|catalogs|templates|examples|tests|bench|docs)"
FILE = re.compile(rf"(?<![\w/.]){FOLDERS}/[\w./-]+\.(?:py|yaml|md|typ|j2|png|csv)\b")
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)")
MADE_UP = ("my_desk", "flows/email.py")
"""Files that a reader is told to make, or never to."""


def snippets(page: Path) -> Iterator[str]:
    """What stands in code marks, or indented as code."""
    for short, block in SNIPPET.findall(page.read_text(encoding="utf-8")):
        yield (short or block).split("  #")[0].strip()


def command_lines(page: Path, program: str) -> list[list[str]]:
    """The words after a program's name, of each snippet that begins with it."""
    words = [line.split() for line in snippets(page)]
    return [line[1:] for line in words if line and line[0] == program]


def unknown(words: list[str]) -> str:
    """What is wrong with a firstbell command line; empty when it can be run."""
    command: Any = typer.main.get_command(app)
    rest = [*words]
    while rest and hasattr(command, "commands"):
        word = rest[0]
        if word.startswith("-"):
            rest = rest[2:] if word in ("--district", "--state") else rest[1:]
            continue
        if word not in command.commands:
            return f"there is no command {word}"
        command = command.commands[rest.pop(0)]
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help"}
    wrong = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in options]
    if command.name == "run" and rest and rest[0] not in (*FLOWS, "FLOW"):
        wrong.append(rest[0])
    return f"{command.name} does not know {', '.join(wrong)}" if wrong else ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    missing = [
        f"firstbell {' '.join(words)}: {why}" for words in command_lines(page, "firstbell") if (why := unknown(words))
    ]
    missing += [f"make {words[0]}" for words in command_lines(page, "make") if words and words[0] not in targets]
    if "<!-- Written by" not in text:
        missing += [name for name in FILE.findall(text) if not (ROOT / name).exists() and not made_up(name)]
        missing += [link for link in LINK.findall(text) if not (page.parent / link).exists()]
    assert missing == []


def made_up(name: str) -> bool:
    return any(word in name for word in MADE_UP)


def test_the_checks_bite() -> None:
    assert unknown(["run", "nightly_audit", "--set", "reread=true"]) == ""
    assert unknown(["frobnicate"]) == "there is no command frobnicate"
    assert unknown(["db", "explode"]) == "there is no command explode"
    assert unknown(["doctor", "--loud"]) == "doctor does not know --loud"
    assert unknown(["run", "nightly"]) == "run does not know nightly"
