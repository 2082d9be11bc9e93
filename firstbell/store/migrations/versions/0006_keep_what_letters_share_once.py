"""Keep what letters share apart from the outbox and once, so that a change of state does not write it anew."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

LONG = 65_536
HEADERS_END = b"\r\n\r\n"
OUTBOX = sa.table(
    "outbox", sa.column("id", sa.Integer), sa.column("message", sa.LargeBinary), sa.column("body_hash", sa.Text)
)
BODY = sa.table("mail_body", sa.column("content_hash", sa.Text), sa.column("content", sa.LargeBinary))


def upgrade() -> None:
    op.create_table(
        "mail_body",
        sa.Column("content_hash", sa.Text(), primary_key=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.execute("ALTER TABLE outbox ADD COLUMN body_hash TEXT REFERENCES mail_body (content_hash)")
    op.create_index("ix_outbox_body", "outbox", ["body_hash"])
    connection = op.get_bind()
    long = sa.select(OUTBOX.c.id).where(sa.func.length(OUTBOX.c.message) > LONG)
    for number in connection.scalars(long).all():
        message = connection.scalars(sa.select(OUTBOX.c.message).where(OUTBOX.c.id == number)).one()
        headers, end, body = bytes(message).partition(HEADERS_END)
        if not body:
            continue
        key = hashlib.sha256(body).hexdigest()
        if connection.scalar(sa.select(BODY.c.content_hash).where(BODY.c.content_hash == key)) is None:
            connection.execute(sa.insert(BODY).values(content_hash=key, content=body))
        parted = sa.update(OUTBOX).where(OUTBOX.c.id == number)
        connection.execute(parted.values(message=headers + end, body_hash=key))


def downgrade() -> None:
    connection = op.get_bind()
    joined = OUTBOX.c.body_hash == BODY.c.content_hash
    for number in connection.scalars(sa.select(OUTBOX.c.id).where(OUTBOX.c.body_hash.is_not(None))).all():
        parts = sa.select(OUTBOX.c.message, BODY.c.content).join_from(OUTBOX, BODY, joined)
        message, body = connection.execute(parts.where(OUTBOX.c.id == number)).one()
        connection.execute(sa.update(OUTBOX).where(OUTBOX.c.id == number).values(message=message + body))
    op.drop_index("ix_outbox_body", "outbox")
    op.drop_column("outbox", "body_hash")
    op.drop_table("mail_body")
