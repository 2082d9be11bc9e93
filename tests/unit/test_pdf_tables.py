"""What stands in the PDFs for many rows and many charts: nothing is left out, and nothing is told many times."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import Any
from unicodedata import combining, normalize

import pikepdf
from hypothesis import given
from hypothesis import strategies as st

from firstbell.kpi import Light
from firstbell.packet.audience import cut
from firstbell.packet.glyphs import MARK, Glyphs
from firstbell.packet.model import Column, Packet, Row, Section, Table
from firstbell.packet.pdf_columns import SHORT
from firstbell.packet.pdf_tables import ALIKE, table_data
from firstbell.packet.render import EditionFiles, render_edition
from firstbell.packet.words import Words
from tests.unit.packet_samples import charts, sample
from tests.unit.pdf_text import elements, pages_text

COLUMNS = (Column(title="Service"), Column(title="Lost", numeric=True), Column(title="Outages", numeric=True))


def table(*cells: tuple[str, ...], columns: tuple[Column, ...] = COLUMNS) -> Table:
    return Table(caption="Services", columns=columns, rows=tuple(Row(cells=one) for one in cells))


def set_whole(made: Table) -> list[Any]:
    return list(table_data(made, len(made.rows), Words("en"), lambda text: text)["rows"])


def names_in(rows: list[Any]) -> list[str]:
    return [
        name.replace("\xa0", " ")
        for row in rows
        for name in (row["names"].split("; ") if isinstance(row, dict) else row[:1])
    ]


def test_many_rows_with_the_same_figures_are_one_row_with_all_their_names() -> None:
    fine = [(f"Fine {n}", "0", "0") for n in range(ALIKE)]
    rows = set_whole(table(("Mail", "9 min", "2"), *fine, ("Web", "0", "1"), ("Late", "0", "0")))
    names = "; ".join([*(name for name, *_ in fine), "Late"])
    names = names.replace(" ", "\xa0").replace(";\xa0", "; ")
    assert rows == [
        ["Mail", "9 min", "2"],
        {"cells": [f"{ALIKE + 1} with these figures:", "0", "0"], "names": names},
        ["Web", "0", "1"],
    ]


def test_the_names_of_many_take_no_room_from_the_column_of_names() -> None:
    titles = ("Service", "Answered in class hours", "Lost", "Out", "Not watched", "May be away until the meeting")
    columns = tuple(Column(title=title, numeric=place > 0) for place, title in enumerate(titles))
    long = "Student information system of the district"
    rows = [(long, *"11111"), *((f"Fine {n}", *"00000") for n in range(ALIKE))]
    made = table_data(table(*rows, columns=columns), len(rows), Words("en"), lambda text: text)
    first, *others = (column["width"] for column in made["columns"])
    assert not first or first >= max(others)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("01")), max_size=60))
def test_every_name_stands_once_and_few_alike_keep_their_places(figures: list[tuple[str, str]]) -> None:
    rows = [(f"service {place}", *both) for place, both in enumerate(figures)]
    made = set_whole(table(*rows))
    assert sorted(names_in(made)) == sorted(name for name, *_ in rows)
    alone = [tuple(row) for row in made if isinstance(row, list)]
    assert alone == [row for row in rows if figures.count((row[1], row[2])) < ALIKE]
    for row in made:
        if isinstance(row, dict):
            assert {tuple(figures[int(name.split()[1])]) for name in names_in([row])} == {tuple(row["cells"][1:])}


def test_a_table_of_words_and_a_part_of_a_table_tell_each_row() -> None:
    rows = [(f"Plan {n}", "open", "IT lead") for n in range(ALIKE)]
    words = tuple(Column(title=title) for title in ("Plan", "State", "Owner"))
    assert set_whole(table(*rows, columns=words)) == [list(row) for row in rows]
    numbers = table(*[(f"Fine {n}", "0", "0") for n in range(ALIKE + 1)])
    part = table_data(numbers, ALIKE, Words("en"), lambda text: text)
    assert part["rows"] == [[f"Fine {n}", "0", "0"] for n in range(ALIKE)]


def test_no_run_of_words_is_held_together_beyond_a_short_column() -> None:
    run = "\xa0".join(["1", "h"] * 30)
    ((held, day),) = set_whole(table((run, "5\xa0Nov"), columns=COLUMNS[:2]))
    assert max(map(len, held.split(" "))) <= SHORT
    assert day == "5\xa0Nov"


def test_rows_of_different_lights_are_not_alike() -> None:
    rows = [Row(cells=(f"Goal {n}", "4", "5"), light=Light.MET if n % 2 else Light.MISSED) for n in range(ALIKE)]
    made = set_whole(Table(caption="Goals", columns=COLUMNS, rows=tuple(rows)))
    assert [len(row) for row in made] == [4] * ALIKE


def with_section(**parts: Any) -> Packet:
    packet = sample(5)
    return packet.model_copy(update={"sections": (Section(number=3, title="Infrastructure", owner="IT", **parts),)})


@cache
def large() -> EditionFiles:
    """2,000 services of which three lost time, and one chart more than a level of cutting takes."""
    bad = [(f"Bad {n}", f"{n} min", "1") for n in (3, 2, 1)]
    fine = [(f"Fine {n}", "0", "0") for n in range(1_997)]
    packet = with_section(tables=(table(*bad, *fine),), charts=charts())
    return render_edition(cut(packet, "leadership"), "leadership")


def test_the_appendix_names_each_of_two_thousand_services_on_few_pages() -> None:
    made = large()
    assert made.notes == ()
    assert made.appendix_pdf is not None
    text = pages_text(made.appendix_pdf)
    assert set(re.findall(r"Fine\s(\d+)", text)) == {str(n) for n in range(1_997)}
    assert "1,997withthesefigures" in re.sub(r"\s", "", text)
    with pikepdf.open(io.BytesIO(made.appendix_pdf)) as pdf:
        assert len(pdf.pages) < 16


def test_a_chart_beyond_the_usual_number_stands_where_there_is_room() -> None:
    made = large()
    figures = [one for one in elements(made.pdf) if one.kind == "Figure"]
    assert len(figures) == len(charts())
    assert "more chart" not in pages_text(made.pdf)


@given(st.text(st.sampled_from("ab é\u0301\u05d0\u05b0\u0327\U0001f600\xa0\u212b"), max_size=6))
def test_a_text_is_left_as_it_is_only_where_each_of_its_characters_prints(text: str) -> None:
    """A mark alone, one that melts into its letter, one that does not, and what no font has."""
    glyphs = Glyphs()
    composed = [MARK if one == "\U0001f600" else one for one in normalize("NFC", text)]
    assert glyphs.printable(text) == "".join(one for one in composed if not combining(one))
    assert bool(glyphs.replaced) == any(one == MARK or combining(one) for one in composed)
