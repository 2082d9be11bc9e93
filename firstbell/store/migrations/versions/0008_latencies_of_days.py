"""Keep the latencies of days that are over as one row each, added up from their hours."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from firstbell.store.types import JsonText, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "latency_day",
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("start_at", UtcDateTime(), nullable=False),
        sa.Column("service_key", sa.Text(), nullable=False),
        sa.Column("vantage", sa.Text(), nullable=False),
        sa.Column("end_at", UtcDateTime(), nullable=False),
        sa.Column("buckets", JsonText(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total_seconds", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("source_key", "start_at", "service_key", "vantage"),
    )


def downgrade() -> None:
    op.drop_table("latency_day")
