"""The actions commands: what was promised, and what became of it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
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
Day = Annotated[str, typer.Option("--on", metavar="DATE", help="The day, such as 2026-12-18; today by default.")]


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
    from firstbell.actions import actions_of, nobody_owns
    from firstbell.records import ActionItemSeen

    with place_of(context).work() as work:
        found = [one for one in actions_of(work, team) if everything or one.state == "open"]
        today = work.clock().astimezone(work.district.zone).date()
        tracked = any(ActionItemSeen in streams.values() for streams in work.feeds.values())
        ownerless = [one for one in found if one.state == "open" and nobody_owns(work.district, one, today)]
    if as_json:
        print_json([asdict(one) for one in found])
    elif found:
        _print(found, today, ownerless)
    else:
        own = "No action of the team's own is open; a tracker's stand in the packet."
        typer.echo(own if tracked else "No action is open.")


@actions_app.command()
def close(context: typer.Context, number: Number, on: Day = "", team: Team = "") -> None:
    """Say that an action is done."""
    from firstbell.actions import closed

    place = place_of(context)
    _change(place, number, lambda action: closed(action, _day(place, on)), team)


@actions_app.command()
def move(
    context: typer.Context,
    number: Number,
    to: Annotated[str, typer.Argument(metavar="DATE", help="The new date, such as 2026-12-18.")],
    why: Annotated[str, typer.Option(help="The reason, in a few words.")],
    team: Team = "",
) -> None:
    """Give an action another date; what was promised first stays."""
    from firstbell.actions import moved

    new = _date(to)
    _change(place_of(context), number, lambda action: moved(action, new, why), team)


@actions_app.command()
def hand_over(
    context: typer.Context,
    to: Annotated[str, typer.Option(metavar="ROLE | PERSON", help="The new owner.")],
    number: Annotated[str, typer.Argument(help="The action's number, for example A-14.")] = "",
    all_of: Annotated[
        str, typer.Option(metavar="PERSON | ROLE", help="Instead of a number: everything open of somebody.")
    ] = "",
    team: Team = "",
) -> None:
    """Give an action, or everything that somebody promised, to another role or person."""
    from firstbell.action_form import ActionChange, say

    change = ActionChange(action=number, word="handed_over", to=to, all_of=all_of, team=team)
    with place_of(context).work() as work:
        for sentence in say(work, change):
            typer.echo(sentence)


@actions_app.command()
def drop(
    context: typer.Context,
    number: Number,
    why: Annotated[str, typer.Option(help="The reason, in a few words.")],
    on: Day = "",
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


@actions_app.command()
def history(
    context: typer.Context,
    number: Number,
    team: Team = "",
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Show how an action came to stand as it does: every version, with the moment it was written down."""
    from firstbell.actions import history_of

    with place_of(context).work() as work:
        found = history_of(work, number, team)
        zone = work.district.zone
    if as_json:
        print_json([{"recorded_at": at, **asdict(one)} for at, one in found])
        return
    for at, one in found:
        parts = (f"due {one.due_on}" if one.due_on else "", _owner(one), one.reason)
        told = ", ".join(part for part in (one.state, *parts) if part)
        typer.echo(f"{at.astimezone(zone):%Y-%m-%d %H:%M}  {told}")


def _change(place: Place, number: str, change: Change, team: str) -> None:
    from firstbell.action_form import sentences
    from firstbell.actions import change_action

    with place.work() as work:
        changed = change_action(work, number, change, team)
    for sentence in sentences([changed]):
        typer.echo(sentence)


def _day(place: Place, on: str) -> date:
    from firstbell.clock import utc_now

    return _date(on) if on else utc_now().astimezone(place.load().zone).date()


def _date(written: str) -> date:
    """A date as it is typed. Raises ActionError."""
    from firstbell.actions import ActionError

    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ActionError(f"{written[:20]!r} is no date; write it like 2026-12-18.") from None


def _owner(one: TeamAction) -> str:
    return " ".join(part for part in (one.owner_role, f"({one.person_key})" if one.person_key else "") if part)


def _print(found: list[TeamAction], today: date, ownerless: list[TeamAction]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("team", "number", "action", "owner", "due", "moved", "state", show_edge=False, pad_edge=False)
    for one in found:
        gone = "" if one not in ownerless else " left" if one.person_key else " held by nobody"
        owner = f"{_owner(one)}{gone}"
        cells = (
            one.team_key,
            one.action_key,
            one.title,
            owner,
            _due(one, today),
            str(one.times_moved or ""),
            one.state,
        )
        table.add_row(*(Text(cell) for cell in cells))
    Console().print(table)


def _due(action: TeamAction, today: date) -> str:
    due = str(action.due_on or "")
    if not action.days_late(today):
        return due
    return f"{due} late" if action.promised_on == action.due_on else f"{due}, late since {action.promised_on}"
