"""Every quarter of an hour: letters that a mail server put off."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.deliver import DeliverOptions, tried_state, try_again
from tasks.slots import refuse_stale, told_in_a_sentence

EVERY = timedelta(minutes=15)


@flow(name="deliver")
@told_in_a_sentence
def deliver(options: DeliverOptions = DeliverOptions()) -> State[Any]:  # noqa: B008, ARG001 - the form's defaults
    """Try again what a mail server put off and whose time has come. Nothing is opened where no letter is due."""
    refuse_stale(EVERY)
    return tried_state(try_again())
