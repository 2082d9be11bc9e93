"""The year-end page in a browser: nothing that axe-core finds wrong, on a phone and on a desk, in light and in dark."""

from __future__ import annotations

import pytest
from axe_core_python.selenium import Axe

from firstbell.kpi import Light
from firstbell.packet.audience import cut
from firstbell.packet.model import Trend
from firstbell.year_end import BOARD_EDITIONS, BoardEdition, YearArea, YearEnd, YearFigure, YearGoal
from firstbell.year_end_page import year_end_html
from tests.browser.conftest import Screen
from tests.unit.packet_samples import sample


def page(edition: BoardEdition) -> YearEnd:
    """A page with every light and every trend, and a word too long for a phone."""
    figures = tuple(
        YearFigure(title=f"Figure {light.name}", first="40 of 80", last="60 of 80", trend=trend, light=light)
        for light, trend in zip(Light, (*Trend, None), strict=False)
    )
    goals = tuple(
        YearGoal(title=title, objectives=("Services answer", "x" * 90), figures=shown)
        for title, shown in (("Lessons run", figures), ("Families are heard", figures[:1]), ("Nothing counted", ()))
    )
    return YearEnd(
        year="2026-27",
        edition=edition,
        packet=cut(sample(5), edition),
        sentences=("9 packets were made.", "Each figure is shown as it was printed."),
        goals=goals,
        areas=tuple(YearArea(title=light.name, first=light, last=light) for light in Light),
        notes=("Figures about few people are not shown.",),
    )


@pytest.mark.parametrize("width", [380, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("edition", BOARD_EDITIONS)
def test_axe_finds_nothing(screen: Screen, edition: BoardEdition, scheme: str, width: int) -> None:
    screen.show(year_end_html(page(edition)), width=width, scheme=scheme)
    found = Axe().run(screen.driver)
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    assert "color-contrast" in {one["id"] for one in found["passes"]}


@pytest.mark.parametrize("width", [320, 380, 1200])
def test_nothing_but_its_tables_scrolls_sideways(screen: Screen, width: int) -> None:
    screen.show(year_end_html(page("leadership")), width=width)
    assert screen.number("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [320, 380, 499])
def test_a_phone_shows_every_column_one_below_the_other(screen: Screen, width: int) -> None:
    screen.show(year_end_html(page("leadership")), width=width)
    furthest = (
        "Math.max(...[...document.querySelectorAll('td .badge, td')].map(one => one.getBoundingClientRect().right))"
    )
    assert screen.number(furthest) <= width
    assert screen.number("document.querySelector('td').getBoundingClientRect().left") < 40
