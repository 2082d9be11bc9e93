"""Alembic's entry point. The connection comes from firstbell/store/schema.py; there is no alembic.ini."""

from __future__ import annotations

from alembic import context

from firstbell.store.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
