"""Letters that a mail server put off, whatever they are about: sent when their next try has come, if still wanted."""

from __future__ import annotations

from collections.abc import Sequence

from firstbell.between.morning import MORNING, overtaken
from firstbell.briefing.posting import give_up_late
from firstbell.config.rehearsal import prepared_in_rehearsal
from firstbell.delivery.dispatch import Dispatched, dispatch
from firstbell.delivery.refusals import report_refusals
from firstbell.delivery.transport import Transport
from firstbell.known_meetings import is_cancelled, known_meetings
from firstbell.store.models import OutboxRow
from firstbell.store.outbox_put_off import due_again
from firstbell.workplace import Workplace

OF_THE_PACKET = ("preview", "draft", "final")
"""Stages that nobody wants any more of a meeting that is not held."""


def due(work: Workplace) -> list[OutboxRow]:
    """The letters whose next try has come, of those who get mail now."""
    with work.store.read() as connection:
        rows = due_again(connection, work.clock())
    return [row for row in rows if prepared_in_rehearsal(row.message_key) == work.rehearsing]


def send_due(work: Workplace, transport: Transport) -> Dispatched:
    """Try again what is due. A letter that was put off for a day is refused, and its sender role told.

    Letters of a meeting that has begun or is not held, and a morning mail of another day, are not sent any more. Raises
    DeliveryError when mail cannot leave at all.
    """
    rows = due(work)
    unwanted = _of_meetings_past(work, rows)
    unwanted |= set(overtaken(work, [row.message_key for row in rows if row.kind == MORNING]))
    keys = [row.message_key for row in rows if row.message_key not in unwanted]
    if not keys:
        return Dispatched()
    sent = dispatch(work.store, transport, work.clock, keys=keys)
    if sent.refused:
        report_refusals(work, transport)
    return sent


def _of_meetings_past(work: Workplace, rows: Sequence[OutboxRow]) -> set[str]:
    """The keys of letters about meetings that have begun, which are settled as failed, or that are not held."""
    now, unwanted = work.clock(), set[str]()
    for team_key in sorted({row.team_key for row in rows if row.meeting_key}):
        there = team_key in {team.key for team in work.district.teams}
        planned = known_meetings(work, team_key, now) if there else []
        give_up_late(work, team_key, planned)
        held = {meeting.key for meeting in planned}
        unwanted |= {
            row.message_key
            for row in rows
            if row.team_key == team_key
            and row.stage in OF_THE_PACKET
            and row.meeting_key not in held
            and is_cancelled(work.district, row.meeting_key, planned, now)
        }
    return unwanted
