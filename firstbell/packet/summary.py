"""What page one says: what must we decide, what is red, what did I promise, what do we not know."""

from __future__ import annotations

from datetime import date, datetime

from firstbell.assessment.instrument import AREA_TITLES, Area, Indicator
from firstbell.assessment.result import AreaResult, IndicatorResult
from firstbell.kpi import Kpi, Light
from firstbell.metrics.figure import DISTRICT
from firstbell.metrics.operation_formulas import minutes_lost
from firstbell.packet.baseline import trend
from firstbell.packet.figures import audience_of, goal_text, judged_text
from firstbell.packet.leaders import own_hours
from firstbell.packet.material import Material, Reader
from firstbell.packet.model import (
    Action,
    Audience,
    Cover,
    Decision,
    Heading,
    IncidentLine,
    LightLine,
    LightStatement,
    Trend,
)
from firstbell.packet.wording import Wording
from firstbell.records import Incident, TeamAction

FIVE_LIGHTS = (Area.TECHNOLOGY_INTEGRATION, Area.INFRASTRUCTURE, Area.SECURITY, Area.FEEDBACK, Area.BUDGET)
STATEMENTS_PER_LIGHT = 2
HEADING_ROOM = 54
"""Characters of a heading for a school and its team; where both take more, the school is named."""
ROLES_ROOM = 64
"""Characters of a cover for its reader's roles; the first is told, the others counted, where all take more."""


def heading(material: Material) -> Heading:
    """Who meets, when, up to when the facts go and what they are compared with."""
    words, occasion = material.wording, material.occasion
    compared = words.say("compared_with", day=words.day(material.compared_at)) if material.printed else ""
    return Heading(
        district=material.district.name,
        sample=material.district.sample,
        team=_team(material),
        meeting=occasion.title,
        meeting_at=occasion.starts_at,
        meeting_text=words.moment(occasion.starts_at),
        place=occasion.place,
        facts_until=words.moment(material.as_of),
        compared_with=compared,
        stage=material.stage,
        alone=material.stage == "draft" and occasion.send_at is None,
        review=_review(material),
        revision=material.revision,
        logo=material.logo.drawing if material.logo is not None else "",
        page=material.district.packet.page,
        language=words.language,
        time_zone=material.district.time_zone,
    )


def _team(material: Material) -> str:
    """The team's name; a school's team's with its school, where the name does not hold that already."""
    team, school = material.team.name, material.names.scope(material.scope)
    if material.scope == DISTRICT or school.casefold() in team.casefold():
        return team
    both = f"{school}, {team}"
    return both if len(both) <= HEADING_ROOM else school


def _review(material: Material) -> str:
    """When the packet of a draft goes out, and by what it is approved or held."""
    send_at, words = material.occasion.send_at, material.wording
    if material.stage != "draft" or send_at is None:
        return ""
    return words.say("review_required" if material.occasion.needs_approval else "review", at=words.moment(send_at))


def decisions(material: Material) -> tuple[Decision, ...]:
    """The decisions that a person confirmed, numbered; the numbers are the same in all editions."""
    words = material.wording
    confirmed = [decision for decision in material.decisions if decision.state == "confirmed"]
    return tuple(
        Decision(
            audience=Audience.SECURITY if decision.security else Audience.TEAM,
            number=number,
            neutral=words.say("decision_neutral" if decision.security else "decision_neutral_team"),
            title=decision.question or decision.title,
            options=decision.options,
            recommendation=decision.recommendation,
            cost=words.say("cost", amount=words.money(decision.cost)) if decision.cost else "",
            decider=material.role(decision.decider_role) if decision.decider_role else words.say("whole_team"),
            needed_by=words.day(decision.deadline_on) if decision.deadline_on else "",
        )
        for number, decision in enumerate(confirmed, 1)
    )


def lights(material: Material) -> tuple[LightLine, ...]:
    """The five lights, each with its worst must-measure and its leading figure; a school's where it has figures."""
    areas = {area.area: area for area in material.assessment.areas}
    return tuple(_light(material, areas[area]) for area in FIVE_LIGHTS if area in _areas_told(material))


def _areas_told(material: Material) -> set[Area]:
    """The areas in which there is something to judge."""
    return {one.area for one in material.assessment.district} if material.scope != DISTRICT else set(FIVE_LIGHTS)


def district_only(material: Material) -> str:
    """Which of the five areas a school has no figure of, because only the district counts them; else empty."""
    words, told = material.wording, _areas_told(material)
    missing = [words.phrase(AREA_TITLES[area]) for area in FIVE_LIGHTS if area not in told]
    return words.say("district_only", areas=words.listed(missing)) if missing else ""


