"""One day of the briefing cycle: what is due is frozen, drawn and sent, by dates and rows alone.

Run as often as one likes: what is frozen is loaded, what is in the outbox is not put there again, and what was sent
is not sent again.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from firstbell.briefing.addendum import STAGE, freeze_addendum, is_due, told_ahead
from firstbell.briefing.addendum_mail import addendum_letters
from firstbell.briefing.approval import kept_back
from firstbell.briefing.freeze import Frozen, freeze, frozen, preview
from firstbell.briefing.gather import readers_at, readers_of
from firstbell.briefing.invitations import STAGE as INVITATION
from firstbell.briefing.invitations import put_invitations, waiting_invitations
from firstbell.briefing.letters import draw, letters, meeting_day, wanted, write_files
from firstbell.briefing.owners import owner_letters
from firstbell.briefing.posting import (
    audience,
    give_up_late,
    letter_again,
    put,
    send_of_stage,
    send_waiting,
    without_letter,
)
from firstbell.briefing.stages import wanted_stages
from firstbell.calendar import series_of
from firstbell.delivery.dispatch import Dispatched, dispatch
from firstbell.delivery.transport import DeliveryError, Transport
from firstbell.known_meetings import known_meetings
from firstbell.meetings import Meeting, MeetingError, chosen, meeting_before
from firstbell.packet.model import Packet
from firstbell.packet.wording import Wording
from firstbell.store.outbox import NewMessage
from firstbell.workplace import Workplace


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefingWish:
    """What is asked of one run. `meeting` is a key or a local date, empty for the next one.

    `as_of` makes the packet from what was known at that moment; None, as on the schedule: from all that is known now,
    however late the run. `dry_run` writes files and keeps and sends nothing. `resend_to` sends the newest packet once
    more to one person.
    """

    team_key: str
    meeting: str = ""
    as_of: datetime | None = None
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
    """Do for one team what is due at the wish's moment: previews, the draft, the packet, an addendum, or nothing.

    Raises MeetingError for a meeting that does not exist and DeliveryError when mail cannot leave at all; the packet
    is then frozen and its letters wait in the outbox.
    """
    now = work.clock()
    as_of = min(wish.as_of or now, now)
    meetings = known_meetings(work, wish.team_key, as_of)
    late = [] if wish.dry_run else give_up_late(work, wish.team_key, meetings)
    done = _briefed(work, transport, wish, meetings, as_of)
    if not (wish.dry_run or wish.resend_to):
        planned = known_meetings(work, wish.team_key, now)
        done += _addenda(work, transport, wish.team_key, planned, as_of)
        done += _invitations(work, transport, wish.team_key, planned, as_of)
    return [*(Briefed(sentences=(sentence,)) for sentence in late), *done]


def _briefed(
    work: Workplace, transport: Transport, wish: BriefingWish, meetings: list[Meeting], as_of: datetime
) -> list[Briefed]:
    meeting = chosen(meetings, wish.meeting, as_of, work.district)
    if meeting is None:
        return [Briefed(sentences=("No meeting is planned.",))]
    previous = meeting_before(meetings, meeting)
    if wish.resend_to and not wish.dry_run:
        return [_resend(work, transport, meeting, wish.resend_to)]
    stages = wanted_stages(work, meeting, as_of)
    if wish.dry_run or (stages and work.clock() >= meeting.starts_at):
        return [_dry(work, meeting, previous, wish, as_of)]
    due = [_prepare(work, meeting, previous, stage, as_of) for stage in stages]
    nothing = Briefed(meeting_key=meeting.key, sentences=(_nothing_due(work, meeting, as_of),))
    return [_hand_over(work, transport, one) for one in due] or [nothing]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A stage ready to be handed over: its packet with its files and letters, or why it is kept back."""

    told: Briefed
    packet: Frozen | None = None


