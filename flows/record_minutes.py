"""A meeting's minutes become decisions and actions that open the next packet."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from firstbell.minutes.model import Minutes
from tasks.slots import told_in_a_sentence
from tasks.speak import keep_minutes


@flow(name="record-minutes")
@told_in_a_sentence
def record_minutes(options: Minutes) -> State[Any]:
    """Write minutes down. The same minutes twice change nothing."""
    return Completed(message=" ".join(keep_minutes(options).sentences))
