"""The mail's HTML: nothing remote, small, escaped, readable in both colour schemes."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from firstbell.packet.audience import EDITIONS, cut
from firstbell.packet.model import Line
from firstbell.packet.palette import DARK, GROUNDS, INKS, LIGHT, contrast
from firstbell.packet.render import MOST_BYTES, render_mail
from tests.unit.packet_samples import COVER, sample


class Elements(HTMLParser):
    """Every start tag with its attributes, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def html(trouble: int = 5, edition: str = "leadership", **fields: object) -> str:
    packet = cut(sample(trouble).model_copy(update=fields), edition)
    return render_mail(packet, edition, COVER, {"changed": 5}).html


@pytest.mark.parametrize("edition", EDITIONS)
def test_nothing_remote_and_nothing_that_runs(edition: str) -> None:
    page = html(200, edition)
    assert not re.search(r"https?:|//|url\(|@import|src=|<script|<link|<img|javascript:", page)


@pytest.mark.parametrize("trouble", [0, 5, 200])
def test_under_the_size_at_which_mail_programs_cut(trouble: int) -> None:
    assert len(html(trouble).encode()) < MOST_BYTES


def test_layout_tables_say_so_and_data_tables_have_scopes() -> None:
    elements = Elements(html())
    tables = [attributes for tag, attributes in elements.found if tag == "table"]
    data = [attributes for attributes in tables if attributes.get("role") != "presentation"]
    assert [attributes.get("class") for attributes in data] == ["lights"]
    assert {attributes.get("scope") for tag, attributes in elements.found if tag == "th"} == {"rowgroup"}


def test_language_and_both_colour_schemes_are_declared() -> None:
    elements = Elements(html())
    assert ("html", {"lang": "en"}) in elements.found
    assert "prefers-color-scheme: dark" in html()
    assert any(attributes.get("name") == "color-scheme" for _, attributes in elements.found)


def test_a_light_is_a_word_and_a_shape() -> None:
    text = Elements(html()).text
    for shape, word in (("[~]", "CLOSE"), ("[X]", "MISSED"), ("[?]", "NOT KNOWN"), ("[O]", "MET")):
        assert re.search(rf"{re.escape(shape)}\s*{word}", text)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", INKS)
def test_every_ink_can_be_read_on_every_ground(palette: dict[str, str], ground: str, ink: str) -> None:
    assert contrast(palette[ink], palette[ground]) >= 4.5


def test_contrast_is_measured_as_the_guideline_does() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_draft_says_so() -> None:
    assert "DRAFT" not in Elements(html()).text
    draft = sample(5).heading.model_copy(update={"stage": "draft"})
    assert (
        "DRAFT, not approved yet" in Elements(html(heading=draft)).text.partition("Decide")[0].partition("</title>")[0]
    )


def test_markup_in_a_name_is_text() -> None:
    hostile = "<img src=x onerror=alert(1)> & </td> {{ 7 * 7 }}"
    page = html(unknowns=(Line(text=hostile),), closing=hostile)
    assert "<img" not in page
    assert Elements(page).text.count(hostile) == 2


def test_a_flood_stays_small() -> None:
    page = html(unknowns=(Line(text="x" * 10_000_000),) * 3, closing="y" * 10_000_000)
    assert len(page.encode()) < MOST_BYTES
    assert "[text cut]" in page
