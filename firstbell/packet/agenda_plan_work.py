"""Agenda item 2, the plan's own lists: roll-outs by school, readiness, slippage, evidence, coaching, trainings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from firstbell.config.plan import Initiative, Milestone
from firstbell.kpi import Light
from firstbell.metrics import plan_work
from firstbell.metrics.plan_work import Phase, Readiness, RolloutState, SchoolRollout, Verb
from firstbell.packet.material import Material
from firstbell.packet.model import Change, Chart, ChartSeries, Column, Line, Point, Row, Table, Trend
from firstbell.packet.summary import note_on
from firstbell.packet.wording import Wording
from firstbell.records import Measurement

SLIPPED_SHOWN = 8
READINESS_WEIGHT = 4.0
SECONDARY = ("middle", "high")


def scope_of(material: Material, initiative: Initiative) -> list[str]:
    """The schools an initiative is for, by key, in the district's order."""
    named = set(initiative.schools)
    levels: set[str] = set(initiative.levels)
    if "secondary" in levels:
        levels.update(SECONDARY)
    everywhere = not named and not levels
    return [
        school.key
        for school in material.district.schools
        if everywhere or school.key in named or school.level.value in levels
    ]


def slipped(material: Material, milestone: Milestone) -> int:
    """Days that an open milestone lies behind its first stored date; it slips on while its day has passed."""
    first = material.facts.team.baselines.get(milestone.key, milestone.due)
    return (max(milestone.due, material.facts.today) - first).days


def rollout(material: Material, initiative: Initiative) -> list[SchoolRollout]:
    """How far a roll-out is in each school it is for; nothing for what is no roll-out."""
    if not initiative.measure:
        return []
    rows = [one for one in material.heard(Measurement) if one.measure_key == initiative.measure]
    policy = material.facts.policies.suppression
    return plan_work.school_rollouts(rows, scope_of(material, initiative), material.facts.today, policy)


def rollouts_line(material: Material, found: Iterable[Initiative]) -> Line | None:
    """Every roll-out in one sentence: complete in how many of its schools, and of how many nobody can tell."""
    words, parts = material.wording, []
    for initiative in found:
        schools = rollout(material, initiative)
        if not schools:
            continue
        states = [one.state for one in schools]
        complete, unknown = states.count(RolloutState.COMPLETE), states.count(RolloutState.NOT_KNOWN)
        share = words.share(complete, len(schools))
        key = "rollout_part_unknown" if unknown else "rollout_part"
        parts.append(words.say(key, project=initiative.title, share=share, unknown=unknown))
    if not parts:
        return None
    text = words.say("rollouts_line", parts="; ".join(parts))
    return Line(item="rollouts", text=text, weight=3, **note_on(material, "rollouts"))


def rollout_chart(material: Material, initiative: Initiative) -> Chart | None:
    """How far a roll-out is in each of its schools, where a measure counts it. Small schools are left out."""
    schools = rollout(material, initiative)
    shown = [one for one in schools if one.state is not RolloutState.NOT_SHOWN]
    if not any(one.share is not None for one in shown):
        return None
    words = material.wording
    complete = sum(one.state is RolloutState.COMPLETE for one in shown)
    unknown = sum(one.state is RolloutState.NOT_KNOWN for one in shown)
    parts = [words.say("rollout_finding", project=initiative.title, complete=complete, all=len(schools))]
    if unknown:
        parts.append(words.say("rollout_unknown", n=unknown))
    if hidden := len(schools) - len(shown):
        parts.append(words.say("rollout_hidden", n=hidden))
    points = tuple(
        Point(
            label=material.names.schools.get(one.school_key, one.school_key),
            value=None if one.share is None else round(100 * one.share, 1),
        )
        for one in shown
    )
    series = (ChartSeries(name=initiative.title, points=points),)
    return Chart(kind="bars", title=initiative.title, alternative=" ".join(parts), unit="%", series=series, target=100)


