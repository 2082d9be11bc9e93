"""The mail's text part: page one, complete by itself, 72 columns wide, with hanging indents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from unicodedata import combining, east_asian_width

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from firstbell.packet.glyphs import loosened
from firstbell.packet.page_parts import Block, LightRow, PageOne
from firstbell.packet.words import TEMPLATES, Words

WIDTH = 72
_SPACES = re.compile(r"[^\S\xa0]+")


def mail_text(page: PageOne, words: Words, pages: Mapping[str, int]) -> str:
    """Page one as text. `pages` says on which page of the PDF each block's rest stands."""
    text = _ENVIRONMENT.get_template("mail.txt.j2").render(
        page=page,
        words=words,
        hang=hang,
        spread=spread,
        lights=lights_table(page.lights),
        widest=lambda block: max((columns(entry.mark) for entry in block.entries), default=0),
        more=lambda block: more(block.key, block.left_out, words, pages),
        more_own=more_own(page, words, pages),
        more_corrections=more("corrections", page.corrections_left_out, words, pages),
        heading=lambda block: _heading(block, words, pages),
    )
    return "\n".join(line.rstrip() for line in loosened(text).strip().splitlines()) + "\n"


def more(key: str, left_out: int, words: Words, pages: Mapping[str, int]) -> str:
    """ "9 smaller changes: page 5"; empty when nothing was left out."""
    if not left_out:
        return ""
    name = {"decide": "decisions", "changed": "changes"}.get(key, key)
    part = "section-1" if key in ("own", "all_own") else key
    place = words.say("page", n=pages[part]) if part in pages else words.say("in_the_packet")
    return f"{words.say(f'more_{name}', n=left_out)}: {place}"


def more_own(page: PageOne, words: Words, pages: Mapping[str, int]) -> str:
    """As `more`, of the reader's own actions that the cover has no room for; no "more" where it shows none of them."""
    return more("own" if page.own_shown else "all_own", page.cover_left_out, words, pages)


def columns(text: str) -> int:
    """How many columns a text takes: wide characters take two, combining ones none.

    >>> columns("abc"), columns("日本")
    (3, 4)
    """
    if text.isascii():
        return len(text)
    return sum(0 if combining(one) else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def hang(text: str, first: str = "", indent: int = 0) -> str:
    """The text in lines of at most `WIDTH` columns; `first` stands before it, later lines start at `indent`.

    A word longer than a line is cut.

    >>> print(hang("one two three " * 5, "- ", 2))
    - one two three one two three one two three one two three one two three
    """
    lines, line, empty = [], first, True
    for word in _words(text, WIDTH - max(indent, columns(first))):
        if not empty and columns(line) + 1 + columns(word) > WIDTH:
            lines.append(line)
            line, empty = " " * indent, True
        line, empty = f"{line}{word}" if empty else f"{line} {word}", False
    return "\n".join([*lines, line])


def spread(left: str, right: str) -> str:
    """Two texts at both ends of a line, or on two lines when they do not fit on one."""
    if not right:
        return hang(left)
    gap = WIDTH - columns(left) - columns(right)
    return f"{left}{' ' * gap}{right}" if gap >= 2 else f"{hang(left)}\n{hang(right, '  ', 2)}"


def lights_table(rows: tuple[LightRow, ...]) -> list[str]:
    """The lights as lines: shape, word and area; below it each figure behind the word of its trend."""
    widest = max((len(row.word) for row in rows), default=0)
    longest = max([7, *(len(one.trend) for row in rows for one in row.statements)])
    lines: list[str] = []
    for row in rows:
        if row.light is None:
            lines += [row.area, hang(row.neutral, "    ", 4)]
            continue
        lines.append(f"{row.light.shape} {row.word:<{widest}}  {row.area}")
        for one in row.statements:
            start = f"    {one.sign} {one.trend:<{longest}} " if one.trend else "    "
            lines.append(hang(one.text, start, len(start)))
    return lines


def _heading(block: Block, words: Words, pages: Mapping[str, int]) -> str:
    title = block.title.upper() + (f"  ({block.aside})" if block.aside else "")
    return spread(title, more(block.key, block.left_out, words, pages))


def _words(text: str, longest: int) -> list[str]:
    found: list[str] = []
    for word in _SPACES.split(text.strip()):
        # Wide characters take two columns, so half as many of them always fit.
        step = longest if columns(word) == len(word) else longest // 2
        found += [word] if columns(word) <= longest else [word[at : at + step] for at in range(0, len(word), step)]
    return found


_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=False,  # noqa: S701  a text/plain part has no markup to escape
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
