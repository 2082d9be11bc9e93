"""Commands about kinds of source: connectors list, show, new."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from firstbell.cli._place import print_json

commands = typer.Typer()
connectors_app = typer.Typer(help="The kinds of source and of probe.", no_args_is_help=True)
commands.add_typer(connectors_app, name="connectors")


@connectors_app.command("list")
def list_kinds(
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List the kinds of source and of probe."""
    import connectors
    import connectors.probes

    rows = [("source", kind, connectors.get(kind).title) for kind in connectors.kinds()]
    rows += [("probe", kind, connectors.probes.get(kind).title) for kind in connectors.probes.kinds()]
    if as_json:
        print_json([{"what": what, "kind": kind, "title": title} for what, kind, title in rows])
        return
    for what, kind, title in rows:
        typer.echo(f"{what:8}{kind:18}{title}")


@connectors_app.command()
def show(
    kind: Annotated[str, typer.Argument(help="A kind that `firstbell connectors list` names.")],
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Say what a kind reads, which rights are enough, and what its settings are."""
    from dataclasses import asdict

    import connectors.probes
    from connectors._describe import describe, describe_probe

    said = describe_probe(kind) if kind in connectors.probes.kinds() else describe(kind)
    if as_json:
        print_json(asdict(said))
        return
    typer.echo(f"{said.title}\n\n{said.about}\n")
    if said.least_privilege:
        typer.echo(f"Least access: {said.least_privilege}\nChecked against: {said.checked_against}\n")
    for one in said.settings:
        needed = "needed" if one.needed else f"default {one.default}" if one.default else "may be left out"
        typer.echo(f"  {one.name}: {one.takes} ({needed})\n      {one.description}")
    typer.echo(f"\n{said.docs_url}")


@connectors_app.command()
def new(
    kind: Annotated[str, typer.Argument(help="Its name: the module, the key in sources.yaml, the test folder.")],
    title: Annotated[str, typer.Option(help="Its title in the documentation.")] = "",
    root: Annotated[Path | None, typer.Option(help="The repository; this one by default.", show_default=False)] = None,
) -> None:
    """Write a new kind of source and its test case; the contract tests fail until both are filled in."""
    from firstbell.cli._new_connector import ROOT, write_connector

    for path in write_connector(kind, title, root or ROOT):
        typer.echo(f"Wrote {path}.")
    typer.echo(f"Next: fill both in until `pytest tests/contract -k {kind}` passes.")
