"""What connectors and probes yield, and what the store gives back: one plain vocabulary of facts.

Every record is immutable, its times are aware UTC, its units stand in the field names. None means "the source cannot
tell" and is never the same as 0. Every record but a `ServiceObservation` names itself by `entity_key`, unique within
(source, record type); the store keeps each change of it as a version. Fields named in `VOLATILE` do not make a new
version when only they change.

No record has room for a ticket's title or body, for a requester's, pupil's or employee's name, or for a raw survey
reply (docs/design.md, truth rule 8).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import ClassVar

from firstbell.clock import require_aware
from firstbell.kpi import Verdict


class ServiceState(StrEnum):
    """What a single look at a service saw, before any policy."""

    UP = "up"
    DEGRADED = "degraded"
    DOWN = "down"
    UNKNOWN = "unknown"
    """We could not look: our own network, resolver or poller was the trouble."""


class TicketStatus(StrEnum):
    """A help desk's own status names, sorted into what matters for counting."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"
    MERGED = "merged"
    DELETED = "deleted"


class TicketKind(StrEnum):
    INCIDENT = "incident"
    REQUEST = "request"
    OTHER = "other"


class BackupResult(StrEnum):
    OK = "ok"
    OK_WITH_WARNINGS = "ok_with_warnings"
    FAILED = "failed"
    RUNNING = "running"
    DISABLED = "disabled"
    NEVER_RAN = "never_ran"
    UNKNOWN = "unknown"


class VerificationDepth(StrEnum):
    """How deep somebody looked into a backup. Listed is not verified, verified is not restored."""

    LISTED = "listed"
    STRUCTURE = "structure"
    SAMPLE = "sample"
    FULL = "full"
    RESTORED = "restored"

    @property
    def rank(self) -> int:
        """0 for `listed` up to 4 for `restored`."""
        return list(VerificationDepth).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Base of all records: brings every instant to UTC when it is built, and refuses a naive one."""

    VOLATILE: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        for name in _moments(type(self)):
            moment = getattr(self, name)
            if moment is not None and moment.tzinfo is not UTC:
                object.__setattr__(self, name, require_aware(moment, name))

    @property
    def entity_key(self) -> str:
        """This thing's name within its source and record type."""
        raise NotImplementedError(f"{type(self).__name__} is not kept as versions")


_MOMENTS: dict[type[Record], tuple[str, ...]] = {}


