"""Agenda item 3, its first part: how the services did, by our own looks and by their vendors' word."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from firstbell.intervals import Window, total_seconds
from firstbell.metrics.uptime import Outage, Timeline, WatchedService, coverage, outages
from firstbell.metrics.uptime_accounting import availability
from firstbell.metrics.uptime_vendor import vendor_view
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Change, Column, Line, Row, Table, Trend
from firstbell.packet.summary import note_on
from firstbell.packet.unknowns import silent_line
from firstbell.records import ObservationInterval, Ticket, VendorIncident

NAMED_SERVICES = 3
NAMES_ROOM = 48
"""Characters for the names of the schools that an outage reached; where they take more, they are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One service over the packet's period: its whole line, the part in class hours and its outages."""

    service: WatchedService
    name: str
    line: Timeline
    in_class: Timeline
    outages: tuple[Outage, ...]
    part: Window | None = None
    """The part of the time until the meeting that it speaks of, where its rules change within that time."""

    @property
    def lost_seconds(self) -> float:
        """Seconds down in class hours."""
        return total_seconds(self.in_class.down)

    @property
    def answered(self) -> float | None:
        """The share of class hours in which it answered by its own rules; None where too little was watched."""
        return availability(self.in_class.seconds, self.service.policy)


def watched(material: Material) -> list[Watched]:
    """Every service of the inventory, the one that cost most class time first."""
    facts = material.facts
    found = [_watch(material, service) for service in facts.services]
    return sorted(found, key=lambda one: (-one.lost_seconds, -total_seconds(one.line.down), one.name))


def _watch(material: Material, service: WatchedService) -> Watched:
    facts, key = material.facts, service.service_key
    line = facts.timelines[key]
    return Watched(
        service=service,
        name=material.names.services.get(key, key),
        line=line,
        in_class=facts.timelines_in("school")[key],
        outages=tuple(outages(key, facts.intervals.get(key, ()), line, service.policy, service.later)),
    )


def service_events(material: Material, found: Sequence[Watched]) -> list[Change]:
    """An outage in class hours is a change of its own: when, how long, whom it reached, and what fell with it.

    An outage that a service it hangs on answers for is told with that one's, not beside it.
    """
    lost = [(one, outage) for one in found for outage in one.outages if class_seconds(outage, one) >= 60]
    own = [(one, outage) for one, outage in lost if not outage.root]
    told = {one.service.service_key for one, _ in own}
    own += [(one, outage) for one, outage in lost if outage.root and outage.root not in told]
    opened = tickets_opened(material, [outage.window for _, outage in own]) or {}
    return [
        _outage_change(material, one, outage, _with(one, outage, lost), opened.get(outage.window, 0))
        for one, outage in own
    ]


def _with(root: Watched, outage: Outage, lost: Sequence[tuple[Watched, Outage]]) -> list[str]:
    """The services that were down because this one was, while it was."""
    key = root.service.service_key
    return [one.name for one, other in lost if other.root == key and other.window.clipped(outage.window)]


def class_seconds(outage: Outage, one: Watched) -> float:
    """The seconds of an outage that lay in class hours."""
    parts = (outage.window.clipped(window) for window in one.in_class.down)
    return sum(part.seconds for part in parts if part is not None)


def tickets_opened(material: Material, windows: Sequence[Window]) -> Mapping[Window, int] | None:
    """How many tickets were opened within each window; None where the help desk is not heard."""
    facts = material.facts
    desks = facts.feeds(Ticket)
    if not desks or facts.silent(desks):
        return None
    moments = sorted(ticket.created_at for ticket in facts.of(Ticket))
    return {window: bisect_left(moments, window.end) - bisect_left(moments, window.start) for window in windows}


def _outage_change(material: Material, one: Watched, outage: Outage, fell: Sequence[str], opened: int) -> Change:
    words = material.wording
    lost = class_seconds(outage, one)
    key = "outage_open" if outage.open else "outage"
    pupils = _pupils(material, one.service)
    text = words.say(
        key,
        service=one.name,
        lost=words.duration(lost),
        moment=words.moment(outage.window.start),
        day=words.day(outage.window.start),
        start=words.clock(outage.window.start),
        until=_until(material, outage),
        where=_where(material, one.service),
    )
    if opened:
        text = f"{text} {words.say('outage_tickets', n=opened)}"
    if fell:
        text = f"{text} {words.say('outage_with', services=_few(material, list(dict.fromkeys(fell))))}"
    item = f"outage:{one.service.service_key}:{outage.window.start.isoformat()}"
    reach = pupils / max(1, _all_pupils(material)) if pupils else 1.0
    return Change(
        trend=Trend.WORSE,
        text=text,
        item=item,
        section=3,
        weight=4 + 6 * reach * min(1.0, lost / 7200),
        **note_on(material, item),
    )


def _few(material: Material, names: Sequence[str]) -> str:
    """Some names, the rest of them counted."""
    rest = len(names) - NAMED_SERVICES
    more = [material.wording.say("others", n=rest)] if rest > 0 else []
    return material.wording.listed([*names[:NAMED_SERVICES], *more])


