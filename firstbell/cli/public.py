"""The public command: the web pages of the public edition."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from firstbell.cli._place import place_of, print_json

commands = typer.Typer()


@commands.command()
def public(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="Folder; public inside the state folder by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Write the public edition of every packet that was sent as web pages; one whose meeting is to come waits."""
    from firstbell.briefing.public import write_public

    with place_of(context).work() as work:
        done = write_public(work, out)
    if as_json:
        print_json({"folder": done.folder, "pages": done.pages, "changed": done.changed, "removed": done.removed})
        return
    if done.pages == 0:
        typer.echo("No page is public yet: a packet becomes public once it was sent and its meeting has begun.")
        return
    typer.echo(f"Pages: {done.pages}; new or changed: {done.changed}; removed: {done.removed}.")
    typer.echo(str(done.folder))
