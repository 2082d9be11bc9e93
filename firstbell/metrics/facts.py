"""Everything a night knows, as one value: what the formulas of the assessment and the packet read from.

`Facts` is built once a run from the store and the district folder; nothing in it changes afterwards, so every figure
of a packet speaks of the same moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TypeVar

from firstbell.calendar import SchoolCalendar
from firstbell.clock import require_aware
from firstbell.intervals import Window
from firstbell.metrics.backups import ProtectedSystem
from firstbell.metrics.figure import DISTRICT, Frame, silent_sources
from firstbell.metrics.plan import HoursEntry, Leader, MeetingKept
from firstbell.metrics.uptime import WatchedService
from firstbell.policies import CompliancePolicy, HelpDeskPolicy, SuppressionPolicy
from firstbell.records import ObservationInterval, Record

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """What one source told, and how far it can be trusted.

    `feeds` names the record types that the source yields even where it yielded none: a connected help desk without
    a ticket has zero tickets, no help desk has an unknown number. `known_until` is its last complete good read;
    None when there was none. `stale_after` None means that the source cannot be too old.
    """

    source_key: str
    feeds: frozenset[type[Record]]
    known_until: datetime | None
    stale_after: timedelta | None = None
    records: tuple[Record, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamFacts:
    """What the district folder says of the plan and its people. None means that nobody keeps the list.

    `stakeholders` counts the active members of each stakeholder group. `baselines` holds each milestone's first
    stored due date.
    """

    leaders: tuple[Leader, ...] | None = None
    hours: tuple[HoursEntry, ...] | None = None
    meetings: tuple[MeetingKept, ...] | None = None
    stakeholders: Mapping[str, int] | None = None
    baselines: Mapping[str, date] = field(default_factory=dict)


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
    `earlier` holds the facts of the period to compare with, where there is one.
    """

    window: Window
    as_of: datetime
    calendar: SchoolCalendar
    sources: tuple[SourceFacts, ...] = ()
    services: tuple[WatchedService, ...] = ()
    systems: tuple[ProtectedSystem, ...] | None = None
    schools: tuple[str, ...] = ()
    locations: Mapping[tuple[str, str], str] = field(default_factory=dict)
    team: TeamFacts = field(default_factory=TeamFacts)
    policies: Policies = field(default_factory=Policies)
    earlier: Facts | None = None

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
                found.setdefault(record_type, {}).setdefault(source.source_key, [])
            for record in source.records:
                found.setdefault(type(record), {}).setdefault(source.source_key, []).append(record)
        return {kind: {key: tuple(rows) for key, rows in by.items()} for kind, by in found.items()}

    @cached_property
    def intervals(self) -> Mapping[str, tuple[ObservationInterval, ...]]:
        """Observation intervals by service."""
        grouped: dict[str, list[ObservationInterval]] = {}
        for interval in self.of(ObservationInterval):
            grouped.setdefault(interval.service_key, []).append(interval)
        return {key: tuple(rows) for key, rows in grouped.items()}

    def of(self, record_type: type[R]) -> tuple[R, ...]:
        """All records of a type, from every source."""
        return tuple(row for rows in self.by_source(record_type).values() for row in rows)

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
