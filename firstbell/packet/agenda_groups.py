"""Agenda item 3: services that are judged as one, by the group's own rule."""

from __future__ import annotations

from collections.abc import Sequence

from firstbell.intervals import Window
from firstbell.metrics.uptime_report import service_results
from firstbell.metrics.uptime_result import ServiceResult
from firstbell.packet.agenda_service_table import service_part, told_budget
from firstbell.packet.material import Material
from firstbell.packet.model import Column, Row, Table
from firstbell.periods import Period, PeriodKind
from firstbell.records import ObservationInterval

NAMED = 3


def group_table(material: Material) -> Table | None:
    """Each group of services over the packet's period, the worst first; None where the folder has none.

    Where a policy has a target, also for how long each may still be away until the meeting; not of rules that hold
    no more.
    """
    facts, words = material.facts, material.wording
    if not facts.groups or facts.silent(facts.feeds(ObservationInterval)):
        return None
    window = Window(facts.window.start, max(facts.window.end, material.occasion.starts_at))
    period = Period(kind=PeriodKind.MEETINGS, name=material.occasion.meeting_key, window=window)
    members = {key for group in facts.groups for key in group.members}
    wanted = members | _above(material, members)
    results = service_results(
        [one for one in facts.services if one.service_key in wanted],
        facts.groups,
        lambda key: facts.intervals.get(key, ()),
        period,
        as_of=facts.as_of,
        calendar=facts.calendar,
    )
    rules = {group.group_key: group.rule for group in facts.groups}
    told = [one for one in results if one.members]
    limits = any(one.policy.target_ratio for one in told)
    titles = ["group", "made_of", "rule", "down", "answered"] + ["left_until_meeting"] * limits
    numeric = ("down", "answered", "left_until_meeting")
    return Table(
        caption=words.say("groups_caption"),
        columns=tuple(Column(title=words.say(f"column_{key}"), numeric=key in numeric) for key in titles),
        rows=tuple(_row(material, one, rules[one.key].value, whole=window, limits=limits) for one in told),
    )


def _above(material: Material, members: set[str]) -> set[str]:
    """What the members hang on, directly or not: it may answer for their time."""
    parents = {one.service_key: one.depends_on for one in material.facts.services}
    found: set[str] = set()
    left = list(members)
    while left:
        for parent in parents.get(left.pop(), ()):
            if parent not in found:
                found.add(parent)
                left.append(parent)
    return found


def _row(material: Material, result: ServiceResult, rule: str, *, whole: Window, limits: bool) -> Row:
    words, part = material.wording, result.period.window
    name = material.names.services.get(result.key, result.key)
    over = part != whole and part.end <= material.facts.elapsed.end
    left = "" if over or result.policy.target_ratio is None else told_budget(material, result.budget)
    known = result.availability is not None
    down = words.duration(result.seconds.down) if result.seconds.down else "0"
    return Row(
        cells=(
            name if part == whole else service_part(material, name, part),
            _few(material, result.members),
            words.say(f"rule_{rule}"),
            down if known else words.say("not_known"),
            words.exact_percent(result.availability) if result.availability is not None else words.say("not_known"),
            *((left,) if limits else ()),
        )
    )


def _few(material: Material, keys: Sequence[str]) -> str:
    """The members by name, those beyond three counted."""
    names = [material.names.services.get(key, key) for key in keys]
    rest = len(names) - NAMED
    more = [material.wording.say("others", n=rest)] if rest > 0 else []
    return material.wording.listed([*names[:NAMED], *more])
