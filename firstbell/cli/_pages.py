"""The generated pages of docs/: what each holds is written where the code is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

HEADING = """\
# Command line

<!-- Written by `firstbell docs` from firstbell/cli/; change it there. -->

Every command answers `--help`. An error is one sentence on standard error and exit code 2; `firstbell doctor` exits
with 1 when it found something wrong. `--district` and `--state`, or `FIRSTBELL_DISTRICT` and `FIRSTBELL_STATE`, say
whose files a command works on; `FIRSTBELL_DATABASE` names a PostgreSQL database instead of the state folder's file.
"""


def generated_pages() -> dict[str, str]:
    """The text of every generated page by its name in docs/."""
    from connectors._describe import connectors_page
    from firstbell.config.reference import configuration_page

    return {
        "configuration.md": configuration_page(),
        "connectors.md": connectors_page(),
        "cli.md": command_page(),
    }


def command_page() -> str:
    """The text of docs/cli.md: every command with its options."""
    return "\n".join([HEADING, *(_section(name, command) for name, command in all_commands())])


def all_commands() -> Iterator[tuple[str, Any]]:
    """Every command that does something, with its full name; the program itself comes first."""
    from firstbell.cli import app

    root = typer.main.get_command(app)
    yield "firstbell", root
    yield from _below("firstbell", root)


def _below(name: str, group: Any) -> Iterator[tuple[str, Any]]:
    for part, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from _below(f"{name} {part}", command)
        else:
            yield f"{name} {part}", command


def _section(name: str, command: Any) -> str:
    arguments = [_argument(one) for one in command.params if one.param_type_name == "argument"]
    options = [_option(one) for one in command.params if one.param_type_name == "option" and one.opts[0] != "--help"]
    options = [line for line in options if "completion" not in line]
    table = ["| | |", "|---|---|", *arguments, *options, ""] if arguments or options else []
    return "\n".join([f"## {name}", "", " ".join((command.help or "").split()), "", *table])


def _argument(argument: Any) -> str:
    return f"| `{argument.name.upper()}` | {argument.help or ''} |"


def _option(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
    return f"| {names} | {option.help or ''} |"
