"""The report of services from the store: what was known then, late looks, edges, percentiles, on both engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firstbell.config.loaded import District
from firstbell.intervals import Window, local_day
from firstbell.knowledge import PROBES
from firstbell.metrics.uptime_result import ServiceResult
from firstbell.metrics.uptime_seconds import Seconds
from firstbell.periods import Period, PeriodKind, period_of
from firstbell.records import ObservationInterval, ServiceObservation, ServiceState
from firstbell.service_report import service_report
from firstbell.store.latency_days import add_up_days
from firstbell.store.observations import save_observations
from firstbell.store.queries import observation_intervals
from firstbell.store.service_looks import StoredLooks
from firstbell.store.session import Store
from firstbell.store.told_intervals import take_intervals
from tests.unit.config_folder import load, write_folder

UP, DOWN = ServiceState.UP, ServiceState.DOWN
SERVICES = """\
policies:
  - {name: district, valid_from: 2026-08-01, target: 0.99, stale_after_intervals: 1}
  - {name: district, valid_from: 2027-01-01, gaps: down, stale_after_intervals: 1, confirmation_failures: 1}
services:
  - {key: core, name: Core, probe: {kind: web, url: "http://core"}, needed: always}
  - {key: sis, name: Records, probe: {kind: web, url: "http://sis"}, needed: always, depends_on: [core]}
groups:
  - {key: both, name: Both, rule: any_down, members: [core, sis], needed: always}
