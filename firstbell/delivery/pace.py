"""How fast mail leaves: so many messages on one login, a pause before the next, and no more than so many a minute."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from firstbell.delivery.transport import Connection, Handover, Transport

MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Paced:
    """A way out that takes its time. `per_minute` of 0 sets no limit; `pause_seconds` lie between two logins."""

    way: Transport
    per_login: int = 100
    per_minute: int = 0
    pause_seconds: float = 0
    pause: Callable[[float], None] = time.sleep
    elapsed: Callable[[], float] = time.monotonic

    @property
    def name(self) -> str:
        return self.way.name

    @contextmanager
    def open(self) -> Iterator[Connection]:
        """The first login. Raises DeliveryError as the way itself does."""
        with ExitStack() as login:
            yield _Batches(self, login)


class _Batches:
    def __init__(self, settings: Paced, login: ExitStack) -> None:
        self._settings = settings
        self._login = login
        self._way_out = login.enter_context(settings.way.open())
        self._on_this_login = 0
        self._handed_over: deque[float] = deque(maxlen=settings.per_minute)

    def ready(self) -> None:
        """Wait for the next minute or log in anew where it is time to; no message is taken meanwhile."""
        if self._on_this_login >= self._settings.per_login:
            self._login.close()
            if self._settings.pause_seconds:
                self._settings.pause(self._settings.pause_seconds)
            self._way_out = self._login.enter_context(self._settings.way.open())
            self._on_this_login = 0
        if self._settings.per_minute and len(self._handed_over) == self._settings.per_minute:
            wait = MINUTE - (self._settings.elapsed() - self._handed_over[0])
            if wait > 0:
                self._settings.pause(wait)
        self._way_out.ready()

    def send(self, address: str, message: bytes) -> Handover:
        self._on_this_login += 1
        self._handed_over.append(self._settings.elapsed())
        return self._way_out.send(address, message)
