"""Agenda items 4 and 5: what people say and what comes up."""

from __future__ import annotations

from firstbell.assessment.instrument import Area
from firstbell.assessment.result import IndicatorResult
from firstbell.kpi import Availability, Kpi, Light
from firstbell.metrics.compliance import ending_agreements
from firstbell.metrics.surveys import favourable_share, invited, newest_of, share_interval
from firstbell.packet.figures import goal_text, judged_text, value_text
from firstbell.packet.material import Material
from firstbell.packet.model import Chart, ChartSeries, Column, Line, Point, Row, Section, Table
from firstbell.packet.summary import note_on
from firstbell.packet.unknowns import silent_line
from firstbell.records import Agreement, SurveyCounts

CONTRACTS_WITHIN_DAYS = 180
GROUPS = ("staff", "students", "families")
_WEIGHT_OF = {Light.MISSED: 3.0, Light.CLOSE: 2.0}


def feedback_section(material: Material) -> Section:
    """Item 4: who was asked when and what they said; the newest wave of each group, with how sure one can be."""
    words = material.wording
    newest = newest_waves(material)
    silent = silent_line(material, "surveys", "surveys", SurveyCounts)
    table = _survey_table(material, newest) if newest else None
    chart = _survey_chart(material, newest) if newest else None
    return Section(
        number=4,
        title=words.say("section_4"),
        owner=material.role("instructional_technology_coordinator"),
        quiet="" if newest or silent else words.say(material.own_or_all("no_surveys_here", "no_surveys")),
        sentences=(silent,) if silent else tuple(_asked_lines(material, newest)),
        tables=(table,) if table else (),
        charts=(chart,) if chart else (),
        questions=(Line(item="feedback", text=words.say("feedback_question")),) if newest else (),
    )


def _asked_lines(material: Material, newest: dict[str, list[SurveyCounts]]) -> list[Line]:
    """When each group was asked, which group nobody asked, and what came of it against the targets."""
    if not newest:
        return []
    words = material.wording
    told = [
        words.say("group_asked", group=_group(material, group), day=words.full_date(rows[0].fielded_on))
        for group, rows in newest.items()
    ]
    lines = [Line(item="surveys.asked", text=words.say("surveys_asked", groups=words.listed(told)), weight=1)]
    if unasked := [words.say(f"group_{group}") for group in GROUPS if group not in newest]:
        text = words.say("surveys_unasked", groups=words.listed(unasked))
        lines.append(Line(item="surveys.unasked", text=text, weight=4))
    return [*lines, *_figure_lines(material, Area.FEEDBACK)]


def newest_waves(material: Material) -> dict[str, list[SurveyCounts]]:
    """Each group's rows of its newest wave."""
    found: dict[str, list[SurveyCounts]] = {}
    told = [one for one in material.heard(SurveyCounts) if one.fielded_on <= material.facts.today]
    for one in newest_of(told, material.scope):
        found.setdefault(one.group, []).append(one)
    return dict(sorted(found.items()))


def _favourable(material: Material, rows: list[SurveyCounts]) -> Kpi:
    """A group's share; hidden wherever the assessment hides the group's figure, so that no table tells it after all."""
    judged = (one.kpi for one in material.assessment.district if _asks(material, one, rows[0].group))
    hidden = next((one for one in judged if one.availability is Availability.SUPPRESSED), None)
    return hidden or favourable_share(rows, material.facts.frame(), material.facts.policies.suppression)


def _asks(material: Material, result: IndicatorResult, group: str) -> bool:
    return result.area is Area.FEEDBACK and material.indicators[result.indicator].params.get("group") == group


def _group(material: Material, group: str) -> str:
    return material.wording.say(f"group_{group}") if group in GROUPS else group


def _survey_table(material: Material, newest: dict[str, list[SurveyCounts]]) -> Table:
    words = material.wording
    titles = ("group", "asked", "answered", "favourable", "range")
    return Table(
        caption=words.say("survey_caption"),
        columns=tuple(Column(title=words.say(f"column_{key}"), numeric=key == "favourable") for key in titles),
        rows=tuple(_survey_row(material, group, rows) for group, rows in newest.items()),
    )


def _survey_row(material: Material, group: str, rows: list[SurveyCounts]) -> Row:
    words = material.wording
    name, fielded = _group(material, group), words.full_date(max(row.fielded_on for row in rows))
    share = _favourable(material, rows)
    if share.value is None:
        least = material.facts.policies.suppression.small_group_minimum
        few = words.say("fewer_than", n=least)
        hidden = few if sum(sum(row.counts) for row in rows) < least * len(rows) else words.say("not_shown")
        return Row(cells=(name, fielded, hidden, words.say("not_shown"), ""))
    asked = invited(rows)
    margin = share_interval(share, rows)
    return Row(
        cells=(
            name,
            fielded,
            words.share(share.n, asked) if asked else words.number(share.n),
            words.percent(share.value),
            words.say("range", low=words.percent(margin.low), high=words.percent(margin.high)),
        )
    )


