"""One day of the briefing cycle: what is due is frozen, drawn and sent, by dates and rows alone.

Run as often as one likes: what is frozen is loaded, what is in the outbox is not put there again, and what was sent
is not sent again.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from firstbell.briefing.freeze import Frozen, freeze, frozen, preview
from firstbell.briefing.gather import readers_of
from firstbell.briefing.letters import LEADER, MAILED_EDITIONS, draw, letters, meeting_day, reachable, write_files
from firstbell.config.rehearsal import prepared_in_rehearsal
from firstbell.delivery.dispatch import Dispatched, dispatch
from firstbell.delivery.transport import Transport
from firstbell.meetings import Meeting, MeetingError, chosen, meeting_before, meetings_of
from firstbell.packet.material import Reader
from firstbell.packet.wording import Wording
from firstbell.store.models import ApprovalState, OutboxRow
from firstbell.store.outbox import NewMessage, messages, prepare
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
    wish = replace(wish, as_of=min(wish.as_of, work.clock()))
    meetings = meetings_of(work.district, wish.team_key, wish.as_of, work.read_calendar)
    meeting = chosen(meetings, wish.meeting, wish.as_of, work.district)
    if meeting is None:
        return [Briefed(sentences=("No meeting is planned.",))]
    previous = meeting_before(meetings, meeting)
    if wish.resend_to and not wish.dry_run:
        return [_resend(work, transport, meeting, wish)]
    if wish.dry_run or (_stages(work, meeting, wish.as_of) and work.clock() >= meeting.starts_at):
        return [_dry(work, meeting, previous, wish)]
    due = [_prepare(work, meeting, previous, stage, wish) for stage in _stages(work, meeting, wish.as_of)]
    nothing = Briefed(meeting_key=meeting.key, sentences=(_nothing_due(work, meeting, wish.as_of),))
    return [_hand_over(work, transport, one) for one in due] or [nothing]


def due_stages(meeting: Meeting, now: datetime) -> list[str]:
    """Which of draft and final are due before a meeting; a meeting that has begun needs neither."""
    if now >= meeting.starts_at:
        return []
    moments = (("draft", meeting.draft_at), ("final", meeting.send_at))
    return [stage for stage, moment in moments if now >= moment]


def _stages(work: Workplace, meeting: Meeting, now: datetime) -> list[str]:
    """The due stages without a draft that comes too late: once the packet itself goes out, it has no reader."""
    due = due_stages(meeting, now)
    if "final" not in due or frozen(work, meeting, "final") is not None:
        return due[-1:]
    required = meeting.series.sending.approval == "required"
    return due if required or frozen(work, meeting, "draft") is not None else ["final"]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A stage ready to be handed over: its packet with its files and letters, or why it is kept back."""

    told: Briefed
    packet: Frozen | None = None


def _prepare(work: Workplace, meeting: Meeting, previous: Meeting | None, stage: str, wish: BriefingWish) -> _Prepared:
    """Freeze what is due and put its letters into the outbox. Nothing leaves before all that is due is prepared."""
    if stage == "final" and (held := _kept_back(work, meeting)):
        return _Prepared(Briefed(meeting_key=meeting.key, stage=stage, sentences=(held,)))
    packet = freeze(work, meeting, previous, stage, as_of=wish.as_of, known_at=wish.as_of)
    folder = packet_folder(work, packet)
    waiting = _not_yet_prepared(work, packet, _audience(work, meeting, stage))
    new: list[NewMessage] = []
    if waiting or not folder.exists():
        editions = draw(packet.packet)
        write_files(editions.values(), folder)
        new = letters(work, packet, waiting, editions=editions)
        _put_into_outbox(work, new)
    told = Briefed(
        meeting_key=meeting.key,
        stage=stage,
        revision=packet.row.revision,
        new=packet.new,
        prepared=len(new),
        folder=folder,
    )
    return _Prepared(told, packet)


def _hand_over(work: Workplace, transport: Transport, one: _Prepared) -> Briefed:
    """Send what waits of one packet. A letter of another meeting is not sent along: it came too late."""
    if one.packet is None:
        return one.told
    keys = [row.message_key for row in _rows(work, one.packet)]
    sent = dispatch(work.store, transport, work.clock, keys=keys)
    return replace(one.told, dispatched=sent, sentences=(_told(one.packet, sent),))


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


def _not_yet_prepared(work: Workplace, packet: Frozen, readers: list[Reader]) -> list[Reader]:
    done = {row.person_key for row in _rows(work, packet)}
    return [reader for reader in readers if reader.person_key not in done and reachable(work, reader.person_key)]


def _put_into_outbox(work: Workplace, new: list[NewMessage]) -> None:
    with work.store.begin() as connection:
        for message in new:
            prepare(connection, message, work.clock())


def _rows(work: Workplace, packet: Frozen) -> list[OutboxRow]:
    """A packet's letters to those who get mail now: in rehearsal not those to its readers, once live only those."""
    with work.store.read() as connection:
        rows = messages(connection, team_key=packet.row.team_key, meeting_key=packet.row.meeting_key)
    return [
        row
        for row in rows
        if (row.stage, row.revision) == (packet.row.stage, packet.row.revision)
        and prepared_in_rehearsal(row.message_key) == work.rehearsing
    ]


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
    if not new:
        raise MeetingError(f"{wish.resend_to} has no mail address; give one in teams.yaml.")
    _put_into_outbox(work, new)
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
    packet = preview(work, meeting, previous, stage, wish.as_of, wish.as_of)
    folder = work.state / "previews" / f"{packet.team_key}-{meeting_day(packet)}"
    editions = draw(packet, MAILED_EDITIONS)
    shutil.rmtree(folder, ignore_errors=True)
    write_files(editions.values(), folder)
    return Briefed(
        meeting_key=meeting.key,
        stage=stage,
        folder=folder,
        sentences=(_previewed(work, meeting, wish),),
    )


def _previewed(work: Workplace, meeting: Meeting, wish: BriefingWish) -> str:
    if wish.dry_run:
        return "A preview was written; nothing was kept or sent."
    wording = Wording(work.district.zone)
    moment, known = wording.full_date(meeting.starts_at), wording.full_date(wish.as_of)
    return f"The meeting of {moment} is over: a preview of what was known on {known} was written, nothing was sent."


def packet_folder(work: Workplace, packet: Frozen) -> Path:
    """Where a frozen packet's files lie, inside the state folder."""
    row = packet.row
    return work.state / "packets" / f"{row.team_key}-{meeting_day(packet.packet)}-{row.stage}-{row.revision}"


def _told(packet: Frozen, sent: Dispatched) -> str:
    what = f"{packet.row.stage} revision {packet.row.revision}"
    parts = [f"{count} {outcome}" for outcome, count in sorted(sent.counts.items())] or ["nothing new to send"]
    return f"{what[0].upper()}{what[1:]}: {', '.join(parts)}."


def _nothing_due(work: Workplace, meeting: Meeting, now: datetime) -> str:
    wording = Wording(work.district.zone)
    if now >= meeting.starts_at:
        return f"The meeting of {wording.moment(meeting.starts_at)} has begun; nothing is sent for it."
    return f"Nothing is due before {wording.moment(meeting.draft_at)}, when the next draft goes out."
