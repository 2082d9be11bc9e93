"""The mail on a phone: at most three screens, no sideways scrolling, nothing that axe-core finds wrong."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from axe_core_python.selenium import Axe

from firstbell.packet.audience import EDITIONS, cut
from firstbell.packet.palette import DARK, LIGHT
from firstbell.packet.render import render_mail
from firstbell.packet.wording import Wording
from tests.browser.conftest import Screen
from tests.unit.packet_samples import COVER, sample

PHONE = 380
THREE_SCREENS = 3 * 700
PAGES = {"decide": 5, "changed": 5, "overdue": 5, "unknowns": 5}


def html(trouble: int, edition: str = "leadership") -> str:
    return render_mail(cut(sample(trouble), edition), edition, COVER, PAGES).html


def faults(screen: Screen) -> list[tuple[str, list[str]]]:
    """What axe-core finds wrong on the page; it must have looked at the contrast too."""
    found = Axe().run(screen.driver)
    assert "color-contrast" in {one["id"] for one in found["passes"]}
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("trouble", [0, 5, 200])
@pytest.mark.parametrize("edition", EDITIONS)
def test_axe_finds_nothing(screen: Screen, edition: str, trouble: int, scheme: str) -> None:
    screen.show(html(trouble, edition), scheme=scheme)
    assert faults(screen) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("stage", ["draft", "addendum"])
def test_axe_finds_nothing_in_a_draft_or_an_addendum_without_a_cover(screen: Screen, stage: str, scheme: str) -> None:
    packet = sample(5)
    staged = packet.model_copy(update={"heading": packet.heading.model_copy(update={"stage": stage})})
    screen.show(render_mail(cut(staged, "leadership"), "leadership", None, PAGES).html, scheme=scheme)
    assert faults(screen) == []


def test_axe_would_find_a_faint_ink(screen: Screen) -> None:
    """The checker bites: the same mail with one ink too faint is a violation."""
    screen.show(html(5).replace(LIGHT["muted"], "#b9c0c7"))
    assert "color-contrast" in {name for name, _ in faults(screen)}


@pytest.mark.parametrize("trouble", [0, 5, 200])
@pytest.mark.parametrize("edition", EDITIONS)
def test_at_most_three_phone_screens(screen: Screen, edition: str, trouble: int) -> None:
    screen.show(html(trouble, edition), width=PHONE)
    assert screen.number("document.documentElement.scrollHeight") <= THREE_SCREENS


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_draft_for_somebody_with_many_promises_keeps_to_three_screens(screen: Screen, language: str) -> None:
    packet = sample(200)
    aside = (
        "against targets this team adopted, the newest on 18 Sep 2026; held: a light turns better only when its figure "
        "is clearly past the mark"
    )
    how = Wording(ZoneInfo("UTC"), language).say("review_required", at="Wed 25 Nov, 12:30 pm")
    draft = packet.heading.model_copy(update={"stage": "draft", "review": how, "language": language})
    staged = packet.model_copy(update={"heading": draft, "lights_adopted": aside})
    busy = COVER.model_copy(update={"actions": COVER.actions * 12})
    page = render_mail(cut(staged, "leadership"), "leadership", busy, PAGES).html
    screen.show(page, width=PHONE)
    assert screen.number("document.documentElement.scrollHeight") <= THREE_SCREENS


@pytest.mark.parametrize("edition", ["leadership", "technical", "representative"])
def test_a_leaders_own_figures_keep_to_three_screens(screen: Screen, edition: str) -> None:
    own = "your hours as leader: 15 h, 7.9 h due by now (" + "district meetings 6 h, " * 8 + "); meetings: 3, 1 due."
    cover = COVER.model_copy(update={"own": (own,), "actions": COVER.actions * 12})
    screen.show(render_mail(cut(sample(200), edition), edition, cover, PAGES).html, width=PHONE)
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
