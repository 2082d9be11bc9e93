"""Agenda item 3, the table of services: class time, outages and the budget left until the meeting, by their rules."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from firstbell.intervals import Window, Windows, difference, intersection, total_seconds
from firstbell.metrics.uptime_accounting import ErrorBudget, error_budget
from firstbell.metrics.uptime_outages import outage_figures
from firstbell.metrics.uptime_services import parts_by_rules, ruled_at
from firstbell.packet.agenda_services import Watched, looks_silent
from firstbell.packet.material import Material
from firstbell.packet.model import Column, Row, Table


def service_table(material: Material, found: Sequence[Watched]) -> Table:
    """Each service: class time lost, share of class hours it answered, outages, time that nobody watched.

    Outages are those that touch its agreed hours, as on the page in the Prefect UI.
    Where a policy has a target, also for how long each may still be away until the meeting. A service whose rules
    change meanwhile has a row for each part of the time, under the rules of that part.
    """
    words, facts = material.wording, material.facts
    told = [part for one in found for part in by_rules(material, one)]
    columns = ["service", "lost_in_class", "answered_in_class", "outages", "not_watched"]
    columns += ["left_until_meeting"] if (limits := any(one.service.policy.target_ratio for one in told)) else []
    window = Window(facts.elapsed.end, max(facts.elapsed.end, material.occasion.starts_at))
    ahead = {name: facts.calendar.hours(name, window) for name in {one.service.agreed_hours for one in found}}
    silent = looks_silent(material)
    rows = []
    for one in told:
        left = () if not limits else (budget_left(material, one, ahead[one.service.agreed_hours], silent=silent),)
        rows.append(Row(cells=(*_service_cells(material, one, silent=silent), *left)))
    return Table(
        caption=words.say("services_caption" if len(told) == len(found) else "services_caption_rules"),
        columns=tuple(Column(title=words.say(f"column_{key}"), numeric=key != "service") for key in columns),
        rows=tuple(rows),
    )


def by_rules(material: Material, one: Watched) -> list[Watched]:
    """A service once for each part of the time until the meeting in which its rules stay what they are."""
    facts = material.facts
    until = max(facts.elapsed.end, material.occasion.starts_at)
    parts = parts_by_rules(Window(facts.elapsed.start, until), [one.service])
    if len(parts) == 1:
        return [one]
    return [_part(material, one, part) for part in parts if part.start < facts.elapsed.end]


def _part(material: Material, one: Watched, part: Window) -> Watched:
    service, over = ruled_at(one.service, part.start), (part,)
    return Watched(
        service=service,
        name=service_part(material, one.name, part),
        line=one.line.within(over),
        in_class=one.in_class.within(over),
        outages=tuple(outage for outage in one.outages if outage.window.start in part),
        part=part,
    )


def service_part(material: Material, name: str, part: Window) -> str:
    """A service's or group's name with the days that are meant of it."""
    words, last = material.wording, part.end - timedelta(microseconds=1)
    return words.say("service_part", name=name, first=words.full_date(part.start), last=words.full_date(last))


def budget_left(material: Material, one: Watched, ahead: Windows, *, silent: bool) -> str:
    """For how long a service may still be away in its agreed hours, from the last meeting to the coming one.

    `ahead` are those of these hours that are still to come, planned work and all. Rules that hold no more leave none.
    """
    service, facts = one.service, material.facts
    if service.policy.target_ratio is None or (one.part is not None and one.part.end <= facts.elapsed.end):
        return ""
    line = facts.timelines_in(service.agreed_hours)[service.service_key]
    if one.part is not None:
        line, ahead = line.within((one.part,)), intersection(ahead, (one.part,))
    agreed, to_come = line.seconds, total_seconds(difference(ahead, service.maintenance))
    budget = None if silent else error_budget(agreed, service.policy, to_come)
    return told_budget(material, budget)


def told_budget(material: Material, budget: ErrorBudget | None) -> str:
    """What is left of a budget, or by how much it is overspent."""
    words = material.wording
    if budget is None:
        return words.say("not_known")
    length = words.duration(abs(budget.left_seconds))
    return length if budget.left_seconds >= 0 else words.say("overspent", length=length)


def _service_cells(material: Material, one: Watched, *, silent: bool) -> tuple[str, ...]:
    words = material.wording
    over, unknown = total_seconds(one.in_class.over), total_seconds(one.in_class.unknown)
    answered = None if silent else one.answered
    enough = answered is not None
    not_yet = not over and bool(_class_to_watch(material, one))
    nothing = words.say("not_known" if over else "not_watched_yet" if not_yet else "no_class")
    return (
        one.name,
        words.duration(one.lost_seconds) if enough and one.lost_seconds else ("0" if enough else nothing),
        words.exact_percent(answered) if answered is not None else nothing,
        words.number(_outages_counted(material, one)) if enough else nothing,
        words.percent(unknown / over) if over else nothing if not_yet else "0 %",
    )


def _outages_counted(material: Material, one: Watched) -> int:
    """The outages that touch a service's agreed hours, each counted in the part of the time in which it began."""
    agreed = material.facts.timelines_in(one.service.agreed_hours)[one.service.service_key]
    return outage_figures(one.outages, agreed).count


def _class_to_watch(material: Material, one: Watched) -> Windows:
    """The class hours in which a service had to be there, watched yet or not."""
    hours = material.facts.hours["school"]
    meant = hours if one.part is None else intersection(hours, (one.part,))
    return difference(meant, one.service.maintenance)
