"""The second file: every figure with what is needed to doubt it, the ranking of needs, the sources and the method."""

from __future__ import annotations

from firstbell.assessment.instrument import AREA_TITLES, Area
from firstbell.assessment.result import IndicatorResult
from firstbell.assessment.targets import Target
from firstbell.kpi import Availability, Kpi
from firstbell.packet.baseline import trend
from firstbell.packet.figures import audience_of, goal_text, judged_text, of_time, silence_text
from firstbell.packet.material import Material, SourceState
from firstbell.packet.model import Appendix, Criterion, IndicatorRow, Line, Row, SourceRow, Term
from firstbell.packet.unknowns import reason_text
from firstbell.packet.wording import Wording

_METHOD = (
    "method_window",
    "method_lights",
    "method_pro_rated",
    "method_area",
    "method_priority",
    "method_uptime",
    "method_unknown",
)
_GLOSSARY = (
    "coverage",
    "recovery_point",
    "restore",
    "outage",
    "class_hours",
    "work_hours",
    "floor",
    "wilson",
    "revision",
)


def appendix(material: Material) -> Appendix:
    """The whole appendix; audience classes cut it for the editions."""
    words = material.wording
    return Appendix(
        criteria=tuple(_criterion(material, area) for area in Area if _spoken_of(material, area)),
        needs=tuple(_need(material, one) for one in material.assessment.needs),
        strengths=tuple(_strength(material, one) for one in material.assessment.strengths),
        not_collected=tuple(
            _uncollected(material, one)
            for one in material.assessment.unknown
            if one.kpi.availability is Availability.NOT_COLLECTED
        ),
        sources=tuple(_sources(material)),
        method=tuple(Line(text=words.say(key)) for key in _METHOD),
        never_used_for=words.say("never_used_for", n=material.facts.policies.suppression.small_group_minimum),
        glossary=tuple(Term(word=words.say(f"term_{key}"), meaning=words.say(f"meaning_{key}")) for key in _GLOSSARY),
    )


def _spoken_of(material: Material, area: Area) -> bool:
    """Whether an area has a row; of a school's team, those that are counted for the district alone have none."""
    return any(one.area is area for one in material.assessment.results)


def _criterion(material: Material, area: Area) -> Criterion:
    words = material.wording
    result = next(one for one in material.assessment.areas if one.area is area)
    return Criterion(
        audience=audience_of(area),
        title=words.phrase(AREA_TITLES[area]),
        score=words.say("score", n=round(result.score)) if result.score is not None else words.say("no_score"),
        coverage=words.say("coverage_of_weight", share=words.percent(result.coverage)),
        indicators=tuple(_row(material, one) for one in material.assessment.results if one.area is area),
    )


def _row(material: Material, result: IndicatorResult) -> IndicatorRow:
    words, indicator, kpi = material.wording, material.indicators[result.indicator], result.kpi
    place = "" if result.scope == material.scope else f" ({material.names.scope(result.scope)})"
    return IndicatorRow(
        audience=audience_of(result.area),
        code=result.indicator,
        title=f"{indicator.title}{place}",
        light=result.light,
        value=judged_text(result, material) if kpi.known else reason_text(kpi, material),
        target=goal_text(result, words) or words.say("no_target"),
        basis=_basis(result.target, words),
        numerator=_counted(kpi, kpi.numerator, words),
        denominator=_counted(kpi, _out_of(kpi), words),
        missing=_counted(kpi, kpi.missing or 0, words),
        window=words.say("window", start=words.full_date(kpi.window.start), end=words.full_date(kpi.window.end)),
        sources=words.listed(material.names.sources.get(key, key) for key in kpi.sources),
        as_of=words.moment(kpi.as_of),
        method=words.sentence(words.phrase(kpi.method)),
        trend=trend(material, result),
        priority=round(result.priority, 1) if result.priority is not None else None,
    )


def _out_of(kpi: Kpi) -> float | None:
    """What a figure was counted of; of one that is no share, such as a median, how many stand behind it."""
    if kpi.denominator is not None:
        return kpi.denominator
    return kpi.n if kpi.numerator is None and kpi.known and kpi.n else None


def _counted(kpi: Kpi, count: float | None, words: Wording) -> str:
    """A count as print shows it: time in hours, anything else as a number; empty without one."""
    if count is None:
        return ""
    return words.say("hours", n=count / 3600) if of_time(kpi.method) else words.number(count)


def _basis(target: Target, words: Wording) -> str:
    basis = words.sentence(words.phrase(target.basis_text) or words.say(f"basis_{target.basis}"))
    if target.adopted_on is not None:
        return words.say("basis_adopted", basis=basis, day=words.full_date(target.adopted_on))
    return words.say("basis_proposed" if target.needs_adoption else "basis_in_force", basis=basis)


def _need(material: Material, result: IndicatorResult) -> Row:
    words, indicator = material.wording, material.indicators[result.indicator]
    return Row(
        audience=audience_of(result.area),
        light=result.light,
        cells=(
            indicator.title,
            judged_text(result, material),
            goal_text(result, words),
            words.number(result.priority or 0),
            words.say(f"moscow_{result.moscow.name.lower()}") if result.moscow else "",
            material.role(indicator.owner_role),
        ),
    )


def _strength(material: Material, result: IndicatorResult) -> Line:
    words = material.wording
    title = material.indicators[result.indicator].title
    goal = goal_text(result, words)
    text = words.say("figure_with_goal", title=title, value=judged_text(result, material), goal=goal)
    return Line(audience=audience_of(result.area), item=result.key, text=text)


def _uncollected(material: Material, result: IndicatorResult) -> Line:
    title = material.indicators[result.indicator].title
    why = material.wording.closed(reason_text(result.kpi, material))
    text = material.wording.say("figure_unknown", title=title, why=why)
    return Line(audience=audience_of(result.area), item=result.key, text=text)


def _sources(material: Material) -> list[SourceRow]:
    words = material.wording
    return [
        SourceRow(
            title=source.title,
            read_at=material.moment(source.known_until) if source.known_until else words.say("never_read"),
            state=_state(material, source),
            error=source.failing,
            owner=material.role(source.owner_role),
            feeds=words.listed(sorted({words.say(f"feeds_{one.__name__}") for one in source.feeds})),
        )
        for source in material.sources
    ]


def _state(material: Material, source: SourceState) -> str:
    words, since = material.wording, silence_text(material, (source.source_key,))
    if source.failing:
        return words.closed(since) or words.say("source_failing")
    return since or words.say("source_fine")
