"""The pieces that any part of a packet is made of: sentences, tables and charts."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from firstbell.kpi import Light
from firstbell.packet.parts import Classed, Part, Public, Team


class Trend(StrEnum):
    """How a figure moved since the last packet, judged by which way is better."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    NEW = "new"
    UNKNOWN = "unknown"


class Line(Classed):
    """A finished sentence or two. `item` is the figure or fact it speaks of; `note` a person's words of context.

    `weight` says how much it matters where there is not room for all: what is bad or unknown before what is well.
    `times` counts the packets in a row that told it.
    """

    text: Public[str] = ""
    item: Public[str] = ""
    weight: Public[float] = 0
    times: Public[int] = 1
    note: Team[str] = ""
    note_by: Team[str] = ""


class Column(Part):
    """A table's column; `numeric` ones are set flush right."""

    title: Public[str] = ""
    numeric: Public[bool] = False


class Row(Classed):
    """A table's row: one finished text a column; `light` where the row has a verdict."""

    cells: Public[tuple[str, ...]] = ()
    light: Public[Light | None] = None


class Table(Classed):
    """A table with a caption that says what to see in it."""

    caption: Public[str] = ""
    columns: Public[tuple[Column, ...]] = ()
    rows: Public[tuple[Row, ...]] = ()
    left_out: Public[int] = 0
    """Rows that were left out for room; they are counted in print."""


class Point(Part):
    """One value of a chart. A None is drawn as a gap, never as zero. Neighbours of one `group` stand together.

    `partly`: part of its time is not known, so the value may be too good.
    """

    label: Public[str] = ""
    group: Public[str] = ""
    value: Public[float | None] = None
    partly: Public[bool] = False


class ChartSeries(Classed):
    """One line or one set of bars; `finding` is what it adds to the chart's own finding, in its edition alone."""

    name: Public[str] = ""
    finding: Public[str] = ""
    points: Public[tuple[Point, ...]] = ()


class Chart(Classed):
    """A drawing and what it shows in words: `alternative` says the finding, not the form."""

    kind: Public[Literal["bars", "line", "sparkline", "gap", "days"]] = "bars"
    title: Public[str] = ""
    alternative: Public[str] = ""
    unit: Public[str] = ""
    series: Public[tuple[ChartSeries, ...]] = ()
    target: Public[float | None] = None
    band_from: Public[float | None] = None
    band_to: Public[float | None] = None
    """Between which values a line should stay, where its target is not a single one."""
