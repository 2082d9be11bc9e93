"""How figures read: every unit of the instrument and of the formulas in plain words, counts before percentages."""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from math import floor
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from firstbell.assessment.instrument import load_instrument
from firstbell.assessment.result import IndicatorResult, PartDue
from firstbell.assessment.targets import Basis, Better, Target
from firstbell.intervals import Window
from firstbell.kpi import Kpi, Light
from firstbell.packet.figures import amount_text, evidence, goal_text, judged_text, trend_of, value_text
from firstbell.packet.model import Audience, Trend
from firstbell.packet.wording import Wording, whole_percent

ROOT = Path(__file__).resolve().parents[2]
WORDS = Wording(ZoneInfo("America/Chicago"))
RULED = {"ratio", "minutes", "seconds", "dollars", "dollars per student"}
"""Units with a rule of their own in amount_text."""


def units_with_words() -> set[str]:
    table = YAML(typ="safe").load((ROOT / "catalogs/wording/en.yaml").read_text(encoding="utf-8"))
    return {*table["units"], *RULED}


def units_in_formulas() -> set[str]:
    """The third argument of every `measured` and the second of every `not_known` that the metrics write out."""
    found = set()
    for path in (ROOT / "firstbell" / "metrics").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                place = {"measured": 2, "not_known": 1}.get(node.func.attr)
                if place is not None and len(node.args) > place and isinstance(node.args[place], ast.Constant):
                    found.add(str(node.args[place].value))  # type: ignore[attr-defined]
    return found


def test_every_unit_of_the_instrument_has_words() -> None:
    assert {one.unit for one in load_instrument().indicators} - units_with_words() == set()


def test_every_unit_that_a_formula_produces_has_words() -> None:
    found = units_in_formulas()
    assert {"ratio", "business hours", "points"} <= found
    assert found - units_with_words() == set()


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.874, "ratio", "87 %"),
        (0.875, "ratio", "88 %"),
        (0.95, "ratio", "95 %"),
        (0.9995, "ratio", "99 %"),
        (1, "ratio", "100 %"),
        (0.004, "ratio", "under 1 %"),
        (0, "ratio", "0 %"),
        (54, "minutes", "54 min"),
        (0, "minutes", "0 min"),
        (1440, "minutes", "1 day"),
        (1, "business hours", "1 work hour"),
        (7.25, "business hours", "7.2 work hours"),
        (6, "hours per teacher", "6 h"),
        (-15, "points", "-15 points"),
        (0.95, "devices per student", "0.95"),
        (2, "level of 3", "level 2 of 3"),
        (8, "of 10", "8 of 10"),
        (1, "tickets", "1 ticket"),
        (24800.4, "dollars", "$24,800"),
        (3, "widgets", "3 widgets"),
    ],
)
def test_an_amount_reads_plainly(value: float, unit: str, text: str) -> None:
    assert amount_text(value, unit, WORDS) == text


@given(st.integers(0, 10**8), st.integers(1, 10**8), st.booleans())
@example(99_996, 100_000, False)
@example(4, 1000, False)
@example(1, 1, True)
def test_a_percentage_never_says_all_or_none_of_a_part(part: int, whole: int, exact: bool) -> None:
    text = amount_text(part / whole, "ratio", WORDS, exact=exact)
    assert (text in ("100 %", "100.00 %")) == (part == whole)
    assert (text == "0 %") == (part == 0)


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_whole_percentage_is_the_nearest_one_save_near_the_ends(part: int, whole: int) -> None:
    shown, share = whole_percent(part / whole), Fraction(100 * part, whole)
    if 1 <= share <= 99 or share >= 101:
        assert shown == floor(share + Fraction(1, 2))
    elif share != 100:
        assert shown == {True: 0, False: 99 if share < 100 else 101}[share < 1]


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_share_of_time_is_never_rounded_up(up: int, watched: int) -> None:
    shown = Fraction(amount_text(min(1, up / watched), "ratio", WORDS, exact=True).split()[0])
    assert 0 <= Fraction(100 * min(up, watched), watched) - shown < Fraction(1, 100)


