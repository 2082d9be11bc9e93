"""The needs assessment: every indicator measured, judged against its target, weighed and ranked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from firstbell.assessment import scoring
from firstbell.assessment.instrument import Area, Indicator, Instrument
from firstbell.assessment.result import DISTRICT, AreaResult, Assessment, IndicatorResult, PartDue, result_key
from firstbell.assessment.targets import Basis, Target
from firstbell.kpi import Availability, Kpi, Light
from firstbell.metrics.facts import Facts
from firstbell.metrics.formulas import FORMULAS
from firstbell.metrics.measures import elapsed_share
from firstbell.metrics.parameters import FormulaError
from firstbell.metrics.suppression import complementary

Previous = Mapping[str, IndicatorResult]


def assess(
    facts: Facts,
    instrument: Instrument,
    targets: Mapping[str, Target],
    previous: Previous | None = None,
    previous_areas: Mapping[Area, Light] | None = None,
    school: str | None = None,
) -> Assessment:
    """Measure and judge every indicator of the district, and of each school where there is something to show.

    `previous` holds what was last printed, by `IndicatorResult.key`, and `previous_areas` the area lights beside it:
    lights change against those with hysteresis, and worsening is counted from there. An indicator without a target
    in `targets` keeps the instrument's proposal, which nobody has adopted. `school` is one that must be judged: of it
    the must-measures are there too where nothing feeds them.
    """
    before = previous or {}
    results: list[IndicatorResult] = []
    for indicator in instrument.indicators:
        target = targets.get(indicator.id) or indicator.default_target()
        results += [
            judged(
                indicator,
                target,
                kpi,
                before.get(result_key(indicator.id, kpi.scope)),
                today=facts.today,
                due=part_due(facts, indicator),
            )
            for kpi in measured(facts, indicator, school if indicator.must_measure else None)
        ]
    return Assessment(
        as_of=facts.as_of,
        instrument_version=instrument.version,
        results=tuple(results),
        areas=area_results(results, previous_areas or {}),
    )


def measured(facts: Facts, indicator: Indicator, school: str | None = None) -> list[Kpi]:
    """The district's figure first, then each school's for which something feeds it, and that of `school` in any case.

    Where exactly one school is hidden as too small and the district shows, the next smallest is hidden too. Raises
    FormulaError when the indicator's params do not fit its formula.
    """
    whole = _figure(facts, indicator, DISTRICT)
    if "school" not in indicator.levels:
        return [whole]
    schools = [_figure(facts, indicator, f"school:{key}") for key in facts.schools]
    fed = [
        kpi
        for kpi in schools
        if kpi.availability is not Availability.NOT_COLLECTED or (school and kpi.scope == f"school:{school}")
    ]
    if whole.known:
        fed = complementary(fed, [None if kpi.denominator is None else int(kpi.denominator) for kpi in fed])
    return [whole, *fed]


def _figure(facts: Facts, indicator: Indicator, scope: str) -> Kpi:
    try:
        return FORMULAS[indicator.formula](facts, indicator.parameters, scope)
    except FormulaError as error:
        raise FormulaError(f"{indicator.id}: {error}") from error


def part_due(facts: Facts, indicator: Indicator) -> PartDue | None:
    """The part of a pro-rated goal that has come due: the elapsed share of the school year; None for all others."""
    year = facts.calendar.school_year_of(facts.today) if indicator.pro_rated else None
    if year is None:
        return None
    return PartDue(share=elapsed_share(year.first_on, year.last_on, facts.today), whole_on=year.last_on)


def judged(
    indicator: Indicator,
    target: Target,
    kpi: Kpi,
    before: IndicatorResult | None,
    *,
    today: date,
    due: PartDue | None = None,
) -> IndicatorResult:
    """One figure against one target.

    Nothing known gives NOT KNOWN, no target in force NO TARGET YET; neither has an attainment. A target or an
    indicator that changed since `before` starts afresh, without hysteresis or trend. Of a pro-rated goal only the
    part that is `due` is asked.
    """
    result = IndicatorResult(
        indicator=indicator.id,
        version=indicator.version,
        area=indicator.area,
        weight=indicator.weight,
        must_measure=indicator.must_measure,
        kpi=kpi,
        target=target,
        light=Light.NO_TARGET,
        due=due,
    )
    if kpi.value is None:
        return replace(result, light=Light.NOT_KNOWN)
    if not target.in_force:
        return result
    comparable = before if before is not None and _same_measure(before, indicator, target) else None
    return _weighed(
        result, indicator, scoring.attainment(kpi.value / (due.share if due else 1.0), target), comparable, today
    )


def _weighed(
    result: IndicatorResult, indicator: Indicator, attained: float, before: IndicatorResult | None, today: date
) -> IndicatorResult:
    """`result` with everything that follows from its attainment."""
    target, need = result.target, 1.0 - attained
    law, security = target.basis is Basis.LAW, indicator.area is Area.SECURITY
    worse_for = _worse_for(attained, before)
    signs = scoring.UrgencySigns(
        usual=indicator.urgency,
        below_target=need > 0,
        law=law,
        security=security,
        worse_for_periods=worse_for,
        days_to_deadline=(target.due_on - today).days if target.due_on else None,
    )
    pressing = scoring.urgency(signs)
    ranked = scoring.priority(need, indicator.weight, indicator.impact, pressing, indicator.effort)
    return replace(
        result,
        light=scoring.light_of(attained, before.light if before else None),
        attainment=attained,
        need=need,
        urgency=pressing,
        priority=ranked,
        moscow=scoring.moscow(need, ranked, indicator.effort, law_or_security=law or security),
        worse_for=worse_for,
    )


def _same_measure(before: IndicatorResult, indicator: Indicator, target: Target) -> bool:
    same_goal = (before.target.goal, before.target.floor) == (target.goal, target.floor)
    return same_goal and before.version == indicator.version


def _worse_for(attained: float, before: IndicatorResult | None) -> int:
    if before is None or before.attainment is None or attained >= before.attainment - 1e-9:
        return 0
    return before.worse_for + 1


def area_results(
    results: Iterable[IndicatorResult], previous: Mapping[Area, Light], scope: str = DISTRICT
) -> tuple[AreaResult, ...]:
    """The six areas of the district, or of another scope, from its indicators, each capped by its must-measures."""
    own = [result for result in results if result.scope == scope]
    return tuple(_area(area, [result for result in own if result.area is area], previous.get(area)) for area in Area)


def _area(area: Area, results: Sequence[IndicatorResult], previous: Light | None) -> AreaResult:
    scored = scoring.area_score(
        scoring.AreaPart(weight=result.weight, attained=result.attainment, known=result.kpi.known) for result in results
    )
    musts = [result for result in results if result.must_measure]
    lights = [result.light for result in musts]
    weakest = scoring.worst([Light.MET, *lights])
    light = scoring.area_light(scored, lights, previous)
    return AreaResult(
        area=area,
        light=light,
        held=light is not scoring.area_light(scored, lights),
        score=scored.score,
        coverage=scored.coverage,
        worst_must=next((result.indicator for result in musts if result.light is weakest is not Light.MET), None),
    )