def _survey_chart(material: Material, newest: dict[str, list[SurveyCounts]]) -> Chart | None:
    words = material.wording
    points = []
    for group, rows in newest.items():
        share = _favourable(material, rows).value
        points.append(Point(label=_group(material, group), value=None if share is None else round(100 * share, 1)))
    known = [point for point in points if point.value is not None]
    if not known:
        return None
    best = max(known, key=lambda point: point.value or 0)
    finding = words.say("survey_finding", group=best.label, share=words.percent((best.value or 0) / 100), n=len(known))
    series = (ChartSeries(name=words.say("column_favourable"), points=tuple(points)),)
    return Chart(kind="bars", title=words.say("survey_title"), alternative=finding, unit="%", series=series)


def ideas_section(material: Material) -> Section:
    """Item 5: ideas of the last meeting, agreements that end, and the budget."""
    words, facts = material.wording, material.facts
    ending = ending_agreements(material.heard(Agreement), facts.today, CONTRACTS_WITHIN_DAYS)
    silent = silent_line(material, "agreements", "agreements", Agreement)
    ideas = [Line(item="ideas", text=words.say("idea", idea=idea), weight=5) for idea in material.ideas]
    told = [silent] if silent else _agreement_lines(material, ending)
    sentences = (*ideas, *told, *_figure_lines(material, Area.BUDGET))
    quiet = words.say(
        "no_ideas" if facts.feeds(Agreement) else material.own_or_all("ideas_untold_here", "ideas_untold")
    )
    return Section(
        number=5,
        title=words.say("section_5"),
        owner=material.role("team_leader"),
        quiet="" if ending or sentences else quiet,
        sentences=sentences,
        tables=(_contracts_table(material, ending),) if ending else (),
    )


def _agreement_lines(material: Material, ending: list[Agreement]) -> list[Line]:
    first = next((one for one in ending if one.expires_on is not None), None)
    if first is None or first.expires_on is None:
        return []
    words = material.wording
    day = words.full_date(first.expires_on)
    text = words.say("agreements_ending", n=len(ending), days=CONTRACTS_WITHIN_DAYS, vendor=first.vendor, day=day)
    return [Line(item="agreements", text=text, weight=4), _cost_line(material, ending)]


def _cost_line(material: Material, ending: list[Agreement]) -> Line:
    """What the ending agreements cost a year; those without a known cost are counted, not taken as free."""
    words = material.wording
    known = [one.annual_cost for one in ending if one.annual_cost is not None]
    untold, amount = len(ending) - len(known), words.money(sum(known))
    if not known:
        text = words.say("agreements_cost_unknown", n=untold)
    elif untold:
        text = words.say("agreements_cost_partly", n=untold, amount=amount)
    else:
        text = words.say("agreements_cost", n=len(known), amount=amount)
    return Line(item="agreements.cost", text=text, weight=1)


def _figure_lines(material: Material, area: Area) -> list[Line]:
    """The known figures of an area, each in one sentence."""
    known = (one for one in material.assessment.district if one.area is area and one.kpi.known)
    return [_figure_line(material, one) for one in known]


def _figure_line(material: Material, result: IndicatorResult) -> Line:
    words, title = material.wording, material.indicators[result.indicator].title
    text = words.say("figure_sentence", title=title, value=value_text(result.kpi, material))
    if result.target.in_force and (goal := goal_text(result, words)):
        text = words.say("figure_with_goal", title=title, value=judged_text(result, material), goal=goal)
    return Line(item=result.key, text=text, weight=_WEIGHT_OF.get(result.light, 0), **note_on(material, result.key))


def _contracts_table(material: Material, ending: list[Agreement]) -> Table:
    words = material.wording
    titles = ("vendor", "kind", "ends", "yearly_cost", "owner")
    return Table(
        caption=words.say("contracts_caption", n=len(ending), days=CONTRACTS_WITHIN_DAYS),
        columns=tuple(Column(title=words.say(f"column_{key}"), numeric=key == "yearly_cost") for key in titles),
        rows=tuple(
            Row(
                cells=(
                    one.vendor,
                    words.phrase(one.kind),
                    words.full_date(one.expires_on) if one.expires_on else "",
                    words.money(one.annual_cost) if one.annual_cost is not None else words.say("not_known"),
                    material.role(one.owner_role) if one.owner_role else "",
                )
            )
            for one in ending
        ),
    )