"""
DAY = datetime(2026, 10, 5, 5, tzinfo=UTC)
"""Midnight in Chicago, of a Monday."""
LATER = DAY + timedelta(days=300)


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> District:
    return load(write_folder(tmp_path_factory.mktemp("district"), services=SERVICES))


def at(minutes: float) -> datetime:
    return DAY + timedelta(minutes=minutes)


def looks(
    first: int, last: int, state: ServiceState = UP, service: str = "sis", seconds: float | None = 0.05
) -> list[ServiceObservation]:
    """Looks at each ten minutes."""
    return [
        ServiceObservation(
            service_key=service,
            observed_at=at(minute),
            state=state,
            expected_interval_seconds=600,
            total_seconds=seconds if state is UP else None,
        )
        for minute in range(first, last, 10)
    ]


def save(store: Store, seen: Sequence[ServiceObservation], recorded_at: datetime = DAY) -> None:
    with store.begin() as connection:
        save_observations(connection, PROBES, seen, recorded_at)


def report(
    store: Store, district: District, over: Period | None = None, *, as_of: datetime = LATER, **more: object
) -> dict[str, ServiceResult]:
    over = over or day(district)
    with store.read() as connection:
        found = service_report(district, connection, over, as_of=as_of, **more)  # type: ignore[arg-type]
    return {one.key: one for one in found}


def day(district: District, on: date = date(2026, 10, 5)) -> Period:
    period = period_of(PeriodKind.DAY, on, district.calendar)
    assert period is not None
    return period


def test_services_and_groups_worst_first_with_causes_budgets_and_days(store: Store, district: District) -> None:
    save(store, [*looks(0, 600, service="core"), *looks(600, 660, DOWN, "core"), *looks(660, 1440, service="core")])
    save(store, [*looks(0, 600), *looks(600, 700, DOWN), *looks(700, 1440)])
    found = report(store, district, with_days=True)
    assert list(found) == ["both", "sis", "core"]
    sis = found["sis"]
    # A minute's margin around the core's outage belongs to it as well.
    assert (sis.seconds.down, sis.seconds.attributed) == (6000, {"core": 3660})
    assert (found["both"].members, found["both"].seconds.down) == (("core", "sis"), 6000)
    assert (sis.availability, sis.coverage) == (pytest.approx(1340 / 1440), 1)
    assert sis.budget is not None
    assert sis.budget.left_seconds == pytest.approx(864 - 6000)
    assert (sis.policy.name, sis.policy.valid_from, len(sis.policy.hash)) == ("district", date(2026, 8, 1), 12)
    assert [one.on for one in sis.days] == [date(2026, 10, 5)]
    assert sis.latency is not None
    assert (sis.latency.n, sis.latency.p99_seconds) == (134, None)


def test_a_past_period_under_the_rules_of_later_stands_beside_itself(store: Store, district: District) -> None:
    save(store, [*looks(0, 600), *looks(600, 610, DOWN), *looks(610, 1000), *looks(1100, 1440)])
    then, now = report(store, district)["sis"], report(store, district, under=date(2027, 2, 1))["sis"]
    assert (then.seconds.down, now.seconds.down) == (0, 600)
    assert then.availability == 1
    assert now.availability == pytest.approx((1440 - 100 - 10) / 1440)
    assert then.policy.hash != now.policy.hash


def test_a_period_over_a_change_of_policy_has_a_result_for_each_part(store: Store, district: District) -> None:
    """A fiscal year of which the new rules hold from the first of January on, in the district's zone."""
    cut = datetime(2027, 1, 1, 6, tzinfo=UTC)
    minutes = int((cut - DAY).total_seconds() // 60)
    save(
        store,
        [*looks(minutes - 600, minutes - 60), *looks(minutes - 60, minutes - 50, DOWN), *looks(minutes - 50, minutes)],
    )
    save(
        store,
        [*looks(minutes, minutes + 60), *looks(minutes + 60, minutes + 70, DOWN), *looks(minutes + 70, minutes + 600)],
    )
    over = Period(
        kind=PeriodKind.MEETINGS, name="turn", window=Window(cut - timedelta(hours=10), cut + timedelta(hours=10))
    )
    with store.read() as connection:
        found = service_report(district, connection, over, as_of=LATER)
        (whole,) = (
            one
            for one in service_report(district, connection, over, as_of=LATER, under=date(2027, 2, 1))
            if one.key == "sis"
        )
    old, new = sorted((one for one in found if one.key == "sis"), key=lambda one: one.over.start)
    assert (old.over.end, new.over.start) == (cut, cut)
    assert (old.policy.valid_from, new.policy.valid_from) == (date(2026, 8, 1), date(2027, 1, 1))
    # One failed look is no outage until two are asked for, and is one from then on.
    assert (old.seconds.down, new.seconds.down, whole.seconds.down) == (0, 600, 1200)


def test_each_part_of_a_month_tells_how_fast_its_own_days_were_answered(store: Store, tmp_path: Path) -> None:
    """The new rules hold from Wednesday, 7 October, on; the two days before were slow."""
    turned = SERVICES.replace("valid_from: 2027-01-01", "valid_from: 2026-10-07")
    district = load(write_folder(tmp_path / "turned", services=turned))
    save(store, [*looks(0, 2880, seconds=2.0), *looks(2880, 8 * 1440, seconds=0.02)])
    add_up_days(store, district.zone, at(8 * 1440))
    month = period_of(PeriodKind.MONTH, date(2026, 10, 5), district.calendar)
    assert month is not None
    with store.read() as connection:
        found = service_report(district, connection, month, as_of=LATER)
    parts = sorted((one for one in found if one.key == "sis"), key=lambda one: one.over.start)
    told = [(one.latency.n, one.latency.p50_seconds) for one in parts if one.latency is not None]
    assert told == [(288, pytest.approx(2.0, rel=0.2)), (6 * 144, pytest.approx(0.02, rel=0.2))]


def test_what_came_late_mends_its_hours_and_was_not_known_before(store: Store, district: District) -> None:
    save(store, [*looks(0, 300), *looks(420, 1440)], at(1440))
    before = report(store, district)["sis"]
    save(store, looks(300, 420, DOWN), at(3000))
    after = report(store, district)["sis"]
    assert (before.seconds.unknown, before.seconds.down) == (7200, 0)
    assert (after.seconds.unknown, after.seconds.down) == (0, 7200)
    assert report(store, district, known_at=at(2000))["sis"].seconds == before.seconds


def test_a_failure_at_midnight_is_judged_by_the_looks_beyond(store: Store, district: District) -> None:
    """The last look of Monday and the first one of Tuesday failed, for two reasons: one outage over both days."""
    monday, tuesday = (
        [replace(one, reason=why) for one in looks(first, first + 10, DOWN)]
        for first, why in ((1430, "timeout"), (1440, "status"))
    )
    save(store, [*looks(0, 1430), *monday, *tuesday, *looks(1450, 2880)])
    days = [report(store, district, day(district, date(2026, 10, number)))["sis"] for number in (5, 6)]
    assert [one.seconds.down for one in days] == [600, 600]
    assert [one.seconds.unknown for one in days] == [0, 0]


def test_an_open_period_ends_at_as_of_and_a_service_begins_with_its_first_look(
    store: Store, district: District
) -> None:
    save(store, looks(300, 1440))
    found = report(store, district, as_of=at(700))
    assert found["sis"].over == Window(at(300), at(700))
    assert (found["sis"].coverage, found["core"].seconds.unknown) == (1, 700 * 60)
    assert found["core"].refusal


def test_what_another_monitor_saw_is_in_no_figure(store: Store, district: District) -> None:
    """It saw all of the day, and an outage that we did not: neither our unknown nor our up time is its."""
    save(store, looks(600, 1440))
    told = ObservationInterval(
        service_key="sis",
        source_key="kuma",
        vantage="monitor",
        state=DOWN,
        first_at=at(-1440),
        last_at=at(1430),
        count=288,
        expected_interval_seconds=600,
    )
    with store.begin() as connection:
        take_intervals(connection, "kuma", [told], at(1440))
    found = report(store, district)["sis"]
    assert (found.over.start, found.seconds.down, found.availability) == (at(600), 0, 1)


def test_percentiles_of_a_month_come_from_days(store: Store, district: District) -> None:
    for number in range(8):
        save(store, looks(number * 1440, number * 1440 + 1440, seconds=0.02 if number else 3.0))
    add_up_days(store, district.zone, at(8 * 1440))
    month = period_of(PeriodKind.MONTH, date(2026, 10, 5), district.calendar)
    latency = report(store, district, month)["sis"].latency
    assert latency is not None
    assert latency.n == 8 * 144
    assert (latency.p50_seconds, latency.p95_seconds) == (pytest.approx(0.02, rel=0.2), pytest.approx(3.0, rel=0.2))


def test_looks_one_service_at_a_time_are_those_of_all_at_once(store: Store, district: District) -> None:
    save(store, [*looks(0, 600), *looks(600, 650, DOWN), *looks(650, 3000), *looks(0, 2000, service="core")])
    window = local_day(date(2026, 10, 6), district.zone)
    with store.read() as connection:
        one = StoredLooks(connection, PROBES, window=window, known_at=at(2500))
        everything = observation_intervals(connection, known_at=at(2500))
        assert one("sis") == [seen for seen in everything if seen.service_key == "sis" and seen.first_at > at(640)]
        assert one("core") == [seen for seen in everything if seen.service_key == "core"]
        assert one("nobody") == []
        assert one.since == {"sis": at(0), "core": at(0)}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from([UP, UP, UP, DOWN, None]), min_size=40, max_size=80),
    st.randoms(use_true_random=False),
)
def test_days_add_up_to_the_whole_however_the_looks_came(
    store: Store, district: District, states: list[ServiceState | None], chance: object
) -> None:
    """A look an hour over some days, some missing, handed over in any order and in pieces."""
    with store.begin() as connection:
        for name in ("observation_interval", "latency_hour", "latency_day"):
            connection.exec_driver_sql(f"DELETE FROM {name}")
    first = looks(0, 10)
    told = [look for hour, state in enumerate(states) if state for look in looks(60 * hour + 60, 60 * hour + 70, state)]
    shuffled = list(told)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    save(store, first)
    for piece in (shuffled[::2], shuffled[1::2]):
        save(store, piece)
    whole = Period(kind=PeriodKind.WEEK, name="week", window=Window(DAY, DAY + timedelta(days=4)))
    found = report(store, district, whole, with_days=True)["sis"]
    days = [report(store, district, day(district, date(2026, 10, number)))["sis"] for number in range(5, 9)]
    assert sum((one.seconds for one in days), Seconds()) == found.seconds
    assert sum((one.seconds for one in found.days), Seconds()) == found.seconds
