"""What the district's sheets count, as they stood on a day: use, devices, training, security, budget, roll-outs.

Every number is a seeded word of its measure, school and period, so that a sheet of the past and one of today agree on
what both hold. A rate drifts from `start` to `end` over the twelve months before the day of the demo.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from examples.lakeside.schools import PUPILS, SCHOOLS, STAFF, TECHNICIANS, School
from examples.lakeside.timeline import Timeline, monday

WEEK = timedelta(days=7)
INTERNET_MBPS = 4000


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of a long sheet. `school` is a name, empty for the district."""

    measure: str
    first: date
    last: date
    count: float
    of: float | None = None
    school: str = ""
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """A share that drifts over the year, with a spread between periods and schools."""

    measure: str
    start: float
    end: float
    spread: float = 0.02


@dataclass(frozen=True, slots=True)
class Week:
    """One school's week in the report on use."""

    monday: date
    school: School
    teachers: int
    pupils: int


TEACHERS_ACTIVE = Rate("weekly_active_teachers", 0.76, 0.86, 0.04)
PUPILS_ACTIVE = Rate("weekly_active_students", 0.79, 0.88, 0.03)
DEVICE_RATES = (
    Rate("working_student_devices", 0.95, 0.97, 0.01),
    Rate("unsupported_devices", 0.11, 0.06, 0.015),
    Rate("overaged_devices", 0.24, 0.17, 0.03),
)
SECURITY_SHARES = (
    ("staff_two_step", 0.78, 449 / STAFF, STAFF),
    ("vetted_tools", 0.55, 0.69, 118),
    ("licence_use_by_cost", 0.66, 0.72, 212_400),
    ("themes_answered", 0.3, 0.57, 14),
    ("active_learning_observations", 0.31, 0.42, 62),
)


def use(timeline: Timeline, on: date) -> Iterator[Week]:
    """The report on use: a row per school and week of classes that was over by a day, for a year."""
    for start in _weeks(timeline, on):
        if not any(timeline.calendar.is_instruction_day(start + timedelta(days=ahead)) for ahead in range(5)):
            continue
        for school in SCHOOLS:
            yield Week(
                start,
                school,
                _part(timeline, TEACHERS_ACTIVE, school.key, start, school.teachers),
                _part(timeline, PUPILS_ACTIVE, school.key, start, school.pupils),
            )


def devices(timeline: Timeline, on: date) -> Iterator[Figure]:
    """The device register: a row per school and month."""
    for first, last in _months(timeline, on):
        for school in SCHOOLS:
            yield Figure("active_devices", first, last, school.devices, None, school.name)
            yield Figure("students", first, last, school.pupils, None, school.name)
            for rate in DEVICE_RATES:
                whole = school.pupils if rate.measure == "working_student_devices" else school.devices
                part = _part(timeline, rate, school.key, first, whole)
                yield Figure(rate.measure, first, last, part, None if whole == school.pupils else whole, school.name)
        yield Figure("technicians", first, last, TECHNICIANS)
        yield Figure("internet_mbps", first, last, INTERNET_MBPS)


def training(timeline: Timeline, on: date) -> Iterator[Figure]:
    """Hours of training by school and week; who finished the security course, by school and month."""
    for start in _weeks(timeline, on):
        if start < timeline.first_day:
            continue
        for school in SCHOOLS:
            hours = round(school.teachers * Random(f"hours/{school.key}/{start}").uniform(0.1, 0.25) * 2) / 2
            yield Figure("technology_training_hours", start, start + WEEK - timedelta(days=1), hours, None, school.name)
    course = Rate("awareness_training", 0.62, 0.88, 0.05)
    for first, last in _months(timeline, on):
        for school in SCHOOLS:
            people = school.teachers + school.others
            yield Figure("teachers", first, last, school.teachers, None, school.name, school.teachers)
            done = _part(timeline, course, school.key, first, people)
            yield Figure(course.measure, first, last, done, people, school.name, people)


def rollouts(timeline: Timeline, on: date) -> Iterator[Figure]:
    """How many teachers work in the new gradebook and the new progress report, by school and week.

    North Shore moved to the gradebook only after the previous meeting; two elementary schools wait for the report. Of
    all roll-outs together only those schools count whose day has come.
    """
    for start in _weeks(timeline, on):
        for school in SCHOOLS:
            moved = _moved(timeline, school, start)
            if moved is None:
                continue
            last = start + WEEK - timedelta(days=1)
            measure = "rollout.gradebook" if school.secondary else "rollout.progress_report"
            names = [measure, "rollout_adoption"] if timeline.day(-_DUE.get(school.key, -99)) <= last else [measure]
            for name in names:
                yield Figure(name, start, last, moved, school.teachers, school.name, school.teachers)


