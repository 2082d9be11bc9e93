"""Charts as small SVG drawings: bars, a line, a sparkline, a gap bar, a strip of days.

A label or a pattern carries whatever a colour does; a missing value is a gap and is labelled as one; the same chart
draws the same bytes. Words about the finding are the chart's `alternative`, which the page sets as its text.
Lengths are in points: a drawing is printed at its own size, so its texts are as large as the page's small print.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from firstbell.packet.chart_line import line_chart
from firstbell.packet.chart_marks import LETTER, PATTERNS, SIZE, box, lettering, n, number, rule, short, strokes
from firstbell.packet.model import Chart, Point
from firstbell.packet.palette import LIGHT

WIDTH = 480.0
"""As wide as the text of the narrower paper."""
ROW, BAR = 15.0, 9.0
MOST_BARS = 12
FAMILY = "Inter, 'DejaVu Sans Mono'"


def draw(chart: Chart, width: float = WIDTH) -> str:
    """The chart as an SVG document of that width."""
    body, height = _DRAWINGS[chart.kind](chart, width)
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
        letters = min(max((len(label) for label in labels), default=0), int(0.5 * width / LETTER))
        left = letters * LETTER + 8
        return cls(left, width - left - behind, letters)

    def label(self, top: float, words: str) -> str:
        return lettering(self.left - 6, top + BAR - 1.5, short(words, self.letters), anchor="end")


def _bars(chart: Chart, width: float) -> tuple[list[str], float]:
    return _rows(chart, width)


def _gap(chart: Chart, width: float) -> tuple[list[str], float]:
    """What is there, solid, and what is missing to the target, hatched."""
    return _rows(chart, width)


def _rows(chart: Chart, width: float) -> tuple[list[str], float]:
    points = _points(chart)[:MOST_BARS]
    behind = LETTER * max([9, *(len(_said(chart, point.value)) for point in points)]) + 10
    place = _Bars.of([point.label for point in points], width, behind)
    scale = _scale(points, chart.target, place.room)
    target = chart.target or 0
    body: list[str] = []
    for row, point in enumerate(points):
        top = row * ROW + 3
        body.append(place.label(top, point.label))
        if point.value is None:
            body.append(lettering(place.left + 4, top + BAR - 1.5, _said(chart, None), colour="muted"))
            continue
        there = end = scale(point.value)
        body.append(box(place.left, top, there, BAR, "accent"))
        if chart.kind == "gap" and point.value < target:
            end = scale(target)
            body.append(box(place.left + there, top, end - there, BAR, "hatch"))
        left = _past(place.left + end + 5, chart, place, scale)
        body.append(lettering(left, top + BAR - 1.5, _said(chart, point.value)))
    height = len(points) * ROW + 4
    mark = _target_mark(chart, place, scale, height, width)
    return [*body, *mark], height + (11 if mark else 0)


def _said(chart: Chart, value: float | None) -> str:
    """What stands behind a bar."""
    if value is None:
        return "not known"
    missing = (chart.target or 0) - value if chart.kind == "gap" else 0
    return number(value, chart.unit) + (f", {number(missing)} short" if missing > 0 else "")


def _sparkline(chart: Chart, width: float) -> tuple[list[str], float]:
    height, room = 24.0, min(140.0, width / 2)
    points = chart.series[0].points if chart.series else ()
    rise = _scale(points, chart.target, height - 8)
    step = room / max(len(points) - 1, 1)
    spots = [
        None if point.value is None else (3 + step * index, height - 4 - rise(point.value))
        for index, point in enumerate(points)
    ]
    last = next((point for point in reversed(points) if point.value is not None), None)
    label = "not known" if last is None or last.value is None else f"{last.label}: {number(last.value, chart.unit)}"
    return [*strokes(spots, ""), lettering(room + 12, height / 2 + 3, label)], height


def _days(chart: Chart, width: float) -> tuple[list[str], float]:
    """A cell a day: empty is good, hatched is some, full is much, crossed is not known. Much is above the target."""
    body: list[str] = []
    most = max((point.value for point in _points(chart) if point.value is not None), default=0)
    limit = chart.target if chart.target is not None else most / 2
    shown = chart.series[:MOST_BARS]
    place = _Bars.of([series.name for series in shown], width, behind=4)
    cell = min(13.0, place.room / max([1, *(len(series.points) for series in shown)]))
    end = place.left
    for row, series in enumerate(shown):
        top = row * ROW + 3
        body.append(place.label(top, series.name))
        for index, point in enumerate(series.points):
            body += _day(place.left + index * cell, top, cell - 2, point.value, limit)
        end = max(end, place.left + len(series.points) * cell)
    height = len(shown) * ROW + 6
    points = shown[0].points if shown else ()
    if points:
        body.append(lettering(place.left, height + 6, points[0].label, colour="muted"))
        body.append(
            lettering(max(end - 2, place.left + 110), height + 6, points[-1].label, anchor="end", colour="muted")
        )
    return [*body, *_day_key(place.left, height + 20, limit, chart.unit, width)], height + 26


def _day(left: float, top: float, size: float, value: float | None, limit: float) -> list[str]:
    frame = (
        f'<rect x="{n(left)}" y="{n(top)}" width="{n(size)}" height="{n(BAR)}" fill="none" '
        f'stroke="{LIGHT["muted"]}" stroke-width="0.6"/>'
    )
    if value is None:
        crossed = ((left, left + size), (left + size, left))
        return [frame, *(rule(start, top, stop, top + BAR, "muted", "") for start, stop in crossed)]
    if value <= 0:
        return [frame]
    return [frame, box(left, top, size, BAR, "accent" if value > limit else "hatch")]


def _day_key(left: float, top: float, limit: float, unit: str, width: float) -> list[str]:
    body: list[str] = []
    words = (
        (0.0, "none"),
        (limit / 2 or 0.1, f"up to {number(limit, unit)}"),
        (limit + 1, "more"),
        (None, "not known"),
    )
    step = min(78.0, (width - left) / len(words))
    for place, (value, label) in enumerate(words):
        body += [
            *_day(left + place * step, top - 7, 9, value, limit),
            lettering(left + place * step + 13, top, label, colour="muted"),
        ]
    return body


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


def _target_mark(chart: Chart, place: _Bars, scale: Callable[[float], float], height: float, width: float) -> list[str]:
    if chart.target is None:
        return []
    left = place.left + scale(chart.target)
    label = f"target {number(chart.target, chart.unit)}"
    near_edge = left + len(label) * LETTER / 2 > width
    return [
        rule(left, 0, left, height, "ink", "3 2"),
        lettering(min(left, width), height + 7, label, anchor="end" if near_edge else "middle", colour="muted"),
    ]


_DRAWINGS: dict[str, Callable[[Chart, float], tuple[list[str], float]]] = {
    "bars": _bars,
    "gap": _gap,
    "line": line_chart,
    "sparkline": _sparkline,
    "days": _days,
}
