"""Figures for everybody: only the instrument's public ones, with goal, light and as-of, unknown ones as such."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from firstbell.assessment.instrument import Indicator, load_instrument
from firstbell.kpi import Light
from firstbell.packet.audience import cut
from firstbell.packet.compose import compose
from firstbell.packet.glyphs import loosened
from firstbell.packet.model import Packet, PublicFigure
from firstbell.packet.page_one import page_one
from firstbell.packet.public_page import packet_page
from firstbell.packet.render import render
from tests.unit.packet_material import FOLDER, district, material, month
from tests.unit.packet_samples import PUBLIC_FIGURES, sample
from tests.unit.pdf_text import pages_text


@pytest.fixture
def packet(tmp_path: Path) -> Packet:
    return compose(material(district(tmp_path / "district"), month()))


def text_of(page: str) -> str:
    return " ".join(re.sub("<[^>]*>", " ", unescape(page.partition("</style>")[2])).split())


def test_the_instruments_public_figures_stand_there_and_no_others(packet: Packet) -> None:
    public = [one.title for one in load_instrument().indicators if one.audience == "public"]
    assert [one.title for one in packet.public_figures] == public
    assert cut(packet, "public").public_figures == packet.public_figures
    told = text_of(packet_page(packet, "index.html"))
    others = [one.title for one in load_instrument().indicators if one.title not in public]
    assert [title for title in public if title not in told] == []
    assert [title for title in others if title in told] == []


def test_a_figure_is_judged_only_by_a_goal_that_holds_and_says_why_it_is_not_known(packet: Packet) -> None:
    for one in packet.public_figures:
        assert one.judged == (one.light is not Light.NO_TARGET) or one.light is Light.NOT_KNOWN
        assert bool(one.goal) <= one.judged
        known = one.light is not Light.NOT_KNOWN
        assert bool(one.as_of) or not known
        assert known or one.value.startswith("not ")
        assert (one.reached is None) == (one.light in (Light.NOT_KNOWN, Light.NO_TARGET))


def test_nothing_about_security_can_be_public() -> None:
    security = load_instrument().by_id["SA-03"]
    with pytest.raises(ValueError, match="SA-03 is about security and cannot be public"):
        Indicator.model_validate({**security.model_dump(), "audience": "public"})


def test_a_district_may_leave_the_figures_out(tmp_path: Path) -> None:
    quiet = district(tmp_path / "district", district=FOLDER["district.yaml"] + "public: {figures: false}\n")
    packet = compose(material(quiet, month()))
    assert packet.public_figures == ()
    assert "<table" not in packet_page(packet, "index.html")


def test_the_page_has_a_table_with_lights_in_words_and_a_chart_that_says_its_finding() -> None:
    page = packet_page(sample(), "index.html")
    told = text_of(page)
    for part in (
        "1 of 4 figures with a goal meet it. Furthest from its goal: Schools whose line can grow. 1 is not known.",
        "Schools whose line can grow as of Tue 24 Nov, 6 am 7 of 9 goal 9 [X] MISSED",
        "Feedback that got an answer not known. No count of it has reached us yet. goal 80 % [?] NOT KNOWN",
        "0.97 no goal adopted yet [ ] NO TARGET YET",
    ):
        assert part in told
    assert re.findall(r"width: (\d+)%", page.partition("</style>")[2]) == ["89", "100", "33"]
    assert page.count('scope="row"') == len(PUBLIC_FIGURES)


def test_a_bar_is_full_only_at_the_goal() -> None:
    nearly = PublicFigure.model_validate({**PUBLIC_FIGURES[0].model_dump(), "reached": 0.9999})
    page = packet_page(sample().model_copy(update={"public_figures": (nearly,)}), "index.html")
    assert "width: 99%" in page
    assert "0 of 1 figure with a goal meets it." in page


def test_without_figures_there_is_neither_table_nor_chart() -> None:
    page = packet_page(sample().model_copy(update={"public_figures": ()}), "index.html")
    assert "<table" not in page
    assert "<figure" not in page


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_form_of_the_public_edition_shows_the_figures_of_its_web_page(language: str) -> None:
    whole = sample()
    packet = whole.model_copy(update={"heading": whole.heading.model_copy(update={"language": language})})
    rows = page_one(cut(packet, "public"), "public").figures
    assert len(rows) == len(PUBLIC_FIGURES)
    made = render(cut(packet, "public"), "public")
    web, mail = text_of(packet_page(packet, "index.html")), text_of(made.html)
    plain, paper = " ".join(made.text.split()), " ".join(loosened(pages_text(made.pdf)).split())
    for row in rows:
        title, value, goal, as_of, word, told = (
            " ".join(one.split()) for one in (row.title, row.value, row.goal, row.as_of, row.word, row.told)
        )
        assert [part for part in (title, value, goal, as_of, word) if part not in web or part not in paper] == []
        assert [part for part in (title, told, word) if part not in mail or part not in plain] == []
    for edition in ("leadership", "technical", "representative"):
        assert page_one(cut(packet, edition), edition).figures == ()
