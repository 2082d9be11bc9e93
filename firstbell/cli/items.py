"""The items commands: what people want on the next agenda, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from firstbell.cli._place import only_team, place_of, print_json

if TYPE_CHECKING:
    from firstbell.records import AgendaItem

commands = typer.Typer()
items_app = typer.Typer(help="Agenda items, questions and ideas between meetings.", invoke_without_command=True)
commands.add_typer(items_app, name="items")

Number = Annotated[str, typer.Argument(help="The item's number, for example I-3.")]
Team = Annotated[str, typer.Option(help="The team, where several use this number.")]
Words = Annotated[str, typer.Argument(help="Two sentences at most; what is longer is cut.")]


@items_app.callback()
def list_items(
    context: typer.Context,
    team: Annotated[str, typer.Option(help="Only this team's.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Also those that are answered or declined.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List what is proposed and what is accepted."""
    if context.invoked_subcommand is not None:
        return
    from firstbell.intake.items import items_of

    with place_of(context).work() as work:
        found = [one for one in items_of(work, team) if everything or one.state in ("proposed", "accepted")]
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        _print(found)


@items_app.command()
def add(
    context: typer.Context,
    text: Words,
    kind: Annotated[str, typer.Option(help="item, question or idea.")] = "item",
    team: Annotated[str, typer.Option(help="The team; the only one by default.")] = "",
    by: Annotated[str, typer.Option(help="Role of whoever asks.")] = "team_leader",
) -> None:
    """Propose an item; it is printed once it is accepted."""
    from firstbell.intake.items import add_item, word_of

    with place_of(context).work() as work:
        fields = {"team": only_team(work.district, team), "kind": kind, "text": text, "by": by}
        _say(add_item(work, word_of(fields)))


@items_app.command()
def accept(
    context: typer.Context,
    number: Number,
    meeting: Annotated[
        str, typer.Option(help="The meeting's date; the next one whose packet is not out by default.")
    ] = "",
    team: Team = "",
) -> None:
    """Put an item on the agenda of a meeting."""
    from firstbell.intake.items import accepted, change_item, coming_meeting, item_of, where_printed
    from firstbell.packet.wording import Wording

    with place_of(context).work() as work:
        key = coming_meeting(work, item_of(work, number, team).team_key, meeting)
        item = change_item(work, number, lambda item: accepted(item, key), team)
        _say(item)
        typer.echo(where_printed(work, item.team_key, item.meeting_key, Wording(work.district.zone)))


@items_app.command()
def answer(context: typer.Context, number: Number, text: Words, team: Team = "") -> None:
    """Answer an item; the next packet prints what was asked and what was done."""
    from firstbell.intake.items import answered

    _change(context, number, team, lambda item, day: answered(item, text, day))


@items_app.command()
def decline(context: typer.Context, number: Number, text: Words, team: Team = "") -> None:
    """Keep an item off the agenda, for a reason."""
    from firstbell.intake.items import declined

    _change(context, number, team, lambda item, day: declined(item, text, day))


def _change(context: typer.Context, number: str, team: str, change: Callable[[AgendaItem, date], AgendaItem]) -> None:
    from firstbell.intake.items import change_item, item_of, today

    with place_of(context).work() as work:
        day = today(work)
        before = item_of(work, number, team).answer
        item = change_item(work, number, lambda item: change(item, day), team)
        _say(item)
    if before not in ("", item.answer):
        typer.echo("It takes the place of what was said before.")


def _say(item: AgendaItem) -> None:
    typer.echo(f"{item.item_key} is {item.state}: {item.text}")


def _print(found: list[AgendaItem]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("team", "number", "kind", "state", "asked", "by", "text", show_edge=False, pad_edge=False)
    for one in found:
        cells = (one.team_key, one.item_key, one.kind, one.state, str(one.asked_on or ""), one.by_role, one.text)
        table.add_row(*(Text(cell, overflow="fold") for cell in cells))
    Console().print(table if found else "No item waits.")
