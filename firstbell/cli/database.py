"""Commands about the store: db upgrade, check, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from firstbell.cli._place import place_of

commands = typer.Typer()
database_app = typer.Typer(help="The store: one SQLite file, or PostgreSQL.", no_args_is_help=True)
commands.add_typer(database_app, name="db")


@database_app.command()
def upgrade(context: typer.Context) -> None:
    """Bring the store to this version's layout; make it where there is none."""
    from firstbell.store.schema import check_schema, upgrade

    with place_of(context).store() as store:
        upgrade(store)
        typer.echo(check_schema(store))


@database_app.command()
def check(context: typer.Context) -> None:
    """Say whether the store has this version's layout."""
    from firstbell.store.schema import check_schema

    with place_of(context).store() as store:
        typer.echo(check_schema(store))


@database_app.command()
def backup(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="The file to write; it is there whole or not at all.")],
) -> None:
    """Write a checked copy of the store while others go on using it."""
    from firstbell.store.backup import backup

    with place_of(context).store() as store:
        typer.echo(f"Wrote {backup(store, path)}.")


@database_app.command()
def restore(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(help="A file that `firstbell db backup` wrote.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the store's content is replaced.")] = False,
) -> None:
    """Replace the store's content by a copy, bring that to this version's layout, and go back to rehearsal."""
    from firstbell.store.backup import restore

    place = place_of(context)
    with place.store() as store:
        if not yes:
            typer.confirm(f"Replace all that is in {store.place} by {path}?", abort=True)
        restore(store, path, place.state)
        typer.echo(f"Restored {store.place} from {path}.")
    typer.echo(
        "In rehearsal: what was mailed after the copy was made is not in it, and a packet whose meeting is still ahead "
        "goes out again after `firstbell go-live`."
    )
