"""What page one is made of, as plain data: the three settings of page one read nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from firstbell.kpi import Light

PHONE = 40
"""Characters in one line of a phone's screen, about."""


@dataclass(frozen=True)
class Entry:
    """One entry of a block: what it is filed under, its main text, what stands below it."""

    mark: str = ""
    text: str = ""
    below: str = ""
    trend: str = ""

    @property
    def lines(self) -> int:
        """About how many lines of a phone it takes."""
        return lines_on_a_phone(f"{self.mark} {self.text}") + (lines_on_a_phone(self.below) if self.below else 0)


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


@dataclass(frozen=True)
class LightRow:
    """A light with its figures; one that this edition may not see has `neutral` alone."""

    area: str
    light: Light | None
    statements: tuple[Statement, ...]
    neutral: str = ""


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
    cover: tuple[str, ...] = ()
    decide: Block | None = None
    changed: Block | None = None
    lights: tuple[LightRow, ...] = ()
    lights_title: str = ""
    lights_aside: str = ""
    lights_empty: str = ""
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