def _moments(record_type: type[Record]) -> tuple[str, ...]:
    """The names of the fields that hold instants; looked up once a type, since rounds build thousands of records."""
    if record_type not in _MOMENTS:
        names = (field.name for field in fields(record_type) if str(field.type).startswith("datetime"))
        _MOMENTS[record_type] = tuple(names)
    return _MOMENTS[record_type]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceObservation(Record):
    """One look at one service.

    `reason` is a short code such as `timeout`, `status`, `body`, `refused`, `certificate`, `name`; `detail` a sentence
    without secrets. Timings are seconds from the start of the transfer and None where that phase was not reached.
    """

    service_key: str
    observed_at: datetime
    state: ServiceState
    expected_interval_seconds: int
    vantage: str = "here"
    reason: str = ""
    detail: str = ""
    name_seconds: float | None = None
    connect_seconds: float | None = None
    tls_seconds: float | None = None
    first_byte_seconds: float | None = None
    total_seconds: float | None = None
    certificate_expires_at: datetime | None = None
    controls: tuple[ControlResult, ...] = ()
    """Side findings that outlive the moment: a certificate's end, a domain's SPF and DMARC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationInterval(Record):
    """Successive equal looks at a service, run-length encoded: what the store keeps of observations for ever.

    `first_at` and `last_at` are the instants of the first and the last look; `count` how many there were. What the
    time between and after the looks is worth is policy, applied on reading.
    """

    service_key: str
    source_key: str
    vantage: str
    state: ServiceState
    first_at: datetime
    last_at: datetime
    count: int
    expected_interval_seconds: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceWindow(Record):
    """Another monitor's aggregate over a window, with the name of the accounting policy that made it."""

    service_key: str
    started_at: datetime
    ended_at: datetime
    accounting_policy: str
    up_seconds: float | None = None
    down_seconds: float | None = None
    maintenance_seconds: float | None = None
    unknown_seconds: float | None = None
    up_ratio: float | None = None
    checks: int | None = None
    last_seen_at: datetime | None = None

    @property
    def entity_key(self) -> str:
        return f"{self.service_key}/{self.started_at.isoformat()}/{self.ended_at.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorIncident(Record):
    """An incident as the vendor declares it on its own status page. Kept apart from what we measured."""

    incident_key: str
    service_key: str
    title: str
    impact: str
    started_at: datetime
    resolved_at: datetime | None = None
    updated_at: datetime | None = None
    planned: bool = False

    @property
    def entity_key(self) -> str:
        return f"{self.service_key}/{self.incident_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket(Record):
    """A help desk ticket without its words and without its people.

    `location` is the source's own name of the place, mapped to a school on reading. `priority_rank` runs from 1
    (most urgent) to 5.
    """

    ticket_key: str
    created_at: datetime
    updated_at: datetime | None = None
    first_response_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    status: TicketStatus
    status_raw: str = ""
    priority_rank: int | None = None
    priority_raw: str = ""
    kind: TicketKind = TicketKind.OTHER
    category: str = ""
    location: str = ""
    support_tier: str = ""
    due_first_response_at: datetime | None = None
    due_resolution_at: datetime | None = None
    sla_breached: bool | None = None
    reopen_count: int | None = None
    satisfaction_score: float | None = None
    satisfaction_scale_max: float | None = None
    merged_into_key: str = ""

    VOLATILE: ClassVar[frozenset[str]] = frozenset({"updated_at"})

    @property
    def entity_key(self) -> str:
        return self.ticket_key


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketEvent(Record):
    """Something that happened to a ticket at a time: opened, responded, resolved, reopened, closed."""

    ticket_key: str
    event: str
    happened_at: datetime

    @property
    def entity_key(self) -> str:
        return f"{self.ticket_key}/{self.event}/{self.happened_at.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenKeys(Record):
    """A census: the keys of all tickets that the source lists as open at an instant."""

    counted_at: datetime
    ticket_keys: tuple[str, ...]

    @property
    def entity_key(self) -> str:
        return "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupRun(Record):
    """One run of one backup job, or one dump file found in a folder."""

    system_key: str
    job_key: str
    run_key: str
    result: BackupResult
    started_at: datetime | None = None
    ended_at: datetime | None = None
    size_bytes: int | None = None
    bytes_added: int | None = None
    files_count: int | None = None
    files_changed: int | None = None
    detail: str = ""

    @property
    def entity_key(self) -> str:
        return f"{self.system_key}/{self.job_key}/{self.run_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupVerification(Record):
    """Somebody or something looked into a backup: how deep, when, and what came of it."""

    system_key: str
    run_key: str
    depth: VerificationDepth
    verified_at: datetime
    result: Verdict
    detail: str = ""

    VOLATILE: ClassVar[frozenset[str]] = frozenset({"verified_at"})

    @property
    def entity_key(self) -> str:
        return f"{self.system_key}/{self.run_key}/{self.depth}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreTest(Record):
    """A restore that was really made, with how long it took."""

    system_key: str
    test_key: str
    tested_at: datetime
    result: Verdict
    duration_seconds: float | None = None
    method: str = ""

    @property
    def entity_key(self) -> str:
        return f"{self.system_key}/{self.test_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryState(Record):
    """A place that keeps backups. Tri-state facts are None when nothing can tell."""

    repository_key: str
    system_key: str
    seen_at: datetime
    reachable: bool
    free_bytes: int | None = None
    off_site: bool | None = None
    immutable: bool | None = None
    encrypted: bool | None = None
    oldest_kept_at: datetime | None = None
    detail: str = ""

    VOLATILE: ClassVar[frozenset[str]] = frozenset({"seen_at", "free_bytes"})

    @property
    def entity_key(self) -> str:
        return f"{self.system_key}/{self.repository_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlResult(Record):
    """What one control came to for one subject (a domain, a server, the district).

    `effective_at` is when the state began to hold, `collected_at` when we learned it. A waiver carries its reason,
    its owner's role and its end in `waived_until`.
    """

    framework: str
    edition: str
    code: str
    subject: str
    state: Verdict
    collected_at: datetime
    effective_at: datetime | None = None
    expires_on: date | None = None
    owner_role: str = ""
    reason: str = ""
    waived_until: date | None = None
    tool_version: str = ""
    evidence_sha256: str = ""

    VOLATILE: ClassVar[frozenset[str]] = frozenset({"collected_at", "tool_version"})

    @property
    def entity_key(self) -> str:
        return f"{self.framework}/{self.code}/{self.subject}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile(Record):
    """A file that proves something, known by its digest. The file itself stays where it is."""

    path: str
    sha256: str
    size_bytes: int
    modified_at: datetime
    collected_at: datetime

    VOLATILE: ClassVar[frozenset[str]] = frozenset({"collected_at"})

    @property
    def entity_key(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident(Record):
    """A data or security incident. Nobody but the named roles sees it before `released_on`."""

    incident_key: str
    title: str
    severity: str
    discovered_at: datetime
    contained_at: datetime | None = None
    people_affected: int | None = None
    released_on: date | None = None
    reader_roles: tuple[str, ...] = ()

    @property
    def entity_key(self) -> str:
        return self.incident_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement(Record):
    """A contract or data privacy agreement with a vendor."""

    agreement_key: str
    vendor: str
    kind: str
    signed_on: date | None = None
    expires_on: date | None = None
    annual_cost: float | None = None
    owner_role: str = ""

    @property
    def entity_key(self) -> str:
        return self.agreement_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement(Record):
    """A countable fact about a scope and a period, so that a CSV and an API feed the same indicator.

    A ratio is `numerator` of `denominator`; a plain count has no denominator. `scope` is "district" or
    "school:<key>". `people` is the size of the group behind the figure where it is about people, for suppression.
    `as_of` is when it was true: the same count stated for a later day is a new version, since its age is judged.
    """

    measure_key: str
    scope: str
    period_start_on: date
    period_end_on: date
    numerator: float
    denominator: float | None = None
    people: int | None = None
    as_of: datetime

    @property
    def entity_key(self) -> str:
        return f"{self.measure_key}/{self.scope}/{self.period_start_on}/{self.period_end_on}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyCounts(Record):
    """The answers to one question of one wave by one group, as counts and nothing else.

    `counts` runs from the least to the most favourable answer. `invited` is None when nobody knows whom it reached.
    """

    survey_key: str
    wave: str
    group: str
    scope: str
    question_key: str
    counts: tuple[int, ...]
    no_answer: int = 0
    invited: int | None = None
    fielded_on: date

    @property
    def entity_key(self) -> str:
        return f"{self.survey_key}/{self.wave}/{self.group}/{self.scope}/{self.question_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionItemSeen(Record):
    """An action item as it stands in a tracker, a file or the team's own minutes.

    `state` is open, done or dropped. The owner is a role or a person's key of the district folder, never a name.
    """

    action_key: str
    title: str
    owner: str
    state: str
    due_on: date | None = None
    opened_on: date | None = None
    closed_on: date | None = None
    times_moved: int = 0
    objective_key: str = ""

    @property
    def entity_key(self) -> str:
        return self.action_key


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneSeen(Record):
    """A milestone of the plan as it stood when it was read; its first stored version is its baseline."""

    milestone_key: str
    initiative_key: str
    title: str
    due_on: date
    done_on: date | None = None
    scope: str = "district"

    @property
    def entity_key(self) -> str:
        return self.milestone_key


VERSIONED: tuple[type[Record], ...] = (
    ServiceWindow,
    VendorIncident,
    Ticket,
    TicketEvent,
    OpenKeys,
    BackupRun,
    BackupVerification,
    RestoreTest,
    RepositoryState,
    ControlResult,
    EvidenceFile,
    Incident,
    Agreement,
    Measurement,
    SurveyCounts,
    ActionItemSeen,
    MilestoneSeen,
)
"""Every record type that the store keeps as versions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingMinutes(Record):
    """That a meeting took place, who was there and what was taken down apart from decisions and actions.

    `attended` and `absent` hold person keys of the district folder, never names.
    """

    team_key: str
    meeting_key: str
    held_at: datetime
    by_role: str
    attended: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    visited_objectives: tuple[str, ...] = ()
    ideas: tuple[str, ...] = ()
    note: str = ""
    closed: bool = False
    written: str = ""
    """The minutes as they were handed in, as JSON: what a corrected copy of them is compared with."""

    @property
    def entity_key(self) -> str:
        return f"{self.team_key}/{self.meeting_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamDecision(Record):
    """Something a team has to decide or has decided.

    `state` is proposed, confirmed, dropped or decided; only a person confirms, and only confirmed ones are printed.
    """

    team_key: str
    decision_key: str
    meeting_key: str
    title: str
    state: str
    question: str = ""
    options: tuple[str, ...] = ()
    recommendation: str = ""
    cost: float | None = None
    security: bool = False
    decider_role: str = ""
    deadline_on: date | None = None
    proposed_by: str = ""
    confirmed_by: str = ""
    decided_on: date | None = None
    outcome: str = ""
    objective_key: str = ""

    @property
    def entity_key(self) -> str:
        return f"{self.team_key}/{self.decision_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamAction(Record):
    """What somebody promised in a meeting: "A-14". `state` is open, done or dropped.

    The owner is a role, a person's key of the district folder, or both; never a name. `first_due_on` is what was
    promised first and stays when `due_on` moves; `reason` says why it moved or was dropped.
    """

    team_key: str
    action_key: str
    meeting_key: str
    title: str
    state: str
    owner_role: str = ""
    person_key: str = ""
    opened_on: date | None = None
    due_on: date | None = None
    first_due_on: date | None = None
    closed_on: date | None = None
    times_moved: int = 0
    reason: str = ""
    objective_key: str = ""

    @property
    def entity_key(self) -> str:
        return f"{self.team_key}/{self.action_key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionNote(Record):
    """A section owner's word of two sentences on a bad line of a meeting's packet."""

    team_key: str
    meeting_key: str
    line_key: str
    text: str
    by_role: str

    @property
    def entity_key(self) -> str:
        return f"{self.team_key}/{self.meeting_key}/{self.line_key}"


TEAM_SOURCE = "team"
"""The source key of what the team itself writes down."""

TEAM_VERSIONED: tuple[type[Record], ...] = (MeetingMinutes, TeamDecision, TeamAction, SectionNote)
"""Our own facts, kept as versions like the sources' facts under the source key `TEAM_SOURCE`."""
