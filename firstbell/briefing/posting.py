"""A packet's letters in the outbox: who gets one, which of them leave, which came too late, one person's once more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from firstbell.briefing.freeze import Frozen
from firstbell.briefing.gather import readers_of
from firstbell.briefing.letters import LEADER, letters, reachable
from firstbell.calendar import original_start
from firstbell.config.rehearsal import prepared_in_rehearsal
from firstbell.delivery.dispatch import Dispatched, dispatch
from firstbell.delivery.transport import Transport
from firstbell.meetings import Meeting, MeetingError
from firstbell.packet.material import Reader
from firstbell.packet.wording import Wording
from firstbell.store.models import MessageState, OutboxRow
from firstbell.store.outbox import NewMessage, give_up, messages, prepare, prepare_all
from firstbell.workplace import Workplace

TOO_LATE = "Not sent: the meeting had begun."
REPLACED = "Not sent: a letter to the reader's present address and edition took its place."


def audience(work: Workplace, meeting: Meeting, stage: str) -> list[Reader]:
    """The draft goes to those who lead the team, all else to everybody whom it concerns."""
    readers = readers_of(work.district, meeting)
    leaders = [reader for reader in readers if LEADER in reader.roles]
    return leaders if stage == "draft" else list(readers)


def without_letter(work: Workplace, packet: Frozen, readers: Iterable[Reader]) -> list[Reader]:
    """Those of the readers for whom no letter of this packet was prepared yet and who can be reached."""
    done = {row.person_key for row in _letters_of(work, packet)}
    return [reader for reader in readers if reader.person_key not in done and reachable(work, reader.person_key)]


def put(work: Workplace, new: Sequence[NewMessage]) -> None:
    """Put letters into the outbox, all of them or none."""
    with work.store.begin() as connection:
        prepare_all(connection, new, work.clock())


def send_waiting(work: Workplace, transport: Transport, packet: Frozen) -> Dispatched:
    """Send what waits of one packet. A letter of another meeting is not sent along: it came too late."""
    return dispatch(work.store, transport, work.clock, keys=[row.message_key for row in _letters_of(work, packet)])


def send_of_stage(work: Workplace, transport: Transport, about: Frozen) -> Dispatched:
    """Send what waits of a meeting's stage, of whichever revision: what an earlier addendum told stays true."""
    rows = [row for row in _letters_about(work, about) if row.stage == about.row.stage]
    return dispatch(work.store, transport, work.clock, keys=[row.message_key for row in rows])


def letter_again(work: Workplace, meeting: Meeting, packet: Frozen, person_key: str) -> str:
    """The key of the letter that takes a packet to one person once more: the one that still waits, or a new one.

    Raises MeetingError for somebody who does not get this packet.
    """
    members = {reader.person_key for reader in readers_of(work.district, meeting)}
    if person_key not in members:
        raise MeetingError(f"{person_key} is no member of the team {meeting.team_key}; name a key of teams.yaml.")
    readers = [one for one in audience(work, meeting, packet.row.stage) if one.person_key == person_key]
    if not readers:
        raise MeetingError(
            f"Only the draft of that meeting was made, and {person_key} does not lead the team; the packet comes later."
        )
    earlier = [row for row in _letters_of(work, packet) if row.person_key == person_key]
    number = max((row.resend_number for row in earlier), default=-1) + 1
    new = letters(work, packet, readers, resend_number=number)
    if not new:
        raise MeetingError(f"{person_key} has no mail address; give one in teams.yaml.")
    waiting = [row for row in earlier if row.state == MessageState.PREPARED]
    for row in waiting:
        if (row.address, row.edition) == (new[0].address, new[0].edition):
            return row.message_key
    with work.store.begin() as connection:
        give_up(connection, [row.message_key for row in waiting], REPLACED, work.clock())
        prepare(connection, new[0], work.clock())
    return new[0].message_key


def give_up_late(work: Workplace, team_key: str, meetings: Sequence[Meeting]) -> list[str]:
    """Settle as failed what still waits for meetings that have begun; a sentence for each such meeting."""
    now = work.clock()
    begins = {meeting.key: meeting.starts_at for meeting in meetings}
    with work.store.read() as connection:
        waiting = messages(connection, team_key=team_key, states=[MessageState.PREPARED])
    late = {
        row.message_key: row.meeting_key
        for row in waiting
        if (begins.get(row.meeting_key) or original_start(row.meeting_key)) <= now
    }
    if not late:
        return []
    with work.store.begin() as connection:
        gone = give_up(connection, list(late), TOO_LATE, now)
    wording = Wording(work.district.zone)
    counts = Counter(late[key] for key in gone)
    return [
        f"{count} letter{' was' if count == 1 else 's were'} never sent: the meeting of "
        f"{wording.day(begins.get(key) or original_start(key))} had begun."
        for key, count in sorted(counts.items())
    ]


def _letters_of(work: Workplace, packet: Frozen) -> list[OutboxRow]:
    """A packet's letters to those who get mail now: in rehearsal not those to its readers, once live only those."""
    named = (packet.row.stage, packet.row.revision)
    return [row for row in _letters_about(work, packet) if (row.stage, row.revision) == named]


def _letters_about(work: Workplace, packet: Frozen) -> list[OutboxRow]:
    with work.store.read() as connection:
        rows = messages(connection, team_key=packet.row.team_key, meeting_key=packet.row.meeting_key)
    return [row for row in rows if prepared_in_rehearsal(row.message_key) == work.rehearsing]
