"""An edition as a whole: the PDFs' pages, tags and attachments, the evidence, the same bytes twice."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pdfua
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.packet.audience import EDITIONS, cut
from firstbell.packet.glyphs import MARK, loosened
from firstbell.packet.model import (
    Appendix,
    Change,
    Column,
    Criterion,
    Heading,
    IndicatorRow,
    Line,
    Packet,
    Section,
    Table,
)
from firstbell.packet.page_one import may_show, page_one
from firstbell.packet.pdf_agenda import LEVELS, Agenda, AgendaSetter
from firstbell.packet.pdf_appendix import appendix_data
from firstbell.packet.pdf_columns import GAP, PAGE_LETTERS, column_widths
from firstbell.packet.pdf_room import MOST_PAGES
from firstbell.packet.render import EditionFiles, render, render_edition
from firstbell.packet.words import Words
from tests.unit.packet_samples import COVER, sample
from tests.unit.pdf_text import pages_text

HOSTILE = (
    "emoji 😀 family 👨\u200d👩\u200d👧",
    "right to left: محمد دוד \u202egnitset",
    "<script>alert(1)</script> & \"quotes\" 'and' more",
    '#read("/etc/passwd") *bold* _it_ $x$ @ref <label> \\ #panic() // /* ```',
    "line\r\nSubject: other\r\n\r\nbody\u2028\u2029\u0000\u0007",
    "李小龍 combining q\u0301\u0302 \ufffe \ud800",
    "=cmd|'/c calc'!A1",
)


def files(trouble: int = 5, edition: str = "leadership") -> EditionFiles:
    return render_edition(cut(sample(trouble), edition), edition)


def opened(pdf: bytes) -> pikepdf.Pdf:
    return pikepdf.open(io.BytesIO(pdf))


def structure(pdf: pikepdf.Pdf) -> Iterator[Any]:
    """Every element of the structure tree."""
    waiting: list[Any] = [pdf.Root.StructTreeRoot.K]
    while waiting:
        one = waiting.pop()
        if isinstance(one, pikepdf.Array):
            waiting.extend(list(one))
        elif isinstance(one, pikepdf.Dictionary) and "/S" in one:
            yield one
            if "/K" in one:
                waiting.append(one.K)


def with_text(text: str) -> Packet:
    """A packet that holds the text wherever it can."""
    packet = sample(5)
    everywhere = packet.model_dump()

    def filled(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: filled(member, name) for name, member in value.items()}
        if isinstance(value, list | tuple):
            return [filled(member, key) for member in value]
        fixed = {"audience", "trend", "light", "kind", "stage", "page", "language", "time_zone", "person_key", "logo"}
        return text if isinstance(value, str) and key not in fixed else value

    return Packet.model_validate(filled(everywhere))


@pytest.mark.parametrize("trouble", [0, 5, 30, 200])
@pytest.mark.parametrize("edition", ["leadership", "public"])
def test_at_most_eight_pages_at_any_amount_of_trouble(edition: str, trouble: int) -> None:
    made = files(trouble, edition)
    with opened(made.pdf) as pdf:
        assert len(pdf.pages) <= MOST_PAGES
        assert len(pdf.pages) == made.pages["last"]


def test_what_the_pages_leave_out_is_counted() -> None:
    agenda = AgendaSetter(sample(200), Words("en"), LEVELS[-3], appendix=True).set(page_one(sample(200), "leadership"))
    section = agenda.sections[2]
    assert section["more_sentences"] == f"and {33 - LEVELS[-3].lines} more in the appendix"
    assert section["tables"][0][0]["more"] == f"and {200 - LEVELS[-3].rows} more in the appendix"
    assert section["more_tables"] == "1 more table in the appendix"
    assert section["more_charts"] == "4 more charts in the appendix"
    assert len(agenda.full_tables) == 12
    assert len(agenda.full_lines) == 6 * (33 + 40 - 2 * LEVELS[-3].lines)


def page_text(pdf: bytes, number: int) -> str:
    """What one page shows, with single ordinary spaces."""
    with opened(pdf) as whole, pikepdf.new() as alone:
        alone.pages.append(whole.pages[number - 1])
        written = io.BytesIO()
        alone.save(written)
    return loosened(pages_text(written.getvalue()))


@pytest.mark.parametrize("trouble", [0, 5, 200])
@pytest.mark.parametrize("edition", ["leadership", "technical", "representative"])
def test_page_one_keeps_its_page_and_counts_what_it_left_out_with_the_page_it_stands_on(
    edition: str, trouble: int
) -> None:
    made, page = files(trouble, edition), page_one(cut(sample(trouble), edition), edition)
    first = page_text(made.pdf, 1)
    assert made.pages["section-1"] == 2
    assert "Add an agenda item" in first, "its last line"
    left = [block for block in (page.decide, page.changed, page.overdue, page.unknowns) if block and block.left_out]
    assert len(left) == (4 if trouble == 200 else 0)
    for block in left:
        assert f"{block.left_out} " in first
        assert f": page {made.pages[block.key]}" in first
        assert block.title in page_text(made.pdf, made.pages[block.key])


@pytest.mark.parametrize("paper", ["letter", "a4"])
def test_page_one_is_one_page_even_when_everything_is_long(paper: str) -> None:
    packet = with_text("A sentence that goes on. " * 40)
    heading = Heading.model_validate({**packet.heading.model_dump(), "page": paper})
    pages = render_edition(packet.model_copy(update={"heading": heading}), "leadership").pages
    assert pages["section-1"] == 2
    assert pages["last"] <= MOST_PAGES


@pytest.mark.parametrize("edition", EDITIONS)
def test_the_checker_finds_no_fault(edition: str, tmp_path: Path) -> None:
    made = files(5, edition)
    assert made.notes == ()
    for pdf in (made.pdf, made.appendix_pdf):
        if pdf is not None:
            (tmp_path / "written.pdf").write_bytes(pdf)
            assert list(pdfua.validate(str(tmp_path / "written.pdf")).findings) == []


def test_tagged_titled_and_bookmarked() -> None:
    with opened(files().pdf) as pdf:
        assert str(pdf.Root.Lang) == "en"
        assert bool(pdf.Root.MarkInfo.Marked)
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert "3 decisions" in str(pdf.docinfo.get("/Title"))
        with pdf.open_outline() as outline:
            titles = [child.title for item in outline.root for child in (item, *item.children)]
        assert "3. Cybersecurity and infrastructure" in titles
        assert "Decide" in titles


def test_every_table_has_header_cells_with_a_scope() -> None:
    made = files()
    assert made.appendix_pdf is not None
    for written in (made.pdf, made.appendix_pdf):
        with opened(written) as pdf:
            elements = list(structure(pdf))
            tables = [one for one in elements if one.S == "/Table"]
            heads = [one for one in elements if one.S == "/TH"]
            assert tables
            assert len(heads) >= 4 * len(tables)
            assert len([one for one in elements if one.S == "/THead"]) == len(tables)


def test_every_chart_has_its_finding_as_alternative() -> None:
    with opened(files().pdf) as pdf:
        figures = [one for one in structure(pdf) if one.S == "/Figure"]
        assert len(figures) >= 4
        alternatives = {str(one.get("/Alt", "")) for one in figures}
    assert "Class time was lost on 7 of 21 school days, most on 5 Nov: 54 min." in alternatives
    assert "" not in alternatives


def test_the_same_snapshot_renders_the_same_bytes() -> None:
    packet = cut(sample(5), "technical")
    frozen = Packet.model_validate_json(sample(5).model_dump_json())
    assert render(packet, "technical", COVER) == render(cut(frozen, "technical"), "technical", COVER)


def test_only_the_technical_edition_holds_the_evidence_file() -> None:
    for edition in EDITIONS:
        made = files(5, edition)
        with opened(made.pdf) as pdf:
            names = list(pdf.attachments)
            assert names == (["evidence.json"] if edition == "technical" else [])
            if names:
                assert pdf.attachments["evidence.json"].get_file().read_bytes().decode() == made.evidence_json
                assert "/AF" in pdf.Root


def test_the_evidence_has_every_figure_with_its_numerator() -> None:
    evidence = json.loads(files().evidence_json)
    assert len(evidence["figures"]) == 12
    assert evidence["figures"][0]["numerator"] == 7
    assert evidence["sample_data"] is True
    assert json.loads(files(5, "public").evidence_json)["figures"] == []


def test_the_cover_changes_the_mail_and_not_the_files() -> None:
    packet = cut(sample(5), "leadership")
    with_cover, without = render(packet, "leadership", COVER), render(packet, "leadership")
    assert with_cover.pdf == without.pdf
    assert with_cover.html != without.html
    assert "A-09 sign" in with_cover.text


def test_a_draft_says_so_on_every_page() -> None:
    draft = sample(5).heading.model_copy(update={"stage": "draft"})
    made = render_edition(cut(sample(5).model_copy(update={"heading": draft}), "leadership"), "leadership")
    for pdf in (made.pdf, made.appendix_pdf):
        assert pdf is not None
        with opened(pdf) as document:
            pages = len(document.pages)
        assert pages_text(pdf).count("DRAFT") >= pages
    assert "DRAFT" not in pages_text(files().pdf)


def test_sentences_of_one_thing_stand_below_its_name_and_the_weightiest_are_kept() -> None:
    texts = [f"New gradebook: “School {place}” is late." for place in range(9)]
    lines = tuple(Line(text=text, item=f"milestone:{place}") for place, text in enumerate(texts))
    changes = tuple(Change(item=f"milestone:{place}", weight=place, text="Late.") for place in range(9))
    packet = sample(5).model_copy(
        update={"changes": changes, "sections": (Section(number=2, title="Projects", sentences=lines),)}
    )
    agenda = AgendaSetter(packet, Words("en"), LEVELS[0], appendix=True).set(page_one(packet, "leadership"))
    (group,) = agenda.sections[0]["groups"]
    assert group["lead"] == "New gradebook"
    assert [one["text"] for one in group["lines"]] == [f"“School {place}” is late." for place in range(4, 9)]
    assert agenda.sections[0]["more_sentences"] == "and 4 more in the appendix"


def test_an_indicator_tells_its_evidence_once() -> None:
    row = IndicatorRow(
        code="IP-01",
        title="Services working",
        numerator="1,359 h",
        denominator="1,360.2 h",
        missing="1 h",
        window="October",
        method="The time watched",
        basis="The law.",
    )
    school = row.model_copy(update={"title": "Services working (Oak)", "window": "November"})
    criterion = Criterion(title="Services", indicators=(row, school))
    data = appendix_data(Appendix(criteria=(criterion,)), Agenda(), Words("en"))
    assert data is not None
    (group,) = data["criteria"][0]["groups"]
    assert group["cells"][3:7] == ["", "1,359\xa0h", "1,360.2\xa0h", "1\xa0h"]
    assert "Method: The time watched. Basis: The law." in group["evidence"]
    (other,) = group["others"]
    assert other["cells"][0] == "Oak"
    assert other["evidence"] == "Window: November."


def test_a_sentence_that_the_appendix_tells_already_is_not_told_in_full_again() -> None:
    agenda = Agenda(full_lines=["The filter is late.", "The filter is late.", "Sign-in answers always."])
    data = appendix_data(Appendix(strengths=(Line(text="Sign-in answers always."),)), agenda, Words("en"))
    assert data is not None
    assert data["full_lines"] == ["The filter is late."]


@given(st.lists(st.lists(st.text(max_size=90), min_size=4, max_size=4), max_size=6))
def test_columns_share_the_page_only_where_they_must(rows: list[list[str]]) -> None:
    titles = ["No.", "What", "Who", "When"]
    widths = column_widths(titles, rows)
    need = [max([len(title), *(len(row[place]) for row in rows)]) for place, title in enumerate(titles)]
    assert len(widths) == 4
    if sum(need) > PAGE_LETTERS:
        assert any(widths)
    assert all(not width for width, length in zip(widths, need, strict=True) if length <= 6)


WORDS_OF_A_CELL = st.lists(st.text("ab\xa0", min_size=1, max_size=12), min_size=1, max_size=9).map(" ".join)


@given(st.lists(st.lists(WORDS_OF_A_CELL, min_size=5, max_size=5), min_size=1, max_size=5))
def test_what_stands_on_one_line_has_room_in_its_column(rows: list[list[str]]) -> None:
    titles = ["Service", "Monitor", "It says", "We saw", "How"]
    widths = column_widths(titles, rows)
    columns = list(zip(titles, *rows, strict=True))
    taken = sum(max(map(len, column)) for column, width in zip(columns, widths, strict=True) if not width)
    free = PAGE_LETTERS - GAP * len(titles) - taken
    for column, width in zip(columns, widths, strict=True):
        if width:
            assert free * width / sum(widths) >= max(len(piece) for text in column for piece in text.split(" "))


def test_a_table_without_a_row_to_see_is_not_printed() -> None:
    hidden = Section(number=3, title="Security", tables=(Table(caption="Needs", columns=(Column(title="Need"),)),))
    packet = sample(5).model_copy(update={"sections": (hidden,)})
    agenda = AgendaSetter(packet, Words("en"), LEVELS[0], appendix=True).set(page_one(packet, "leadership"))
    assert agenda.sections[0]["tables"] == []


def test_an_agenda_of_titles_alone_stands_on_page_one() -> None:
    made = files(5, "public")
    assert made.pages["last"] == 1
    assert made.pages["section-6"] == 1
    assert "Agenda" in pages_text(made.pdf)


def test_an_appendix_stands_where_the_edition_may_see_one() -> None:
    for edition in EDITIONS:
        assert (files(5, edition).appendix_pdf is not None) is may_show(edition, "appendix")


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_everywhere_is_only_text(hostile: str) -> None:
    made = render(with_text(hostile), "technical", COVER)
    assert made.pdf.startswith(b"%PDF-")
    assert "accessibility" not in " ".join(made.notes)
    assert "<script" not in made.html
    assert "\n" not in made.subject
    assert "Subject: other" not in made.text.splitlines()
    assert made.appendix_pdf is not None


def test_ten_megabytes_of_text_stay_eight_pages() -> None:
    flood = "Unending word. " * 700_000
    packet = sample(5)
    section = packet.sections[0].model_copy(update={"sentences": (Line(text=flood),)})
    made = render_edition(packet.model_copy(update={"sections": (section,), "closing": flood}), "leadership")
    assert made.pages["last"] <= MOST_PAGES
    assert len(made.pdf) < 1_000_000


def test_a_replaced_character_is_noted() -> None:
    made = render_edition(sample(5).model_copy(update={"closing": "Well done 😀"}), "leadership")
    assert made.notes == (f"One character has no form in this file's fonts and stands as {MARK} or is left off.",)


def test_an_edition_that_does_not_exist_is_refused() -> None:
    with pytest.raises(KeyError):
        render(sample(5), "everybody")
