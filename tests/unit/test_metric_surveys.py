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
from firstbell.metrics.suppression import complementary, suppressed
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


@given(st.integers(1, 500), st.integers(0, 500), st.integers(0, 5000))
def test_an_interval_holds_its_share_and_narrows_with_the_population(n: int, x: int, rest: int) -> None:
    x = min(x, n)
    endless, finite = surveys.wilson(x, n), surveys.wilson(x, n, n + rest)
    assert 0 <= endless.low <= x / n + 1e-9
    assert x / n - 1e-9 <= endless.high <= 1
    assert finite.high - finite.low <= endless.high - endless.low + 1e-9


def row(
    counts: tuple[int, ...], *, group: str = "staff", wave: str = "fall", question: str = "q1", **facts: object
) -> SurveyCounts:
    told = {"survey_key": "climate", "scope": "district", "fielded_on": date(2026, 10, 1), **facts}
    return SurveyCounts(counts=counts, group=group, wave=wave, question_key=question, **told)


def test_the_favourable_share_says_who_did_not_answer() -> None:
    kpi = surveys.favourable_share([row((1, 2, 3, 20, 14), no_answer=3)], FRAME, POLICY)
    assert (kpi.value, kpi.numerator, kpi.denominator, kpi.n, kpi.missing) == (34 / 40, 34, 40, 43, 3)


def test_one_count_of_replies_holds_for_every_figure_of_a_wave() -> None:
    """Everybody replied to the form; which question was left out least must not decide how many they were."""
    rows = [row((0, 0, 4, 20, 10), no_answer=6, invited=80), row((0, 4, 4, 20, 10), question="q2", no_answer=2)]
    share = surveys.favourable_share(rows, FRAME, POLICY)
    assert (share.n, surveys.response_rate(rows, FRAME, POLICY).numerator) == (40, 40)
    assert surveys.share_interval(share, rows) == surveys.wilson(60 / 72 * 38, 38, 80)


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
