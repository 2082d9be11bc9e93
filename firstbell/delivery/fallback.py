"""Ways out in an order: the next one is taken only where the one before surely took nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace

from firstbell.delivery.transport import Connection, DeliveryError, Handover, Outcome, Transport


@dataclass(frozen=True, slots=True)
class Unusable:
    """A way whose settings cannot be had, such as a password that is not there: opening it says why."""

    name: str
    sentence: str

    def open(self) -> AbstractContextManager[Connection]:
        """Raises DeliveryError always."""
        raise DeliveryError(self.sentence)


@dataclass(frozen=True, slots=True)
class InOrder:
    """A first way out and further ones.

    A further way serves when the one before cannot be opened, or was lost before it took the message. An answer about
    one address, such as "not now", is no reason; and after an unknown outcome nothing more leaves until the next run,
    because a message may have arrived and a person has to look.
    """

    ways: tuple[Transport, ...]

    @property
    def name(self) -> str:
        return ", then ".join(way.name for way in self.ways)

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """The first way that opens. Raises DeliveryError with every way's sentence when none does."""
        with ExitStack() as opened:
            yield _FirstThatWorks(self.ways, opened)


class _FirstThatWorks:
    def __init__(self, ways: tuple[Transport, ...], opened: ExitStack) -> None:
        self._left = list(ways)
        self._opened = opened
        self._lost: list[str] = []
        self._stopped = ""
        self._name = ""
        self._way_out = self._next()

    def ready(self) -> None:
        """Go on to the next way where the present one is lost."""
        if self._stopped:
            raise DeliveryError(self._stopped)
        while True:
            try:
                self._way_out.ready()
            except DeliveryError as error:
                self._lost.append(str(error))
                self._way_out = self._next()
            else:
                return

    def send(self, address: str, message: bytes) -> Handover:
        while True:
            handover = self._way_out.send(address, message)
            if handover.outcome is Outcome.UNKNOWN:
                self._stopped = f"{self._name} gave no answer to a message; the others wait for the next run."
            if handover.outcome is not Outcome.DEFERRED or not handover.lost:
                return self._told(handover)
            self._lost.append(handover.reply)
            try:
                self._way_out = self._next()
            except DeliveryError as error:
                self._stopped = str(error)
                return replace(handover, reply=str(error))

    def _next(self) -> Connection:
        """Open the next way that can be. Raises DeliveryError with what is wrong with all of them."""
        self._opened.close()
        while self._left:
            way = self._left.pop(0)
            self._name = way.name
            try:
                return self._opened.enter_context(way.open())
            except DeliveryError as error:
                self._lost.append(str(error))
        raise DeliveryError(" ".join(self._lost))

    def _told(self, handover: Handover) -> Handover:
        """The outcome, with the way that it came by where that was not the first."""
        if not self._lost:
            return handover
        return replace(handover, reply=f"{handover.reply} (by {self._name}, because: {' '.join(self._lost)})")
