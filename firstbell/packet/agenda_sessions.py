"""Agenda item 2, coaching and trainings: how often and how long, never who."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from firstbell.kpi import Kpi
from firstbell.metrics import plan_work
from firstbell.metrics.plan_work import Attended
from firstbell.packet.agenda_plan_work import plan_table
from firstbell.packet.figures import amount_text
from firstbell.packet.material import Material
from firstbell.packet.model import Line, Row, Table
from firstbell.packet.wording import Wording


def training_table(material: Material) -> Table | None:
    """Trainings since the school year began, by the objective they serve."""
    titles = {one.key: one.title for goal in material.goals for one in goal.objectives}
    rows = _sessions(material, plan_work.training_by_objective, material.facts.team.work.training)
    return _sessions_table(material, ("training_caption", "objective"), rows, titles, list(titles))


def coaching_table(material: Material) -> Table | None:
    """Coaching since the school year began, by school, in counts alone."""
    schools = material.names.schools
    rows = _sessions(material, plan_work.coaching_by_school, material.facts.team.work.coaching)
    keys = [one.key for one in material.district.schools]
    return _sessions_table(material, ("coaching_caption", "school"), rows, schools, keys)


def hidden_lines(material: Material) -> list[Line]:
    """One sentence in the place of each table of which every cell would be hidden, because all groups are too small."""
    words, work = material.wording, material.facts.team.work
    logs = (
        ("training_hidden", plan_work.training_by_objective, work.training),
        ("coaching_hidden", plan_work.coaching_by_school, work.coaching),
    )
    return [
        Line(item=key.replace("_", "."), text=words.say(key, day=_since(material)))
        for key, count, log in logs
        if (rows := _sessions(material, count, log)) and _all_hidden(rows)
    ]


def _all_hidden(rows: Sequence[Attended]) -> bool:
    return not any(one.hours.known or one.person_hours.known for one in rows)


def _since(material: Material) -> str:
    """The day the school year began."""
    year = material.facts.calendar.school_year_of(material.facts.today)
    return material.wording.full_date(year.first_on) if year else ""


def _sessions(material: Material, count: plan_work.Counting, log: Sequence[plan_work.Session] | None) -> list[Attended]:
    facts = material.facts
    year = facts.calendar.school_year_of(facts.today)
    if log is None or year is None:
        return []
    return count(log, (year.first_on, year.last_on), facts.today, facts.frame(), facts.policies.suppression)


def _sessions_table(
    material: Material,
    named: tuple[str, str],
    rows: Sequence[Attended],
    titles: Mapping[str, str],
    order: Sequence[str],
) -> Table | None:
    """The rows in their order, all together last; None where none may be shown.

    `named` are the words of the caption and of the first column.
    """
    if not rows or _all_hidden(rows):
        return None
    words = material.wording
    *parts, total = rows
    known = {one.key: one for one in parts}
    shown = [known[key] for key in order if key in known]
    if len(shown) > 1:
        shown.append(total)
    columns = (named[1], "sessions", "session_hours", "person_hours")
    cells = [
        Row(
            cells=(
                titles.get(one.key) or words.say("all_together"),
                words.number(one.sessions) if one.hours.known else words.say("not_shown"),
                _hours(words, one.hours),
                _hours(words, one.person_hours),
            )
        )
        for one in shown
    ]
    caption = words.say(named[0], day=_since(material), n=len(set(order) - set(known)))
    return plan_table(words, caption, columns, cells, numeric=columns[1:])


def _hours(words: Wording, kpi: Kpi) -> str:
    return amount_text(kpi.value, kpi.unit, words) if kpi.value is not None else words.say("not_shown")
