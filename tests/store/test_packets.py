"""Packets are frozen, what was said to them is kept, and earlier results are found again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from firstbell.intervals import Window
from firstbell.store.assessments import IndicatorResult, previous_results, save_assessment
from firstbell.store.errors import StoreError
from firstbell.store.models import ApprovalState, PacketRow
from firstbell.store.packets import (
    approvals,
    latest_packet,
    packet_revision,
    packets_between,
    previous_packet,
    save_approval,
    save_packet,
)
from firstbell.store.queries import district_version
from firstbell.store.save import save_district
from firstbell.store.session import Store

DAY = datetime(2026, 9, 1, 6, tzinfo=UTC)


def freeze(store: Store, snapshot: str, meeting: str = "m1", days: int = 0, revision: int | None = None) -> PacketRow:
    moment = DAY + timedelta(days=days)
    with store.begin() as connection:
        return save_packet(
            connection,
            team_key="et",
            meeting_key=meeting,
            stage="final",
            snapshot=snapshot,
            composed_at=moment,
            as_of=moment,
            known_at=moment,
            district_hash=save_district(connection, '{"name":"x"}', moment),
            revision=revision,
        )


def test_a_packet_stays_as_it_was_frozen(store: Store) -> None:
    text = '{"b": 1,  "a": "é\u202e🎒"}'
    first = freeze(store, text, revision=1)
    assert freeze(store, "{}", revision=1) == first
    assert (first.snapshot, first.revision, first.as_of) == (text, 1, DAY)
    assert freeze(store, "{}", days=1).revision == 2
    with store.read() as connection:
        assert packet_revision(connection, "et", "m1", "final", 1) == first
        newest, then = latest_packet(connection, "et", "m1"), latest_packet(connection, "et", "m1", "final", DAY)
        assert newest is not None
        assert (newest.revision, then) == (2, first)
        assert latest_packet(connection, "other", "m1") is None


def test_a_years_packets_come_in_order_each_meeting_once(store: Store) -> None:
    freeze(store, "{}", meeting="before", days=-1)
    freeze(store, '{"late":1}', meeting="m2", days=9)
    freeze(store, "{}", meeting="m1", days=0)
    freeze(store, '{"again":1}', meeting="m1", days=2)
    freeze(store, "{}", meeting="after", days=10)
    window = Window(DAY, DAY + timedelta(days=10))
    with store.read() as connection:
        found = packets_between(connection, "et", "final", window)
        assert [(row.meeting_key, row.snapshot) for row in found] == [("m1", '{"again":1}'), ("m2", '{"late":1}')]
        assert packets_between(connection, "et", "draft", window) == []
        assert packets_between(connection, "other", "final", window) == []


def test_the_previous_packet_is_another_meetings_last(store: Store) -> None:
    freeze(store, "{}")
    last = freeze(store, '{"last":1}', days=2)
    freeze(store, "{}", meeting="m2", days=30)
    with store.read() as connection:
        assert previous_packet(connection, "et", "m2", "final", DAY + timedelta(days=31)) == last
        assert previous_packet(connection, "et", "m1", "final", DAY + timedelta(days=3)) is None


def test_every_word_on_a_packet_is_kept(store: Store) -> None:
    packet = freeze(store, "{}")
    with store.begin() as connection:
        save_approval(connection, packet.id, ApprovalState.WAITING, "firstbell", DAY)
        save_approval(connection, packet.id, ApprovalState.HELD, "team_leader", DAY, "numbers of Oak are wrong")
    with store.read() as connection:
        assert [(one.state, one.note) for one in approvals(connection, packet.id)] == [
            ("waiting", ""),
            ("held", "numbers of Oak are wrong"),
        ]
    with pytest.raises(StoreError, match="no packet 999"), store.begin() as connection:
        save_approval(connection, 999, ApprovalState.APPROVED, "team_leader", DAY)


def test_the_district_folder_is_kept_once_for_each_content(store: Store) -> None:
    with store.begin() as connection:
        first = save_district(connection, '{"a":1}', DAY)
        assert save_district(connection, '{"a":1}', DAY + timedelta(days=1)) == first
        assert save_district(connection, '{"a":2}', DAY) != first
        row = district_version(connection, first)
    assert row is not None
    assert (row.content, row.first_seen_at, row.last_seen_at) == ('{"a":1}', DAY, DAY + timedelta(days=1))


def assess(store: Store, days: int, light: str, late_by: int = 0) -> None:
    moment = DAY + timedelta(days=days)
    result = IndicatorResult(indicator="IP-01", scope="district", light=light, value=None, result={"n": 3})
    with store.begin() as connection:
        save_assessment(
            connection,
            team_key="et",
            as_of=moment,
            known_at=moment,
            recorded_at=moment + timedelta(days=late_by),
            district_hash="x",
            results=[result],
        )


def test_the_previous_light_is_the_one_known_then(store: Store) -> None:
    assess(store, 1, "MET")
    assess(store, 2, "MISSED", late_by=10)
    assess(store, 5, "CLOSE")

    def light(before: int, known: int) -> list[str]:
        moments = {"before": DAY + timedelta(days=before), "known_at": DAY + timedelta(days=known)}
        with store.read() as connection:
            return [row.light for row in previous_results(connection, "et", **moments).values()]

    assert light(5, 5) == ["MET"]
    assert light(5, 20) == ["MISSED"]
    assert light(9, 9) == ["CLOSE"]
    assert light(1, 9) == []
