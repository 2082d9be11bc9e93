"""Keep what people want on an agenda, and which mails were taken in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from firstbell.store.types import Identity, UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

CURRENT, PAST = sa.text("superseded_at IS NULL"), sa.text("superseded_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "agenda_item",
        sa.Column("id", Identity, primary_key=True, autoincrement=True),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("entity_key", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("superseded_at", UtcDateTime(), nullable=True),
        sa.Column("team_key", sa.Text(), nullable=False),
        sa.Column("item_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by_role", sa.Text(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("meeting_key", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
    )
    entity = ["source_key", "entity_key"]
    _index("ux_agenda_item_current", entity, CURRENT, unique=True)
    _index("ix_agenda_item_past", ["superseded_at"], PAST)
    _index("ix_agenda_item_past_entity", entity, PAST)
    op.create_table(
        "received_mail",
        sa.Column("identity", sa.Text(), primary_key=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("team_key", sa.Text(), nullable=False),
        sa.Column("person_key", sa.Text(), nullable=False),
    )
    op.create_index("ix_received_mail_at", "received_mail", ["received_at"])
    op.create_index("ix_outbox_message_id", "outbox", ["message_id"])


def _index(name: str, columns: list[str], where: sa.TextClause, *, unique: bool = False) -> None:
    op.create_index(name, "agenda_item", columns, unique=unique, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_outbox_message_id", "outbox")
    op.drop_table("received_mail")
    op.drop_table("agenda_item")
