"""Charts as small SVG drawings: bars, a line, a sparkline, a gap bar, a strip of days.

A label or a pattern carries whatever a colour does; a missing value is a gap and is labelled as one; the same chart
draws the same bytes. Words about the finding are the chart's `alternative`, which the page sets as its text.
Lengths are in points: a drawing is printed at its own size, so its texts are as large as the page's small print.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from firstbell.packet.model import Chart, ChartSeries, Point
from firstbell.packet.palette import LIGHT

WIDTH = 480.0
"""As wide as the text of the narrower paper."""
ROW, BAR = 15.0, 9.0
MOST_BARS = 12
LINE_HEIGHT = 104.0
SMALL_RANGE = 0.4
"""A line whose values spread over less than this share of the largest does not start at zero, and says so."""
DASHES = ("", "6 3", "2 3", "8 3 2 3")
FAMILY = "Inter, 'DejaVu Sans Mono'"
SIZE = 8.0
LETTER = 0.53 * SIZE
"""About how wide a letter is."""


def draw(chart: Chart, width: float = WIDTH) -> str:
    """The chart as an SVG document of that width."""
    body, height = _DRAWINGS[chart.kind](chart, width)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_n(width)}" height="{_n(height)}" '
        f'viewBox="0 0 {_n(width)} {_n(height)}" font-family="{FAMILY}" font-size="{_n(SIZE)}" fill="{LIGHT["ink"]}">'
        f"{_PATTERNS}{''.join(body)}</svg>"
    )


def number(value: float, unit: str = "") -> str:
    """A value as its label with its unit: at most one decimal, thousands set apart.

    Percent are whole and cut, not rounded up, as everywhere in the packet: 100 % means all.

    >>> number(1890.0), number(2.25), number(-0.04), number(99.9, "%")
    ('1,890', '2.2', '0', '99 %')
    """
    if unit == "%":
        return f"{math.floor(value + 1e-9):,} %"
    rounded = round(value, 1) + 0.0
    shown = f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.1f}"
    return f"{shown} {unit}".strip()


@dataclass(frozen=True)
class _Bars:
    """Where horizontal bars stand: from `left` on, `room` long at the most, each point's label before them."""

    left: float
    room: float
    letters: int

    @classmethod
    def of(cls, labels: Sequence[str], width: float, behind: float) -> _Bars:
        letters = min(max((len(label) for label in labels), default=0), int(0.46 * width / LETTER))
        left = letters * LETTER + 8
        return cls(left, width - left - behind, letters)

    def label(self, top: float, words: str) -> str:
        return _text(self.left - 6, top + BAR - 1.5, _short(words, self.letters), anchor="end")


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
            body.append(_text(place.left + 4, top + BAR - 1.5, _said(chart, None), colour="muted"))
            continue
        there = end = scale(point.value)
        body.append(_box(place.left, top, there, BAR, "accent"))
        if chart.kind == "gap" and point.value < target:
            end = scale(target)
            body.append(_box(place.left + there, top, end - there, BAR, "hatch"))
        left = _past(place.left + end + 5, chart, place, scale)
        body.append(_text(left, top + BAR - 1.5, _said(chart, point.value)))
    height = len(points) * ROW + 4
    mark = _target_mark(chart, place, scale, height, width)
    return [*body, *mark], height + (11 if mark else 0)


def _said(chart: Chart, value: float | None) -> str:
    """What stands behind a bar."""
    if value is None:
        return "not known"
    missing = (chart.target or 0) - value if chart.kind == "gap" else 0
    return number(value, chart.unit) + (f", {number(missing)} short" if missing > 0 else "")


