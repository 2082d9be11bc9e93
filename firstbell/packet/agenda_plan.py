"""Agenda items 1 and 2: what was promised, and how the plan's projects stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from firstbell.config.plan import Initiative
from firstbell.kpi import Light
from firstbell.packet import agenda_plan_work as work
from firstbell.packet.agenda_plan_work import slipped
from firstbell.packet.agenda_sessions import coaching_table, hidden_lines, training_table
from firstbell.packet.leaders import leaders_line, leaders_table
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Change, Column, Line, Row, Section, Table, Trend
from firstbell.packet.summary import action_line, actions_due, note_on
from firstbell.packet.unknowns import actions_unknown
from firstbell.records import TeamAction, TeamDecision

MILESTONE_WEIGHT = 4.0
MOST_SENTENCES = 5


def actions_section(material: Material) -> Section:
    """Item 1: the team's action items, the late ones first."""
    words = material.wording
    shown = sorted(
        (one for one in material.actions if one.state == "open" or _closed_since(material, one)),
        key=lambda one: (one.state != "open", one.promised_on or date.max, one.action_key),
    )
    sentences = [Line(item="actions", text=text) for text in (actions_due(material), actions_unknown(material)) if text]
    sentences += [_decided_line(material, one) for one in material.decided]
    return Section(
        number=1,
        title=words.say("section_1"),
        owner=material.role("team_leader"),
        quiet="" if shown or sentences else words.say("no_actions"),
        sentences=tuple(sentences),
        tables=(_actions_table(material, shown),) if shown else (),
    )


def _decided_line(material: Material, decision: TeamDecision) -> Line:
    """What the last meeting decided, for those who may read of it."""
    words = material.wording
    title, day = decision.question or decision.title, words.day(decision.decided_on or material.since)
    key = "decided_so" if decision.outcome else "decided"
    return Line(
        audience=Audience.SECURITY if decision.security else Audience.TEAM,
        item=f"decision:{decision.decision_key}",
        text=words.sentence(words.say(key, day=day, title=title.rstrip("?. "), outcome=decision.outcome)),
    )


def _closed_since(material: Material, action: TeamAction) -> bool:
    since = material.since.astimezone(material.wording.zone).date()
    return action.state == "done" and action.closed_on is not None and action.closed_on >= since


def _actions_table(material: Material, shown: Sequence[TeamAction]) -> Table:
    words = material.wording
    titles = ("number", "action", "owner", "due", "state")
    rows = []
    for action in shown:
        line = action_line(material, action)
        due = words.full_date(line.due_on) if line.due_on else words.say("no_date")
        if line.new_due_on:
            due = words.say("due_moved", due=due, now=words.full_date(line.new_due_on))
        state = words.say(f"action_{action.state}")
        if line.days_late:
            state = words.say("days_late", n=line.days_late)
        rows.append(Row(cells=(line.number, line.title, line.owner, due, state)))
    columns = tuple(Column(title=words.say(f"column_{key}")) for key in titles)
    return Table(caption=words.say("actions_caption"), columns=columns, rows=tuple(rows))


def initiatives(material: Material) -> list[Initiative]:
    """The initiatives of the team's goals, in the plan's order; for a school, those too that name its site."""
    return [
        _at_site(material, initiative)
        for goal in material.goals
        for objective in goal.objectives
        for initiative in objective.initiatives
        if goal.team == material.team.key or _names_site(material, initiative)
    ]


def _names_site(material: Material, initiative: Initiative) -> bool:
    """Whether it is meant for the team's school by name or by level; what is meant for every school names none."""
    named = bool(initiative.schools or initiative.levels)
    return material.team.school is not None and named and bool(work.scope_of(material, initiative))


def _at_site(material: Material, initiative: Initiative) -> Initiative:
    """The initiative without the milestones of other schools."""
    school = material.team.school
    if school is None:
        return initiative
    mine = tuple(one for one in initiative.milestones if one.school in (None, school))
    return initiative.model_copy(update={"milestones": mine})


def projects_section(material: Material) -> Section:
    """Item 2: each initiative with what is done, what comes next and what slipped; then the plan's own lists."""
    words = material.wording
    found = initiatives(material)
    tables = (
        _projects_table(material, found) if found else None,
        work.readiness_table(material, found),
        work.slippage_table(material, found),
        work.evidence_table(material, found),
        training_table(material) if found else None,
        coaching_table(material) if found else None,
        leaders_table(material) if found else None,
    )
    return Section(
        number=2,
        title=words.say("section_2"),
        owner=material.role("instructional_technology_coordinator"),
        quiet="" if found else words.say("no_projects"),
        sentences=_project_lines(material, found) if found else (),
        tables=tuple(table for table in tables if table is not None),
        charts=tuple(chart for one in found if (chart := work.rollout_chart(material, one)) is not None),
        questions=tuple(work.readiness_questions(material, found)),
    )


