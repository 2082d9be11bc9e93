"""Where the PDFs' pages end: no count and no word of the glossary stands on a page alone."""

from __future__ import annotations

import io

import pikepdf
import pytest

from firstbell.packet.audience import EDITIONS, cut
from firstbell.packet.glyphs import loosened
from firstbell.packet.model import Line, Term
from firstbell.packet.page_one import page_one
from firstbell.packet.pdf_room import MOST_PAGES, set_packet
from firstbell.packet.render import render_edition
from firstbell.packet.words import Words
from tests.unit.packet_samples import PUBLIC_FIGURES, sample
from tests.unit.pdf_text import pages_text


def each_page(pdf: bytes) -> list[str]:
    texts = []
    with pikepdf.open(io.BytesIO(pdf)) as whole:
        for page in whole.pages:
            with pikepdf.new() as alone:
                alone.pages.append(page)
                written = io.BytesIO()
                alone.save(written)
            texts.append(loosened(pages_text(written.getvalue())))
    return texts


@pytest.mark.parametrize("above", range(4, 32, 2))
def test_the_words_of_the_glossary_stand_on_one_page(above: int) -> None:
    packet = sample(5)
    method = tuple(Line(text=f"Way {place} of counting.") for place in range(above))
    words = tuple(Term(word=f"Termword{place}", meaning="A thing that is told here.") for place in range(10))
    appendix = packet.appendix.model_copy(update={"method": method, "glossary": words, "criteria": ()})
    pdf = render_edition(cut(packet.model_copy(update={"appendix": appendix}), "leadership"), "leadership").appendix_pdf
    assert pdf is not None
    counts = [page.count("Termword") for page in each_page(pdf)]
    assert max(counts) == 10, counts


@pytest.mark.parametrize("trouble", [5, 12, 20, 30, 60])
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("edition", EDITIONS)
def test_nothing_is_counted_out_while_a_page_has_room(edition: str, language: str, trouble: int) -> None:
    whole = sample(trouble)
    heading = whole.heading.model_copy(update={"language": language})
    packet = cut(whole.model_copy(update={"heading": heading}), edition)
    document, agenda = set_packet(packet, edition, page_one(packet, edition), Words(language), "{}")
    left = sum(agenda.left["rest"]) + sum(agenda.left["lines"])
    assert document.pages["last"] <= MOST_PAGES
    assert not left or document.room < 0.2, f"{left} are left out of a page with {document.room:.0%} free"


def test_a_short_packet_takes_no_new_page_for_what_the_appendix_tells() -> None:
    packet = cut(sample(12), "representative")
    document, agenda = set_packet(packet, "representative", page_one(packet, "representative"), Words("en"), "{}")
    assert (document.pages["last"], sum(agenda.left["rest"])) == (5, 0)


def test_the_public_edition_is_one_page_with_its_agenda() -> None:
    figures = tuple(
        one.model_copy(update={"title": f"{one.title} in all of the schools"}) for one in PUBLIC_FIGURES * 2
    )
    packet = cut(sample(5).model_copy(update={"public_figures": figures[:9]}), "public")
    pages = render_edition(packet, "public").pages
    assert (pages["section-6"], pages["last"]) == (1, 1)