@dataclass(frozen=True)
class _Plot:
    """The field of a line chart: where it stands and which values its lower and upper edge mean."""

    left: float
    right: float
    top: float
    bottom: float
    low: float
    high: float

    def level(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.bottom - min(max(share, 0.0), 1.0) * (self.bottom - self.top)


def _line(chart: Chart, width: float) -> tuple[list[str], float]:
    low, high = _edges(chart)
    ticks = [number(low), number(high)]
    left = max(len(tick) for tick in ticks) * LETTER + 10
    names = [f"{_short(series.name, 12)} " if len(chart.series) > 1 else "" for series in chart.series]
    behind = max([9, *(len(name) + 9 for name in names)]) * LETTER
    plot = _Plot(left, width - behind, 12, LINE_HEIGHT - 26, low, high)
    longest = max((len(series.points) for series in chart.series), default=0)
    step = (plot.right - plot.left) / max(longest - 1, 1)
    body = [
        _rule(plot.left, plot.top, plot.right, plot.top, "rule", "1 2"),
        _rule(plot.left, plot.bottom, plot.right, plot.bottom, "muted", ""),
        _text(plot.left - 5, plot.top + 3, ticks[1], "end", "muted"),
        _text(plot.left - 5, plot.bottom + 3, ticks[0], "end", "muted"),
        *_axis_labels(chart, plot, step),
    ]
    if low > 0:
        body.append(_text(plot.left, LINE_HEIGHT - 3, f"The scale starts at {ticks[0]}, not at zero.", colour="muted"))
    ends: list[float] = []
    if chart.target is not None:
        level = plot.level(chart.target)
        body.append(_rule(plot.left, level, plot.right, level, "ink", "4 3"))
        body.append(_text(plot.left + 4, level - 3, f"target {number(chart.target, chart.unit)}", colour="muted"))
    for place, series in enumerate(chart.series):
        spots = [
            None if point.value is None else (plot.left + step * index, plot.level(point.value))
            for index, point in enumerate(series.points)
        ]
        body += _strokes(spots, DASHES[place % len(DASHES)])
        gaps = [index for index, spot in enumerate(spots) if spot is None]
        body += [_text(plot.left + step * index, plot.bottom - 3, "?", "middle", "muted") for index in gaps]
        body += _end_label(series, spots, plot.right + 6, ends, names[place], chart.unit)
        if len(chart.series) == 1:
            body += _turning_points(series, spots)
    return body, LINE_HEIGHT - (0 if low > 0 else 10)


def _edges(chart: Chart) -> tuple[float, float]:
    """The values of a line chart's lower and upper edge: round ones; the lower is zero unless the range is small."""
    values = [point.value for point in _points(chart) if point.value is not None]
    values += [chart.target] if chart.target is not None else []
    smallest, largest = min(values, default=0.0), max(values, default=1.0)
    small = 0 < largest - smallest < SMALL_RANGE * largest
    start = smallest - (largest - smallest) / 2 if small else min(smallest, 0.0)
    reach = max(largest - start, 1e-6)
    step = 10 ** math.floor(math.log10(reach))
    step = next(step * part for part in (0.25, 0.5, 1.0, 2.0) if reach / (step * part) <= 5)
    low, high = math.floor(start / step) * step, math.ceil(largest / step) * step
    return (low, high) if high > low else (low, low + step)


def _turning_points(series: ChartSeries, spots: Sequence[tuple[float, float] | None]) -> list[str]:
    """The first value and the smallest and largest ones as labels; the last has its own."""
    known = [(place, point.value) for place, point in enumerate(series.points) if point.value is not None]
    if not known:
        return []
    first, last = known[0][0], known[-1][0]
    least, most = (choose(known, key=lambda one: one[1])[0] for choose in (min, max))
    body: list[str] = []
    for place, value in known:
        spot = spots[place]
        if spot is not None and place in {first, least, most} - {last}:
            low = place == least and place != first
            left = spot[0] if place != first else spot[0] + 2
            body.append(
                _text(left, spot[1] + (11 if low else -5), number(value), "start" if place == first else "middle")
            )
    return body


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
    return [*_strokes(spots, ""), _text(room + 12, height / 2 + 3, label)], height


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
        body.append(_text(place.left, height + 6, points[0].label, colour="muted"))
        body.append(_text(max(end - 2, place.left + 110), height + 6, points[-1].label, anchor="end", colour="muted"))
    return [*body, *_day_key(place.left, height + 20, limit, chart.unit, width)], height + 26


def _day(left: float, top: float, size: float, value: float | None, limit: float) -> list[str]:
    frame = (
        f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(size)}" height="{_n(BAR)}" fill="none" '
        f'stroke="{LIGHT["muted"]}" stroke-width="0.6"/>'
    )
    if value is None:
        crossed = ((left, left + size), (left + size, left))
        return [frame, *(_rule(start, top, stop, top + BAR, "muted", "") for start, stop in crossed)]
    if value <= 0:
        return [frame]
    return [frame, _box(left, top, size, BAR, "accent" if value > limit else "hatch")]


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
            _text(left + place * step + 13, top, label, colour="muted"),
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
        _rule(left, 0, left, height, "ink", "3 2"),
        _text(min(left, width), height + 7, label, anchor="end" if near_edge else "middle", colour="muted"),
    ]


