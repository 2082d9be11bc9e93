"""Everything a night knows, as one value: what the formulas of the assessment and the packet read from.

`Facts` is built once a run from the store and the district folder; nothing in it changes afterwards, so every figure
of a packet speaks of the same moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TypeVar

from firstbell.calendar import HOURS, SchoolCalendar
from firstbell.clock import require_aware
from firstbell.intervals import Window, Windows
from firstbell.metrics.backups import ProtectedSystem
from firstbell.metrics.figure import DISTRICT, Frame, silent_sources
from firstbell.metrics.plan import Expected, HoursEntry, Leader, MeetingKept
from firstbell.metrics.plan_work import PlanWork
from firstbell.metrics.uptime_report import service_line
from firstbell.metrics.uptime_services import (
    GroupRule,
    ServiceGroup,
    WatchedService,
    group_line,
    in_order,
    parts_by_rules,
    ruled_at,
)
from firstbell.metrics.uptime_timeline import Timeline, followed
from firstbell.policies import CompliancePolicy, HelpDeskPolicy, SuppressionPolicy
from firstbell.records import Measurement, ObservationInterval, Record, Ticket

R = TypeVar("R", bound=Record)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What one source told, and how far it can be trusted.

    `feeds` names the record types that the source yields even where it yielded none: a connected help desk without
    a ticket has zero tickets, no help desk has an unknown number. `known_until` is its last complete good read;
    None when there was none. `stale_after` None means that the source cannot be too old. `beside` are types that it
    tells and that make no figure of ours: what another monitor saw stands beside what we saw.
    """

    source_key: str
    feeds: frozenset[type[Record]]
    known_until: datetime | None
    stale_after: timedelta | None = None
    records: tuple[Record, ...] = ()
    beside: frozenset[type[Record]] = frozenset()

    def counts(self, record_type: type[Record]) -> bool:
        """Whether its records of a type make figures."""
        return record_type not in self.beside


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamFacts:
    """What the district folder says of the plan and its people. None means that nobody keeps the list.

    `stakeholders` counts the active members of each stakeholder group. `baselines` holds each milestone's first
    stored due date, or the one that a recorded decision put in its place. `expected` is what the folder asks of
    leaders; None leaves it to the catalogue.
    """

    leaders: tuple[Leader, ...] | None = None
    hours: tuple[HoursEntry, ...] | None = None
    meetings: tuple[MeetingKept, ...] | None = None
    stakeholders: Mapping[str, int] | None = None
    baselines: Mapping[str, date] = field(default_factory=dict)
    work: PlanWork = field(default_factory=PlanWork)
    expected: Expected | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The rules in force for this run."""

    suppression: SuppressionPolicy = field(default_factory=lambda: SuppressionPolicy(name="default"))
    help_desk: HelpDeskPolicy = field(default_factory=lambda: HelpDeskPolicy(name="default"))
    compliance: CompliancePolicy = field(default_factory=lambda: CompliancePolicy(name="default"))


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that is known at `as_of` about `window`.

    `schools` are the district's school keys. `locations` maps (source key, that help desk's own place name) to school
    keys: two desks may call different schools by one name.
    """

    window: Window
    as_of: datetime
    calendar: SchoolCalendar
    sources: tuple[SourceFacts, ...] = ()
    services: tuple[WatchedService, ...] = ()
    groups: tuple[ServiceGroup, ...] = ()
    systems: tuple[ProtectedSystem, ...] | None = None
    schools: tuple[str, ...] = ()
    locations: Mapping[tuple[str, str], str] = field(default_factory=dict)
    team: TeamFacts = field(default_factory=TeamFacts)
    policies: Policies = field(default_factory=Policies)

    def __post_init__(self) -> None:
        object.__setattr__(self, "as_of", require_aware(self.as_of, "as_of"))

    @property
    def known_until(self) -> Mapping[str, datetime | None]:
        """Each source's last complete good read."""
        return {source.source_key: source.known_until for source in self.sources}

    @property
    def today(self) -> date:
        """The district's date at `as_of`, or the period's last day when that is earlier."""
        last = min(self.as_of, self.window.end - timedelta(microseconds=1))
        return max(last, self.window.start).astimezone(self.calendar.zone).date()

    @property
    def needed_until(self) -> datetime:
        """How far the sources must have been read for this period to be known."""
        return min(self.window.end, self.as_of)

    @cached_property
    def _index(self) -> Mapping[type[Record], Mapping[str, tuple[Record, ...]]]:
        found: dict[type[Record], dict[str, list[Record]]] = {}
        for source in self.sources:
            for record_type in source.feeds:
                if source.counts(record_type):
                    found.setdefault(record_type, {}).setdefault(source.source_key, [])
            for record in source.records:
                if source.counts(type(record)):
                    found.setdefault(type(record), {}).setdefault(source.source_key, []).append(record)
        return {kind: {key: tuple(rows) for key, rows in by.items()} for kind, by in found.items()}

    @cached_property
    def elapsed(self) -> Window:
        """The part of the period that had passed at `as_of`."""
        return self.frame().elapsed

    @cached_property
    def hours(self) -> Mapping[str, Windows]:
        """The hours that had passed, by the calendar's names for them."""
        return {name: self.calendar.hours(name, self.elapsed) for name in HOURS}

    @cached_property
    def intervals(self) -> Mapping[str, tuple[ObservationInterval, ...]]:
        """Observation intervals by service."""
        return _grouped((look.service_key, look) for look in self.of(ObservationInterval))

    @cached_property
    def told_looks(self) -> Mapping[str, Mapping[str, tuple[ObservationInterval, ...]]]:
        """What other monitors saw, by source and service: for a figure beside ours, never part of one."""
        told = {}
        for source in self.sources:
            looks = [one for one in source.records if isinstance(one, ObservationInterval)]
            if looks and not source.counts(ObservationInterval):
                told[source.source_key] = _grouped((look.service_key, look) for look in looks)
        return told

    @cached_property
    def timelines(self) -> Mapping[str, Timeline]:
        """Each service's time since it is watched, without its maintenance, and that of groups that have a timeline.

        A service's time down while one that it depends on was down is attributed to that one. Where rules change
        within the period, each part of it is seen by those in force then.
        """
        cut = parts_by_rules(self.elapsed, [*self.services, *self.groups])
        parts = [self._timelines_over(part) for part in cut]
        if len(parts) == 1:
            return parts[0]
        keys = dict.fromkeys(key for lines in parts for key in lines)
        return {key: followed([lines[key] for lines in parts]) for key in keys}

    def _timelines_over(self, part: Window) -> dict[str, Timeline]:
        """The timelines of a part of the period in which the rules stay what they are."""
        found: dict[str, Timeline] = {}
        failed: dict[str, Windows] = {}
        for service, roots in in_order(ruled_at(one, part.start) for one in self.services):
            key = service.service_key
            line = service_line(service, self.intervals.get(key, ()), part, failed, roots)
            found[key], failed[key] = line, line.failed
        lines = {one.service_key: found[one.service_key] for one in self.services}
        for group in self.groups:
            members = [lines[key] for key in group.members if key in lines]
            if members and group.rule in (GroupRule.ALL_DOWN, GroupRule.ANY_DOWN):
                lines[group.group_key] = group_line(group.rule, members)
        return lines

    def timelines_in(self, hours: str) -> Mapping[str, Timeline]:
        """Each service's timeline within hours by name. KeyError for hours that are none of `hours`."""
        if hours not in self._timelines_in:
            over = self.hours[hours]
            known: dict[Windows, Windows] = {}
            self._timelines_in[hours] = {key: line.within(over, known) for key, line in self.timelines.items()}
        return self._timelines_in[hours]

    @cached_property
    def _timelines_in(self) -> dict[str, Mapping[str, Timeline]]:
        return {}

    def serving(self, scope: str) -> Sequence[WatchedService]:
        """The services that count for a scope."""
        if scope == DISTRICT:
            return self.services
        return self._serving.get(scope.removeprefix("school:"), self._serving[""])

    @cached_property
    def _serving(self) -> Mapping[str, Sequence[WatchedService]]:
        """The services by the school that they count for; under "" those that serve every school."""
        places = dict.fromkeys(("", *self.schools, *(school for one in self.services for school in one.schools)))
        served: dict[str, list[WatchedService]] = {place: [] for place in places}
        for one in self.services:
            for place in one.schools or places:
                served[place].append(one)
        return served

    @cached_property
    def measurements(self) -> Mapping[str, tuple[Measurement, ...]]:
        """Measurements by measure key, from every source."""
        return _grouped((row.measure_key, row) for row in self.of(Measurement))

    @cached_property
    def measured_by(self) -> Mapping[str, frozenset[str]]:
        """The sources that told any row of a measure, by its key."""
        told = self.by_source(Measurement).items()
        sources = _grouped((row.measure_key, source) for source, rows in told for row in rows)
        return {key: frozenset(names) for key, names in sources.items()}

    @cached_property
    def tickets_by_school(self) -> Mapping[str, tuple[Ticket, ...]]:
        """Tickets by the school that their place is mapped to; under "" those of places mapped to none."""
        return _grouped(
            (self.locations.get((source, ticket.location), ""), ticket)
            for source, rows in self.by_source(Ticket).items()
            for ticket in rows
        )

    def of(self, record_type: type[R]) -> tuple[R, ...]:
        """All records of a type, from every source."""
        return self._all.get(record_type, ())  # type: ignore[return-value]  # keyed by its rows' type

    @cached_property
    def _all(self) -> Mapping[type[Record], tuple[Record, ...]]:
        return {kind: tuple(row for rows in told.values() for row in rows) for kind, told in self._index.items()}

    def by_source(self, record_type: type[R]) -> Mapping[str, tuple[R, ...]]:
        """Records of a type by the source that told them; a source that feeds the type but told none has ()."""
        return self._index.get(record_type, {})  # type: ignore[return-value]  # the index is keyed by its rows' type

    def feeds(self, record_type: type[Record]) -> tuple[str, ...]:
        """The sources that feed a record type, sorted; empty when nothing collects it."""
        return tuple(sorted(self._index.get(record_type, {})))

    def silent(self, sources: tuple[str, ...]) -> Mapping[str, datetime | None]:
        """Those of the sources that fell silent before the period's end, with their last good read."""
        limits = {source.source_key: source.stale_after for source in self.sources if source.stale_after is not None}
        return silent_sources(sources, self.known_until, limits, self.needed_until)

    def frame(self, scope: str = DISTRICT, sources: tuple[str, ...] = (), policy_hash: str = "") -> Frame:
        """The frame of a figure about this period."""
        return Frame(window=self.window, as_of=self.as_of, scope=scope, sources=sources, policy_hash=policy_hash)

    def at(self, window: Window) -> Facts:
        """The same knowledge looked at for another period."""
        return replace(self, window=window)


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, tuple[T, ...]]:
    found: dict[str, list[T]] = {}
    for key, one in pairs:
        found.setdefault(key, []).append(one)
    return {key: tuple(rows) for key, rows in found.items()}
