"""Laws that any period of any services obeys: seconds add up, parts make the whole, order and days do not matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.calendar import SchoolCalendar, SchoolYear
from firstbell.intervals import Window, intersection, local_moment, total_seconds, union
from firstbell.metrics.facts import Facts, SourceFacts
from firstbell.metrics.uptime_outages import outage_figures, outages
from firstbell.metrics.uptime_report import service_results
from firstbell.metrics.uptime_result import ServiceResult, days_of
from firstbell.metrics.uptime_seconds import Seconds
from firstbell.metrics.uptime_services import GroupRule, ServiceGroup, WatchedService, group_line
from firstbell.metrics.uptime_timeline import timeline
from firstbell.periods import Period, PeriodKind, period_of
from firstbell.policies import SlaPolicy, UpWhen
from firstbell.records import ObservationInterval, ServiceState
from tests.unit.uptime_samples import CALENDAR, DAY, DOWN, EXACT, START, UP, at, day_with, period, result, results, seen

PARTS = ("up", "degraded", "down", "maintenance", "unknown", "down_in_maintenance")
ZONES = ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Phoenix"]


@st.composite
def observations(draw: st.DrawFn, service: str = "sis") -> list[ObservationInterval]:
    """A day of one or two vantages: runs of looks in any state, with gaps between some."""
    found = []
    for vantage in draw(st.sampled_from([["here"], ["here", "oak"]])):
        minute = draw(st.integers(-60, 30))
        for _ in range(draw(st.integers(0, 10))):
            length = draw(st.integers(0, 120))
            state = draw(st.sampled_from(list(ServiceState)))
            found.append(seen(state, minute, minute + length, vantage=vantage, service=service))
            minute += length + draw(st.sampled_from([1, 1, 1, 2, 30]))
    return found


@st.composite
def plans(draw: st.DrawFn) -> tuple[Window, ...]:
    starts = draw(st.lists(st.integers(-30, 1440), max_size=3))
    return union(Window(at(start), at(start + draw(st.integers(1, 200)))) for start in starts)


policies = st.builds(
    SlaPolicy,
    name=st.just("any"),
    confirmation_failures=st.integers(1, 4),
    stale_after_intervals=st.sampled_from([1.0, 2.5, 10.0]),
    merge_outages_closer_than_seconds=st.sampled_from([0.0, 300.0]),
    dependency_margin_seconds=st.sampled_from([0.0, 60.0]),
    up_when=st.sampled_from(UpWhen),
    minimum_coverage_ratio=st.sampled_from([0.0, 0.5]),
    target_ratio=st.sampled_from([None, 0.99]),
)
hours = st.sampled_from(["school", "testing", "service", "other", "all"])


def add(parts: Sequence[Seconds]) -> Seconds:
    return sum(parts, Seconds())


def same(left: Seconds, right: Seconds) -> bool:
    alike = all(getattr(left, part) == pytest.approx(getattr(right, part)) for part in PARTS)
    roots = {*left.attributed, *right.attributed}
    return alike and all(left.attributed.get(one, 0) == pytest.approx(right.attributed.get(one, 0)) for one in roots)


@given(observations(), policies, plans(), hours)
def test_the_five_parts_add_up_to_the_agreed_hours(
    looks: list[ObservationInterval], policy: SlaPolicy, planned: tuple[Window, ...], agreed: str
) -> None:
    found = result(looks, policy, maintenance=planned, agreed_hours=agreed)
    expected = {"school": 7, "testing": 2, "service": 11, "other": 17, "all": 24}[agreed] * 3600
    seconds = found.seconds
    assert seconds.up + seconds.degraded + seconds.down + seconds.maintenance + seconds.unknown == expected
    assert seconds.total == expected
    assert found.always.total == 86400
    assert 0 <= seconds.down_in_maintenance <= seconds.maintenance
    assert found.availability is None or 0 <= found.availability <= 1
    assert (found.availability is None) == bool(found.refusal)


@given(observations(), observations("core"), policies, plans(), hours, st.integers(1, 1439))
def test_two_parts_of_a_period_add_up_to_the_whole(
    looks: list[ObservationInterval],
    above: list[ObservationInterval],
    policy: SlaPolicy,
    planned: tuple[Window, ...],
    agreed: str,
    cut: int,
) -> None:
    # A margin reaches over the cut, so that a part may know less of its parent than the whole does.
    policy = replace(policy, dependency_margin_seconds=0)
    services = [
        WatchedService(
            service_key="sis",
            policy=policy,
            maintenance=planned,
            agreed_hours=agreed,
            depends_on=("core",),
            since=START,
        ),
        WatchedService(service_key="core", policy=policy, since=START),
    ]
    pair = ServiceGroup(group_key="pair", rule=GroupRule.ALL_DOWN, members=("sis", "core"), policy=policy)
    chain = replace(pair, group_key="chain", rule=GroupRule.ANY_DOWN)

    def measured(window: Window) -> dict[str, ServiceResult]:
        return results(services, {"sis": looks, "core": above}, groups=[pair, chain], over=period(window))

    whole, *parts = (measured(window) for window in (DAY, Window(START, at(cut)), Window(at(cut), DAY.end)))
    for key in ("sis", "core", "pair", "chain"):
        assert same(add([one[key].seconds for one in parts]), whole[key].seconds)


@given(observations(), observations("core"), policies, plans())
def test_what_is_attributed_was_down_and_leaves_the_felt_time_alone(
    looks: list[ObservationInterval], above: list[ObservationInterval], policy: SlaPolicy, planned: tuple[Window, ...]
) -> None:
    core = WatchedService(service_key="core", policy=policy)
    alone = result(looks, policy, maintenance=planned)
    sis = WatchedService(service_key="sis", policy=policy, maintenance=planned, depends_on=("core",))
    found = results([sis, core], {"sis": looks, "core": above})["sis"]
    assert same(replace(found.seconds, attributed={}), alone.seconds)
    assert 0 <= found.seconds.own_down <= found.seconds.down
    assert found.availability == alone.availability
    if found.availability is not None and found.own_availability is not None:
        assert found.own_availability >= found.availability


@given(observations(), policies, st.randoms())
def test_order_and_repeats_of_looks_do_not_matter(
    looks: list[ObservationInterval], policy: SlaPolicy, chance: object
) -> None:
    shuffled = [*looks, *looks[::2]]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert result(shuffled, policy) == result(looks, policy)


@given(observations(), policies, plans(), hours)
def test_a_day_of_a_result_equals_the_result_of_that_day(
    looks: list[ObservationInterval], policy: SlaPolicy, planned: tuple[Window, ...], agreed: str
) -> None:
    """The days that a report hands out are those that somebody who asks for each day would get."""
    three = Window(START - timedelta(days=1), DAY.end + timedelta(days=1))
    service = WatchedService(
        service_key="sis", policy=policy, maintenance=planned, agreed_hours=agreed, since=three.start
    )
    found = results([service], {"sis": looks}, over=period(three), with_days=True)["sis"]
    assert same(add([one.seconds for one in found.days]), found.seconds)
    for one in found.days:
        begins = datetime.combine(one.on, time(), tzinfo=START.tzinfo)
        of_day = results([service], {"sis": looks}, over=period(Window(begins, begins + timedelta(days=1))))["sis"]
        assert same(one.seconds, of_day.seconds)
        assert one.availability == pytest.approx(of_day.availability)


@given(observations(), policies, st.integers(0, 1439), st.integers(0, 60))
def test_late_looks_mend_their_own_time_only(
    looks: list[ObservationInterval], policy: SlaPolicy, minute: int, length: int
) -> None:
    """What came late changes the hours around it, and no second farther off than one look can speak or be judged."""
    late = seen(UP, minute, minute + length, vantage="late")
    before, after = timeline(looks, DAY, policy), timeline([*looks, late], DAY, policy)
    reach = timedelta(seconds=policy.stale_after_intervals * 60)
    around = union([Window(at(minute), at(minute + length) + reach)])
    for part in ("up", "degraded", "down", "unknown"):
        for moment in (window for window in getattr(before, part) if not intersection((window,), around)):
            assert intersection((moment,), getattr(after, part)) == (moment,)
    assert total_seconds(after.unknown) <= total_seconds(before.unknown)


@given(st.lists(observations(), min_size=1, max_size=3), policies, plans())
def test_groups_are_bounded_by_their_members(
    looks: list[list[ObservationInterval]], policy: SlaPolicy, planned: tuple[Window, ...]
) -> None:
    lines = [timeline(one, DAY, policy).without(planned if not index else ()) for index, one in enumerate(looks)]
    anyone, everyone = (group_line(rule, lines) for rule in (GroupRule.ANY_DOWN, GroupRule.ALL_DOWN))
    assert anyone.down == union(window for line in lines for window in line.down)
    assert all(intersection(everyone.down, line.up) == () for line in lines)
    assert total_seconds(everyone.down) <= total_seconds(anyone.down)
    for line in (anyone, everyone):
        parts = (line.up, line.degraded, line.down, line.unknown, line.maintenance)
        assert union(window for part in parts for window in part) == (DAY,)
        assert sum(total_seconds(part) for part in parts) == 86400


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("month", "day"), [(3, 8), (11, 1)])
def test_months_in_which_clocks_change_add_up_in_every_zone(zone: str, month: int, day: int) -> None:
    """A look each minute of the month; down from one to four in the night in which the clocks change."""
    here = ZoneInfo(zone)
    calendar = SchoolCalendar(
        zone=here, years=(SchoolYear(name="y", first_on=date(2026, 1, 1), last_on=date(2026, 12, 31)),)
    )
    over = period_of(PeriodKind.MONTH, date(2026, month, 1), calendar)
    assert over is not None
    begins, ends = (local_moment(date(2026, month, day), time(hour), here) for hour in (1, 4))

    def run(state: ServiceState, start: datetime, end: datetime) -> ObservationInterval:
        count = int((end - start) / timedelta(minutes=1))
        return replace(seen(state, 0, 0), first_at=start, last_at=end - timedelta(minutes=1), count=count)

    window = over.window
    looks = [run(UP, window.start, begins), run(DOWN, begins, ends), run(UP, ends, window.end)]
    (found,) = service_results(
        [WatchedService(service_key="sis", policy=EXACT)],
        (),
        lambda _: looks,
        over,
        as_of=window.end,
        calendar=calendar,
        with_days=True,
    )
    turn = 0 if zone == "America/Phoenix" else -1 if month == 3 else 1
    assert found.seconds.down == (3 + turn) * 3600
    assert found.seconds.total == found.seconds.watched == window.seconds
    assert [one.seconds.total / 3600 for one in found.days if one.seconds.total != 86400] == [24 + turn] * bool(turn)
    assert add([one.seconds for one in found.days]) == found.seconds


def test_results_stand_worst_first_and_a_root_before_what_it_took_along() -> None:
    core = WatchedService(service_key="core", policy=EXACT, students=900)
    behind = WatchedService(service_key="behind", policy=EXACT, students=900, depends_on=("core",))
    nobody = WatchedService(service_key="nobody", policy=EXACT)
    night = WatchedService(service_key="night", policy=EXACT, students=900)
    looks = {
        "core": day_with((500, 560), service="core"),
        "behind": day_with((500, 560), service="behind"),
        "night": day_with((10, 200), service="night"),
    }
    assert list(results([nobody, night, behind, core], looks)) == ["core", "behind", "night", "nobody"]


def test_a_service_without_any_look_is_unknown_and_refused() -> None:
    found = result([])
    assert (found.availability, found.seconds.unknown) == (None, 86400)
    assert found.refusal == "Only 0% of the time was watched; 50% is the least for a figure."
    assert found.days == ()


def test_planned_work_that_is_still_ahead_earns_no_budget() -> None:
    """At noon of a day: of 22 hours one percent is allowed, since two of those to come are planned away."""
    policy = replace(EXACT, target_ratio=0.99)
    service = WatchedService(service_key="sis", policy=policy, maintenance=(Window(at(1200), at(1320)),))
    found = results([service], {"sis": day_with((60, 66))}, as_of=at(720))["sis"]
    assert found.budget is not None
    assert found.budget.allowed_seconds == pytest.approx(792)
    assert found.budget.left_seconds == pytest.approx(432)


@pytest.mark.parametrize(
    ("rule", "hours_to_come"),
    [
        (GroupRule.ALL_DOWN, 11),  # both are away from 21:00 to 22:00 only
        (GroupRule.ANY_DOWN, 9),  # one of them is from 20:00 to 23:00
        (GroupRule.WORST, 10),  # as the member itself
        (GroupRule.WEIGHTED, 0.25 * 10 + 0.75 * 5),  # the second has to be there from six to five alone
    ],
)
def test_a_groups_budget_is_of_the_time_that_its_members_planned_work_leaves(
    rule: GroupRule, hours_to_come: float
) -> None:
    """At noon: work on one member from 20:00 to 22:00, on the other from 21:00 to 23:00, and neither was ever down."""
    policy = replace(EXACT, target_ratio=0.99)
    agreed = "service" if rule is GroupRule.WEIGHTED else "all"
    members = [
        WatchedService(service_key="one", policy=policy, maintenance=(Window(at(1200), at(1320)),), students=100),
        WatchedService(
            service_key="two",
            policy=policy,
            maintenance=(Window(at(1260), at(1380)),),
            students=300,
            agreed_hours=agreed,
        ),
    ]
    group = ServiceGroup(group_key="both", rule=rule, members=("one", "two"), policy=policy)
    looks = {key: day_with(service=key, end=720) for key in ("one", "two")}
    budget = results(members, looks, groups=[group], as_of=at(720))["both"].budget
    assert budget is not None
    watched = 0.25 * 12 + 0.75 * 6 if rule is GroupRule.WEIGHTED else 12
    assert budget.allowed_seconds == pytest.approx(0.01 * (watched + hours_to_come) * 3600)


def test_where_rules_change_each_part_of_a_period_stands_under_its_own() -> None:
    """One failed look at six and one at six in the evening; from noon on a single one is an outage."""
    new = replace(EXACT, name="new", confirmation_failures=1, target_ratio=0.9)
    sis = WatchedService(service_key="sis", policy=EXACT, later=((at(720), new),))
    hall = WatchedService(service_key="hall", policy=EXACT)
    looks = {key: day_with((360, 361), (1080, 1081), service=key) for key in ("sis", "hall")}
    over = period()
    found = service_results(
        [sis, hall], (), lambda key: looks[key], over, as_of=over.window.end, calendar=CALENDAR, with_days=True
    )
    named = {(one.key, one.policy.name): one for one in found}
    assert sorted(named) == [("hall", "exact"), ("sis", "exact"), ("sis", "new")]
    before, after = named["sis", "exact"], named["sis", "new"]
    assert (before.seconds.down, after.seconds.down, named["hall", "exact"].seconds.down) == (0, 60, 0)
    assert (before.over, after.over) == (Window(at(0), at(720)), Window(at(720), at(1440)))
    assert (before.period.window, after.period.window) == (before.over, after.over)
    assert before.budget is None
    assert after.budget is not None
    assert after.budget.allowed_seconds == pytest.approx(0.1 * 43200)
    assert add([before.seconds, after.seconds]).total == add([one.seconds for one in (*before.days, *after.days)]).total


def test_a_change_of_rules_reaches_the_groups_that_a_service_is_in_and_cuts_nothing_that_hangs_on_it() -> None:
    """The core's one failed look answers for what hung on it only where it counts as an outage."""
    new = replace(EXACT, name="new", confirmation_failures=1)
    core = WatchedService(service_key="core", policy=EXACT, later=((at(720), new),))
    behind = WatchedService(service_key="behind", policy=new, depends_on=("core",))
    alone = WatchedService(service_key="alone", policy=EXACT)
    groups = [
        ServiceGroup(group_key=rule.value, rule=rule, members=("core", "alone"), policy=EXACT) for rule in GroupRule
    ]
    looks = {one.service_key: day_with((360, 361), (1080, 1081), service=one.service_key) for one in (core, behind)}
    looks["alone"] = day_with(service="alone")
    over = period()
    found = service_results(
        [core, behind, alone], groups, lambda key: looks[key], over, as_of=over.window.end, calendar=CALENDAR
    )
    told = {(one.key, one.over.start): one.seconds for one in found}
    noon = at(720)
    assert (told["behind", START].down, told["behind", START].attributed) == (120, {"core": 60})
    assert ("behind", noon) not in told
    assert ("alone", noon) not in told
    assert (told["core", START].down, told["core", noon].down) == (0, 60)
    # Nobody counted the pupils that a group could be weighted by.
    lost = {rule: (told[rule.value, START].down, told[rule.value, noon].down) for rule in GroupRule}
    assert lost == {
        GroupRule.WORST: (0, 60),
        GroupRule.ANY_DOWN: (0, 60),
        GroupRule.ALL_DOWN: (0, 0),
        GroupRule.WEIGHTED: (0, 0),
    }


