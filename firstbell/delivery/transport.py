"""What every way of sending mail has in common: one message to one address, and an honest outcome."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from firstbell.errors import FirstbellError


class DeliveryError(FirstbellError):
    """Nothing was handed over: the transport itself is not usable. What waits in the outbox keeps waiting."""


class Outcome(StrEnum):
    """What became of one message."""

    SENT = "sent"
    REFUSED = "refused"
    """The server said no for good: another try needs a change first."""
    DEFERRED = "deferred"
    """The server said not now, or the connection ended before the message: trying again is safe."""
    UNKNOWN = "unknown"
    """The connection ended after the message was handed over and before the answer: it may have arrived."""


@dataclass(frozen=True, slots=True)
class Handover:
    """The outcome of one message with the server's own words, cut to one line.

    `lost` says that the way itself is gone: nothing further can be handed over on this connection.
    """

    outcome: Outcome
    reply: str
    lost: bool = False


class Connection(Protocol):
    """An open, logged-in way out."""

    def ready(self) -> None:
        """Wait until one more message may leave; asked before the message is taken from the outbox.

        Raises DeliveryError when nothing can leave any more: then the rest waits for the next run.
        """

    def send(self, address: str, message: bytes) -> Handover:
        """Hand over one finished message to one address. Never raises for what the server does."""


class Transport(Protocol):
    """A configured way out."""

    @property
    def name(self) -> str:
        """What people call it: "smtp.example.org:587", "Microsoft 365", "files"."""

    def open(self) -> AbstractContextManager[Connection]:
        """Connect and log in once for a batch. Raises DeliveryError with what to do."""
