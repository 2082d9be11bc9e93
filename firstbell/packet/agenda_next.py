"""Agenda item 6: the most pressing needs, and what falls due before the team meets again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from firstbell.assessment.result import IndicatorResult
from firstbell.kpi import Light
from firstbell.packet.agenda_plan import initiatives
from firstbell.packet.agenda_year import ending_lines
from firstbell.packet.figures import audience_of, goal_text, judged_text
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Chart, ChartSeries, Column, Line, Point, Row, Section, Table
from firstbell.packet.summary import proposed

NEEDS_SHOWN = 5
NEEDS_FOR_ALL = 3
"""How many of the shown needs are such as all readers may see, where there are that many."""
UNMET = (Light.CLOSE, Light.MISSED)


def next_section(material: Material) -> Section:
    """Item 6: the most pressing needs with who would act on them, and the milestones before the next meeting."""
    words = material.wording
    shown = _shown(material.assessment.needs)
    rows = tuple(_need_row(material, result) for result in shown)
    audience = Audience.TEAM if any(row.audience is Audience.TEAM for row in rows) else Audience.SECURITY
    titles = ("need", "now", "goal", "owner")
    table = Table(
        caption=words.say("needs_caption"),
        columns=tuple(Column(title=words.say(f"column_{key}")) for key in titles),
        rows=rows,
    )
    return Section(
        number=6,
        title=words.say("section_6"),
        owner=material.role("team_leader"),
        sentences=(
            *_proposals(material),
            *_needs_lines(material),
            *_top_needs(material),
            *ending_lines(material),
            *_coming_milestones(material),
        ),
        tables=(table,) if rows else (),
        charts=(_need_chart(material, shown),) if rows else (),
        questions=(Line(audience=audience, item="next", text=words.say("next_question")),) if rows else (),
    )


def _shown(needs: Sequence[IndicatorResult]) -> list[IndicatorResult]:
    """The most pressing needs, and as many more as give every reader some to see.

    Their ranks are not told: a gap in them would tell how many needs an edition does not show.
    """
    for_all = [one for one in needs if audience_of(one.area) is Audience.TEAM][:NEEDS_FOR_ALL]
    return [one for place, one in enumerate(needs) if place < NEEDS_SHOWN or one in for_all]


def _proposals(material: Material) -> list[Line]:
    """What the draft asks the Team Leader; a proposal may be about security, and no other edition needs it."""
    words = material.wording
    return [
        Line(audience=Audience.SECURITY, text=words.say("proposal", title=title), weight=6)
        for title in proposed(material)
    ]


def _needs_lines(material: Material) -> list[Line]:
    """How many figures with a goal that the team adopted show another light than MET, the unknown ones apart.

    Counted by lights as everywhere in the packet: a figure a little short of its goal is MET. Figures of security are
    counted in a line of their own: within one count, a reader who sees the others would find out theirs.
    """
    words = material.wording
    judged = [one for one in material.assessment.district if one.target.in_force]
    if not any(one.light in UNMET for one in judged) and not material.assessment.needs:
        return [Line(item="needs", text=words.say("no_needs"))]
    lines = []
    for audience, form in ((Audience.TEAM, "needs_line"), (Audience.SECURITY, "needs_line_security")):
        lights = [one.light for one in judged if audience_of(one.area) is audience]
        unmet, silent = sum(light in UNMET for light in lights), lights.count(Light.NOT_KNOWN)
        unknown = words.say("needs_unknown", n=silent) if silent else ""
        text = words.say(form, n=unmet, all=len(lights), unknown=unknown)
        if lights:
            lines.append(Line(audience=audience, item=form.replace("_line", ""), text=text, weight=5))
    return lines


def _top_needs(material: Material) -> list[Line]:
    """The most pressing need with who looks after it; the most pressing one that all readers may see, if another."""
    words, needs = material.wording, material.assessment.needs
    for_all = next((one for one in needs if audience_of(one.area) is Audience.TEAM), None)
    lines = []
    for result in dict.fromkeys(one.key for one in (*needs[:1], *([for_all] if for_all else []))):
        need = material.assessment.by_key[result]
        indicator = material.indicators[need.indicator]
        text = words.say(
            "top_need",
            title=indicator.title,
            value=judged_text(need, material),
            goal=goal_text(need, words),
            owner=material.role(indicator.owner_role),
        )
        lines.append(Line(audience=audience_of(need.area), item=f"need:{need.key}", text=text, weight=4))
    return lines


def _need_chart(material: Material, needs: Sequence[IndicatorResult]) -> Chart:
    """How far each of the most pressing needs has come on its way; each bar may be seen by those who see its figure."""
    words = material.wording
    series = []
    for result in needs:
        title, done = material.indicators[result.indicator].title, 1 - (result.need or 0)
        point = Point(label=title, value=round(100 * done, 1))
        finding = words.say("figure_sentence", title=title, value=words.percent(done))
        series.append(ChartSeries(audience=audience_of(result.area), name=title, points=(point,), finding=finding))
    return Chart(
        kind="gap",
        title=words.say("need_chart_title"),
        alternative=words.say("need_chart_finding"),
        unit="%",
        target=100,
        series=tuple(series),
    )


def _need_row(material: Material, result: IndicatorResult) -> Row:
    words, indicator = material.wording, material.indicators[result.indicator]
    return Row(
        audience=audience_of(result.area),
        light=result.light,
        cells=(
            indicator.title,
            judged_text(result, material),
            goal_text(result, words),
            material.role(indicator.owner_role),
        ),
    )


def _coming_milestones(material: Material) -> list[Line]:
    words, today = material.wording, material.facts.today
    last = today + timedelta(days=45)
    coming = [
        (one.due, initiative.title, one.title)
        for initiative in initiatives(material)
        for one in initiative.milestones
        if one.done is None and today <= one.due <= last
    ]
    return [
        Line(text=words.say("milestone_coming", day=words.day(due), project=project, title=title))
        for due, project, title in sorted(coming)
    ]
