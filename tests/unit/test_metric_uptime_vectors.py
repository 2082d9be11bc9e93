"""The vectors that service-level accounting is judged by, each under the number of its rule.

The rules are those that availability tools get wrong or leave out: weighting, gaps, maintenance, hours, retries, grace,
calendar, edges, aggregation, flapping, dependencies, rounding, latency, degradation, vendors, budgets.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from firstbell.calendar import SchoolCalendar, SchoolYear
from firstbell.intervals import Window, total_seconds
from firstbell.metrics.uptime_accounting import error_budget, percentage
from firstbell.metrics.uptime_latency import latency_figures
from firstbell.metrics.uptime_seconds import Seconds
from firstbell.metrics.uptime_services import GroupRule, ServiceGroup, WatchedService
from firstbell.metrics.uptime_timeline import any_failure_seconds, timeline
from firstbell.metrics.uptime_vendor import vendor_view
from firstbell.periods import PeriodKind, period_of
from firstbell.policies import GapRule, SlaPolicy
from firstbell.records import ObservationInterval, VendorIncident
from tests.unit.uptime_samples import (
    CALENDAR,
    DAY,
    DEGRADED,
    DOWN,
    EXACT,
    START,
    UP,
    at,
    day_with,
    period,
    result,
    results,
    seen,
)

ZONES = ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix"]


def test_01_ten_minutes_of_a_day_weigh_by_time_and_not_by_beats() -> None:
    """A monitor that beats faster while it retries counts 1430 of 1442 beats, 99.168 %; the day was 99.306 % up."""
    looks = [seen(UP, 0, 599), *(replace(seen(DOWN, 600, 600), count=4),), seen(DOWN, 601, 609), seen(UP, 610, 1439)]
    found = result(looks)
    assert (found.seconds.up, found.seconds.down) == (1430 * 60, 10 * 60)
    assert found.availability == pytest.approx(1430 / 1440)
    assert percentage(found.availability or 0, 3) == "99.305"


@pytest.mark.parametrize(
    ("rule", "expected"), [(GapRule.EXCLUDE, 0.99), (GapRule.DOWN, 0.9625), (GapRule.UP, 0.9902777)]
)
def test_02_forty_looks_missing_under_three_rules(rule: GapRule, expected: float) -> None:
    looks = [seen(UP, 0, 499), seen(DOWN, 500, 513), seen(UP, 514, 999), seen(UP, 1040, 1439)]
    found = result(looks, replace(EXACT, gap_rule=rule))
    assert found.availability == pytest.approx(expected, abs=1e-6)
    assert found.coverage == pytest.approx(0.97222, abs=5e-6)
    assert found.seconds.unknown == 2400


def test_02_below_the_floor_of_coverage_there_is_no_percentage_and_no_zero() -> None:
    found = result([seen(UP, 0, 99)])
    assert (found.availability, found.own_availability, found.budget) == (None, None, None)
    assert found.refusal == "Only 7% of the time was watched; 50% is the least for a figure."
    assert result([]).availability is None


def test_03_planned_work_splits_an_outage_overlaps_count_once_and_an_overrun_counts() -> None:
    planned = (Window(at(120), at(140)), Window(at(130), at(150)))
    found = result(day_with((100, 200)), maintenance=planned)
    assert found.seconds.down == (20 + 50) * 60
    assert (found.seconds.maintenance, found.seconds.down_in_maintenance) == (30 * 60, 30 * 60)
    assert found.availability == pytest.approx(1340 / 1410)
    assert [one.window for one in found.outages.episodes] == [Window(at(100), at(120)), Window(at(150), at(200))]


def test_03_work_that_went_well_is_maintenance_all_the_same_and_was_not_down() -> None:
    found = result(day_with(), maintenance=(Window(at(120), at(150)),))
    assert (found.seconds.maintenance, found.seconds.down_in_maintenance, found.availability) == (1800, 0, 1)


def test_04_only_the_agreed_hours_count_and_the_whole_day_stands_beside() -> None:
    """Down from 07:00 to 09:00 of a day of class from 08:00 to 15:00."""
    found = result(day_with((420, 540)), agreed_hours="school")
    assert (found.seconds.down, found.seconds.total) == (3600, 7 * 3600)
    assert (found.always.down, found.always.total) == (7200, 86400)
    assert (found.outages.count, found.outages.longest_seconds) == (1, 3600)
    assert result(day_with((60, 120)), agreed_hours="school").outages.count == 0


def test_04_an_outage_over_a_night_is_one_outage_of_the_hours_of_both_days() -> None:
    two = period(Window(START, at(2880)))
    looks = [seen(UP, 0, 839), seen(DOWN, 840, 1979), seen(UP, 1980, 2879)]
    found = result(looks, over=two, agreed_hours="school")
    assert (found.outages.count, found.outages.longest_seconds, found.seconds.down) == (1, 7200, 7200)


@pytest.mark.parametrize(
    ("hours", "day", "expected"),
    [
        ("school", date(2026, 10, 5), 7),
        ("school", date(2026, 10, 7), 4),  # early release
        ("school", date(2026, 11, 26), 0),
        ("testing", date(2026, 10, 5), 2),
        ("testing", date(2026, 10, 6), 7),  # the hours of class, where none are named
        ("testing", date(2026, 10, 7), 4),
        ("testing", date(2026, 10, 3), 0),  # a Saturday within the window
        ("breaks", date(2026, 11, 26), 24),
        ("breaks", date(2026, 10, 5), 0),
        ("breaks", date(2026, 7, 4), 0),  # no break: no school year
        ("service", date(2026, 10, 5), 11),
        ("other", date(2026, 10, 5), 17),
        ("all", date(2026, 7, 4), 24),
    ],
)
def test_04_hours_of_the_school_calendar(hours: str, day: date, expected: float) -> None:
    of_day = period_of(PeriodKind.DAY, day, CALENDAR)
    assert of_day is not None
    assert total_seconds(CALENDAR.hours(hours, of_day.window)) == expected * 3600


def test_05_retries_confirmed_time_is_back_dated_and_any_failure_stands_beside() -> None:
    looks = [seen(UP, 0, 99), seen(DOWN, 100, 104), seen(UP, 105, 199), seen(DOWN, 200, 200), seen(UP, 201, 1439)]
    policy = replace(EXACT, confirmation_failures=3)
    found = result(looks, policy)
    assert [one.window.start for one in found.outages.episodes] == [at(100)]
    assert found.seconds.down == 300
    assert any_failure_seconds(looks, DAY, policy) == 360


def test_06_a_missed_heartbeat_counts_from_when_it_was_due_and_grace_is_not_given() -> None:
    """Beats at each full hour until ten; the one of eleven does not come. The policy takes silence for down."""
    beats = ObservationInterval(
        service_key="sis",
        source_key="heartbeat",
        vantage="here",
        state=UP,
        first_at=at(0),
        last_at=at(600),
        count=11,
        expected_interval_seconds=3600,
    )
    policy = replace(EXACT, gap_rule=GapRule.DOWN, minimum_coverage_ratio=0)
    found = result([beats], policy)
    assert found.availability == pytest.approx(660 / 1440)


@pytest.mark.parametrize("zone", ZONES)
def test_07_months_have_the_hours_that_clocks_give_them(zone: str) -> None:
    calendar = SchoolCalendar(zone=ZoneInfo(zone), years=())
    hours = {}
    for month in (2, 3, 11):
        found = period_of(PeriodKind.MONTH, date(2026, month, 17), calendar)
        assert found is not None
        hours[month] = found.window.seconds / 3600
    turns = 0 if zone == "America/Phoenix" else 1
    assert hours == {2: 672, 3: 744 - turns, 11: 720 + turns}


def test_08_edges_clip_an_open_outage_ends_at_as_of_and_a_month_that_runs_too() -> None:
    looks = [seen(DOWN, -30, 29), seen(UP, 30, 599), seen(DOWN, 600, 719)]
    (found,) = results([WatchedService(service_key="sis", policy=EXACT)], {"sis": looks}, as_of=at(720)).values()
    assert found.over == Window(at(0), at(720))
    assert (found.seconds.total, found.seconds.down) == (720 * 60, 150 * 60)
    assert [one.open for one in found.outages.episodes] == [False, True]
    assert found.outages.mean_time_to_repair_seconds == 30 * 60


def test_08_a_service_that_began_in_the_period_starts_there() -> None:
    found = result([seen(UP, 720, 1439)], since=at(720))
    assert (found.over, found.coverage) == (Window(at(720), at(1440)), 1)


def test_08_what_is_paused_is_neither_up_nor_down() -> None:
    found = result([seen(UP, 0, 899)])
    assert (found.seconds.up, found.seconds.down, found.seconds.unknown) == (54000, 0, 32400)


def test_09_a_group_by_each_rule() -> None:
    """Two links down from 100 to 160 and from 130 to 190: both for thirty minutes, any for ninety."""
    looks = {"a": day_with((100, 160), service="a"), "b": day_with((130, 190), service="b")}
    pupils = {"a": 300, "b": 100}
    services = [WatchedService(service_key=key, policy=EXACT, students=pupils[key]) for key in looks]
    groups = [ServiceGroup(group_key=rule, rule=rule, members=("a", "b"), policy=EXACT) for rule in GroupRule]
    looks["b"] += [seen(DOWN, 1440, 1500, service="b")]
    found = results(services, looks, groups=groups)
    assert {rule: found[rule].seconds.down / 60 for rule in GroupRule} == {
        GroupRule.ALL_DOWN: 30,
        GroupRule.ANY_DOWN: 90,
        GroupRule.WORST: 60,
        GroupRule.WEIGHTED: (300 * 60 + 100 * 60) / 400,
    }
    assert found[GroupRule.ANY_DOWN].outages.count == 1
    assert found[GroupRule.ANY_DOWN].members == ("a", "b")


def test_09_seconds_are_summed_and_percentages_never_averaged() -> None:
    whole, short = Seconds(up=86400), Seconds(up=0, down=3600)
    assert (whole + short).good(EXACT) / (whole + short).counted(EXACT) == pytest.approx(86400 / 90000)


def test_10_flapping_is_merged_before_it_is_counted() -> None:
    looks = day_with((100, 110), (113, 120), (600, 630))
    assert result(looks).outages.count == 3
    figures = result(looks, replace(EXACT, merge_outages_closer_than_seconds=300)).outages
    assert [one.window for one in figures.episodes] == [Window(at(100), at(120)), Window(at(600), at(630))]
    assert figures.mean_time_to_repair_seconds == (17 + 30) / 2 * 60
    assert figures.mean_time_between_failures_seconds == (1440 - 47) / 2 * 60


def test_11_a_child_behind_a_broken_switch_has_no_fault_of_its_own_and_was_down_for_its_users() -> None:
    looks = {"core": day_with((100, 160), service="core"), "sis": day_with((100, 160), (600, 610))}
    core = WatchedService(service_key="core", policy=EXACT)
    sis = WatchedService(service_key="sis", policy=EXACT, depends_on=("core",))
    found = results([sis, core], looks)["sis"]
    assert found.seconds.down == 70 * 60
    assert found.seconds.own_down == 10 * 60
    assert found.seconds.attributed == {"core": 3600}
    assert found.availability == pytest.approx(1370 / 1440)
    assert found.own_availability == pytest.approx(1370 / 1380)
    assert [one.root for one in found.outages.episodes] == ["core", ""]
    assert (found.outages.count, found.outages.own_count) == (2, 1)


def test_12_percentages_are_cut_off_and_never_rounded_up() -> None:
    assert percentage(0.99996) == "99.99"
    assert percentage(1 - 1e-12) == "99.99"
    assert percentage(1.0) == "100.00"
    assert percentage(0.57, 0) == "57"
    assert percentage(0.29) == "29.00"


def test_12_three_nines_of_thirty_and_of_thirty_one_days() -> None:
    policy = replace(EXACT, target_ratio=0.999)
    allowed = {days: error_budget(Seconds(up=days * 86400.0), policy) for days in (30, 31)}
    assert [round((one.allowed_seconds if one else 0) / 60, 2) for one in allowed.values()] == [43.2, 44.64]


def test_13_percentiles_need_their_looks_and_come_from_added_counts() -> None:
    assert latency_figures({"20": 19}).p50_seconds is None
    assert latency_figures({"20": 20}).p50_seconds is not None
    assert (latency_figures({"20": 199}).p95_seconds, latency_figures({"20": 999}).p99_seconds) == (None, None)
    fast, slow = {"20": 990}, {"40": 10}
    both = latency_figures(fast | slow)
    assert both.p50_seconds == latency_figures(fast).p50_seconds
    assert both.p99_seconds == both.p95_seconds == pytest.approx(0.0349, abs=1e-4)
    assert latency_figures({"20": 989, "40": 11}).p99_seconds == pytest.approx(1.117, abs=1e-3)


@pytest.mark.parametrize(("weight", "expected"), [(0.0, 1.0), (0.5, 0.75), (1.0, 0.5)])
def test_14_degraded_is_a_state_of_its_own_with_a_weight(weight: float, expected: float) -> None:
    found = result([seen(UP, 0, 719), seen(DEGRADED, 720, 1439)], replace(EXACT, degraded_weight=weight))
    assert (found.seconds.degraded, found.seconds.down) == (43200, 0)
    assert found.availability == pytest.approx(expected)


def test_15_the_vendors_word_stands_beside_ours_with_the_disagreement() -> None:
    """Down from 100 to 160; the vendor says 130 to 190. At 1000 nobody looked when it declared another."""

    def incident(key: str, start: int, end: int | None, *, planned: bool = False) -> VendorIncident:
        return VendorIncident(
            incident_key=key,
            service_key="sis",
            title="Errors",
            impact="major",
            started_at=at(start),
            resolved_at=None if end is None else at(end),
            planned=planned,
        )

    line = timeline([*day_with((100, 160), end=1000), seen(UP, 1100, 1439)], DAY, EXACT)
    told = [incident("1", 130, 190), incident("2", 1000, 1100), incident("3", 300, 330, planned=True)]
    view = vendor_view([*told, incident("4", -90, -30)], line)
    assert (view.incidents, view.declared_minutes, view.observed_minutes) == (2, 160, 60)
    assert (view.both_minutes, view.only_declared_minutes, view.only_observed_minutes) == (30, 30, 30)
    assert (view.not_watched_minutes, view.planned_minutes, view.disagreement_minutes) == (100, 30, 60)
    assert vendor_view([incident("5", 1430, None)], line).declared_minutes == 10


def test_16_a_budget_allows_uses_and_leaves_seconds_and_may_be_overspent() -> None:
    policy = replace(EXACT, target_ratio=0.99)
    half = [seen(UP, 0, 599), seen(DOWN, 600, 609), seen(UP, 610, 719)]
    (running,) = results([WatchedService(service_key="sis", policy=policy)], {"sis": half}, as_of=at(720)).values()
    assert running.budget is not None
    assert running.budget.allowed_seconds == pytest.approx(864)  # of the whole day, half of which is still to come
    assert (running.budget.used_seconds, running.budget.left_seconds) == (600, pytest.approx(264))
    over = result(day_with((100, 160)), policy).budget
    assert over is not None
    assert over.left_seconds == pytest.approx(864 - 3600)
    assert result(day_with()).budget is None


def test_16_school_minutes_times_the_pupils() -> None:
    """Down from 07:30 to 08:30: half an hour of class for 400 pupils."""
    found = result(day_with((450, 510)), students=400)
    assert found.student_minutes == 30 * 400
    assert result(day_with((450, 510))).student_minutes is None


def test_a_past_period_under_a_new_policy_stands_beside_the_old_one_under_its_own_name() -> None:
    looks = [*day_with((100, 110), end=1000), seen(UP, 1100, 1439)]
    old, new = (
        SlaPolicy(name="district", stale_after_intervals=1, valid_from=date(year, 7, 1), gap_rule=rule)
        for year, rule in ((2025, GapRule.EXCLUDE), (2026, GapRule.DOWN))
    )
    first, second = result(looks, old), result(looks, new)
    assert (first.availability, second.availability) == (pytest.approx(1330 / 1340), pytest.approx(1330 / 1440))
    assert first.policy.hash != second.policy.hash
    assert first.seconds == second.seconds


def test_a_schools_year_cut_in_local_time_has_the_days_of_its_calendar() -> None:
    chicago = SchoolCalendar(
        zone=ZoneInfo("America/Chicago"),
        years=(SchoolYear(name="2026-27", first_on=date(2026, 8, 17), last_on=date(2027, 5, 28)),),
    )
    year = period_of(PeriodKind.SCHOOL_YEAR, date(2026, 12, 24), chicago)
    assert year is not None
    assert year.window == Window(datetime(2026, 8, 17, 5, tzinfo=UTC), datetime(2027, 5, 29, 5, tzinfo=UTC))
    assert year.elapsed(START) == Window(year.window.start, START)
    assert year.elapsed(START - timedelta(days=90)).seconds == 0
    assert period(year.window).window.seconds == 285 * 86400