def test_time_is_told_exactly_and_so_is_a_goal() -> None:
    material = SimpleNamespace(wording=WORDS)
    one = result(0.949987, 0.975, Better.UP, 0.9)
    watched = replace(one.kpi, method="seconds up / seconds watched; gaps: exclude", unit="ratio")
    assert value_text(watched, material) == "94.99 %"  # type: ignore[arg-type]
    assert goal_text(replace(one, kpi=watched), WORDS) == "goal 97.50 %"


def test_rounding_alone_never_reaches_a_goal() -> None:
    material = SimpleNamespace(wording=WORDS)
    short, there = (result(value, 0.8, Better.UP, 0.5) for value in (0.7967, 0.8))
    assert value_text(replace(short.kpi, unit="ratio"), material) == "80 %"  # type: ignore[arg-type]
    assert judged_text(replace(short, kpi=replace(short.kpi, unit="ratio")), material) == "79.67 %"  # type: ignore[arg-type]
    assert judged_text(replace(there, kpi=replace(there.kpi, unit="ratio")), material) == "80 %"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "goal", "unit", "texts"),
    [
        (0.996, 1, "Mbps per student", ("0.996 Mbps", "goal 1 Mbps")),
        (1, 1, "Mbps per student", ("1 Mbps", "goal 1 Mbps")),
        (7.96, 7.98, "of 10", ("7.96 of 10", "goal 7.98 of 10")),
        (7.9, 8, "of 10", ("7.9 of 10", "goal 8 of 10")),
        (0.97493, 0.97497, "ratio", ("97.493 %", "goal 97.497 %")),
        (0.7967, 0.8, "ratio", ("79.67 %", "goal 80 %")),
        (30.4, 30, "minutes", ("30.4 min", "goal 30 min")),
        (9029, 9000, "seconds", ("2.51 h", "goal 2.5 h")),
        (24_800.4, 24_800, "dollars", ("$24,800.4", "goal $24,800")),
        (4.96, (5.0, 8.0), "points", ("4.96 points", "goal 5 points to 8 points")),
    ],
)
def test_a_figure_and_a_goal_that_differ_never_read_alike(
    value: float, goal: float | tuple[float, float], unit: str, texts: tuple[str, str]
) -> None:
    band = isinstance(goal, tuple)
    one = result(value, goal, Better.BAND if band else Better.UP, (-9.0, 99.0) if band else 0.0)
    one = replace(one, kpi=replace(one.kpi, unit=unit))
    assert (judged_text(one, SimpleNamespace(wording=WORDS)), goal_text(one, WORDS)) == texts  # type: ignore[arg-type]


def test_the_part_of_a_goal_that_is_due_never_reads_like_a_figure_short_of_it() -> None:
    one = result(2.08, 8, Better.UP, 0)
    one = replace(one, kpi=replace(one.kpi, unit="hours"), due=PartDue(share=0.2625, whole_on=date(2027, 5, 31)))
    assert judged_text(one, SimpleNamespace(wording=WORDS)) == "2.08 h"  # type: ignore[arg-type]
    assert goal_text(one, WORDS) == "goal 2.1 h by now, 8 h by 31 May 2027"


@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.sampled_from(["points", "ratio", "seconds", "dollars"]))
def test_whatever_differs_reads_differently(value: float, goal: float, unit: str) -> None:
    one = result(value, goal, Better.UP, goal - 1)
    one = replace(one, kpi=replace(one.kpi, unit=unit))
    read, beside = judged_text(one, SimpleNamespace(wording=WORDS)), goal_text(one, WORDS).removeprefix("goal ")  # type: ignore[arg-type]
    assert abs(value - goal) < 0.01 or read != beside


@given(st.floats(-1e6, 1e6))
def test_a_number_is_within_its_last_digit(value: float) -> None:
    assert abs(float(WORDS.number(value).replace(",", "")) - value) <= 0.051


