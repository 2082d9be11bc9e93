"""The mail on a phone: at most three screens, no sideways scrolling, nothing that axe-core finds wrong."""

from __future__ import annotations

import pytest
from axe_core_python.selenium import Axe

from firstbell.packet.audience import EDITIONS, cut
from firstbell.packet.palette import DARK, LIGHT
from firstbell.packet.render import render_mail
from tests.browser.conftest import Screen
from tests.unit.packet_samples import COVER, sample

PHONE = 380
THREE_SCREENS = 3 * 700
PAGES = {"decide": 5, "changed": 5, "overdue": 5, "unknowns": 5}


def html(trouble: int, edition: str = "leadership") -> str:
    return render_mail(cut(sample(trouble), edition), edition, COVER, PAGES).html


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("edition", EDITIONS)
def test_axe_finds_nothing(screen: Screen, edition: str, scheme: str) -> None:
    screen.show(html(200, edition), scheme=scheme)
    found = Axe().run(screen.driver)
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    assert "color-contrast" in {one["id"] for one in found["passes"]}


@pytest.mark.parametrize("trouble", [0, 5, 200])
@pytest.mark.parametrize("edition", EDITIONS)
def test_at_most_three_phone_screens(screen: Screen, edition: str, trouble: int) -> None:
    screen.show(html(trouble, edition), width=PHONE)
    assert screen.number("document.documentElement.scrollHeight") <= THREE_SCREENS


@pytest.mark.parametrize("width", [320, 380, 800])
def test_nothing_scrolls_sideways(screen: Screen, width: int) -> None:
    long_word = "x" * 300
    packet = sample(200).model_copy(update={"closing": long_word})
    page = render_mail(cut(packet, "leadership"), "leadership", COVER, PAGES).html
    screen.show(page, width=width)
    assert screen.number("document.documentElement.scrollWidth") <= width


def test_the_column_is_at_most_600_wide(screen: Screen) -> None:
    screen.show(html(5), width=1200)
    assert screen.number("document.querySelector('.sheet').getBoundingClientRect().width") == 600


@pytest.mark.parametrize(("scheme", "palette"), [("light", LIGHT), ("dark", DARK)])
def test_every_text_takes_its_colour_from_the_palette(screen: Screen, scheme: str, palette: dict[str, str]) -> None:
    screen.show(html(200), scheme=scheme)
    script = """
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = new Set();
        while (walker.nextNode())
            if (walker.currentNode.data.trim()) found.add(getComputedStyle(walker.currentNode.parentElement).color);
        return [...found];
    """
    colours = {tuple(int(part) for part in one[4:-1].split(",")) for one in screen.driver.execute_script(script)}
    assert colours <= {tuple(bytes.fromhex(colour[1:])) for colour in palette.values()}


def test_long_sentences_keep_to_three_screens(screen: Screen) -> None:
    """Every sentence of every block twice as long as in the model."""
    packet = sample(200)
    long = {
        "decisions": tuple(one.model_copy(update={"title": one.title * 2}) for one in packet.decisions),
        "changes": tuple(one.model_copy(update={"text": one.text * 2}) for one in packet.changes),
        "unknowns": tuple(one.model_copy(update={"text": one.text * 2}) for one in packet.unknowns),
        "overdue": tuple(one.model_copy(update={"title": one.title * 2}) for one in packet.overdue),
    }
    page = render_mail(cut(packet.model_copy(update=long), "leadership"), "leadership", COVER, PAGES).html
    screen.show(page, width=PHONE)
    assert screen.number("document.documentElement.scrollHeight") <= THREE_SCREENS
