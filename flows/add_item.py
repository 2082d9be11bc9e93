"""Between meetings: something for a team's next agenda."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from firstbell.intake.items import ItemWord
from tasks.agenda import keep_item
from tasks.slots import told_in_a_sentence


@flow(name="add-item")
@told_in_a_sentence
def add_item(options: ItemWord) -> State[Any]:
    """Propose an agenda item, a question or an idea. It is printed once the team leader accepts it."""
    return Completed(message=keep_item(options))
