"""The arithmetic of the needs assessment, with the worked vectors of its method and its invariants."""

from __future__ import annotations

import doctest
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.assessment import scoring
from firstbell.assessment.scoring import (
    AreaPart,
    AreaScore,
    Moscow,
    UrgencySigns,
    area_light,
    area_score,
    attainment,
    light_of,
    moscow,
    priority,
    urgency,
)
from firstbell.assessment.targets import Basis, Better, Goal, Target
from firstbell.kpi import Light

shares = st.floats(0, 1)
values = st.floats(-1e6, 1e6)
weights = st.integers(1, 5)


def target(better: Better, goal: Goal, floor: Goal | None) -> Target:
    return Target(indicator="GP-01", goal=goal, floor=floor, better=better, basis=Basis.LOCAL)


@pytest.mark.parametrize(
    ("value", "goal", "floor", "better", "expected"),
    [
        (71, 90, 0, Better.UP, 0.789),
        (0.62, 1.0, 0, Better.UP, 0.62),
        (99.40, 99.90, 99.0, Better.UP, 0.444),
        (99.40, 99.90, 0, Better.UP, 0.995),
        (3.1, 2, 10, Better.DOWN, 0.8625),
        (9, 0, 25, Better.DOWN, 0.64),
        (120, 90, 0, Better.UP, 1.0),
        (-3, 90, 0, Better.UP, 0.0),
        (4, (3, 5), (1, 9), Better.BAND, 1.0),
        (2, (3, 5), (1, 9), Better.BAND, 0.5),
        (8, (3, 5), (1, 9), Better.BAND, 0.25),
        (1, 1, None, Better.FLAG, 1.0),
        (0, 1, None, Better.FLAG, 0.0),
    ],
)
def test_attainment(value: float, goal: Goal, floor: Goal | None, better: Better, expected: float) -> None:
    assert attainment(value, target(better, goal, floor)) == pytest.approx(expected, abs=5e-4)


def test_availability_needs_a_high_floor() -> None:
    """99.40 against 99.90: from a floor of 0 it looks nearly reached, from 99.0 it does not."""
    assert attainment(99.4, target(Better.UP, 99.9, 0)) > 0.95
    assert light_of(attainment(99.4, target(Better.UP, 99.9, 99.0))) is not Light.MET


@given(values, values, st.sampled_from([Better.UP, Better.DOWN]))
def test_attainment_grows_only_in_the_right_direction(one: float, other: float, better: Better) -> None:
    aim = target(better, 10, 0) if better is Better.UP else target(better, 0, 10)
    low, high = sorted((one, other))
    ordered = (low, high) if better is Better.UP else (high, low)
    assert attainment(ordered[0], aim) <= attainment(ordered[1], aim)


@given(values)
def test_attainment_stays_between_nothing_and_all(value: float) -> None:
    for aim in (target(Better.UP, 1, 0), target(Better.DOWN, 0, 1), target(Better.BAND, (-1, 1), (-3, 2))):
        assert 0 <= attainment(value, aim) <= 1


@given(st.floats(-10, 10), st.floats(0, 5))
def test_a_band_is_no_better_further_out(value: float, step: float) -> None:
    band = target(Better.BAND, (-1, 1), (-8, 9))
    outward = value + step if value >= 0 else value - step
    assert attainment(outward, band) <= attainment(value, band)


def test_a_figure_without_a_goal_has_no_attainment() -> None:
    with pytest.raises(ValueError, match="no goal"):
        attainment(1, Target(indicator="IP-12", goal=None, floor=None, better=Better.DOWN, basis=Basis.LOCAL))


@pytest.mark.parametrize(
    ("need", "weight", "impact", "pressing", "effort", "expected"),
    [(0.38, 5, 5, 4, 3, 20.3), (0.38, 5, 5, 4, 1, 30.4), (0.28, 5, 5, 5, 2, 22.4)],
)
def test_priority(need: float, weight: int, impact: int, pressing: int, effort: int, expected: float) -> None:
    assert priority(need, weight, impact, pressing, effort) == pytest.approx(expected, abs=0.05)


@given(shares, shares, weights, weights, weights, weights)
def test_a_greater_need_never_ranks_lower(one: float, other: float, w: int, i: int, u: int, e: int) -> None:
    low, high = sorted((one, other))
    assert priority(low, w, i, u, e) <= priority(high, w, i, u, e) <= 100


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        (UrgencySigns(usual=3), 3),
        (UrgencySigns(usual=3, below_target=True, security=True), 5),
        (UrgencySigns(usual=2, below_target=True, law=True), 5),
        (UrgencySigns(usual=2, security=True, law=True), 2),
        (UrgencySigns(usual=3, worse_for_periods=1), 3),
        (UrgencySigns(usual=3, worse_for_periods=2), 4),
        (UrgencySigns(usual=5, worse_for_periods=9), 5),
        (UrgencySigns(usual=2, below_target=True, days_to_deadline=119), 4),
        (UrgencySigns(usual=2, below_target=True, days_to_deadline=120), 2),
        (UrgencySigns(usual=2, below_target=True, days_to_deadline=-1), 5),
        (UrgencySigns(usual=2, days_to_deadline=5), 2),
    ],
)
def test_urgency_follows_rules(signs: UrgencySigns, expected: int) -> None:
    assert urgency(signs) == expected


