"""Create the store."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from firstbell.store.types import Identity, JsonText, UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CURRENT = sa.text("superseded_at IS NULL")
PAST = sa.text("superseded_at IS NOT NULL")


def upgrade() -> None:
    _create_facts()
    _create_observations_and_sources()
    _create_packets()


def downgrade() -> None:
    for name in (
        "approval",
        "packet",
        "indicator_result",
        "source_state",
        "source_read",
        "outbox",
        "observation_interval",
        "ledger",
        "latency_hour",
        "key_map",
        "district_version",
        "assessment_run",
        "vendor_incident",
        "ticket_event",
        "ticket",
        "team_decision",
        "team_action",
        "survey_counts",
        "service_window",
        "section_note",
        "restore_test",
        "repository_state",
        "open_keys",
        "milestone_seen",
        "meeting_minutes",
        "measurement",
        "incident",
        "evidence_file",
        "control_result",
        "backup_verification",
        "backup_run",
        "agreement",
        "action_item_seen",
    ):
        op.drop_table(name)


def _facts(name: str, *columns: sa.Column[Any], time: tuple[str, ...] = ()) -> None:
    """A table of versions: who told it, of what, from when to when we knew it so, and the fact's own columns."""
    op.create_table(
        name,
        sa.Column("id", Identity, primary_key=True, autoincrement=True),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("entity_key", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("superseded_at", UtcDateTime(), nullable=True),
        *columns,
    )
    entity = ["source_key", "entity_key"]
    op.create_index(f"ux_{name}_current", name, entity, unique=True, sqlite_where=CURRENT, postgresql_where=CURRENT)
    op.create_index(f"ix_{name}_past", name, ["superseded_at"], sqlite_where=PAST, postgresql_where=PAST)
    op.create_index(f"ix_{name}_past_entity", name, entity, sqlite_where=PAST, postgresql_where=PAST)
    if time:
        op.create_index(f"ix_{name}_time", name, list(time), sqlite_where=CURRENT, postgresql_where=CURRENT)


def _create_facts() -> None:
    _facts(
        "action_item_seen",
        sa.Column("action_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("times_moved", sa.BigInteger(), nullable=False),
        sa.Column("objective_key", sa.Text(), nullable=False),
    )
    _facts(
        "agreement",
        sa.Column("agreement_key", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("annual_cost", sa.Float(), nullable=True),
        sa.Column("owner_role", sa.Text(), nullable=False),
    )
    _facts(
        "backup_run",
        sa.Column("system_key", sa.Text(), nullable=False),
        sa.Column("job_key", sa.Text(), nullable=False),
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("bytes_added", sa.BigInteger(), nullable=True),
        sa.Column("files_count", sa.BigInteger(), nullable=True),
        sa.Column("files_changed", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        time=(
            "source_key",
            "system_key",
            "job_key",
            "result",
            "ended_at",
        ),
    )
    _facts(
        "backup_verification",
        sa.Column("system_key", sa.Text(), nullable=False),
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.Column("depth", sa.Text(), nullable=False),
        sa.Column("verified_at", UtcDateTime(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        time=(
            "source_key",
            "system_key",
            "depth",
            "result",
            "verified_at",
        ),
    )
    _facts(
        "control_result",
        sa.Column("framework", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("collected_at", UtcDateTime(), nullable=False),
        sa.Column("effective_at", UtcDateTime(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("owner_role", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("waived_until", sa.Date(), nullable=True),
        sa.Column("tool_version", sa.Text(), nullable=False),
        sa.Column("evidence_sha256", sa.Text(), nullable=False),
    )
    _facts(
        "evidence_file",
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("modified_at", UtcDateTime(), nullable=False),
        sa.Column("collected_at", UtcDateTime(), nullable=False),
    )
    _facts(
        "incident",
        sa.Column("incident_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("discovered_at", UtcDateTime(), nullable=False),
        sa.Column("contained_at", UtcDateTime(), nullable=True),
        sa.Column("people_affected", sa.BigInteger(), nullable=True),
        sa.Column("released_on", sa.Date(), nullable=True),
        sa.Column("reader_roles", JsonText(), nullable=False),
    )
    _facts(
        "measurement",
        sa.Column("measure_key", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("period_start_on", sa.Date(), nullable=False),
        sa.Column("period_end_on", sa.Date(), nullable=False),
        sa.Column("numerator", sa.Float(), nullable=False),
        sa.Column("denominator", sa.Float(), nullable=True),
        sa.Column("people", sa.BigInteger(), nullable=True),
        sa.Column("as_of", UtcDateTime(), nullable=False),
        time=(
            "source_key",
            "measure_key",
            "scope",
            "period_end_on",
        ),
    )
    _facts(
        "meeting_minutes",
        sa.Column("team_key", sa.Text(), nullable=False),
        sa.Column("meeting_key", sa.Text(), nullable=False),
        sa.Column("held_at", UtcDateTime(), nullable=False),
        sa.Column("by_role", sa.Text(), nullable=False),
        sa.Column("attended", JsonText(), nullable=False),
        sa.Column("absent", JsonText(), nullable=False),
        sa.Column("visited_objectives", JsonText(), nullable=False),
        sa.Column("ideas", JsonText(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
    )
    _facts(
        "milestone_seen",
        sa.Column("milestone_key", sa.Text(), nullable=False),
        sa.Column("initiative_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=False),
    )
    _facts(
        "open_keys",
        sa.Column("counted_at", UtcDateTime(), nullable=False),
        sa.Column("ticket_keys", JsonText(), nullable=False),
    )
    _facts(
        "repository_state",
        sa.Column("repository_key", sa.Text(), nullable=False),
        sa.Column("system_key", sa.Text(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("reachable", sa.Boolean(), nullable=False),
        sa.Column("free_bytes", sa.BigInteger(), nullable=True),
        sa.Column("off_site", sa.Boolean(), nullable=True),
        sa.Column("immutable", sa.Boolean(), nullable=True),
        sa.Column("encrypted", sa.Boolean(), nullable=True),
        sa.Column("oldest_kept_at", UtcDateTime(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    _facts(
        "restore_test",
        sa.Column("system_key", sa.Text(), nullable=False),
        sa.Column("test_key", sa.Text(), nullable=False),
        sa.Column("tested_at", UtcDateTime(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("duration_seconds", sa.Float(), nullable=True),
        sa.Column("method", sa.Text(), nullable=False),
    )
    _facts(
        "section_note",
        sa.Column("team_key", sa.Text(), nullable=False),
        sa.Column("meeting_key", sa.Text(), nullable=False),
        sa.Column("line_key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_role", sa.Text(), nullable=False),
    )
    _facts(
        "service_window",
        sa.Column("service_key", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.Column("accounting_policy", sa.Text(), nullable=False),
        sa.Column("up_seconds", sa.Float(), nullable=True),
        sa.Column("down_seconds", sa.Float(), nullable=True),
        sa.Column("maintenance_seconds", sa.Float(), nullable=True),
        sa.Column("unknown_seconds", sa.Float(), nullable=True),
        sa.Column("up_ratio", sa.Float(), nullable=True),
        sa.Column("checks", sa.BigInteger(), nullable=True),
        sa.Column("last_seen_at", UtcDateTime(), nullable=True),
        time=("ended_at",),
    )
    _facts(
        "survey_counts",
        sa.Column("survey_key", sa.Text(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("question_key", sa.Text(), nullable=False),
        sa.Column("counts", JsonText(), nullable=False),
        sa.Column("no_answer", sa.BigInteger(), nullable=False),
        sa.Column("invited", sa.BigInteger(), nullable=True),
        sa.Column("fielded_on", sa.Date(), nullable=False),
    )
    _facts(
        "team_action",
        sa.Column("team_key", sa.Text(), nullable=False),
        sa.Column("action_key", sa.Text(), nullable=False),
        sa.Column("meeting_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("owner_role", sa.Text(), nullable=False),
        sa.Column("person_key", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("first_due_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("times_moved", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("objective_key", sa.Text(), nullable=False),
    )
    _facts(
        "team_decision",
        sa.Column("team_key", sa.Text(), nullable=False),
        sa.Column("decision_key", sa.Text(), nullable=False),
        sa.Column("meeting_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("options", JsonText(), nullable=False),
        sa.Column("recommendation", sa.Text(), nullable=False),
        sa.Column("cost", sa.Float(), nullable=True),
        sa.Column("security", sa.Boolean(), nullable=False),
        sa.Column("decider_role", sa.Text(), nullable=False),
        sa.Column("deadline_on", sa.Date(), nullable=True),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("objective_key", sa.Text(), nullable=False),
    )
    _facts(
        "ticket",
        sa.Column("ticket_key", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=True),
        sa.Column("first_response_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("status_raw", sa.Text(), nullable=False),
        sa.Column("priority_rank", sa.BigInteger(), nullable=True),
        sa.Column("priority_raw", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("support_tier", sa.Text(), nullable=False),
        sa.Column("due_first_response_at", UtcDateTime(), nullable=True),
        sa.Column("due_resolution_at", UtcDateTime(), nullable=True),
        sa.Column("sla_breached", sa.Boolean(), nullable=True),
        sa.Column("reopen_count", sa.BigInteger(), nullable=True),
        sa.Column("satisfaction_score", sa.Float(), nullable=True),
        sa.Column("satisfaction_scale_max", sa.Float(), nullable=True),
        sa.Column("merged_into_key", sa.Text(), nullable=False),
        time=(
            "resolved_at",
            "closed_at",
        ),
    )
    _facts(
        "ticket_event",
        sa.Column("ticket_key", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        time=("happened_at",),
    )
    _facts(
        "vendor_incident",
        sa.Column("incident_key", sa.Text(), nullable=False),
        sa.Column("service_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("impact", sa.Text(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=True),
        sa.Column("planned", sa.Boolean(), nullable=False),
        time=("resolved_at",),
    )


def _create_observations_and_sources() -> None:
    op.create_table(
        "key_map",
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("foreign_key", sa.Text(), nullable=False),
        sa.Column("our_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source_key", "kind", "foreign_key"),
    )
    op.create_table(
        "latency_hour",
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("hour_at", UtcDateTime(), nullable=False),
        sa.Column("service_key", sa.Text(), nullable=False),
        sa.Column("vantage", sa.Text(), nullable=False),
        sa.Column("buckets", JsonText(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total_seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("source_key", "hour_at", "service_key", "vantage"),
    )
    op.create_table(
        "ledger",
        sa.Column("flow", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("vantage", sa.Text(), nullable=False),
        sa.Column("team_key", sa.Text(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=False),
        sa.Column("completed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("flow", "slot", "vantage", "team_key"),
    )
    op.create_table(
        "observation_interval",
        sa.Column("id", Identity, nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("vantage", sa.Text(), nullable=False),
        sa.Column("service_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expected_interval_seconds", sa.Integer(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("is_tail", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("source_key", "vantage", "service_key", "first_at", name="ux_observation_interval_first"),
    )
    op.create_index("ix_observation_interval_first", "observation_interval", ["first_at"])
    op.create_index(
        "ux_observation_interval_tail",
        "observation_interval",
        ["source_key", "vantage", "service_key"],
        unique=True,
        sqlite_where=sa.text("is_tail"),
        postgresql_where=sa.text("is_tail"),
    )
    op.create_table(
        "source_read",
        sa.Column("id", Identity, nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("counts", JsonText(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_class", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_source_read_at", "source_read", ["source_key", "stream", "read_at"])
    op.create_table(
        "source_state",
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("attempted_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("completed_at", UtcDateTime(), nullable=True),
        sa.Column("state", JsonText(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("error_class", sa.Text(), nullable=False),
        sa.Column("counts", JsonText(), nullable=False),
        sa.PrimaryKeyConstraint("source_key", "stream"),
    )


def _create_packets() -> None:
    op.create_table(
        "assessment_run",
        sa.Column("id", Identity, nullable=False),
        sa.Column("team_key", sa.Text(), nullable=False),
        sa.Column("as_of", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("known_at", UtcDateTime(), nullable=False),
        sa.Column("district_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_assessment_run_recorded", "assessment_run", ["team_key", "recorded_at"])
    op.create_table(
        "district_version",
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("content_hash"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", Identity, nullable=False),
        sa.Column("message_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("team_key", sa.Text(), nullable=False),
        sa.Column("meeting_key", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("person_key", sa.Text(), nullable=False),
        sa.Column("resend_number", sa.Integer(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("address_expires_on", sa.Date(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("prepared_at", UtcDateTime(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("attempting_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("server_reply", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_key"),
    )
    op.create_index("ix_outbox_expiry", "outbox", ["address_expires_on"])
    op.create_index("ix_outbox_meeting", "outbox", ["team_key", "meeting_key"])
    op.create_index("ix_outbox_state", "outbox", ["state"])
    op.create_table(
        "indicator_result",
        sa.Column("run_id", Identity, nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("light", sa.Text(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("result", JsonText(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "indicator", "scope"),
        sa.ForeignKeyConstraint(["run_id"], ["assessment_run.id"]),
    )
    op.create_table(
        "packet",
        sa.Column("id", Identity, nullable=False),
        sa.Column("team_key", sa.Text(), nullable=False),
        sa.Column("meeting_key", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("composed_at", UtcDateTime(), nullable=False),
        sa.Column("as_of", UtcDateTime(), nullable=False),
        sa.Column("known_at", UtcDateTime(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("district_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["district_hash"], ["district_version.content_hash"]),
        sa.UniqueConstraint("team_key", "meeting_key", "stage", "revision", name="ux_packet_revision"),
    )
    op.create_table(
        "approval",
        sa.Column("id", Identity, nullable=False),
        sa.Column("packet_id", Identity, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.ForeignKeyConstraint(["packet_id"], ["packet.id"]),
    )
    op.create_index("ix_approval_packet", "approval", ["packet_id"])
