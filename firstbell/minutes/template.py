"""Minutes to fill in: what was recorded of the meeting, or its members and open actions, stand there already."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from firstbell.actions import actions_of
from firstbell.catalog import load_roles
from firstbell.decisions import put_before
from firstbell.delivery.message import one_line
from firstbell.known_meetings import known_meetings
from firstbell.meetings import Meeting
from firstbell.minutes.model import ActionWord, Entry, Minutes
from firstbell.minutes.recorded import minutes_kept
from firstbell.minutes.sitting import held_meeting, printed_numbers
from firstbell.packet.wording import Wording
from firstbell.records import AgendaItem, MeetingMinutes, TeamAction, TeamDecision
from firstbell.store.history import current_team_facts
from firstbell.trackers import Tracked, tracked_actions
from firstbell.workplace import Workplace

EXAMPLE_DECISION = """\
  # - title: Replace the gym's access points
  #   outcome: Yes, from this year's budget.\
"""
EXAMPLE_ACTION = """\
  # - title: Ask three vendors for quotes
  #   owner: it_lead
  #   due: {due}\
"""
PLAIN = re.compile(r"(?!(?i:true|false|null)$)[A-Za-z][A-Za-z0-9_.-]*|[1-9]\d{0,3}|\d{4}-\d\d-\d\d")
"""What YAML reads as it stands: keys, small numbers, dates."""


@dataclass(frozen=True, slots=True)
class _Team:
    """What the team has written down: decisions by key, their numbers on page one, actions in the order of lists."""

    decisions: Mapping[str, TeamDecision]
    numbers: Mapping[str, str]
    actions: Sequence[TeamAction]
    asked: Sequence[AgendaItem]
    tracked: Sequence[Tracked]
    kept: MeetingMinutes | None


def minutes_template(work: Workplace, team_key: str, wanted: str = "") -> str:
    """The YAML of a meeting's minutes with all that is known filled in; the last meeting begun where none is named.

    Raises MeetingError. What it prints can be recorded as it stands; of minutes that are recorded it changes nothing.
    """
    now = work.clock()
    meetings = known_meetings(work, team_key, now)
    meeting = held_meeting(meetings, wanted, now, work.district)
    team = _team(work, meeting, now)
    zone = work.district.zone
    wording = Wording(zone, work.district.about.packet.language)
    day = meeting.starts_at.astimezone(zone).date()
    recorded = minutes_kept(meeting, team.kept, team.decisions.values(), team.actions, zone)
    minutes = recorded or _begun(work, meeting, day, team)
    later = [one.starts_at.astimezone(zone).date() for one in meetings if one.starts_at > meeting.starts_at]
    first = "the day it will be done, written like 2026-11-20"
    parts = [
        f"# Minutes of {one_line(meeting.series.title)}, {wording.full_date(day)}.",
        *(["# They are recorded: this is what stands, and recorded as it is it changes nothing."] if recorded else []),
        "# Fill in and record: firstbell minutes FILE. Recorded again, a corrected copy replaces this one.",
        "# The agenda:",
        *(f"#   {number}. {wording.say(f'section_{number}')}" for number in range(1, 7)),
        *(f"#   {one.item_key}: {one_line(one.text)}" for one in team.asked),
        f"team: {team_key}",
        f"meeting: {day if _days(work, meetings).count(day) == 1 else meeting.key}",
        *([f"held_on: {minutes.held_on}"] if minutes.held_on else []),
        *([f"by: {_scalar(minutes.by)}"] if minutes.by != Minutes.model_fields["by"].default else []),
        *_people(work, meeting, day, minutes),
        *_decisions(minutes, team, meeting),
        "new_decisions:",
        *([_entry(one) for one in minutes.new_decisions] or [EXAMPLE_DECISION]),
        *_actions(minutes, team, meeting, wording),
        "new_actions:",
        *([_entry(one) for one in minutes.new_actions] or [EXAMPLE_ACTION.format(due=min(later, default=first))]),
        "ideas:",
        *([f"  - {_scalar(one)}" for one in minutes.ideas] or ["  # - A line for each new idea or challenge."]),
        f"note: {_scalar(minutes.note)}" if minutes.note else "note:",
    ]
    return "\n".join(parts) + "\n"


def _team(work: Workplace, meeting: Meeting, now: datetime) -> _Team:
    key, actions = meeting.team_key, actions_of(work, meeting.team_key)
    with work.store.read() as connection:
        decisions = [one for one in current_team_facts(connection, TeamDecision) if one.team_key == key]
        asked = [
            one
            for one in current_team_facts(connection, AgendaItem)
            if (one.team_key, one.meeting_key, one.state) == (key, meeting.key, "accepted")
        ]
        kept = [one for one in current_team_facts(connection, MeetingMinutes) if one.team_key == key]
        return _Team(
            decisions={one.decision_key: one for one in decisions},
            numbers=printed_numbers(connection, meeting),
            actions=actions,
            asked=asked,
            tracked=tracked_actions(work.district, connection, key, now),
            kept=next((one for one in kept if one.meeting_key == meeting.key), None),
        )


def _begun(work: Workplace, meeting: Meeting, day: date, team: _Team) -> Minutes:
    """What can be said before anybody wrote: all members were there, and every open action stays open."""
    return Minutes(
        team=meeting.team_key,
        attended=tuple(member.person for member in work.district.members(meeting.team_key, day)),
        actions=tuple(ActionWord(action=one.action_key, word="open") for one in team.actions if one.state == "open"),
    )


def _days(work: Workplace, meetings: Sequence[Meeting]) -> list[date]:
    return [one.starts_at.astimezone(work.district.zone).date() for one in meetings]


def _people(work: Workplace, meeting: Meeting, day: date, minutes: Minutes) -> Iterator[str]:
    roles = load_roles()
    seats = {
        member.person: ", ".join(roles.role(role).title for role in member.roles)
        for member in work.district.members(meeting.team_key, day)
    }

    def told(words: Iterable[str]) -> Iterator[str]:
        for word in words:
            yield f"  - {_scalar(word)}  # {seats[word]}" if word in seats else f"  - {_scalar(word)}"

    yield "attended:  # strike who was not there, or move the line down to absent"
    yield from told(minutes.attended)
    yield "absent:"
    yield from told(minutes.absent)
    if minutes.visited:
        yield "visited:"
        yield from told(minutes.visited)


def _decisions(minutes: Minutes, team: _Team, meeting: Meeting) -> Iterator[str]:
    """The words on decisions; those that nothing was said of yet are told as comments."""
    yield "decisions:  # word: decided, postponed or dropped; strike what was not spoken of"
    spoken = set()
    for word in minutes.decisions:
        key = team.numbers.get(word.decision, word.decision)
        spoken.add(key)
        if key in team.decisions:
            yield f"  # {_asked(team.decisions[key])}"
        yield _entry(word)
    for number, key in team.numbers.items():
        if key not in spoken:
            yield f"  # {number}. {_asked(team.decisions[key])}"
            yield f"  # - {{decision: {number}, word: decided, outcome: }}"
    for one in put_before(team.decisions.values(), meeting.team_key, meeting.key, meeting.starts_at):
        new = one.decision_key not in spoken and one.decision_key not in team.numbers.values()
        if new and one.state in ("proposed", "confirmed"):
            yield f"  # {one.state.capitalize()}, not in the packet: {_asked(one)}"
            yield f"  # - {{decision: {one.decision_key}, word: decided, outcome: }}"


def _asked(decision: TeamDecision) -> str:
    return one_line(decision.question or decision.title)


def _actions(minutes: Minutes, team: _Team, meeting: Meeting, wording: Wording) -> Iterator[str]:
    """The words on actions; as comments those open before of which nothing was said, and those that a tracker keeps."""
    day = meeting.starts_at.astimezone(wording.zone).date()
    roles = {role.key: role.title for role in load_roles().roles}
    yield "actions:  # word: open, done, moved (due, why), handed_over (to) or dropped (why)"

    def told(action: TeamAction) -> str:
        due = f", due {wording.full_date(action.due_on)}" if action.due_on else ""
        return f"{one_line(action.title)} ({roles.get(action.owner_role, 'nobody')}{due})"

    known = {action.action_key: action for action in team.actions}
    spoken = [word.action.upper() for word in minutes.actions]
    for word, key in zip(minutes.actions, spoken, strict=True):
        if key in known:
            yield f"  # {told(known[key])}"
        yield _entry(word)
    for action in team.actions:
        earlier = action.meeting_key != meeting.key and (action.opened_on is None or action.opened_on < day)
        if earlier and action.state == "open" and action.action_key not in spoken:
            yield f"  # {told(action)}"
            yield f"  # - {{action: {action.action_key}, word: open}}"
    for one in team.tracked:
        if one.action.state == "open":
            place = f"kept in {one_line(one.kept_in)}, change it there"
            yield f"  # {one_line(one.action.action_key)}: {told(one.action)}; {place}"


def _entry(entry: Entry) -> str:
    """One item of a list; fields that say nothing are left out."""
    said = entry.model_dump(exclude_defaults=True)
    fields = (f"{name}: {_scalar(value)}" for name, value in entry.model_dump().items() if name in (*said, "word"))
    return f"  - {{{', '.join(fields)}}}"


def _scalar(value: object) -> str:
    """A value as YAML reads it back; text that is no plain word stands in quotes, all of it on one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if PLAIN.fullmatch(text):
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(one if one.isprintable() else f"\\U{ord(one):08x}" for one in quoted)
