"""What depends on what, and the indicators that read it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.intervals import Window, total_seconds
from firstbell.metrics.facts import Facts, SourceFacts
from firstbell.metrics.operation_formulas import availability, minutes_lost, watched_share
from firstbell.metrics.parameters import FormulaError
from firstbell.metrics.uptime_services import GroupRule, ServiceGroup, WatchedService, group_line, in_order
from firstbell.metrics.uptime_timeline import timeline
from firstbell.policies import SlaPolicy
from firstbell.records import ObservationInterval
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
    result,
    results,
    seen,
)


def service(key: str, *parents: str, policy: SlaPolicy = EXACT, **more: object) -> WatchedService:
    return WatchedService(service_key=key, policy=policy, depends_on=parents, **more)  # type: ignore[arg-type]


def roots(services: list[WatchedService]) -> dict[str, tuple[str, ...]]:
    return {one.service_key: above for one, above in in_order(services)}


def test_everything_above_a_service_stands_topmost_first() -> None:
    chain = [service("sis", "wing"), service("wing", "building"), service("building", "wan"), service("wan")]
    assert roots(chain)["sis"] == ("wan", "building", "wing")
    assert list(roots(chain)) == ["wan", "building", "wing", "sis"]
    both = [service("a"), service("b", "a"), service("c", "b", "a", "elsewhere")]
    assert roots(both)["c"] == ("a", "b")


def test_a_chain_of_thousands_is_no_recursion() -> None:
    chain = [service(f"s{number}", f"s{number + 1}") for number in range(3000)] + [service("s3000")]
    assert len(roots(chain)["s0"]) == 3000


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_every_service_comes_once_and_after_what_it_depends_on(pairs: list[tuple[int, int]]) -> None:
    """A higher number depends on a lower one, so that there is no circle."""
    edges = {(max(pair), min(pair)) for pair in pairs if pair[0] != pair[1]}
    services = [service(str(one), *(str(b) for a, b in sorted(edges) if a == one)) for one in range(8)]
    met: list[str] = []
    for one, above in in_order(reversed(services)):
        assert {*one.depends_on} <= {*above} <= {*met}
        for root in above:
            assert above.index(root) >= len(roots(services)[root])
        met.append(one.service_key)
    assert sorted(met) == [str(one) for one in range(8)]


def test_a_circle_ends() -> None:
    assert sorted(roots([service("a", "b"), service("b", "a"), service("c", "c")])) == ["a", "b", "c"]


def test_time_goes_to_the_topmost_that_was_down_and_the_rest_to_the_next() -> None:
    looks = {
        "wan": day_with((100, 120), service="wan"),
        "wing": day_with((110, 150), service="wing"),
        "sis": day_with((90, 160), service="sis"),
    }
    found = results([service("wan"), service("wing", "wan"), service("sis", "wing")], looks)
    assert found["sis"].seconds.attributed == {"wan": 20 * 60, "wing": 30 * 60}
    assert found["sis"].seconds.own_down == 20 * 60
    assert found["wing"].seconds.attributed == {"wan": 10 * 60}
    assert [one.root for one in found["sis"].outages.episodes] == [""]


def test_a_parent_that_the_child_outlived_takes_nothing() -> None:
    looks = {"wan": day_with((100, 120), service="wan"), "sis": day_with()}
    found = results([service("wan"), service("sis", "wan")], looks)["sis"]
    assert (found.seconds.down, found.seconds.attributed, found.availability) == (0, {}, 1)


def test_planned_work_on_the_parent_is_no_fault_of_the_child() -> None:
    looks = {"wan": day_with((100, 120), service="wan"), "sis": day_with((100, 120))}
    planned = service("wan", maintenance=(Window(at(100), at(120)),))
    found = results([planned, service("sis", "wan")], looks)
    assert (found["wan"].seconds.down, found["wan"].seconds.down_in_maintenance) == (0, 1200)
    assert (found["sis"].seconds.down, found["sis"].seconds.own_down) == (1200, 0)


def test_looks_of_one_round_are_not_at_one_instant() -> None:
    """The child was seen down a look before its parent, and came back a look after it."""
    looks = {"wan": day_with((100, 120), service="wan"), "sis": day_with((99, 122))}
    near = replace(EXACT, dependency_margin_seconds=60)
    assert results([service("wan"), service("sis", "wan", policy=near)], looks)["sis"].seconds.own_down == 60
    assert results([service("wan"), service("sis", "wan")], looks)["sis"].seconds.own_down == 180


@pytest.mark.parametrize(
    ("rule", "expected"),
    [(GroupRule.ANY_DOWN, {"core": 30 * 60}), (GroupRule.ALL_DOWN, {"core": 20 * 60})],
)
def test_what_no_member_answers_for_goes_to_who_does(rule: GroupRule, expected: dict[str, float]) -> None:
    """The core is down from 100 to 130; of two links one is down from 100 to 120, the other from 100 to 160."""
    looks = {
        "core": day_with((100, 130), service="core"),
        "a": day_with((100, 120), service="a"),
        "b": day_with((100, 160), service="b"),
    }
    group = ServiceGroup(group_key="links", rule=rule, members=("a", "b"), policy=EXACT)
    found = results([service("core"), service("a", "core"), service("b", "core")], looks, groups=[group])["links"]
    assert found.seconds.attributed == expected


def test_planned_work_on_one_of_a_pair_leaves_the_other_to_answer() -> None:
    planned = (Window(at(100), at(160)),)
    first = timeline(day_with((100, 160)), DAY, EXACT).without(planned)
    second = timeline(day_with((130, 140)), DAY, EXACT)
    assert group_line(GroupRule.ALL_DOWN, [first, second]).down == (Window(at(130), at(140)),)
    assert group_line(GroupRule.ALL_DOWN, [first, first]).maintenance == planned
    chain = group_line(GroupRule.ANY_DOWN, [first, second])
    assert chain.down == (Window(at(130), at(140)),)
    assert chain.maintenance == (Window(at(100), at(130)), Window(at(140), at(160)))


@pytest.mark.parametrize(
    ("rule", "other_back", "is_open"),
    [(GroupRule.ANY_DOWN, 130, False), (GroupRule.ANY_DOWN, 200, True), (GroupRule.ALL_DOWN, 200, False)],
)
def test_a_groups_outage_that_ended_within_planned_work_has_ended(
    rule: GroupRule, other_back: int, is_open: bool
) -> None:
    """Both are down from 100 on and planned away from 110 on; asked at 140, one of them answers since 120."""
    looks = {"a": day_with((100, 120), service="a"), "b": day_with((100, other_back), service="b")}
    services = [service(key, maintenance=(Window(at(110), at(160)),)) for key in looks]
    group = ServiceGroup(group_key="pair", rule=rule, members=("a", "b"), policy=EXACT)
    found = results(services, looks, groups=[group], as_of=at(140))["pair"].outages
    assert [(one.window, one.open) for one in found.episodes] == [(Window(at(100), at(110)), is_open)]


def test_a_slow_link_of_a_chain_says_nothing_of_one_that_nobody_watched() -> None:
    slow = timeline([seen(DEGRADED, 0, 1439)], DAY, EXACT)
    lost = timeline([seen(UP, 0, 99)], DAY, EXACT)
    chain = group_line(GroupRule.ANY_DOWN, [slow, lost])
    assert (chain.degraded, chain.unknown) == ((Window(START, at(100)),), (Window(at(100), DAY.end),))
    assert group_line(GroupRule.ALL_DOWN, [slow, lost]).unknown == ()


def test_the_worst_member_is_the_one_that_too_little_is_known_of() -> None:
    looks = {"a": day_with((100, 500), service="a"), "b": [seen(UP, 0, 99, service="b")]}
    group = ServiceGroup(group_key="all", rule=GroupRule.WORST, members=("a", "b"), policy=EXACT)
    found = results([service("a"), service("b")], looks, groups=[group])["all"]
    assert (found.availability, found.refusal) == (None, result(looks["b"]).refusal)
    with pytest.raises(ValueError, match="worst member"):
        group_line(GroupRule.WORST, [])


def test_pupils_are_counted_for_services_and_not_for_groups() -> None:
    """Of 1,000 pupils of a chain 300 lost an hour: the group's figure is neither theirs nor everybody's."""
    looks = {"a": day_with((540, 600), service="a"), "b": day_with(service="b")}
    group = ServiceGroup(group_key="all", rule=GroupRule.ANY_DOWN, members=("a", "b"), policy=EXACT, students=1000)
    found = results([service("a", students=300), service("b", students=700)], looks, groups=[group])
    assert (found["a"].student_minutes, found["b"].student_minutes) == (18_000, 0)
    assert (found["all"].class_seconds_down, found["all"].student_minutes) == (3600, None)


def test_a_group_cannot_be_weighed_by_pupils_that_nobody_counted() -> None:
    looks = {"a": day_with(service="a"), "b": day_with(service="b")}
    group = ServiceGroup(group_key="all", rule=GroupRule.WEIGHTED, members=("a", "b"), policy=EXACT)
    found = results([service("a", students=10), service("b")], looks, groups=[group])["all"]
    assert found.availability is None
    assert found.refusal.startswith("The pupils of its members are not all known")


def facts(looks: list[ObservationInterval], *services: WatchedService, groups: tuple[ServiceGroup, ...] = ()) -> Facts:
    told = SourceFacts(
        source_key="probes", feeds=frozenset({ObservationInterval}), known_until=DAY.end, records=tuple(looks)
    )
    return Facts(window=DAY, as_of=DAY.end, calendar=CALENDAR, sources=(told,), services=services, groups=groups)


def test_indicators_count_what_users_felt_and_each_minute_lost_once() -> None:
    looks = [*day_with((600, 660), service="core"), *day_with((600, 660))]
    told = facts(looks, service("sis", "core"), service("core"))
    assert minutes_lost(told, {}, "district").value == 60
    assert availability(told, {}, "district").value == pytest.approx((14 * 60 - 120) / (14 * 60))
    assert told.timelines["sis"].attributed == {"core": (Window(at(600), at(660)),)}
    assert list(told.timelines) == ["sis", "core"]


def test_an_indicator_counts_each_moment_by_the_rules_in_force_and_adds_up_what_counts_alike() -> None:
    """One failed look at ten and one at one: from noon on a single one is an outage."""
    looks = day_with((600, 601), (780, 781))
    strict = replace(EXACT, name="strict", confirmation_failures=1)
    told = facts(looks, service("sis", later=((at(720), strict),)))
    assert told.timelines["sis"].down == (Window(at(780), at(781)),)
    assert total_seconds(told.timelines["sis"].over) == 86400
    assert minutes_lost(told, {}, "district").value == 1
    found = availability(told, {}, "district")
    assert found.value == pytest.approx(419 / 420)
    assert found.policy_hash != availability(facts(looks, service("sis")), {}, "district").policy_hash
    half = replace(strict, degraded_weight=0.5)
    for begins, known in ((at(720), False), (DAY.end, True)):
        mixed = availability(facts(looks, service("sis", later=((begins, half),))), {}, "district")
        assert mixed.known is known
        assert known or mixed.reason == "Time under different rules is not added up."


def test_an_indicator_may_name_a_group_and_sums_services_without_one() -> None:
    looks = [*day_with((600, 660), service="a"), *day_with((630, 690), service="b")]
    pair = ServiceGroup(group_key="pair", rule=GroupRule.ALL_DOWN, members=("a", "b"), policy=EXACT)
    told = facts(looks, service("a"), service("b", schools=frozenset({"oak"})), groups=(pair,))
    assert minutes_lost(told, {"services": ["pair"]}, "district").value == 30
    assert minutes_lost(told, {}, "district").value == 90
    assert watched_share(told, {"services": ["pair"], "hours": "testing"}, "district").denominator == 2 * 3600
    assert minutes_lost(told, {"services": ["pair"]}, "school:oak").value == 30
    alone = facts(
        looks, service("a", schools=frozenset({"elm"})), service("b", schools=frozenset({"elm"})), groups=(pair,)
    )
    assert not minutes_lost(alone, {"services": ["pair"]}, "school:oak").known


def test_an_indicator_that_names_a_group_without_a_timeline_is_told_so() -> None:
    worst = ServiceGroup(group_key="worst", rule=GroupRule.WORST, members=("a",), policy=EXACT)
    told = facts([seen(DOWN, 0, 9, service="a")], service("a"), groups=(worst,))
    with pytest.raises(FormulaError, match="weighted or as its worst member"):
        availability(told, {"services": ["worst"]}, "district")
