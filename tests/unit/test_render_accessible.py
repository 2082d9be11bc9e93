"""What assistive technology reads: the structure of the PDFs, checked beside the checker, and the mail's text part."""

from __future__ import annotations

import io
import itertools
import re
from functools import cache
from html.parser import HTMLParser

import pikepdf
import pytest

from firstbell.packet.audience import EDITIONS, cut
from firstbell.packet.glyphs import loosened
from firstbell.packet.model import Chart
from firstbell.packet.page_one import may_show, page_one
from firstbell.packet.render import EditionFiles, render_edition, render_mail
from firstbell.packet.text import WIDTH, columns
from tests.unit.packet_samples import COVER, charts, sample
from tests.unit.pdf_text import Element, elements, unmarked_text

PAGES = {"decide": 5, "changed": 5, "overdue": 5, "unknowns": 5}
PARTS = ("packet", "appendix")
FILES = [(edition, part) for edition in EDITIONS for part in PARTS]


@cache
def files(edition: str, trouble: int = 5) -> EditionFiles:
    return render_edition(cut(sample(trouble), edition), edition)


def pdf_of(edition: str, part: str, trouble: int = 5) -> bytes:
    made = files(edition, trouble)
    return made.pdf if part == "packet" else made.appendix_pdf or made.pdf


@cache
def tree(edition: str, part: str = "packet", trouble: int = 5) -> list[Element]:
    return elements(pdf_of(edition, part, trouble))


def text_of(found: list[Element]) -> str:
    return "\n".join(loosened(one.text) for one in found if one.text.strip())


@pytest.mark.parametrize(("edition", "part"), FILES)
def test_every_letter_is_content_or_furniture(edition: str, part: str) -> None:
    assert unmarked_text(pdf_of(edition, part)).strip() == ""


@pytest.mark.parametrize(("edition", "part"), FILES)
def test_language_title_and_its_display_are_set(edition: str, part: str) -> None:
    with pikepdf.open(io.BytesIO(pdf_of(edition, part))) as pdf:
        assert str(pdf.Root.Lang) == "en"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        assert "Tech team" in str(pdf.docinfo["/Title"])
        with pdf.open_metadata() as metadata:
            assert metadata["dc:title"] == str(pdf.docinfo["/Title"])
            assert metadata["pdfuaid:part"] == "1"


