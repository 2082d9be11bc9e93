"""Looks become intervals: nothing lost, gaps stay gaps, order and repeats do not matter."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstbell.histogram import quantile_seconds
from firstbell.intervals import Window
from firstbell.kpi import Verdict
from firstbell.records import ControlResult, ObservationInterval, ServiceObservation, ServiceState
from firstbell.store.latency import latency_histogram
from firstbell.store.observations import save_observations
from firstbell.store.queries import facts_as_known, observation_intervals
from firstbell.store.session import Store

DAY = datetime(2026, 9, 1, 6, tzinfo=UTC)
UP, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN
NUMBERS = count()
LATER = DAY + timedelta(days=30)


def at(minutes: float) -> datetime:
    return DAY + timedelta(minutes=minutes)


def look(minutes: float, state: ServiceState = UP, service: str = "sis", **more: object) -> ServiceObservation:
    return ServiceObservation(
        service_key=service,
        observed_at=at(minutes),
        state=state,
        expected_interval_seconds=60,
        **more,  # type: ignore[arg-type]
    )


def save(store: Store, *looks: ServiceObservation, minute: float = 0, source: str = "probes") -> int:
    with store.begin() as connection:
        return save_observations(connection, source, looks, at(minute))


def intervals(store: Store, known_at: datetime = LATER, window: Window | None = None) -> list[ObservationInterval]:
    with store.read() as connection:
        return observation_intervals(connection, known_at=known_at, window=window)


def intervals_of(store: Store, service: str) -> list[ObservationInterval]:
    with store.read() as connection:
        return observation_intervals(connection, known_at=LATER, service_key=service)


def short(rows: list[ObservationInterval]) -> list[tuple[str, float, float, int]]:
    return [
        (row.state.value, (row.first_at - DAY).seconds / 60, (row.last_at - DAY).seconds / 60, row.count)
        for row in rows
    ]


def test_equal_looks_are_one_interval_and_a_gap_or_another_state_ends_it(store: Store) -> None:
    for minute, state in enumerate([UP, UP, UP, DOWN, DOWN, UP]):
        save(store, look(minute, state))
    save(store, look(6), look(7), look(9), look(10.4))
    assert short(intervals(store)) == [
        ("up", 0, 2, 3), ("down", 3, 4, 2), ("up", 5, 7, 3), ("up", 9, 10.4, 2),
    ]  # fmt: skip


def test_reason_vantage_and_service_are_kept_apart(store: Store) -> None:
    save(store, look(0, DOWN, reason="timeout"), look(0, service="mail"), look(0, vantage="oak"))
    save(store, look(1, DOWN, reason="status"), look(1, service="mail"), look(1, vantage="oak"))
    found = {(row.service_key, row.vantage, row.reason): row.count for row in intervals(store)}
    assert found == {
        ("mail", "here", ""): 2, ("sis", "here", "timeout"): 1, ("sis", "here", "status"): 1, ("sis", "oak", ""): 2,
    }  # fmt: skip


def test_a_repeated_round_changes_nothing(store: Store) -> None:
    rounds = [look(0, total_seconds=0.1), look(1, DOWN), look(2, total_seconds=0.2)]
    assert save(store, *rounds) == 3
    before = intervals(store)
    assert save(store, *rounds) == 0
    assert save(store, rounds[2]) == 0
    assert intervals(store) == before
    with store.read() as connection:
        assert latency_histogram(connection, "probes", "sis", DAY, LATER).count == 2


def test_a_late_look_splits_what_it_contradicts(store: Store) -> None:
    save(store, *(look(minute) for minute in (0, 1, 3, 4)))
    save(store, look(2, DOWN))
    assert short(intervals(store)) == [("up", 0, 1, 2), ("down", 2, 2, 1), ("up", 3, 4, 2)]
    save(store, look(5))
    assert short(intervals(store))[-1] == ("up", 3, 5, 3)


def test_a_late_look_closes_the_gap_it_fills(store: Store) -> None:
    save(store, look(0), look(1), look(3), look(4))
    assert len(intervals(store)) == 2
    save(store, look(2))
    assert short(intervals(store)) == [("up", 0, 4, 5)]


def test_of_two_looks_at_one_instant_the_worse_counts(store: Store) -> None:
    save(store, look(0), look(0, DOWN), look(0, UNKNOWN))
    save(store, look(1, DOWN))
    save(store, look(1))
    assert short(intervals(store)) == [("down", 0, 1, 2)]


def test_nothing_is_known_before_it_was_seen(store: Store) -> None:
    for minute in range(10):
        save(store, look(minute, UP if minute < 8 else DOWN), minute=minute)
    assert short(intervals(store, known_at=at(4.5))) == [("up", 0, 4.5, 5)]
    assert intervals(store, known_at=at(-1)) == []


def test_a_window_gets_what_overlaps_it_and_the_last_one_before(store: Store) -> None:
    save(store, look(0), look(1), look(10), look(11), look(20), look(30), look(0, service="mail"))
    found = intervals(store, window=Window(at(15), at(25)))
    assert [(row.service_key, row.first_at) for row in found] == [
        ("mail", at(0)), ("sis", at(10)), ("sis", at(20)),
    ]  # fmt: skip


def test_side_findings_become_versions(store: Store) -> None:
    control = ControlResult(
        framework="tls", edition="1", code="expiry", subject="sis", state=Verdict.OK, collected_at=DAY
    )
    save(store, look(0, controls=(control,)), look(1, controls=(control,)))
    with store.read() as connection:
        assert facts_as_known(connection, ControlResult, known_at=LATER) == [("probes", control)]


def test_latencies_are_counted_by_the_hour_and_failures_are_not(store: Store) -> None:
    save(store, *(look(minute, total_seconds=0.1) for minute in range(50)), look(50, DOWN, total_seconds=9.0))
    save(store, *(look(minute, total_seconds=2.0) for minute in range(51, 70)))
    with store.read() as connection:
        first = latency_histogram(connection, "probes", "sis", DAY, at(60))
        both = latency_histogram(connection, "probes", "sis", DAY, at(120))
    assert (first.count, both.count) == (59, 69)
    assert both.total_seconds == pytest.approx(50 * 0.1 + 19 * 2.0)
    assert quantile_seconds(both.buckets, 0.5) == pytest.approx(0.1, rel=0.2)
    assert quantile_seconds(both.buckets, 0.95) == pytest.approx(2.0, rel=0.2)
    assert quantile_seconds({}, 0.5) is None


LOOKS = st.dictionaries(
    st.integers(0, 14),
    st.tuples(st.sampled_from([UP, DOWN, UNKNOWN]), st.sampled_from(["", "timeout"])),
    min_size=1,
    max_size=12,
)


@settings(max_examples=100)
@given(LOOKS, st.randoms(use_true_random=False), st.integers(1, 5))
def test_order_and_repeats_do_not_matter(
    shared_store: Store, seen: dict[int, tuple[ServiceState, str]], chance: random.Random, size: int
) -> None:
    service = f"service-{next(NUMBERS)}"
    looks = [look(minute, state, service, reason=reason) for minute, (state, reason) in sorted(seen.items())]
    mixed = [*looks, *chance.choices(looks, k=4)]
    chance.shuffle(mixed)
    save(shared_store, *looks, source="probes")
    batches = [mixed[i : i + size] for i in range(0, len(mixed), size)]
    accepted = sum(save(shared_store, *batch, source="shuffled") for batch in batches)
    found = intervals_of(shared_store, service)
    straight = [row for row in found if row.source_key == "probes"]
    assert [replace(row, source_key="probes") for row in found if row.source_key == "shuffled"] == straight
    assert accepted == len(looks)


@settings(max_examples=100)
@given(LOOKS)
def test_intervals_hold_every_look_and_nothing_else(
    shared_store: Store, seen: dict[int, tuple[ServiceState, str]]
) -> None:
    service = f"service-{next(NUMBERS)}"
    for minute, (state, reason) in sorted(seen.items()):
        save(shared_store, look(minute, state, service, reason=reason))
    decoded = {}
    for row in intervals_of(shared_store, service):
        step = (row.last_at - row.first_at) / max(row.count - 1, 1)
        for number in range(row.count):
            decoded[row.first_at + step * number] = (row.state, row.reason)
    assert decoded == {at(minute): what for minute, what in seen.items()}