def _project_lines(material: Material, found: list[Initiative]) -> tuple[Line, ...]:
    """Two to five sentences: how the plan stands, launches that are not ready, what is new or late
    with the heaviest first, what nobody shows."""
    head = [_overview(material, found), work.rollouts_line(material, found)]
    events = [*work.readiness_events(material, found), *sorted(milestone_events(material), key=lambda one: -one.weight)]
    news = [Line(item=one.item, text=one.text, weight=one.weight, note=one.note, note_by=one.note_by) for one in events]
    news = [*work.undecided_lines(material, found), *news]
    tail = [work.evidence_line(material, found), leaders_line(material)]
    first, last = ([line for line in lines if line is not None] for lines in (head, tail))
    hidden = hidden_lines(material)
    most = MOST_SENTENCES - len(hidden)
    return (*(*first, *news[: most - len(first) - 1], *last)[:most], *hidden)


def _overview(material: Material, found: list[Initiative]) -> Line | None:
    words, today = material.wording, material.facts.today
    milestones = [one for initiative in found for one in initiative.milestones]
    if not milestones:
        return None
    done = sum(one.done is not None and one.done <= today for one in milestones)
    behind = sum((one.done is None or one.done > today) and slipped(material, one) > 0 for one in milestones)
    rest = words.say("plan_behind", n=behind) if behind else words.say("plan_none_behind")
    text = words.say("plan_overview", share=words.share(done, len(milestones)), rest=rest)
    return Line(item="plan", text=text, weight=6, **note_on(material, "plan"))


def _projects_table(material: Material, found: Sequence[Initiative]) -> Table:
    words = material.wording
    titles = ("project", "leads", "done", "next", "state")
    unready = {one.key: launch.due for one, launch, state in work.launches(material, found) if not state.complete}
    return Table(
        caption=words.say("projects_caption"),
        columns=tuple(Column(title=words.say(f"column_{key}")) for key in titles),
        rows=tuple(_project_row(material, one, unready) for one in found),
    )


def _project_row(material: Material, initiative: Initiative, unready: Mapping[str, date]) -> Row:
    """An initiative's line. `unready` holds the near launches that were not seen to be ready, by initiative."""
    words, today = material.wording, material.facts.today
    done = sum(one.done is not None and one.done <= today for one in initiative.milestones)
    coming = sorted(
        (one for one in initiative.milestones if one.done is None or one.done > today), key=lambda one: one.due
    )
    slips = [slipped(material, one) for one in coming]
    state, light = words.say("project_on_time" if coming else "project_done"), Light.MET
    if not initiative.milestones:
        state, light = words.say("no_milestones"), Light.NOT_KNOWN
    elif coming and coming[0].due < today:
        state, light = words.say("days_late", n=max(slips)), Light.MISSED
    elif coming and max(slips) > 0:
        state, light = words.say("days_slipped", n=max(slips)), Light.CLOSE
    elif initiative.key in unready:
        state, light = words.say("not_ready_for", day=words.full_date(unready[initiative.key])), Light.CLOSE
    upcoming = words.say("milestone_next", title=coming[0].title, day=words.full_date(coming[0].due)) if coming else ""
    return Row(
        light=light,
        cells=(
            initiative.title,
            material.role(initiative.owner_role),
            words.share(done, len(initiative.milestones)) if initiative.milestones else "",
            upcoming,
            state,
        ),
    )


def plan_events(material: Material) -> list[Change]:
    """What page one may tell of the plan: milestones done or behind, launches that are near and not ready."""
    return [*milestone_events(material), *work.readiness_events(material, initiatives(material))]


def milestone_events(material: Material) -> list[Change]:
    """Milestones done since the last meeting, and open ones that slipped behind their first stored date."""
    words, today = material.wording, material.facts.today
    since = material.since.astimezone(words.zone).date()
    changes = []
    for initiative in initiatives(material):
        for one in initiative.milestones:
            item = f"milestone:{one.key}"
            place = {"project": initiative.title, "title": one.title}
            behind = slipped(material, one)
            if one.done is not None and since <= one.done <= today:
                text, trend, weight = words.say("milestone_done", day=words.day(one.done), **place), Trend.BETTER, 1.0
            elif one.done is None and behind > 0:
                later = one.due >= today
                now = words.say("date_now", day=words.full_date(one.due)) if later else words.say("no_new_date")
                text = words.say("milestone_slipped", n=behind, now=now, **place)
                trend, weight = Trend.WORSE, 1 + MILESTONE_WEIGHT * min(1.0, behind / 60)
            else:
                continue
            changes.append(
                Change(trend=trend, text=text, item=item, section=2, weight=weight, **note_on(material, item))
            )
    return changes
