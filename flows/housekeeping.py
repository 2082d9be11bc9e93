"""Each week: remove what has expired."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.keep_house import remove_expired
from tasks.options import HousekeepingOptions
from tasks.show import show_housekeeping
from tasks.slots import moment_asked


@flow(name="housekeeping")
def housekeeping(options: HousekeepingOptions = HousekeepingOptions()) -> State[Any]:  # noqa: B008 - the form's defaults
    """Remove raw timings, old log lines and expired addresses; say what was removed."""
    said = remove_expired(moment_asked(options.as_of))
    show_housekeeping(said)
    return Completed(message=" ".join(said) or "Nothing had expired.")
