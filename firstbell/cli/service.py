"""The service command: systemd units for this checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from firstbell.cli._place import place_of
from firstbell.errors import FirstbellError

commands = typer.Typer()


@commands.command()
def service(
    context: typer.Context,
    user: Annotated[str, typer.Option(help="The system user that everything runs as.")] = "firstbell",
    folder: Annotated[
        Path | None, typer.Option(help="Where to write the units; `services` in the state folder by default.")
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of Prefect's server on loopback.")] = 4200,
    vantage: Annotated[str, typer.Option(help="Only the worker that looks from there, for a machine there.")] = "",
) -> None:
    """Write systemd units for Prefect's server, the worker and the watchdog, and say how to install them."""
    from firstbell.cli._prefect import POOL, ROOT, environment
    from firstbell.service_units import SECRETS, Installation, next_steps, write_units

    place = place_of(context)
    district = place.load()
    pools = {one.key: one.pool for one in district.polling.further_vantages}
    if vantage and vantage not in pools:
        known = ", ".join(sorted(pools)) or "none yet"
        raise FirstbellError(f"--vantage {vantage} is no key of polling.further_vantages in services.yaml ({known}).")
    if vantage and "PREFECT_API_URL" not in os.environ:
        raise FirstbellError(
            "PREFECT_API_URL is not set: name the address under which this machine reaches the server."
        )
    told = environment(place, port=None if vantage else port, time_zone=district.about.time_zone)
    if vantage:
        told["PREFECT_API_URL"] = os.environ["PREFECT_API_URL"]
    installation = Installation(
        user=user,
        checkout=ROOT,
        python=Path(sys.executable),
        firstbell=Path(sys.executable).with_name("firstbell"),
        state=place.state.resolve(),
        pool=pools[vantage] if vantage else POOL,
        vantage=vantage,
        environment=told,
    )
    target = (folder or place.state / "services").resolve()
    for path in write_units(installation, target):
        typer.echo(f"Wrote {path}.")
    typer.echo("Then, on this machine:")
    for line in next_steps(installation, target):
        typer.echo(f"  {line}")
    if os.environ.get("FIRSTBELL_DATABASE"):
        typer.echo(f"Put FIRSTBELL_DATABASE into {installation.state / SECRETS}: its address may hold a password.")
