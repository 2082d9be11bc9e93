"""Every table of the store.

Tables of facts come from the records (`FACTS`, see facts.py); the others are typed classes here, whose instances are
also what queries hand back. Statements are written with SQLAlchemy Core: there is no unit of work and no lazy load.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from firstbell.store.facts import FactTables
from firstbell.store.types import Identity, JsonText, UtcDateTime


class ReadOutcome(StrEnum):
    """How one read of one stream ended."""

    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"


class ApprovalState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    HELD = "held"


class MessageState(StrEnum):
    """Where a message of the outbox stands. `unknown` is never sent again by itself."""

    PREPARED = "prepared"
    ATTEMPTING = "attempting"
    SENT = "sent"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """Base of the tables that are not facts."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it from the class
        str: Text(),
        datetime: UtcDateTime(),
        date: Date(),
        bytes: LargeBinary(),
        dict[str, Any]: JsonText(),
        dict[str, int]: JsonText(),
    }


class IntervalRow(Base):
    """Successive equal looks, run-length encoded; `is_tail` marks the newest of its service, source and vantage."""

    __tablename__ = "observation_interval"
    __table_args__ = (
        UniqueConstraint("source_key", "vantage", "service_key", "first_at", name="ux_observation_interval_first"),
        Index(
            "ux_observation_interval_tail",
            "source_key",
            "vantage",
            "service_key",
            unique=True,
            sqlite_where=text("is_tail"),
            postgresql_where=text("is_tail"),
        ),
        Index("ix_observation_interval_first", "first_at"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=True)
    source_key: Mapped[str]
    vantage: Mapped[str]
    service_key: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    count: Mapped[int]
    expected_interval_seconds: Mapped[int]
    recorded_at: Mapped[datetime]
    is_tail: Mapped[bool]


class LatencyHourRow(Base):
    """How long the successful looks of one hour took: counts on a logarithmic scale (see latency.py)."""

    __tablename__ = "latency_hour"

    source_key: Mapped[str] = mapped_column(primary_key=True)
    hour_at: Mapped[datetime] = mapped_column(primary_key=True)
    service_key: Mapped[str] = mapped_column(primary_key=True)
    vantage: Mapped[str] = mapped_column(primary_key=True)
    buckets: Mapped[dict[str, int]]
    count: Mapped[int]
    total_seconds: Mapped[float]


class LatencyDayRow(Base):
    """The hours of a day that is over, added up (see latency_days.py); `start_at` and `end_at` are local midnights."""

    __tablename__ = "latency_day"

    source_key: Mapped[str] = mapped_column(primary_key=True)
    start_at: Mapped[datetime] = mapped_column(primary_key=True)
    service_key: Mapped[str] = mapped_column(primary_key=True)
    vantage: Mapped[str] = mapped_column(primary_key=True)
    end_at: Mapped[datetime]
    buckets: Mapped[dict[str, int]]
    count: Mapped[int]
    total_seconds: Mapped[float]


class SourceStateRow(Base):
    """What a stream of a source remembers, and how its last read went."""

    __tablename__ = "source_state"

    source_key: Mapped[str] = mapped_column(primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    attempted_at: Mapped[datetime]
    outcome: Mapped[str]
    completed_at: Mapped[datetime | None] = mapped_column(default=None)
    state: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    error: Mapped[str] = mapped_column(default="")
    error_class: Mapped[str] = mapped_column(default="")
    counts: Mapped[dict[str, int]] = mapped_column(default_factory=dict)


class SourceReadRow(Base):
    """One read of one stream, so that "known until" can be told for a past date.

    `known_until` is set where a stream, read to its end, reaches less far than its reading: to an export's own time.
    """

    __tablename__ = "source_read"
    __table_args__ = (Index("ix_source_read_at", "source_key", "stream", "read_at"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=True)
    source_key: Mapped[str]
    stream: Mapped[str]
    read_at: Mapped[datetime]
    outcome: Mapped[str]
    counts: Mapped[dict[str, int]] = mapped_column(default_factory=dict)
    error: Mapped[str] = mapped_column(default="")
    error_class: Mapped[str] = mapped_column(default="")
    known_until: Mapped[datetime | None] = mapped_column(default=None)


class KeyMapRow(Base):
    """A source's own name of a school, service or system, and ours."""

    __tablename__ = "key_map"

    source_key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    foreign_key: Mapped[str] = mapped_column(primary_key=True)
    our_key: Mapped[str]


class DistrictVersionRow(Base):
    """The district folder as it once stood."""

    __tablename__ = "district_version"

    content_hash: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[str]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class LedgerRow(Base):
    """That a flow finished its slot, so that no automatic run does it twice."""

    __tablename__ = "ledger"

    flow: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[str] = mapped_column(primary_key=True)
    vantage: Mapped[str] = mapped_column(primary_key=True)
    team_key: Mapped[str] = mapped_column(primary_key=True)
    claimed_at: Mapped[datetime]
    completed_at: Mapped[datetime]


class PacketRow(Base):
    """A composed packet, frozen: there is no way to change one, only to make another revision."""

    __tablename__ = "packet"
    __table_args__ = (UniqueConstraint("team_key", "meeting_key", "stage", "revision", name="ux_packet_revision"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=True)
    team_key: Mapped[str]
    meeting_key: Mapped[str]
    stage: Mapped[str]
    revision: Mapped[int]
    composed_at: Mapped[datetime]
    as_of: Mapped[datetime]
    known_at: Mapped[datetime]
    snapshot: Mapped[str]
    content_hash: Mapped[str]
    district_hash: Mapped[str] = mapped_column(ForeignKey("district_version.content_hash"))


class ApprovalRow(Base):
    """One word on a packet; the newest counts, the earlier ones stay."""

    __tablename__ = "approval"
    __table_args__ = (Index("ix_approval_packet", "packet_id"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=True)
    packet_id: Mapped[int] = mapped_column(Identity, ForeignKey("packet.id"))
    state: Mapped[str]
    by: Mapped[str]
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")


class MailBodyRow(Base):
    """What stands below the own headers of mails, kept once for all that share it: each is megabytes long.

    Apart from the outbox, because SQLite writes a row anew, whole, at each change of one of its columns.
    """

    __tablename__ = "mail_body"

    content_hash: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(repr=False)


class OutboxRow(Base):
    """One message to one person. Its address and bytes expire; that it was sent stays."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_meeting", "team_key", "meeting_key"),
        Index("ix_outbox_state", "state"),
        Index("ix_outbox_expiry", "address_expires_on"),
        Index("ix_outbox_message_id", "message_id"),
        Index("ix_outbox_body", "body_hash"),
    )

    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=True)
    message_key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    team_key: Mapped[str]
    meeting_key: Mapped[str]
    stage: Mapped[str]
    revision: Mapped[int]
    edition: Mapped[str]
    person_key: Mapped[str]
    resend_number: Mapped[int]
    address: Mapped[str | None] = mapped_column(repr=False)
    address_expires_on: Mapped[date]
    message_id: Mapped[str]
    message: Mapped[bytes | None] = mapped_column(repr=False)
    state: Mapped[str]
    prepared_at: Mapped[datetime]
    sender: Mapped[str] = mapped_column(default="")
    attempting_at: Mapped[datetime | None] = mapped_column(default=None)
    settled_at: Mapped[datetime | None] = mapped_column(default=None)
    server_reply: Mapped[str] = mapped_column(default="")
    reported_in: Mapped[str | None] = mapped_column(default=None)
    """The key of the message that told a person of this one's refusal."""
    body_hash: Mapped[str | None] = mapped_column(ForeignKey("mail_body.content_hash"), default=None)
    """What goes out behind `message`, where that is not the whole mail."""
    deferred_at: Mapped[datetime | None] = mapped_column(default=None)
    """When the mail server first said "not now"."""
    next_try_at: Mapped[datetime | None] = mapped_column(default=None)
    """When it is tried again, where it waits after a try or after the way out was lost."""


class ReceivedMailRow(Base):
    """That a mail was taken in, so that it never counts twice: a hash of its Message-ID, and what came of it."""

    __tablename__ = "received_mail"
    __table_args__ = (Index("ix_received_mail_at", "received_at"),)

    identity: Mapped[str] = mapped_column(primary_key=True)
    received_at: Mapped[datetime]
    outcome: Mapped[str]
    team_key: Mapped[str] = mapped_column(default="")
    person_key: Mapped[str] = mapped_column(default="")


class AssessmentRow(Base):
    """One run of the needs assessment."""

    __tablename__ = "assessment_run"
    __table_args__ = (Index("ix_assessment_run_recorded", "team_key", "recorded_at"),)

    id: Mapped[int] = mapped_column(Identity, primary_key=True, autoincrement=True)
    team_key: Mapped[str]
    as_of: Mapped[datetime]
    recorded_at: Mapped[datetime]
    known_at: Mapped[datetime]
    district_hash: Mapped[str]


class IndicatorRow(Base):
    """What one indicator came to in one run, for one scope."""

    __tablename__ = "indicator_result"

    run_id: Mapped[int] = mapped_column(Identity, ForeignKey("assessment_run.id"), primary_key=True)
    indicator: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    light: Mapped[str]
    value: Mapped[float | None]
    result: Mapped[dict[str, Any]]


FACTS = FactTables(Base.metadata)
"""The tables of versioned facts."""

metadata = Base.metadata