def _light(material: Material, area: AreaResult) -> LightLine:
    audience = audience_of(area.area)
    return LightLine(
        audience=audience,
        area=material.wording.phrase(AREA_TITLES[area.area]),
        neutral=material.wording.say("security_sentence") if audience is Audience.SECURITY else "",
        light=area.light,
        statements=(*_held(material, area), *(_statement(material, one, audience) for one in _leading(material, area))),
    )


def _held(material: Material, area: AreaResult) -> list[LightStatement]:
    """That an area's light waits for two points more; nothing of one that does not."""
    if not area.held or area.score is None:
        return []
    text = material.wording.say("area_held", light=material.wording.light(area.light), score=int(area.score))
    return [LightStatement(audience=audience_of(area.area), text=text, trend=Trend.SAME)]


def _leading(material: Material, area: AreaResult) -> list[IndicatorResult]:
    """The figures that stand beside a light: the worst must-measure, then the worst and weightiest known ones."""
    results = [result for result in material.assessment.district if result.area is area.area]
    order = {Light.MISSED: 0, Light.CLOSE: 1, Light.MET: 2, Light.NO_TARGET: 2, Light.NOT_KNOWN: 3}
    results.sort(
        key=lambda one: (
            one.indicator != area.worst_must,
            not one.kpi.known,
            order[one.light],
            not one.must_measure,
            -one.weight,
        )
    )
    return results[: STATEMENTS_PER_LIGHT - area.held]


def _statement(material: Material, result: IndicatorResult, audience: Audience) -> LightStatement:
    words, indicator = material.wording, material.indicators[result.indicator]
    value = judged_text(result, material)
    return LightStatement(
        audience=audience,
        text=_minutes_lost(material, indicator, result.kpi, value)
        or words.say("figure", title=indicator.title, value=value),
        goal=goal_text(result, words) if result.target.in_force and result.kpi.known else "",
        trend=trend(material, result),
    )


def _minutes_lost(material: Material, indicator: Indicator, kpi: Kpi, value: str) -> str:
    """Availability in class hours as people feel it: minutes before percent. Empty for any other figure."""
    if indicator.formula != "availability" or indicator.params.get("hours") != "school":
        return ""
    lost = minutes_lost(material.facts, indicator.params, material.scope)
    if lost.value is None:
        return ""
    words = material.wording
    key = "class_time_lost" if kpi.known else "class_time_lost_alone"
    return words.say(key, lost=words.duration(lost.value * 60), share=value)


def lights_adopted(material: Material) -> str:
    """Against what the lights are judged: the day the team adopted its targets, or that it has not; then what only
    the district has, and that a light is held."""
    assessment, words = material.assessment, material.wording
    days = [result.target.adopted_on for result in assessment.district if result.target.adopted_on]
    against = material.own_or_all("targets_adopted_here", "targets_adopted")
    adopted = words.say(against, day=words.full_date(max(days))) if days else words.say("no_targets")
    held = any(one.held for one in assessment.district) or any(one.held for one in assessment.areas)
    parts = (adopted, district_only(material), words.say("light_held") if days and held else "")
    return "; ".join(part for part in parts if part)


def due_actions(material: Material) -> list[TeamAction]:
    """The actions that fell due before today and were not finished before the last meeting."""
    today = _today(material)
    since = material.since.astimezone(material.wording.zone).date()
    return [
        action
        for action in material.actions
        if (due := action.promised_on) is not None
        and due < today
        and action.state != "dropped"
        and (action.closed_on is None or action.closed_on >= since)
    ]


def actions_due(material: Material) -> str:
    """ "9 actions were due: 6 done, 3 late"; empty when none was."""
    due = due_actions(material)
    done = sum(action.state == "done" for action in due)
    return material.wording.say("actions_due", n=len(due), done=done, late=len(due) - done) if due else ""


def overdue(material: Material) -> tuple[Action, ...]:
    """Open actions past what was promised first, the latest first."""
    today = _today(material)
    late = [action for action in material.actions if action.days_late(today)]
    late.sort(key=lambda action: (-action.days_late(today), action.action_key))
    return tuple(action_line(material, action) for action in late)


