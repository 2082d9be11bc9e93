"""What a figure is compared with: as the last packet printed it, or as it has turned out since."""

from __future__ import annotations

from firstbell.assessment.result import IndicatorResult
from firstbell.packet.figures import (
    SAME_WITHIN,
    amount_text,
    audience_of,
    countable,
    evidence,
    of_answers,
    of_time,
    trend_of,
    value_text,
)
from firstbell.packet.material import Material
from firstbell.packet.model import Figure, Line, Trend

OF_A_PERIOD = frozenset(
    {
        "availability",
        "minutes_lost",
        "tickets_created",
        "tickets_resolved",
        "first_response_hours",
        "first_response_in_time",
        "resolution_hours",
        "weekly_active",
        "measure_period_ratio",
        "measure_sum",
        "survey_favourable",
        "survey_response",
        "incidents",
    }
)
"""Formulas whose figure belongs to its period for good: what is learned of that period later corrects it.

All others tell how things stood when they were looked at. A dump that was rotated away since, or a newer count of
devices, makes no earlier packet wrong.
"""


def baseline(material: Material, key: str) -> Figure | None:
    """The printed figure, or its corrected value where later facts changed it: a correction is no change."""
    printed, result = material.printed_figures.get(key), material.recomputed_results.get(key)
    if printed is None or result is None or not _corrected(material, result, printed):
        return printed
    corrected = evidence(result, material.indicators[result.indicator], printed.audience)
    return corrected.model_copy(update={"light": printed.light})


def trend(material: Material, result: IndicatorResult) -> Trend:
    """Which way a figure moved since the last packet; unknown in a team's first one and for a figure without value."""
    if material.printed is None or result.kpi.value is None:
        return Trend.UNKNOWN
    return trend_of(result, baseline(material, result.key))


def corrections(material: Material) -> tuple[Line, ...]:
    """Printed figures that are no longer true of their own period, because facts arrived or changed later."""
    if material.recomputed is None:
        return ()
    return tuple(
        line
        for result in material.recomputed.district
        if (line := _correction(material, result, material.printed_figures.get(result.key))) is not None
    )


def _corrected(material: Material, result: IndicatorResult, printed: Figure) -> bool:
    """A figure of a period, known then and now under the same rules and about the same period, and different.

    A figure that fell silent since is told among the unknowns.
    """
    return (
        material.indicators[result.indicator].formula in OF_A_PERIOD
        and printed.value is not None
        and result.kpi.value is not None
        and (printed.window_start, printed.window_end) == (result.kpi.window.start, result.kpi.window.end)
        and printed.policy_hash == result.kpi.policy_hash
        and abs(printed.value - result.kpi.value) > SAME_WITHIN
    )


def _correction(material: Material, result: IndicatorResult, printed: Figure | None) -> Line | None:
    if printed is None or not _corrected(material, result, printed):
        return None
    words = material.wording
    was, now = printed_text(printed, result, material), value_text(result.kpi, material)
    if was == now:
        return None
    return Line(
        audience=audience_of(result.area),
        item=result.key,
        text=words.say(
            "correction",
            day=words.day(material.compared_at),
            title=material.indicators[result.indicator].title,
            was=was,
            now=now,
        ),
    )


def printed_text(printed: Figure, result: IndicatorResult, material: Material) -> str:
    """An earlier figure beside a newer one: the count alone where both are counts of the same whole."""
    words = material.wording
    if printed.value is None:
        return words.say("not_known")
    counted = printed.unit == "ratio" and not of_answers(result.kpi)
    if counted and printed.numerator is not None and printed.denominator is not None:
        part, whole = printed.numerator, printed.denominator
        if countable(part, whole):
            return words.number(part) if whole == result.kpi.denominator else words.share(part, whole)
    return amount_text(printed.value, printed.unit, words, exact=of_time(printed.method))
