"""What stands now and when it was first told: what somebody who changes a fact of ours has to know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import Connection, func, select

from firstbell.records import TEAM_SOURCE, Record
from firstbell.store.models import FACTS
from firstbell.store.queries import facts_as_known

R = TypeVar("R", bound=Record)
END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)


def current_team_facts(connection: Connection, record_type: type[R]) -> list[R]:
    """Our own facts of a type as they stand, whatever the clock says: the base of a change."""
    rows = facts_as_known(connection, record_type, known_at=END_OF_TIME, source_key=TEAM_SOURCE)
    return [record for _, record in rows]


def first_recorded_at(connection: Connection, record_type: type[Record], entity_key: str) -> datetime | None:
    """When one of our own facts was first written down; None when it never was."""
    columns = FACTS.of(record_type).table.c
    mine = (columns.source_key == TEAM_SOURCE, columns.entity_key == entity_key)
    found: datetime | None = connection.scalar(select(func.min(columns.recorded_at)).where(*mine))
    return found


def versions_of(connection: Connection, record_type: type[R], entity_key: str) -> list[tuple[datetime, R]]:
    """Every version of one of our own facts with the moment it was written down, in that order."""
    fact = FACTS.of(record_type)
    columns = fact.table.c
    mine = (columns.source_key == TEAM_SOURCE, columns.entity_key == entity_key)
    wanted = select(columns.recorded_at, *(columns[shape.name] for shape in fact.shapes)).where(*mine)
    rows = connection.execute(wanted.order_by(columns.recorded_at, columns.id))
    return [(row.recorded_at, fact.decode(row)) for row in rows]
