"""Run-length history from elsewhere: kept as it is, known from its own time on, and gone on with by live looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from firstbell.records import ObservationInterval, ServiceObservation, ServiceState
from firstbell.store.errors import StoreError
from firstbell.store.interval_history import save_intervals
from firstbell.store.observations import save_observations
from firstbell.store.queries import observation_intervals
from firstbell.store.session import Store

DAY = datetime(2026, 9, 1, 6, tzinfo=UTC)
UP, DOWN = ServiceState.UP, ServiceState.DOWN


def at(minutes: float) -> datetime:
    return DAY + timedelta(minutes=minutes)


def stretch(first: float, last: float, state: ServiceState = UP, service: str = "sis") -> ObservationInterval:
    return ObservationInterval(
        service_key=service,
        source_key="probes",
        vantage="here",
        state=state,
        first_at=at(first),
        last_at=at(last),
        count=int(last - first) + 1,
        expected_interval_seconds=60,
    )


def known(store: Store, minute: float) -> list[tuple[str, float, int]]:
    with store.read() as connection:
        rows = observation_intervals(connection, known_at=at(minute))
    return [(row.state.value, (row.last_at - DAY).total_seconds() / 60, row.count) for row in rows]


def keep(store: Store, *rows: ObservationInterval, recorded_at: datetime | None = None) -> int:
    with store.begin() as connection:
        return save_intervals(connection, "probes", rows, recorded_at)


def test_history_is_known_from_its_own_time_on(store: Store) -> None:
    assert keep(store, stretch(20, 30), stretch(0, 10), stretch(11, 19, DOWN)) == 3
    assert known(store, 5) == [("up", 5, 6)]
    assert known(store, 60) == [("up", 10, 11), ("down", 19, 9), ("up", 30, 11)]


def test_history_recorded_later_is_not_known_before(store: Store) -> None:
    keep(store, stretch(0, 10), recorded_at=at(40))
    assert known(store, 30) == []
    assert known(store, 40) == [("up", 10, 11)]


def test_an_interval_that_ends_before_it_begins_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="sis has an interval that ends before it begins"):
        keep(store, stretch(0, 10), replace(stretch(20, 30), last_at=at(19)))
    assert known(store, 60) == []


def test_live_looks_go_on_where_history_ends(store: Store) -> None:
    keep(store, stretch(0, 10), stretch(11, 20, DOWN))
    look = ServiceObservation(service_key="sis", observed_at=at(21), state=DOWN, expected_interval_seconds=60)
    with store.begin() as connection:
        save_observations(connection, "probes", [look], at(21))
    assert known(store, 60) == [("up", 10, 11), ("down", 21, 11)]


def test_more_history_is_appended(store: Store) -> None:
    keep(store, stretch(0, 10), stretch(0, 10, service="mail"))
    keep(store, stretch(11, 20, DOWN))
    assert known(store, 60) == [("up", 10, 11), ("up", 10, 11), ("down", 20, 10)]


def test_no_history_is_no_row(store: Store) -> None:
    assert keep(store) == 0


@pytest.mark.parametrize("woven", [(stretch(5, 8),), (stretch(10, 12),), (stretch(20, 30), stretch(25, 40))])
def test_history_is_never_woven_in(store: Store, woven: tuple[ObservationInterval, ...]) -> None:
    keep(store, stretch(0, 10))
    with pytest.raises(StoreError, match="sis overlaps"):
        keep(store, *woven)
    assert known(store, 60) == [("up", 10, 11)]
