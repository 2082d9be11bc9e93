"""Survey statistics against published and independently computed vectors."""

from __future__ import annotations

from datetime import UTC, date, datetime
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.intervals import Window
from firstbell.kpi import Availability, Kpi
from firstbell.metrics import surveys
from firstbell.metrics.figure import Frame
from firstbell.metrics.suppression import change_shown, complementary, suppressed
from firstbell.policies import SuppressionPolicy
from firstbell.records import SurveyCounts

YEAR = Window(datetime(2026, 8, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC))
FRAME = Frame(window=YEAR, as_of=YEAR.end)
POLICY = SuppressionPolicy(name="default")


@pytest.mark.parametrize(
    ("n", "population", "endless", "corrected"),
    [
        (80, 100, 10.96, 4.92),
        (50, 120, 13.86, 10.63),
        (120, 400, 8.95, 7.49),
        (300, 5000, 5.66, 5.49),
        (30, 35, 17.89, 6.86),
    ],
)
def test_margins_with_and_without_the_finite_population(
    n: int, population: int, endless: float, corrected: float
) -> None:
    assert surveys.margin_points(n) == pytest.approx(endless, abs=0.005)
    assert surveys.margin_points(n, population) == pytest.approx(corrected, abs=0.005)
    by_hand = 100 * surveys.Z95 * sqrt(0.25 / n) * sqrt((population - n) / (population - 1))
    assert surveys.margin_points(n, population) == pytest.approx(by_hand)


def test_a_census_has_no_margin() -> None:
    assert surveys.margin_points(40, 40) == 0
    assert surveys.wilson(30, 40, 40) == surveys.Interval(0.75, 0.75)


@pytest.mark.parametrize(
    ("x", "n", "population", "low", "high"),
    [
        (45, 60, None, 0.6277, 0.8422),
        (10, 10, None, 0.7225, 1),
        (60, 80, None, 0.6452, 0.8319),
        (60, 80, 100, 0.7051, 0.7901),
    ],
)
def test_wilson_intervals(x: int, n: int, population: int | None, low: float, high: float) -> None:
    found = surveys.wilson(x, n, population)
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(
    ("population", "answers"), [(50, 45), (100, 80), (250, 152), (500, 218), (1000, 278), (5000, 357), (20000, 377)]
)
def test_answers_needed_for_five_points(population: int, answers: int) -> None:
    assert surveys.answers_needed(population) == answers


def test_two_waves_of_different_people() -> None:
    change = surveys.compared((90, 115), (150, 160))
    assert change.z == pytest.approx(2.2077, abs=5e-5)
    assert change.p == pytest.approx(0.0273, abs=5e-5)
    assert change.difference == pytest.approx(0.1188, abs=5e-5)
    assert change.interval.low == pytest.approx(0.0133, abs=5e-5)
    assert change.interval.high == pytest.approx(0.2211, abs=5e-5)


def test_ranks_with_ties() -> None:
    first, second = [10, 20, 40, 50, 30], [5, 12, 35, 60, 48]
    change = surveys.mann_whitney(first, second)
    assert change.u == 9805
    assert change.z == pytest.approx(-2.895, abs=5e-4)
    assert change.p == pytest.approx(0.003788, abs=5e-7)
    assert change.effect == pytest.approx(0.183, abs=5e-4)
    assert surveys.mean_answer(first) == pytest.approx(3.467, abs=5e-4)
    assert surveys.mean_answer(second) == pytest.approx(3.8375)


def test_waves_in_which_all_said_the_same() -> None:
    assert surveys.mann_whitney([0, 0, 12], [0, 0, 15]).p == 1
    assert surveys.compared((12, 15), (12, 15)).p == 1
    with pytest.raises(ValueError, match="same scale"):
        surveys.mann_whitney([1, 2], [0, 0])


def test_holm_for_many_questions() -> None:
    assert surveys.holm((0.01, 0.04, 0.03, 0.005)) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_borich_from_answers_and_from_counts() -> None:
    assert surveys.borich([5, 4, 5, 4], [3, 3, 2, 4]) == 6.75
    assert surveys.borich_of_counts([0, 0, 0, 2, 2], [0, 1, 2, 1, 0]) == 6.75


counts = st.lists(st.integers(0, 40), min_size=5, max_size=5).filter(sum)


@given(counts, counts)
def test_comparing_the_other_way_round_turns_the_sign_only(first: list[int], second: list[int]) -> None:
    there, back = surveys.mann_whitney(first, second), surveys.mann_whitney(second, first)
    assert there.u + back.u == sum(first) * sum(second)
    assert there.effect == pytest.approx(-back.effect)
    assert there.p == pytest.approx(back.p)


