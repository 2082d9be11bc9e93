"""How a figure reads: counts first, then units, and its goal beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from firstbell.assessment.instrument import Area, Indicator
from firstbell.assessment.result import IndicatorResult
from firstbell.assessment.targets import Better, Target
from firstbell.kpi import Availability, Kpi, Light
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Figure, Trend
from firstbell.packet.wording import Wording, whole_percent

SAME_WITHIN = 1e-9
COUNTABLE_BELOW = 100_000
FINEST = 6
"""How many digits more at the most tell a figure and its goal apart."""


def value_text(kpi: Kpi, material: Material, goals: Sequence[float] = ()) -> str:
    """The figure in words: "449 of 468", "66 %, 331 replied", "54 min"; where there is none, since when.

    Availability is the one ratio that people know as a percentage with digits, so it keeps them. So does whatever
    rounding alone would bring to one of the `goals` that stand beside it.
    """
    words = material.wording
    if kpi.value is None:
        if kpi.availability is Availability.SUPPRESSED:
            return words.say("not_shown")
        return silence_text(material, kpi.sources) or words.say("not_known")
    if not of_answers(kpi) and kpi.numerator is not None and kpi.denominator is not None and _counted(kpi):
        return words.share(kpi.numerator, kpi.denominator)
    text = amount_text(kpi.value, kpi.unit, words, exact=_exact(kpi, goals), finer=_finer(kpi, goals, words))
    return words.say("replied", share=text, n=kpi.n) if of_answers(kpi) else text


def judged_text(result: IndicatorResult, material: Material) -> str:
    """A result's figure where its goal and light stand beside it: in print too it is not at a goal that it missed."""
    return value_text(result.kpi, material, _goals(result))


def _goals(result: IndicatorResult) -> tuple[float, ...]:
    """What a figure is compared with now: the goal, the part of it that is due, or the edges of a band."""
    goal = result.target.goal
    if isinstance(goal, tuple):
        return goal
    return () if goal is None else (goal * result.due.share if result.due is not None else goal,)


def _exact(kpi: Kpi, goals: Sequence[float]) -> bool:
    """Whether a share keeps its digits: one of time does, and one that is at a goal in whole percent only."""
    if kpi.unit != "ratio" or kpi.value is None:
        return False
    apart = [goal for goal in goals if abs(kpi.value - goal) > SAME_WITHIN]
    return of_time(kpi.method) or whole_percent(kpi.value) in map(whole_percent, apart)


def _finer(kpi: Kpi, goals: Sequence[float], words: Wording) -> int:
    """How many digits more a figure and its goals need, so that none reads like another."""
    if kpi.value is None or (not of_answers(kpi) and _counted(kpi)):
        return 0
    apart = [goal for goal in goals if abs(kpi.value - goal) > SAME_WITHIN]
    exact = _exact(kpi, goals)
    for finer in range(FINEST):
        text = amount_text(kpi.value, kpi.unit, words, exact=exact, finer=finer)
        if all(text != _set(goal, kpi.unit, words, finer) for goal in apart):
            return finer
    return FINEST


def of_answers(kpi: Kpi) -> bool:
    """Whether a share counts answers over several questions: its counts are no people, so it is printed in percent."""
    return kpi.name == "favourable_share"


def silence_text(material: Material, sources: tuple[str, ...]) -> str:
    """ "not known since Fri 20 Nov, 6 pm" where one of the sources fell silent, "never read yet"; else empty."""
    silent = material.facts.silent(sources)
    if not silent:
        return ""
    moments = [moment for moment in silent.values() if moment is not None]
    if len(moments) < len(silent):
        return material.wording.say("never_read")
    return material.wording.say("since", moment=material.moment(min(moments)))


def of_time(method: str) -> bool:
    """Whether a figure is a share of time: such shares keep two digits and are never rounded up."""
    return method.startswith("seconds ")


def amount_text(value: float, unit: str, words: Wording, *, exact: bool = False, finer: int = 0) -> str:
    """A value with its unit. A measure's own unit that the language does not know stands behind the number.

    An `exact` share has two digits where it is not whole; `finer` is how many digits more a number has.
    """
    match unit:
        case "ratio":
            return words.exact_percent(value, finer) if exact and not _whole(value * 100) else words.percent(value)
        case "minutes" | "seconds":
            seconds = value * 60 if unit == "minutes" else value
            return words.exact_duration(seconds, finer - 1) if finer else words.duration(seconds)
        case "dollars" | "dollars per student":
            return words.money(value, finer)
        case _:
            return words.quantity(value, unit, finer)


