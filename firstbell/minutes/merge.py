"""A corrected copy of minutes against the copy before it and against what happened in between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Generic, Protocol, TypeVar

from firstbell.errors import FirstbellError

T = TypeVar("T")
ALIKE = 0.6
"""Titles at least this alike are one thing whose wording was mended."""


class MovedOnError(FirstbellError):
    """What an earlier copy of the minutes left behind was changed since."""


def merged(current: T, before: T | None, was: Callable[[T], T] | None, now: Callable[[T], T] | None) -> T:
    """What stands once `now` is said instead of `was`.

    `before` is what stood before the minutes first came. Raises MovedOnError where `current` is no longer what `was`
    made of it: the later change is not undone behind anybody's back.
    """
    if was is None:
        return now(current) if now else current
    if before is None or was(before) != current:
        raise MovedOnError("This was changed since the minutes came.")
    return now(before) if now else before


class Titled(Protocol):
    """Something with a title."""

    @property
    def title(self) -> str: ...


Said = TypeVar("Said", bound=Titled)
Stored = TypeVar("Stored", bound=Titled)


@dataclass(frozen=True, slots=True)
class Pair(Generic[Said, Stored]):
    """One thing that minutes began: as the earlier copy said it, as this one does (its place in `index`), and as kept.

    Without `new` this copy no longer holds it; without `stored` it is new to us.
    """

    old: Said | None
    new: Said | None
    stored: Stored | None
    index: int = 0


def paired(old: Sequence[Said], new: Sequence[Said], stored: Sequence[Stored]) -> list[Pair[Said, Stored]]:
    """Who is who among what two copies of the minutes began: equal titles first, then titles that are alike."""
    left = list(stored)
    kept = [(said, _taken(left, said)) for said in old]
    pairs: dict[int, Pair[Said, Stored]] = {}
    for alike in (1.0, ALIKE):
        for index, said in enumerate(new):
            match = None if index in pairs else _closest(said.title, [before.title for before, _ in kept], alike)
            if match is not None:
                before, one = kept.pop(match)
                pairs[index] = Pair(before, said, one, index)
    for index, said in enumerate(new):
        if index not in pairs:
            pairs[index] = Pair(None, said, _taken(left, said), index)
    gone: list[Pair[Said, Stored]] = [Pair(before, None, one) for before, one in kept]
    return [*(pairs[index] for index in sorted(pairs)), *gone]


def _taken(left: list[Stored], said: Said) -> Stored | None:
    """The kept thing of that title, which no other may claim after."""
    match = _closest(said.title, [one.title for one in left], 1.0)
    return None if match is None else left.pop(match)


def _closest(title: str, among: Sequence[str], alike: float) -> int | None:
    scores = [SequenceMatcher(None, title.casefold(), one.casefold()).ratio() for one in among]
    best = max(scores, default=0.0)
    return scores.index(best) if scores and best >= alike else None
