"""What nobody else tells: a night that did not happen, a packet that did not leave, a mail that may have.

Everything is read from the store and the district folder, without Prefect: a crash before a run begins, a broken
import or a dead worker leaves no failed run behind.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path

from sqlalchemy import Connection

from firstbell.briefing.approval import kept_back
from firstbell.briefing.gather import readers_of
from firstbell.briefing.letters import reachable
from firstbell.config.rehearsal import prepared_in_rehearsal
from firstbell.config.team import Series
from firstbell.delivery.dispatch import dispatch
from firstbell.delivery.message import Letter, one_line
from firstbell.delivery.transport import DeliveryError, Transport
from firstbell.errors import FirstbellError
from firstbell.known_meetings import known_meetings
from firstbell.meetings import Meeting
from firstbell.packet.wording import Wording
from firstbell.store.errors import StoreError
from firstbell.store.ledger import last_completed
from firstbell.store.models import MessageState
from firstbell.store.outbox import NewMessage, messages, prepare, settle_dead_attempts
from firstbell.store.packets import latest_packet
from firstbell.workplace import Workplace

NIGHT = "nightly_audit"
NO_NIGHT_FOR = timedelta(hours=26)
LATE_AFTER = timedelta(hours=3)
"""How long after its hour a packet may still be on its way."""
HELD_TOO_LONG = timedelta(days=1)
"""A packet that somebody keeps back is nobody's fault until this long before the meeting."""
ADDRESS_KEPT = timedelta(days=30)
WAITING = (MessageState.PREPARED.value, MessageState.ATTEMPTING.value)
NOT_TAKEN = (MessageState.REFUSED.value, MessageState.FAILED.value)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that is wrong. `key` names it from day to day; the sentence says what and what to do."""

    key: str
    sentence: str


def alarms(work: Workplace) -> list[Alarm]:
    """Everything that is wrong right now. A store that cannot be read is an alarm, not an error."""
    if work.store.is_sqlite and not work.store.path.exists():
        return [Alarm("database", f"There is no database at {work.store.path}; restore a backup or the mount.")]
    try:
        found, coming = _coming(work)
        settle_dead_attempts(work.store, work.clock())
        with work.store.read() as connection:
            found += [*_night(work, connection), *_packets(work, connection, coming), *_unknown(connection)]
    except StoreError as error:
        return [Alarm("database", str(error))]
    return found


def _coming(work: Workplace) -> tuple[list[Alarm], list[Meeting]]:
    """The meetings ahead whose packet should be out by now.

    With an alarm for each team whose meetings cannot be read, and for each series without a meeting ahead: a calendar
    whose events were renamed would otherwise end a team's packets without a word.
    """
    now = work.clock()
    troubles: list[Alarm] = []
    coming: list[Meeting] = []
    for team in work.district.teams:
        try:
            meetings = known_meetings(work, team.key, now)
        except StoreError:
            raise
        except FirstbellError as error:
            troubles.append(Alarm(f"calendar/{team.key}", str(error)))
            continue
        ahead = [one for one in meetings if one.starts_at > now]
        living = {one.series.key for one in ahead}
        troubles += [_over(series) for series in work.district.series_of(team.key) if series.key not in living]
        coming += [one for one in ahead if one.send_at is not None and now >= one.send_at + LATE_AFTER]
    return troubles, coming


def _over(series: Series) -> Alarm:
    cause = (
        "the calendar gives none with that title: check its address and the title"
        if series.ics
        else "its dates are over: name the next ones, or take it out of the file"
    )
    what = f"No meeting found ahead for {series.title} ({series.team}, series {series.key} of meetings.yaml)"
    return Alarm(f"meetings/{series.team}/{series.key}", f"{what}: {cause}.")


def _night(work: Workplace, connection: Connection) -> Iterator[Alarm]:
    last = last_completed(connection, NIGHT)
    look = "look at the runs of nightly_audit in Prefect and at the services firstbell-server and firstbell-worker."
    if last is None:
        yield Alarm("night", f"No night was ever completed: {look}")
        return
    silent = work.clock() - last.completed_at
    if silent > NO_NIGHT_FOR:
        since = Wording(work.district.zone).moment(last.completed_at)
        yield Alarm("night", f"No good night since {since} ({int(silent.total_seconds() // 3600)} h): {look}")


def _packets(work: Workplace, connection: Connection, coming: Sequence[Meeting]) -> Iterator[Alarm]:
    for meeting in coming:
        if sentence := _not_sent(work, connection, meeting):
            day = Wording(work.district.zone).day(meeting.starts_at)
            yield Alarm(f"packet/{meeting.key}", f"The packet of {meeting.team_key} for {day} {sentence}")


def _not_sent(work: Workplace, connection: Connection, meeting: Meeting) -> str:
    """What keeps a due packet from its readers; empty when nothing does."""
    final = latest_packet(connection, meeting.team_key, meeting.key, "final")
    assert meeting.send_at is not None, "only a packet that is due can be late"
    due = Wording(work.district.zone).moment(meeting.send_at)
    if final is None:
        draft = latest_packet(connection, meeting.team_key, meeting.key, "draft")
        if draft is None or not kept_back(connection, meeting):
            return f"was due {due} and was not made: look at the runs of briefing in Prefect."
        if meeting.starts_at - work.clock() > HELD_TOO_LONG:
            return ""
        return f"was due {due} and waits for an approval: see `firstbell review`."
    mine = [
        row
        for row in messages(connection, team_key=meeting.team_key, meeting_key=meeting.key)
        if (row.stage, row.revision) == ("final", final.revision)
        and prepared_in_rehearsal(row.message_key) == work.rehearsing
    ]
    readers = {reader.person_key for reader in readers_of(work.district, meeting) if reachable(work, reader.person_key)}
    written = {row.person_key for row in mine}
    delivered = {row.person_key for row in mine if row.state in (MessageState.SENT, MessageState.UNKNOWN)}
    refused = {row.person_key for row in mine if row.state in NOT_TAKEN} - delivered
    waiting = {row.person_key for row in mine if row.state in WAITING} - delivered - refused
    missing = len(readers - written) + len(waiting)
    parts = [f"has not left for {missing} of {len(readers)} readers"] if missing else []
    if refused:
        parts.append(f"was not taken for {len(refused)} of {len(readers)} readers")
    return f"was due {due} and {' and '.join(parts)}: see `firstbell outbox`." if parts else ""


def _unknown(connection: Connection) -> Iterator[Alarm]:
    found = messages(connection, states=[MessageState.UNKNOWN])
    if found:
        count = f"{len(found)} message{'' if len(found) == 1 else 's'}"
        yield Alarm("unknown", f"{count} may or may not have arrived: ask, then settle with `firstbell outbox settle`.")


def tell(work: Workplace, transport: Transport, found: Sequence[Alarm]) -> int:
    """Mail the installer, once a day for each alarm; returns how many mails a server took now.

    Raises DeliveryError when mail cannot leave. Where the store cannot be used, a file in the state folder remembers
    that the day's mail is out.
    """
    if any(alarm.key == "database" for alarm in found):
        return sum(_send_past_the_store(work, transport, alarm) for alarm in found)
    letters = [_letter(work, alarm) for alarm in found]
    with work.store.begin() as connection:
        for letter in letters:
            prepare(connection, _message(work, letter), work.clock())
    return dispatch(work.store, transport, work.clock, keys=[letter.message_key for letter in letters]).sent


def _send_past_the_store(work: Workplace, transport: Transport, alarm: Alarm) -> bool:
    letter = _letter(work, alarm)
    mark = Path(work.state, letter.message_key)
    if mark.exists():
        return False
    with transport.open() as way_out:
        handover = way_out.send(letter.recipient, letter.to_bytes())
    if handover.outcome != "sent":
        raise DeliveryError(f"The watchdog's mail was not taken ({handover.outcome}): {handover.reply}.")
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    except OSError:
        return True  # the state folder may be what is broken; better a mail an hour than none
    return True


def _letter(work: Workplace, alarm: Alarm) -> Letter:
    about, now = work.district.about, work.clock()
    day = now.astimezone(work.district.zone).date()
    text = f"{alarm.sentence}\n\nFound by `firstbell watchdog`, which looks at the store alone. {about.name}."
    lines = "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n"))
    return Letter(
        message_key=f"watchdog/{alarm.key}/{day}",
        sender=about.mail.sender,
        sender_name=about.mail.sender_name or about.name,
        recipient=about.installer.email,
        recipient_name=about.installer.name,
        reply_to="",
        subject=one_line(f"Firstbell: {_first_words(alarm.sentence)}"),
        text=f"{text}\n",
        html=f'<!doctype html><html lang="en"><body>{lines}</body></html>',
        language="en",
        list_id=f"watchdog.{about.mail.sender.rpartition('@')[2]}",
        written_at=now,
    )


def _first_words(sentence: str) -> str:
    head = sentence.partition(":")[0].rstrip(".")
    return head if len(head) <= 120 else f"{head[:117]}..."


def _message(work: Workplace, letter: Letter) -> NewMessage:
    now: datetime = work.clock()
    return NewMessage(
        message_key=letter.message_key,
        kind="watchdog",
        team_key="",
        meeting_key="",
        stage="",
        revision=0,
        edition="",
        person_key="installer",
        address=letter.recipient,
        address_expires_on=(now + ADDRESS_KEPT).date(),
        message_id=letter.message_id,
        message=letter.to_bytes(),
    )
