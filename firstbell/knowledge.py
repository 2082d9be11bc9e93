"""What is known: the store's facts and the district folder joined into the one value that all figures read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from firstbell.config.loaded import District
from firstbell.errors import FirstbellError
from firstbell.intervals import Window
from firstbell.kpi import Verdict
from firstbell.meetings import ReadCalendar
from firstbell.metrics.facts import Facts, SourceFacts
from firstbell.records import (
    TEAM_SOURCE,
    ActionItemSeen,
    ControlResult,
    Measurement,
    MilestoneSeen,
    ObservationInterval,
    OpenKeys,
    Record,
    ServiceState,
    SurveyCounts,
    TeamAction,
    Ticket,
    TicketStatus,
)
from firstbell.store.queries import StoredFacts, StreamRead, load_facts, stream_reads
from firstbell.store.service_looks import CONFIRMED_WITHIN
from firstbell.team_knowledge import team_facts
from firstbell.watched import service_groups, watched_services

PROBES = "probes"
"""The source key of our own looks at services."""

PLAN = "plan"
"""The source key of the district folder's milestones."""

FOLDER = "district_folder"
"""The source key of what the district folder expects and nobody has told."""

STALE_PROBES = timedelta(hours=26)
MEASUREMENTS_BACK = timedelta(days=366)
"""A whole school or fiscal year: budgets and training are counted from its start."""

TICKETS_BACK = timedelta(weeks=13)
SURVEYS_BACK = timedelta(days=800)

PLANNED_AHEAD = timedelta(days=100)
"""Planned work is known so far beyond the window: what may still fail until the next meeting leaves it out."""

_STILL_OPEN = frozenset({TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.PENDING})

Feeds = Mapping[str, Mapping[str, type[Record]]]
"""Each source's streams by name with the record type they yield: the outer layer knows, it knows the connectors."""

StreamReads = Mapping[tuple[str, str], StreamRead]
"""How far each stream is known, by source and stream."""


def _no_calendar(place: str) -> bytes:
    raise FirstbellError(f"The calendar {place} was not handed in.")


def facts_of(
    district: District,
    connection: Connection,
    feeds: Feeds,
    *,
    window: Window,
    as_of: datetime,
    known_at: datetime,
    read_calendar: ReadCalendar = _no_calendar,
) -> Facts:
    """All that was known at `known_at` about `window`, up to `as_of`.

    `read_calendar` fetches the calendar files of meetings.yaml: without it, and where one cannot be read, nobody knows
    which meetings were planned.
    """
    stored = load_facts(connection, known_at=known_at, window=window, windows=_wider(window))
    since = _watched_since(stored)
    reads = stream_reads(connection, known_at=known_at)
    told = (*_outside(district, stored, feeds, reads), *_own(district, stored, reads))
    return Facts(
        window=window,
        as_of=as_of,
        calendar=district.calendar,
        sources=(*told, *_unevidenced(district, told, as_of)),
        services=watched_services(district, Window(window.start, window.end + PLANNED_AHEAD), since=since),
        groups=service_groups(district, window),
        systems=district.protected_systems or None,
        schools=tuple(school.key for school in district.schools),
        locations=_locations(district, stored, told),
        team=team_facts(district, stored, as_of, read_calendar),
        policies=district.policies,
    )


def _wider(window: Window) -> dict[type[Record], Window]:
    """Types that are looked at further back than the packet's own period."""
    return {
        Measurement: Window(window.start - MEASUREMENTS_BACK, window.end),
        Ticket: Window(min(window.start, window.end - TICKETS_BACK), window.end),
        SurveyCounts: Window(min(window.start, window.end - SURVEYS_BACK), window.end),
        ObservationInterval: Window(window.start - CONFIRMED_WITHIN, window.end + CONFIRMED_WITHIN),
    }


def _watched_since(stored: StoredFacts) -> dict[str, datetime]:
    """When each service was first looked at, as far as the window reaches: before that it was not under watch.

    The store gives the last look before the window too, so a service watched all along begins before it.
    """
    first: dict[str, datetime] = {}
    for look in stored.records.get(PROBES, ()):
        if isinstance(look, ObservationInterval):
            first[look.service_key] = min(look.first_at, first.get(look.service_key, look.first_at))
    return first


def _outside(district: District, stored: StoredFacts, feeds: Feeds, reads: StreamReads) -> list[SourceFacts]:
    found = []
    for source in district.sources:
        streams, known_until = _heard(
            {name: reads[source.key, name] for name in feeds[source.key] if (source.key, name) in reads}
        )
        found.append(
            SourceFacts(
                source_key=source.key,
                feeds=frozenset(feeds[source.key][name] for name in streams or feeds[source.key]),
                known_until=known_until,
                stale_after=timedelta(hours=source.stale_after_hours),
                records=_without_vanished(stored.records.get(source.key, ())),
                beside=frozenset({ObservationInterval}),
            )
        )
    return found


def _without_vanished(records: tuple[Record, ...]) -> tuple[Record, ...]:
    """A source's records, its open tickets that its newest census no longer lists marked as deleted.

    A help desk does not tell of a ticket that somebody deleted: it just is in no list any more. What came in or
    changed after the census is not judged by it.
    """
    census = max((one for one in records if isinstance(one, OpenKeys)), key=lambda one: one.counted_at, default=None)
    if census is None:
        return records
    listed, counted_at = frozenset(census.ticket_keys), census.counted_at
    return tuple(
        replace(one, status=TicketStatus.DELETED)
        if isinstance(one, Ticket)
        and one.status in _STILL_OPEN
        and one.ticket_key not in listed
        and max(one.created_at, one.updated_at or one.created_at) < counted_at
        else one
        for one in records
    )