def launches(material: Material, found: Iterable[Initiative]) -> list[tuple[Initiative, Milestone, Readiness]]:
    """The initiatives that are to be launched soon, or should have been, with how ready they are."""
    work, today = material.facts.team.work, material.facts.today
    near = []
    for initiative in found:
        launch = next((one for one in initiative.milestones if one.key == initiative.launch), None)
        if launch is None or (launch.done is not None and launch.done <= today):
            continue
        if (launch.due - today).days <= work.readiness_days:
            state = plan_work.readiness(work.readiness or (), initiative.key, launch.due, today)
            near.append((initiative, launch, state))
    return sorted(near, key=lambda one: one[1].due)


def readiness_events(material: Material, found: Iterable[Initiative]) -> list[Change]:
    """A finding for each launch that is near and not seen to be ready; what nobody looked at is not ready."""
    changes = []
    for initiative, launch, state in launches(material, found):
        if state.complete:
            continue
        item = f"readiness:{initiative.key}"
        text = _readiness_text(material.wording, initiative, launch.due, state)
        nearness = 1 - max(0, state.days_left) / (material.facts.team.work.readiness_days + 1)
        weight = 2 + READINESS_WEIGHT * nearness
        changes.append(
            Change(trend=Trend.WORSE, text=text, item=item, section=2, weight=weight, **note_on(material, item))
        )
    return changes


def _readiness_text(words: Wording, initiative: Initiative, launch_on: date, state: Readiness) -> str:
    day = words.full_date(launch_on)
    if not state.listed:
        return words.say("readiness_unlisted", project=initiative.title, day=day)
    parts = [words.say("readiness_ready", share=words.share(state.ready, state.listed))]
    if state.not_ready:
        parts.append(words.say("readiness_open", n=state.not_ready))
    if state.unknown:
        parts.append(words.say("readiness_unknown", n=state.unknown))
    return words.say("readiness_line", project=initiative.title, day=day, parts=", ".join(parts))


def readiness_questions(material: Material, found: Iterable[Initiative]) -> list[Line]:
    """Whether to keep the day of a launch that is not ready."""
    words = material.wording
    return [
        Line(
            item=f"ask:readiness:{initiative.key}",
            text=words.say("ask_launch", project=initiative.title, day=words.full_date(launch.due)),
        )
        for initiative, launch, state in launches(material, found)
        if not state.complete
    ]


def readiness_table(material: Material, found: Iterable[Initiative]) -> Table | None:
    """What launches still wait for: what is not ready, then what nobody looked at, each by its day."""
    words, today = material.wording, material.facts.today
    near = {initiative.key: initiative for initiative, _, _ in launches(material, found)}
    items = [one for one in material.facts.team.work.readiness or () if one.initiative_key in near]
    waiting = [one for one in items if not one.known_ready(today)]
    if not waiting:
        return None
    waiting.sort(key=lambda one: (one.known_ready(today) is None, one.due_on, one.title))
    rows = []
    for one in waiting:
        seen = one.known_ready(today)
        late = (today - one.due_on).days
        state = words.say("readiness_not_known" if seen is None else "readiness_not_ready")
        if seen is False and late > 0:
            state = words.say("days_late", n=late)
        cells = (
            near[one.initiative_key].title,
            one.title,
            material.role(one.owner_role),
            words.full_date(one.due_on),
            state,
        )
        light = Light.NOT_KNOWN if seen is None else Light.MISSED if late > 0 else Light.CLOSE
        rows.append(Row(light=light, cells=cells))
    caption = words.say("readiness_caption", n=len(items) - len(waiting))
    return plan_table(words, caption, ("project", "check", "owner", "due", "state"), rows)


def slippage_table(material: Material, found: Iterable[Initiative]) -> Table | None:
    """Open milestones behind their first dates, worst first."""
    words, today = material.wording, material.facts.today
    late = [
        (slipped(material, one), initiative.title, one)
        for initiative in found
        for one in initiative.milestones
        if (one.done is None or one.done > today) and slipped(material, one) > 0
    ]
    late.sort(key=lambda one: (-one[0], one[2].key))
    if not late:
        return None
    rows = [
        Row(
            light=Light.MISSED if one.due < today else Light.CLOSE,
            cells=(
                project,
                one.title,
                words.full_date(material.facts.team.baselines.get(one.key, one.due)),
                words.full_date(one.due) if one.due >= today else words.say("no_new_date"),
                words.quantity(days, "days"),
            ),
        )
        for days, project, one in late[:SLIPPED_SHOWN]
    ]
    titles = ("project", "milestone", "first_date", "date_now", "days_behind")
    table = plan_table(words, words.say("slippage_caption"), titles, rows, numeric=("days_behind",))
    return table.model_copy(update={"left_out": len(late) - len(rows)})


