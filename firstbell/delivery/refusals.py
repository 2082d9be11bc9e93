"""Refused mail, told to who sends it: one mail a run and team, each refusal once, never about such a mail itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from html import escape
from itertools import groupby

from firstbell.config.rehearsal import MARK
from firstbell.delivery.dispatch import dispatch
from firstbell.delivery.message import Letter, one_line
from firstbell.delivery.transport import Transport
from firstbell.store.models import MessageState, OutboxRow
from firstbell.store.outbox import NewMessage, mark_reported, messages, prepare, unreported_refusals
from firstbell.workplace import Workplace

KIND = "refusals"
LEADER = "team_leader"
ADDRESS_KEPT = timedelta(days=30)


def report_refusals(work: Workplace, transport: Transport) -> int:
    """Write to each team's leader which addresses were refused since the last report; returns how many mails left.

    It goes to the installer in rehearsal, and where the leader has no address or was refused too. Raises DeliveryError
    when mail cannot leave: the reports then wait in the outbox.
    """
    with work.store.begin() as connection:
        told = unreported_refusals(connection, besides=KIND)
        for team_key, rows in groupby(told, key=lambda row: row.team_key):
            letter = _letter(work, team_key, list(rows))
            prepare(connection, _message(work, team_key, letter), work.clock())
            mark_reported(connection, [row.id for row in told if row.team_key == team_key], letter.message_key)
    with work.store.read() as connection:
        waiting = messages(connection, states=[MessageState.PREPARED], kind=KIND)
    mine = [row.message_key for row in waiting if row.message_key.startswith(MARK) == work.rehearsing]
    return dispatch(work.store, transport, work.clock, keys=mine).sent


def _recipient(work: Workplace, team_key: str, rows: Sequence[OutboxRow]) -> tuple[str, str]:
    """Address and name of who is told."""
    about = work.district.about
    refused = {row.address for row in rows}
    there = team_key in {team.key for team in work.district.teams}  # a team may have left the folder since
    if there and not work.rehearsing:
        for leader in work.district.holders(LEADER, team_key, work.clock().astimezone(work.district.zone).date()):
            if leader.email and leader.email not in refused:
                return leader.email, leader.name
    return (about.rehearsal_address, about.rehearsal_name) if work.rehearsing else _installer(work)


def _installer(work: Workplace) -> tuple[str, str]:
    installer = work.district.about.installer
    return installer.email, installer.name


def _letter(work: Workplace, team_key: str, rows: Sequence[OutboxRow]) -> Letter:
    about = work.district.about
    address, name = _recipient(work, team_key, rows)
    names = {person.key: person.name for person in work.district.people}
    count = f"{len(rows)} message was" if len(rows) == 1 else f"{len(rows)} messages were"
    lines = [f"- {names.get(row.person_key, row.person_key)}, {row.kind}: {row.server_reply}" for row in rows]
    remedy = (
        "Mend the address in teams.yaml, then `firstbell outbox resend PERSON`; or, where the mailbox works now, "
        "`firstbell outbox retry KEY`. `firstbell outbox --state refused` lists them."
    )
    parts = [
        f"{count} refused by the mail server and will not be sent again:",
        "\n".join(lines),
        remedy,
    ]
    body = "".join(f"<p>{_broken(part)}</p>" for part in parts)
    newest = max(rows, key=lambda row: row.id)
    assert newest.settled_at is not None, "a refused message is settled"
    at = f"{newest.settled_at:%Y%m%dT%H%M%S}"
    return Letter(
        message_key=f"{MARK if work.rehearsing else ''}{KIND}/{team_key or 'installer'}/{newest.id}/{at}",
        sender=about.mail.sender,
        sender_name=about.mail.sender_name or about.name,
        recipient=address,
        recipient_name=name,
        reply_to="",
        subject=one_line(f"Firstbell: {count} refused"),
        text="\n\n".join(parts) + "\n",
        html=f'<!doctype html><html lang="en"><body>{body}</body></html>',
        language="en",
        list_id=f"refusals.{about.mail.sender.rpartition('@')[2]}",
        written_at=work.clock(),
    )


def _broken(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _message(work: Workplace, team_key: str, letter: Letter) -> NewMessage:
    return NewMessage(
        message_key=letter.message_key,
        kind=KIND,
        team_key=team_key,
        meeting_key="",
        stage="",
        revision=0,
        edition="",
        person_key="",
        address=letter.recipient,
        address_expires_on=(work.clock() + ADDRESS_KEPT).date(),
        message_id=letter.message_id,
        message=letter.to_bytes(),
    )
