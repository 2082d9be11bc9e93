"""One day of the briefing cycle: what is due is frozen, drawn and sent, by dates and rows alone.

Run as often as one likes: what is frozen is loaded, what is in the outbox is not put there again, and what was sent
is not sent again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from firstbell.briefing.freeze import Frozen, freeze, frozen, preview
from firstbell.briefing.gather import readers_of
from firstbell.briefing.letters import LEADER, MAILED_EDITIONS, draw, letters, write_files
from firstbell.delivery.dispatch import Dispatched, dispatch
from firstbell.delivery.transport import Transport
from firstbell.meetings import Meeting, MeetingError, chosen, meeting_before, meetings_of
from firstbell.packet.material import Reader
from firstbell.packet.model import Packet
from firstbell.packet.wording import Wording
from firstbell.store.models import ApprovalState, OutboxRow
from firstbell.store.outbox import messages, prepare
from firstbell.store.packets import approvals
from firstbell.workplace import Workplace


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefingWish:
    """What is asked of one run. `meeting` is a key or a local date, empty for the next one.

    `as_of` in the past makes the packet from what was known then. `dry_run` writes files and keeps and sends nothing.
    `resend_to` sends the newest packet once more to one person.
    """

    team_key: str
    meeting: str = ""
    as_of: datetime
    dry_run: bool = False
    resend_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefed:
    """What one run came to. `sentences` say it in plain words; `folder` holds the files, where any were written."""

    meeting_key: str = ""
    stage: str = ""
    revision: int = 0
    new: bool = False
    prepared: int = 0
    dispatched: Dispatched = field(default_factory=Dispatched)
    folder: Path | None = None
    sentences: tuple[str, ...] = ()


def brief(work: Workplace, transport: Transport, wish: BriefingWish) -> list[Briefed]:
    """Do for one team what is due at `wish.as_of`: the draft, the packet, both, or nothing.

    Raises MeetingError for a meeting that does not exist and DeliveryError when mail cannot leave at all; the packet
    is then frozen and its letters wait in the outbox.
    """
    meetings = meetings_of(work.district, wish.team_key, wish.as_of, work.read_calendar)
    meeting = chosen(meetings, wish.meeting, wish.as_of, work.district)
    if meeting is None:
        return [Briefed(sentences=("No meeting is planned.",))]
    previous = meeting_before(meetings, meeting)
    if wish.dry_run:
        return [_dry(work, meeting, previous, wish)]
    if wish.resend_to:
        return [_resend(work, transport, meeting, wish)]
    return [_do(work, transport, meeting, previous, stage, wish) for stage in due_stages(meeting, wish.as_of)] or [
        Briefed(meeting_key=meeting.key, sentences=(_nothing_due(work, meeting, wish.as_of),))
    ]


def due_stages(meeting: Meeting, now: datetime) -> list[str]:
    """Which of draft and final are due before a meeting; a meeting that has begun needs neither."""
    if now >= meeting.starts_at:
        return []
    moments = (("draft", meeting.draft_at), ("final", meeting.send_at))
    return [stage for stage, moment in moments if now >= moment]


def _do(
    work: Workplace, transport: Transport, meeting: Meeting, previous: Meeting | None, stage: str, wish: BriefingWish
) -> Briefed:
    if stage == "final" and (held := _kept_back(work, meeting)):
        return Briefed(meeting_key=meeting.key, stage=stage, sentences=(held,))
    known_at = min(wish.as_of, work.clock())
    packet = freeze(work, meeting, previous, stage, as_of=wish.as_of, known_at=known_at)
    return _deliver(work, transport, packet, _audience(work, meeting, stage))


def _kept_back(work: Workplace, meeting: Meeting) -> str:
    """Why the packet does not go out although it is due; empty when it does. One that is frozen goes on."""
    if frozen(work, meeting, "final") is not None:
        return ""
    draft = frozen(work, meeting, "draft")
    required = meeting.series.sending.approval == "required"
    if draft is None:
        return "The packet needs an approval, and no draft was made yet." if required else ""
    with work.store.read() as connection:
        word = approvals(connection, draft.row.id)[-1]
    if word.state == ApprovalState.HELD:
        return f"Held by {word.by}; approve it to send it."
    if required and word.state != ApprovalState.APPROVED:
        return "The packet waits for the approval that meetings.yaml requires."
    return ""


def _audience(work: Workplace, meeting: Meeting, stage: str) -> list[Reader]:
    """The draft goes to those who lead the team, the packet to everybody."""
    readers = readers_of(work.district, meeting)
    leaders = [reader for reader in readers if LEADER in reader.roles]
    return leaders if stage == "draft" else list(readers)


def _deliver(work: Workplace, transport: Transport, packet: Frozen, readers: list[Reader]) -> Briefed:
    """Draw, prepare and hand over. Editions are drawn only where a file or a letter is still missing."""
    folder = packet_folder(work, packet)
    waiting = _not_yet_prepared(work, packet, readers)
    if waiting or not folder.exists():
        editions = draw(packet.packet)
        write_files(editions.values(), folder)
        with work.store.begin() as connection:
            for message in letters(work, packet, waiting, editions=editions):
                prepare(connection, message, work.clock())
    sent = dispatch(work.store, transport, work.clock)
    return Briefed(
        meeting_key=packet.row.meeting_key,
        stage=packet.row.stage,
        revision=packet.row.revision,
        new=packet.new,
        prepared=len(waiting),
        dispatched=sent,
        folder=folder,
        sentences=(_told(packet, sent),),
    )


def _not_yet_prepared(work: Workplace, packet: Frozen, readers: list[Reader]) -> list[Reader]:
    done = {(row.person_key, row.message_key.startswith("rehearsal/")) for row in _rows(work, packet)}
    return [reader for reader in readers if (reader.person_key, work.rehearsing) not in done]


def _rows(work: Workplace, packet: Frozen) -> list[OutboxRow]:
    with work.store.read() as connection:
        rows = messages(connection, team_key=packet.row.team_key, meeting_key=packet.row.meeting_key)
    return [row for row in rows if (row.stage, row.revision) == (packet.row.stage, packet.row.revision)]


def _resend(work: Workplace, transport: Transport, meeting: Meeting, wish: BriefingWish) -> Briefed:
    """The newest packet once more to one person, under the next number; others get nothing."""
    packet = frozen(work, meeting, "final") or frozen(work, meeting, "draft")
    if packet is None:
        raise MeetingError(f"There is no packet of the meeting {meeting.key} to send again.")
    readers = [reader for reader in readers_of(work.district, meeting) if reader.person_key == wish.resend_to]
    if not readers:
        raise MeetingError(f"{wish.resend_to} is no member of the team {meeting.team_key}; name a key of teams.yaml.")
    earlier = [row.resend_number for row in _rows(work, packet) if row.person_key == wish.resend_to]
    new = letters(work, packet, readers, resend_number=max(earlier, default=-1) + 1)
    with work.store.begin() as connection:
        for message in new:
            prepare(connection, message, work.clock())
    sent = dispatch(work.store, transport, work.clock, keys=[message.message_key for message in new])
    return Briefed(
        meeting_key=meeting.key,
        stage=packet.row.stage,
        revision=packet.row.revision,
        prepared=len(new),
        dispatched=sent,
        sentences=(_told(packet, sent),),
    )


def _dry(work: Workplace, meeting: Meeting, previous: Meeting | None, wish: BriefingWish) -> Briefed:
    stage = "final" if wish.as_of >= meeting.send_at else "draft"
    packet: Packet = preview(work, meeting, previous, stage, wish.as_of, min(wish.as_of, work.clock()))
    folder = work.state / "previews" / f"{packet.team_key}-{meeting.starts_at:%Y-%m-%d}"
    write_files(draw(packet, MAILED_EDITIONS).values(), folder)
    return Briefed(
        meeting_key=meeting.key,
        stage=stage,
        folder=folder,
        sentences=("A preview was written; nothing was kept or sent.",),
    )


def packet_folder(work: Workplace, packet: Frozen) -> Path:
    """Where a frozen packet's files lie, inside the state folder."""
    row = packet.row
    day = packet.packet.heading.meeting_at
    name = f"{row.team_key}-{day:%Y-%m-%d}-{row.stage}-{row.revision}" if day else f"{row.team_key}-{row.id}"
    return work.state / "packets" / name


def _told(packet: Frozen, sent: Dispatched) -> str:
    what = f"{packet.row.stage} revision {packet.row.revision}"
    parts = [f"{count} {outcome}" for outcome, count in sorted(sent.counts.items())] or ["nothing new to send"]
    return f"{what[0].upper()}{what[1:]}: {', '.join(parts)}."


def _nothing_due(work: Workplace, meeting: Meeting, now: datetime) -> str:
    wording = Wording(work.district.zone)
    if now >= meeting.starts_at:
        return f"The meeting of {wording.moment(meeting.starts_at)} has begun; nothing is sent for it."
    return f"Nothing is due before {wording.moment(meeting.draft_at)}, when the next draft goes out."
