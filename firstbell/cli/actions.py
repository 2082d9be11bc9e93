"""The actions commands: what was promised, and what became of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from firstbell.cli._place import Place, place_of, print_json

if TYPE_CHECKING:
    from firstbell.actions import Change
    from firstbell.records import TeamAction

commands = typer.Typer()
actions_app = typer.Typer(help="What was promised in meetings.", invoke_without_command=True)
commands.add_typer(actions_app, name="actions")

Number = Annotated[str, typer.Argument(help="The action's number, for example A-14.")]
Team = Annotated[str, typer.Option(help="The team, where several use this number.")]
Day = Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"], help="The day; today by default.")]


@actions_app.callback()
def list_actions(
    context: typer.Context,
    team: Annotated[str, typer.Option(help="Only this team's.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Also those that are done or dropped.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List the open actions, the first due on top."""
    if context.invoked_subcommand is not None:
        return
    from firstbell.actions import actions_of

    with place_of(context).work() as work:
        found = [one for one in actions_of(work, team) if everything or one.state == "open"]
        today = work.clock().astimezone(work.district.zone).date()
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        _print(found, today)


@actions_app.command()
def close(context: typer.Context, number: Number, on: Day = None, team: Team = "") -> None:
    """Say that an action is done."""
    from firstbell.actions import closed

    place = place_of(context)
    _change(place, number, lambda action: closed(action, _day(place, on)), team)


@actions_app.command()
def move(
    context: typer.Context,
    number: Number,
    to: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], metavar="DATE", help="The new date.")],
    why: Annotated[str, typer.Option(help="The reason, in a few words.")],
    team: Team = "",
) -> None:
    """Give an action another date; what was promised first stays."""
    from firstbell.actions import moved

    _change(place_of(context), number, lambda action: moved(action, to.date(), why), team)


@actions_app.command()
def hand_over(
    context: typer.Context,
    number: Number,
    to: Annotated[str, typer.Option(metavar="ROLE | PERSON", help="The new owner.")],
    team: Team = "",
) -> None:
    """Give an action to another role or person."""
    from firstbell.actions import handed_over, owner_of

    with place_of(context).work() as work:
        district, today = work.district, work.clock().astimezone(work.district.zone).date()
    _change(
        place_of(context),
        number,
        lambda action: handed_over(action, owner_of(district, action.team_key, today, to)),
        team,
    )


@actions_app.command()
def drop(
    context: typer.Context,
    number: Number,
    why: Annotated[str, typer.Option(help="The reason, in a few words.")],
    on: Day = None,
    team: Team = "",
) -> None:
    """Give an action up."""
    from firstbell.actions import dropped

    place = place_of(context)
    _change(place, number, lambda action: dropped(action, _day(place, on), why), team)


@actions_app.command()
def reopen(context: typer.Context, number: Number, team: Team = "") -> None:
    """Open an action again that was done or dropped."""
    from firstbell.actions import reopened

    _change(place_of(context), number, reopened, team)


def _change(place: Place, number: str, change: Change, team: str) -> None:
    from firstbell.actions import change_action

    with place.work() as work:
        action = change_action(work, number, change, team)
    due = f", due {action.due_on}" if action.due_on and action.state == "open" else ""
    typer.echo(f"{action.action_key} is {action.state}{due}: {action.title}")


def _day(place: Place, on: datetime | None) -> date:
    from firstbell.clock import utc_now

    return on.date() if on else utc_now().astimezone(place.load().zone).date()


def _print(found: list[TeamAction], today: date) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("team", "number", "action", "owner", "due", "moved", "state", show_edge=False, pad_edge=False)
    for one in found:
        late = one.state == "open" and one.due_on is not None and one.due_on < today
        owner = " ".join(part for part in (one.owner_role, f"({one.person_key})" if one.person_key else "") if part)
        due = f"{one.due_on or ''}{' late' if late else ''}"
        cells = (one.team_key, one.action_key, one.title, owner, due, str(one.times_moved or ""), one.state)
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table if found else "No action is open.")
