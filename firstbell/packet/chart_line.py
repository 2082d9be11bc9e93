"""The line chart: values over time with its first, last, least and largest value said."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from firstbell.packet.chart_marks import LETTER, area, lettering, number, rule, short, strokes
from firstbell.packet.model import Chart, ChartSeries
from firstbell.packet.words import Words

HEIGHT = 104.0
SMALL_RANGE = 0.4
"""A line whose values spread over less than this share of the largest does not start at zero, and says so."""
ROOM_FOR_WORDS = 12.0
DASHES = ("", "6 3", "2 3", "8 3 2 3")


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


NEAR_THE_END = 40.0
"""How far a turning point must lie before the last one to get a label beside that one's."""


def line_chart(chart: Chart, width: float, words: Words) -> tuple[list[str], float]:
    """The drawing's pieces and its height."""
    low, high = _edges(chart)
    left = max(len(number(edge)) for edge in (low, high)) * LETTER + 10
    names = [f"{short(series.name, 12)} " if len(chart.series) > 1 else "" for series in chart.series]
    behind = max([9, *(len(name) + 9 for name in names)]) * LETTER
    plot = _Plot(left, width - behind, 12, HEIGHT - 26, low, high)
    longest = max((len(series.points) for series in chart.series), default=0)
    step = (plot.right - plot.left) / max(longest - 1, 1)
    body = [*_goal(chart, plot, words), *_frame(chart, plot, words), *_axis_labels(chart, plot, step)]
    ends: list[float] = []
    for place, series in enumerate(chart.series):
        spots = [
            None if point.value is None else (plot.left + step * index, plot.level(point.value))
            for index, point in enumerate(series.points)
        ]
        body += strokes(spots, DASHES[place % len(DASHES)])
        gaps = [index for index, spot in enumerate(spots) if spot is None]
        body += [lettering(plot.left + step * index, plot.bottom - 3, "?", "middle", "muted") for index in gaps]
        body += _end_label(series, spots, plot.right + 6, ends, names[place], chart.unit)
        if len(chart.series) == 1:
            body += _turning_points(series, spots)
    return body, HEIGHT - (0 if low > 0 else 10)


def _frame(chart: Chart, plot: _Plot, words: Words) -> list[str]:
    """Both edges with their values, and a word where the scale does not start at zero.

    An edge on which the target lies is drawn as the target alone.
    """
    low, high = number(plot.low), number(plot.high)
    body = [
        *([] if chart.target == plot.high else [rule(plot.left, plot.top, plot.right, plot.top, "rule", "1 2")]),
        rule(plot.left, plot.bottom, plot.right, plot.bottom, "muted", ""),
        lettering(plot.left - 5, plot.top + 3, high, "end", "muted"),
        lettering(plot.left - 5, plot.bottom + 3, low, "end", "muted"),
    ]
    if plot.low > 0:
        body.append(lettering(plot.left, HEIGHT - 3, words.say("chart_scale", low=low), colour="muted"))
    return body


def _goal(chart: Chart, plot: _Plot, words: Words) -> list[str]:
    """The target as a dashed line, the band as a tinted field with dotted edges, each with its word."""
    body: list[str] = []
    if chart.band_from is not None and chart.band_to is not None:
        low, high = plot.level(chart.band_from), plot.level(chart.band_to)
        said = words.say("chart_band", low=number(chart.band_from), high=number(chart.band_to, chart.unit))
        inside = low - high >= ROOM_FOR_WORDS
        body += [
            area(plot.left, high, plot.right, low),
            lettering(plot.left + 4, high + 9 if inside else high - 3, said, colour="muted"),
        ]
        body += [rule(plot.left, level, plot.right, level, "ink", "1 2") for level in (low, high)]
    if chart.target is not None:
        level = plot.level(chart.target)
        said = words.say("chart_target", value=number(chart.target, chart.unit))
        body.append(rule(plot.left, level, plot.right, level, "ink", "4 3"))
        body.append(lettering(plot.left + 4, level - 3, said, colour="muted"))
    return body


def _edges(chart: Chart) -> tuple[float, float]:
    """The values of a line chart's lower and upper edge: round ones; the lower is zero unless the range is small."""
    values = [point.value for series in chart.series for point in series.points if point.value is not None]
    values += [goal for goal in (chart.target, chart.band_from, chart.band_to) if goal is not None]
    smallest, largest = min(values, default=0.0), max(values, default=1.0)
    small = 0 < largest - smallest < SMALL_RANGE * largest
    start = smallest - (largest - smallest) / 2 if small else min(smallest, 0.0)
    reach = max(largest - start, 1e-6)
    step = 10 ** math.floor(math.log10(reach))
    steps = [step * part for part in (0.25, 0.5, 1.0, 2.0)]
    # Of things one counts there is no half: where all values are whole, so are the edges.
    if all(float(value).is_integer() for value in values):
        steps = [one for one in steps if one.is_integer()] or [1.0]
    step = next(one for one in steps if reach / one <= 5)
    low, high = math.floor(start / step) * step, math.ceil(largest / step) * step
    return (low, high) if high > low else (low, low + step)


def _turning_points(series: ChartSeries, spots: Sequence[tuple[float, float] | None]) -> list[str]:
    """The first value and the smallest and largest ones as labels; the last has its own."""
    known = [(place, point.value) for place, point in enumerate(series.points) if point.value is not None]
    if not known:
        return []
    first, last = known[0][0], known[-1][0]
    end = spots[last]
    least, most = (choose(known, key=lambda one: one[1])[0] for choose in (min, max))
    body: list[str] = []
    for place, value in known:
        spot = spots[place]
        told = end is not None and spot is not None and end[0] - spot[0] < NEAR_THE_END
        if spot is not None and place in {first, least, most} - {last} and not told:
            low = place == least and place != first
            left = spot[0] if place != first else spot[0] + 2
            body.append(
                lettering(left, spot[1] + (11 if low else -5), number(value), "start" if place == first else "middle")
            )
    return body


def _axis_labels(chart: Chart, plot: _Plot, step: float) -> list[str]:
    points = max((series.points for series in chart.series), key=len, default=())
    if not points:
        return []
    last = len(points) - 1
    wide = plot.right - plot.left > 3 * 13 * LETTER
    shown = sorted({0, last // 2, last} if wide and last % 2 == 0 else {0, last})
    return [
        lettering(
            plot.left + step * index,
            plot.bottom + 10,
            short(points[index].label, 14),
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
    return [lettering(left, level, f"{name}{number(value, unit)}", weight=True)]
