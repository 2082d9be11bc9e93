"""How wide a table's columns are: what is short takes what it needs, what is long shares the rest."""

from __future__ import annotations

from collections.abc import Sequence

PAGE_LETTERS = 112
"""Characters of a table's print that one line of the page holds, about."""
GAP = 2
"""Characters that the space between two columns takes."""
SHORT = 20
CODE = 6
"""A column of shorter texts holds numbers or codes, not words."""
WIDE = 1.2
"""By how much a single word may be wider than the mean print."""


def column_widths(
    titles: Sequence[str], rows: Sequence[Sequence[str]], letters: int = PAGE_LETTERS, numeric: Sequence[int] = ()
) -> list[float]:
    """A share of the free room for each column; 0 for one that takes just what its longest text needs.

    `numeric` are the places of the columns of numbers. When everything fits on one line, nothing is shared, except
    that in a table that fills half of the page the first column of words takes the rest. No share is narrower than what
    stands on one line of it, be it one word or a number with its unit, while the page has room for all of these.

    >>> column_widths(["No.", "Action"], [["A-1", "short"]]), column_widths(["No.", "Action"], [["A-1", "long " * 40]])
    ([0, 0], [0, 100.0])
    """
    need = [max([len(title), *(len(row[place]) for row in rows)]) for place, title in enumerate(titles)]
    room = letters - GAP * len(need)
    if sum(need) <= room:
        words = [place for place, length in enumerate(need) if place not in numeric and length > CODE]
        return [1.0 if [place] == words[:1] and sum(need) > room / 2 else 0 for place in range(len(need))]
    short = [length <= SHORT for length in need]
    while sum(length for length, is_short in zip(need, short, strict=True) if is_short) > 0.65 * room:
        short[max(range(len(need)), key=lambda place: need[place] * short[place])] = False
    weights = [0 if is_short else _weight(length) for length, is_short in zip(need, short, strict=True)]
    least = [
        0 if is_short else WIDE * max(_longest_piece(text) for text in (title, *(row[place] for row in rows)))
        for place, (title, is_short) in enumerate(zip(titles, short, strict=True))
    ]
    taken = sum(length for length, is_short in zip(need, short, strict=True) if is_short)
    return _roomy(weights, least, room - taken)


def _roomy(weights: Sequence[float], least: Sequence[float], free: float) -> list[float]:
    """The shares with none below its least; where there is not room for all of these, shares by these."""
    if sum(least) > free:
        return [max(1.0, round(one, 1)) if weight else 0 for one, weight in zip(least, weights, strict=True)]
    shares, raised = list(weights), set[int]()
    while True:
        rest = free - sum(least[place] for place in raised)
        total = sum(weight for place, weight in enumerate(weights) if place not in raised)
        shares = [
            least[place] if place in raised else rest * weight / total if weight else 0
            for place, weight in enumerate(weights)
        ]
        tight = {place for place, share in enumerate(shares) if share < least[place]} - raised
        if not tight:
            return [round(one, 1) for one in shares] if raised else list(weights)
        raised |= tight


def _longest_piece(text: str) -> int:
    """The characters of what stands on one line of a text."""
    return max(map(len, text.split(" ")))


def _weight(length: int) -> float:
    """Twice as much text takes less than twice the room: it may wrap once more."""
    return round(min(length, 160) ** 0.75 if length < 160 else 100.0, 1)
