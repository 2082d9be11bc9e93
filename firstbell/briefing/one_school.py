"""What of the district concerns one school: its team's packet speaks of this and of nothing else.

Figures are measured over the whole district and then picked, so that a small group which the district's packet hides
stays hidden in the school's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from firstbell.assessment.assess import area_results
from firstbell.assessment.instrument import Area
from firstbell.assessment.result import Assessment
from firstbell.config.district import DistrictFile
from firstbell.config.loaded import District
from firstbell.kpi import Light
from firstbell.metrics.facts import Facts, SourceFacts, TeamFacts
from firstbell.metrics.uptime_services import WatchedService
from firstbell.records import (
    ControlResult,
    Measurement,
    MilestoneSeen,
    ObservationInterval,
    Record,
    ServiceWindow,
    SurveyCounts,
    Ticket,
    VendorIncident,
)

TOLD_BY_SCHOOL: frozenset[type[Record]] = frozenset(
    {
        ControlResult,
        Measurement,
        MilestoneSeen,
        ObservationInterval,
        ServiceWindow,
        SurveyCounts,
        Ticket,
        VendorIncident,
    }
)
"""Record types that can speak of one school; all others speak of the district."""
COUNTED_AT_NONE: frozenset[type[Record]] = frozenset({MilestoneSeen, ObservationInterval, Ticket})
"""Those of which none for this school is a count too: no ticket is zero tickets."""


def district_of(about: DistrictFile, school: str) -> DistrictFile:
    """The district with this school alone."""
    return about.model_copy(update={"schools": tuple(one for one in about.schools if one.key == school)})


def facts_of_school(facts: Facts, district: District, school: str) -> Facts:
    """The services that serve the school, its tickets, measures, surveys and findings, its leaders and its evidence.

    Backups, agreements, duties of the district and incidents are left out, and a source that tells only of other
    schools or of the whole district is none of this school's sources.
    """
    scope = f"school:{school}"
    services = _serving(facts, school)
    subjects = frozenset(
        subject
        for one in services
        for subject in (one.service_key, str(getattr(district.probe_settings[one.service_key], "name", "")))
    )
    keys = frozenset(one.service_key for one in services)
    heard = _Heard(scope, keys, subjects - {""}, facts.locations)
    sources = (heard.of(source) for source in facts.sources)
    return replace(
        facts,
        services=services,
        groups=tuple(one for one in facts.groups if keys.issuperset(one.members)),
        systems=None,
        schools=(school,),
        sources=tuple(source for source in sources if source.feeds),
        team=_team_of(facts.team, school),
    )


def _serving(facts: Facts, school: str) -> tuple[WatchedService, ...]:
    """The services that serve a school, for it alone, and those that they depend on as they stand."""
    known = {one.service_key: one for one in facts.services}
    wanted = [one.service_key for one in facts.services if one.serves(f"school:{school}")]
    own = frozenset(wanted)
    for key in wanted:
        wanted += [parent for parent in known[key].depends_on if parent in known and parent not in wanted]
    return tuple(
        replace(one, schools=frozenset({school})) if one.service_key in own else one
        for one in facts.services
        if one.service_key in wanted
    )


def assessment_of_school(
    assessment: Assessment, school: str, previous_areas: Mapping[Area, Light] | None = None
) -> Assessment:
    """The school's own results out of the district's, with its areas judged by them alone."""
    scope = f"school:{school}"
    results = tuple(one for one in assessment.results if one.scope == scope)
    areas = area_results(results, previous_areas or {}, scope)
    return replace(assessment, scope=scope, results=results, areas=areas)


class _Heard:
    """What one school hears of each source."""

    def __init__(
        self, scope: str, services: frozenset[str], subjects: frozenset[str], locations: Mapping[tuple[str, str], str]
    ) -> None:
        self._scope, self._services, self._subjects, self._locations = scope, services, subjects, locations

    def of(self, source: SourceFacts) -> SourceFacts:
        """The source with what concerns the school; it feeds nothing where that is nothing."""
        kept = tuple(one for one in source.records if self._concerns(source.source_key, one))
        told, mine = {type(one) for one in source.records}, {type(one) for one in kept}
        feeds = {
            kind
            for kind in source.feeds & TOLD_BY_SCHOOL
            if kind in mine
            or (kind in COUNTED_AT_NONE and source.counts(kind))
            or (kind is not ControlResult and kind not in told)
        }
        if not self._services:
            feeds.discard(ObservationInterval)
        return replace(source, feeds=frozenset(feeds), records=kept)

    def _concerns(self, source_key: str, record: Record) -> bool:
        match record:
            case Ticket():
                return f"school:{self._locations.get((source_key, record.location), '')}" == self._scope
            case ObservationInterval() | ServiceWindow() | VendorIncident():
                return record.service_key in self._services
            case Measurement() | SurveyCounts():
                return record.scope == self._scope
            case ControlResult():
                return record.subject in self._subjects
            case MilestoneSeen():
                return True
            case _:
                return False


def _team_of(team: TeamFacts, school: str) -> TeamFacts:
    """The plan's lists as far as they speak of the school. Coaching stays whole: its table hides small schools."""
    leaders = tuple(one for one in team.leaders or () if one.school_key == school)
    keys = {one.leader_key for one in leaders}
    work = team.work
    return replace(
        team,
        leaders=leaders or None,
        hours=tuple(one for one in team.hours or () if one.leader_key in keys) or None,
        work=replace(
            work,
            evidence=None if work.evidence is None else tuple(e for e in work.evidence if e.school_key in ("", school)),
            training=None if work.training is None else tuple(s for s in work.training if s.school_key == school),
        ),
    )
