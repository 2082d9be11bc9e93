"""Making any text printable: no control characters, no endless fields, and in the PDF no character without a glyph."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any
from unicodedata import combining, normalize

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


def clean(text: str, clipped: str, longest: int = LONGEST) -> str:
    """One line of visible characters, at most `longest` of them; `clipped` is the note set where it was cut.

    >>> clean("one\\r\\nBcc: two", "[text cut]")
    'one Bcc: two'
    >>> clean("word " * 9, "[text cut]", longest=12)
    'word word [text cut]'
    """
    line = _SPACES.sub(" ", _INVISIBLE.sub("", text[: longest * 8])).strip()
    if len(line) <= longest and len(text) <= longest * 8:
        return line
    kept = line[:longest]
    return f"{kept.rsplit(' ', 1)[0] if ' ' in kept[-40:] else kept} {clipped}"


class Glyphs:
    """Replaces what cannot be printed and counts it, for one document."""

    def __init__(self) -> None:
        self.replaced = 0

    def printable(self, text: str) -> str:
        """The text with `MARK` in place of every character that no bundled font covers.

        A combining mark that does not melt into its letter is left off: the fonts hold it, but not on every letter,
        and the accessible form refuses the pair.
        """
        if text.isascii():
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
def _covered() -> frozenset[str]:
    ranges = (line.split("-") for line in (TEMPLATES / "fonts" / "coverage.txt").read_text("ascii").split())
    return frozenset(chr(point) for first, last in ranges for point in range(int(first, 16), int(last, 16) + 1))
