"""A person's word on an action between meetings: done, moved, handed over, dropped, opened again."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from firstbell.action_form import ActionChange
from tasks.slots import told_in_a_sentence
from tasks.speak import change_promise


@flow(name="change-action")
@told_in_a_sentence
def change_action(options: ActionChange) -> State[Any]:
    """Change what was promised. Every change is kept as a version, and the first due date stays."""
    return Completed(message=" ".join(change_promise(options).sentences))
