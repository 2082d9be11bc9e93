"""The minutes command: a meeting's minutes into decisions and actions, and the form to fill in."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from firstbell.cli._place import place_of, print_json
from firstbell.errors import FirstbellError

commands = typer.Typer()


@commands.command()
def minutes(
    context: typer.Context,
    what: Annotated[
        list[str], typer.Argument(metavar="FILE | TEAM [MEETING]", help="A file of minutes; with --template a team.")
    ],
    template: Annotated[
        bool, typer.Option("--template", help="Print minutes to fill in: of the team's last meeting, or of a date.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Record a meeting's minutes. The same file again changes nothing; a corrected one mends what it corrects."""
    from firstbell.minutes.reading import read_minutes
    from firstbell.minutes.record import record_minutes
    from firstbell.minutes.template import minutes_template

    if len(what) > (2 if template else 1):
        raise FirstbellError("Name one file of minutes, or with --template a team and a meeting's date.")
    if template:
        with place_of(context).work() as work:
            known = [team.key for team in work.district.teams]
            if what[0] not in known:
                raise FirstbellError(f"There is no team of that name; known are {', '.join(known)}.")
            typer.echo(minutes_template(work, *what), nl=False)
        return
    written, paper = read_minutes(Path(what[0]))
    with place_of(context).work() as work:
        recorded = record_minutes(work, written, paper)
    if as_json:
        print_json(asdict(recorded))
        return
    for sentence in recorded.sentences:
        typer.echo(sentence)
