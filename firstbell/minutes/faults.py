"""What is wrong with minutes: all of it at once, each at its line, and nothing recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from firstbell.config._document import Document, Place
from firstbell.config.faults import ConfigError, Fault
from firstbell.errors import FirstbellError

T = TypeVar("T")


class MinutesError(ConfigError):
    """The minutes cannot be recorded; nothing of them was. `faults` holds all that is wrong."""


class Findings:
    """Collects faults, each at a place of the file; minutes that came by a form have places without lines."""

    def __init__(self, document: Document | None = None) -> None:
        self._document = document
        self._faults: list[Fault] = []

    def add(self, place: Place, sentence: str) -> None:
        """Write down one fault."""
        if self._document is None:
            self._faults.append(Fault("minutes", 0, ".".join(map(str, place)), sentence))
        else:
            self._faults.append(self._document.fault(place, sentence))

    def attempt(self, place: Place, make: Callable[[], T]) -> T | None:
        """What `make` gives; an error that a person can mend becomes a fault at the place."""
        try:
            return make()
        except FirstbellError as error:
            self.add(place, str(error))
            return None

    def refuse(self) -> None:
        """Raise MinutesError when anything was found."""
        if self._faults:
            raise MinutesError(sorted(self._faults))