@pytest.mark.parametrize(
    ("edition", "part", "trouble"),
    [*((edition, part, 5) for edition, part in FILES), *(("leadership", part, n) for n in (0, 200) for part in PARTS)],
)
def test_headings_begin_with_one_first_level_and_skip_none(edition: str, part: str, trouble: int) -> None:
    levels = [int(one.kind[1]) for one in tree(edition, part, trouble) if re.fullmatch(r"H\d", one.kind)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


@pytest.mark.parametrize(("edition", "part"), FILES)
def test_every_data_cell_names_the_header_cell_of_its_column(edition: str, part: str) -> None:
    found = tree(edition, part)
    heads = {one.identity: one for one in found if one.kind == "TH"}
    assert all(one.attributes["Scope"] == "/Column" for one in heads.values())
    assert all(one.identity for one in heads.values())
    cells = [one for one in found if one.kind == "TD"]
    assert cells or edition == "public"
    for cell in cells:
        assert set(cell.attributes["Headers"]) <= heads.keys()
        assert cell.attributes["Headers"]


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_drawing_says_its_finding_and_none_is_only_named(edition: str) -> None:
    drawn = [one.alternative for one in tree(edition) if one.kind == "Figure"]
    titles = {chart.title for chart in charts()}
    assert "" not in drawn
    assert not titles & set(drawn)
    findings = {chart.alternative for section in cut(sample(5), edition).sections for chart in section.charts}
    assert set(drawn) <= findings
    assert len(drawn) >= 4 or edition == "public"


def test_a_drawings_alternative_holds_the_finding_of_each_of_its_series() -> None:
    packet = sample(5)
    several = Chart(
        kind="gap",
        title="Needs",
        alternative="Share of the way.",
        target=100,
        series=tuple(
            one.model_copy(update={"finding": f"Need {place}: 5 of 8."})
            for place, one in enumerate(charts()[3].series * 2)
        ),
    )
    section = packet.sections[2].model_copy(update={"charts": (several,)})
    made = render_edition(packet.model_copy(update={"sections": (section,)}), "leadership")
    (figure,) = [one for one in elements(made.pdf) if one.kind == "Figure"]
    assert figure.alternative == "Share of the way. Need 0: 5 of 8. Need 1: 5 of 8."


def test_a_reader_hears_page_one_in_the_order_of_the_model_and_then_the_agenda() -> None:
    said = text_of(tree("leadership"))
    titles = ["Tech team, Thu 3 Dec", "Facts up to", "Decide", "Changed since", "Five lights", "Overdue"]
    titles += ["What we do not know", "Corrected", "Add an agenda item", "1. Action items", "2. Projects", "3. Cyber"]
    titles += ["4. Feedback", "5. New ideas", "6. Next steps"]
    places = [said.index(title) for title in titles]
    assert places == sorted(places)


def test_within_a_section_the_sentences_come_before_tables_drawings_and_questions() -> None:
    found = tree("leadership")
    start = next(at for at, one in enumerate(found) if "3. Cybersecurity" in loosened(one.text))
    end = next(at for at, one in enumerate(found) if "4. Feedback" in loosened(one.text))
    inside = found[start:end]
    firsts = [
        next(at for at, one in enumerate(inside) if one.kind == kind and told in loosened(one.text))
        for kind, told in (("LBody", ""), ("TH", "Service"), ("Figure", ""), ("H3", "Questions"))
    ]
    assert firsts == sorted(firsts)


def test_decisions_changes_and_gaps_are_lists_with_their_marks_as_labels() -> None:
    found = tree("leadership")
    labels = [loosened(one.text).strip() for at, one in enumerate(found) if "Lbl" in (one.kind, *one.above)]
    said = "".join(labels)
    for mark in ("1", "Worse", "Better", "A-11", "?"):
        assert mark in said
    assert len([one for one in found if one.kind == "LI"]) == len([one for one in found if one.kind == "LBody"])


class Words(HTMLParser):
    """The pieces of text that the mail's HTML shows, without its marks for the eye alone."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.hidden = 0
        self.pieces: list[str] = []
        self.feed(html.partition("<body")[2].partition(">")[2])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "br":
            self.hidden += self.hidden > 0 or dict(attrs).get("aria-hidden") == "true"

    def handle_endtag(self, tag: str) -> None:
        self.hidden -= self.hidden > 0

    def handle_data(self, data: str) -> None:
        if not self.hidden and re.search(r"\w", data):
            self.pieces.append(data)


def words_of(text: str) -> str:
    return " ".join(re.findall(r"\w+", loosened(text).casefold()))


@pytest.mark.parametrize("trouble", [0, 5, 200])
@pytest.mark.parametrize("edition", EDITIONS)
def test_the_text_part_says_every_piece_of_the_html_part(edition: str, trouble: int) -> None:
    mail = render_mail(cut(sample(trouble), edition), edition, COVER, PAGES)
    pieces, said = [words_of(piece) for piece in Words(mail.html).pieces], f" {words_of(mail.text)} "
    assert len(pieces) > 10
    assert [piece for piece in pieces if f" {piece} " not in said] == []


@pytest.mark.parametrize("trouble", [0, 5, 200])
@pytest.mark.parametrize("edition", EDITIONS)
def test_the_text_part_counts_what_was_left_out_with_its_page(edition: str, trouble: int) -> None:
    packet = cut(sample(trouble), edition)
    page, text = page_one(packet, edition), render_mail(packet, edition, None, PAGES).text
    for block in (page.decide, page.changed, page.overdue, page.unknowns):
        if block is not None and block.left_out:
            assert re.search(rf"\b{block.left_out} (smaller|more) .*: page 5", text)
    assert max(columns(line) for line in text.splitlines()) <= WIDTH


def test_where_an_edition_has_no_appendix_there_is_none() -> None:
    assert [edition for edition in EDITIONS if files(edition).appendix_pdf is None] == [
        edition for edition in EDITIONS if not may_show(edition, "appendix")
    ]
