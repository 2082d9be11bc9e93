"""Making any text printable: no control characters, no endless fields, and in the PDF no character without a glyph."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any
from unicodedata import combining, is_normalized, normalize

from firstbell.packet.wording import languages, table_of
from firstbell.packet.words import TEMPLATES

LONGEST = 1200
"""Characters a single piece of text may have in print. Sentences are finished when they come; this stops floods."""
MARK = "\u25a1"
"""What stands for a character that no bundled font covers."""

# Controls, direction overrides and isolates, joiners, variation selectors, byte order mark, tags, surrogates.
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SPACES = re.compile(r"\s+")
_BESIDE = re.compile(r"\d | \d")
"""A space at a number, where a line might have to be held."""
_DATED = r"(?<!\d[ \u00a0][^\W\d_]{3}[ \u00a0]\d{4})"
"""Not behind a whole date: a span of two may break behind the first."""
_BETWEEN = re.compile(rf"(?<=\d){_DATED} ([^\W\d_]{{1,2}}) (?=\d)")
_BEHIND = re.compile(rf"(?<=\d){_DATED} (?=(?:[^\W\d_]{{1,4}}\b|[%\u00b0\u20ac$]))")
_WEEKDAYS = "|".join(day for language in languages() for day in table_of(language)["weekdays"] if day.islower())
"""Of the languages that begin them with a small letter."""
_BEFORE = re.compile(
    rf"(?<=\b[A-Z\u00c0-\u00de][^\W\d_]{{2}}) (?=\d)|(?<=\b(?:{_WEEKDAYS})) (?=\d)|(?<=\b(?:goal|meta)) (?=\d)"
)


@lru_cache(8192)
def clean(text: str, clipped: str, longest: int = LONGEST) -> str:
    """One line of visible characters, at most `longest` of them; `clipped` is the note set where it was cut.

    A number stands on one line with its unit, a day with its month: see `held`.

    >>> clean("one\\r\\nBcc: two", "[text cut]")
    'one Bcc: two'
    >>> clean("word " * 9, "[text cut]", longest=12)
    'word word [text cut]'
    """
    plain = text.isascii() and text.isprintable() and len(text) <= longest and "  " not in text
    line = text.strip() if plain else _SPACES.sub(" ", _INVISIBLE.sub("", text[: longest * 8])).strip()
    if len(line) <= longest and len(text) <= longest * 8:
        return held(line)
    kept = line[:longest]
    return held(f"{kept.rsplit(' ', 1)[0] if ' ' in kept[-40:] else kept} {clipped}")


def held(text: str) -> str:
    """The text with no-break spaces where a line must not end: "80 %", "26 h", "Fri 23 Oct", "4 of 8".

    A number keeps a unit, month or other short word behind it, and a weekday, a month or its "goal" before it. A year
    ends its date: a span of two dates is twice as long as a table's column may be.

    >>> held("worse: 54 min on Wed 18 Nov").replace("\xa0", "~")
    'worse: 54~min on Wed~18~Nov'
    >>> held("para las 3, el mié 18 nov").replace("\xa0", "~")
    'para las 3, el mié~18~nov'
    >>> held("20 Nov 2026 to 21 Nov 2026").replace("\xa0", "~")
    '20~Nov~2026 to 21~Nov~2026'
    """
    if not _BESIDE.search(text):
        return text
    return _BEHIND.sub("\xa0", _BEFORE.sub("\xa0", _BETWEEN.sub("\xa0\\1\xa0", text)))


def loosened(text: str) -> str:
    """The text with ordinary spaces again, for what is searched or folded: subjects, plain text."""
    return text.replace("\xa0", " ")


class Glyphs:
    """Replaces what cannot be printed and counts it, for one document."""

    def __init__(self) -> None:
        self.replaced = 0

    def printable(self, text: str) -> str:
        """The text with `MARK` in place of every character that no bundled font covers.

        A combining mark that does not melt into its letter is left off: the fonts hold it, but not on every letter,
        and the accessible form refuses the pair.
        """
        if text.isascii() or (_safe().issuperset(text) and is_normalized("NFC", text)):
            return text
        covered = _covered()
        characters = [one if one in covered or combining(one) else MARK for one in normalize("NFC", text)]
        kept = "".join(one for one in characters if not combining(one))
        self.replaced += len(characters) - len(kept) + characters.count(MARK) - text.count(MARK)
        return kept


def drawable(text: str) -> str:
    """The text as a drawing may hold it: a drawing has one font, which knows Latin, Greek and Cyrillic letters."""
    return "".join(one if ord(one) < 0x0530 or 0x1E00 <= ord(one) < 0x2070 else MARK for one in normalize("NFC", text))


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """A copy of plain data (dicts, lists, tuples, scalars) with every text changed; keys stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: each_text(member, change) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [each_text(member, change) for member in value]
    return value


@cache
def _safe() -> frozenset[str]:
    """What is printed as it is: covered, and no mark that has to melt into a letter."""
    return frozenset(one for one in _covered() if not combining(one))


@cache
def _covered() -> frozenset[str]:
    ranges = (line.split("-") for line in (TEMPLATES / "fonts" / "coverage.txt").read_text("ascii").split())
    return frozenset(chr(point) for first, last in ranges for point in range(int(first, 16), int(last, 16) + 1))