def _axis_labels(chart: Chart, plot: _Plot, step: float) -> list[str]:
    points = max((series.points for series in chart.series), key=len, default=())
    if not points:
        return []
    last = len(points) - 1
    wide = plot.right - plot.left > 3 * 13 * LETTER
    shown = sorted({0, last // 2, last} if wide and last % 2 == 0 else {0, last})
    return [
        _text(
            plot.left + step * index,
            plot.bottom + 10,
            _short(points[index].label, 14),
            "start" if index == 0 else "end" if index == last else "middle",
            "muted",
        )
        for index in shown
    ]


def _end_label(
    series: ChartSeries,
    spots: Sequence[tuple[float, float] | None],
    left: float,
    ends: list[float],
    name: str,
    unit: str,
) -> list[str]:
    last = next((index for index in range(len(spots) - 1, -1, -1) if spots[index] is not None), None)
    if last is None:
        return []
    spot, value = spots[last], series.points[last].value
    if spot is None or value is None:
        return []
    level = spot[1] + 3
    while any(abs(level - other) < 10 for other in ends):
        level += 10
    ends.append(level)
    return [_text(left, level, f"{name}{number(value, unit)}", weight=True)]


def _strokes(spots: Sequence[tuple[float, float] | None], dashes: str) -> list[str]:
    """The line in its unbroken stretches; a value between two gaps is a dot."""
    body: list[str] = []
    stretch: list[tuple[float, float]] = []
    for spot in [*spots, None]:
        if spot is not None:
            stretch.append(spot)
        elif stretch:
            path = " ".join(f"{_n(x)},{_n(y)}" for x, y in stretch)
            dash = f' stroke-dasharray="{dashes}"' if dashes else ""
            body.append(f'<polyline points="{path}" fill="none" stroke="{LIGHT["accent"]}" stroke-width="1.6"{dash}/>')
            x, y = stretch[-1]
            body.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="2.1" fill="{LIGHT["accent"]}"/>')
            stretch = []
    return body


def _box(left: float, top: float, width: float, height: float, fill: str) -> str:
    paint = "url(#hatch)" if fill == "hatch" else LIGHT[fill]
    edge = f' stroke="{LIGHT["accent"]}" stroke-width="0.8"' if fill == "hatch" else ""
    return f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}" fill="{paint}"{edge}/>'


def _rule(left: float, top: float, right: float, bottom: float, colour: str, dashes: str) -> str:
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    ends = f'x1="{_n(left)}" y1="{_n(top)}" x2="{_n(right)}" y2="{_n(bottom)}"'
    return f'<line {ends} stroke="{LIGHT[colour]}" stroke-width="0.8"{dash}/>'


def _text(
    left: float, top: float, words: str, anchor: str = "start", colour: str = "ink", *, weight: bool = False
) -> str:
    place = f'x="{_n(left)}" y="{_n(top)}" text-anchor="{anchor}"'
    bold = ' font-weight="600"' if weight else ""
    return f'<text {place} fill="{LIGHT[colour]}"{bold}>{escape(words.strip())}</text>'


def _short(words: str, longest: int) -> str:
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}\u2026"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


_PATTERNS = (
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="5" height="5" fill="#ffffff"/><line x1="0" y1="0" x2="0" y2="5" stroke="{LIGHT["accent"]}" '
    'stroke-width="2"/></pattern></defs>'
)
_DRAWINGS: dict[str, Callable[[Chart, float], tuple[list[str], float]]] = {
    "bars": _bars,
    "gap": _gap,
    "line": _line,
    "sparkline": _sparkline,
    "days": _days,
}
