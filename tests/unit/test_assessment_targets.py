"""Targets: proposals, the district's word over them, and what cannot be."""

from __future__ import annotations

from datetime import date

import pytest

from firstbell.assessment.targets import Basis, Better, Goal, Target, TargetError, override, targets_for

PROPOSED = Target(
    indicator="TI-01",
    goal=0.87,
    floor=0.5,
    better=Better.UP,
    basis=Basis.BENCHMARK,
    basis_text="a survey of 2019",
)
BUDGET = Target(indicator="BR-05", goal=(-15, 15), floor=(-60, 60), better=Better.BAND, basis=Basis.FEDERAL_GOAL)


def test_a_proposal_is_not_in_force_until_the_team_adopts_it() -> None:
    adopted = override(PROPOSED, {"adopted_on": date(2026, 10, 1)}, team="tlt")
    assert not PROPOSED.in_force
    assert adopted.in_force
    assert (adopted.goal, adopted.basis, adopted.basis_text) == (0.87, Basis.BENCHMARK, "a survey of 2019")
    assert adopted.adopted_by == "tlt"


def test_the_law_waits_for_nobody() -> None:
    duty = Target(indicator="SA-08", goal=1.0, floor=0.5, better=Better.UP, basis=Basis.LAW, needs_adoption=False)
    assert duty.in_force
    with pytest.raises(TargetError, match="add adopted_on"):
        override(duty, {"target": 0.6})
    assert override(duty, {"target": 0.6, "adopted_on": date(2026, 10, 1)}).goal == 0.6


def test_a_number_of_ones_own_is_a_local_decision_with_no_borrowed_reason() -> None:
    changed = override(PROPOSED, {"target": 0.75, "floor": 0.4, "adopted_on": date(2026, 10, 1)})
    assert (changed.goal, changed.floor, changed.basis, changed.basis_text) == (0.75, 0.4, Basis.LOCAL, "")


@pytest.mark.parametrize(
    ("change", "basis", "text"),
    [
        ({"target": 0.87}, Basis.BENCHMARK, "a survey of 2019"),
        ({"target": 0.8, "basis": "local decision"}, Basis.LOCAL, "local decision"),
        ({"basis": "benchmark"}, Basis.BENCHMARK, "a survey of 2019"),
        ({"target": 0.8, "basis": "sample_policy"}, Basis.SAMPLE_POLICY, ""),
    ],
)
def test_a_basis_is_a_code_or_the_districts_own_words(change: dict[str, object], basis: Basis, text: str) -> None:
    changed = override(PROPOSED, change)
    assert (changed.basis, changed.basis_text) == (basis, text)


def test_a_band_is_a_pair() -> None:
    assert override(BUDGET, {"target": [-10, 10], "basis": "local"}).goal == (-10.0, 10.0)


def test_without_a_goal_there_is_nothing_to_adopt() -> None:
    trend = Target(indicator="IP-09", goal=None, floor=None, better=Better.DOWN, basis=Basis.LOCAL)
    assert not override(trend, {"adopted_on": date(2026, 10, 1)}).in_force


@pytest.mark.parametrize(
    ("better", "goal", "floor"),
    [
        (Better.UP, 0.9, 0.9),
        (Better.UP, 0.9, 1.0),
        (Better.UP, 0.9, None),
        (Better.DOWN, 5.0, 5.0),
        (Better.DOWN, 5.0, 1.0),
        (Better.BAND, 5.0, 1.0),
        (Better.BAND, (5.0, 3.0), (0.0, 9.0)),
        (Better.BAND, (3.0, 5.0), (3.0, 9.0)),
        (Better.UP, (3.0, 5.0), (1.0, 9.0)),
        (Better.UP, 5.0, (1.0, 9.0)),
    ],
)
def test_a_goal_must_be_away_from_its_floor(better: Better, goal: Goal, floor: Goal | None) -> None:
    with pytest.raises(TargetError, match="X-01: target and floor"):
        Target(indicator="X-01", goal=goal, floor=floor, better=better, basis=Basis.LOCAL)


def test_every_fault_of_the_districts_targets_is_told_at_once() -> None:
    changes = {
        "TI-01": {"target": 0.4},
        "BR-05": {"target": "hearsay"},
        "ZZ-99": {"target": 1},
        "TI-02": {"goal": 1},
    }
    defaults = {"TI-01": PROPOSED, "BR-05": BUDGET, "TI-02": PROPOSED}
    with pytest.raises(TargetError) as caught:
        targets_for(defaults, changes)
    told = str(caught.value).splitlines()
    assert len(told) == 4
    assert all("hearsay" not in line for line in told)


@pytest.mark.parametrize("change", [{"target": "ninety"}, {"target": [1, 2, 3]}, {"floor": True}])
def test_a_target_that_is_no_number_is_told_in_a_sentence(change: dict[str, object]) -> None:
    with pytest.raises(TargetError, match=r"TI-01: the (target|floor) is no number"):
        override(PROPOSED, change)


def test_what_the_district_leaves_alone_stays() -> None:
    resolved = targets_for({"TI-01": PROPOSED, "BR-05": BUDGET}, {"TI-01": {"adopted_on": date(2026, 10, 1)}}, "tlt")
    assert resolved["BR-05"] == BUDGET
    assert resolved["TI-01"].in_force
