"""Minutes to fill in: the meeting's members, its decisions and the open actions are there already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from firstbell.actions import actions_of
from firstbell.catalog import load_roles
from firstbell.decisions import put_before
from firstbell.delivery.message import one_line
from firstbell.known_meetings import known_meetings
from firstbell.meetings import Meeting
from firstbell.minutes.sitting import held_meeting, printed_numbers
from firstbell.packet.wording import Wording
from firstbell.records import AgendaItem, TeamAction, TeamDecision
from firstbell.store.history import current_team_facts
from firstbell.trackers import Tracked, tracked_actions
from firstbell.workplace import Workplace

EXAMPLE_DECISION = """\
new_decisions:
  # - title: Replace the gym's access points
  #   outcome: Yes, from this year's budget.
"""
EXAMPLE_ACTION = """\
new_actions:
  # - title: Ask three vendors for quotes
  #   owner: it_lead
  #   due: {due}
"""


def minutes_template(work: Workplace, team_key: str, wanted: str = "") -> str:
    """The YAML of a meeting's minutes with all that is known filled in; the last meeting begun where none is named.

    Raises MeetingError. What it prints can be recorded as it stands.
    """
    now = work.clock()
    meetings = known_meetings(work, team_key, now)
    meeting = held_meeting(meetings, wanted, now, work.district)
    wording = Wording(work.district.zone, work.district.about.packet.language)
    day = meeting.starts_at.astimezone(work.district.zone).date()
    with work.store.read() as connection:
        numbers = printed_numbers(connection, meeting)
        current = {
            one.decision_key: one for one in current_team_facts(connection, TeamDecision) if one.team_key == team_key
        }
        asked = [
            one
            for one in current_team_facts(connection, AgendaItem)
            if (one.team_key, one.meeting_key, one.state) == (team_key, meeting.key, "accepted")
        ]
        tracked = tracked_actions(work.district, connection, team_key, now)
    parts = [
        f"# Minutes of {one_line(meeting.series.title)}, {wording.full_date(day)}.",
        "# Fill in and record: firstbell minutes FILE. Recorded again, a corrected copy replaces this one.",
        "# The agenda:",
        *(f"#   {number}. {wording.say(f'section_{number}')}" for number in range(1, 7)),
        *(f"#   {one.item_key}: {one_line(one.text)}" for one in asked),
        f"team: {team_key}",
        f"meeting: {day if _days(work, meetings).count(day) == 1 else meeting.key}",
        *_members(work, meeting, day),
        *_decisions(numbers, current, meeting),
        EXAMPLE_DECISION.rstrip(),
        *_actions(actions_of(work, team_key), tracked, wording),
        EXAMPLE_ACTION.format(due=day).rstrip(),
        "ideas:\n  # - A line for each new idea or challenge.",
        "note:",
    ]
    return "\n".join(parts) + "\n"


def _days(work: Workplace, meetings: Sequence[Meeting]) -> list[date]:
    return [one.starts_at.astimezone(work.district.zone).date() for one in meetings]


def _members(work: Workplace, meeting: Meeting, day: date) -> Iterator[str]:
    roles = load_roles()
    yield "attended:  # strike who was not there, or move the line down to absent"
    for member in work.district.members(meeting.team_key, day):
        titles = ", ".join(roles.role(role).title for role in member.roles)
        yield f"  - {member.person}  # {titles}"
    yield "absent:"


def _decisions(numbers: Mapping[str, str], current: Mapping[str, TeamDecision], meeting: Meeting) -> Iterator[str]:
    yield "decisions:  # word: decided, postponed or dropped; strike what was not spoken of"
    for number, key in numbers.items():
        title = one_line(current[key].question or current[key].title)
        yield f"  # {number}. {title}"
        yield f"  # - {{decision: {number}, word: decided, outcome: }}"
    for one in put_before(current.values(), meeting.team_key, meeting.key, meeting.starts_at):
        if one.state in ("proposed", "confirmed") and one.decision_key not in numbers.values():
            yield f"  # {one.state.capitalize()}, not in the packet: {one_line(one.question or one.title)}"
            yield f"  # - {{decision: {one.decision_key}, word: decided, outcome: }}"


def _actions(actions: Sequence[TeamAction], tracked: Sequence[Tracked], wording: Wording) -> Iterator[str]:
    """The open actions to speak on; those that a tracker keeps are told as comments."""
    roles = {role.key: role.title for role in load_roles().roles}
    yield "actions:  # word: open, done, moved (due, why), handed_over (to) or dropped (why)"

    def told(action: TeamAction) -> str:
        due = f", due {wording.full_date(action.due_on)}" if action.due_on else ""
        return f"{one_line(action.title)} ({roles.get(action.owner_role, 'nobody')}{due})"

    for action in actions:
        if action.state == "open":
            yield f"  # {told(action)}"
            yield f"  - {{action: {action.action_key}, word: open}}"
    for one in tracked:
        if one.action.state == "open":
            place = f"kept in {one_line(one.kept_in)}, change it there"
            yield f"  # {one_line(one.action.action_key)}: {told(one.action)}; {place}"
