"""The migrations make exactly the tables that the code wants, on both engines, and can be taken back."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, text

from firstbell.store.errors import StoreError
from firstbell.store.models import metadata
from firstbell.store.schema import check_schema, downgrade, drift, upgrade
from firstbell.store.session import Store


def test_the_migrated_store_is_what_the_code_wants(store: Store) -> None:
    with store.begin() as connection:
        assert drift(connection) == []
    assert "up to date" in check_schema(store)


def test_down_takes_everything_away_and_up_brings_it_back(store: Store) -> None:
    downgrade(store)
    with store.read() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    with pytest.raises(StoreError, match="firstbell db upgrade"):
        check_schema(store)
    upgrade(store)
    upgrade(store)
    with store.read() as connection:
        assert set(inspect(connection).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_a_store_altered_by_hand_is_noticed(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(text("ALTER TABLE ticket DROP COLUMN satisfaction_score"))
    with pytest.raises(StoreError, match="altered by hand"):
        check_schema(store)


def test_a_newer_layout_is_refused(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for action in (check_schema, upgrade):
        with pytest.raises(StoreError, match="newer Firstbell"):
            action(store)