@pytest.mark.parametrize(
    ("need", "ranked", "effort", "law_or_security", "expected"),
    [
        (0, 0, 1, True, None),
        (0.01, 0.1, 5, True, Moscow.MUST),
        (0.5, 20, 3, False, Moscow.SHOULD),
        (0.5, 19.9, 3, False, Moscow.COULD),
        (0.5, 10, 3, False, Moscow.COULD),
        (0.5, 9.9, 3, False, Moscow.WONT),
        (0.19, 30, 5, False, Moscow.WONT),
        (0.2, 30, 5, False, Moscow.SHOULD),
    ],
)
def test_labels_follow_rules(
    need: float, ranked: float, effort: int, law_or_security: bool, expected: Moscow | None
) -> None:
    assert moscow(need, ranked, effort, law_or_security=law_or_security) is expected


@pytest.mark.parametrize(
    ("attained", "previous", "expected"),
    [
        (None, Light.MET, Light.NOT_KNOWN),
        (0.95, None, Light.MET),
        (0.949, None, Light.CLOSE),
        (0.80, None, Light.CLOSE),
        (0.799, None, Light.MISSED),
        (0.949, Light.MET, Light.CLOSE),
        (0.96, Light.CLOSE, Light.CLOSE),
        (0.97, Light.CLOSE, Light.MET),
        (0.799, Light.CLOSE, Light.MISSED),
        (0.96, Light.MISSED, Light.CLOSE),
        (0.81, Light.MISSED, Light.MISSED),
        (0.82, Light.MISSED, Light.CLOSE),
        (1.0, Light.MISSED, Light.MET),
        (0.0, Light.MET, Light.MISSED),
        (0.949, Light.NOT_KNOWN, Light.CLOSE),
        (0.95, Light.NO_TARGET, Light.MET),
    ],
)
def test_lights(attained: float | None, previous: Light | None, expected: Light) -> None:
    assert light_of(attained, previous) is expected


@given(st.lists(st.floats(0.935, 0.965), min_size=2, max_size=30))
def test_a_light_does_not_flicker(course: list[float]) -> None:
    """Wandering within two points of a boundary makes a light worse once and not better again."""
    lights = [light_of(course[0])]
    for attained in course[1:]:
        lights.append(light_of(attained, lights[-1]))
    assert sum(one is not other for one, other in pairwise(lights)) <= 1


@given(shares, st.sampled_from([None, *Light]))
def test_a_held_light_is_never_greener_than_its_figure(attained: float, previous: Light | None) -> None:
    order = [Light.MISSED, Light.CLOSE, Light.MET]
    assert order.index(light_of(attained, previous)) <= order.index(light_of(attained))


@given(shares, shares, st.sampled_from([None, *Light]))
def test_a_light_never_falls_when_more_is_attained(one: float, other: float, previous: Light | None) -> None:
    order = [Light.MISSED, Light.CLOSE, Light.MET]
    low, high = sorted((one, other))
    assert order.index(light_of(low, previous)) <= order.index(light_of(high, previous))


def test_area_score_weighs_what_was_scored() -> None:
    parts = [AreaPart(weight=5, attained=0.8), AreaPart(weight=3, attained=0.4), AreaPart(weight=2, attained=None)]
    scored = area_score(parts)
    assert scored.score == pytest.approx(100 * (5 * 0.8 + 3 * 0.4) / 8)
    assert scored.coverage == pytest.approx(0.8)


def test_no_score_below_half_the_weight() -> None:
    parts = [AreaPart(weight=4, attained=1.0), AreaPart(weight=5, attained=None, known=False)]
    assert area_score(parts).score is None
    assert area_score([]).score is None


def test_context_without_weight_changes_nothing() -> None:
    parts = [AreaPart(weight=4, attained=0.5)]
    assert area_score([*parts, AreaPart(weight=0, attained=None, known=False)]) == area_score(parts)


parts_of_an_area = st.lists(st.builds(AreaPart, weight=weights, attained=st.none() | shares), max_size=12)


@given(parts_of_an_area, weights)
def test_the_unknown_lowers_coverage_and_never_a_score(parts: list[AreaPart], weight: int) -> None:
    before = area_score(parts)
    after = area_score([*parts, AreaPart(weight=weight, attained=None, known=False)])
    assert after.coverage <= before.coverage
    assert after.score is None or after.score == pytest.approx(before.score)


@given(parts_of_an_area)
def test_a_score_lies_among_its_parts(parts: list[AreaPart]) -> None:
    scored = area_score(parts)
    known = [100 * part.attained for part in parts if part.attained is not None]
    assert scored.score is None or min(known) - 1e-6 <= scored.score <= min(100, max(known) + 1e-6)


@pytest.mark.parametrize(
    ("score", "known", "must", "expected"),
    [
        (100.0, 1.0, [], Light.MET),
        (100.0, 1.0, [Light.MET, Light.CLOSE], Light.CLOSE),
        (100.0, 1.0, [Light.MISSED], Light.MISSED),
        (100.0, 1.0, [Light.NOT_KNOWN], Light.NOT_KNOWN),
        (100.0, 1.0, [Light.NO_TARGET], Light.NO_TARGET),
        (85.0, 1.0, [Light.MET], Light.CLOSE),
        (None, 1.0, [Light.MET], Light.NO_TARGET),
        (None, 0.4, [Light.MET], Light.NOT_KNOWN),
        (None, 0.4, [Light.MISSED], Light.MISSED),
    ],
)
def test_a_must_measure_caps_its_area(score: float | None, known: float, must: list[Light], expected: Light) -> None:
    assert area_light(AreaScore(score=score, coverage=1.0, known=known), must) is expected


@given(st.floats(0, 100), st.lists(st.sampled_from(list(Light)), min_size=1, max_size=4))
def test_an_area_is_never_better_than_its_worst_must(score: float, must: list[Light]) -> None:
    light = area_light(AreaScore(score=score, coverage=1.0, known=1.0), must)
    assert scoring.worst([light, *must]) is light


def test_the_docstrings_are_right() -> None:
    assert doctest.testmod(scoring).failed == 0
