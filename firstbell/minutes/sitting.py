"""Which meeting the minutes are of, who was there, and what stood when they were written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from firstbell.actions import keepers
from firstbell.catalog import load_roles
from firstbell.config._document import Place
from firstbell.config._references import did_you_mean
from firstbell.config.loaded import District
from firstbell.decisions import agenda
from firstbell.intervals import local_moment
from firstbell.known_meetings import known_meetings
from firstbell.meetings import Meeting, MeetingError, chosen
from firstbell.minutes.faults import Findings
from firstbell.minutes.model import Minutes
from firstbell.records import MeetingMinutes, Record, TeamAction, TeamDecision
from firstbell.store.history import current_team_facts, first_recorded_at
from firstbell.store.packets import latest_packet
from firstbell.store.queries import facts_as_known
from firstbell.store.save import TICK
from firstbell.workplace import Workplace


@dataclass(frozen=True, slots=True, kw_only=True)
class Sitting:
    """A meeting as it was held. `next_key` names the one after it, empty when none is planned.

    Not `certain` is a meeting that stands in for one that could not be found, so that all else can be looked at.
    """

    district: District
    meeting: Meeting
    next_key: str
    held_at: datetime
    held_on: date
    by: str
    certain: bool = True

    @property
    def team_key(self) -> str:
        return self.meeting.team_key

    def as_told_by(self, minutes: Minutes) -> Sitting:
        """The same meeting, with the day and the writer that these minutes name."""
        zone = self.district.zone
        held_at = self.meeting.starts_at
        if minutes.held_on:
            planned = held_at.astimezone(zone).time()
            held_at = local_moment(date.fromisoformat(minutes.held_on), planned, zone)
        return replace(self, held_at=held_at, held_on=held_at.astimezone(zone).date(), by=minutes.by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A team's decisions and actions by key: as they stand, and as they stood before the minutes first came.

    `numbers` gives the decision behind each number on page one, `kept_in` the tracker that keeps an item, by the item's
    key in capitals. `earlier` are the minutes as they were last handed in, `kept` is what was kept of them.
    """

    decisions: Mapping[str, TeamDecision]
    actions: Mapping[str, TeamAction]
    decisions_before: Mapping[str, TeamDecision]
    actions_before: Mapping[str, TeamAction]
    numbers: Mapping[str, str]
    kept_in: Mapping[str, str]
    earlier: Minutes | None
    kept: MeetingMinutes | None

    def holds(self, record: Record) -> bool:
        """Whether this stands already; of minutes it does not matter in which words they were handed in."""
        if isinstance(record, MeetingMinutes):
            kept = self.kept
            return kept is not None and replace(record, written=kept.written, closed=kept.closed) == kept
        if isinstance(record, TeamDecision):
            return self.decisions.get(record.decision_key) == record
        return isinstance(record, TeamAction) and self.actions.get(record.action_key) == record


def sitting_of(work: Workplace, minutes: Minutes, findings: Findings) -> Sitting | None:
    """The meeting that the minutes name; with a fault, another of the team for one there is not, or None."""
    district, now = work.district, work.clock()
    teams = {team.key for team in district.teams}
    if minutes.team not in teams:
        findings.add(("team",), f"names no team there is; {did_you_mean(minutes.team, teams)}")
        return None
    meetings = known_meetings(work, minutes.team, now)
    found = findings.attempt(("meeting",), lambda: held_meeting(meetings, minutes.meeting, now, district))
    meeting = found or next((one for one in reversed(meetings) if one.starts_at <= now), None)
    if meeting is None:
        return None
    later = [one for one in meetings if one.starts_at > meeting.starts_at]
    sitting = Sitting(
        district=district,
        meeting=meeting,
        next_key=later[0].key if later else "",
        held_at=meeting.starts_at,
        held_on=meeting.starts_at.astimezone(district.zone).date(),
        by=minutes.by,
        certain=found is not None,
    ).as_told_by(minutes)
    if sitting.certain and sitting.held_at > now:
        place = "held_on" if minutes.held_on else "meeting"
        findings.add((place,), "has not begun yet; minutes are taken in the meeting or after it.")
    return sitting


