"""How a figure reads: counts first, then units, and its goal beside it."""

from __future__ import annotations

import math

from firstbell.assessment.instrument import Indicator
from firstbell.assessment.result import IndicatorResult
from firstbell.assessment.targets import Better, Target
from firstbell.kpi import Kpi
from firstbell.packet.model import Audience, Figure, Packet, Trend
from firstbell.packet.wording import Wording

SAME_WITHIN = 1e-9
COUNTABLE_BELOW = 100_000


def value_text(kpi: Kpi, words: Wording) -> str:
    """The figure in words: "449 of 468", "54 min", "2.5 h"; "not known" where there is none.

    Availability is the one ratio that people know as a percentage with digits, so it keeps them.
    """
    if kpi.value is None:
        return words.say("not_known")
    if kpi.unit == "ratio" and kpi.numerator is not None and kpi.denominator is not None and _countable(kpi):
        return words.share(kpi.numerator, kpi.denominator)
    return amount_text(kpi.value, kpi.unit, words)


def amount_text(value: float, unit: str, words: Wording) -> str:
    """A value with its unit."""
    match unit:
        case "ratio":
            return words.percent(value) if value < 0.9 or value == 1 else words.exact_percent(value)
        case "minutes":
            return words.duration(value * 60)
        case "seconds":
            return words.duration(value)
        case "hours":
            return words.say("hours", n=value)
        case "business_hours":
            return words.say("work_hours", n=value)
        case "days":
            return words.say("days", n=value)
        case "business_days":
            return words.say("work_days", n=value)
        case "points":
            return words.say("points", n=value)
        case "dollars" | "usd":
            return words.money(value)
        case "mbps":
            return words.say("mbps", n=value)
        case _:
            return words.number(value)


def goal_text(target: Target, kpi: Kpi, words: Wording) -> str:
    """The target beside a figure: "goal 247", "limit 30 min", "between 35 % and 45 %"; empty without one."""
    goal = target.goal
    if goal is None:
        return ""
    if isinstance(goal, tuple):
        low, high = (amount_text(edge, kpi.unit, words) for edge in goal)
        return words.say("goal_between", low=low, high=high)
    if target.better is Better.DOWN:
        return words.say("limit", limit=amount_text(goal, kpi.unit, words))
    if kpi.unit == "ratio" and kpi.denominator and _countable(kpi):
        return words.say("goal", goal=words.number(math.ceil(goal * kpi.denominator - 1e-6)))
    return words.say("goal", goal=amount_text(goal, kpi.unit, words))


def trend_of(result: IndicatorResult, printed: Figure | None) -> Trend:
    """Which way a figure moved since it was printed, judged by which way is better."""
    if printed is None:
        return Trend.NEW
    if result.kpi.value is None or printed.value is None:
        return Trend.UNKNOWN
    step = result.kpi.value - printed.value
    if abs(step) <= SAME_WITHIN:
        return Trend.SAME
    if isinstance(result.target.goal, tuple):
        middle = sum(result.target.goal) / 2
        step = abs(printed.value - middle) - abs(result.kpi.value - middle)
    elif result.target.better is Better.DOWN:
        step = -step
    return Trend.BETTER if step > 0 else Trend.WORSE


def printed_figure(packet: Packet | None, key: str) -> Figure | None:
    """A figure as the last packet printed it."""
    return next((figure for figure in packet.figures if figure.key == key), None) if packet else None


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


def _countable(kpi: Kpi) -> bool:
    """Whether the figure is a share of things one could count: whole numbers, and not seconds of a school year."""
    parts = (kpi.numerator or 0, kpi.denominator or 0)
    return all(_whole(part) and part < COUNTABLE_BELOW for part in parts)


def _whole(value: float) -> bool:
    return abs(value - round(value)) < 1e-9
