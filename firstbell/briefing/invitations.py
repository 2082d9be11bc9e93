"""Own calendar invitations, for teams without a shared calendar: asked for once, changed and taken back by sequence.

What was said of a meeting is frozen like a packet, as a revision of the stage "invitation": the calendar's SEQUENCE is
the revision less one. A change is a new revision; the same one never leaves twice to one person.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from firstbell.briefing.gather import readers_at
from firstbell.briefing.letters import post, reachable, recipient
from firstbell.briefing.notice import Notice, render_notice
from firstbell.config.rehearsal import MARK, prepared_in_rehearsal
from firstbell.delivery.invitation import Invitation
from firstbell.known_meetings import is_cancelled
from firstbell.meetings import Meeting
from firstbell.packet.glyphs import clean
from firstbell.packet.material import Reader
from firstbell.packet.wording import Wording
from firstbell.packet.words import Words
from firstbell.records import TEAM_SOURCE
from firstbell.store.models import MessageState, OutboxRow, PacketRow
from firstbell.store.outbox import NewMessage, give_up, messages, prepare
from firstbell.store.packets import latest_packet, meetings_with_packets, save_packet
from firstbell.store.save import save_district, serialise
from firstbell.workplace import Workplace

STAGE = "invitation"
LONGEST_TITLE = 150
OVERTAKEN = "Not sent: the meeting changed before this invitation had left."


@dataclass(frozen=True, slots=True)
class Asked:
    """A meeting as its readers' calendars shall hold it."""

    starts_at: datetime
    ends_at: datetime
    title: str
    place: str
    cancelled: bool = False

    @classmethod
    def of(cls, row: PacketRow) -> Asked:
        """What was frozen."""
        told = json.loads(row.snapshot)
        begins, ends = (datetime.fromisoformat(told.pop(name)) for name in ("starts_at", "ends_at"))
        return cls(begins, ends, **told)

    def snapshot(self) -> str:
        """The form in which it is frozen."""
        times = {"starts_at": self.starts_at.isoformat(), "ends_at": self.ends_at.isoformat()}
        return json.dumps({**times, "title": self.title, "place": self.place, "cancelled": self.cancelled})


def put_invitations(work: Workplace, team_key: str, planned: Sequence[Meeting], as_of: datetime) -> dict[str, int]:
    """Put what readers' calendars do not know yet into the outbox; returns how many letters, by meeting."""
    now, put = work.clock(), {}
    for meeting in planned:
        if meeting.invitation_at is not None and meeting.invitation_at <= as_of and now < meeting.starts_at:
            series = meeting.series
            asked = Asked(meeting.starts_at, meeting.ends_at, series.title, series.place)
            put[meeting.key] = _put(work, team_key, meeting.key, asked, as_of)
    for key, asked in _gone(work, team_key, planned):
        put[key] = _put(work, team_key, key, asked, as_of)
    return {key: count for key, count in put.items() if count}


def waiting_invitations(work: Workplace, team_key: str) -> list[str]:
    """The keys of a team's invitations that have not left yet, or that a sender who died may have left behind."""
    open_states = [MessageState.PREPARED, MessageState.ATTEMPTING]
    with work.store.read() as connection:
        rows = messages(connection, team_key=team_key, states=open_states)
    return [row.message_key for row in rows if _is_ours(work, row)]


def _gone(work: Workplace, team_key: str, planned: Sequence[Meeting]) -> list[tuple[str, Asked]]:
    """Meetings that readers were invited to and that are not held, as they have to be taken back."""
    now, standing = work.clock(), {meeting.key for meeting in planned}
    with work.store.read() as connection:
        keys = sorted(meetings_with_packets(connection, team_key) - standing)
        rows = [(key, row) for key in keys if (row := latest_packet(connection, team_key, key, STAGE)) is not None]
    told = [(key, Asked.of(row)) for key, row in rows]
    return [
        (key, Asked(asked.starts_at, asked.ends_at, asked.title, asked.place, cancelled=True))
        for key, asked in told
        if asked.starts_at > now and (asked.cancelled or is_cancelled(work.district, key, planned, now))
    ]


