"""Keep since when a letter is put off by the mail server, and when it is tried next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from firstbell.store.types import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("deferred_at", UtcDateTime(), nullable=True))
    op.add_column("outbox", sa.Column("next_try_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("outbox", "next_try_at")
    op.drop_column("outbox", "deferred_at")
