"""Compliance: controls and what proves them, incidents, agreements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from firstbell.kpi import Verdict
from firstbell.records._base import Record


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
    """A contract or data privacy agreement with a vendor. After `notice_on` it can no longer be left at its end."""

    agreement_key: str
    vendor: str
    kind: str
    signed_on: date | None = None
    expires_on: date | None = None
    annual_cost: float | None = None
    owner_role: str = ""
    notice_on: date | None = None

    @property
    def entity_key(self) -> str:
        return self.agreement_key
