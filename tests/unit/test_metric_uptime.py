"""Uptime: vectors worked out by hand, and the laws that any timeline obeys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.intervals import Window, intersection, total_seconds, union
from firstbell.kpi import Kpi
from firstbell.metrics.figure import Frame
from firstbell.metrics.uptime import (
    Timeline,
    any_failure_seconds,
    coverage,
    downtime_minutes,
    outages,
    timeline,
    uptime_ratio,
)
from firstbell.metrics.uptime_outages import outage_figures
from firstbell.metrics.uptime_timeline import followed
from firstbell.policies import GapRule, SlaPolicy
from firstbell.records import ObservationInterval, ServiceState

UP, DEGRADED, DOWN, UNKNOWN = ServiceState
START = datetime(2026, 10, 5, tzinfo=UTC)
DAY = Window(START, START + timedelta(days=1))
DEFAULT = SlaPolicy(name="default")
EXACT = SlaPolicy(name="exact", stale_after_intervals=1)
FRAME = Frame(window=DAY, as_of=DAY.end)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def seen(state: ServiceState, first: int, last: int, *, vantage: str = "here", reason: str = "") -> ObservationInterval:
    """Looks once a minute from `first` to `last`, both included."""
    return ObservationInterval(
        service_key="sis",
        source_key="http",
        vantage=vantage,
        state=state,
        first_at=at(first),
        last_at=at(last),
        count=last - first + 1,
        expected_interval_seconds=60,
        reason=reason,
    )


def minutes(line: Timeline) -> tuple[float, ...]:
    return tuple(total_seconds(part) / 60 for part in (line.up, line.degraded, line.down, line.unknown))


def ratio(line: Timeline, policy: SlaPolicy = DEFAULT) -> Kpi:
    return uptime_ratio([line], FRAME, policy)


def test_ten_minutes_of_a_day_are_weighed_by_time_and_not_by_samples() -> None:
    line = timeline([seen(UP, 0, 599), seen(DOWN, 600, 609), seen(UP, 610, 1439)], DAY, DEFAULT)
    assert minutes(line) == (1430, 0, 10, 0)
    assert ratio(line).value == pytest.approx(0.99306, abs=5e-6)


@pytest.mark.parametrize(("rule", "expected"), [(GapRule.EXCLUDE, 0.99), (GapRule.DOWN, 0.9625), (GapRule.UP, 0.99028)])
def test_forty_missed_looks_under_three_gap_rules(rule: GapRule, expected: float) -> None:
    policy = replace(EXACT, gap_rule=rule)
    line = timeline([seen(UP, 0, 499), seen(DOWN, 500, 513), seen(UP, 514, 999), seen(UP, 1040, 1439)], DAY, policy)
    assert ratio(line, policy).value == pytest.approx(expected, abs=5e-6)
    assert ratio(line, policy).missing == 2400
    assert coverage([line], FRAME).value == pytest.approx(0.97222, abs=5e-6)


def test_a_look_reaches_as_far_as_the_policy_lets_it() -> None:
    assert minutes(timeline([seen(UP, 0, 0)], DAY, DEFAULT)) == (2.5, 0, 0, 1437.5)


def test_an_interval_cannot_claim_more_time_than_its_looks_reach() -> None:
    sparse = replace(seen(UP, 0, 600), count=2)
    assert minutes(timeline([sparse], DAY, DEFAULT))[0] == 5


def test_a_blip_is_no_outage_but_is_counted_as_a_failure() -> None:
    observed = [seen(UP, 0, 99), seen(DOWN, 100, 100), seen(UP, 101, 1439)]
    assert minutes(timeline(observed, DAY, DEFAULT))[2] == 0
    assert any_failure_seconds(observed, DAY, DEFAULT) == 60
    strict = replace(DEFAULT, confirmation_failures=1)
    assert minutes(timeline(observed, DAY, strict))[2] == 1


def test_a_confirmed_outage_began_with_its_first_failure_even_when_its_reason_changed() -> None:
    observed = [seen(UP, 0, 99), seen(DOWN, 100, 100, reason="timeout"), seen(DOWN, 101, 101, reason="status")]
    observed.append(seen(UP, 102, 1439))
    line = timeline(observed, DAY, DEFAULT)
    assert line.down == (Window(at(100), at(102)),)
    (outage,) = outages("sis", observed, line, DEFAULT)
    assert (outage.reason, outage.open) == ("timeout", False)


def test_a_single_failure_after_which_nobody_looked_is_unknown() -> None:
    line = timeline([seen(UP, 0, 99), seen(DOWN, 100, 100)], DAY, DEFAULT)
    assert minutes(line) == (100, 0, 0, 1340)


def test_the_lookers_own_trouble_is_neither_up_nor_down() -> None:
    line = timeline([seen(UP, 0, 99), seen(UNKNOWN, 100, 199), seen(UP, 200, 1439)], DAY, DEFAULT)
    assert minutes(line) == (1340, 0, 0, 100)


def test_an_outage_over_the_edges_is_clipped_and_one_without_an_end_is_open() -> None:
    observed = [seen(DOWN, -30, 30), seen(UP, 31, 1400), seen(DOWN, 1401, 1460)]
    found = outages("sis", observed, timeline(observed, DAY, DEFAULT), DEFAULT)
    assert [outage.window for outage in found] == [Window(at(0), at(31)), Window(at(1401), at(1440))]
    assert [outage.open for outage in found] == [False, True]


def test_outages_closer_than_the_limit_are_one_episode() -> None:
    observed = [seen(DOWN, 10, 19), seen(UP, 20, 22), seen(DOWN, 23, 29), seen(UP, 30, 1439)]
    line = timeline(observed, DAY, DEFAULT)
    assert len(outages("sis", observed, line, DEFAULT)) == 2
    merged = outages("sis", observed, line, replace(DEFAULT, merge_outages_closer_than_seconds=300))
    assert [outage.window for outage in merged] == [Window(at(10), at(30))]


def test_an_outage_that_lasts_is_open_though_it_was_up_between_two_merged_parts() -> None:
    observed = [seen(UP, 0, 839), seen(DOWN, 840, 869), seen(UP, 870, 874), seen(DOWN, 875, 1439)]
    line = timeline(observed, DAY, DEFAULT)
    found = outages("sis", observed, line, replace(DEFAULT, merge_outages_closer_than_seconds=600))
    assert [(outage.window, outage.open) for outage in found] == [(Window(at(840), at(1440)), True)]
    assert outage_figures(found, line).mean_time_to_repair_seconds is None


@pytest.mark.parametrize("answer", [UP, DEGRADED])
@pytest.mark.parametrize(("back", "is_open"), [(663, False), (721, True)])
def test_an_outage_that_ends_within_planned_work_has_ended(answer: ServiceState, back: int, is_open: bool) -> None:
    """Down from ten on, work planned from eleven to one, asked at noon."""
    observed = [seen(UP, 0, 599), seen(DOWN, 600, back - 1), seen(answer, back, 779)]
    line = timeline(observed, Window(START, at(720)), DEFAULT).without([Window(at(660), at(780))])
    for each in (line, followed([line.within((Window(START, at(600)),)), line.within((Window(at(600), at(720)),))])):
        (outage,) = outages("sis", observed, each, DEFAULT)
        assert (outage.window, outage.open) == (Window(at(600), at(660)), is_open)


@pytest.mark.parametrize(("rule", "number"), [(GapRule.EXCLUDE, 1), (GapRule.DOWN, 1), (GapRule.UP, 2)])
@pytest.mark.parametrize("gap", [3, 300])
def test_an_outage_goes_on_over_a_gap_in_which_nobody_saw_it_up(rule: GapRule, number: int, gap: int) -> None:
    observed = [seen(UP, 0, 99), seen(DOWN, 100, 109), seen(DOWN, 110 + gap, 119 + gap), seen(UP, 120 + gap, 1439)]
    policy = replace(EXACT, gap_rule=rule)
    line = timeline(observed, DAY, policy)
    found = outages("sis", observed, line, policy)
    assert (len(found), found[0].window.start, found[-1].window.end) == (number, at(100), at(120 + gap))
    assert minutes(line) == (1420 - gap, 0, 20, gap)
    assert outage_figures(found, line).mean_time_to_repair_seconds == 1200 / number


def test_planned_work_a_lone_answer_or_the_end_of_looks_are_no_gap_to_go_on_over() -> None:
    observed = [seen(DOWN, 100, 109), seen(UP, 115, 115), seen(DOWN, 120, 129), seen(DOWN, 140, 149)]
    line = timeline(observed, DAY, EXACT)
    ends = [(100, 110, False), (120, 150, True)]
    assert [(one.window, one.open) for one in outages("sis", observed, line, EXACT)] == [
        (Window(at(start), at(end)), is_open) for start, end, is_open in ends
    ]
    planned = line.without([Window(at(131), at(132))])
    assert len(outages("sis", observed, planned, EXACT)) == 3


def test_maintenance_splits_an_outage_and_overlapping_windows_count_once() -> None:
    observed = [seen(UP, 0, 99), seen(DOWN, 100, 199), seen(UP, 200, 1439)]
    planned = (Window(at(120), at(140)), Window(at(130), at(150)))
    line = timeline(observed, DAY, DEFAULT).without(planned)
    assert line.down == (Window(at(100), at(120)), Window(at(150), at(200)))
    assert minutes(line) == (1340, 0, 70, 0)


def test_degraded_time_weighs_as_the_policy_says() -> None:
    line = timeline([seen(UP, 0, 719), seen(DEGRADED, 720, 1439)], DAY, EXACT)
    assert ratio(line, EXACT).value == 1
    assert ratio(line, replace(EXACT, degraded_weight=0.5)).value == 0.75


def test_no_look_is_no_figure_and_little_coverage_is_refused() -> None:
    assert not ratio(timeline([], DAY, DEFAULT)).known
    line = timeline([seen(UP, 0, 600)], DAY, DEFAULT)
    refused = ratio(line)
    assert refused.value is None
    assert "42%" in refused.reason
    assert refused.missing == pytest.approx((1440 - 602.5) * 60)
    assert ratio(line, replace(DEFAULT, minimum_coverage_ratio=0.4)).value == 1


def test_minutes_lost_count_overlapping_outages_once_and_name_what_was_not_watched() -> None:
    first = timeline([seen(UP, 0, 99), seen(DOWN, 100, 159), seen(UP, 160, 1439)], DAY, EXACT)
    second = timeline([seen(UP, 0, 129), seen(DOWN, 130, 189), seen(UP, 190, 1399)], DAY, EXACT)
    lost = downtime_minutes([first, second], FRAME, EXACT)
    assert (lost.value, lost.missing, lost.n) == (90, 40, 2)
    morning = (Window(at(90), at(140)),)
    assert downtime_minutes([first.within(morning), second.within(morning)], FRAME, EXACT).value == 40


def test_ratios_of_services_are_summed_in_seconds() -> None:
    whole = timeline([seen(UP, 0, 1439)], DAY, EXACT)
    short = timeline([seen(DOWN, 0, 359)], Window(START, at(360)), EXACT)
    assert uptime_ratio([whole, short], FRAME, EXACT).value == pytest.approx(1440 / 1800)


def test_any_vantage_that_saw_it_down_counts() -> None:
    observed = [seen(UP, 0, 1439), seen(DOWN, 100, 109, vantage="oak"), seen(UP, 110, 1439, vantage="oak")]
    assert minutes(timeline(observed, DAY, DEFAULT))[2] == 10


@st.composite
def observations(draw: st.DrawFn) -> list[ObservationInterval]:
    """A day of one or two vantages: runs of looks in any state, with gaps between some."""
    found = []
    for vantage in draw(st.sampled_from([["here"], ["here", "oak"]])):
        minute = draw(st.integers(-60, 30))
        for _ in range(draw(st.integers(0, 10))):
            length = draw(st.integers(0, 120))
            found.append(seen(draw(st.sampled_from(list(ServiceState))), minute, minute + length, vantage=vantage))
            minute += length + draw(st.sampled_from([1, 1, 1, 2, 30]))
    return found


policies = st.builds(
    SlaPolicy,
    name=st.just("any"),
    confirmation_failures=st.integers(1, 4),
    stale_after_intervals=st.sampled_from([1.0, 2.5, 10.0]),
)


@given(observations(), policies)
def test_the_four_parts_cover_the_window_exactly(observed: list[ObservationInterval], policy: SlaPolicy) -> None:
    line = timeline(observed, DAY, policy)
    parts = (line.up, line.degraded, line.down, line.unknown)
    assert sum(total_seconds(part) for part in parts) == DAY.seconds
    assert union(window for part in parts for window in part) == (DAY,)
    assert all(part == union(part) for part in parts)
    assert intersection(line.up, line.down) == ()


@given(observations(), policies, st.integers(0, 1440))
def test_two_parts_of_a_window_add_up_to_the_whole(
    observed: list[ObservationInterval], policy: SlaPolicy, cut: int
) -> None:
    parts = [timeline(observed, window, policy) for window in (Window(START, at(cut)), Window(at(cut), DAY.end))]
    whole = timeline(observed, DAY, policy)
    for name in ("up", "degraded", "down", "unknown"):
        assert union([*getattr(parts[0], name), *getattr(parts[1], name)]) == getattr(whole, name)


@given(observations(), policies, st.randoms())
def test_order_repeats_and_shorter_versions_do_not_matter(
    observed: list[ObservationInterval], policy: SlaPolicy, chance: object
) -> None:
    shuffled = [*observed, *observed[::2]]
    shuffled += [replace(one, last_at=one.first_at, count=1) for one in observed[::3]]
    shuffled += [
        replace(one, last_at=one.last_at - timedelta(minutes=1), count=one.count - 1)
        for one in observed[::2]
        if one.count > 1
    ]
    chance.shuffle(shuffled)
    assert timeline(shuffled, DAY, policy) == timeline(observed, DAY, policy)


@given(observations(), st.integers(1, 4))
def test_asking_for_more_confirmations_never_finds_more_downtime(
    observed: list[ObservationInterval], failures: int
) -> None:
    less, more = (
        total_seconds(timeline(observed, DAY, replace(DEFAULT, confirmation_failures=number)).down)
        for number in (failures, failures + 1)
    )
    assert more <= less <= any_failure_seconds(observed, DAY, DEFAULT)
