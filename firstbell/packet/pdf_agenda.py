"""The agenda's sections as the PDF sets them, and what had to move to the appendix to keep it short.

Cutting is by levels: each takes fewer rows and lines than the one before. What is cut is counted in its place and
stands whole in the appendix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any, TypeVar

from firstbell.kpi import Light
from firstbell.packet.charts import WIDTH, draw
from firstbell.packet.glyphs import clean, drawable, each_text, loosened
from firstbell.packet.model import Chart, Line, Packet, Section, Table
from firstbell.packet.page_parts import Entry, PageOne
from firstbell.packet.palette import ink_of
from firstbell.packet.pdf_columns import GAP, PAGE_LETTERS, column_widths
from firstbell.packet.words import Words


@dataclass(frozen=True)
class Limits:
    """How much of everything one section of the PDF may hold; `longest` is in characters a text."""

    rows: int
    lines: int
    tables: int
    charts: int
    longest: int


PAIR, ALONE, WHOLE = 0.48 * WIDTH, 0.6 * WIDTH, WIDTH
"""The widths of two charts side by side, of one alone, of one that needs the whole page."""
LONG_LABEL = 26
"""A row's label of more characters needs the whole page."""
PAIR_LETTERS = 52
"""Characters that one of two tables side by side may need."""
MOST_BESIDE = 8
"""Rows of a table that may stand beside another."""
LIGHT_LETTERS = 17
"""The room of a light's column, in characters."""

LEVELS = (
    Limits(rows=14, lines=5, tables=6, charts=4, longest=500),
    Limits(rows=8, lines=4, tables=4, charts=2, longest=300),
    Limits(rows=4, lines=3, tables=2, charts=1, longest=200),
    Limits(rows=3, lines=3, tables=1, charts=1, longest=180),
    Limits(rows=2, lines=2, tables=1, charts=0, longest=140),
    Limits(rows=0, lines=1, tables=0, charts=0, longest=100),
)

Piece = TypeVar("Piece")


@dataclass
class Agenda:
    """The sections as plain data for the PDF, and what did not fit, as plain data for the appendix."""

    sections: list[dict[str, Any]] = field(default_factory=list)
    rest: list[dict[str, Any]] = field(default_factory=list)
    full_tables: list[dict[str, Any]] = field(default_factory=list)
    full_lines: list[str] = field(default_factory=list)
    full_rest: list[dict[str, Any]] = field(default_factory=list)


