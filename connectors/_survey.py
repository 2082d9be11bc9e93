"""Counting survey answers, and hiding the groups that are too small before anything is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

DISTRICT = "district"


class Key(NamedTuple):
    """Whom and what a count is about."""

    group: str
    scope: str
    question: str


@dataclass(slots=True)
class Cell:
    """The five counts of one question, from the least to the most favourable answer."""

    counts: list[int] = field(default_factory=lambda: [0] * 5)
    no_answer: int = 0
    invited: int | None = None

    @property
    def answered(self) -> int:
        return sum(self.counts)


class Tally:
    """The counts of one file. A scope's own replies, and those of its schools for the district."""

    def __init__(self) -> None:
        self._own: dict[Key, Cell] = {}
        self._totals_given: set[tuple[str, str]] = set()

    def add(self, key: Key, answer: int | None) -> None:
        """Count one reply: an answer of 1 to 5, or None for no answer."""
        cell = self._own.setdefault(key, Cell())
        if answer is None:
            cell.no_answer += 1
        else:
            cell.counts[answer - 1] += 1

    def put(self, key: Key, cell: Cell) -> bool:
        """Take over a counted row; False when there is one of this key already. A district row is the total."""
        if key in self._own:
            return False
        self._own[key] = cell
        if key.scope == DISTRICT:
            self._totals_given.add((key.group, key.question))
        return True

    def by_question(self) -> Iterator[tuple[str, str, Cell, dict[str, Cell]]]:
        """Per group and question: the district's total, and the cells of its schools."""
        grouped: dict[tuple[str, str], dict[str, Cell]] = defaultdict(dict)
        for key, cell in self._own.items():
            grouped[key.group, key.question][key.scope] = cell
        for (group, question), cells in sorted(grouped.items()):
            schools = {scope: cell for scope, cell in cells.items() if scope != DISTRICT}
            total = cells.get(DISTRICT) if (group, question) in self._totals_given else _sum(list(cells.values()))
            yield group, question, total or Cell(), schools


def hide_small_groups(tally: Tally, minimum: int) -> Iterator[tuple[Key, Cell]]:
    """The cells that may be stored.

    A school with fewer than `minimum` answers is hidden; so is the next smallest as long as what is hidden is one
    school or has too few answers together, because the district's total would give it away by subtraction. A group
    with too few answers in the district is not stored at all.
    """
    for group, question, total, schools in tally.by_question():
        if total.answered < minimum:
            continue
        yield Key(group, DISTRICT, question), total
        ranked = sorted(schools, key=lambda scope: (schools[scope].answered, scope))
        hidden = [scope for scope in ranked if schools[scope].answered < minimum]
        rest = total.answered - sum(schools[scope].answered for scope in ranked if scope not in hidden)
        while hidden and len(hidden) < len(ranked) and (len(hidden) == 1 or rest < minimum):
            hidden.append(ranked[len(hidden)])
            rest += schools[hidden[-1]].answered
        for scope in sorted(set(ranked) - set(hidden)):
            yield Key(group, scope, question), schools[scope]


def _sum(cells: list[Cell]) -> Cell:
    """Cells of several scopes together; invited only where every one of them knows it."""
    invited = [cell.invited for cell in cells if cell.invited is not None]
    return Cell(
        [sum(counts) for counts in zip(*(cell.counts for cell in cells), strict=True)],
        sum(cell.no_answer for cell in cells),
        sum(invited) if invited and len(invited) == len(cells) else None,
    )