def security(timeline: Timeline, on: date) -> Iterator[Figure]:
    """The weekly sheet of the data and security specialist and the coordinator's counts, for the whole district."""
    for start in _weeks(timeline, on):
        last = start + WEEK - timedelta(days=1)
        for measure, before, after, whole in SECURITY_SHARES:
            rate = Rate(measure, before, after, 0.0)
            yield Figure(measure, start, last, _part(timeline, rate, "", start, whole), whole)
        holes = 2 if start < timeline.previous_meeting_on else 1
        yield Figure("overdue_known_exploited", start, last, holes)
        yield Figure("data_incidents", start, last, 1 if start <= timeline.day(-20) < start + WEEK else 0)


def budget(timeline: Timeline, on: date) -> Iterator[Figure]:
    """What was spent by a day: of the technology budget, of everything, of grants and of E-rate."""
    first, last = timeline.fiscal_year
    share = ((on - first).days + 1) / ((last - first).days + 1)
    spent = round(1_240_000 * min(1, share + 0.018), -2)
    cycle_first, cycle_last = first.replace(year=first.year - 2), last.replace(year=last.year + 2)
    cycle = ((on - cycle_first).days + 1) / ((cycle_last - cycle_first).days + 1)
    yield Figure("technology_budget", first, last, spent, 1_240_000)
    yield Figure("technology_spending", first, last, spent)
    yield Figure("technology_share_of_spending", first, last, spent, round(spent / 0.026, -3))
    yield Figure("replacement_funded", first, last, 610, 842)
    yield Figure("e_rate_category_two", cycle_first, cycle_last, round(168_000 * (cycle - 0.21), -2), 168_000)
    yield Figure("expiring_grants", first, last, 18_600 if on < timeline.previous_meeting_on else 11_200)
    yield Figure("duplicate_tools", first, last, 3)


def planning(timeline: Timeline, on: date) -> Iterator[Figure]:  # noqa: ARG001 - all sheets are asked alike
    """What is judged once a year, at the start of the school year."""
    first, last = timeline.first_day, timeline.last_day
    yield Figure("response_plan_level", first, last, 2)
    yield Figure("trusted_learning_environment", first, last, 12.5, 5)
    yield Figure("scalable_links", first, last, 7, len(SCHOOLS))


def link_use(timeline: Timeline, on: date) -> Iterator[Figure]:
    """School days on which the internet link was nearly full, by week; the report stopped letting us in."""
    for start in _weeks(timeline, on):
        days = sum(timeline.calendar.is_instruction_day(start + timedelta(days=ahead)) for ahead in range(5))
        if days:
            busy = Random(f"link/{start}").choice((0, 0, 0, 1))
            yield Figure("busy_link_days", start, start + WEEK - timedelta(days=1), busy, days)


SHEETS = {
    "devices.csv": devices,
    "training.csv": training,
    "rollouts.csv": rollouts,
    "security.csv": security,
    "budget.csv": budget,
    "planning.csv": planning,
}
"""The long sheets by their file names; the report on use is a wide one."""


def internet_per_pupil() -> float:
    """Megabits a second that the district buys for each pupil."""
    return INTERNET_MBPS / PUPILS


def _weeks(timeline: Timeline, on: date) -> Iterator[date]:
    """The Mondays of the weeks that were over by a day, from a year before the demo on."""
    start = monday(timeline.day(-364))
    while start + WEEK <= on:
        yield start
        start += WEEK


def _months(timeline: Timeline, on: date) -> Iterator[tuple[date, date]]:
    """First and last days of the months that were over by a day, from a year before the demo on."""
    first = timeline.day(-364).replace(day=1)
    while (after := (first + timedelta(days=32)).replace(day=1)) <= on:
        yield first, after - timedelta(days=1)
        first = after


def _part(timeline: Timeline, rate: Rate, school: str, start: date, whole: int) -> int:
    """How many of `whole` a rate comes to in a period; never more than all of them."""
    progress = 1 - max(0, (timeline.today - start).days) / 364
    drift = rate.start + (rate.end - rate.start) * progress
    lean = Random(f"{rate.measure}/{school}").uniform(-rate.spread, rate.spread) if school else 0
    noise = Random(f"{rate.measure}/{school}/{start}").uniform(-rate.spread, rate.spread) / 2
    return max(0, min(whole, round(whole * (drift + lean + noise))))


_STARTED = {"lakeside_high": 63, "lakeview": 49, "north_shore": 27, "oak": 35, "birch": 35, "cedar": 33, "maple": 16}
"""Days before the demo on which each school's teachers began to move; the others have not begun."""


_DUE = {"lakeside_high": 42, "lakeview": 28, "north_shore": 7, "oak": 14, "birch": 14, "cedar": 14}
"""Days before the demo by which the plan wants each school's teachers to have moved."""


def _moved(timeline: Timeline, school: School, start: date) -> int | None:
    """Teachers who work in the new system at a week's end; None where the school has no roll-out or it is to come."""
    if school.level == "other" or start < timeline.first_day:
        return None
    begun = _STARTED.get(school.key)
    days = (start + WEEK - timeline.day(-begun)).days if begun is not None else 0
    stragglers = school.teachers // 30
    return min(school.teachers - stragglers, round(school.teachers * max(0, days) / 20))
