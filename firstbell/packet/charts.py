"""Charts as small SVG drawings: bars, a line, a sparkline, gap bars, a strip of days.

A label or a pattern carries whatever a colour does; a missing value is a gap and is labelled as one; the same chart
draws the same bytes. Words about the finding are the chart's `alternative`, which the page sets as its text.
Lengths are in points: a drawing is printed at its own size, so its texts are as large as the page's small print.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from firstbell.packet.chart_days import day_strip
from firstbell.packet.chart_line import line_chart
from firstbell.packet.chart_marks import (
    BAR,
    LETTER,
    PATTERNS,
    ROW,
    SIZE,
    box,
    lettering,
    n,
    number,
    room_for,
    rule,
    short,
    strokes,
    unknown_bar,
)
from firstbell.packet.model import Chart, Point
from firstbell.packet.palette import LIGHT
from firstbell.packet.words import Words

WIDTH = 480.0
"""As wide as the text of the narrower paper."""
MOST_BARS = 12
FAMILY = "Inter, 'DejaVu Sans Mono'"


def draw(chart: Chart, width: float = WIDTH, language: str = "en") -> str:
    """The chart as an SVG document of that width, its own few words in that language."""
    body, height = _DRAWINGS[chart.kind](chart, width, Words(language))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{n(width)}" height="{n(height)}" '
        f'viewBox="0 0 {n(width)} {n(height)}" font-family="{FAMILY}" font-size="{n(SIZE)}" '
        f'fill="{LIGHT["ink"]}">'
        f"{PATTERNS}{''.join(body)}</svg>"
    )


@dataclass(frozen=True)
class _Bars:
    """Where horizontal bars stand: from `left` on, `room` long at the most, each point's label before them."""

    left: float
    room: float
    letters: int

    @classmethod
    def of(cls, labels: Sequence[str], width: float, behind: float) -> _Bars:
        left, letters = room_for(labels, width)
        return cls(left, width - left - behind, letters)

    def label(self, top: float, words: str) -> str:
        return lettering(self.left - 6, top + BAR - 1.5, short(words, self.letters), anchor="end")


def _rows(chart: Chart, width: float, words: Words) -> tuple[list[str], float]:
    """A bar a point; of gap bars what is there is solid and what is missing to the target is hatched."""
    points = _points(chart)[:MOST_BARS]
    said = [_said(chart, point.value, words) for point in points]
    behind = LETTER * max([9, *map(len, said)]) + 10
    place = _Bars.of([point.label for point in points], width, behind)
    scale = _scale(points, chart.target, place.room)
    target = chart.target or 0
    body: list[str] = []
    for row, (point, text) in enumerate(zip(points, said, strict=True)):
        top = row * ROW + 3
        body.append(place.label(top, point.label))
        if point.value is None:
            body += unknown_bar(place.left, top, max(scale(target), 24), BAR)
            body.append(lettering(place.left + max(scale(target), 24) + 5, top + BAR - 1.5, text, colour="muted"))
            continue
        there = end = scale(point.value)
        body.append(box(place.left, top, there, BAR, "accent"))
        if chart.kind == "gap" and point.value < target:
            end = scale(target)
            body.append(box(place.left + there, top, end - there, BAR, "hatch"))
        left = _past(place.left + end + 5, chart, place, scale)
        body.append(lettering(left, top + BAR - 1.5, text))
    height = len(points) * ROW + 4
    mark = _target_mark(chart, place, scale, height, width, words)
    return [*body, *mark], height + (12 if mark else 0)


def _said(chart: Chart, value: float | None, words: Words) -> str:
    """What stands behind a bar."""
    if value is None:
        return words.say("chart_not_known")
    # Of a percentage the hatched part says by itself how much is missing to the whole.
    missing = (chart.target or 0) - value if chart.kind == "gap" and chart.unit != "%" else 0
    told = number(value, chart.unit)
    return words.say("chart_short", value=told, missing=number(missing)) if missing > 0 else told


def _sparkline(chart: Chart, width: float, words: Words) -> tuple[list[str], float]:
    height, room = 36.0, min(180.0, width / 2)
    points = chart.series[0].points if chart.series else ()
    rise = _scale(points, chart.target, height - 8)
    step = room / max(len(points) - 1, 1)
    spots = [
        None if point.value is None else (3 + step * index, height - 4 - rise(point.value))
        for index, point in enumerate(points)
    ]
    gaps = [
        lettering(3 + step * index, height - 3, "?", "middle", "muted")
        for index, spot in enumerate(spots)
        if spot is None
    ]
    last = next((point for point in reversed(points) if point.value is not None), None)
    label = words.say("chart_not_known")
    if last is not None and last.value is not None:
        label = f"{last.label}: {number(last.value, chart.unit)}"
    return [*strokes(spots, ""), *gaps, lettering(room + 12, height / 2 + 3, label)], height


def _points(chart: Chart) -> list[Point]:
    return [point for series in chart.series for point in series.points]


def _scale(points: Iterable[Point], target: float | None, room: float) -> Callable[[float], float]:
    """From a value to a length; the scale starts at zero so that lengths compare honestly."""
    values = [point.value for point in points if point.value is not None]
    top = max([*values, target or 0, 0]) or 1
    return lambda value: max(0.0, value) / top * room


def _past(left: float, chart: Chart, place: _Bars, scale: Callable[[float], float]) -> float:
    """Where a bar's label starts: not across the target's mark."""
    if chart.target is None:
        return left
    mark = place.left + scale(chart.target)
    return mark + 4 if left - 6 <= mark <= left + 44 else left


def _target_mark(
    chart: Chart, place: _Bars, scale: Callable[[float], float], height: float, width: float, words: Words
) -> list[str]:
    if chart.target is None:
        return []
    left = place.left + scale(chart.target)
    label = words.say("chart_target", value=number(chart.target, chart.unit))
    near_edge = left + len(label) * LETTER / 2 > width
    return [
        rule(left, 0, left, height, "ink", "3 2"),
        lettering(min(left, width), height + 8.5, label, anchor="end" if near_edge else "middle", colour="muted"),
    ]


_DRAWINGS: dict[str, Callable[[Chart, float, Words], tuple[list[str], float]]] = {
    "bars": _rows,
    "gap": _rows,
    "line": line_chart,
    "sparkline": _sparkline,
    "days": day_strip,
}
