"""Commands that write what is generated: schema, docs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from firstbell.cli._place import all_settings, place_of

commands = typer.Typer()


@commands.command()
def schema(
    context: typer.Context,
    out: Annotated[Path | None, typer.Option(help="Where to write; .schema in the district folder by default.")] = None,
) -> None:
    """Write JSON Schemas of the district folder's files, for editors."""
    from firstbell.config.schema import FOLDER, write_schemas

    folder = out or place_of(context).district / FOLDER
    written = write_schemas(folder, *all_settings())
    typer.echo(f"Wrote {len(written)} schemas into {folder}.")


@commands.command()
def docs(
    out: Annotated[Path, typer.Option(help="The documentation folder.")] = Path("docs"),
) -> None:
    """Write the generated pages of the documentation anew."""
    from firstbell.cli._pages import generated_pages

    for name, text in generated_pages().items():
        (out / name).write_text(text, encoding="utf-8")
        typer.echo(f"Wrote {out / name}.")
