"""Where the PDFs' pages end: no count and no word of the glossary stands on a page alone."""

from __future__ import annotations

import io

import pikepdf
import pytest

from firstbell.packet.audience import cut
from firstbell.packet.glyphs import loosened
from firstbell.packet.model import Line, Term
from firstbell.packet.render import render_edition
from tests.unit.packet_samples import sample
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
