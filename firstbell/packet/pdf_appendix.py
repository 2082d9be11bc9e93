"""The second file: the needs assessment by its criteria, with everything needed to doubt a figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from firstbell.packet.glyphs import clean
from firstbell.packet.model import Appendix, Criterion, IndicatorRow, Line
from firstbell.packet.pdf_agenda import Agenda, shape_and_word
from firstbell.packet.words import Words


def appendix_data(appendix: Appendix, agenda: Agenda, words: Words) -> dict[str, Any] | None:
    """The appendix as plain data for its template; None when there is nothing to say."""
    setter = _Setter(words)
    data = {
        "criteria": [setter.criterion(one) for one in appendix.criteria],
        "tables": list(setter.tables(appendix)),
        "lines": list(setter.parts(appendix)),
        "glossary": [
            {"word": setter.clean(one.word), "meaning": setter.clean(one.meaning)} for one in appendix.glossary
        ],
        "rest": agenda.full_rest,
        "full_tables": agenda.full_tables,
        "full_lines": agenda.full_lines,
    }
    if not any(data.values()):
        return None
    return {**data, "indicator_columns": setter.columns("indicator_columns", numeric=(2, 3, 4, 5, 6))}


class _Setter:
    def __init__(self, words: Words) -> None:
        self.words = words

    def clean(self, text: str) -> str:
        return clean(text, self.words.say("clipped"))

    def columns(self, key: str, numeric: Sequence[int] = ()) -> list[dict[str, Any]]:
        return [
            {"title": title, "numeric": place in numeric, "narrow": False}
            for place, title in enumerate(self.words.table[key])
        ]

    def criterion(self, criterion: Criterion) -> dict[str, Any]:
        words = self.words
        summary = [words.say("score", text=criterion.score)] if criterion.score else []
        summary += [criterion.coverage] if criterion.coverage else []
        rows = [self._indicator(row) for row in criterion.indicators]
        return {"title": self.clean(criterion.title), "summary": self.clean("; ".join(summary)), "rows": rows}

    def _indicator(self, row: IndicatorRow) -> list[Any]:
        basis = self.words.say("basis", text=row.basis) if row.basis else ""
        title = self.words.say("indicator", code=row.code, title=row.title)
        source = "; ".join(part for part in (row.sources, row.as_of) if part)
        method = " ".join(part for part in (row.method, basis) if part)
        texts = (row.value, row.target, row.numerator, row.denominator, row.missing, row.window, source, method)
        return [self.clean(title), shape_and_word(row.light), *(self.clean(text) for text in texts)]

    def tables(self, appendix: Appendix) -> Iterable[dict[str, Any]]:
        if appendix.needs:
            columns = self.columns("need_columns", numeric=(0, 2, 3, 4))
            light = {"title": self.words.say("light_word"), "numeric": False, "narrow": True}
            rows = [
                [shape_and_word(row.light) if row.light else "", *_padded([*map(self.clean, row.cells)], len(columns))]
                for row in appendix.needs
            ]
            yield {"title": self.words.say("needs"), "columns": [light, *columns], "rows": rows}
        if appendix.sources:
            rows = [
                [self.clean(text) for text in (row.title, row.read_at, row.state, row.owner, row.feeds)]
                for row in appendix.sources
            ]
            yield {"title": self.words.say("sources"), "columns": self.columns("source_columns"), "rows": rows}

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


def _padded(cells: list[str], width: int) -> list[str]:
    return [*cells, *[""] * width][:width]