def _put(work: Workplace, team_key: str, meeting_key: str, asked: Asked, as_of: datetime) -> int:
    """Freeze what is asked where it is new, and prepare the letters that are missing, in one transaction."""
    with work.store.begin() as connection:
        serialise(connection, TEAM_SOURCE)
        row = latest_packet(connection, team_key, meeting_key, STAGE)
        if row is None or Asked.of(row) != asked:
            row = _freeze(work, connection, team_key, meeting_key, asked, row, as_of)
        rows = [one for one in messages(connection, team_key=team_key, meeting_key=meeting_key) if _is_ours(work, one)]
        late = [one.message_key for one in rows if one.revision != row.revision]
        give_up(connection, late, OVERTAKEN, work.clock())
        new = _letters(work, row, asked, rows)
        for message in new:
            prepare(connection, message, work.clock())
    return len(new)


def _freeze(
    work: Workplace,
    connection: Connection,
    team_key: str,
    meeting_key: str,
    asked: Asked,
    last: PacketRow | None,
    as_of: datetime,
) -> PacketRow:
    now = work.clock()
    return save_packet(
        connection,
        team_key=team_key,
        meeting_key=meeting_key,
        stage=STAGE,
        revision=1 if last is None else last.revision + 1,
        snapshot=asked.snapshot(),
        composed_at=now if last is None else max(now, last.composed_at + timedelta(microseconds=1)),
        as_of=as_of,
        known_at=as_of,
        district_hash=save_district(connection, work.district.canonical_json, now),
    )


def _letters(work: Workplace, row: PacketRow, asked: Asked, rows: Sequence[OutboxRow]) -> list[NewMessage]:
    """One letter to each who has none of this revision; a meeting is taken back from those alone who were invited."""
    have = {one.person_key for one in rows if one.revision == row.revision}
    invited = {one.person_key for one in rows}
    readers = readers_at(work.district, row.team_key, asked.starts_at)
    wanted = [one for one in readers if one.person_key in invited] if asked.cancelled else readers
    return [
        _letter(work, row, asked, reader)
        for reader in wanted
        if reader.person_key not in have and reachable(work, reader.person_key)
    ]


def _letter(work: Workplace, row: PacketRow, asked: Asked, reader: Reader) -> NewMessage:
    about = work.district.about
    address, name = recipient(work, reader.person_key)
    domain = about.mail.sender.rpartition("@")[2]
    named = hashlib.sha256(f"{MARK if work.rehearsing else ''}{row.team_key}/{row.meeting_key}".encode()).hexdigest()
    invitation = Invitation(
        uid=f"{named[:32]}@{domain}",
        sequence=row.revision - 1,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        title=asked.title,
        place=asked.place,
        organizer=about.mail.sender,
        organizer_name=about.mail.sender_name or about.name,
        attendee=address,
        attendee_name=name,
        written_at=row.composed_at,
        cancelled=asked.cancelled,
    )
    mail = render_notice(_notice(work, row, asked))
    return post(work, row, reader, mail, calendar=invitation.part())


def _notice(work: Workplace, row: PacketRow, asked: Asked) -> Notice:
    about = work.district.about
    wording, words = Wording(work.district.zone, about.packet.language), Words(about.packet.language)
    clipped = words.say("clipped")
    title = clean(asked.title, clipped, LONGEST_TITLE)
    subject, what = ("invitation_changed", "invitation_changed_what")
    if asked.cancelled:
        subject, what = ("invitation_cancelled", "invitation_cancelled_what")
    elif row.revision == 1:
        subject, what = ("invitation_first", "invitation_first_what")
    when = wording.say("invitation_when", start=wording.moment(asked.starts_at), end=wording.clock(asked.ends_at))
    where = wording.say("invitation_where", place=clean(asked.place, clipped, LONGEST_TITLE)) if asked.place else ""
    return Notice(
        subject=wording.say(subject, title=title, day=wording.moment(asked.starts_at)),
        language=words.language,
        district=clean(about.name, clipped, LONGEST_TITLE),
        label=words.say("sample") if about.sample else "",
        title=title,
        opening=tuple(text for text in (when, where) if text),
        closing=(wording.say(what),),
    )


def _is_ours(work: Workplace, row: OutboxRow) -> bool:
    return row.stage == STAGE and prepared_in_rehearsal(row.message_key) == work.rehearsing
