"""The public edition as web pages: one a packet, and the index of them.

Plain HTML without scripts and without anything remote; the addresses in it are relative, so that the folder can stand
anywhere. A page is drawn from the public cut, which is made here, so no caller can hand in more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from firstbell.kpi import Light
from firstbell.packet.audience import cut
from firstbell.packet.glyphs import clean
from firstbell.packet.model import Packet, PublicFigure, Section
from firstbell.packet.page_one import page_one
from firstbell.packet.page_parts import FigureRow, LightRow
from firstbell.packet.palette import DARK, LIGHT, ink_of
from firstbell.packet.wording import Wording, whole_percent
from firstbell.packet.words import TEMPLATES, Words

EDITION = "public"
MARK = '<meta name="generator" content="firstbell">'
"""Every page bears it: a page with it is ours to replace or to remove."""


@dataclass(frozen=True, slots=True)
class Link:
    """A way to another page; `language` is named where it is not this page's own."""

    address: str
    text: str
    language: str = ""


def packet_page(packet: Packet, index: str, translations: Sequence[Link] = ()) -> str:
    """The public edition of one packet, with the ways to the index and to the same page in other languages."""
    part = cut(packet, EDITION)
    words, page = Words(part.heading.language), page_one(part, EDITION)
    return _drawn(
        "packet",
        words,
        part,
        title=title_of(packet),
        links=[Link(index, words.say("public_all")), *translations],
        held=_said(part.heading.meeting_text, words),
        facts=page.facts,
        decisions=len(part.decisions),
        sections=[_section(section, words) for section in part.sections],
        figures=[_figure(*both) for both in zip(page.figures, part.public_figures, strict=True)],
        finding=_finding(part.public_figures, words),
        areas=[_area(row, words) for row in page.lights],
        security=page.security,
    )


def index_page(newest: Packet, meetings: Sequence[Link], translations: Sequence[Link] = ()) -> str:
    """The list of all public pages; `newest` is a packet in the page's language, for the district's name."""
    part = cut(newest, EDITION)
    words = Words(part.heading.language)
    return _drawn("index", words, part, title=words.say("public_title"), links=list(translations), meetings=meetings)


def title_of(packet: Packet) -> str:
    """What a packet's page is called: the team and the day, with its year."""
    heading = cut(packet, EDITION).heading
    wording = Wording(ZoneInfo(heading.time_zone), heading.language)
    day = wording.full_date(heading.meeting_at) if heading.meeting_at is not None else ""
    name = clean(heading.team or heading.meeting, Words(heading.language).say("clipped"), longest=80)
    return ", ".join(part for part in (name, day) if part)


def _area(row: LightRow, words: Words) -> dict[str, str]:
    """An area's name, and what is said of it to everybody, where that is anything."""
    return {"area": row.area, "neutral": "" if row.neutral == words.say("neutral_light") else row.neutral}


def _section(section: Section, words: Words) -> dict[str, object]:
    owner = words.say("owner", text=section.owner) if section.owner else ""
    return {
        "number": section.number,
        "title": _said(section.title, words),
        "owner": _said(owner, words),
        "quiet": "" if section.unchanged else _said(section.quiet, words),
    }


def _figure(row: FigureRow, figure: PublicFigure) -> dict[str, object]:
    """A row of the table and a bar of the chart; `width` is None where no bar can be drawn."""
    return {
        "row": row,
        "ink": ink_of(row.light),
        "judged": figure.judged,
        "width": None if figure.reached is None else whole_percent(figure.reached),
    }


def _finding(figures: Sequence[PublicFigure], words: Words) -> str:
    """What the chart shows, in words: how many goals are met, which is furthest, of how many nothing is known."""
    judged = [one for one in figures if one.judged]
    known = [one for one in judged if one.reached is not None]
    if not judged:
        return ""
    parts = [words.say("public_chart_met", n=len(judged), met=sum(one.light is Light.MET for one in judged))]
    least = min(known, key=lambda one: one.reached or 0, default=None)
    if least is not None and least.light is not Light.MET:
        parts.append(words.say("public_chart_least", text=_said(least.title, words)))
    if unknown := len(judged) - len(known):
        parts.append(words.say("public_chart_unknown", n=unknown))
    return " ".join(parts)


def _said(text: str, words: Words) -> str:
    return clean(text, words.say("clipped"))


def _drawn(template: str, words: Words, packet: Packet, **values: object) -> str:
    heading = packet.heading
    return _ENVIRONMENT.get_template(f"{template}.html.j2").render(
        words=words,
        district=clean(heading.district, words.say("clipped"), longest=70),
        sample=heading.sample,
        mark=MARK,
        foot=words.say("public_foot"),
        light=LIGHT,
        dark=DARK,
        **values,
    )


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES.parent / "public"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