class AgendaSetter:
    """Sets the agenda of one packet within one level's limits. `appendix` says whether this edition has one."""

    def __init__(self, packet: Packet, words: Words, limits: Limits, *, appendix: bool) -> None:
        self.packet, self.words, self.limits, self.appendix = packet, words, limits, appendix
        self.agenda = Agenda()

    def set(self, page: PageOne) -> Agenda:
        """The agenda, with page one's rest behind it."""
        for section in self.packet.sections:
            self.agenda.sections.append(self._section(section))
        for block in page.rest:
            kept, left = self._kept(block.entries, self.limits.rows)
            shown = [each_text(entry_data(one), self._clean) for one in kept]
            self.agenda.rest.append(
                {"key": block.key, "title": block.title, "entries": shown, "more": self._more(left)}
            )
            if left:
                whole = [entry_data(one) for one in block.entries]
                self.agenda.full_rest.append({"key": block.key, "title": block.title, "entries": whole})
        return self.agenda

    def _section(self, section: Section) -> dict[str, Any]:
        words, limits = self.words, self.limits
        if section.unchanged:
            section = self._one_line(section)
        sentences, sentences_left = self._most_important(section.sentences, limits.lines)
        questions, questions_left = self._kept(section.questions, limits.lines)
        # A table whose rows this edition may not see is not a table.
        seen = [table for table in section.tables if table.rows or table.left_out]
        tables, tables_left = self._kept(seen, limits.tables)
        charts, charts_left = self._kept([chart for chart in section.charts if chart.series], limits.charts)
        self.agenda.full_lines += [self._said(line) for line in (*sentences_left, *questions_left)]
        self.agenda.full_tables += [self.table(table, len(table.rows)) for table in tables_left]
        return {
            "key": f"section-{section.number}",
            "title": self._clean(words.say("section", n=section.number, title=section.title)),
            "owner": self._clean(words.say("owner", text=section.owner)) if section.owner else "",
            "quiet": self._clean(section.quiet),
            "groups": self._groups(sentences),
            "more_sentences": self._more(sentences_left),
            "tables": self._in_rows([self._cut_table(table) for table in tables]),
            "more_tables": self._more(tables_left, "in_appendix_tables"),
            "charts": self._charts(charts),
            "more_charts": self._more(charts_left, "charts_left_out"),
            "questions": [self._said(line) for line in questions],
            "more_questions": self._more(questions_left),
            "incidents": [self._clean(line.text) for line in section.incidents if line.text],
        }

    def _one_line(self, section: Section) -> Section:
        """A section with nothing new as its one line; what it holds stands in the appendix, where there is one."""
        if self.appendix:
            self.agenda.full_lines += [self._said(line) for line in (*section.sentences, *section.questions)]
            self.agenda.full_tables += [self.table(table, len(table.rows)) for table in section.tables if table.rows]
        return Section(number=section.number, title=section.title, owner=section.owner, quiet=section.quiet)

    def is_bare(self) -> bool:
        """Whether this edition may see nothing of any section but its title."""
        fields = ("quiet", "sentences", "tables", "charts", "questions", "incidents")
        return not any(getattr(section, name) for section in self.packet.sections for name in fields)

    def table(self, table: Table, most: int) -> dict[str, Any]:
        """A table's first `most` rows as plain data; a row's light becomes a first cell of its own."""
        with_lights = any(row.light for row in table.rows)
        titles = [self._clean(column.title) for column in table.columns]
        cells = [padded([self._clean(cell) for cell in row.cells], len(titles)) for row in table.rows[:most]]
        numeric = [place for place, column in enumerate(table.columns) if column.numeric]
        widths = column_widths(titles, cells, PAGE_LETTERS - (LIGHT_LETTERS if with_lights else 0), numeric)
        columns = [
            {"title": title, "numeric": column.numeric, "width": width}
            for title, column, width in zip(titles, table.columns, widths, strict=True)
        ]
        light = [{"title": self.words.say("light_word"), "numeric": False, "width": 0}] if with_lights else []
        rows = [
            [shape_and_word(row.light, self.words) if row.light else "", *texts] if with_lights else texts
            for row, texts in zip(table.rows[:most], cells, strict=True)
        ]
        more = self.words.say("not_printed", n=table.left_out) if table.left_out else ""
        need = [max(map(len, texts)) for texts in zip(titles, *cells, strict=True)]
        narrow = sum(need) + GAP * len(need) <= PAIR_LETTERS and not with_lights and len(rows) <= MOST_BESIDE
        return {
            "caption": self._clean(table.caption),
            "columns": light + columns,
            "rows": rows,
            "more": more,
            "narrow": narrow,
        }

    def _in_rows(self, tables: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
        """The tables in rows: two neighbours that are narrow and short stand side by side."""
        rows: list[list[dict[str, Any]]] = []
        for table in tables:
            beside = rows and len(rows[-1]) == 1 and rows[-1][0]["narrow"] and table["narrow"]
            if beside:
                rows[-1].append(table)
            else:
                rows.append([table])
        return rows

    def _cut_table(self, table: Table) -> dict[str, Any]:
        most = self.limits.rows
        # A table that is one row too long is printed whole: the line that counts it takes the same room.
        if len(table.rows) <= most + 1 and not table.left_out:
            return self.table(table, len(table.rows))
        left = max(0, len(table.rows) - most)
        if not left or not self.appendix:
            shown = table.model_copy(update={"left_out": table.left_out + left})
            return self.table(shown, most)
        self.agenda.full_tables.append(self.table(table, len(table.rows)))
        cut = self.table(table, most)
        return {**cut, "more": "; ".join(part for part in (self._more(table.rows[most:]), cut["more"]) if part)}

    def _most_important(self, lines: Sequence[Line], most: int) -> tuple[Sequence[Line], Sequence[Line]]:
        """The lines that moved or weigh most, in their own order, and those left out."""
        weights = {change.item: change.weight for change in self.packet.changes if change.item}
        ranked = sorted(
            range(len(lines)), key=lambda place: -max(weights.get(lines[place].item, 0), lines[place].weight)
        )
        kept = set(ranked[:most])
        return (
            [line for place, line in enumerate(lines) if place in kept],
            [line for place, line in enumerate(lines) if place not in kept],
        )

    def _groups(self, lines: Sequence[Line]) -> list[dict[str, Any]]:
        """Neighbours that speak of the same thing ("Backups: ...", "Backups: ...") under what they speak of."""
        groups: list[dict[str, Any]] = []
        for lead, members in groupby(lines, key=lambda line: line.text.partition(": ")[0]):
            several = list(members)
            named = len(several) > 1 and all(": " in line.text for line in several)
            texts = [line.text.partition(": ")[2] if named else line.text for line in several]
            shown = [
                {"text": self._clean(text), "note": self._note(line)} for text, line in zip(texts, several, strict=True)
            ]
            groups.append({"lead": self._clean(lead) if named else "", "lines": shown})
        return groups

    def _charts(self, charts: Sequence[Chart]) -> list[list[dict[str, Any]]]:
        """The charts in rows: two small ones side by side, a strip of days or one with long labels across the page."""
        rows: list[list[Chart]] = []
        for chart in charts:
            small = _alone(chart) == ALONE
            if small and rows and len(rows[-1]) == 1 and _alone(rows[-1][0]) == ALONE:
                rows[-1].append(chart)
            else:
                rows.append([chart])
        return [[self._chart(chart, PAIR if len(row) == 2 else _alone(chart)) for chart in row] for row in rows]

    def _chart(self, chart: Chart, width: float) -> dict[str, Any]:
        """The drawing; its texts are cleaned first, because they are drawn too."""
        series = tuple(
            one.model_copy(
                update={
                    "name": self._drawn(one.name),
                    "points": tuple(
                        point.model_copy(update={"label": self._drawn(point.label), "group": self._drawn(point.group)})
                        for point in one.points
                    ),
                }
            )
            for one in chart.series
        )
        cleaned = chart.model_copy(update={"unit": self._drawn(chart.unit), "series": series})
        findings = (chart.alternative or chart.title, *(one.finding for one in chart.series))
        alternative = loosened(self._clean(" ".join(filter(None, findings)))) or chart.kind
        title = self._clean(chart.title)
        return {
            "title": title,
            "finding": self._clean(chart.alternative),
            "alternative": alternative,
            "svg": draw(cleaned, width, self.words.language),
            "width": width,
        }

    def _kept(self, pieces: Sequence[Piece], most: int) -> tuple[Sequence[Piece], Sequence[Piece]]:
        return pieces[:most], pieces[most:]

    def _more(self, left: Sequence[object], key: str = "in_appendix") -> str:
        if not left:
            return ""
        return self.words.say(key if self.appendix else "not_printed", n=len(left))

    def _said(self, line: Line) -> str:
        return " ".join(part for part in (self._clean(line.text), self._note(line)) if part)

    def _note(self, line: Line) -> str:
        if not line.note:
            return ""
        form = ("note", {"by": line.note_by}) if line.note_by else ("note_nameless", {})
        return self._clean(self.words.say(form[0], text=line.note, **form[1]))

    def _drawn(self, text: str) -> str:
        return loosened(drawable(self._clean(text)))

    def _clean(self, text: str) -> str:
        return clean(text, self.words.say("clipped"), self.limits.longest)


def _alone(chart: Chart) -> float:
    """How wide a chart is that has no neighbour."""
    rows = chart.kind in ("bars", "gap")
    long = rows and any(len(point.label) > LONG_LABEL for series in chart.series for point in series.points)
    return WHOLE if chart.kind == "days" or long else ALONE


def entry_data(entry: Entry) -> dict[str, Any]:
    """An entry as the templates print it."""
    return {**asdict(entry), "sign": entry.sign}


def padded(cells: Sequence[str], width: int) -> list[str]:
    """The cells of a row, as many as the table has columns."""
    return [*cells, *[""] * width][:width]


def shape_and_word(light: Light, words: Words) -> dict[str, str]:
    """A light as the templates print it: its shape, its word and the palette's ink."""
    return {"shape": light.shape, "word": words.light(light), "ink": ink_of(light)}
