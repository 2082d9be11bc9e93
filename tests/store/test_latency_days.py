"""Days of latencies: added up from their hours, mended by late looks, and equal to what the hours say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select

from firstbell.histogram import Histogram
from firstbell.intervals import Window
from firstbell.records import ServiceObservation, ServiceState
from firstbell.store.latency import latency_histogram
from firstbell.store.latency_days import StoredLatencies, add_up_days
from firstbell.store.models import LatencyDayRow, LatencyHourRow
from firstbell.store.observations import save_observations
from firstbell.store.session import Store

CHICAGO = ZoneInfo("America/Chicago")
FIRST = datetime(2026, 10, 30, 5, tzinfo=UTC)
"""Midnight in Chicago; the clocks go back on the third day from here."""
NOW = FIRST + timedelta(days=5, hours=9)
WEEK = Window(FIRST, FIRST + timedelta(days=7, hours=1))


def look(hours: float, seconds: float = 0.05, service: str = "sis", vantage: str = "here") -> ServiceObservation:
    return ServiceObservation(
        service_key=service,
        observed_at=FIRST + timedelta(hours=hours),
        state=ServiceState.UP,
        expected_interval_seconds=60,
        vantage=vantage,
        total_seconds=seconds,
    )


def save(store: Store, looks: Sequence[ServiceObservation], source: str = "probes") -> None:
    with store.begin() as connection:
        save_observations(connection, source, looks, NOW)


def buckets(store: Store, window: Window = WEEK, service: str = "sis") -> dict[str, int]:
    with store.read() as connection:
        return dict(StoredLatencies(connection, window, preferred="probes")(service))


def days(store: Store) -> list[tuple[float, int]]:
    """Each day's length in hours and how many looks it holds."""
    with store.read() as connection:
        rows = connection.execute(select(LatencyDayRow).order_by(LatencyDayRow.start_at, LatencyDayRow.service_key))
        return [((row.end_at - row.start_at) / timedelta(hours=1), row.count) for row in rows]


def test_days_that_are_over_are_added_up_once_and_the_day_that_runs_is_not(store: Store) -> None:
    save(store, [look(hours, 0.02 + hours / 1000) for hours in (1, 2, 23.9, 24.1, 60, 125, 126)])
    before = buckets(store)
    assert add_up_days(store, CHICAGO, NOW) == 3
    assert days(store) == [(24, 3), (24, 1), (25, 1)]
    assert add_up_days(store, CHICAGO, NOW) == 0
    assert buckets(store) == before
    assert sum(before.values()) == 7


def test_what_a_day_holds_is_not_read_from_its_hours_again(store: Store) -> None:
    save(store, [look(1), look(130)])
    add_up_days(store, CHICAGO, NOW)
    with store.begin() as connection:
        connection.execute(delete(LatencyHourRow).where(LatencyHourRow.hour_at < FIRST + timedelta(days=1)))
    assert sum(buckets(store).values()) == 2


def test_a_window_that_cuts_a_day_is_read_by_hours(store: Store) -> None:
    save(store, [look(hours) for hours in (1, 2, 3, 25)])
    add_up_days(store, CHICAGO, NOW)
    assert sum(buckets(store, Window(FIRST + timedelta(hours=1.5), FIRST + timedelta(hours=26))).values()) == 3


def test_a_late_look_is_added_to_its_day_even_where_that_day_held_none_of_its_service(store: Store) -> None:
    save(store, [look(1), look(30)])
    add_up_days(store, CHICAGO, NOW)
    save(store, [look(2), look(3, service="mail"), look(1.5, vantage="oak")])
    assert sum(buckets(store).values()) == 4
    assert sum(buckets(store, service="mail").values()) == 1
    assert sorted(days(store)) == [(24, 1), (24, 1), (24, 1), (24, 2)]


def test_a_day_of_which_everything_came_late_is_added_up_then(store: Store) -> None:
    save(store, [look(1), look(80)])
    assert add_up_days(store, CHICAGO, NOW) == 2
    save(store, [look(30, 0.4)])
    assert sum(buckets(store).values()) == 3
    assert add_up_days(store, CHICAGO, NOW) == 1
    assert sum(buckets(store).values()) == 3


def test_our_own_looks_count_before_a_monitors(store: Store) -> None:
    save(store, [look(hour, 2.0) for hour in range(20)], source="kuma")
    assert sum(buckets(store).values()) == 20
    save(store, [look(1)])
    assert sum(buckets(store).values()) == 1
    assert buckets(store, service="nobody") == {}


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 130 * 60), st.floats(0.001, 20)), max_size=40), st.data())
def test_days_and_hours_say_what_the_looks_say(
    store: Store, seen: list[tuple[int, float]], data: st.DataObject
) -> None:
    """Whatever comes before and after the days are added up."""
    with store.begin() as connection:
        for name in ("observation_interval", "latency_hour", "latency_day"):
            connection.exec_driver_sql(f"DELETE FROM {name}")
    looks = [look(minute / 60, seconds) for minute, seconds in dict(seen).items()]
    cut = data.draw(st.integers(0, len(looks)))
    save(store, looks[:cut])
    add_up_days(store, CHICAGO, NOW)
    save(store, looks[cut:])
    truth = Histogram()
    for one in looks:
        truth.add(one.total_seconds or 0.0)
    with store.read() as connection:
        assert latency_histogram(connection, "probes", "sis", WEEK.start, WEEK.end).buckets == truth.buckets
    assert buckets(store) == truth.buckets
    add_up_days(store, CHICAGO, NOW)
    assert buckets(store) == truth.buckets


@pytest.mark.parametrize("looks", [0, 1])
def test_nothing_to_add_up(store: Store, looks: int) -> None:
    save(store, [look(130)] * looks)
    assert add_up_days(store, CHICAGO, NOW) == 0
    with store.read() as connection:
        assert connection.scalar(select(func.count()).select_from(LatencyDayRow)) == 0
