"""The command line: each command a few lines over a library function.

A module of this package holds the commands of one subject in `commands`, a Typer app; add it to `MODULES` and it is
there. Heavy imports belong inside the commands, so that `firstbell --help` answers at once.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from firstbell.cli import (
    actions,
    connector,
    database,
    demo,
    doctor,
    items,
    minutes,
    outbox,
    pages,
    preview,
    public,
    review,
    run,
    service,
    start,
    watchdog,
    year_end,
)
from firstbell.cli._place import OneSentence, Place

MODULES = (
    start,
    doctor,
    run,
    connector,
    database,
    pages,
    preview,
    public,
    review,
    minutes,
    items,
    actions,
    outbox,
    year_end,
    watchdog,
    service,
    demo,
)

WRITE_FOR_OTHERS = ("init", "schema", "docs", "connectors", "service", "demo", "public")
"""Commands that write what others read, such as the district folder that root makes for the service's user."""

app = typer.Typer(
    cls=OneSentence,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: Rich's boxes cost as long as all the rest
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Nightly technology audits of a school district, and the briefing its leadership team reads.",
)
for module in MODULES:
    app.add_typer(module.commands)


@app.callback()
def main(
    context: typer.Context,
    district: Annotated[
        Path, typer.Option(envvar="FIRSTBELL_DISTRICT", help="The district folder.", show_default="district")
    ] = Path("district"),
    state: Annotated[
        Path,
        typer.Option(envvar="FIRSTBELL_STATE", help="Where this installation keeps its data.", show_default="state"),
    ] = Path("state"),
) -> None:
    """Where the district's own files are; both stand before the command."""
    if context.invoked_subcommand not in WRITE_FOR_OTHERS:
        before = os.umask(0o077)
        context.call_on_close(lambda: os.umask(before))
    context.obj = Place(district, state)
