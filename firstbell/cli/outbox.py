"""The outbox commands: what was mailed to whom, what nobody knows, and a person's word on it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from firstbell.cli._place import place_of, print_json
from firstbell.errors import FirstbellError

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection

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
    "deferred_at",
    "next_try_at",
    "server_reply",
    "reported_in",
)
WHAT_TO_DO = (
    "may or may not have arrived: ask the reader, then `firstbell outbox settle KEY sent`; where it did not, "
    "`firstbell outbox retry KEY`."
)
GIVEN_UP = "Not sent: given up by hand."


class Settled(StrEnum):
    """What a person found out."""

    SENT = "sent"
    FAILED = "failed"


@outbox_app.callback()
def list_messages(
    context: typer.Context,
    team: Annotated[str, typer.Option(help="Only this team's.")] = "",
    meeting: Annotated[str, typer.Option(help="Only those of a meeting: its key or a part of it.")] = "",
    state: Annotated[
        str, typer.Option(help="Only those that are prepared, attempting, sent, refused, failed or unknown.")
    ] = "",
    addresses: Annotated[bool, typer.Option("--addresses", help="Show mail addresses too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """List the messages, those of unknown outcome on top."""
    if context.invoked_subcommand is not None:
        return
    from firstbell.clock import utc_now
    from firstbell.store.models import MessageState
    from firstbell.store.outbox import messages, settle_dead_attempts

    if state and state not in list(MessageState):
        raise OutboxError(f"No message is ever in that state; ask for one of {', '.join(MessageState)}.")
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
        typer.echo(f"{'1 message' if unknown == 1 else f'{unknown} messages'} {WHAT_TO_DO}")


@outbox_app.command()
def show(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="The message's key, as the list shows it.")],
    addresses: Annotated[bool, typer.Option("--addresses", help="Show the mail address too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Show all that is known of one message."""
    with place_of(context).store() as store, store.read() as connection:
        row = _found(connection, key)
    told = {**_plain(row, addresses), "message_id": row.message_id, "bytes": len(row.message or b"")}
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        typer.echo(f"{name.replace('_', ' ')}: {'' if value is None else value}".rstrip(": "))


@outbox_app.command()
def retry(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="The message's key, as the list shows it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Send a message again that was refused, failed or is of unknown outcome: the same bytes to the same address."""
    from firstbell.clock import utc_now
    from firstbell.config.rehearsal import in_rehearsal
    from firstbell.delivery.choose import transport_of
    from firstbell.delivery.dispatch import dispatch
    from firstbell.store.models import MessageState
    from firstbell.store.outbox import settle_dead_attempts
    from firstbell.store.outbox_by_hand import require_again, try_again
    from tasks.place import secret_readers

    place = place_of(context)
    district = place.load()
    transport = transport_of(district, place.state, secret_readers(district.folder))
    with place.store() as store:
        settle_dead_attempts(store, utc_now())
        with store.read() as connection:
            row = _found(connection, key)
        about = district.about
        if in_rehearsal(place.state) and row.address not in (about.rehearsal_address, about.installer.email):
            raise OutboxError("In rehearsal no reader gets mail: that message was written for its reader.")
        require_again(row)
        if not yes:
            warning = " It may have arrived: the reader may get it twice." if row.state == MessageState.UNKNOWN else ""
            typer.confirm(f"{row.kind} to {row.person_key} is {row.state}.{warning} Send it now?", abort=True)
        with store.begin() as connection:
            try_again(connection, key, utc_now())
        dispatch(store, transport, utc_now, keys=[key])
        with store.read() as connection:
            row = _found(connection, key)
    typer.echo(f"{row.message_key} is {row.state}: {row.server_reply}")


@outbox_app.command("give-up")
def give_up_message(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="The message's key, as the list shows it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Never send a message that still waits."""
    from firstbell.clock import utc_now
    from firstbell.store.outbox import give_up

    with place_of(context).store() as store:
        with store.read() as connection:
            row = _found(connection, key)
        if not yes:
            typer.confirm(f"{row.kind} to {row.person_key} is {row.state}. Never send it?", abort=True)
        with store.begin() as connection:
            gone = give_up(connection, [key], GIVEN_UP, utc_now())
    if not gone:
        raise OutboxError(f"That message is {row.state}; only one that waits is given up.")
    typer.echo(f"{key} is failed: {GIVEN_UP}")


@outbox_app.command()
def settle(
    context: typer.Context,
    key: Annotated[str, typer.Argument(help="The message's key, as the list shows it.")],
    outcome: Annotated[Settled, typer.Argument(help="What became of it.")],
) -> None:
    """Write down what became of a message of unknown outcome."""
    from firstbell.clock import utc_now
    from firstbell.store.models import MessageState
    from firstbell.store.outbox import settle_dead_attempts
    from firstbell.store.outbox_by_hand import settle_by_hand

    with place_of(context).store() as store:
        settle_dead_attempts(store, utc_now())
        with store.begin() as connection:
            row = settle_by_hand(connection, key, MessageState(outcome.value), utc_now())
    typer.echo(f"{row.message_key} is {row.state}.")


@outbox_app.command()
def resend(
    context: typer.Context,
    person: Annotated[str, typer.Argument(help="Key of the reader.")],
    team: Annotated[str, typer.Option(help="The team; the reader's only one by default.")] = "",
    meeting: Annotated[str, typer.Option(help="The meeting's date; the next one by default.")] = "",
) -> None:
    """Mail one reader the newest packet once more; nobody else gets anything."""
    from firstbell.briefing.cycle import BriefingWish, brief
    from firstbell.cli._place import only_team
    from firstbell.delivery.choose import transport_of
    from tasks.place import secret_readers

    with place_of(context).work() as work:
        transport = transport_of(work.district, work.state, secret_readers(work.district.folder))
        key = only_team(work.district, team, of=person)
        wish = BriefingWish(team_key=key, meeting=meeting, as_of=work.clock(), resend_to=person)
        for done in brief(work, transport, wish):
            for sentence in done.sentences:
                typer.echo(sentence)


class OutboxError(FirstbellError):
    """A message that is not there, or is past what was asked."""


def _found(connection: Connection, key: str) -> OutboxRow:
    from firstbell.store.outbox import message_by_key

    row = message_by_key(connection, key)
    if row is None:
        raise OutboxError("The outbox has no message of that key; copy it from `firstbell outbox`.")
    return row


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _next_try(row: OutboxRow) -> str:
    """When a letter that was put off is tried again by itself; nothing for any other."""
    if row.state != "prepared" or row.next_try_at is None:
        return ""
    return f"next try {_moment(row.next_try_at)}"


def _plain(row: OutboxRow, addresses: bool) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (*SHOWN, *(("address",) if addresses else ()))}


def _print(rows: list[OutboxRow], addresses: bool) -> None:
    """Two lines a message; the key stands alone on the second and is never wrapped, so that it can be copied."""
    for row in rows:
        when = row.settled_at or row.attempting_at or row.prepared_at
        address = [row.address or "address expired"] if addresses else []
        told = [row.state, _moment(when), row.person_key, *address, row.edition, _next_try(row), row.server_reply]
        typer.echo("  ".join(word for word in told if word))
        typer.echo(f"  {row.message_key}")
    if not rows:
        typer.echo("The outbox holds no such message.")