def held_meeting(meetings: list[Meeting], wanted: str, now: datetime, district: District) -> Meeting:
    """The meeting of that key or local date; without one the last that has begun. Raises MeetingError."""
    if not wanted:
        begun = [meeting for meeting in meetings if meeting.starts_at <= now]
        if not begun:
            raise MeetingError("No meeting has begun yet; name the meeting by its date.")
        return begun[-1]
    meeting = chosen(meetings, wanted, now, district)
    assert meeting is not None, "a wanted meeting is found or refused"
    return meeting


def standing_of(connection: Connection, sitting: Sitting, now: datetime) -> Standing:
    """What the team has written down so far."""
    meeting = sitting.meeting
    key = f"{meeting.team_key}/{meeting.key}"
    first_at = first_recorded_at(connection, MeetingMinutes, key)
    kept = next((one for one in current_team_facts(connection, MeetingMinutes) if one.entity_key == key), None)
    decisions = _decisions(current_team_facts(connection, TeamDecision), meeting.team_key)
    actions = _actions(current_team_facts(connection, TeamAction), meeting.team_key)
    decisions_before, actions_before = decisions, actions
    if first_at is not None:
        known_at = first_at - TICK
        told = [one for _, one in facts_as_known(connection, TeamDecision, known_at=known_at)]
        promised = [one for _, one in facts_as_known(connection, TeamAction, known_at=known_at)]
        decisions_before, actions_before = _decisions(told, meeting.team_key), _actions(promised, meeting.team_key)
    return Standing(
        decisions=decisions,
        actions=actions,
        decisions_before=decisions_before,
        actions_before=actions_before,
        numbers=printed_numbers(connection, meeting),
        kept_in=keepers(sitting.district, connection, now),
        earlier=Minutes.model_validate_json(kept.written) if kept and kept.written else None,
        kept=kept,
    )


def _decisions(found: Sequence[TeamDecision], team_key: str) -> dict[str, TeamDecision]:
    return {one.decision_key: one for one in found if one.team_key == team_key}


def _actions(found: Sequence[TeamAction], team_key: str) -> dict[str, TeamAction]:
    return {one.action_key: one for one in found if one.team_key == team_key}


def printed_numbers(connection: Connection, meeting: Meeting) -> dict[str, str]:
    """Decision keys by the number that the packet gave them; without a packet, as they stood at the meeting's start."""
    packet = latest_packet(connection, meeting.team_key, meeting.key, "final") or latest_packet(
        connection, meeting.team_key, meeting.key
    )
    known_at = packet.known_at if packet else meeting.starts_at
    as_of = packet.as_of if packet else meeting.starts_at
    known = [one for _, one in facts_as_known(connection, TeamDecision, known_at=known_at)]
    numbered = agenda(known, meeting.team_key, meeting.key, as_of)
    return {str(number): one.decision_key for number, one in enumerate(numbered, 1)}


def people_named(sitting: Sitting, words: Sequence[str], place: Place, findings: Findings) -> tuple[str, ...]:
    """The keys of the people that keys and roles name; a role that nobody holds on the day is a fault.

    What is neither is passed over: `names_known` tells it.
    """
    people = {person.key for person in sitting.district.people}
    roles = {role.key for role in load_roles().roles}
    found: list[str] = []
    for index, word in enumerate(words):
        if word in people:
            found.append(word)
        elif word in roles:
            holders = sitting.district.holders(word, sitting.team_key, sitting.held_on)
            if not holders:
                findings.add((*place, index), "names a role that nobody holds in this team; name a person's key.")
            found += [person.key for person in holders]
    return tuple(dict.fromkeys(found))


def names_known(district: District, words: Sequence[str], place: Place, findings: Findings) -> None:
    """Write down what is neither a person's key nor a role."""
    known = {person.key for person in district.people} | {role.key for role in load_roles().roles}
    for index, word in enumerate(words):
        if word not in known:
            findings.add((*place, index), f"is no person's key and no role; {did_you_mean(word, known)}")


def objective_named(district: District, word: str, place: Place, findings: Findings) -> str:
    """The key of an objective, named itself or by an indicator that shows it; empty where nothing is said."""
    objectives = [objective for goal in district.plan.goals for objective in goal.objectives]
    keys = {objective.key for objective in objectives}
    shown = {indicator: objective.key for objective in objectives for indicator in objective.indicators}
    if word and word not in keys and word not in shown:
        findings.add(place, f"is no objective of the plan and no indicator of one; {did_you_mean(word, keys)}")
    return word if word in keys else shown.get(word, "")
