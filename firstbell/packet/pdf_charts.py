"""Charts as the PDFs print them: drawn at their width, in rows, with the finding and the alternative beside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from firstbell.packet.charts import WIDTH, draw
from firstbell.packet.glyphs import drawable, loosened
from firstbell.packet.model import Chart
from firstbell.packet.words import Words

PAIR, ALONE, WHOLE = 0.48 * WIDTH, 0.6 * WIDTH, WIDTH
"""The widths of two charts side by side, of one alone, of one that needs the whole page."""
LONG_LABEL = 26
"""A row's label of more characters needs the whole page."""


def chart_rows(charts: Sequence[Chart], words: Words, clean: Callable[[str], str]) -> list[list[dict[str, Any]]]:
    """The charts in rows: two small ones side by side, a strip of days or one with long labels across the page."""
    rows: list[list[Chart]] = []
    for chart in charts:
        small = _alone(chart) == ALONE
        if small and rows and len(rows[-1]) == 1 and _alone(rows[-1][0]) == ALONE:
            rows[-1].append(chart)
        else:
            rows.append([chart])
    return [[_drawing(chart, PAIR if len(row) == 2 else _alone(chart), words, clean) for chart in row] for row in rows]


def _drawing(chart: Chart, width: float, words: Words, clean: Callable[[str], str]) -> dict[str, Any]:
    """The drawing; its texts are cleaned first, because they are drawn too."""

    def drawn(text: str) -> str:
        return loosened(drawable(clean(text)))

    series = tuple(
        one.model_copy(
            update={
                "name": drawn(one.name),
                "points": tuple(
                    point.model_copy(update={"label": drawn(point.label), "group": drawn(point.group)})
                    for point in one.points
                ),
            }
        )
        for one in chart.series
    )
    cleaned = chart.model_copy(update={"unit": drawn(chart.unit), "series": series})
    findings = (chart.alternative or chart.title, *(one.finding for one in chart.series))
    return {
        "title": clean(chart.title),
        "finding": clean(chart.alternative),
        "alternative": loosened(clean(" ".join(filter(None, findings)))) or chart.kind,
        "svg": draw(cleaned, width, words.language),
        "width": width,
    }


def _alone(chart: Chart) -> float:
    """How wide a chart is that has no neighbour."""
    rows = chart.kind in ("bars", "gap")
    long = rows and any(len(point.label) > LONG_LABEL for series in chart.series for point in series.points)
    return WHOLE if chart.kind == "days" or long else ALONE