def test_an_outage_over_a_change_of_rules_is_one_of_the_part_in_which_it_began() -> None:
    """Down over noon, when the rules change, and in the evening; hours of class end at three."""
    new = replace(EXACT, name="new")
    for hours, longest in (("all", 7200), ("testing", 0), ("school", 7200)):
        sis = WatchedService(service_key="sis", policy=EXACT, later=((at(720), new),), agreed_hours=hours)
        looks = day_with((660, 780), (1000, 1010))
        found = service_results([sis], (), lambda _, looks=looks: looks, period(), as_of=DAY.end, calendar=CALENDAR)
        before, after = (next(one.outages for one in found if one.policy.name == name) for name in ("exact", "new"))
        assert (before.count, before.longest_seconds) == (int(longest > 0), longest)
        assert [one.window for one in before.episodes] == [Window(at(660), at(780))] * before.count
        assert [one.window.start for one in after.episodes] == [at(1000)] * (hours == "all")
        assert not before.open
        assert before.mean_time_to_repair_seconds == (longest or None)


def test_an_outage_that_began_out_of_hours_before_the_rules_changed_began_there() -> None:
    """From two in the night until nine; the rules change at seven and class begins at eight."""
    sis = WatchedService(
        service_key="sis", policy=EXACT, later=((at(420), replace(EXACT, name="new")),), agreed_hours="school"
    )
    looks = day_with((120, 540))
    found = service_results([sis], (), lambda _: looks, period(), as_of=DAY.end, calendar=CALENDAR)
    counts = {one.policy.name: (one.outages.count, one.outages.longest_seconds, one.seconds.down) for one in found}
    assert counts == {"exact": (1, 3600, 0), "new": (0, 0, 3600)}