def _prepare(work: Workplace, meeting: Meeting, previous: Meeting | None, stage: str, as_of: datetime) -> _Prepared:
    """Freeze what is due and put its letters into the outbox. Nothing leaves before all that is due is prepared."""
    with work.store.read() as connection:
        held = kept_back(connection, meeting) if stage == "final" else ""
    if held:
        return _Prepared(Briefed(meeting_key=meeting.key, stage=stage, sentences=(held,)))
    packet = freeze(work, meeting, previous, stage, as_of=as_of, known_at=as_of)
    new, folder = (_previews if stage == "preview" else _packets)(work, meeting, packet)
    put(work, new)
    told = Briefed(
        meeting_key=meeting.key,
        stage=stage,
        revision=packet.row.revision,
        new=packet.new,
        prepared=len(new),
        folder=folder,
    )
    return _Prepared(told, packet)


def _previews(work: Workplace, meeting: Meeting, packet: Frozen) -> tuple[list[NewMessage], None]:
    readers = readers_of(work.district, meeting)
    return owner_letters(work, packet, meeting, readers, without_letter(work, packet, readers)), None


def _packets(work: Workplace, meeting: Meeting, packet: Frozen) -> tuple[list[NewMessage], Path]:
    folder = packet_folder(work, packet)
    waiting = without_letter(work, packet, audience(work, meeting, packet.row.stage))
    if not waiting and folder.exists():
        return [], folder
    editions = draw(packet.packet, wanted(work, readers_of(work.district, meeting)))
    write_files(editions.values(), folder)
    return letters(work, packet, waiting, editions=editions), folder


def _invitations(
    work: Workplace, transport: Transport, team_key: str, planned: Sequence[Meeting], as_of: datetime
) -> list[Briefed]:
    """Keep readers' calendars up to date, for the series that want it."""
    put = put_invitations(work, team_key, planned, as_of)
    waiting = waiting_invitations(work, team_key)
    if not waiting:
        return []
    sent = dispatch(work.store, transport, work.clock, keys=waiting)
    sentence = f"Calendar invitations: {_counted(sent)}."
    return [Briefed(stage=INVITATION, prepared=sum(put.values()), dispatched=sent, sentences=(sentence,))]


def _addenda(
    work: Workplace, transport: Transport, team_key: str, planned: Sequence[Meeting], as_of: datetime
) -> list[Briefed]:
    """Tell the readers of packets that are out what changed, moved or is not held; once each."""
    done = []
    for told in told_ahead(work, team_key, planned):
        prepared = _put_addendum(work, told) if told.row.stage == STAGE else 0
        fresh = freeze_addendum(work, told, planned, as_of)
        prepared += _put_addendum(work, fresh) if fresh is not None else 0
        newest = fresh or told
        if newest.row.stage == STAGE:
            sent = send_of_stage(work, transport, newest)
            if fresh is not None or prepared or sent.counts or sent.unknown:
                done.append(_addendum_told(newest, prepared, sent))
        elif is_due(told, planned, as_of):
            done.append(_nothing_material(work, told))
    return done


def _put_addendum(work: Workplace, addendum: Frozen) -> int:
    """Put the letters that are still missing into the outbox; how many they were."""
    begins = addendum.packet.heading.meeting_at or addendum.row.as_of
    readers = readers_at(work.district, addendum.row.team_key, begins)
    new = addendum_letters(work, addendum, without_letter(work, addendum, readers))
    put(work, new)
    return len(new)


def _addendum_told(addendum: Frozen, prepared: int, sent: Dispatched) -> Briefed:
    row = addendum.row
    return Briefed(
        meeting_key=row.meeting_key,
        stage=row.stage,
        revision=row.revision,
        new=addendum.new,
        prepared=prepared,
        dispatched=sent,
        sentences=(_told(addendum, sent),),
    )


def _nothing_material(work: Workplace, told: Frozen) -> Briefed:
    moment = Wording(work.district.zone).moment(told.row.as_of)
    sentence = f"Nothing material changed since the packet of {moment}: no addendum."
    return Briefed(meeting_key=told.row.meeting_key, stage=STAGE, sentences=(sentence,))


