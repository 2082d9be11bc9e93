"""Agenda items 1 and 2: what was promised, and how the plan's projects stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from firstbell.config.plan import Initiative, Milestone
from firstbell.kpi import Light
from firstbell.metrics.measures import latest_rows
from firstbell.packet.material import Material
from firstbell.packet.model import Change, Chart, ChartSeries, Column, Line, Point, Row, Section, Table, Trend
from firstbell.packet.summary import action_line, actions_due, note_on
from firstbell.records import Measurement, TeamAction

MILESTONE_WEIGHT = 4.0


def actions_section(material: Material) -> Section:
    """Item 1: the team's action items, the late ones first."""
    words = material.wording
    shown = sorted(
        (one for one in material.actions if one.state == "open" or _closed_since(material, one)),
        key=lambda one: (one.state != "open", one.promised_on or date.max, one.action_key),
    )
    sentences = [Line(item="actions", text=text) for text in (actions_due(material),) if text]
    return Section(
        number=1,
        title=words.say("section_1"),
        owner=material.role("team_leader"),
        quiet="" if shown else words.say("no_actions"),
        sentences=tuple(sentences),
        tables=(_actions_table(material, shown),) if shown else (),
    )


def _closed_since(material: Material, action: TeamAction) -> bool:
    since = material.since.astimezone(material.wording.zone).date()
    return action.state == "done" and action.closed_on is not None and action.closed_on >= since


def _actions_table(material: Material, shown: Iterable[TeamAction]) -> Table:
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
    """The initiatives of the team's goals, in the plan's order."""
    return [
        initiative
        for goal in material.goals
        if goal.team == material.team.key
        for objective in goal.objectives
        for initiative in objective.initiatives
    ]


def projects_section(material: Material) -> Section:
    """Item 2: each initiative with what is done, what comes next and what slipped."""
    words = material.wording
    found = initiatives(material)
    events = milestone_events(material)
    return Section(
        number=2,
        title=words.say("section_2"),
        owner=material.role("instructional_technology_coordinator"),
        quiet="" if found else words.say("no_projects"),
        sentences=tuple(
            Line(item=event.item, text=event.text, note=event.note, note_by=event.note_by) for event in events
        ),
        tables=(_projects_table(material, found),) if found else (),
        charts=tuple(chart for one in found if (chart := rollout_chart(material, one)) is not None),
    )


def _projects_table(material: Material, found: Iterable[Initiative]) -> Table:
    words = material.wording
    titles = ("project", "leads", "done", "next", "state")
    return Table(
        caption=words.say("projects_caption"),
        columns=tuple(Column(title=words.say(f"column_{key}")) for key in titles),
        rows=tuple(_project_row(material, one) for one in found),
    )


def _project_row(material: Material, initiative: Initiative) -> Row:
    words, today = material.wording, material.facts.today
    done = sum(one.done is not None and one.done <= today for one in initiative.milestones)
    coming = sorted(
        (one for one in initiative.milestones if one.done is None or one.done > today), key=lambda one: one.due
    )
    slips = [_slipped(material, one) for one in coming]
    state, light = words.say("project_on_time" if coming else "project_done"), Light.MET
    if not initiative.milestones:
        state, light = words.say("no_milestones"), Light.NOT_KNOWN
    elif coming and coming[0].due < today:
        state, light = words.say("days_late", n=max(slips)), Light.MISSED
    elif coming and max(slips) > 0:
        state, light = words.say("days_slipped", n=max(slips)), Light.CLOSE
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


def _slipped(material: Material, milestone: Milestone) -> int:
    """Days that an open milestone lies behind its first stored date; it slips on while its day has passed."""
    first = material.facts.team.baselines.get(milestone.key, milestone.due)
    return (max(milestone.due, material.facts.today) - first).days


def milestone_events(material: Material) -> list[Change]:
    """Milestones done since the last meeting, and open ones that slipped behind their first stored date."""
    words, today = material.wording, material.facts.today
    since = material.since.astimezone(words.zone).date()
    changes = []
    for initiative in initiatives(material):
        for one in initiative.milestones:
            item = f"milestone:{one.key}"
            place = {"project": initiative.title, "title": one.title}
            slipped = _slipped(material, one)
            if one.done is not None and since <= one.done <= today:
                text, trend, weight = words.say("milestone_done", day=words.day(one.done), **place), Trend.BETTER, 1.0
            elif one.done is None and slipped > 0:
                now = words.full_date(one.due) if one.due >= today else words.say("no_new_date")
                text = words.say("milestone_slipped", n=slipped, now=now, **place)
                trend, weight = Trend.WORSE, 1 + MILESTONE_WEIGHT * min(1.0, slipped / 60)
            else:
                continue
            changes.append(
                Change(trend=trend, text=text, item=item, section=2, weight=weight, **note_on(material, item))
            )
    return changes


def rollout_chart(material: Material, initiative: Initiative) -> Chart | None:
    """How far a roll-out is in each of its schools, where a measure counts it."""
    if not initiative.measure:
        return None
    counted = [
        one
        for one in material.heard(Measurement)
        if one.measure_key == initiative.measure and one.scope.startswith("school:") and one.denominator
    ]
    newest = {one.scope: one for one in latest_rows(counted, material.facts.today)}
    expected = scope_of(material, initiative)
    if not expected:
        return None
    points = tuple(
        Point(
            label=material.names.schools.get(key, key),
            value=_share(newest[f"school:{key}"]) if f"school:{key}" in newest else None,
        )
        for key in expected
    )
    known = [point for point in points if point.value is not None]
    if not known:
        return None
    words = material.wording
    complete = sum(point.value == 100 for point in known)
    finding = words.say("rollout_finding", project=initiative.title, complete=complete, all=len(points))
    if len(known) < len(points):
        finding = f"{finding} {words.say('rollout_unknown', n=len(points) - len(known))}"
    series = (ChartSeries(name=initiative.title, points=points),)
    return Chart(kind="bars", title=initiative.title, alternative=finding, unit="%", series=series, target=100)


def _share(one: Measurement) -> float:
    return round(100 * one.numerator / one.denominator, 1) if one.denominator else 0.0


def scope_of(material: Material, initiative: Initiative) -> list[str]:
    """The schools an initiative is for, by key, in the district's order."""
    named = set(initiative.schools)
    levels = set(initiative.levels)
    everywhere = not named and not levels
    return [
        school.key
        for school in material.district.schools
        if everywhere or school.key in named or school.level.value in levels
    ]