def goal_text(result: IndicatorResult, words: Wording) -> str:
    """The target beside a figure: "goal 247", "limit 30 min", "goal 35 % to 45 %"; empty without one.

    A pro-rated goal tells the part that is due first, because the light compares with that: "goal 2.1 h by now, 8 h by
    31 May 2027". A light that is held back says so, and so does one that is met short of its goal.
    """
    text = _goal_due(result, words)
    if text and result.held:
        return words.say("goal_held", goal=text)
    short = result.light is Light.MET and result.attainment is not None and result.attainment < 1 - SAME_WITHIN
    return words.say("goal_near", goal=text) if text and short else text


def _goal_due(result: IndicatorResult, words: Wording) -> str:
    goal, due, unit = result.target.goal, result.due, result.kpi.unit
    goals = _goals(result)
    finer = _finer(result.kpi, goals, words)
    if due is None or not isinstance(goal, int | float):
        return _whole_goal(result.target, result.kpi, words, finer)
    part = amount_text(goals[0], unit, words, exact=_exact(result.kpi, goals), finer=finer)
    whole = _set(goal, unit, words)
    return words.say("goal_part", part=part, whole=whole, day=words.full_date(due.whole_on))


def _whole_goal(target: Target, kpi: Kpi, words: Wording, finer: int) -> str:
    goal = target.goal
    if goal is None:
        return ""
    if isinstance(goal, tuple):
        if goal[0] == -goal[1]:
            return words.say("goal_within", amount=_set(goal[1], kpi.unit, words, finer))
        low, high = (_set(edge, kpi.unit, words, finer) for edge in goal)
        return words.say("goal_between", low=low, high=high)
    if target.better is Better.DOWN:
        return words.say("limit", limit=_set(goal, kpi.unit, words, finer))
    if kpi.denominator and not of_answers(kpi) and _counted(kpi):
        return words.say("goal", goal=words.number(math.ceil(goal * kpi.denominator - 1e-6)))
    return words.say("goal", goal=_set(goal, kpi.unit, words, finer))


def _set(goal: float, unit: str, words: Wording, finer: int = 0) -> str:
    """A goal as the team set it: 97.5 % is not 98 %."""
    return amount_text(goal, unit, words, exact=True, finer=finer)


def trend_of(result: IndicatorResult, printed: Figure | None) -> Trend:
    """Which way a figure moved since it was printed, judged by which way is better.

    A figure that was not known then is new. Of one that belongs in a band nobody has set, no way is better: unknown.
    """
    aimless = result.target.better is Better.BAND and result.target.goal is None
    if result.kpi.value is None or (aimless and printed is not None):
        return Trend.UNKNOWN
    if printed is None or printed.value is None:
        return Trend.NEW
    step = result.kpi.value - printed.value
    if abs(step) <= SAME_WITHIN:
        return Trend.SAME
    if isinstance(result.target.goal, tuple):
        middle = sum(result.target.goal) / 2
        step = abs(printed.value - middle) - abs(result.kpi.value - middle)
    elif result.target.better is Better.DOWN:
        step = -step
    return Trend.BETTER if step > 0 else Trend.WORSE


def evidence(result: IndicatorResult, indicator: Indicator, audience: Audience) -> Figure:
    """A result with its whole evidence, as it is kept in the packet."""
    kpi = result.kpi
    return Figure(
        audience=audience,
        key=result.key,
        title=indicator.title,
        value=kpi.value,
        unit=kpi.unit,
        numerator=kpi.numerator,
        denominator=kpi.denominator,
        n=kpi.n,
        missing=kpi.missing,
        window_start=kpi.window.start,
        window_end=kpi.window.end,
        as_of=kpi.as_of,
        sources=kpi.sources,
        method=kpi.method,
        policy_hash=kpi.policy_hash,
        availability=kpi.availability.value,
        reason=kpi.reason,
        light=result.light,
    )


def audience_of(area: Area) -> Audience:
    """Who may see the figures of an area."""
    return Audience.SECURITY if area is Area.SECURITY else Audience.TEAM


def _counted(kpi: Kpi) -> bool:
    """Whether a share reads as a count, "449 of 468"."""
    return kpi.unit == "ratio" and kpi.denominator is not None and countable(kpi.numerator or 0, kpi.denominator)


def countable(numerator: float, denominator: float) -> bool:
    """Whether a share is one of things one could count: whole numbers, and not seconds of a school year."""
    return all(_whole(part) and part < COUNTABLE_BELOW for part in (numerator, denominator))


def _whole(value: float) -> bool:
    return abs(value - round(value)) < 1e-9
