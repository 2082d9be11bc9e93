"""Commands for beginning: init, go-live."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from firstbell.cli._place import all_settings, load_folder, place_of

commands = typer.Typer()


@commands.command()
def init(
    context: typer.Context,
    name: Annotated[str, typer.Option(help="1. The district's name.")] = "",
    zone: Annotated[str, typer.Option(help="1. Its time zone, for example America/Chicago.")] = "",
    state_code: Annotated[str, typer.Option("--us-state", help="1. Two letters: adds the state's obligations.")] = "",
    school: Annotated[list[str] | None, typer.Option(help="2. A school's name; repeat it for each.")] = None,
    oneroster: Annotated[
        Path | None, typer.Option(help="2. Instead: a OneRoster folder, ZIP or orgs.csv that names the schools.")
    ] = None,
    runs: Annotated[
        list[str] | None, typer.Option(help="3. A system that runs, for example Canvas; repeat it.")
    ] = None,
    web: Annotated[list[str] | None, typer.Option(help="4. A web address to look at; repeat it.")] = None,
    services_from: Annotated[
        list[str] | None,
        typer.Option(
            help="4. A monitor that knows them: 'uptime_kuma ADDRESS or FILE' or 'prometheus ADDRESS', then where its "
            "key stands, if it needs one: env:NAME. Repeat it."
        ),
    ] = None,
    meeting: Annotated[str, typer.Option(help="5. The next meeting, for example '2026-12-03 16:00'.")] = "",
    repeats: Annotated[
        str,
        typer.Option(
            help="5. weekly, every_two_weeks, twice_a_month, monthly, every_two_months, once, or an RFC 5545 rule."
        ),
    ] = "monthly",
    calendar: Annotated[str, typer.Option(help="5. Instead: address or file of the calendar with the meetings.")] = "",
    reader: Annotated[
        list[str] | None, typer.Option(help="6. 'Ada Long <ada@example.org> team_leader it_lead'; repeat it.")
    ] = None,
    mail: Annotated[
        str, typer.Option(help="7. Mail server as host:port (:25 a relay), 'microsoft365 TENANT APP_ID', or 'files'.")
    ] = "",
    mail_user: Annotated[str, typer.Option(help="7. Login at the mail server; the password is never asked.")] = "",
    sender: Annotated[str, typer.Option(help="7. The address packets come from; the first reader's by default.")] = "",
    interactive: Annotated[
        bool, typer.Option("--interactive/--non-interactive", help="Ask for what the options leave open.")
    ] = True,
) -> None:
    """Write a first district folder from seven answers. It runs the same night, with no password, in rehearsal."""
    from firstbell.cli._questions import Given, answers_from
    from firstbell.clock import utc_now
    from firstbell.config.schema import schemas
    from firstbell.config.starter import refuse_existing, write_start

    folder = place_of(context).district
    refuse_existing(folder)
    given = Given(
        name=name,
        zone=zone,
        us_state=state_code,
        schools=tuple(school or ()),
        oneroster=oneroster,
        runs=tuple(runs or ()),
        web=tuple(web or ()),
        services_from=tuple(services_from or ()),
        meeting=meeting,
        repeats=repeats,
        calendar=calendar,
        readers=tuple(reader or ()),
        mail=mail,
        mail_user=mail_user,
        sender=sender,
    )
    answers = answers_from(given, ask=interactive)
    district = write_start(folder, answers, today=utc_now().date(), load=load_folder, schemas=schemas(*all_settings()))
    typer.echo(
        f"Wrote {folder} (schools: {len(district.schools)}, services to look at: {len(district.services)}, "
        f"sources: {len(district.sources)}, readers: {len(district.people)})."
    )
    typer.echo("All mail goes to the installer until `firstbell go-live`. Next: `firstbell doctor`.")


@commands.command("go-live")
def go_live(
    context: typer.Context,
    back_to_rehearsal: Annotated[
        bool, typer.Option("--back-to-rehearsal", help="Send all mail to the installer again.")
    ] = False,
) -> None:
    """Let mail go to its readers from now on; until then all of it goes to the installer."""
    from firstbell.clock import utc_now
    from firstbell.config import rehearsal

    place = place_of(context)
    district = place.load()
    if back_to_rehearsal:
        rehearsal.back_to_rehearsal(place.state)
        typer.echo(f"In rehearsal: all mail goes to {district.about.installer.email}.")
        return
    rehearsal.go_live(place.state, utc_now())
    addresses = sum(1 for person in district.people if person.email)
    noun = "address" if addresses == 1 else "addresses"
    typer.echo(f"Live: mail goes to {addresses} {noun}. `firstbell go-live --back-to-rehearsal` takes it back.")
