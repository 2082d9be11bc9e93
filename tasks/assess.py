"""The needs assessment as a job: measure every indicator over the last weeks and keep what it came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from prefect import task

from firstbell.assessment.result import Assessment
from firstbell.briefing.freeze import stored_results
from firstbell.briefing.gather import assessed, facts_over
from firstbell.intervals import Window
from firstbell.knowledge import PLAN
from firstbell.records import MilestoneSeen
from firstbell.store.assessments import save_assessment
from firstbell.store.latency_days import add_up_days
from firstbell.store.save import retire_unseen, save_district, save_facts
from firstbell.workplace import Workplace
from tasks.place import workplace

NIGHTLY = ""
"""The team key of assessments that belong to no packet."""

PERIOD = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Assessed:
    """How many indicators show which light, and the most pressing needs by id."""

    lights: dict[str, int]
    needs: tuple[str, ...]
    not_known: int


def assess_at(work: Workplace, as_of: datetime | None = None) -> Assessed:
    """Assess the thirty days up to `as_of` with what was known then, or up to now, and keep the results."""
    now = work.clock()
    as_of = as_of or now
    district, known_at = work.district, min(as_of, now)
    with work.store.read() as connection:
        window = Window(as_of - PERIOD, as_of)
        facts = facts_over(work, connection, window, as_of, known_at)
        assessment = assessed(district, connection, facts, NIGHTLY, known_at)
    with work.store.begin() as connection:
        save_assessment(
            connection,
            team_key=NIGHTLY,
            as_of=as_of,
            known_at=known_at,
            recorded_at=work.clock(),
            district_hash=save_district(connection, district.canonical_json, work.clock()),
            results=stored_results(assessment),
        )
    return _told(assessment)


def _told(assessment: Assessment) -> Assessed:
    lights = Counter(result.light.value for result in assessment.district)
    needs = tuple(result.indicator for result in assessment.needs[:5])
    return Assessed(dict(lights), needs, len(assessment.unknown))


def keep_plan(work: Workplace) -> int:
    """Keep the plan's milestones as they stand tonight, so that their first dates are known; returns how many."""
    milestones = [
        MilestoneSeen(
            milestone_key=one.key,
            initiative_key=initiative.key,
            title=one.title,
            due_on=one.due,
            done_on=one.done,
            scope=f"school:{one.school}" if one.school else "district",
        )
        for goal in work.district.plan.goals
        for objective in goal.objectives
        for initiative in objective.initiatives
        for one in initiative.milestones
    ]
    with work.store.begin() as connection:
        now = work.clock()
        save_district(connection, work.district.canonical_json, now)
        save_facts(connection, PLAN, milestones, now)
        retire_unseen(connection, PLAN, MilestoneSeen, [one.entity_key for one in milestones], "", now)
    return len(milestones)


@task(name="keep plan")
def record_plan() -> int:
    """Keep tonight's state of the district folder and its plan."""
    with workplace() as work:
        return keep_plan(work)


@task(name="assess")
def assess_needs(as_of: datetime | None) -> Assessed:
    """Run the needs assessment for a past moment, or for now: then it knows all that was read before it.

    The latencies of days that are over are added up first, so that reports of months read days.
    """
    with workplace() as work:
        add_up_days(work.store, work.district.zone, work.clock())
        return assess_at(work, as_of)
