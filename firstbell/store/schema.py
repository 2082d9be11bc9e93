"""The layout's version: bring a store up to date, and say whether it is."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from firstbell.store.errors import StoreError
from firstbell.store.models import metadata
from firstbell.store.session import Store

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(store: Store) -> None:
    """Bring the store to this version's layout; does nothing when it is there. Raises StoreError."""
    with store.begin() as connection:
        _refuse_newer(store, connection)
        command.upgrade(_config(connection), "head")


def downgrade(store: Store, revision: str = "base") -> None:
    """Take the layout back to a revision; `base` removes every table and all data."""
    with store.begin() as connection:
        command.downgrade(_config(connection), revision)


def check_schema(store: Store) -> str:
    """A sentence that the layout is right. Raises StoreError when it is older, newer or not what it should be."""
    with store.begin() as connection:
        current = _refuse_newer(store, connection)
        if current != _script().get_current_head():
            raise StoreError(f"The store {store.place} has an older layout; run `firstbell db upgrade`.")
        if drift(connection):
            raise StoreError(f"The store {store.place} was altered by hand; restore a backup or mend its tables.")
    return f"The store {store.place} is up to date (layout {current})."


def drift(connection: Connection) -> list[str]:
    """Differences between the tables as they are and as the code wants them; empty when there are none."""
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return [str(difference) for difference in compare_metadata(context, metadata)]


def _refuse_newer(store: Store, connection: Connection) -> str | None:
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in {script.revision for script in _script().walk_revisions()}:
        raise StoreError(f"The store {store.place} was written by a newer Firstbell; update this one.")
    return current


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
