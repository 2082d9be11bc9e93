"""What the sample team writes down while it carries its plan out: evidence, readiness, coaching, trainings.

North Shore and Willow lag as they do everywhere in the sample; nobody has evaluated anything in a school yet.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from random import Random

from examples.lakeside.schools import SCHOOLS
from examples.lakeside.timeline import Timeline

Table = tuple[tuple[str, ...], Iterable[tuple[object, ...]]]
"""A CSV file's columns and its rows."""

_DISTRICT = (
    ("needs_assessment", "plan", -62, "Instrument chosen and adopted"),
    ("needs_assessment", "communicate", -40, "Letter to all schools"),
    ("needs_assessment", "evaluate", -17, "Answers of staff read by the team"),
    ("gradebook", "plan", -75, "Plan of the change, adopted"),
    ("gradebook", "develop", -70, "Import of rosters built and tried"),
    ("gradebook", "communicate", -55, "Page for families online"),
    ("progress_report", "plan", -72, "Plan of the change, adopted"),
    ("progress_report", "develop", -44, "Form agreed with five schools"),
    ("progress_report", "communicate", -30, "Letter to elementary families"),
    ("training", "plan", -74, "Dates for the autumn"),
    ("training", "develop", -60, "Course for both systems written"),
    ("training", "implement", -52, "Secondary course held"),
    ("recovery", "plan", -58, "List of systems with their limits"),
    ("recovery", "develop", -20, "Draft of the recovery plan"),
    ("two_step", "communicate", -66, "Notice to all staff"),
    ("two_step", "implement", -61, "All administrators signed up"),
)
_IN_SCHOOLS = (
    ("gradebook", "plan", ("lakeside_high", "lakeview", "north_shore"), -58, "Staff meeting, agenda"),
    ("gradebook", "communicate", ("lakeside_high", "lakeview"), -45, "Evening for families"),
    ("gradebook", "implement", ("lakeside_high", "lakeview", "north_shore"), -8, "Moved, list of classes"),
    ("progress_report", "plan", ("oak", "birch", "cedar", "maple"), -38, "Staff meeting, agenda"),
    ("progress_report", "implement", ("oak", "birch", "cedar"), -13, "First report written on trial"),
    ("training", "implement", ("lakeside_high", "lakeview", "north_shore"), -50, "List of sessions"),
)
_READY = (
    ("gradebook", "Rosters match the student records", "it_lead", -6, "ready", -8),
    ("gradebook", "Accounts for families sent out", "it_technician", -2, "not_ready", -3),
    ("gradebook", "Help page in two languages", "instructional_technology_coordinator", 12, "ready", -4),
    ("gradebook", "Offices know how to answer families", "principal", 20, "", None),
    ("progress_report", "Form agreed with all five schools", "principal", 30, "ready", -20),
    ("progress_report", "Teachers of Maple and Willow trained", "instructional_technology_coordinator", 45, "", None),
)
_COACHED = {"oak": 7, "birch": 3, "cedar": 5, "lakeview": 6, "lakeside_high": 9, "north_shore": 2, "maple": 2}
"""Sessions of coaching in each school; the others have none."""
_KINDS = (("plc", 8, 14), ("staff_meeting", 18, 30), ("co_teaching", 1, 2), ("one_to_one", 1, 1))


def plan_lists(timeline: Timeline) -> dict[str, Table]:
    """The plan's lists by the CSV file they stand in."""
    return {
        "evidence.csv": (("initiative", "verb", "level", "school", "day", "what"), _evidence(timeline)),
        "readiness.csv": (("initiative", "title", "owner_role", "due", "state", "looked_on"), _readiness(timeline)),
        "coaching.csv": (("day", "school", "kind", "teachers", "hours"), _coaching(timeline)),
        "trainings.csv": (("day", "objective", "school", "people", "hours"), _trainings(timeline)),
    }


def _evidence(timeline: Timeline) -> Iterable[tuple[object, ...]]:
    for initiative, verb, day, what in _DISTRICT:
        yield initiative, verb, "district", "", timeline.weekday(day), what
    for initiative, verb, schools, day, what in _IN_SCHOOLS:
        for school in schools:
            yield initiative, verb, "school", school, timeline.weekday(day), what


def _readiness(timeline: Timeline) -> Iterable[tuple[object, ...]]:
    for initiative, title, owner, due, state, looked in _READY:
        seen = timeline.weekday(looked) if looked is not None else ""
        yield initiative, title, owner, timeline.weekday(due), state, seen


def _coaching(timeline: Timeline) -> Iterable[tuple[object, ...]]:
    for school, sessions in _COACHED.items():
        random = Random(f"coaching/{school}")
        for number in range(sessions):
            kind, least, most = _KINDS[0] if number == 1 else random.choice(_KINDS)
            day = timeline.weekday(-8 - 7 * (number % 9))
            yield day, school, kind, random.randint(least, most), random.choice((0.5, 1, 1.5))


def _trainings(timeline: Timeline) -> Iterable[tuple[object, ...]]:
    first = timeline.first_day + timedelta(days=2)
    yield first, "development", "", 118, 3
    yield timeline.weekday(-52), "development", "", 61, 2
    yield timeline.weekday(-30), "protection", "", 44, 1.5
    for school in SCHOOLS:
        if school.level == "elementary" and school.key not in ("maple", "willow"):
            yield timeline.weekday(-20), "development", school.key, school.teachers - 2, 1.5
    yield timeline.weekday(-12), "audit", "", 14, 1
