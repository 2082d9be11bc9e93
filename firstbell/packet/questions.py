"""Questions for the team: made by rules from what is bad and from what nobody knows, the heaviest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from firstbell.assessment.instrument import Area
from firstbell.assessment.result import IndicatorResult
from firstbell.kpi import Light
from firstbell.metrics.compliance import ending_agreements
from firstbell.packet.changes import SECTION_OF
from firstbell.packet.figures import audience_of, goal_text, judged_text, silence_text
from firstbell.packet.material import Material
from firstbell.packet.model import Change, Line, Trend
from firstbell.packet.session import has_nothing_to_count
from firstbell.packet.summary import action_line, due_actions
from firstbell.records import Agreement, TeamAction

MOST_QUESTIONS = 3
MOST_FIGURES = 3
MOVED_TOO_OFTEN = 3
ENDING_SOON = timedelta(days=60)

ACTION_WEIGHT, OUTAGE_WEIGHT, AGREEMENT_WEIGHT = 5.0, 4.0, 6.0
MISSED_WEIGHT, UNKNOWN_WEIGHT = 3.0, 2.0


def questions(material: Material, number: int, events: Sequence[Change]) -> tuple[Line, ...]:
    """What the team is asked under one agenda item; none where all is well and known."""
    asked = [*_of_figures(material, number), *_of_outages(material, number, events)]
    if number == SECTION_OF[Area.BUDGET]:
        asked += _of_agreements(material)
    if number == 1:
        asked += _of_actions(material)
    return tuple(sorted(asked, key=lambda line: -line.weight)[:MOST_QUESTIONS])


def _of_actions(material: Material) -> Iterable[Line]:
    """Promises that are late and have no new day, that nobody owns, or that were moved again and again."""
    words = material.wording
    for action in due_actions(material):
        if action.state != "open":
            continue
        key = _fault(material, action)
        if key:
            line = action_line(material, action)
            place = {"number": action.action_key, "n": action.times_moved if key == "ask_moved" else line.days_late}
            yield Line(
                item=f"action:{action.action_key}",
                text=words.say(key, title=action.title, **place),
                weight=ACTION_WEIGHT + line.days_late / 100,
            )


def _fault(material: Material, action: TeamAction) -> str:
    if action.times_moved >= MOVED_TOO_OFTEN:
        return "ask_moved"
    if not action.owner_role and not action.person_key:
        return "ask_no_owner"
    today = material.facts.today
    return "ask_no_date" if action.due_on is None or action.due_on < today else ""


def _of_figures(material: Material, number: int) -> Iterable[Line]:
    """The missed targets of an agenda item as one question, and the figures without which it cannot be judged."""
    words = material.wording
    here = [one for one in material.assessment.district if SECTION_OF[one.area] == number]
    missed = sorted((one for one in here if one.light is Light.MISSED), key=lambda one: -(one.priority or 0))
    for audience in dict.fromkeys(audience_of(one.area) for one in missed):
        mine = [one for one in missed if audience_of(one.area) is audience][:MOST_FIGURES]
        named = words.listed(_with_goal(material, one) for one in mine)
        text = words.say("ask_missed", n=len(mine), figures=named)
        yield Line(audience=audience, item=f"ask:missed:{number}", text=text, weight=MISSED_WEIGHT)
    for result in here:
        if result.must_measure and not result.kpi.known and not has_nothing_to_count(material, result):
            title, since = material.indicators[result.indicator].title, silence_text(material, result.kpi.sources)
            text = words.say("ask_silent", title=title, since=since) if since else words.say("ask_unknown", title=title)
            weight = UNKNOWN_WEIGHT + result.weight / 10
            yield Line(audience=audience_of(result.area), item=f"ask:{result.key}", text=text, weight=weight)


def _with_goal(material: Material, result: IndicatorResult) -> str:
    words = material.wording
    goal = goal_text(result, words)
    title = material.indicators[result.indicator].title
    return words.say("figure_and_goal", title=title, value=judged_text(result, material), goal=goal)


def _of_outages(material: Material, number: int, events: Sequence[Change]) -> Iterable[Line]:
    """The longest outage in class hours whose cause nobody wrote down."""
    unexplained = [
        one
        for one in events
        if one.section == number and one.item.startswith("outage:") and one.trend is Trend.WORSE and not one.note
    ]
    for event in sorted(unexplained, key=lambda one: -one.weight)[:1]:
        service = event.item.split(":")[1]
        name = material.names.services.get(service, service)
        text = material.wording.say("ask_outage", service=name)
        yield Line(audience=event.audience, item=f"ask:{event.item}", text=text, weight=OUTAGE_WEIGHT)


def _of_agreements(material: Material) -> Iterable[Line]:
    """Agreements that end soon: a notice period is often longer than the time between two meetings."""
    words, today = material.wording, material.facts.today
    for one in ending_agreements(material.heard(Agreement), today, ENDING_SOON.days):
        if one.expires_on is not None:
            day = words.full_date(one.expires_on)
            text = words.say("propose_contract", vendor=one.vendor, kind=words.phrase(one.kind), day=day)
            yield Line(item=f"ask:agreement:{one.entity_key}", text=text, weight=AGREEMENT_WEIGHT)
