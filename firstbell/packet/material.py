"""All that goes into one packet, gathered before anything is worded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import TypeVar

from firstbell.assessment.instrument import Indicator, Instrument
from firstbell.assessment.result import Assessment, IndicatorResult
from firstbell.config.between import Grant
from firstbell.config.district import DistrictFile
from firstbell.config.plan import Goal
from firstbell.config.team import Team
from firstbell.metrics.facts import Facts
from firstbell.packet.logo import Logo
from firstbell.packet.model import Figure, Packet
from firstbell.packet.wording import Wording
from firstbell.records import AgendaItem, Record, SectionNote, TeamAction, TeamDecision
from firstbell.year_turn import Ending

R = TypeVar("R", bound=Record)

YEAR_IS_CLEAR = timedelta(days=300)
"""Up to this distance a day is named without its year."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """The meeting that a packet is for, and the one before it."""

    meeting_key: str
    title: str
    starts_at: datetime
    place: str = ""
    previous_at: datetime | None = None
    reply_by: date | None = None
    send_at: datetime | None = None
    needs_approval: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Somebody who gets the packet: key, roles, the edition those give and the language it is written in.

    `incident_roles` are the roles by which an incident may name the person: the roles in the district's leading team
    in that team's own packet, and none in the packet of any other team.
    """

    person_key: str
    roles: tuple[str, ...]
    incident_roles: tuple[str, ...]
    edition: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How reading one source went last."""

    source_key: str
    title: str
    owner_role: str
    feeds: frozenset[type[Record]]
    known_until: datetime | None
    failing: str = ""
    """The sentence of the last error; empty while all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What keys are called in print."""

    services: Mapping[str, str] = field(default_factory=dict)
    systems: Mapping[str, str] = field(default_factory=dict)
    schools: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    controls: Mapping[str, str] = field(default_factory=dict)
    """Titles by "framework/code"."""
    sources: Mapping[str, str] = field(default_factory=dict)
    vantages: Mapping[str, str] = field(default_factory=dict)
    """Every place that looks at the services, ours first."""

    def role(self, key: str) -> str:
        """The role's title, or its key spelled out where the catalogue does not know it."""
        return self.roles.get(key, key.replace("_", " ").capitalize())

    def system(self, key: str) -> str:
        """The system's title, or its key spelled out where it stands in no list.

        >>> Names(systems={"sis": "Student records"}).system("sis"), Names().system("student_mail-eu")
        ('Student records', 'Student mail eu')
        """
        spelled = key.replace("_", " ").replace("-", " ")
        return self.systems.get(key, spelled[:1].upper() + spelled[1:])

    def scope(self, scope: str) -> str:
        """A school's name for "school:key"."""
        return self.schools.get(scope.removeprefix("school:"), scope)


@dataclass(frozen=True, kw_only=True)
class Material:
    """All of one packet's ingredients; nothing in it is fetched later.

    `printed` is the team's last packet as it was frozen, None for the first. `recomputed` judges that packet's own
    period with what is known today: where it differs from what was printed, a correction is due.
    """

    district: DistrictFile
    team: Team
    goals: tuple[Goal, ...]
    names: Names
    occasion: Occasion
    readers: tuple[Reader, ...]
    facts: Facts
    assessment: Assessment
    instrument: Instrument
    wording: Wording
    known_at: datetime
    stage: str = "draft"
    revision: int = 1
    printed: Packet | None = None
    recomputed: Assessment | None = None
    decisions: tuple[TeamDecision, ...] = ()
    actions: tuple[TeamAction, ...] = ()
    minutes_expected: bool = False
    minutes_came: bool = False
    decided: tuple[TeamDecision, ...] = ()
    """What the last meeting decided."""
    ideas: tuple[str, ...] = ()
    """New ideas and challenges of the last meeting's minutes."""
    items: tuple[AgendaItem, ...] = ()
    """What people brought up between meetings, in every state, by number."""
    mails_aside: int = 0
    """Answers by mail since the last meeting that a person should look at."""
    grants: tuple[Grant, ...] = ()
    coming: tuple[date, ...] = ()
    """The days of this meeting and of the two after it, as far as they are planned."""
    notes: Mapping[str, SectionNote] = field(default_factory=dict)
    """By the line they speak of."""
    sources: tuple[SourceState, ...] = ()
    endings: tuple[Ending, ...] = ()
    """What ends soon and concerns this team."""
    logo: Logo | None = None

    @property
    def scope(self) -> str:
        """What it all speaks of: the district, or "school:key" of the team's school."""
        return self.assessment.scope

    def own_or_all(self, own: str, of_all: str) -> str:
        """Of two sentences the one that fits: a school's team knows its own part alone."""
        return of_all if self.team.school is None else own

    @property
    def as_of(self) -> datetime:
        """Up to when facts count."""
        return self.facts.as_of

    @property
    def since(self) -> datetime:
        """The meeting that this packet is compared with; the period's start where there was none."""
        return self.occasion.previous_at or self.facts.window.start

    @property
    def compared_at(self) -> datetime:
        """The meeting whose packet was printed before this one; the last meeting where none was."""
        return (self.printed.heading.meeting_at if self.printed else None) or self.since

    @cached_property
    def printed_figures(self) -> Mapping[str, Figure]:
        """The figures as the last packet printed them, by key; none before the first."""
        return {figure.key: figure for figure in self.printed.figures} if self.printed else {}

    @cached_property
    def recomputed_results(self) -> Mapping[str, IndicatorResult]:
        """The last packet's own period with what is known today, by key."""
        return self.recomputed.by_key if self.recomputed else {}

    def heard(self, record_type: type[R]) -> tuple[R, ...]:
        """The records of a type from the sources that have not fallen silent."""
        silent = self.facts.silent(self.facts.feeds(record_type))
        told = self.facts.by_source(record_type)
        return tuple(row for source, rows in told.items() if source not in silent for row in rows)

    @cached_property
    def indicators(self) -> Mapping[str, Indicator]:
        """The instrument by id, looked up often."""
        return self.instrument.by_id

    @cached_property
    def enrolled(self) -> Mapping[str, int]:
        """Pupils by school; none where enrolment is not known."""
        return {school.key: school.enrolment or 0 for school in self.district.schools}

    def role(self, key: str) -> str:
        """A role's title."""
        return self.names.role(key)

    def day(self, when: datetime) -> str:
        """ "Sat 14 Nov"; with its year where that would not be clear."""
        far = abs(self.as_of - when) > YEAR_IS_CLEAR
        return self.wording.full_date(when) if far else self.wording.day(when)

    def moment(self, when: datetime) -> str:
        """ "Sat 14 Nov, 1 am"; the date with its year where that would not be clear."""
        return f"{self.day(when)}, {self.wording.clock(when)}"
