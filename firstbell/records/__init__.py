"""What connectors and probes yield, and what the store gives back: one plain vocabulary of facts.

Every record is immutable, its times are aware UTC, its units stand in the field names. None means "the source cannot
tell" and is never the same as 0. Every record but a `ServiceObservation` names itself by `entity_key`, unique within
(source, record type); the store keeps each change of it as a version. Fields named in `VOLATILE` do not make a new
version when only they change.

No record has room for a ticket's title or body, for a requester's, pupil's or employee's name, or for a raw survey
reply (docs/design.md, truth rule 8).
"""

from __future__ import annotations

from firstbell.records._base import Record
from firstbell.records.agenda import AgendaItem
from firstbell.records.backups import (
    BackupResult,
    BackupRun,
    BackupVerification,
    RepositoryState,
    RestoreTest,
    VerificationDepth,
)
from firstbell.records.compliance import Agreement, ControlResult, EvidenceFile, Incident
from firstbell.records.measures import Measurement, SurveyCounts
from firstbell.records.plan import ActionItemSeen, MilestoneSeen
from firstbell.records.services import (
    ObservationInterval,
    ServiceObservation,
    ServiceState,
    ServiceWindow,
    VendorIncident,
)
from firstbell.records.team import TEAM_SOURCE, MeetingMinutes, SectionNote, TeamAction, TeamDecision
from firstbell.records.tickets import OpenKeys, Ticket, TicketEvent, TicketKind, TicketStatus

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

TEAM_VERSIONED: tuple[type[Record], ...] = (MeetingMinutes, TeamDecision, TeamAction, SectionNote, AgendaItem)
"""Our own facts, kept as versions like the sources' facts under the source key `TEAM_SOURCE`."""

__all__ = [
    "TEAM_SOURCE",
    "TEAM_VERSIONED",
    "VERSIONED",
    "ActionItemSeen",
    "AgendaItem",
    "Agreement",
    "BackupResult",
    "BackupRun",
    "BackupVerification",
    "ControlResult",
    "EvidenceFile",
    "Incident",
    "Measurement",
    "MeetingMinutes",
    "MilestoneSeen",
    "ObservationInterval",
    "OpenKeys",
    "Record",
    "RepositoryState",
    "RestoreTest",
    "SectionNote",
    "ServiceObservation",
    "ServiceState",
    "ServiceWindow",
    "SurveyCounts",
    "TeamAction",
    "TeamDecision",
    "Ticket",
    "TicketEvent",
    "TicketKind",
    "TicketStatus",
    "VendorIncident",
    "VerificationDepth",
]
