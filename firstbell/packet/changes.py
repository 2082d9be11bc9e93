"""What changed since the last packet, by rules that are data: compared is what was printed with what is true now."""

from __future__ import annotations

from dataclasses import dataclass

from firstbell.assessment.instrument import Area
from firstbell.assessment.result import IndicatorResult
from firstbell.kpi import Light
from firstbell.packet.figures import amount_text, printed_figure, trend_of, value_text
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Change, Figure, Line, Trend
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
    changed light is always a change. Getting worse weighs `worse_factor` times as much as getting better.
    """

    least_step: float = 0.02
    worse_factor: float = 2.0


DEFAULT_RULES = ChangeRules(name="default")


def changes(material: Material, events: tuple[Change, ...], rules: ChangeRules = DEFAULT_RULES) -> tuple[Change, ...]:
    """Events and moved figures, the heaviest first; those of equal weight in the instrument's order."""
    moved = [change for result in material.assessment.district if (change := _moved(material, result, rules))]
    return tuple(sorted((*events, *moved), key=lambda change: -change.weight))


def _moved(material: Material, result: IndicatorResult, rules: ChangeRules) -> Change | None:
    printed = printed_figure(material.printed, result.key)
    if printed is None or not _material(result, printed, rules):
        return None
    words, indicator = material.wording, material.indicators[result.indicator]
    trend = trend_of(result, printed)
    was = _printed_text(printed, result, material)
    key = "figure_changed" if material.occasion.previous_at else "figure_changed_undated"
    text = words.say(
        key,
        title=indicator.title,
        value=value_text(result.kpi, words),
        was=was,
        day=words.day(material.since),
    )
    factor = rules.worse_factor if trend in (Trend.WORSE, Trend.UNKNOWN) else 1.0
    return Change(
        audience=Audience.SECURITY if result.area is Area.SECURITY else Audience.TEAM,
        trend=trend,
        text=text,
        item=result.key,
        section=SECTION_OF[result.area],
        weight=factor * result.weight * max(_step(result, printed), 0.05),
        **note_on(material, result.key),
    )


def _material(result: IndicatorResult, printed: Figure, rules: ChangeRules) -> bool:
    if (result.kpi.value is None) != (printed.value is None):
        return True
    if result.kpi.value is None or result.kpi.value == printed.value:
        return False
    lights = {Light.MET, Light.CLOSE, Light.MISSED}
    if result.light is not printed.light and {result.light, printed.light} <= lights:
        return True
    return _step(result, printed) >= rules.least_step


def _step(result: IndicatorResult, printed: Figure) -> float:
    """How far the figure moved, as a share of the way from floor to goal, or of the printed value."""
    if result.kpi.value is None or printed.value is None:
        return 1.0
    step = abs(result.kpi.value - printed.value)
    goal, floor = result.target.goal, result.target.floor
    if isinstance(goal, int | float) and isinstance(floor, int | float) and goal != floor:
        return min(1.0, step / abs(goal - floor))
    return min(1.0, step / abs(printed.value)) if printed.value else 1.0


def _printed_text(printed: Figure, result: IndicatorResult, material: Material) -> str:
    words = material.wording
    if printed.value is None:
        return words.say("not_known")
    if printed.unit == "ratio" and printed.numerator is not None and printed.denominator is not None:
        same_whole = printed.denominator == result.kpi.denominator
        return words.number(printed.numerator) if same_whole else words.share(printed.numerator, printed.denominator)
    return amount_text(printed.value, printed.unit, words)


def corrections(material: Material) -> tuple[Line, ...]:
    """Printed figures that are no longer true of their own period, because facts arrived or changed later."""
    if material.recomputed is None or material.printed is None:
        return ()
    return tuple(
        line
        for result in material.recomputed.district
        if (line := _correction(material, result, printed_figure(material.printed, result.key))) is not None
    )


def _correction(material: Material, result: IndicatorResult, printed: Figure | None) -> Line | None:
    """A line when both were known and differ; a figure that fell silent since is told among the unknowns."""
    if printed is None or printed.value is None or result.kpi.value is None:
        return None
    if (printed.window_start, printed.window_end) != (result.kpi.window.start, result.kpi.window.end):
        return None
    if printed.policy_hash != result.kpi.policy_hash or abs(printed.value - result.kpi.value) <= 1e-9:
        return None
    words = material.wording
    was, now = _printed_text(printed, result, material), value_text(result.kpi, words)
    if was == now:
        return None
    return Line(
        audience=Audience.SECURITY if result.area is Area.SECURITY else Audience.TEAM,
        item=result.key,
        text=words.say(
            "correction",
            day=words.day(material.since),
            title=material.indicators[result.indicator].title,
            was=was,
            now=now,
        ),
    )
