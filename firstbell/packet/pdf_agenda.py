"""The agenda's sections as the PDF sets them, and what had to move to the appendix to keep it short.

Cutting is by levels: each takes fewer rows and lines than the one before. What is cut is counted in its place and
stands whole in the appendix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, TypeVar

from firstbell.packet.glyphs import clean, each_text
from firstbell.packet.model import Line, Packet, Section, Table
from firstbell.packet.page_parts import Entry, PageOne
from firstbell.packet.pdf_charts import chart_rows
from firstbell.packet.pdf_tables import in_rows, table_data
from firstbell.packet.words import Words


@dataclass(frozen=True)
class Limits:
    """How much of everything one section of the PDF may hold; `longest` is in characters a text.

    `rest` is how many entries stand under each part of what page one had no room for.
    """

    rows: int
    rest: int
    lines: int
    tables: int
    charts: int
    longest: int


LEVELS = (
    Limits(rows=14, rest=14, lines=5, tables=6, charts=4, longest=500),
    Limits(rows=8, rest=8, lines=4, tables=4, charts=2, longest=300),
    Limits(rows=4, rest=4, lines=3, tables=2, charts=1, longest=200),
    Limits(rows=3, rest=3, lines=3, tables=1, charts=1, longest=180),
    Limits(rows=2, rest=2, lines=2, tables=1, charts=0, longest=140),
    Limits(rows=0, rest=0, lines=1, tables=0, charts=0, longest=100),
)

Piece = TypeVar("Piece")


@dataclass
class Agenda:
    """The sections as plain data for the PDF, and what did not fit, as plain data for the appendix.

    `left` holds how many pieces of a kind each section leaves out, under the names of `Limits`.
    """

    sections: list[dict[str, Any]] = field(default_factory=list)
    rest: list[dict[str, Any]] = field(default_factory=list)
    full_tables: list[dict[str, Any]] = field(default_factory=list)
    full_lines: list[str] = field(default_factory=list)
    full_charts: list[list[dict[str, Any]]] = field(default_factory=list)
    full_rest: list[dict[str, Any]] = field(default_factory=list)
    left: dict[str, list[int]] = field(default_factory=lambda: {"charts": [], "rest": [], "lines": []})


class AgendaSetter:
    """Sets the agenda of one packet within one level's limits. `appendix` says whether this edition has one."""

    def __init__(self, packet: Packet, words: Words, limits: Limits, *, appendix: bool) -> None:
        self.packet, self.words, self.limits, self.appendix = packet, words, limits, appendix
        self.agenda = Agenda()
        self.clipped = words.say("clipped")

    def set(self, page: PageOne) -> Agenda:
        """The agenda, with page one's rest behind it."""
        for section in self.packet.sections:
            self.agenda.sections.append(self._section(section))
        for block in page.rest:
            kept, left = self._kept(block.entries, self.limits.rest)
            self.agenda.left["rest"].append(len(left))
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
        self.agenda.left["lines"] += [len(sentences_left), len(questions_left)]
        self.agenda.left["charts"].append(len(charts_left))
        self.agenda.full_lines += [self._said(line) for line in (*sentences_left, *questions_left)]
        self.agenda.full_tables += [self._table(table, len(table.rows)) for table in tables_left]
        self.agenda.full_charts += chart_rows(charts_left, words, self._clean)
        return {
            "key": f"section-{section.number}",
            "title": self._clean(words.say("section", n=section.number, title=section.title)),
            "owner": self._clean(words.say("owner", text=section.owner)) if section.owner else "",
            "quiet": self._clean(section.quiet),
            "groups": self._groups(sentences),
            "more_sentences": self._more(sentences_left),
            "tables": in_rows([self._cut_table(table) for table in tables]),
            "more_tables": self._more(tables_left, "in_appendix_tables"),
            "charts": chart_rows(charts, words, self._clean),
            "more_charts": self._more(charts_left, "in_appendix_charts"),
            "questions": [self._said(line) for line in questions],
            "more_questions": self._more(questions_left),
            "incidents": [self._clean(line.text) for line in section.incidents if line.text],
        }

    def _one_line(self, section: Section) -> Section:
        """A section with nothing new as its one line; what it holds stands in the appendix, where there is one."""
        if self.appendix:
            self.agenda.full_lines += [self._said(line) for line in (*section.sentences, *section.questions)]
            self.agenda.full_tables += [self._table(table, len(table.rows)) for table in section.tables if table.rows]
            drawn = [chart for chart in section.charts if chart.series]
            self.agenda.full_charts += chart_rows(drawn, self.words, self._clean)
        return Section(number=section.number, title=section.title, owner=section.owner, quiet=section.quiet)

    def is_bare(self) -> bool:
        """Whether this edition may see nothing of any section but its title."""
        fields = ("quiet", "sentences", "tables", "charts", "questions", "incidents")
        return not any(getattr(section, name) for section in self.packet.sections for name in fields)

    def _table(self, table: Table, most: int) -> dict[str, Any]:
        return table_data(table, most, self.words, self._clean)

    def _cut_table(self, table: Table) -> dict[str, Any]:
        most = self.limits.rows
        # A table that is one row too long is printed whole: the line that counts it takes the same room.
        if len(table.rows) <= most + 1 and not table.left_out:
            return self._table(table, len(table.rows))
        left = max(0, len(table.rows) - most)
        if not left or not self.appendix:
            shown = table.model_copy(update={"left_out": table.left_out + left})
            return self._table(shown, most)
        self.agenda.full_tables.append(self._table(table, len(table.rows)))
        cut = self._table(table, most)
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

    def _clean(self, text: str) -> str:
        return clean(text, self.clipped, self.limits.longest)


def entry_data(entry: Entry) -> dict[str, Any]:
    """An entry as the templates print it."""
    return {**vars(entry), "sign": entry.sign}
