"""From a figure and its target to attainment, need, light, priority and area score. Plain arithmetic, no data.

Attainment `a` runs from 0 (need is total) to 1 (target reached); need is 1 - a. What is not known has neither, and
never enters an average.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from firstbell.assessment.targets import Better, Target
from firstbell.kpi import Light

MET_FROM = 0.95
CLOSE_FROM = 0.80
HYSTERESIS = 0.02
MINIMUM_COVERAGE = 0.5
DEADLINE_NEAR_DAYS = 120
WORSENING_PERIODS = 2


class Moscow(StrEnum):
    """What a need asks of the team, by rule and not by hand."""

    MUST = "must"
    SHOULD = "should"
    COULD = "could"
    WONT = "won't now"


def attainment(value: float, target: Target) -> float:
    """How much of the way from the floor to the goal the value has gone, 0 to 1.

    >>> from firstbell.assessment.targets import Basis
    >>> target = Target(indicator="GP-01", goal=0.9, floor=0.0, better=Better.UP, basis=Basis.LOCAL)
    >>> round(attainment(0.71, target), 3)
    0.789

    Raises ValueError when the target has no goal.
    """
    goal, floor = target.goal, target.floor
    if isinstance(goal, tuple) and isinstance(floor, tuple):
        if value < goal[0]:
            return _clip((value - floor[0]) / (goal[0] - floor[0]))
        return _clip((floor[1] - value) / (floor[1] - goal[1])) if value > goal[1] else 1.0
    if goal is None or isinstance(goal, tuple) or isinstance(floor, tuple):
        raise ValueError(f"{target.indicator} has no goal to measure against")
    if target.better is Better.FLAG or floor is None:
        return 1.0 if value >= goal else 0.0
    if target.better is Better.DOWN:
        return _clip((floor - value) / (floor - goal))
    return _clip((value - floor) / (goal - floor))


def _clip(share: float) -> float:
    return min(1.0, max(0.0, share))


def light_of(attained: float | None, previous: Light | None = None) -> Light:
    """The light of an attainment: MET from .95, CLOSE from .80, else MISSED, and NOT KNOWN of nothing.

    A light gets worse at once. One that was printed worse before gets better only when the boundary is passed by two
    points, so that it does not flicker; it is never greener than its figure (decision 0021).

    >>> light_of(0.96), light_of(0.96, Light.CLOSE), light_of(0.94, Light.MET)
    (<Light.MET: 'MET'>, <Light.CLOSE: 'CLOSE'>, <Light.CLOSE: 'CLOSE'>)
    """
    if attained is None:
        return Light.NOT_KNOWN
    plain = _step(attained, 0.0)
    if previous is None or previous not in _STEPS or _STEPS[plain] <= _STEPS[previous]:
        return plain
    strict = _step(attained, HYSTERESIS)
    return strict if _STEPS[strict] > _STEPS[previous] else previous


def _step(attained: float, shift: float) -> Light:
    """The plain light with both boundaries moved by `shift`; 1e-9 forgives binary fractions."""
    if attained >= MET_FROM + shift - 1e-9:
        return Light.MET
    return Light.CLOSE if attained >= CLOSE_FROM + shift - 1e-9 else Light.MISSED


_STEPS = {Light.MISSED: 0, Light.CLOSE: 1, Light.MET: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgencySigns:
    """What makes a need press, beside its usual urgency of 1 to 5."""

    usual: int
    below_target: bool = False
    law: bool = False
    security: bool = False
    worse_for_periods: int = 0
    days_to_deadline: int | None = None


def urgency(signs: UrgencySigns) -> int:
    """1 to 5 by rule: law or security below target 5; a deadline within 120 days at least 4, past it 5; two periods
    of worsening add 1."""
    level = signs.usual
    days = signs.days_to_deadline
    if signs.below_target and (signs.law or signs.security):
        level = 5
    if signs.below_target and days is not None and days < DEADLINE_NEAR_DAYS:
        level = max(level, 4 if days >= 0 else 5)
    if signs.worse_for_periods >= WORSENING_PERIODS:
        level += 1
    return min(5, level)


def priority(need: float, weight: float, impact: int, pressing: int, effort: int) -> float:
    """0 to 100: need x weight/5 x (impact x urgency / 25), made smaller by effort; all but need run from 1 to 5.

    >>> round(priority(0.38, 5, 5, 4, 3), 1)
    20.3
    """
    return 100 * need * (weight / 5) * (impact * pressing / 25) / (1 + (effort - 1) / 4)


def moscow(need: float, ranked: float, effort: int, *, law_or_security: bool) -> Moscow | None:
    """The label of a need; None where there is none. `ranked` is its priority."""
    if need <= 0:
        return None
    if law_or_security:
        return Moscow.MUST
    if ranked < 10 or (effort == 5 and need < 0.2):
        return Moscow.WONT
    return Moscow.SHOULD if ranked >= 20 else Moscow.COULD


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaPart:
    """One indicator's share in its area: `attained` None where there is no verdict, `known` when there is a value."""

    weight: float
    attained: float | None
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaScore:
    """`score` runs from 0 to 100, None below half the weight; `coverage` is the scored share of the weight, `known`
    the share of it that has a value at all."""

    score: float | None
    coverage: float
    known: float


def area_score(parts: Iterable[AreaPart]) -> AreaScore:
    """The weighted mean of what was scored, with its coverage."""
    weighted = [part for part in parts if part.weight > 0]
    whole = sum(part.weight for part in weighted)
    scored = [(part.weight, part.attained) for part in weighted if part.attained is not None]
    covered = sum(weight for weight, _ in scored)
    coverage = covered / whole if whole else 0.0
    known = sum(part.weight for part in weighted if part.known) / whole if whole else 0.0
    if not covered or coverage < MINIMUM_COVERAGE:
        return AreaScore(score=None, coverage=coverage, known=known)
    score = 100 * sum(weight * attained for weight, attained in scored) / covered
    return AreaScore(score=min(100.0, score), coverage=coverage, known=known)


def area_light(scored: AreaScore, must: Sequence[Light], previous: Light | None = None) -> Light:
    """The area's light: that of its score, and no better than any of its must-measures."""
    if scored.score is not None:
        own = light_of(scored.score / 100, previous)
    else:
        own = Light.NO_TARGET if scored.known >= MINIMUM_COVERAGE else Light.NOT_KNOWN
    return worst([own, *must])


def worst(lights: Iterable[Light]) -> Light:
    """The one that promises least: MISSED, then NOT KNOWN, NO TARGET YET, CLOSE, MET."""
    return min(lights, key=_ORDER.index)


_ORDER = [Light.MISSED, Light.NOT_KNOWN, Light.NO_TARGET, Light.CLOSE, Light.MET]
