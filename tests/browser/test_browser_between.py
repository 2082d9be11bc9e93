"""The short mails on a phone: nothing that axe-core finds wrong, nothing scrolls sideways, one screen or two."""

from __future__ import annotations

import pytest
from axe_core_python.selenium import Axe

from firstbell.briefing.notice import Block, Entry, Notice, render_notice
from tests.browser.conftest import Screen

PHONE = 380
TWO_SCREENS = 2 * 700


def html(entries: int, word: str = "") -> str:
    """A morning on which that many things of each kind are bad, as many as the mail shows of a kind."""
    told = tuple(
        Entry(
            mark="New" if number % 2 else "Still",
            tone="worse" if number % 2 else "better",
            text=f"Student records {number}: no good backup within 1 day {word}",
            below="Last good one: Mon 16 Nov, 3:30 am.",
        )
        for number in range(entries)
    )
    blocks = tuple(Block(title=title, entries=told) for title in ("Backups", "Certificates", "Outages"))
    return render_notice(
        Notice(
            subject="Student records: no good backup within 1 day and 23 more",
            language="en",
            district="Cedar Valley Schools",
            title="What is bad on Tue 17 Nov",
            label="SAMPLE DATA",
            opening=("24 things are bad; 12 are new since yesterday.",),
            blocks=blocks,
            closing=("As known on Tue 17 Nov, 6:30 am, from the store alone.",),
        )
    ).html


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_short_mail(screen: Screen, scheme: str) -> None:
    screen.show(html(8), scheme=scheme)
    found = Axe().run(screen.driver)
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]] == []
    assert "color-contrast" in {one["id"] for one in found["passes"]}


@pytest.mark.parametrize("width", [320, PHONE, 800])
def test_a_short_mail_never_scrolls_sideways(screen: Screen, width: int) -> None:
    screen.show(html(2, "x" * 300), width=width)
    assert screen.number("document.documentElement.scrollWidth") <= width


def test_a_bad_morning_is_two_screens_at_the_most(screen: Screen) -> None:
    screen.show(html(5), width=PHONE)
    assert screen.number("document.documentElement.scrollHeight") <= TWO_SCREENS