def action_line(material: Material, action: TeamAction) -> Action:
    """One action as the packet shows it: the owner as a role."""
    moved = action.first_due_on is not None and action.due_on != action.first_due_on
    return Action(
        number=action.action_key,
        title=action.title,
        owner=material.role(action.owner_role) if action.owner_role else material.wording.say("no_owner"),
        due_on=action.promised_on,
        new_due_on=action.due_on if moved else None,
        days_late=action.days_late(_today(material)),
        times_moved=action.times_moved,
        state=action.state,
    )


def _today(material: Material) -> date:
    return material.as_of.astimezone(material.wording.zone).date()


def note_on(material: Material, item: str) -> dict[str, str]:
    """The note a person wrote on a line, as the fields of that line."""
    note = material.notes.get(item)
    return {"note": note.text, "note_by": material.role(note.by_role)} if note else {}


def covers(material: Material, shown: tuple[Decision, ...], incidents: tuple[IncidentLine, ...]) -> tuple[Cover, ...]:
    """One cover a reader: what the person decides, the person's own open actions, incidents the roles may see.

    An incident stands on the covers of those who hold one of its reader roles in the district's leading team, and only
    in that team's packet: who leads a school's team or a network is not who leads the district's.
    """
    return tuple(_cover(material, reader, shown, incidents) for reader in material.readers)


def _cover(
    material: Material, reader: Reader, shown: tuple[Decision, ...], incidents: tuple[IncidentLine, ...]
) -> Cover:
    words = material.wording
    titles = [material.role(role) for role in reader.roles]
    decides = tuple(decision.number for decision in shown if decision.decider in titles)
    own = tuple(action_line(material, action) for action in material.actions if _is_mine(action, reader))
    late = sum(action.days_late > 0 for action in own)
    parts = [words.say("you_decide", numbers=words.listed(map(str, decides)))] if decides else []
    if late:
        parts.append(words.say("your_overdue", n=late))
    elif own:
        parts.append(words.say("your_open", n=len(own)))
    if "team_leader" in reader.roles and (waiting := proposed(material)):
        parts.append(words.say("proposals_wait", n=len(waiting)))
    first, *others = parts or [words.say("nothing_of_you")]
    rest = " ".join((first, *map(words.sentence, others)))
    return Cover(
        person_key=reader.person_key,
        greeting=words.say("for_you", role=_roles(words, titles), rest=rest),
        decides=decides,
        actions=own,
        incidents=tuple(line for line in incidents if set(line.reader_roles) & set(reader.incident_roles)),
        own=tuple(text for text in (own_hours(material, reader),) if text),
    )


def _roles(words: Wording, titles: list[str]) -> str:
    """The reader's roles; of many or long ones the first, with the others counted."""
    listed = words.listed(titles)
    if len(titles) < 2 or len(listed) <= ROLES_ROOM:
        return listed
    return words.say("roles_more", role=titles[0], n=len(titles) - 1)


def proposed(material: Material) -> list[str]:
    """What rules propose to decide and nobody has confirmed or dropped: the draft's reader is asked."""
    return [one.title for one in material.decisions if one.state == "proposed" and material.stage == "draft"]


def _is_mine(action: TeamAction, reader: Reader) -> bool:
    if action.state != "open":
        return False
    return action.person_key == reader.person_key if action.person_key else action.owner_role in reader.roles


def incident_lines(material: Material) -> tuple[IncidentLine, ...]:
    """Incidents discovered since the last meeting or not contained yet."""
    words = material.wording
    shown = [
        one for one in material.facts.of(Incident) if one.discovered_at >= material.since or one.contained_at is None
    ]
    return tuple(
        IncidentLine(
            audience=Audience.INCIDENT,
            text=words.say(
                "incident",
                title=one.title,
                day=material.day(one.discovered_at),
                contained=words.say("incident_contained", day=material.day(one.contained_at))
                if one.contained_at
                else words.say("incident_open"),
            ),
            released_on=one.released_on,
            reader_roles=one.reader_roles,
        )
        for one in sorted(shown, key=lambda one: one.discovered_at, reverse=True)
    )


def closing(material: Material) -> str:
    """How to answer, and until when."""
    reply_by, words = material.occasion.reply_by, material.wording
    if reply_by is None:
        return words.say("reply")
    later = reply_by > material.occasion.starts_at.astimezone(words.zone).date()
    return words.say("reply_by_next" if later else "reply_by", day=words.day(reply_by))


def minutes_missing(material: Material) -> str:
    """The sentence that stands there when the last meeting left no minutes."""
    previous: datetime | None = material.occasion.previous_at
    if previous is None or not material.minutes_expected or material.minutes_came:
        return ""
    return material.wording.say("minutes_missing", day=material.wording.day(previous))
