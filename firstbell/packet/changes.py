"""What changed since the last packet, by rules that are data: compared is what was printed with what is true now."""

from __future__ import annotations

from dataclasses import dataclass

from firstbell.assessment.instrument import Area
from firstbell.assessment.result import IndicatorResult
from firstbell.assessment.targets import Better
from firstbell.kpi import Light
from firstbell.packet.baseline import baseline, printed_text
from firstbell.packet.figures import audience_of, trend_of, value_text
from firstbell.packet.material import Material
from firstbell.packet.model import Change, Figure, Trend
from firstbell.packet.summary import note_on
from firstbell.policies import Policy

SECTION_OF: dict[Area, int] = {
    Area.TECHNOLOGY_INTEGRATION: 2,
    Area.INFRASTRUCTURE: 3,
    Area.SECURITY: 3,
    Area.FEEDBACK: 4,
    Area.BUDGET: 5,
    Area.PLAN: 2,
}
"""The agenda item under which an area is spoken about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRules(Policy):
    """When a figure's step is worth a line.

    `least_step` is a share of the way from floor to goal; where there is no target, a share of the printed value. A
    changed light is always a change, and weighs as much as the whole way. Getting worse weighs `worse_factor` times as
    much as getting better.
    """

    least_step: float = 0.02
    worse_factor: float = 2.0


DEFAULT_RULES = ChangeRules(name="default")


def changes(material: Material, events: tuple[Change, ...], rules: ChangeRules = DEFAULT_RULES) -> tuple[Change, ...]:
    """Events and moved figures, the heaviest first; those of equal weight in the instrument's order.

    An event that the last packet told in the same words is no news, unless it says itself that nothing changed.
    """
    moved = [change for result in material.assessment.district if (change := _moved(material, result, rules))]
    told = {(one.item, one.text) for one in material.printed.changes} if material.printed is not None else set()
    fresh = [event for event in events if event.trend is Trend.SAME or (event.item, event.text) not in told]
    return tuple(sorted((*fresh, *moved), key=lambda change: -change.weight))


def _moved(material: Material, result: IndicatorResult, rules: ChangeRules) -> Change | None:
    printed = baseline(material, result.key)
    if printed is None or not _material(result, printed, rules):
        return None
    words, indicator = material.wording, material.indicators[result.indicator]
    trend = trend_of(result, printed)
    text = words.say(
        "figure_changed",
        title=indicator.title,
        value=value_text(result.kpi, material),
        was=printed_text(printed, result, material),
        day=words.day(material.compared_at),
    )
    factor = rules.worse_factor if trend in (Trend.WORSE, Trend.UNKNOWN) else 1.0
    return Change(
        audience=audience_of(result.area),
        trend=trend,
        text=text,
        item=result.key,
        section=SECTION_OF[result.area],
        weight=factor * result.weight * (1.0 if _turned(result, printed) else max(_step(result, printed), 0.05)),
        **note_on(material, result.key),
    )


def _material(result: IndicatorResult, printed: Figure, rules: ChangeRules) -> bool:
    if (result.kpi.value is None) != (printed.value is None):
        return True
    if result.kpi.value is None or result.kpi.value == printed.value:
        return False
    if result.target.goal is None and result.target.better is Better.BAND:
        return False
    return _turned(result, printed) or _step(result, printed) >= rules.least_step


def _turned(result: IndicatorResult, printed: Figure) -> bool:
    """Whether the figure's verdict is another one than it was."""
    lights = {Light.MET, Light.CLOSE, Light.MISSED}
    return result.light is not printed.light and {result.light, printed.light} <= lights


def _step(result: IndicatorResult, printed: Figure) -> float:
    """How far the figure moved, as a share of the way from floor to goal, or of the printed value."""
    if result.kpi.value is None or printed.value is None:
        return 1.0
    step = abs(result.kpi.value - printed.value)
    goal, floor = result.target.goal, result.target.floor
    if isinstance(goal, int | float) and isinstance(floor, int | float) and goal != floor:
        return min(1.0, step / abs(goal - floor))
    return min(1.0, step / abs(printed.value)) if printed.value else 1.0
