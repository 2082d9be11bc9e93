"""The doctor command: everything that would keep tonight from working, one sentence each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from firstbell.cli._place import Place, place_of, print_json

if TYPE_CHECKING:
    from firstbell.doctor import Finding

commands = typer.Typer()


@commands.command()
def doctor(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
    outside: Annotated[bool, typer.Option(help="Also ask sources, services, mail server and Prefect.")] = True,
    send_test_mail: Annotated[str, typer.Option(metavar="ADDRESS", help="Send one test mail to this address.")] = "",
) -> None:
    """Check the whole installation; exit with 1 when something is wrong."""
    from firstbell.doctor import Level, worst

    findings = list(_findings(place_of(context), outside, send_test_mail))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    if worst(findings) is Level.WRONG:
        raise typer.Exit(1)


def _findings(place: Place, outside: bool, test_address: str) -> Iterator[Finding]:
    from firstbell import doctor as at_home
    from firstbell.clock import utc_now
    from firstbell.config.faults import ConfigError
    from firstbell.config.secrets import readers
    from firstbell.duties import check_duties

    yield at_home.check_disk(place.state)
    yield _database(place)
    try:
        district = place.load()
    except ConfigError as error:
        yield from (at_home.Finding("district folder", at_home.Level.WRONG, str(fault)) for fault in error.faults)
        return
    today = utc_now().astimezone(district.zone).date()
    known = readers(district.folder)
    yield at_home.Finding("district folder", at_home.Level.OK, f"{place.district} is valid.")
    yield from at_home.check_secrets(district, known, today)
    yield from at_home.check_roles(district, today)
    yield from check_duties(district, today)
    yield from at_home.check_answers(district)
    yield from at_home.check_owners(district)
    yield from at_home.check_ends(district, today)
    yield at_home.check_logo(district)
    yield from at_home.check_sampling(district, _availability(), today)
    yield _rehearsal(place, district.about.installer.email)
    if outside:
        from firstbell.cli import _outside

        yield from _outside.check_mail(district, place.state, known, test_address)
        yield from _outside.check_inbox(district, known)
        yield from _outside.check_sources(district, known)
        yield from _outside.check_services(district, known)
        yield _outside.check_clock(district)
        yield from _outside.check_prefect()


def _database(place: Place) -> Finding:
    from firstbell.doctor import Finding, Level
    from firstbell.store.errors import StoreError
    from firstbell.store.schema import check_schema
    from firstbell.store.session import FILE_NAME, default_url

    file = place.state / FILE_NAME
    if place.database == default_url(place.state) and not file.exists():
        return Finding("database", Level.WARN, f"{file} is not there yet; run `firstbell db upgrade`.")
    try:
        with place.store() as store:
            return Finding("database", Level.OK, check_schema(store))
    except StoreError as error:
        return Finding("database", Level.WRONG, str(error))


def _availability() -> dict[str, dict[str, object]]:
    """The parameters of the indicators that are a share of time."""
    from firstbell.assessment.instrument import load_instrument

    found = (one for one in load_instrument().indicators if one.formula == "availability")
    return {one.id: dict(one.parameters) for one in found}


def _rehearsal(place: Place, installer: str) -> Finding:
    from firstbell.config.rehearsal import in_rehearsal
    from firstbell.doctor import Finding, Level

    if in_rehearsal(place.state):
        return Finding("rehearsal", Level.OK, f"all mail goes to {installer} until `firstbell go-live`.")
    return Finding("rehearsal", Level.OK, "is over: mail goes to its readers.")


def _print(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    table = Table("", Column("what", overflow="fold"), "how it is", show_edge=False, pad_edge=False)
    styles = {"ok": "green", "warn": "yellow", "wrong": "bold red"}
    for finding in findings:
        table.add_row(Text(finding.level, styles[finding.level]), Text(finding.subject), Text(finding.sentence))
    Console().print(table)
