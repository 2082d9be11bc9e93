"""What is wrong with minutes: all of it at once, each at its line, and nothing recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from firstbell.config._document import Document, Place
from firstbell.config.faults import ConfigError, Fault
from firstbell.errors import FirstbellError

T = TypeVar("T")


class MinutesError(ConfigError):
    """The minutes cannot be recorded; nothing of them was. `faults` holds all that is wrong."""


@dataclass(frozen=True, slots=True)
class Paper:
    """The file that minutes were read from. `faults` are of what could not be read and was left out.

    `items` gives, for a list of which items were left out, where the others stand in the file.
    """

    document: Document
    faults: Sequence[Fault] = ()
    items: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def fault(self, place: Place, sentence: str) -> Fault:
        """A fault at a place of the minutes as they were read."""
        match place:
            case (str(name), int(index), *inner) if name in self.items:
                place = (name, self.items[name][index], *inner)
        return self.document.fault(place, sentence)


class Findings:
    """Collects faults, each at a place of the file; minutes that came by a form have places without lines."""

    def __init__(self, paper: Paper | None = None) -> None:
        self._paper = paper
        self._faults: list[Fault] = list(paper.faults) if paper else []

    def __bool__(self) -> bool:
        return bool(self._faults)

    def add(self, place: Place, sentence: str) -> None:
        """Write down one fault."""
        if self._paper is None:
            self._faults.append(Fault("minutes", 0, ".".join(map(str, place)), sentence))
        else:
            self._faults.append(self._paper.fault(place, sentence))

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
