"""What is written down while a plan is carried out: evidence, readiness, coaching, trainings, roll-outs by school.

Rows carry keys and counts, never names. People are counted from below: of several sessions in one school the largest
says how many there are at least, because the same teachers may come twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from firstbell.kpi import Kpi
from firstbell.metrics.figure import DISTRICT, Frame
from firstbell.metrics.measures import latest_rows
from firstbell.metrics.suppression import complementary, suppressed
from firstbell.policies import SuppressionPolicy
from firstbell.records import Measurement

EVIDENCE_COUNTS_FOR = timedelta(days=365)


class Verb(StrEnum):
    """The phases of ISTE's standard 1b for coaches (2011)."""

    PLAN = "plan"
    DEVELOP = "develop"
    COMMUNICATE = "communicate"
    IMPLEMENT = "implement"
    EVALUATE = "evaluate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """That a phase of an initiative took place; `school_key` is empty for the district's level."""

    initiative_key: str
    verb: Verb
    on: date
    school_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadinessItem:
    """Something a launch waits for. `ready` None, and anything before somebody looked, is not known."""

    initiative_key: str
    title: str
    owner_role: str
    due_on: date
    ready: bool | None = None
    looked_on: date | None = None

    def known_ready(self, on: date) -> bool | None:
        """How it stands on a day: ready, not ready, None where nobody had looked by then."""
        return self.ready if self.looked_on is not None and self.looked_on <= on else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A coaching or a training: how many people for how many hours. `about` is a kind or an objective's key."""

    on: date
    about: str
    people: int
    hours: float
    school_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanWork:
    """All of it. None means that nobody keeps the list."""

    evidence: tuple[Evidence, ...] | None = None
    readiness: tuple[ReadinessItem, ...] | None = None
    coaching: tuple[Session, ...] | None = None
    training: tuple[Session, ...] | None = None
    readiness_days: int = 30
    """From how many days before a launch it must be seen to be ready."""


def counting(evidence: Iterable[Evidence], on: date) -> list[Evidence]:
    """The evidence of the twelve months up to a day."""
    return [one for one in evidence if on - EVIDENCE_COUNTS_FOR < one.on <= on]


