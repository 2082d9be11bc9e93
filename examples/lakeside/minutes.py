"""What the sample team decided and promised in its meetings so far, as somebody took it down each time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from examples.lakeside.timeline import Timeline
from firstbell.meetings import Meeting
from firstbell.records import MeetingMinutes, Record, TeamAction, TeamDecision

TEAM = "leadership"
ATTENDED = ("alex", "bea", "cal", "dana", "eli", "fay", "hana", "ivan", "jo", "mia")


@dataclass(frozen=True, slots=True)
class Promise:
    """An action: who promised what in which meeting, and what became of it, in days from the demo."""

    number: int
    title: str
    role: str
    person: str
    due: int
    done: int | None = None
    moved_to: int | None = None
    objective: str = ""


EARLIER = (
    Promise(5, "Plan the autumn training dates", "instructional_technology_coordinator", "dana", -45, -47, None),
    Promise(6, "Complete the inventory of systems", "it_lead", "cal", -50, -56, None, "protection"),
    Promise(7, "Sign the math app's data agreement", "superintendent", "alex", -11, None, None, "protection"),
)
LAST = (
    Promise(8, "Order a disk for the routing server", "it_lead", "cal", -10, -12, None, "protection"),
    Promise(
        9,
        "Find an Education Technology Leader for Willow",
        "instructional_technology_coordinator",
        "dana",
        -18,
        None,
        13,
        "development",
    ),
    Promise(10, "Write the phone tree for incidents", "data_security_specialist", "eli", -14, -15, None, "protection"),
    Promise(11, "List the databases that nobody opens", "librarian", "hana", -8, -8, None, "audit"),
    Promise(12, "Ask two teachers a school about the gradebook", "teacher_representative", "fay", -7, -9, None),
    Promise(13, "Draft three questions for families", "parent_representative", "kim", -6, -6, None, "audit"),
    Promise(14, "Write the recovery plan's first version", "it_lead", "cal", -4, None, 20, "protection"),
    Promise(15, "Compare the two reading apps", "instructional_technology_coordinator", "dana", 5, None, None),
    Promise(16, "Show the help page to the student council", "student_representative", "jo", 6, None, None),
)

Told = tuple[datetime, Record]
"""A fact of the team's own and when it was written down."""


def told(timeline: Timeline, coming: Meeting, previous: Meeting, earlier: Meeting) -> list[Told]:
    """Everything that was written down, in order of time."""
    rows = [
        *_minutes(earlier, "Targets for the year were adopted."),
        *_minutes(previous, "North Shore asked for more time with the gradebook; everybody agreed."),
        *(row for promise in EARLIER for row in _promised(timeline, earlier, promise)),
        *(row for promise in LAST for row in _promised(timeline, previous, promise)),
        *_decided(timeline, earlier, previous),
        *_to_decide(timeline, coming),
    ]
    return sorted((row for row in rows if row[0] <= timeline.now), key=lambda row: row[0])


def _written(meeting: Meeting) -> datetime:
    return meeting.ends_at + timedelta(hours=1)


def _minutes(meeting: Meeting, note: str) -> Iterable[Told]:
    record = MeetingMinutes(
        team_key=TEAM,
        meeting_key=meeting.key,
        held_at=meeting.starts_at,
        by_role="team_leader",
        attended=ATTENDED,
        absent=("gus", "kim", "lee"),
        visited_objectives=("audit", "development", "protection"),
        note=note,
        closed=True,
    )
    return ((_written(meeting), record),)


def _promised(timeline: Timeline, meeting: Meeting, promise: Promise) -> Iterable[Told]:
    opened = TeamAction(
        team_key=TEAM,
        action_key=f"A-{promise.number:02}",
        meeting_key=meeting.key,
        title=promise.title,
        state="open",
        owner_role=promise.role,
        person_key=promise.person,
        opened_on=meeting.starts_at.date(),
        due_on=timeline.weekday(promise.due),
        first_due_on=timeline.weekday(promise.due),
        objective_key=promise.objective,
    )
    yield _written(meeting), opened
    if promise.done is not None:
        on = timeline.weekday(promise.done)
        yield timeline.at(on, 15), replace(opened, state="done", closed_on=on)
    if promise.moved_to is not None:
        moved = replace(opened, due_on=timeline.weekday(promise.moved_to), times_moved=1)
        yield timeline.at(timeline.weekday(promise.due), 10), moved


def _decided(timeline: Timeline, earlier: Meeting, previous: Meeting) -> Iterable[Told]:
    adopted = TeamDecision(
        team_key=TEAM,
        decision_key="targets",
        meeting_key=earlier.key,
        title="Adopt the targets of the needs assessment for this school year",
        state="decided",
        decider_role="team_leader",
        proposed_by="rules",
        confirmed_by="team_leader",
        decided_on=earlier.starts_at.date(),
        outcome="Adopted for 28 indicators; the others wait for a first figure.",
        objective_key="audit",
    )
    later = TeamDecision(
        team_key=TEAM,
        decision_key="gradebook_north_shore",
        meeting_key=previous.key,
        title="Give North Shore two more weeks for the gradebook",
        state="decided",
        decider_role="instructional_technology_coordinator",
        proposed_by="principal",
        confirmed_by="team_leader",
        decided_on=previous.starts_at.date(),
        outcome=f"Yes, until {_short(timeline.weekday(-7))}.",
        objective_key="development",
    )
    return (_written(earlier), adopted), (_written(previous), later)


def _to_decide(timeline: Timeline, coming: Meeting) -> Iterable[Told]:
    """What waits for the coming meeting and was confirmed by a person; tonight the rules propose what else they see."""
    contract_ends, launch, new_launch = timeline.day(66), timeline.weekday(51), timeline.weekday(72)
    confirmed = TeamDecision(
        team_key=TEAM,
        decision_key="families_survey",
        meeting_key=coming.key,
        title="Family survey",
        state="confirmed",
        question="Family survey: name an owner, or stop measuring it?",
        recommendation="Nobody asked families for more than a year. Team Leader recommends an owner.",
        deadline_on=timeline.weekday(14),
        proposed_by="rules",
        confirmed_by="team_leader",
        objective_key="audit",
    )
    contract = replace(
        confirmed,
        decision_key=f"contract.content_filter.{contract_ends}",
        title="Content filter contract ends",
        question=f"Content filter contract ends {_short(contract_ends)}: for how long do we renew it?",
        options=("1 year, $24,800", "3 years, $66,900"),
        recommendation="IT Lead recommends 1 year: two other filters are on trial.",
        cost=24_800,
        decider_role="superintendent",
        deadline_on=timeline.weekday(12),
        objective_key="protection",
    )
    launched = replace(
        confirmed,
        decision_key=f"milestone.report_launch.{launch}",
        title="Move the first elementary progress reports",
        question=f"Move the first progress reports from {_short(launch)} to {_short(new_launch)}?",
        recommendation="3 of 5 schools are ready. Coordinator recommends yes. No cost.",
        decider_role="superintendent",
        deadline_on=timeline.weekday(13),
        objective_key="development",
    )
    return [(timeline.now - timedelta(hours=30), decision) for decision in (contract, launched, confirmed)]


def _short(day: date) -> str:
    """A day as people say it.

    >>> _short(date(2027, 2, 1))
    '1 Feb'
    """
    return f"{day.day} {day:%b}"
