"""The watchdog command: run by a timer, outside of Prefect."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from firstbell.cli._place import place_of, print_json

commands = typer.Typer()


@commands.command()
def watchdog(
    context: typer.Context,
    mail: Annotated[bool, typer.Option(help="Mail the installer, once a day for each alarm.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Look from outside for what nobody else tells; exit with 1 when something is wrong."""
    from firstbell.clock import utc_now
    from firstbell.delivery.choose import transport_of
    from firstbell.delivery.refusals import report_refusals
    from firstbell.watchdog import alarms, tell
    from firstbell.workplace import Workplace
    from tasks.calendars import CalendarReader
    from tasks.place import feeds_of, secret_readers

    place = place_of(context)
    district = place.load()
    with place.store() as store:
        work = Workplace(
            district=district,
            store=store,
            state=place.state,
            feeds=feeds_of(district),
            read_calendar=CalendarReader(district.folder, place.state),
            clock=utc_now,
        )
        found = alarms(work)
        if as_json:
            print_json([asdict(alarm) for alarm in found])
        else:
            for alarm in found:
                typer.echo(alarm.sentence)
        if mail:
            transport = transport_of(district, place.state, secret_readers(district.folder))
            tell(work, transport, found)
            if not any(alarm.key == "database" for alarm in found):
                report_refusals(work, transport)
    if found:
        raise typer.Exit(1)
    if not as_json:
        typer.echo("Nothing is wrong.")