def test_outages_are_merged_by_the_rules_in_force_between_them() -> None:
    new = replace(EXACT, name="new", merge_outages_closer_than_seconds=600)
    sis = WatchedService(service_key="sis", policy=EXACT, later=((at(720), new),))
    looks = day_with((100, 110), (113, 120), (800, 810), (813, 820))
    found = service_results([sis], (), lambda _: looks, period(), as_of=DAY.end, calendar=CALENDAR)
    assert {one.policy.name: one.outages.count for one in found} == {"exact": 2, "new": 1}


@given(observations(), policies, policies, plans(), hours, st.integers(1, 1439))
def test_outages_of_parts_are_those_of_the_whole_each_once_and_the_packets_as_well(
    looks: list[ObservationInterval],
    old: SlaPolicy,
    new: SlaPolicy,
    planned: tuple[Window, ...],
    agreed: str,
    cut: int,
) -> None:
    sis = WatchedService(
        service_key="sis", policy=old, later=((at(cut), new),), maintenance=planned, agreed_hours=agreed, since=START
    )
    found = service_results([sis], (), lambda _: looks, period(), as_of=DAY.end, calendar=CALENDAR)
    probes = SourceFacts(
        source_key="probes", feeds=frozenset({ObservationInterval}), known_until=DAY.end, records=tuple(looks)
    )
    facts = Facts(window=DAY, as_of=DAY.end, calendar=CALENDAR, sources=(probes,), services=(sis,))
    line = facts.timelines["sis"]
    told = outages("sis", looks, line, old, sis.later)
    whole = outage_figures(told, facts.timelines_in(agreed)["sis"])
    assert [one for each in sorted(found, key=lambda one: one.over) for one in each.outages.episodes] == [
        *whole.episodes
    ]
    assert sum(sum(one.outages.seconds) for one in found) == sum(one.seconds.down for one in found)
    assert sum(one.outages.up_seconds for one in found) == pytest.approx(whole.up_seconds)
    for one in told:
        answered = intersection(
            (Window(one.window.end, DAY.end),), union([*line.answered, *line.answered_in_maintenance])
        )
        assert one.open == (not answered)
    assert all(later.window.start > one.window.end for one, later in pairwise(told))


