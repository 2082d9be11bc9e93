"""What a source's own words mean: by the district's mapping first, then by the words that such sources usually use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def meaning(raw: str, ours: Mapping[str, T], usual: Mapping[T, str]) -> T | None:
    """What `raw` means; None where nobody says. Case, spaces, slashes and hyphens do not matter to the usual words.

    >>> meaning("In Progress", {}, {"open": "new in_progress"})
    'open'
    """
    word = raw.casefold()
    for spelled, meant in ours.items():
        if spelled.casefold() == word:
            return meant
    plain = re.sub(r"[\s/-]+", "_", word)
    return next((meant for meant, words in usual.items() if plain in words.split()), None)
