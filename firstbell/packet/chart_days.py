"""The strip of days: a row a service, a cell a day, the days of a week together."""

from __future__ import annotations

from collections.abc import Sequence

from firstbell.packet.chart_marks import BAR, LETTER, ROW, box, lettering, n, number, room_for, rule, short
from firstbell.packet.model import Chart, Point
from firstbell.packet.palette import LIGHT
from firstbell.packet.words import Words

MOST_ROWS = 12
LARGEST_CELL = 13.0
BETWEEN_GROUPS = 4.0


def day_strip(chart: Chart, width: float, words: Words) -> tuple[list[str], float]:
    """A cell a day: empty is none, hatched is some, full is much, crossed is not known. Much is above the target.

    A stroke through a cell says that only a part of the day is known.
    """
    shown = chart.series[:MOST_ROWS]
    most = max((point.value for series in shown for point in series.points if point.value is not None), default=0)
    limit = chart.target if chart.target is not None else most / 2
    left, letters = room_for([series.name for series in shown], width)
    longest = max((series.points for series in shown), key=len, default=())
    places, cell = _columns(longest, width - left - 4)
    body: list[str] = []
    for row, series in enumerate(shown):
        top = row * ROW + 3
        body.append(lettering(left - 6, top + BAR - 1.5, short(series.name, letters), anchor="end"))
        for place, point in zip(places, series.points, strict=False):
            body += _cell(left + place, top, cell - 2, point.value, limit, partly=point.partly)
    height = len(shown) * ROW + 6
    body += _dates(longest, places, left, height + 6, cell)
    partly = any(point.partly for series in shown for point in series.points)
    return [*body, *_key(left, height + 20, limit, chart.unit, width, words, partly=partly)], height + 26


def _columns(points: Sequence[Point], room: float) -> tuple[list[float], float]:
    """Where each day's cell stands and how wide a cell is; each new group stands apart."""
    starts = [bool(index and point.group != points[index - 1].group) for index, point in enumerate(points)]
    gap = min(BETWEEN_GROUPS, room / 4 / max(sum(starts), 1))
    cell = min(LARGEST_CELL, (room - gap * sum(starts)) / max(len(points), 1))
    return [index * cell + gap * sum(starts[: index + 1]) for index in range(len(points))], cell


def _dates(points: Sequence[Point], places: Sequence[float], left: float, top: float, cell: float) -> list[str]:
    """The first day of each group below its cell where groups are named; else the first and the last day."""
    if not points:
        return []
    named = [index for index, point in enumerate(points) if not index or point.group != points[index - 1].group]
    if len(named) == 1:
        end = max(places[-1] + cell - 2, 110)
        last = [lettering(left + end, top, points[-1].label, anchor="end", colour="muted")] if len(points) > 1 else []
        return [lettering(left, top, points[0].label, colour="muted"), *last]
    body: list[str] = []
    free = 0.0
    for index in named:
        label = points[index].group
        if places[index] >= free:
            body.append(lettering(left + places[index], top, label, colour="muted"))
            free = places[index] + (len(label) + 1) * LETTER
    return body


def _cell(
    left: float, top: float, size: float, value: float | None, limit: float, *, partly: bool = False
) -> list[str]:
    frame = (
        f'<rect x="{n(left)}" y="{n(top)}" width="{n(size)}" height="{n(BAR)}" fill="none" '
        f'stroke="{LIGHT["muted"]}" stroke-width="0.6"/>'
    )
    if value is None:
        crossed = ((left, left + size), (left + size, left))
        return [frame, *(rule(start, top, stop, top + BAR, "muted", "") for start, stop in crossed)]
    stroke = [rule(left, top + BAR, left + size, top, "muted", "")] if partly else []
    if value <= 0:
        return [frame, *stroke]
    return [frame, box(left, top, size, BAR, "accent" if value > limit else "hatch"), *stroke]


def _key(left: float, top: float, limit: float, unit: str, width: float, words: Words, *, partly: bool) -> list[str]:
    known = ((0.0, words.say("chart_none")), (None, words.say("chart_not_known")))
    some = (limit / 2 or 0.1, words.say("chart_up_to", value=number(limit, unit)))
    key = (known[0], some, (limit + 1, words.say("chart_more")), known[1])
    step = min(84.0, (width - left) / (len(key) + partly))
    body: list[str] = []
    for place, (value, label) in enumerate(key):
        body += [
            *_cell(left + place * step, top - 7, 9, value, limit),
            lettering(left + place * step + 13, top, label, colour="muted"),
        ]
    if partly:
        at = left + len(key) * step
        body += [
            *_cell(at, top - 7, 9, 0.0, limit, partly=True),
            lettering(at + 13, top, words.say("chart_partly"), colour="muted"),
        ]
    return body
