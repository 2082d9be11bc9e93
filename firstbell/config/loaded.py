"""The district folder, read and checked: what the rest of Firstbell asks about the district."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr

from firstbell.calendar import (
    BusinessHours,
    ClosedDays,
    ExamDays,
    SchoolCalendar,
    SchoolYear,
    ShortDay,
    Term,
    Week,
    weekday_hours,
)
from firstbell.config import school_year as written
from firstbell.config.audited import AdoptedTarget, ComplianceFile, Polling, Service, Source, System
from firstbell.config.district import DistrictFile, School
from firstbell.config.plan import PlanFile
from firstbell.config.service_rules import DISTRICT_POLICY, ServiceGroup, ServicePolicy
from firstbell.config.team import Membership, Person, Series, Team
from firstbell.intervals import local_moment
from firstbell.metrics.backups import ProtectedSystem
from firstbell.metrics.facts import Policies
from firstbell.policies import CompliancePolicy, HelpDeskPolicy, SlaPolicy, SuppressionPolicy, UpWhen, content_hash

Keyed = TypeVar("Keyed", School, Source, Service, Person, Team)

LEADING_ROLES = frozenset({"superintendent", "data_security_specialist"})
"""A seat with one of these makes a district team the leading one."""

MAIL_NOT_KEPT: Mapping[str, Any] = {
    **dict.fromkeys(("username", "sender", "sender_name", "rehearsal_to", "inbox"), True),
    "fallback": {"__all__": {"username"}},
}
NOT_KEPT: Mapping[str, Any] = {
    "district.yaml": {"installer": True, "mail": MAIL_NOT_KEPT},
    "teams.yaml": {"people": {"__all__": {"name", "email"}}},
    "meetings.yaml": {"series": {"__all__": {"ics", "place"}}},
}
"""What stays in the folder alone: who people are, how they are reached, and addresses that open a calendar or a room.

The store keeps the rest for ever, and no figure depends on these.
"""


@dataclass(frozen=True, kw_only=True)
class District:
    """All that the district says of itself. Every key that one part names is known to exist in the other.

    `settings` holds each source's settings by its key and `probe_settings` each service's, validated by their kind
    and with secrets as references (firstbell/config/secrets.py resolves them). `canonical_json` is the folder as
    sorted JSON without secrets and without what NOT_KEPT names: people are keys and roles in it. Equal folders have
    equal JSON, however they were written down.
    """

    folder: Path
    about: DistrictFile
    sources: tuple[Source, ...]
    polling: Polling
    service_policies: tuple[ServicePolicy, ...]
    services: tuple[Service, ...]
    service_groups: tuple[ServiceGroup, ...]
    systems: tuple[System, ...]
    compliance: ComplianceFile
    people: tuple[Person, ...]
    teams: tuple[Team, ...]
    series: tuple[Series, ...]
    plan: PlanFile
    targets: tuple[AdoptedTarget, ...]
    settings: Mapping[str, BaseModel]
    probe_settings: Mapping[str, BaseModel]
    source_places: Mapping[str, str]
    """Where each source is written, as "sources.yaml:12", for errors that show up later."""
    canonical_json: str

    @classmethod
    def of(
        cls,
        folder: Path,
        files: Mapping[str, Any],
        settings: Mapping[str, BaseModel],
        probe_settings: Mapping[str, BaseModel],
        source_places: Mapping[str, str],
    ) -> District:
        """Put the validated files, by their name, together."""
        teams, services = files["teams.yaml"], files["services.yaml"]
        return cls(
            folder=folder,
            about=files["district.yaml"],
            sources=files["sources.yaml"].sources,
            polling=services.polling,
            service_policies=services.policies,
            services=services.services,
            service_groups=services.groups,
            systems=files["systems.yaml"].systems,
            compliance=files["compliance.yaml"],
            people=teams.people,
            teams=teams.teams,
            series=files["meetings.yaml"].series,
            plan=files["plan.yaml"],
            targets=files["targets.yaml"].adopted,
            settings=settings,
            probe_settings=probe_settings,
            source_places=source_places,
            canonical_json=_canonical(files),
        )

    @cached_property
    def hash(self) -> str:
        """SHA-256 of `canonical_json`, in hexadecimal."""
        return content_hash(json.loads(self.canonical_json))

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone in which days are cut."""
        return ZoneInfo(self.about.time_zone)

    @property
    def schools(self) -> tuple[School, ...]:
        return self.about.schools

    @cached_property
    def calendar(self) -> SchoolCalendar:
        """The district's year."""
        return _calendar(self.about.calendar, self.zone)

    @cached_property
    def sla_policy(self) -> SlaPolicy:
        """How looks at services are counted where services.yaml names no policy."""
        return SlaPolicy(
            name=DISTRICT_POLICY,
            confirmation_failures=self.polling.confirmation_failures,
            up_when=UpWhen(self.polling.up_when),
        )

    @cached_property
    def policies(self) -> Policies:
        """The rules that the folder sets, and the defaults for the rest."""
        return Policies(
            suppression=SuppressionPolicy(name="district", small_group_minimum=self.about.small_group_minimum),
            help_desk=HelpDeskPolicy(name="default"),
            compliance=CompliancePolicy(name="district", expiring_within_days=self.compliance.expiring_within_days),
        )

    @cached_property
    def protected_systems(self) -> tuple[ProtectedSystem, ...]:
        """The inventory that backups are measured against."""
        return tuple(
            ProtectedSystem(
                system_key=system.key,
                recovery_point_hours=system.recovery_point_hours,
                restore_limit_hours=system.restore_limit_hours,
                vendor_hosted=system.vendor_hosted,
            )
            for system in self.systems
        )

    @cached_property
    def locations(self) -> Mapping[str, str]:
        """School keys by every name a source may use for them, in lower case: keys, names and `known_as`."""
        return {
            name.casefold(): school.key
            for school in self.schools
            for name in (school.name, school.key, *school.known_as)
        }

    def school(self, key: str) -> School:
        """The school of that key; KeyError when there is none."""
        return _by_key(self.schools)[key]

    def source(self, key: str) -> Source:
        """The source of that key; KeyError when there is none."""
        return _by_key(self.sources)[key]

    def service(self, key: str) -> Service:
        """The service of that key; KeyError when there is none."""
        return _by_key(self.services)[key]

    def person(self, key: str) -> Person:
        """The person of that key; KeyError when there is none."""
        return _by_key(self.people)[key]

    def team(self, key: str) -> Team:
        """The team of that key; KeyError when there is none."""
        return _by_key(self.teams)[key]

    @cached_property
    def leading_team(self) -> Team | None:
        """The team that is answerable for the whole district's security; None where nothing tells which one it is.

        The first district team of teams.yaml with a seat, of any year, for one of LEADING_ROLES; without such a seat
        the district's only team of that level.
        """
        teams = [team for team in self.teams if team.level == "district"]
        seated = [team for team in teams if any(LEADING_ROLES & set(seat.roles) for seat in team.members)]
        return seated[0] if seated else teams[0] if len(teams) == 1 else None

    def series_of(self, team_key: str) -> tuple[Series, ...]:
        """The meetings of a team."""
        return tuple(series for series in self.series if series.team == team_key)

    def schools_of(self, service: Service) -> tuple[School, ...]:
        """The schools that depend on a service; all of them where it names none."""
        return tuple(school for school in self.schools if not service.schools or school.key in service.schools)

    def moment(self, at: datetime) -> datetime:
        """The UTC instant of a time in the folder, which is local where it carries no offset."""
        if at.tzinfo is None:
            return local_moment(at.date(), at.time(), self.zone)
        return at.astimezone(UTC)

    def school_year_on(self, day: date) -> str:
        """The name of the school year that terms are counted in: a summer belongs to the year before it."""
        begun = [year.name for year in self.calendar.years if year.first_on <= day]
        return max(begun) if begun else min(year.name for year in self.calendar.years)

    def members(self, team_key: str, day: date) -> tuple[Membership, ...]:
        """Who sits in a team on a day, by their terms. KeyError when there is no such team."""
        year = self.school_year_on(day)
        return tuple(
            member
            for member in self.team(team_key).members
            if (not member.starts or member.starts <= year) and (not member.ends or year <= member.ends)
        )

    def holders(self, role: str, team_key: str, day: date) -> tuple[Person, ...]:
        """The people who hold a role in a team on a day; empty when nobody does."""
        return tuple(self.person(member.person) for member in self.members(team_key, day) if role in member.roles)