def test_each_part_of_a_period_has_the_latency_of_its_own_time() -> None:
    sis = WatchedService(service_key="sis", policy=EXACT, later=((at(720), replace(EXACT, name="new")),))
    asked = []

    def latencies(over: Window) -> Callable[[str], dict[str, int]]:
        asked.append(over)
        return lambda _: {"20": int(over.seconds / 60)}

    found = service_results(
        [sis], (), lambda _: day_with(), period(), as_of=at(1000), calendar=CALENDAR, latencies=latencies
    )
    counts = {one.policy.name: one.latency.n for one in found if one.latency is not None}
    assert counts == {"exact": 720, "new": 280}
    assert sorted(asked) == [Window(START, at(720)), Window(at(720), at(1000))]


def test_rules_that_change_after_now_or_after_the_period_change_nothing_yet() -> None:
    new = replace(EXACT, name="new")
    for change, names in ((DAY.end, ["exact"]), (at(1000), ["exact"]), (at(400), ["exact", "new"])):
        sis = WatchedService(service_key="sis", policy=EXACT, later=((change, new),))
        found = service_results([sis], (), lambda _: day_with(end=720), period(), as_of=at(720), calendar=CALENDAR)
        assert sorted(one.policy.name for one in found) == names


def test_a_period_that_has_not_begun_has_no_seconds() -> None:
    later = Period(kind=PeriodKind.DAY, name="later", window=Window(DAY.end, DAY.end + timedelta(days=1)))
    service = WatchedService(service_key="sis", policy=replace(EXACT, target_ratio=0.9))
    found = results([service], {"sis": day_with()}, over=later, as_of=at(10), with_days=True)["sis"]
    assert (found.seconds.total, found.availability, found.days) == (0, None, ())
    assert found.refusal == "There was no time to watch in this period."


def test_percentiles_come_from_the_histogram_of_the_service() -> None:
    service = WatchedService(service_key="sis", policy=EXACT)
    found = results([service], {"sis": day_with()}, latencies={"sis": {"20": 1440}})["sis"]
    assert found.latency is not None
    assert (found.latency.n, found.latency.p50_seconds) == (1440, found.latency.p99_seconds)
    assert results([service], {})["sis"].latency is None


def test_days_of_nothing() -> None:
    line = timeline([], Window(START, START), EXACT)
    assert days_of(line, EXACT, ZoneInfo("UTC")) == ()
