"""Each hour: look at every service, round after round, until the hour ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.options import PollOptions
from tasks.poll import look, rounds_end
from tasks.show import looks_state, show_looks
from tasks.slots import moment_asked, slot, told_in_a_sentence

EVERY = timedelta(hours=1)


@flow(name="poll-uptime")
@told_in_a_sentence
def poll_uptime(options: PollOptions = PollOptions()) -> State[Any]:  # noqa: B008 - the form's defaults
    """Make rounds of looks until the hour ends. Two runs never look from the same place at the same time."""
    moment = moment_asked("")
    with slot("poll_uptime", EVERY, whole=options.whole, vantage=options.vantage):
        polled = look(rounds_end(moment, options.minutes), options.vantage)
        show_looks(polled)
        return looks_state(polled)