def _by_key(things: tuple[Keyed, ...]) -> dict[str, Keyed]:
    return {thing.key: thing for thing in things}


def _canonical(files: Mapping[str, BaseModel]) -> str:
    content = {
        name: model.model_dump(mode="python", by_alias=True, exclude=NOT_KEPT.get(name))
        for name, model in files.items()
    }
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_scalar)


def _scalar(value: Any) -> str:
    """Secrets as the references they are (loading refuses anything else), dates and times in ISO form."""
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def _calendar(calendar: written.Calendar, zone: ZoneInfo) -> SchoolCalendar:
    closed = tuple(
        ClosedDays(name=days.name, first_on=days.first, last_on=days.last or days.first) for days in calendar.closed
    )
    offices = tuple(days for days, section in zip(closed, calendar.closed, strict=True) if section.offices)
    return SchoolCalendar(
        zone=zone,
        years=tuple(
            SchoolYear(name=year.name, first_on=year.first_day, last_on=year.last_day) for year in calendar.years
        ),
        instruction_week=_week(calendar.class_hours),
        closed=closed,
        terms=tuple(Term(name=term.name, first_on=term.first_day, last_on=term.last_day) for term in calendar.terms),
        testing=tuple(
            ExamDays(
                name=days.name,
                first_on=days.first,
                last_on=days.last,
                hours=(days.hours.opens, days.hours.closes) if days.hours else None,
            )
            for days in calendar.testing
        ),
        fiscal_year_starts=calendar.fiscal_year_starts,
        short_days=tuple(
            ShortDay(on=day.day, ends_at=day.until, name="early release") for day in calendar.early_release
        ),
        business=BusinessHours(week=_week(calendar.business_hours), closed=offices),
        service_week=_week(calendar.service_hours) or weekday_hours(time(6), time(17)),
    )


def _week(hours: Mapping[written.Weekday, written.Hours]) -> Week:
    order = get_args(written.Weekday)
    return {order.index(day): ((span.opens, span.closes),) for day, span in hours.items()}
