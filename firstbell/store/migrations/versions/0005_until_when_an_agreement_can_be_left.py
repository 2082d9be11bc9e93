"""Keep the last day on which notice of an agreement can be given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("agreement", sa.Column("notice_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("agreement", "notice_on")
