"""The pre-filled minutes that each team's leaders get after a meeting, as a file to fill in and hand back."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from firstbell.between.owners import open_day
from firstbell.between.post import key_of, message, notice, wording_of
from firstbell.briefing.letters import LEADER, reachable
from firstbell.briefing.notice import Notice
from firstbell.config.loaded import District
from firstbell.config.team import Person
from firstbell.delivery.message import Attachment
from firstbell.errors import FirstbellError
from firstbell.known_meetings import known_meetings
from firstbell.meetings import Meeting
from firstbell.minutes.template import minutes_template
from firstbell.records import MeetingMinutes
from firstbell.store.errors import StoreError
from firstbell.store.history import current_team_facts
from firstbell.store.outbox import NewMessage, message_by_key
from firstbell.workplace import Workplace

MINUTES = "minutes"
SENT_LATE = timedelta(days=10)
"""How long after a meeting its file still leaves, where nothing ran on the day itself."""


def minutes_files(work: Workplace, connection: Connection) -> list[NewMessage]:
    """The files that are due and were not written yet: of meetings whose minutes have not come."""
    district, now = work.district, work.clock()
    today = now.astimezone(district.zone).date()
    if not district.about.between_meetings.minutes_file.send or not open_day(district, today):
        return []
    came = {(one.team_key, one.meeting_key) for one in current_team_facts(connection, MeetingMinutes)}
    return [
        mail
        for team in district.teams
        for meeting in _meetings(work, team.key, now)
        if _due(district, meeting, now) and (team.key, meeting.key) not in came
        for leader in district.holders(LEADER, team.key, today)
        if (mail := _mail(work, connection, meeting, leader)) is not None
    ]


def _meetings(work: Workplace, team_key: str, now: datetime) -> list[Meeting]:
    """A team's meetings; none where its calendar cannot be read, which the watchdog tells and other teams outlive."""
    try:
        return known_meetings(work, team_key, now)
    except StoreError:
        raise
    except FirstbellError:
        return []


def _due(district: District, meeting: Meeting, now: datetime) -> bool:
    """Whether a meeting is over for as many days as the setting says, and not for much longer."""
    ended, today = _day(district, meeting.ends_at), now.astimezone(district.zone).date()
    after = timedelta(days=district.about.between_meetings.minutes_file.days_after)
    return meeting.ends_at <= now and ended + after <= today <= ended + SENT_LATE


def _day(district: District, moment: datetime) -> date:
    return moment.astimezone(district.zone).date()


def _mail(work: Workplace, connection: Connection, meeting: Meeting, leader: Person) -> NewMessage | None:
    key = key_of(work, MINUTES, f"{meeting.team_key}/{meeting.key}", leader.key)
    if not reachable(work, leader.key) or message_by_key(connection, key) is not None:
        return None
    day = _day(work.district, meeting.starts_at)
    text = minutes_template(work, meeting.team_key, meeting.key)
    attached = Attachment(f"minutes-{meeting.team_key}-{day}.yaml", "application/yaml", text.encode())
    return message(
        work,
        MINUTES,
        key,
        leader,
        _notice(work, meeting, leader),
        reply_to=_answers(work.district, leader),
        attachments=[attached],
    )


def _answers(district: District, leader: Person) -> str:
    """Where a filled-in file can be sent back to: the inbox that is read; the leader alone where none is."""
    inbox = district.about.mail.inbox
    return inbox.address if inbox is not None else leader.email


def _notice(work: Workplace, meeting: Meeting, leader: Person) -> Notice:
    words, inbox = wording_of(work, leader.key), work.district.about.mail.inbox
    title = words.say("minutes_file_title", meeting=meeting.series.title, day=words.day(meeting.starts_at))
    return notice(
        work,
        words,
        subject=title,
        title=title,
        opening=(words.say("minutes_file_intro", name=leader.name), words.say("minutes_file_what")),
        closing=words.say("minutes_file_how" if inbox is None else "minutes_file_answer"),
    )