def _until(material: Material, outage: Outage) -> str:
    words = material.wording
    same_day = words.day(outage.window.start) == words.day(outage.window.end)
    return words.clock(outage.window.end) if same_day else words.moment(outage.window.end)


def _where(material: Material, service: WatchedService) -> str:
    """Whom a service reaches: the schools by name while they fit, and the pupils where enrolment is known."""
    words = material.wording
    names = sorted(material.names.schools.get(key, key) for key in service.schools)
    named = words.listed(names) if names else words.say("every_school")
    place = named if len(named) <= NAMES_ROOM else words.say("schools", n=len(names))
    pupils = _pupils(material, service)
    return words.say("place_and_pupils", place=place, n=pupils) if pupils else place


def _pupils(material: Material, service: WatchedService) -> int:
    """The pupils of the schools that a service reaches; 0 where those of one of them are not known."""
    schools = [one for one in material.district.schools if not service.schools or one.key in service.schools]
    known = [one.enrolment for one in schools if one.enrolment is not None]
    return sum(known) if len(known) == len(schools) else 0


def _all_pupils(material: Material) -> int:
    return sum(material.enrolled.values())


def service_lines_told(material: Material, found: Sequence[Watched]) -> list[Line]:
    """Which services cost class time and how much; what vendors declared. Nothing of services that fell silent."""
    if (silent := silent_line(material, "services", "services", ObservationInterval)) is not None and found:
        return [silent]
    seen = [one for one in found if one.lost_seconds >= 60 or one.answered is not None]
    return [_time_lost(material, seen)] if seen else []


def _time_lost(material: Material, seen: Sequence[Watched]) -> Line:
    words, lost = material.wording, [one for one in seen if one.lost_seconds >= 60]
    if not lost:
        return Line(item="services", text=words.say("services_clean", n=len(seen)), **note_on(material, "services"))
    named = [
        words.say("service_lost", service=one.name, lost=words.duration(one.lost_seconds))
        for one in lost[:NAMED_SERVICES]
    ]
    if len(lost) > NAMED_SERVICES:
        named.append(words.say("others", n=len(lost) - NAMED_SERVICES))
    text = words.say("services_lost", n=len(lost), all=len(seen), services=words.listed(named))
    return Line(item="services", text=text, weight=3, **note_on(material, "services"))


def looks_silent(material: Material) -> bool:
    """Whether our own looks fell silent before the period's end: what was seen before is no figure of the period."""
    return bool(material.facts.silent(material.facts.feeds(ObservationInterval)))


def unwatched_line(material: Material, found: Sequence[Watched]) -> Line | None:
    """How much class time nobody watched; None when all of it was, or when nothing is watched at all."""
    lines = [one.in_class for one in found if one.in_class.over]
    if not lines:
        return None
    share = coverage(lines, material.facts.frame())
    if share.value is None or share.denominator is None or share.value >= 0.995:
        return None
    words = material.wording
    text = words.say(
        "unwatched",
        minutes=round(share.missing / 60),
        of=round(share.denominator / 60),
        share=words.percent(1 - share.value),
    )
    return Line(item="coverage", text=text, **note_on(material, "coverage"))


def vendor_table(material: Material) -> Table | None:
    """What vendors declared about themselves in the period: their word, kept apart from what we measured."""
    facts, words = material.facts, material.wording
    over = facts.elapsed
    declared = [one for one in material.heard(VendorIncident) if not one.planned and _touches(one, over)]
    if not declared:
        return None
    declared.sort(key=lambda one: one.started_at, reverse=True)
    pages = {one.service_key: page for page, told in facts.by_source(VendorIncident).items() for one in told}
    rows = tuple(
        Row(
            cells=(
                material.names.services.get(one.service_key) or material.names.sources[pages[one.service_key]],
                words.moment(one.started_at),
                words.duration((one.resolved_at - one.started_at).total_seconds())
                if one.resolved_at
                else words.say("not_ended"),
                _seen_down(material, one),
                one.impact,
            )
        )
        for one in declared
    )
    titles = ("service", "began", "lasted", "seen_down", "impact")
    columns = tuple(Column(title=words.say(f"column_{key}")) for key in titles)
    return Table(audience=Audience.TEAM, caption=words.say("vendors_caption"), columns=columns, rows=rows)


def _seen_down(material: Material, one: VendorIncident) -> str:
    """For how long of what a vendor declared we saw the service down: our word beside theirs, never part of it."""
    words, line = material.wording, material.facts.timelines.get(one.service_key)
    view = None if line is None or looks_silent(material) else vendor_view([one], line)
    if view is None or view.declared_minutes <= view.not_watched_minutes:
        return words.say("not_known")
    return words.duration(view.both_minutes * 60) if view.both_minutes else "0"


def _touches(one: VendorIncident, over: Window) -> bool:
    end: datetime = one.resolved_at or over.end
    return one.started_at < over.end and end >= over.start
