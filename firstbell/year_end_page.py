"""The year-end page drawn: accessible HTML without anything remote, and a tagged PDF of one or two pages.

Pure: the same page gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from firstbell.packet.glyphs import clean, each_text
from firstbell.packet.page_one import page_one
from firstbell.packet.palette import DARK, LIGHT
from firstbell.packet.pdf import common_data, set_document, write
from firstbell.packet.pdf_tables import shape_and_word
from firstbell.packet.wording import Wording
from firstbell.packet.words import TEMPLATES, Words
from firstbell.year_end import YearEnd, YearGoal

LONGEST = 400
MOST_FIGURES = 48
"""As many as the instrument has: the HTML form leaves none out."""
MOST_PAGES = 2
LEVELS = ((12, 12), (10, 6), (8, 4), (8, 2), (6, 1))
"""Goals, and figures of each, from the fullest page to the shortest; what is left out is counted in print."""

Cell = str | dict[str, str]


def year_end_html(page: YearEnd) -> str:
    """The page as a whole HTML document."""
    words = Words(page.packet.heading.language)
    content = _content(page, words, len(page.goals), MOST_FIGURES)
    head = page_one(page.packet, page.edition)
    document = _ENVIRONMENT.get_template("year_end.html.j2")
    return document.render(content=content, head=head, light=LIGHT, dark=DARK, language=words.language)


def year_end_pdf(page: YearEnd) -> bytes:
    """The page as PDF/UA-1."""
    words = Words(page.packet.heading.language)
    data = common_data(page.packet, page_one(page.packet, page.edition), words)
    for goals, figures in LEVELS:
        content = _content(page, words, goals, figures)
        head = {**data["page"], "meeting": content["title"], "subject": f"{content['title']}: {content['district']}"}
        own = {"page": head, "foot": content["foot"], "content": content}
        document = set_document("year_end.typ", {**data, **own}, words)
        if document.pages["last"] <= MOST_PAGES:
            break
    return write(document, words)[0]


def _content(page: YearEnd, words: Words, most_goals: int, most_figures: int) -> dict[str, Any]:
    """What both forms print, as plain data with every text cleaned."""
    heading = page.packet.heading
    wording = Wording(ZoneInfo(heading.time_zone), heading.language)
    goals = page.goals[:most_goals]
    content = {
        "district": heading.district,
        "title": wording.say("year_title", year=page.year),
        "team": heading.team,
        "foot": f"{heading.team}, {page.year}",
        "sentences": list(page.sentences),
        "lights": _lights(page, wording, words),
        "goals": [_goal(goal, wording, words, most_figures) for goal in goals],
        "notes_title": wording.say("year_notes"),
        "notes": list(page.notes),
        "more": words.say("not_printed", n=len(page.goals) - len(goals)) if len(page.goals) > len(goals) else "",
    }
    return dict(each_text(content, lambda text: clean(text, words.say("clipped"), LONGEST)))


def _lights(page: YearEnd, wording: Wording, words: Words) -> dict[str, Any] | None:
    if not page.areas:
        return None
    rows: list[list[Cell]] = [
        [one.title, shape_and_word(one.first, words), shape_and_word(one.last, words)] for one in page.areas
    ]
    return _table(wording, wording.say("year_lights"), ("area", "first", "last"), rows)


def _goal(goal: YearGoal, wording: Wording, words: Words, most: int) -> dict[str, Any]:
    shown = goal.figures[:most]
    lit = any(one.light for one in shown)
    rows: list[list[Cell]] = [
        [
            one.title,
            one.first,
            one.last,
            words.table["trends"][one.trend.value] if one.trend is not None else wording.say("year_not_compared"),
            *([shape_and_word(one.light, words) if one.light else ""] if lit else []),
        ]
        for one in shown
    ]
    title = goal.title or wording.say("year_team")
    titles = ("figure", "first", "last", "change", *(["light"] if lit else []))
    left = len(goal.figures) - len(shown)
    objectives = wording.say("year_objectives", titles="; ".join(goal.objectives)) if goal.objectives else ""
    return {
        "title": title,
        "objectives": objectives,
        "table": _table(wording, wording.say("year_figures", title=title), titles, rows) if rows else None,
        "empty": "" if rows else wording.say("year_no_figures"),
        "more": words.say("not_printed", n=left) if left else "",
    }


def _table(wording: Wording, caption: str, titles: Sequence[str], rows: Sequence[Sequence[Cell]]) -> dict[str, Any]:
    """A table as both forms take it; the first column shares the room, the others take what they need."""
    columns = [
        {"title": wording.say(f"column_{key}"), "numeric": False, "width": int(place == 0)}
        for place, key in enumerate(titles)
    ]
    return {"caption": caption, "columns": columns, "rows": rows}


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
