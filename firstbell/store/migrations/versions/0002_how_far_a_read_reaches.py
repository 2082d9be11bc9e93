"""Keep how far a completed read reaches, where that is not to its own time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from firstbell.store.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source_read", sa.Column("known_until", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("source_read", "known_until")
