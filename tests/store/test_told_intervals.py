"""What other monitors tell, again and again: kept once, mended by the newer word, known from its reading on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firstbell.intervals import Window
from firstbell.records import ObservationInterval, ServiceState
from firstbell.store.errors import StoreError
from firstbell.store.queries import observation_intervals
from firstbell.store.session import Store
from firstbell.store.told_intervals import take_intervals

DAY = datetime(2026, 9, 1, 6, tzinfo=UTC)
UP, DOWN = ServiceState.UP, ServiceState.DOWN
KEYS = count()


def at(minutes: float) -> datetime:
    return DAY + timedelta(minutes=minutes)


def stretch(first: float, last: float, state: ServiceState = UP, service: str = "sis") -> ObservationInterval:
    return ObservationInterval(
        service_key=service,
        source_key="kuma",
        vantage="monitor",
        state=state,
        first_at=at(first),
        last_at=at(last),
        count=int(last - first) + 1,
        expected_interval_seconds=60,
    )


def take(store: Store, *told: ObservationInterval, read_at: float) -> tuple[int, int, int]:
    with store.begin() as connection:
        counts = take_intervals(connection, "kuma", told, at(read_at))
    return counts.new, counts.changed, counts.unchanged


def known(store: Store, minute: float) -> list[tuple[str, float, float, int]]:
    with store.read() as connection:
        rows = observation_intervals(connection, known_at=at(minute))
    return [
        (
            row.state.value,
            (row.first_at - DAY).total_seconds() / 60,
            (row.last_at - DAY).total_seconds() / 60,
            row.count,
        )
        for row in rows
    ]


def test_the_same_reading_twice_writes_nothing_the_second_time(store: Store) -> None:
    told = (stretch(0, 10), stretch(11, 12, DOWN), stretch(13, 20))
    assert take(store, *told, read_at=21) == (3, 0, 0)
    assert take(store, *told, read_at=22) == (0, 0, 3)
    assert known(store, 30) == [("up", 0, 10, 11), ("down", 11, 12, 2), ("up", 13, 20, 8)]


def test_a_longer_reading_adds_only_what_is_new_and_known_only_since_then(store: Store) -> None:
    take(store, stretch(0, 10), read_at=11)
    assert take(store, stretch(5, 20), read_at=30) == (1, 0, 0)
    assert known(store, 30) == [("up", 0, 10, 11), ("up", 11, 20, 10)]
    assert known(store, 29) == [("up", 0, 10, 11)]


def test_what_a_monitor_forgot_stays_and_what_it_mends_is_mended(store: Store) -> None:
    take(store, stretch(0, 20), read_at=21)
    assert take(store, stretch(8, 12, DOWN), read_at=40) == (0, 1, 0)
    assert known(store, 50) == [("up", 0, 7, 8), ("down", 8, 12, 5), ("up", 13, 20, 8)]
    assert known(store, 39) == [("up", 0, 7, 8), ("up", 13, 20, 8)], "what is left is known as long as before"


def test_a_gap_between_readings_stays_a_gap(store: Store) -> None:
    take(store, stretch(0, 5), read_at=6)
    take(store, stretch(9, 12), read_at=13)
    assert known(store, 20) == [("up", 0, 5, 6), ("up", 9, 12, 4)]


def test_the_newest_interval_is_found_from_a_window_after_it(store: Store) -> None:
    take(store, stretch(0, 5), stretch(6, 9, DOWN), read_at=10)
    with store.read() as connection:
        (last,) = observation_intervals(connection, known_at=at(99), window=Window(at(50), at(60)))
    assert last.state is DOWN


def test_looks_ahead_of_their_reading_are_not_kept(store: Store) -> None:
    assert take(store, stretch(0, 300), stretch(400, 500, DOWN), read_at=100) == (1, 0, 0)
    assert known(store, 600) == [("up", 0, 104, 105)], "up to five minutes, by which clocks may differ"
    once = replace(stretch(0, 300, service="sso"), count=1)
    assert take(store, once, stretch(900, 901, service="lms"), read_at=100) == (1, 0, 0)
    assert known(store, 600)[-1] == ("up", 0, 105, 1)


def test_an_interval_that_ends_before_it_begins_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="sis ends before it begins"):
        take(store, replace(stretch(5, 6), last_at=at(1)), read_at=10)


STATES = st.lists(st.sampled_from([UP, DOWN]), min_size=3, max_size=30)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states=STATES, cut=st.integers(1, 29), overlap=st.integers(0, 10))
def test_two_overlapping_readings_know_every_look_once(
    store: Store, states: list[ServiceState], cut: int, overlap: int
) -> None:
    key = f"service {next(KEYS)}"
    cut = min(cut, len(states))
    parts = (0, cut), (max(0, cut - overlap), len(states))
    for start, end in parts:
        take(store, *_runs(states, start, end, key), read_at=100)
    with store.read() as connection:
        rows = observation_intervals(connection, known_at=at(200), service_key=key)
    looks = [
        (round((row.first_at - DAY).total_seconds() / 60) + look, row.state)
        for row in rows
        for look in range(row.count)
    ]
    assert looks == list(enumerate(states))


def _runs(states: list[ServiceState], start: int, end: int, service: str) -> list[ObservationInterval]:
    runs: list[ObservationInterval] = []
    for minute in range(start, end):
        if runs and runs[-1].state is states[minute]:
            runs[-1] = replace(runs[-1], last_at=at(minute), count=runs[-1].count + 1)
        else:
            runs.append(stretch(minute, minute, states[minute], service))
    return runs
