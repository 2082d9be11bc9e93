"""Packets, frozen as they were composed, and what people said to them."""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, insert, select

from firstbell.intervals import Window
from firstbell.store.errors import StoreError
from firstbell.store.models import ApprovalRow, ApprovalState, PacketRow
from firstbell.store.save import upsert


def save_packet(
    connection: Connection,
    *,
    team_key: str,
    meeting_key: str,
    stage: str,
    snapshot: str,
    composed_at: datetime,
    as_of: datetime,
    known_at: datetime,
    district_hash: str,
    revision: int | None = None,
) -> PacketRow:
    """Freeze a packet and return it. Without `revision` it becomes the next one of its meeting and stage.

    A given revision that exists already is returned as it was frozen, whatever the new snapshot says: a run that
    comes second loads the first one's. The snapshot is kept byte for byte.
    """
    if revision is None:
        newest = latest_packet(connection, team_key, meeting_key, stage)
        revision = 1 if newest is None else newest.revision + 1
    statement = upsert(connection, PacketRow).values(
        team_key=team_key,
        meeting_key=meeting_key,
        stage=stage,
        revision=revision,
        composed_at=composed_at,
        as_of=as_of,
        known_at=known_at,
        snapshot=snapshot,
        content_hash=hashlib.sha256(snapshot.encode()).hexdigest(),
        district_hash=district_hash,
    )
    connection.execute(
        statement.on_conflict_do_nothing(index_elements=["team_key", "meeting_key", "stage", "revision"])
    )
    packet = packet_revision(connection, team_key, meeting_key, stage, revision)
    assert packet is not None
    return packet


def packet_revision(
    connection: Connection, team_key: str, meeting_key: str, stage: str, revision: int
) -> PacketRow | None:
    """One frozen packet."""
    return _first(
        connection,
        PacketRow.team_key == team_key,
        PacketRow.meeting_key == meeting_key,
        PacketRow.stage == stage,
        PacketRow.revision == revision,
    )


def latest_packet(
    connection: Connection, team_key: str, meeting_key: str, stage: str | None = None, known_at: datetime | None = None
) -> PacketRow | None:
    """The newest packet of a meeting, of any stage where none is named, composed by `known_at` where that is given."""
    conditions = [PacketRow.team_key == team_key, PacketRow.meeting_key == meeting_key]
    if stage is not None:
        conditions.append(PacketRow.stage == stage)
    if known_at is not None:
        conditions.append(PacketRow.composed_at <= known_at)
    return _first(connection, *conditions)


def previous_packet(
    connection: Connection, team_key: str, meeting_key: str, stage: str, before: datetime
) -> PacketRow | None:
    """The newest packet of that stage of another meeting of the team, composed before a moment: what was printed."""
    return _first(
        connection,
        PacketRow.team_key == team_key,
        PacketRow.meeting_key != meeting_key,
        PacketRow.stage == stage,
        PacketRow.composed_at < before,
    )


def packets_between(connection: Connection, team_key: str, stage: str, window: Window) -> list[PacketRow]:
    """A team's packets of a stage whose facts end within a window, in order; of each meeting the newest revision."""
    order = (PacketRow.as_of, PacketRow.composed_at, PacketRow.revision, PacketRow.id)
    statement = select(PacketRow).where(
        PacketRow.team_key == team_key,
        PacketRow.stage == stage,
        PacketRow.as_of >= window.start,
        PacketRow.as_of < window.end,
    )
    found = [PacketRow(**row._mapping) for row in connection.execute(statement.order_by(*order))]
    newest = {row.meeting_key: row.id for row in found}
    return [row for row in found if newest[row.meeting_key] == row.id]


def meetings_with_packets(connection: Connection, team_key: str) -> set[str]:
    """The keys of the meetings for which a team has packets, of any stage."""
    return set(connection.scalars(select(PacketRow.meeting_key).where(PacketRow.team_key == team_key).distinct()))


def _first(connection: Connection, *conditions: ColumnElement[bool]) -> PacketRow | None:
    newest = (PacketRow.composed_at.desc(), PacketRow.revision.desc(), PacketRow.id.desc())
    row = connection.execute(select(PacketRow).where(*conditions).order_by(*newest).limit(1)).first()
    return None if row is None else PacketRow(**row._mapping)


def save_approval(
    connection: Connection, packet_id: int, state: ApprovalState, by: str, at: datetime, note: str = ""
) -> None:
    """Add a word on a packet; earlier ones stay. Raises StoreError for a packet that does not exist."""
    if connection.scalar(select(func.count()).where(PacketRow.id == packet_id)) != 1:
        raise StoreError(f"There is no packet {packet_id} to review; list them with `firstbell review`.")
    connection.execute(insert(ApprovalRow).values(packet_id=packet_id, state=state.value, by=by, at=at, note=note))


def approvals(connection: Connection, packet_id: int) -> list[ApprovalRow]:
    """All that was said to a packet, oldest first; the last one counts."""
    statement = select(ApprovalRow).where(ApprovalRow.packet_id == packet_id).order_by(ApprovalRow.id)
    return [ApprovalRow(**row._mapping) for row in connection.execute(statement)]
