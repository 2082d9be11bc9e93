"""The outbox commands: what was mailed to whom, what nobody knows, and a second copy."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from firstbell.cli._place import place_of, print_json

if TYPE_CHECKING:
    from firstbell.store.models import OutboxRow

commands = typer.Typer()
outbox_app = typer.Typer(help="Every mail to every person.", invoke_without_command=True)
commands.add_typer(outbox_app, name="outbox")

SHOWN = (
    "message_key",
    "kind",
    "team_key",
    "meeting_key",
    "stage",
    "revision",
    "edition",
    "person_key",
    "resend_number",
    "state",
    "prepared_at",
    "attempting_at",
    "settled_at",
    "server_reply",
)
WHAT_TO_DO = (
    "may or may not have arrived: ask the reader, then `firstbell outbox settle KEY sent`, or `failed` and "
    "`firstbell outbox resend PERSON`."
)


class Settled(StrEnum):
    """What a person found out."""

    SENT = "sent"
    FAILED = "failed"


@outbox_app.callback()
def list_messages(
    context: typer.Context,
    team: Annotated[str, typer.Option(help="Only this team's.")] = "",
    meeting: Annotated[str, typer.Option(help="Only those of a meeting: its key or a part of it.")] = "",
    state: Annotated[str, typer.Option(help="Only those that are prepared, sent, refused, failed or unknown.")] = "",
    addresses: Annotated[bool, typer.Option("--addresses", help="Show mail addresses too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List the messages, those of unknown outcome on top."""
    if context.invoked_subcommand is not None:
        return
    from firstbell.clock import utc_now
    from firstbell.store.models import MessageState
    from firstbell.store.outbox import messages, settle_dead_attempts

    with place_of(context).store() as store:
        settle_dead_attempts(store, utc_now())
        with store.read() as connection:
            rows = messages(connection, team_key=team or None)
    rows = [row for row in rows if meeting in row.meeting_key and state in ("", row.state)]
    rows.sort(key=lambda row: row.state != MessageState.UNKNOWN)
    if as_json:
        print_json([_plain(row, addresses) for row in rows])
        return
    _print(rows, addresses)
    if unknown := sum(row.state == MessageState.UNKNOWN for row in rows):
        typer.echo(f"{unknown} {WHAT_TO_DO}")


@outbox_app.command()
def settle(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="The message's key, as the list shows it.")],
    outcome: Annotated[Settled, typer.Argument(help="What became of it.")],
) -> None:
    """Write down what became of a message of unknown outcome."""
    from firstbell.clock import utc_now
    from firstbell.store.models import MessageState
    from firstbell.store.outbox import settle_by_hand, settle_dead_attempts

    with place_of(context).store() as store:
        settle_dead_attempts(store, utc_now())
        with store.begin() as connection:
            row = settle_by_hand(connection, key, MessageState(outcome.value), utc_now())
    typer.echo(f"{row.message_key} is {row.state}.")


@outbox_app.command()
def resend(
    context: typer.Context,
    person: Annotated[str, typer.Argument(help="Key of the reader.")],
    team: Annotated[str, typer.Option(help="The team; the only one by default.")] = "",
    meeting: Annotated[str, typer.Option(help="The meeting's date; the next one by default.")] = "",
) -> None:
    """Mail one reader the newest packet once more; nobody else gets anything."""
    from firstbell.briefing.cycle import BriefingWish, brief
    from firstbell.cli._place import only_team
    from firstbell.delivery.choose import transport_of
    from tasks.place import secret_readers

    with place_of(context).work() as work:
        transport = transport_of(work.district, work.state, secret_readers(work.district.folder))
        wish = BriefingWish(
            team_key=only_team(work.district, team), meeting=meeting, as_of=work.clock(), resend_to=person
        )
        for done in brief(work, transport, wish):
            for sentence in done.sentences:
                typer.echo(sentence)


def _plain(row: OutboxRow, addresses: bool) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (*SHOWN, *(("address",) if addresses else ()))}


def _print(rows: list[OutboxRow], addresses: bool) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    titles = ["state", "person", *(["address"] if addresses else []), "edition", "when (UTC)", "server's word", "key"]
    table = Table(*titles, show_edge=False, pad_edge=False)
    for row in rows:
        when = row.settled_at or row.attempting_at or row.prepared_at
        address = [row.address or "expired"] if addresses else []
        cells = [row.state, row.person_key, *address, row.edition, f"{when:%Y-%m-%d %H:%M}"]
        table.add_row(*(Text(cell, overflow="fold") for cell in (*cells, row.server_reply, row.message_key)))
    Console().print(table if rows else "The outbox holds no such message.")
