"""Tables as the PDFs print them: cleaned, with column widths, and rows of the same figures told once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from firstbell.kpi import Light
from firstbell.packet.glyphs import loosened
from firstbell.packet.model import Row, Table
from firstbell.packet.palette import ink_of
from firstbell.packet.pdf_columns import GAP, PAGE_LETTERS, SHORT, column_widths
from firstbell.packet.words import Words

PAIR_LETTERS = 52
"""Characters that one of two tables side by side may need."""
MOST_BESIDE = 8
"""Rows of a table that may stand beside another."""
LIGHT_LETTERS = 17
"""The room of a light's column, in characters."""
ALIKE = 12
"""So many rows with the same figures are one row, with all their names below it."""

LONG_NAME = 40


def table_data(table: Table, most: int, words: Words, clean: Callable[[str], str]) -> dict[str, Any]:
    """A table's first `most` rows as plain data; a row's light becomes a first cell of its own.

    A whole table of figures tells those that many rows share once; no name is left out.
    """
    with_lights = any(row.light for row in table.rows)
    titles = [clean(column.title) for column in table.columns]
    numeric = [place for place, column in enumerate(table.columns) if column.numeric]
    figures = most >= len(table.rows) and len(numeric) == len(titles) - 1 and 0 not in numeric
    told = list(_told_once(table.rows) if figures else ((row, ()) for row in table.rows[:most]))
    cells = [_cells(row, names, len(titles), words, clean) for row, names in told]
    widths = column_widths(titles, cells, PAGE_LETTERS - (LIGHT_LETTERS if with_lights else 0), numeric)
    if any(names for _, names in told) and not any(widths):
        widths[0] = 1.0  # The names need the width of the page.
    columns = [
        {"title": title, "numeric": column.numeric, "width": width}
        for title, column, width in zip(titles, table.columns, widths, strict=True)
    ]
    light = [{"title": words.say("light_word"), "numeric": False, "width": 0}] if with_lights else []
    rows: list[Any] = []
    for (row, names), texts in zip(told, cells, strict=True):
        shown = [shape_and_word(row.light, words) if row.light else "", *texts] if with_lights else texts
        rows.append({"cells": shown, "names": "; ".join(_unbroken(clean(one)) for one in names)} if names else shown)
    need = [max(map(len, texts)) for texts in zip(titles, *cells, strict=True)]
    narrow = sum(need) + GAP * len(need) <= PAIR_LETTERS and not with_lights and len(rows) <= MOST_BESIDE
    return {
        "caption": clean(table.caption),
        "columns": light + columns,
        "rows": rows,
        "more": words.say("not_printed", n=table.left_out) if table.left_out else "",
        "narrow": narrow,
    }


def in_rows(tables: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The tables in rows: two neighbours that are narrow and short stand side by side."""
    rows: list[list[dict[str, Any]]] = []
    for table in tables:
        if rows and len(rows[-1]) == 1 and rows[-1][0]["narrow"] and table["narrow"]:
            rows[-1].append(table)
        else:
            rows.append([table])
    return rows


def padded(cells: Sequence[str], width: int) -> list[str]:
    """The cells of a row, as many as the table has columns."""
    return [*cells, *[""] * width][:width]


def shape_and_word(light: Light, words: Words) -> dict[str, str]:
    """A light as the templates print it: its shape, its word and the palette's ink."""
    return {"shape": light.shape, "word": words.light(light), "ink": ink_of(light)}


def _told_once(rows: Sequence[Row]) -> Iterator[tuple[Row, Sequence[str]]]:
    """Each row and no names, or for many rows with the same figures the first of them and the names of all."""
    alike: dict[tuple[Light | None, tuple[str, ...]], list[str]] = defaultdict(list)
    for row in rows:
        alike[row.light, row.cells[1:]].extend(row.cells[:1])
    told = set()
    for row in rows:
        same = row.light, row.cells[1:]
        if len(alike[same]) < ALIKE:
            yield row, ()
        elif same not in told:
            told.add(same)
            yield row, alike[same]


def _unbroken(name: str) -> str:
    """A name on one line, unless it is a long one."""
    return name.replace(" ", "\xa0") if len(name) <= LONG_NAME else name


def _cells(row: Row, names: Sequence[str], width: int, words: Words, clean: Callable[[str], str]) -> list[str]:
    first = [words.say("rows_alike", n=len(names))] if names else [clean(cell) for cell in row.cells[:1]]
    return padded([_breakable(cell) for cell in (*first, *map(clean, row.cells[1:]))], width)


def _breakable(text: str) -> str:
    """The text with no run of words held together that is longer than a short column."""
    return " ".join(loosened(piece) if len(piece) > SHORT else piece for piece in text.split(" "))
