"""Charts: honest lengths, gaps where nothing is known, the same bytes for the same data."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstbell.packet.charts import draw
from firstbell.packet.model import Chart, ChartSeries, Point
from firstbell.packet.palette import LIGHT
from firstbell.packet.words import Words
from tests.unit.packet_samples import charts

KINDS = ("bars", "line", "sparkline", "gap", "days")
VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1e9)), max_size=30)


def chart(kind: str, values: list[float | None], target: float | None = None) -> Chart:
    points = tuple(Point(label=f"p{place}", value=value) for place, value in enumerate(values))
    return Chart.model_validate(
        {"kind": kind, "unit": "min", "series": (ChartSeries(name="one", points=points),), "target": target}
    )


def bar_widths(svg: str) -> list[float]:
    return [float(width) for width in re.findall(r'<rect x="[^>]*? width="([\d.]+)" height="9" fill="#', svg)]


@pytest.mark.parametrize("one", charts(), ids=lambda one: one.kind)
def test_every_kind_is_drawn_well_formed_and_the_same_twice(one: Chart) -> None:
    assert draw(one) == draw(one)
    assert ElementTree.fromstring(draw(one)).tag.endswith("svg")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_at_all_is_still_a_drawing(kind: str) -> None:
    for values in ([], [None, None]):
        assert ElementTree.fromstring(draw(chart(kind, list(values)))).tag.endswith("svg")


@settings(max_examples=60)
@given(st.sampled_from(KINDS), VALUES, st.one_of(st.none(), st.floats(0, 1e9)))
def test_any_values_give_numbers_inside_the_drawing(
    kind: str, values: list[float | None], target: float | None
) -> None:
    svg = draw(chart(kind, values, target))
    assert "nan" not in svg
    assert "inf" not in svg
    assert all(float(x) <= 480 for x in re.findall(r' x="([\d.]+)"', svg))


def test_bars_compare_honestly_from_zero() -> None:
    small, large = bar_widths(draw(chart("bars", [10, 40])))
    assert large == pytest.approx(4 * small, rel=0.01)


def test_an_unknown_value_is_a_word_in_bars_and_not_a_bar() -> None:
    svg = draw(chart("bars", [10, None]))
    assert len(bar_widths(svg)) == 1
    assert "not known" in svg


def test_an_unknown_value_breaks_a_line() -> None:
    assert draw(chart("line", [1, 2, None, 3, 4])).count("<polyline") == 2
    assert draw(chart("line", [1, 2, 0, 3, 4])).count("<polyline") == 1


def test_a_gap_bar_is_hatched_up_to_its_target_and_says_how_much_is_short() -> None:
    svg = draw(chart("gap", [5], target=8))
    assert "url(#hatch)" in svg
    assert "3 short" in svg
    assert "short" not in draw(chart("gap", [9], target=8))


def test_an_unknown_day_is_crossed_and_a_good_day_is_empty() -> None:
    legend = draw(chart("days", [])).count("<line")
    assert draw(chart("days", [None])).count("<line") == legend + 2
    assert draw(chart("days", [0.0])).count("<line") == legend


def test_a_day_known_in_part_is_struck_through_and_stands_in_the_key() -> None:
    whole, part = Point(label="a", value=0), Point(label="b", value=0, partly=True)
    svg = draw(Chart(kind="days", series=(ChartSeries(name="one", points=(whole, part)),)))
    assert ">in part<" in svg
    assert svg.count("<line") == draw(chart("days", [0.0])).count("<line") + 2


def test_percent_are_cut_as_in_print_and_not_rounded_up() -> None:
    svg = draw(Chart(kind="bars", unit="%", series=(ChartSeries(points=(Point(label="a", value=99.9),)),)))
    assert ">99 %<" in svg


def test_a_line_starts_at_zero_unless_its_range_is_small_and_then_says_so() -> None:
    wide, narrow = draw(chart("line", [5, 60])), draw(chart("line", [45, 61]))
    assert ">0<" in wide
    assert "not at zero" not in wide
    assert "The scale starts at 35, not at zero." in narrow


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=12))
def test_the_scale_of_counts_has_whole_edges(counts: list[int]) -> None:
    svg = draw(chart("line", [float(one) for one in counts]))
    assert not re.search(r">[\d,]*\.\d+<", svg)


def test_a_count_of_twelve_has_no_edge_between_two_counts() -> None:
    assert ">12.5<" not in draw(chart("line", [3, 12]))
    assert ">12.5<" in draw(chart("line", [3.1, 12]))


def test_a_line_says_its_first_last_least_and_most() -> None:
    svg = draw(chart("line", [11, 3, 57, 23]))
    assert all(f">{label}<" in svg for label in ("11", "3", "57", "23 min"))


def test_a_target_on_the_edge_is_one_line_and_the_last_value_has_one_label() -> None:
    points = tuple(Point(label=f"p{place}", value=value) for place, value in enumerate((62, 65, 66, 68.6, 68.4)))
    svg = draw(Chart(kind="line", unit="%", target=90, series=(ChartSeries(points=points * 4),)))
    assert svg.count('stroke-dasharray="1 2"') == 0
    assert svg.count('stroke-dasharray="4 3"') == 1
    assert ">68 %<" in svg
    near = Chart(kind="line", unit="%", target=90, series=(ChartSeries(points=(*points[:3] * 8, *points[3:])),))
    assert ">68.6<" not in draw(near)
    far = Chart(kind="line", unit="%", target=92, series=(ChartSeries(points=points),))
    assert ">68.6<" in draw(far)
    assert 'stroke-dasharray="1 2"' in draw(far)


def test_a_narrow_drawing_keeps_its_print_size() -> None:
    svg = draw(charts()[1], 230)
    assert 'width="230"' in svg
    assert all(float(x) <= 230 for x in re.findall(r' x="([\d.]+)"', svg))


def test_labels_are_escaped() -> None:
    svg = draw(Chart(kind="bars", series=(ChartSeries(points=(Point(label="<b>&", value=1),)),)))
    assert "&lt;b&gt;&amp;" in svg


def test_a_band_is_a_field_with_its_edges_in_words_and_inside_the_scale() -> None:
    points = tuple(Point(label=f"p{place}", value=value) for place, value in enumerate((5, 26, 48)))
    banded = Chart(kind="line", unit="%", band_from=35, band_to=60, series=(ChartSeries(points=points),))
    svg = draw(banded)
    assert "goal 35 to 60 %" in svg
    (field,) = re.findall(rf'<rect x="[^"]*" y="([\d.]+)" [^>]*height="([\d.]+)" fill="{LIGHT["panel"]}"/>', svg)
    assert float(field[0]) >= 12
    assert float(field[1]) > 0


def test_the_days_of_a_week_stand_together_under_their_week() -> None:
    points = tuple(Point(label=str(day), group=f"week {day // 5}", value=0) for day in range(10))
    svg = draw(Chart(kind="days", series=(ChartSeries(name="one", points=points),)))
    lefts = [float(left) for left in re.findall(r'<rect x="([\d.]+)" y="3"', svg)]
    steps = {round(after - before, 1) for before, after in itertools.pairwise(lefts)}
    assert len(steps) == 2
    assert ">week 0<" in svg
    assert ">week 1<" in svg


def test_an_unknown_bar_is_an_empty_dashed_frame_and_a_zero_is_none() -> None:
    assert draw(chart("bars", [10, None])).count("stroke-dasharray") == 1
    assert "stroke-dasharray" not in draw(chart("bars", [10, 0]))


def test_a_charts_own_words_are_of_the_packets_language() -> None:
    """Every word that a chart adds to its data comes from the table of the language."""
    told = [draw(chart(kind, [None, 3, 5], 4)) for kind in KINDS]
    texts = {text for svg in told for text in re.findall(r">([^<>]+)</text>", svg)}
    known = "|".join(re.escape(str(Words("en").table[key])) for key in Words("en").table if key.startswith("chart_"))
    forms = re.compile(re.sub(r"\\{\w+\\}", r"[\\d.]+(?: min)?", known))
    own = [text for text in texts if not re.fullmatch(r"(p\d(?:: )?)?[\d.]*(?: min)?|one|\?", text)]
    assert own
    assert [text for text in own if not forms.fullmatch(text)] == []


def test_grey_print_tells_the_states_of_a_day_apart() -> None:
    """Without any colour a day's four states differ by form: nothing, hatching, a full cell, a cross."""
    forms = [
        re.sub(r'(fill|stroke)="#\w+"|[xy]\d?="[^"]*"', "", draw(chart("days", [value], 30)).split("</defs>")[1])
        for value in (0.0, 12.0, 54.0, None)
    ]
    assert len(set(forms)) == 4
