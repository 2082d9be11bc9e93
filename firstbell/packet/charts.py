"""Charts as small SVG drawings: bars, a line, a sparkline, a gap bar, a strip of days.

A label or a pattern carries whatever a colour does; a missing value is a gap and is labelled as one; the same chart
draws the same bytes. Words about the finding are the chart's `alternative`, which the page sets as its text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape

from firstbell.packet.model import Chart, ChartSeries, Point
from firstbell.packet.palette import LIGHT

WIDTH = 480
LABEL = 150
"""Room for the words left of horizontal bars."""
ROW = 22
MOST_BARS = 12
DASHES = ("", "6 3", "2 3", "8 3 2 3")
FAMILY = "Inter, 'DejaVu Sans Mono'"


def draw(chart: Chart) -> str:
    """The chart as an SVG document of `WIDTH` units."""
    body, height = _DRAWINGS[chart.kind](chart)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{_n(height)}" '
        f'viewBox="0 0 {WIDTH} {_n(height)}" font-family="{FAMILY}" font-size="10" fill="{LIGHT["ink"]}">'
        f"{_PATTERNS}{''.join(body)}</svg>"
    )


def number(value: float) -> str:
    """A value as its label: at most one decimal, thousands set apart.

    >>> number(1890.0), number(2.25), number(-0.04)
    ('1,890', '2.2', '0')
    """
    rounded = round(value, 1) + 0.0
    return f"{rounded:,.0f}" if rounded == int(rounded) else f"{rounded:,.1f}"


def _bars(chart: Chart) -> tuple[list[str], float]:
    points = _points(chart)[:MOST_BARS]
    scale = _scale([*points], chart.target, WIDTH - LABEL - 70)
    body: list[str] = []
    for place, point in enumerate(points):
        top = place * ROW + 4
        body.append(_text(LABEL - 8, top + 11, _short(point.label, 26), anchor="end"))
        if point.value is None:
            body.append(_text(LABEL + 4, top + 11, "not known", colour="muted"))
            continue
        length = scale(point.value)
        body.append(_box(LABEL, top, length, ROW - 8, "accent"))
        body.append(_text(_past(LABEL + length + 5, chart, scale), top + 11, f"{number(point.value)} {chart.unit}"))
    height = len(points) * ROW + 6
    return [*body, *_target_mark(chart, scale, height)], height + (14 if chart.target is not None else 0)


def _gap(chart: Chart) -> tuple[list[str], float]:
    """What is there, solid, and what is missing to the target, hatched."""
    points = _points(chart)[:MOST_BARS]
    scale = _scale([*points], chart.target, WIDTH - LABEL - 110)
    body: list[str] = []
    for place, point in enumerate(points):
        top = place * ROW + 4
        body.append(_text(LABEL - 8, top + 11, _short(point.label, 26), anchor="end"))
        if point.value is None:
            body.append(_text(LABEL + 4, top + 11, "not known", colour="muted"))
            continue
        there = scale(point.value)
        body.append(_box(LABEL, top, there, ROW - 8, "accent"))
        missing = (chart.target or 0) - point.value
        end = there
        if missing > 0:
            end = scale(chart.target or 0)
            body.append(_box(LABEL + there, top, end - there, ROW - 8, "hatch"))
        tail = f", {number(missing)} short" if missing > 0 else ""
        body.append(_text(LABEL + end + 8, top + 11, f"{number(point.value)} {chart.unit}".strip() + tail))
    height = len(points) * ROW + 6
    return [*body, *_target_mark(chart, scale, height)], height + (14 if chart.target is not None else 0)


def _line(chart: Chart) -> tuple[list[str], float]:
    height, left, right, bottom = 130.0, 34.0, 96.0, 18.0
    plot_width, plot_height = WIDTH - left - right, height - bottom - 8
    rise = _scale(_points(chart), chart.target, plot_height)
    longest = max((len(series.points) for series in chart.series), default=0)
    step = plot_width / max(longest - 1, 1)
    body = [_rule(left, height - bottom, left + plot_width, height - bottom, "rule", "")]
    body += _axis_labels(chart, left, step, height)
    if chart.target is not None:
        level = height - bottom - rise(chart.target)
        body.append(_rule(left, level, left + plot_width, level, "muted", "4 3"))
        body.append(_text(left + plot_width + 6, level + 3, f"target {number(chart.target)}", colour="muted"))
    ends: list[float] = []
    for place, series in enumerate(chart.series):
        spots = [
            None if point.value is None else (left + step * index, height - bottom - rise(point.value))
            for index, point in enumerate(series.points)
        ]
        body += _strokes(spots, DASHES[place % len(DASHES)])
        gaps = [index for index, spot in enumerate(spots) if spot is None]
        body += [_text(left + step * index, height - bottom - 4, "?", "middle", "muted") for index in gaps]
        body += _end_label(series, spots, left + plot_width + 6, ends, chart)
    return body, height + 4


def _sparkline(chart: Chart) -> tuple[list[str], float]:
    height, width = 30.0, 150.0
    points = chart.series[0].points if chart.series else ()
    rise = _scale(points, chart.target, height - 8)
    step = width / max(len(points) - 1, 1)
    spots = [
        None if point.value is None else (3 + step * index, height - 4 - rise(point.value))
        for index, point in enumerate(points)
    ]
    last = next((point for point in reversed(points) if point.value is not None), None)
    label = "not known" if last is None or last.value is None else f"{last.label}: {number(last.value)} {chart.unit}"
    return [*_strokes(spots, ""), _text(width + 14, height / 2 + 4, label)], height


def _days(chart: Chart) -> tuple[list[str], float]:
    """A cell a day: empty is good, hatched is some, full is much, crossed is not known. Much is above the target."""
    body: list[str] = []
    most = max((point.value for point in _points(chart) if point.value is not None), default=0)
    limit = chart.target if chart.target is not None else most / 2
    for place, series in enumerate(chart.series[:MOST_BARS]):
        top = place * ROW + 4
        body.append(_text(LABEL - 8, top + 11, _short(series.name, 26), anchor="end"))
        cell = min(14.0, (WIDTH - LABEL - 4) / max(len(series.points), 1))
        for index, point in enumerate(series.points):
            body += _day(LABEL + index * cell, top, cell - 2, point.value, limit)
    height = min(len(chart.series), MOST_BARS) * ROW + 6
    points = chart.series[0].points if chart.series else ()
    if points:
        body.append(_text(LABEL, height + 8, points[0].label, colour="muted"))
        body.append(_text(WIDTH - 4, height + 8, points[-1].label, anchor="end", colour="muted"))
    return [*body, *_day_key(height + 24, limit, chart.unit)], height + 34


def _day(left: float, top: float, size: float, value: float | None, limit: float) -> list[str]:
    frame = (
        f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(size)}" height="14" fill="none" stroke="{LIGHT["muted"]}" '
        'stroke-width="0.6"/>'
    )
    if value is None:
        return [
            frame,
            _rule(left, top, left + size, top + 14, "muted", ""),
            _rule(left + size, top, left, top + 14, "muted", ""),
        ]
    if value <= 0:
        return [frame]
    return [frame, _box(left, top, size, 14, "accent" if value > limit else "hatch")]


def _day_key(top: float, limit: float, unit: str) -> list[str]:
    body: list[str] = []
    words = (
        (0.0, "none"),
        (limit / 2 or 0.1, f"up to {number(limit)} {unit}"),
        (limit + 1, "more"),
        (None, "not known"),
    )
    for place, (value, label) in enumerate(words):
        left = LABEL + place * 82.0
        body += [*_day(left, top - 7, 10, value, limit), _text(left + 15, top + 4, label, colour="muted")]
    return body


def _points(chart: Chart) -> list[Point]:
    return [point for series in chart.series for point in series.points]


def _scale(points: Iterable[Point], target: float | None, room: float) -> Callable[[float], float]:
    """From a value to a length; the scale starts at zero so that lengths compare honestly."""
    values = [point.value for point in points if point.value is not None]
    top = max([*values, target or 0, 0]) or 1
    return lambda value: max(0.0, value) / top * room


def _past(left: float, chart: Chart, scale: Callable[[float], float]) -> float:
    """Where a bar's label starts: not across the target's mark."""
    if chart.target is None:
        return left
    mark = LABEL + scale(chart.target)
    return mark + 5 if left - 6 <= mark <= left + 50 else left


def _target_mark(chart: Chart, scale: Callable[[float], float], height: float) -> list[str]:
    if chart.target is None:
        return []
    left = LABEL + scale(chart.target)
    label = f"target {number(chart.target)} {chart.unit}"
    return [
        _rule(left, 0, left, height, "ink", "3 2"),
        _text(left, height + 9, label, anchor="end" if left > WIDTH - 90 else "middle", colour="muted"),
    ]


def _axis_labels(chart: Chart, left: float, step: float, height: float) -> list[str]:
    points = max((series.points for series in chart.series), key=len, default=())
    if not points:
        return []
    shown = sorted({0, len(points) // 2, len(points) - 1})
    return [
        _text(left + step * index, height - 4, _short(points[index].label, 14), anchor="middle", colour="muted")
        for index in shown
    ]


def _end_label(
    series: ChartSeries, spots: Sequence[tuple[float, float] | None], left: float, ends: list[float], chart: Chart
) -> list[str]:
    last = next((index for index in range(len(spots) - 1, -1, -1) if spots[index] is not None), None)
    if last is None:
        return []
    spot, value = spots[last], series.points[last].value
    if spot is None or value is None:
        return []
    level = spot[1] + 3
    while any(abs(level - other) < 12 for other in ends):
        level += 12
    ends.append(level)
    name = f"{_short(series.name, 12)} " if len(chart.series) > 1 else ""
    return [_text(left, level, f"{name}{number(value)} {chart.unit}")]


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
            body.append(f'<polyline points="{path}" fill="none" stroke="{LIGHT["accent"]}" stroke-width="1.8"{dash}/>')
            x, y = stretch[-1]
            body.append(f'<circle cx="{_n(x)}" cy="{_n(y)}" r="2.4" fill="{LIGHT["accent"]}"/>')
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


def _text(left: float, top: float, words: str, anchor: str = "start", colour: str = "ink") -> str:
    place = f'x="{_n(left)}" y="{_n(top)}" text-anchor="{anchor}"'
    return f'<text {place} fill="{LIGHT[colour]}">{escape(words.strip())}</text>'


def _short(words: str, longest: int) -> str:
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}\u2026"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


_PATTERNS = (
    '<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    f'<rect width="5" height="5" fill="#ffffff"/><line x1="0" y1="0" x2="0" y2="5" stroke="{LIGHT["accent"]}" '
    'stroke-width="2"/></pattern></defs>'
)
_DRAWINGS: dict[str, Callable[[Chart], tuple[list[str], float]]] = {
    "bars": _bars,
    "gap": _gap,
    "line": _line,
    "sparkline": _sparkline,
    "days": _days,
}