def planning_evidence(evidence: Iterable[Evidence], frame: Frame, on: date) -> Kpi:
    """How many of the ten, five phases at two levels, have evidence from the last twelve months."""
    found = {(one.verb, bool(one.school_key)) for one in counting(evidence, on)}
    whole = 2 * len(Verb)
    method = "phases of standard 1b with evidence in twelve months, for the district and for the schools / ten"
    return frame.measured(
        "planning_evidence", len(found), "of 10", method, numerator=len(found), denominator=whole, n=whole
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """What shows one phase of one initiative: the newest day for the district, the schools, of how many."""

    verb: Verb
    district_on: date | None
    schools: int
    schools_expected: int


def phases(evidence: Iterable[Evidence], initiative_key: str, schools: Sequence[str], on: date) -> list[Phase]:
    """The five phases of an initiative, in their order. Evidence from schools it is not for does not count."""
    mine = [one for one in counting(evidence, on) if one.initiative_key == initiative_key]
    return [
        Phase(
            verb=verb,
            district_on=max((one.on for one in mine if one.verb is verb and not one.school_key), default=None),
            schools=len({one.school_key for one in mine if one.verb is verb} & set(schools)),
            schools_expected=len(schools),
        )
        for verb in Verb
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """How ready an initiative is for its launch. No item at all is `listed` 0: nobody can tell."""

    days_left: int
    ready: int
    not_ready: int
    unknown: int

    @property
    def listed(self) -> int:
        return self.ready + self.not_ready + self.unknown

    @property
    def complete(self) -> bool:
        """True when everything on a list was seen to be ready; never without a list."""
        return 0 < self.listed == self.ready


def readiness(items: Iterable[ReadinessItem], initiative_key: str, launch_on: date, on: date) -> Readiness:
    """An initiative's list, counted as it stood on a day."""
    states = [one.known_ready(on) for one in items if one.initiative_key == initiative_key]
    return Readiness(
        days_left=(launch_on - on).days,
        ready=states.count(True),
        not_ready=states.count(False),
        unknown=states.count(None),
    )


class RolloutState(StrEnum):
    COMPLETE = "complete"
    UNDER_WAY = "under_way"
    NOT_BEGUN = "not_begun"
    NOT_KNOWN = "not_known"
    NOT_SHOWN = "not_shown"
    """Counted, but about fewer people than may be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolRollout:
    """How far a roll-out is in a school it is for. `share`, 0 to 1, only where it may be shown."""

    school_key: str
    state: RolloutState
    share: float | None = None


def school_rollouts(
    rows: Iterable[Measurement], schools: Sequence[str], on: date, policy: SuppressionPolicy
) -> list[SchoolRollout]:
    """A roll-out's newest count in each of its schools; a school without one is not known, others do not count."""
    newest = {row.scope: row for row in latest_rows((row for row in rows if row.denominator), on)}
    return [_rollout(school, newest.get(f"school:{school}"), policy) for school in schools]


def _rollout(school: str, row: Measurement | None, policy: SuppressionPolicy) -> SchoolRollout:
    if row is None or not row.denominator:
        return SchoolRollout(school_key=school, state=RolloutState.NOT_KNOWN)
    if row.people is not None and row.people < policy.small_group_minimum:
        return SchoolRollout(school_key=school, state=RolloutState.NOT_SHOWN)
    share = row.numerator / row.denominator
    state = RolloutState.COMPLETE if share >= 1 else RolloutState.UNDER_WAY if share > 0 else RolloutState.NOT_BEGUN
    return SchoolRollout(school_key=school, state=state, share=share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """Sessions of one school or objective. `hours` is those of the sessions, `person_hours` all people's together."""

    key: str
    sessions: int
    hours: Kpi
    person_hours: Kpi


Counting = Callable[[Iterable[Session], tuple[date, date], date, Frame, SuppressionPolicy], list[Attended]]
"""From a log, a school year, a day, a frame and the rule for small groups to rows and one of all."""


def coaching_by_school(
    sessions: Iterable[Session], year: tuple[date, date], on: date, frame: Frame, policy: SuppressionPolicy
) -> list[Attended]:
    """Coaching since the school year began, by school; the last row, with an empty key, is all schools together."""
    return _attended([(one.school_key, one) for one in _held(sessions, year, on)], frame, policy)


def training_by_objective(
    sessions: Iterable[Session], year: tuple[date, date], on: date, frame: Frame, policy: SuppressionPolicy
) -> list[Attended]:
    """Trainings since the school year began, by objective; the last row, with an empty key, is all together."""
    return _attended([(one.about, one) for one in _held(sessions, year, on)], frame, policy)


def _held(sessions: Iterable[Session], year: tuple[date, date], on: date) -> list[Session]:
    return [one for one in sessions if year[0] <= one.on <= min(year[1], on)]


def _attended(keyed: Sequence[tuple[str, Session]], frame: Frame, policy: SuppressionPolicy) -> list[Attended]:
    """A row a key and one of all. Small groups are hidden, and one more where the total would give one away."""
    groups: dict[str, list[Session]] = {}
    for key, one in keyed:
        groups.setdefault(key, []).append(one)
    if not groups:
        return []
    everything = [one for _, one in keyed]
    people: list[int | None] = [_at_least(mine) for mine in groups.values()]
    hours = complementary([_hours(mine, frame, policy) for mine in groups.values()], people)
    rows = [
        Attended(
            key=key,
            sessions=len(mine) if shown.known else 0,
            hours=shown,
            person_hours=_person_hours(mine, frame, policy, hidden=not shown.known),
        )
        for (key, mine), shown in zip(groups.items(), hours, strict=True)
    ]
    total = _hours(everything, frame, policy)
    all_of_them = Attended(
        key="",
        sessions=len(everything) if total.known else 0,
        hours=total,
        person_hours=_person_hours(everything, frame, policy, hidden=not total.known),
    )
    return [*rows, all_of_them]


def _at_least(sessions: Sequence[Session]) -> int:
    """How many different people there were at least: in each school those of its largest session."""
    largest: dict[str, int] = {}
    for one in sessions:
        largest[one.school_key] = max(one.people, largest.get(one.school_key, 0))
    schools = [people for school, people in largest.items() if school]
    return max(sum(schools), largest.get("", 0))


def _hours(sessions: Sequence[Session], frame: Frame, policy: SuppressionPolicy) -> Kpi:
    amount = sum(one.hours for one in sessions)
    kpi = frame.measured("session_hours", amount, "hours", "hours of the sessions", n=len(sessions))
    return suppressed(kpi, _at_least(sessions), policy)


def _person_hours(sessions: Sequence[Session], frame: Frame, policy: SuppressionPolicy, *, hidden: bool) -> Kpi:
    amount = sum(one.hours * one.people for one in sessions)
    kpi = frame.measured("person_hours", amount, "hours", "hours x people", n=len(sessions))
    return suppressed(kpi, 0 if hidden else _at_least(sessions), policy)


def evidence_gaps(evidence: Iterable[Evidence], on: date) -> Mapping[str, tuple[Verb, ...]]:
    """The phases that no initiative has evidence for, by level: "district" and "school"."""
    found = {(one.verb, bool(one.school_key)) for one in counting(evidence, on)}
    return {
        DISTRICT: tuple(verb for verb in Verb if (verb, False) not in found),
        "school": tuple(verb for verb in Verb if (verb, True) not in found),
    }
