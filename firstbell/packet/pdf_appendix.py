"""The second file: the needs assessment by its criteria, with everything needed to doubt a figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from firstbell.packet.glyphs import clean
from firstbell.packet.model import Appendix, Criterion, IndicatorRow, Line
from firstbell.packet.page_parts import SIGNS
from firstbell.packet.pdf_agenda import Agenda
from firstbell.packet.pdf_columns import PAGE_LETTERS, column_widths
from firstbell.packet.pdf_tables import LIGHT_LETTERS, padded, shape_and_word
from firstbell.packet.words import Words

SMALL_LETTERS = int(PAGE_LETTERS * 8.2 / 7.4)
"""Characters of the appendix's smaller print that one line of the page holds, about."""


def appendix_data(appendix: Appendix, agenda: Agenda, words: Words) -> dict[str, Any] | None:
    """The appendix as plain data for its template; None when there is nothing to say."""
    setter = _Setter(words)
    parts = list(setter.parts(appendix))
    said = {line for part in parts for line in part["lines"]}
    data = {
        "criteria": [setter.criterion(one) for one in appendix.criteria],
        "tables": list(setter.tables(appendix)),
        "lines": parts,
        "glossary": [
            {"word": setter.clean(one.word), "meaning": setter.clean(one.meaning)} for one in appendix.glossary
        ],
        "rest": agenda.full_rest,
        "full_tables": agenda.full_tables,
        "full_charts": agenda.full_charts,
        "full_lines": [line for line in dict.fromkeys(agenda.full_lines) if line not in said],
    }
    if not any(data.values()):
        return None
    return {**data, "indicator_columns": [{"title": title} for title in words.table["indicator_columns"]]}


class _Setter:
    def __init__(self, words: Words) -> None:
        self.words = words

    def clean(self, text: str) -> str:
        return clean(text, self.words.say("clipped"))

    def criterion(self, criterion: Criterion) -> dict[str, Any]:
        words = self.words
        summary = [words.say("score", text=criterion.score)] if criterion.score else []
        summary += [criterion.coverage] if criterion.coverage else []
        groups = [list(rows) for _, rows in groupby(criterion.indicators, key=lambda row: row.code)]
        return {
            "title": self.clean(criterion.title),
            "summary": self.clean("; ".join(summary)),
            "groups": [self._indicator(rows) for rows in groups],
        }

    def _indicator(self, rows: Sequence[IndicatorRow]) -> dict[str, Any]:
        """One indicator: its first row whole, the rows of its schools with what is different in them alone."""
        first, *others = rows
        return {
            "cells": self._figures(first, self.words.say("indicator", code=first.code, title=first.title), None),
            "evidence": self._evidence(first, None),
            "others": [
                {
                    "cells": self._figures(row, _place(row, first), first),
                    "evidence": self._evidence(row, first),
                }
                for row in others
            ],
        }

    def _figures(self, row: IndicatorRow, title: str, first: IndicatorRow | None) -> list[Any]:
        trend = str(self.words.table["trends"][row.trend.value])
        parts = [row.numerator, row.denominator, row.missing]
        counted: list[Any] = [self.clean(text) for text in (row.value, *parts[:2])]
        if not any(parts[:2]):
            # What is not known says why, in the room of what was not counted, and once.
            why = self.words.say("as_above") if first is not None and row.value == first.value else counted[0]
            counted = [{"text": why, "span": 3}]
        change = {"word": trend, "sign": SIGNS[row.trend.value], "kind": row.trend.value}
        same = first is not None and row.target == first.target
        target, missing = self.words.say("as_above") if same else self.clean(row.target), self.clean(parts[2])
        return [self.clean(title), shape_and_word(row.light, self.words), target, *counted, missing, change]

    def _evidence(self, row: IndicatorRow, first: IndicatorRow | None) -> str:
        """Window, source, as-of, method and basis; of a school's row only what is not as in the first row."""
        words = self.words
        told = _said(first) if first is not None else ()
        texts = [words.say(key, text=_closed(text)) for key, text in _said(row) if text and (key, text) not in told]
        return self.clean(" ".join(texts))

    def tables(self, appendix: Appendix) -> Iterable[dict[str, Any]]:
        if appendix.needs:
            titles = self.words.table["need_columns"]
            texts = [
                padded([str(rank), *map(self.clean, row.cells)], len(titles))
                for rank, row in enumerate(appendix.needs, 1)
            ]
            light = {"title": self.words.say("light_word"), "numeric": False, "width": 0}
            columns = self._columns(titles, texts, SMALL_LETTERS - LIGHT_LETTERS, numeric=(0, 4))
            rows = [
                [shape_and_word(row.light, self.words) if row.light else "", *cells]
                for row, cells in zip(appendix.needs, texts, strict=True)
            ]
            yield {"title": self.words.say("needs"), "columns": [light, *columns], "rows": rows}
        if appendix.sources:
            titles = self.words.table["source_columns"]
            cells = [
                [
                    self.clean(text)
                    for text in (row.title, row.read_at, " ".join((row.state, row.error)).strip(), row.owner, row.feeds)
                ]
                for row in appendix.sources
            ]
            columns = self._columns(titles, cells, SMALL_LETTERS)
            yield {"title": self.words.say("sources"), "columns": columns, "rows": cells}

    def _columns(
        self, titles: Sequence[str], rows: Sequence[Sequence[str]], letters: int, numeric: Sequence[int] = ()
    ) -> list[dict[str, Any]]:
        widths = column_widths(titles, rows, letters, numeric)
        return [
            {"title": title, "numeric": place in numeric, "width": width}
            for place, (title, width) in enumerate(zip(titles, widths, strict=True))
        ]

    def parts(self, appendix: Appendix) -> Iterable[dict[str, Any]]:
        named: tuple[tuple[str, Sequence[Line]], ...] = (
            ("strengths", appendix.strengths),
            ("not_collected", appendix.not_collected),
            ("method", appendix.method),
            ("never_used_for", (Line(text=appendix.never_used_for),) if appendix.never_used_for else ()),
        )
        for key, lines in named:
            if lines:
                yield {"title": self.words.say(key), "lines": [self.clean(line.text) for line in lines]}


def _said(row: IndicatorRow) -> tuple[tuple[str, str], ...]:
    return (
        ("of_window", row.window),
        ("of_source", "; ".join(part for part in (row.sources, row.as_of) if part)),
        ("of_method", row.method),
        ("basis", row.basis),
    )


def _place(row: IndicatorRow, first: IndicatorRow) -> str:
    """What a row adds to the first one's title: "Teachers (Oak)" below "Teachers" is "Oak"."""
    added = row.title.removeprefix(first.title).strip()
    return added[1:-1] if added.startswith("(") and added.endswith(")") else row.title


def _closed(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