@given(st.integers(1, 500), st.integers(0, 500), st.integers(0, 5000))
def test_an_interval_holds_its_share_and_narrows_with_the_population(n: int, x: int, rest: int) -> None:
    x = min(x, n)
    endless, finite = surveys.wilson(x, n), surveys.wilson(x, n, n + rest)
    assert 0 <= endless.low <= x / n + 1e-9
    assert x / n - 1e-9 <= endless.high <= 1
    assert finite.high - finite.low <= endless.high - endless.low + 1e-9


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_never_makes_anything_more_certain(found: list[float]) -> None:
    adjusted = surveys.holm(found)
    assert all(before <= after <= 1 for before, after in zip(found, adjusted, strict=True))
    ranked = sorted(zip(found, adjusted, strict=True))
    assert [after for _, after in ranked] == sorted(after for _, after in ranked)


def row(
    counts: tuple[int, ...], *, group: str = "staff", wave: str = "fall", question: str = "q1", **facts: object
) -> SurveyCounts:
    told = {"survey_key": "climate", "scope": "district", "fielded_on": date(2026, 10, 1), **facts}
    return SurveyCounts(counts=counts, group=group, wave=wave, question_key=question, **told)


def test_the_favourable_share_says_who_did_not_answer() -> None:
    kpi = surveys.favourable_share([row((1, 2, 3, 20, 14), no_answer=3)], FRAME, POLICY)
    assert (kpi.value, kpi.numerator, kpi.denominator, kpi.n, kpi.missing) == (34 / 40, 34, 40, 40, 3)


def test_two_questions_to_the_same_people_do_not_make_more_people() -> None:
    rows = [row((0, 0, 2, 3, 3)), row((0, 1, 1, 3, 3), question="q2")]
    kpi = surveys.favourable_share(rows, FRAME, POLICY)
    assert kpi.availability is Availability.SUPPRESSED
    assert (kpi.value, kpi.numerator, kpi.n) == (None, None, 0)


def test_response_rate_needs_to_know_who_was_asked() -> None:
    assert surveys.response_rate([row((0, 0, 10, 20, 30), invited=120)], FRAME, POLICY).value == 0.5
    assert surveys.response_rate([row((0, 0, 10, 20, 30))], FRAME, POLICY).value is None


def test_the_worst_group_sets_the_margin() -> None:
    rows = [row((0, 0, 0, 0, 80), invited=100), row((0, 0, 0, 30, 20), group="families", invited=120)]
    kpi = surveys.worst_margin([*rows, row((0, 0, 0, 0, 0), group="students", invited=900)], FRAME, POLICY)
    assert kpi.value == pytest.approx(10.63, abs=0.005)
    assert (kpi.n, kpi.missing) == (2, 1)


def test_a_hidden_group_does_not_show_in_the_worst_margin() -> None:
    """A margin of 40 points says that six people answered."""
    six = row((0, 0, 2, 2, 2), group="students")
    large = row((0, 0, 20, 40, 40))
    kpi = surveys.worst_margin([large, six], FRAME, POLICY)
    assert (kpi.value, kpi.n, kpi.missing) == (surveys.margin_points(100, large.invited), 1, 1)
    alone = surveys.worst_margin([six], FRAME, POLICY)
    assert (alone.availability, alone.missing) == (Availability.SUPPRESSED, 0)


def test_only_the_newest_wave_of_a_survey_counts() -> None:
    old = row((9, 9, 9, 9, 9), wave="spring", fielded_on=date(2026, 3, 1))
    assert surveys.newest_wave([old, row((0, 0, 0, 0, 40))]) == [row((0, 0, 0, 0, 40))]


def test_a_change_is_hidden_when_either_wave_is() -> None:
    large, small = [row((0, 0, 10, 20, 10))], [row((0, 0, 1, 2, 1))]
    assert surveys.wave_change(large, [row((0, 0, 5, 20, 15))], FRAME, POLICY).value == pytest.approx(12.5)
    for earlier, later in ((large, small), (small, large)):
        assert surveys.wave_change(earlier, later, FRAME, POLICY).availability is Availability.SUPPRESSED


def school(key: str, people: int) -> Kpi:
    kpi = FRAME.ratio("favourable_share", people // 2, people, "share", n=people)
    return suppressed(kpi, people, POLICY)


def test_one_hidden_school_takes_the_next_smallest_with_it() -> None:
    sizes = [9, 10, 40, 80]
    shown = complementary([school(str(size), size) for size in sizes], sizes)
    assert [kpi.known for kpi in shown] == [False, False, True, True]
    assert shown[1].numerator is None
    assert shown[1].n == 0


@pytest.mark.parametrize("sizes", [[9, 8, 40, 80], [10, 11, 12], [9]])
def test_nothing_more_is_hidden_where_the_total_gives_nothing_away(sizes: list[int]) -> None:
    groups = [school(str(size), size) for size in sizes]
    assert complementary(groups, sizes) == groups


@given(st.lists(st.integers(1, 60), min_size=2, max_size=8))
def test_never_exactly_one_of_several_is_hidden(sizes: list[int]) -> None:
    shown = complementary([school(str(size), size) for size in sizes], sizes)
    assert sum(not kpi.known for kpi in shown) != 1


def test_a_change_is_shown_only_between_shown_figures() -> None:
    assert change_shown(school("a", 40), school("a", 50))
    assert not change_shown(school("a", 40), school("a", 5))
