"""Commands about the store: db upgrade, check."""

from __future__ import annotations

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
