"""What page one is made of, as plain data: the three settings of page one read nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from firstbell.kpi import Light

PHONE = 37
"""Characters in one line of a phone's screen, about."""
SIGNS: Mapping[str, str] = {"worse": "-", "better": "+", "same": "=", "new": "*", "unknown": "?"}
"""The mark of each trend beside its word, so that grey print and a quick look tell them apart."""


@dataclass(frozen=True)
class Entry:
    """One entry of a block: what it is filed under, its main text, what stands below it.

    `options` are the ways a decision can go, each behind its letter; `trend` is the trend's own key.
    """

    mark: str = ""
    text: str = ""
    below: str = ""
    trend: str = ""
    options: tuple[str, ...] = ()
    inline: bool = False
    """Whether what stands below is short enough to end the text's own line."""

    @property
    def sign(self) -> str:
        """The trend's mark, empty where the entry has none."""
        return SIGNS.get(self.trend, "")

    @property
    def lines(self) -> int:
        """About how many lines of a phone it takes."""
        said = f"{self.sign} {self.mark} {self.text}".strip()
        own_line = "" if self.inline else self.below
        parts = (f"{said} {self.below}" if self.inline else said, "   ".join(self.options), own_line)
        return sum(lines_on_a_phone(part) for part in parts if part)


@dataclass(frozen=True)
class Block:
    """A headed part of page one; `empty` is the one line that stands where it has no entries."""

    key: str
    title: str
    entries: tuple[Entry, ...] = ()
    empty: str = ""
    aside: str = ""
    left_out: int = 0
    """How many pieces did not fit; they stand, in order, behind the first `len(entries)` pieces."""


@dataclass(frozen=True)
class Statement:
    """A figure beside a light; `trend` is its word, `kind` the trend's own key."""

    text: str
    trend: str
    kind: str = ""

    @property
    def sign(self) -> str:
        """The trend's mark."""
        return SIGNS.get(self.kind, "")

    @property
    def lines(self) -> int:
        """About how many lines of a phone it takes."""
        return lines_on_a_phone(f"{self.text} {self.sign} {self.trend}")


@dataclass(frozen=True)
class LightRow:
    """A light with its figures; one that this edition may not see has `neutral` alone."""

    area: str
    light: Light | None
    statements: tuple[Statement, ...]
    neutral: str = ""
    word: str = ""
    """The light's word in the packet's language."""


@dataclass(frozen=True)
class FigureRow:
    """A figure that everybody may read; `goal` says where none is adopted, `as_of` is empty where it is not known."""

    title: str
    value: str
    goal: str
    as_of: str
    light: Light
    word: str
    """The light's word in the packet's language."""

    @property
    def told(self) -> str:
        """Value, goal and as-of as one text: "7 of 9; goal 9; as of Tue 24 Nov, 6 am"."""
        return "; ".join(part for part in (self.value.removesuffix("."), self.goal, self.as_of) if part)


@dataclass(frozen=True)
class PageOne:
    """Everything that page one says, in order. Blocks that the edition may not see are None."""

    subject: str
    district: str
    sample: str
    edition: str
    meeting: str
    facts: str
    language: str
    stage: str = ""
    """"DRAFT" and what that means for the reader; empty for a final packet."""
    cover: tuple[str, ...] = ()
    cover_left_out: int = 0
    """Actions of the reader's own that the cover has no room for; they stand under agenda item 1."""
    own_shown: bool = False
    """Whether the cover shows any of them: what is left out is not "more" of what is not there."""
    decide: Block | None = None
    changed: Block | None = None
    lights: tuple[LightRow, ...] = ()
    lights_title: str = ""
    lights_aside: str = ""
    lights_empty: str = ""
    figures: tuple[FigureRow, ...] = ()
    """In the public edition: what its web page shows as well."""
    security: str = ""
    overdue: Block | None = None
    unknowns: Block | None = None
    corrections: tuple[str, ...] = ()
    corrections_left_out: int = 0
    closing: str = ""
    rest: tuple[Block, ...] = ()
    """The entries that did not fit, whole, for the PDF's closing part."""


def lines_on_a_phone(text: str) -> int:
    """About how many lines of a phone's width a text takes."""
    return -(-len(text) // PHONE)


def fitting(entries: Sequence[Entry], room: int) -> int:
    """How many of the entries, from the first on, fit; one always does."""
    used = 0
    for position, entry in enumerate(entries):
        used += entry.lines
        if used > room and position:
            return position
    return len(entries)


def closed(text: str) -> str:
    """The text with the full stop that it lacks."""
    return text if not text or text.endswith((".", "!", "?")) else f"{text}."


def whole_sentences(text: str, longest: int) -> str:
    """The text without the last sentences that do not fit; one sentence alone stays as long as it is.

    >>> whole_sentences("It is down. Nobody knows why. Ask.", 32)
    'It is down. Nobody knows why.'
    """
    while len(text) > longest and ". " in text:
        text = text.rpartition(". ")[0] + "."
    return text


def joined(texts: Iterable[str]) -> str:
    """The texts as sentences, one behind the other."""
    return " ".join(closed(text) for text in texts if text)
