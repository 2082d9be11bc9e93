"""What is worth an addendum: rules as data over the packet that was sent and the one that would be sent now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from firstbell.config.team import MaterialKind, Sending
from firstbell.kpi import Light
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Change, Decision, Packet, Trend
from firstbell.policies import Policy

MOVED = "meeting.moved"
CANCELLED = "meeting.cancelled"
FIRST = 100.0
"""The weight of what is said before anything else: that a meeting moved, or is not held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddendumRules(Policy):
    """When something that changed since the packet was sent is material.

    `kinds` says what is looked at. One of the five lights counts when it turned to a light of `lights_into` or left
    one of `lights_out_of`; an event when its item begins with one of `events` and its trend is one of `trends`; a
    correction of a printed figure from `correction_share` of the printed value on, or when it changes the light.
    """

    kinds: tuple[MaterialKind, ...] = ("light", "outage", "backup", "decision", "correction")
    lights_into: tuple[Light, ...] = (Light.MISSED, Light.NOT_KNOWN)
    lights_out_of: tuple[Light, ...] = (Light.MISSED,)
    events: tuple[tuple[MaterialKind, str], ...] = (("outage", "outage:"), ("backup", "backup:"))
    trends: tuple[Trend, ...] = (Trend.WORSE, Trend.UNKNOWN, Trend.NEW)
    correction_share: float = 0.1


def rules_of(sending: Sending) -> AddendumRules:
    """The rules as a series sets them."""
    return AddendumRules(name="series", kinds=sending.addendum_for, correction_share=sending.addendum_correction)


def material_changes(material: Material, sent: Packet, now: Packet, rules: AddendumRules) -> tuple[Change, ...]:
    """What changed materially since `sent`, the weightiest first, each piece with the class of who may see it.

    `now` is composed of `material`, which was gathered against `sent`: the packet as it was told last, with the
    changes of all that was told of the meeting.
    """
    found = [*_moved(material, sent, now)]
    if "decision" in rules.kinds:
        found += _decisions(material, sent, now)
    if "light" in rules.kinds:
        found += _lights(material, sent, now, rules)
    found += _events(sent, now, rules)
    if "correction" in rules.kinds:
        found += _corrections(material, sent, now, rules)
    return tuple(sorted(found, key=lambda change: -change.weight))


def _moved(material: Material, sent: Packet, now: Packet) -> Iterator[Change]:
    was, words = sent.heading, material.wording
    called_off = bool(sent.changes) and sent.changes[0].item == CANCELLED
    if called_off or was.meeting_at != now.heading.meeting_at:
        key = "addendum_stands" if called_off else "addendum_moved"
        text = words.say(key, was=was.meeting_text, now=now.heading.meeting_text)
        yield Change(audience=Audience.PUBLIC, trend=Trend.NEW, text=text, item=MOVED, weight=FIRST)
    if was.place != now.heading.place:
        text = (
            words.say("addendum_place", place=now.heading.place)
            if now.heading.place
            else words.say("addendum_no_place")
        )
        yield Change(trend=Trend.NEW, text=text, item="meeting.place", weight=FIRST - 1)


def _decisions(material: Material, sent: Packet, now: Packet) -> Iterator[Change]:
    words = material.wording

    def told(decision: Decision, key: str) -> Change:
        text = words.say(key, title=words.sentence(decision.title))
        return Change(audience=decision.audience, trend=Trend.NEW, text=text, item=key, section=6, weight=50.0)

    printed = {decision.title for decision in sent.decisions}
    standing = {decision.title for decision in now.decisions}
    yield from (told(one, "addendum_withdrawn") for one in sent.decisions if one.title not in standing)
    yield from (told(one, "addendum_to_decide") for one in now.decisions if one.title not in printed)


def _lights(material: Material, sent: Packet, now: Packet, rules: AddendumRules) -> Iterator[Change]:
    printed = {line.area: line for line in sent.lights}
    for line in now.lights:
        was = printed[line.area].light if line.area in printed else line.light
        if was is not line.light and (line.light in rules.lights_into or was in rules.lights_out_of):
            words = material.wording
            text = words.say("addendum_light", area=line.area, was=words.light(was), now=words.light(line.light))
            trend = Trend.BETTER if line.light is Light.MET or was is Light.MISSED else Trend.WORSE
            trend = Trend.UNKNOWN if line.light is Light.NOT_KNOWN else trend
            yield Change(audience=line.audience, trend=trend, text=text, item=f"light:{line.area}", weight=30.0)


def _events(sent: Packet, now: Packet, rules: AddendumRules) -> Iterator[Change]:
    starts = tuple(prefix for kind, prefix in rules.events if kind in rules.kinds)
    told = {change.item for change in sent.changes if change.trend is not Trend.BETTER}
    for change in now.changes:
        if change.item.startswith(starts) and change.trend in rules.trends and change.item not in told:
            yield change


def _corrections(material: Material, sent: Packet, now: Packet, rules: AddendumRules) -> Iterator[Change]:
    printed = {figure.key: figure for figure in sent.figures}
    for line in now.corrections:
        was, corrected = printed[line.item], material.recomputed_results[line.item]
        if was.value is None or corrected.kpi.value is None:
            continue
        step = abs(corrected.kpi.value - was.value) / (abs(was.value) or 1.0)
        if step >= rules.correction_share or corrected.light is not was.light:
            trend = Trend.NEW
            yield Change(audience=line.audience, trend=trend, text=line.text, item=line.item, weight=1 + min(step, 1.0))