def _heard(reads: Mapping[str, StreamRead]) -> tuple[set[str], datetime | None]:
    """Which streams a source has, and until when all of them are known; none and None while nothing was completed.

    A stream that was never completed and that the last good read did not try is one this source does not have: a
    file of attestations without a list of incidents says nothing about incidents.
    """
    ends = {name: read.known_until for name, read in reads.items() if read.known_until is not None}
    if not ends:
        return set(), None
    newest = max(read.completed_at for read in reads.values() if read.completed_at is not None)
    failing = {name for name, read in reads.items() if name not in ends and read.tried_at >= newest}
    return {*ends, *failing}, None if failing else min(ends.values())


def _own(district: District, stored: StoredFacts, reads: StreamReads) -> list[SourceFacts]:
    """What we see and write down ourselves: looks, milestones of the plan, the team's actions."""
    actions = tuple(_as_seen(one) for one in stored.records.get(TEAM_SOURCE, ()) if isinstance(one, TeamAction))
    found = [SourceFacts(source_key=TEAM_SOURCE, feeds=frozenset({ActionItemSeen}), known_until=None, records=actions)]
    if district.services:
        found.append(
            SourceFacts(
                source_key=PROBES,
                feeds=frozenset({ObservationInterval, ControlResult}),
                known_until=_looked_until(reads),
                stale_after=STALE_PROBES,
                records=_looked_at(district, stored.records.get(PROBES, ())),
            )
        )
    if district.plan.goals:
        milestones = stored.records.get(PLAN, ())
        found.append(
            SourceFacts(source_key=PLAN, feeds=frozenset({MilestoneSeen}), known_until=None, records=milestones)
        )
    return found


def _looked_until(reads: StreamReads) -> datetime | None:
    """Until when any place has looked. One that stopped, or left the folder, says nothing; the others go on."""
    ends = (read.known_until for (source, _), read in reads.items() if source == PROBES and read.known_until)
    return max(ends, default=None)


def _looked_at(district: District, records: tuple[Record, ...]) -> tuple[Record, ...]:
    """Our own looks with the findings on what the folder still names, each as young as the newest look behind it.

    A finding that stays the same is stored once, so its own `collected_at` is when it began. A removed service takes
    its certificate with it.
    """
    subjects = {
        service.key: {service.key, str(getattr(district.probe_settings[service.key], "name", ""))}
        for service in district.services
    }
    seen_at: dict[str, datetime] = {}
    for look in records:
        if isinstance(look, ObservationInterval) and look.state in (ServiceState.UP, ServiceState.DEGRADED):
            for subject in subjects.get(look.service_key, ()):
                seen_at[subject] = max(look.last_at, seen_at.get(subject, look.last_at))
    named = {subject for both in subjects.values() for subject in both}
    return tuple(
        replace(one, collected_at=max(one.collected_at, seen_at.get(one.subject, one.collected_at)))
        if isinstance(one, ControlResult)
        else one
        for one in records
        if not isinstance(one, ControlResult) or one.subject in named
    )


def _unevidenced(district: District, told: Sequence[SourceFacts], as_of: datetime) -> list[SourceFacts]:
    """The duties of compliance.yaml that no source says a word about: not known, and so in every count.

    What a source said that has left the folder since is no word: its records are in no figure.
    """
    evidenced = {
        (result.framework, result.code, result.subject)
        for source in told
        for result in source.records
        if isinstance(result, ControlResult)
    }
    missing = tuple(
        ControlResult(
            framework=item.framework,
            edition="",
            code=item.code,
            subject=item.subject,
            state=Verdict.UNKNOWN,
            collected_at=as_of,
            owner_role=item.owner_role,
            reason="No evidence was given.",
        )
        for item in district.compliance.items
        if (item.framework, item.code, item.subject) not in evidenced
    )
    if not missing:
        return []
    return [SourceFacts(source_key=FOLDER, feeds=frozenset({ControlResult}), known_until=None, records=missing)]


def _as_seen(action: TeamAction) -> ActionItemSeen:
    return ActionItemSeen(
        action_key=action.action_key,
        title=action.title,
        owner=action.owner_role,
        state=action.state,
        due_on=action.first_due_on or action.due_on,
        opened_on=action.opened_on,
        closed_on=action.closed_on,
        times_moved=action.times_moved,
        objective_key=action.objective_key,
    )


def _locations(district: District, stored: StoredFacts, told: Sequence[SourceFacts]) -> dict[tuple[str, str], str]:
    """School keys by source and the place its tickets name: what that source maps, else the names schools go by."""
    named = {
        (source.source_key, ticket.location)
        for source in told
        for ticket in source.records
        if isinstance(ticket, Ticket)
    }
    known = {
        (source, place): district.locations[place.casefold()]
        for source, place in named
        if place.casefold() in district.locations
    }
    keys = {source.source_key for source in told}
    return known | {place: school for place, school in stored.locations.items() if place[0] in keys}
