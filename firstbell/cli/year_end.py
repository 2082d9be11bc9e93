"""The year-end command: the board's page of a school year, from the packets as they were printed."""

from __future__ import annotations

from typing import Annotated

import typer

from firstbell.cli._place import only_team, place_of, print_json

commands = typer.Typer()


@commands.command(name="year-end")
def year_end(
    context: typer.Context,
    year: Annotated[
        str, typer.Option(help="The school year, such as 2026-27; the last that has begun by default.")
    ] = "",
    team: Annotated[str, typer.Option(help="Which team's; needless where there is one.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Write the year-end page for the board, for leadership and for the public, as PDF and HTML."""
    from firstbell.year_end_files import write_year_end

    with place_of(context).work() as work:
        written = write_year_end(work, only_team(work.district, team), year)
    if as_json:
        print_json([str(path) for path in written])
        return
    for path in written:
        typer.echo(f"Wrote {path}.")