def _hand_over(work: Workplace, transport: Transport, one: _Prepared) -> Briefed:
    if one.packet is None:
        return one.told
    sent = send_waiting(work, transport, one.packet)
    return replace(one.told, dispatched=sent, sentences=(_told(one.packet, sent),))


def _resend(work: Workplace, transport: Transport, meeting: Meeting, person_key: str) -> Briefed:
    """The newest packet once more to one person; others get nothing. A packet that is held has none but its draft."""
    packet = frozen(work, meeting, "final") or frozen(work, meeting, "draft")
    if packet is None:
        day = Wording(work.district.zone).moment(meeting.starts_at)
        raise MeetingError(
            f"No packet of {meeting.team_key} for the meeting of {day} was made yet; none is sent again."
        )
    key = letter_again(work, meeting, packet, person_key)
    try:
        sent = dispatch(work.store, transport, work.clock, keys=[key])
    except DeliveryError as error:
        raise DeliveryError(
            f"{error} The letter waits and leaves with the next briefing before the meeting."
        ) from error
    return Briefed(
        meeting_key=meeting.key,
        stage=packet.row.stage,
        revision=packet.row.revision,
        prepared=1,
        dispatched=sent,
        sentences=(_told(packet, sent),),
    )


def _dry(work: Workplace, meeting: Meeting, previous: Meeting | None, wish: BriefingWish, as_of: datetime) -> Briefed:
    stage = "final" if meeting.send_at is not None and as_of >= meeting.send_at else "draft"
    packet = preview(work, meeting, previous, stage, as_of, as_of)
    folder = work.state / "previews" / _stem(meeting.key, packet)
    editions = draw(packet, wanted(work, readers_of(work.district, meeting)))
    shutil.rmtree(folder, ignore_errors=True)
    write_files(editions.values(), folder)
    return Briefed(
        meeting_key=meeting.key,
        stage=stage,
        folder=folder,
        sentences=(_previewed(work, meeting, wish, as_of),),
    )


def _previewed(work: Workplace, meeting: Meeting, wish: BriefingWish, as_of: datetime) -> str:
    if wish.dry_run:
        return "A preview was written; nothing was kept or sent."
    wording = Wording(work.district.zone)
    moment, known = wording.full_date(meeting.starts_at), wording.full_date(as_of)
    return f"The meeting of {moment} is over: a preview of what was known on {known} was written, nothing was sent."


def packet_folder(work: Workplace, packet: Frozen) -> Path:
    """Where a frozen packet's files lie, inside the state folder."""
    row = packet.row
    return work.state / "packets" / f"{_stem(row.meeting_key, packet.packet)}-{row.stage}-{row.revision}"


def _stem(meeting_key: str, packet: Packet) -> str:
    """The meeting as folders are called: a team may meet twice on a day, in two series."""
    return f"{packet.team_key}-{series_of(meeting_key)}-{meeting_day(packet)}"


def _told(packet: Frozen, sent: Dispatched) -> str:
    return f"{packet.row.stage.capitalize()} revision {packet.row.revision}: {_counted(sent)}."


def _counted(sent: Dispatched) -> str:
    parts = [f"{count} {outcome}" for outcome, count in sorted(sent.counts.items())] or ["nothing new to send"]
    return ", ".join(parts)


def _nothing_due(work: Workplace, meeting: Meeting, now: datetime) -> str:
    wording = Wording(work.district.zone)
    if now >= meeting.starts_at:
        return f"The meeting of {wording.moment(meeting.starts_at)} has begun; nothing is sent for it."
    ahead = ((meeting.preview_at, "preview"), (meeting.draft_at, "draft"), (meeting.send_at, "packet"))
    at, what = next(((at, what) for at, what in ahead if at is not None), (None, ""))
    if at is None:
        return "Preview, draft and packet are off for this series: nothing is sent before its meetings."
    return f"Nothing is due before {wording.moment(at)}, when the next {what} goes out."