def result(value: float, goal: float | tuple[float, float], better: Better, floor: object) -> IndicatorResult:
    indicator = load_instrument().by_id["IP-01"]
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    kpi = Kpi(name="x", value=value, unit="points", window=Window(moment, moment), as_of=moment, method="m")
    target = Target(
        indicator="IP-01",
        goal=goal,
        floor=floor,  # type: ignore[arg-type]
        better=better,
        basis=Basis.LOCAL,
    )
    return IndicatorResult(
        indicator="IP-01",
        version=1,
        area=indicator.area,
        weight=1,
        must_measure=False,
        kpi=kpi,
        target=target,
        light=Light.NO_TARGET,
    )


@pytest.mark.parametrize(
    ("was", "now", "better", "goal", "floor", "trend"),
    [
        (1.0, 2.0, Better.UP, 5.0, 0.0, Trend.BETTER),
        (2.0, 1.0, Better.UP, 5.0, 0.0, Trend.WORSE),
        (1.0, 2.0, Better.DOWN, 0.0, 5.0, Trend.WORSE),
        (-20.0, -5.0, Better.BAND, (-10.0, 10.0), (-30.0, 30.0), Trend.BETTER),
        (0.0, 20.0, Better.BAND, (-10.0, 10.0), (-30.0, 30.0), Trend.WORSE),
        (1.0, 1.0, Better.UP, 5.0, 0.0, Trend.SAME),
    ],
)
def test_a_trend_is_judged_by_which_way_is_better(
    was: float, now: float, better: Better, goal: float | tuple[float, float], floor: object, trend: Trend
) -> None:
    indicator = load_instrument().by_id["IP-01"]
    printed = evidence(result(was, goal, better, floor), indicator, Audience.TEAM)
    assert trend_of(result(now, goal, better, floor), printed) is trend


def test_a_share_of_answers_is_no_count_of_people() -> None:
    """Three questions to 331 people give 961 answers; "631 of 961" reads as if 961 people had been asked."""
    one = result(631 / 961, 0.8, Better.UP, 0.5)
    counts = {"numerator": 631, "denominator": 961, "n": 331, "unit": "ratio"}
    answers = replace(one.kpi, name="favourable_share", **counts)
    people = replace(one.kpi, name="share", **counts)
    material = SimpleNamespace(wording=WORDS)
    assert value_text(answers, material) == "66 %, 331 replied"  # type: ignore[arg-type]
    assert goal_text(replace(one, kpi=answers), WORDS) == "goal 80 %"
    assert value_text(people, material) == "631 of 961"  # type: ignore[arg-type]
    assert goal_text(replace(one, kpi=people), WORDS) == "goal 769"


def test_a_goal_says_which_way_it_binds() -> None:
    up, down = result(1, 5.0, Better.UP, 0.0), result(1, 0.0, Better.DOWN, 5.0)
    band = result(1, (-10.0, 10.0), Better.BAND, (-30.0, 30.0))
    assert goal_text(up, WORDS) == "goal 5 points"
    assert goal_text(down, WORDS) == "limit 0 points"
    assert goal_text(band, WORDS) == "goal within 10 points either way"
    assert goal_text(result(1, (5.0, 10.0), Better.BAND, (0.0, 30.0)), WORDS) == "goal 5 points to 10 points"


def test_a_pro_rated_goal_tells_the_part_that_its_light_compares_with() -> None:
    hours = result(2.4, 8.0, Better.UP, 0.0)
    due = PartDue(share=0.2625, whole_on=date(2027, 5, 31))
    one = replace(hours, kpi=replace(hours.kpi, unit="hours per teacher"), due=due)
    assert goal_text(one, WORDS) == "goal 2.1 h by now, 8 h by 31 May 2027"
    assert goal_text(replace(one, due=None), WORDS) == "goal 8 h"


def test_a_light_that_is_met_short_of_its_goal_says_so() -> None:
    met = replace(result(17.9, 16.0, Better.DOWN, 60.0), light=Light.MET)
    assert goal_text(replace(met, attainment=0.957), WORDS) == "limit 16 points; near enough"
    assert goal_text(replace(met, attainment=1.0), WORDS) == "limit 16 points"
