"""The public pages in a browser: nothing that axe-core finds wrong, in light and in dark, on every screen."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from firstbell.packet.public_page import Link, index_page, packet_page
from tests.browser.conftest import Screen
from tests.browser.test_browser_mail import faults
from tests.unit.packet_samples import sample

SPANISH = Link("meeting-es.html", "En español", "es")


def page(name: str, trouble: int = 5) -> str:
    packet = sample(trouble)
    if name == "packet":
        return packet_page(packet, "index.html", [SPANISH])
    meetings = [Link(f"meeting-{number}.html", f"Team, {number} Nov 2026") for number in range(1, 4)]
    return index_page(packet, meetings if name == "index" else [], [SPANISH])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["packet", "index", "empty index"])
def test_axe_finds_nothing_on_a_public_page(screen: Screen, name: str, scheme: str) -> None:
    screen.show(page(name), width=900, scheme=scheme)
    assert faults(screen) == []


@pytest.mark.parametrize("width", [320, 380, 900])
def test_a_public_page_never_scrolls_sideways(screen: Screen, width: int) -> None:
    screen.show(page("packet", 200), width=width)
    assert screen.number("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("width", [320, 390, 900])
def test_a_lights_words_stand_on_one_line_and_the_table_stays_one(screen: Screen, width: int, language: str) -> None:
    whole = sample(5)
    packet = whole.model_copy(update={"heading": whole.heading.model_copy(update={"language": language})})
    screen.show(packet_page(packet, "index.html", [SPANISH]), width=width)
    badges = "[...document.querySelectorAll('td .badge')]"
    assert screen.number(f"{badges}.length") == 5
    assert screen.number(f"Math.max(...{badges}.map(one => one.getClientRects()[0].height))") < 30
    assert screen.number(f"Math.max(...{badges}.map(one => one.getBoundingClientRect().right))") <= width
    assert faults(screen) == []


def test_a_public_page_has_its_landmarks_and_begins_with_a_way_past_them(screen: Screen) -> None:
    screen.show(page("packet"), width=900)
    for name in ("header", "nav", "main", "footer", "h1"):
        assert screen.number(f"document.querySelectorAll('{name}').length") == 1
    screen.driver.find_element(By.TAG_NAME, "body").send_keys(Keys.TAB)
    skip = screen.driver.switch_to.active_element
    assert str(skip.get_attribute("href")).endswith("#content")
    assert skip.location["x"] >= 0


def test_a_public_page_needs_no_script_and_fetches_nothing(screen: Screen) -> None:
    text = page("packet")
    screen.show(text, width=900)
    assert "<script" not in text
    assert "http" not in text.replace("http-equiv", "")
    assert screen.number("performance.getEntriesByType('resource').length") == 0
