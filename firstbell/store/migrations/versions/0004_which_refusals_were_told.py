"""Keep which message told a person of a refused one, so that each refusal is told once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("reported_in", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("outbox", "reported_in")
