"""Blocking work beside the event loop, in a thread that nobody has to wait for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread


def in_thread(call: Callable[[], None]) -> asyncio.Future[None]:
    """Run `call` in a thread of its own.

    asyncio's own executor would join its threads before the loop may end, so a name lookup that hangs in the C
    library could hold a round beyond its deadline. This thread is a daemon and is simply left behind.
    """
    outcome: Future[None] = Future()

    def work() -> None:
        outcome.set_running_or_notify_cancel()
        try:
            call()
        except BaseException as error:
            outcome.set_exception(error)
            if not isinstance(error, Exception):
                raise
        else:
            outcome.set_result(None)

    wrapped = asyncio.wrap_future(outcome)
    Thread(target=work, name="firstbell-probes", daemon=True).start()
    return wrapped