def undecided_lines(material: Material, found: Iterable[Initiative]) -> list[Line]:
    """Milestones whose new first date nobody decided on the record: the old one goes on counting."""
    words, first = material.wording, material.facts.team.baselines
    return [
        Line(
            item=f"milestone:{one.key}",
            text=words.say("rebaseline_undecided", project=initiative.title, title=one.title),
            weight=2,
        )
        for initiative in found
        for one in initiative.milestones
        if one.rebaselined is not None and first.get(one.key) != one.rebaselined
    ]


def evidence_line(material: Material, found: Sequence[Initiative]) -> Line:
    """How many of the ten phases are evidenced, and which are not; a school is told of its own initiatives alone."""
    words, work, today = material.wording, material.facts.team.work, material.facts.today
    note = note_on(material, "evidence")
    if work.evidence is None:
        return Line(item="evidence", text=words.say("evidence_untold"), weight=2, **note)
    told = {one.key for one in found}
    evidence = [one for one in work.evidence if material.team.school is None or one.initiative_key in told]
    gaps = plan_work.evidence_gaps(evidence, today)
    missing = [
        words.say(f"evidence_gap_{level}", phases=words.listed(_verbs(words, verbs)))
        for level, verbs in gaps.items()
        if verbs
    ]
    shown = 2 * len(Verb) - sum(len(verbs) for verbs in gaps.values())
    if not missing:
        return Line(item="evidence", text=words.say("evidence_full"), **note)
    text = words.say("evidence_line", found=shown, gaps="; ".join(missing))
    return Line(item="evidence", text=text, weight=2, **note)


def evidence_table(material: Material, found: Sequence[Initiative]) -> Table | None:
    """Each initiative's five phases, for the district and in its schools; None where nobody keeps evidence."""
    words, work = material.wording, material.facts.team.work
    if work.evidence is None or not found:
        return None
    rows = []
    for initiative in found:
        schools = scope_of(material, initiative)
        shown = plan_work.phases(work.evidence, initiative.key, schools, material.facts.today)
        rows.append(Row(cells=(initiative.title, *(_phase(words, one) for one in shown))))
    columns = [Column(title=words.say("column_project"))]
    columns += [Column(title=title) for title in _verbs(words, tuple(Verb), capital=True)]
    return Table(caption=words.say("evidence_caption"), columns=tuple(columns), rows=tuple(rows))


def _phase(words: Wording, phase: Phase) -> str:
    """ "district, 2 of 3 schools": what has evidence at both levels; "none" where nothing has."""
    schools = words.say(
        "evidence_schools", n=phase.schools_expected, share=words.share(phase.schools, phase.schools_expected)
    )
    if phase.district_on is None:
        return schools if phase.schools else words.say("evidence_none")
    if not phase.schools:
        return words.say("evidence_district_only")
    return words.say("evidence_both", schools=schools)


def _verbs(words: Wording, verbs: Iterable[Verb], *, capital: bool = False) -> list[str]:
    said = [words.say(f"phase_{verb.value}") for verb in verbs]
    return [f"{one[:1].upper()}{one[1:]}" for one in said] if capital else said


def plan_table(
    words: Wording, caption: str, titles: Iterable[str], rows: Sequence[Row], numeric: Sequence[str] = ()
) -> Table:
    """A table whose columns are named by their keys in the words; `numeric` are those of numbers."""
    columns = tuple(Column(title=words.say(f"column_{key}"), numeric=key in numeric) for key in titles)
    return Table(caption=caption, columns=columns, rows=tuple(rows))
