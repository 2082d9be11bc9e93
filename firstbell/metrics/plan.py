"""The plan and the people who carry it: milestones, actions, leaders' hours, meetings, stakeholders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from firstbell.kpi import Kpi
from firstbell.metrics.figure import Frame
from firstbell.metrics.measures import elapsed_share
from firstbell.records import ActionItemSeen, MilestoneSeen

DISTRICT_MEETING = "district_meeting"
PERSONAL_DEVELOPMENT = "personal_development"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leader:
    """An education technology leader of a school, by key."""

    leader_key: str
    school_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursEntry:
    """Hours that a leader logged under one category, such as training, coaching or district_meeting."""

    leader_key: str
    on: date
    category: str
    hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingKept:
    """A planned meeting and the day it was held; None when nobody says that it was."""

    planned_on: date
    held_on: date | None = None


class HoursRule(StrEnum):
    """Whether district meetings and personal development count within a leader's hours or come on top of them."""

    INCLUSIVE = "inclusive"
    ADDITIVE = "additive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a school year asks of a leader."""

    hours: float = 25
    meetings: int = 4
    personal_hours: float = 7
    rule: HoursRule = HoursRule.INCLUSIVE


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaderPace:
    """How far one leader has come this school year, against what the elapsed part of the year asks for.

    `hours` is what counts towards `hours_due`; `by_category` holds all that was logged, the most hours first.
    """

    leader_key: str
    school_key: str
    hours: float
    hours_due: float
    meetings: int
    meetings_due: int
    by_category: Mapping[str, float] = field(default_factory=dict)

    @property
    def on_pace(self) -> bool:
        """Enough hours and enough district meetings for today."""
        return self.hours >= self.hours_due and self.meetings >= self.meetings_due


def slippage_days(milestone: MilestoneSeen, baseline_on: date, on: date) -> int:
    """Days by which a milestone is, or was done, behind its first stored date; below 0: ahead.

    One that is still open counts at least up to `on`.
    """
    done_on = milestone.done_on if _done(milestone, on) else None
    return ((done_on or max(milestone.due_on, on)) - baseline_on).days


def milestones_on_time(
    milestones: Sequence[MilestoneSeen], baselines: Mapping[str, date], frame: Frame, on: date
) -> Kpi:
    """Milestones due by `on` that were done by their baseline date, of all that were due.

    Moving a date in the plan does not make a late milestone punctual: the first stored date counts.
    """
    due = [(one, baselines.get(one.milestone_key, one.due_on)) for one in milestones]
    due = [(one, baseline_on) for one, baseline_on in due if baseline_on < on or _done(one, on)]
    good = sum(_done(one, on) and (one.done_on or on) <= baseline_on for one, baseline_on in due)
    method = "milestones done by their first stored date / milestones due or done"
    return frame.ratio("milestones_on_time", good, len(due), method, n=len(due))


def actions_on_time(actions: Sequence[ActionItemSeen], frame: Frame, first_on: date, on: date) -> Kpi:
    """Actions closed by their due date, of those due from `first_on` and before `on`.

    Dropped actions count nowhere; one without a due date cannot be judged and is `missing`.
    """
    mine = [action for action in actions if action.state != "dropped"]
    due = [action for action in mine if action.due_on is not None and first_on <= action.due_on < on]
    judged = [action for action in due if action.state != "done" or action.closed_on is not None]
    good = sum(
        action.state == "done" and action.closed_on is not None and action.closed_on <= (action.due_on or on)
        for action in judged
    )
    undated = sum(action.due_on is None and action.state == "open" for action in mine)
    method = "actions closed by their due date / actions due in the period"
    missing = undated + len(due) - len(judged)
    return frame.ratio("actions_on_time", good, len(judged), method, n=len(judged), missing=missing)


def leader_paces(
    leaders: Iterable[Leader],
    entries: Sequence[HoursEntry],
    year: tuple[date, date],
    on: date,
    expected: Expected,
) -> list[LeaderPace]:
    """Each leader against the part of the school year that has passed.

    Under the additive rule, district meetings and personal development do not count towards the hours. A district
    meeting counts once a day. Meetings due are whole ones, rounded down.
    """
    apart = {DISTRICT_MEETING, PERSONAL_DEVELOPMENT} if expected.rule is HoursRule.ADDITIVE else set()
    share = elapsed_share(*year, on)
    paces = []
    logged = [entry for entry in entries if year[0] <= entry.on <= min(year[1], on)]
    for leader in leaders:
        mine = [entry for entry in logged if entry.leader_key == leader.leader_key]
        paces.append(
            LeaderPace(
                leader_key=leader.leader_key,
                school_key=leader.school_key,
                hours=sum(entry.hours for entry in mine if entry.category not in apart),
                hours_due=expected.hours * share,
                meetings=len({entry.on for entry in mine if entry.category == DISTRICT_MEETING}),
                meetings_due=int(expected.meetings * share),
                by_category=_by_category(mine),
            )
        )
    return paces


def _by_category(entries: Iterable[HoursEntry]) -> Mapping[str, float]:
    hours: Counter[str] = Counter()
    for entry in entries:
        hours[entry.category] += entry.hours  # type: ignore[assignment]  # a Counter adds up any numbers
    return dict(sorted(hours.items(), key=lambda item: (-item[1], item[0])))


def leader_coverage(schools: Sequence[str], paces: Iterable[LeaderPace], frame: Frame) -> Kpi:
    """Schools with a named leader who is on pace in hours and meetings, of all schools."""
    covered = {pace.school_key for pace in paces if pace.on_pace}
    number = sum(school in covered for school in schools)
    method = "schools with a leader on pace in hours and district meetings / schools"
    return frame.ratio("leader_coverage", number, len(schools), method, n=len(schools))


def stakeholder_coverage(members: Mapping[str, int], frame: Frame, groups: int) -> Kpi:
    """Stakeholder groups with at least one active member, of the `groups` there should be."""
    number = sum(count > 0 for count in members.values())
    method = "stakeholder groups with an active member"
    return frame.measured(
        "stakeholder_coverage",
        number,
        "groups",
        method,
        numerator=number,
        denominator=groups,
        n=len(members),
    )


def cadence_kept(meetings: Iterable[MeetingKept], frame: Frame, on: date, within_days: int = 7) -> Kpi:
    """Meetings held within some days of their plan, of those whose days of grace are over or that were held.

    A meeting that left no word of it is not shown to have been kept: it stands in the denominator and is `missing`.
    """
    method = f"meetings held within {within_days} days of their plan / meetings planned; missing left no minutes"
    due = [one for one in meetings if one.held_on is not None or (on - one.planned_on).days > within_days]
    untold = sum(one.held_on is None for one in due)
    if due and untold == len(due):
        reason = "No minutes tell whether the planned meetings were held."
        return frame.not_known("cadence_kept", "ratio", method, reason, missing=untold)
    good = sum(one.held_on is not None and abs((one.held_on - one.planned_on).days) <= within_days for one in due)
    return frame.ratio("cadence_kept", good, len(due), method, n=len(due), missing=untold)


def _done(milestone: MilestoneSeen, on: date) -> bool:
    return milestone.done_on is not None and milestone.done_on <= on
