"""Each week: remove what has expired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.keep_house import remove_expired
from tasks.options import HousekeepingOptions
from tasks.show import housekeeping_state, show_housekeeping
from tasks.slots import moment_asked, refuse_stale, told_in_a_sentence

EVERY = timedelta(weeks=1)


@flow(name="housekeeping")
@told_in_a_sentence
def housekeeping(options: HousekeepingOptions = HousekeepingOptions()) -> State[Any]:  # noqa: B008 - the form's defaults
    """Remove raw timings, old log lines and expired addresses; say what was removed."""
    refuse_stale(EVERY)
    said = remove_expired(moment_asked(options.as_of))
    show_housekeeping(said)
    return housekeeping_state(said)
