"""A person's word on a draft: approve, hold, note, confirm or drop decisions."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from firstbell.review_form import ReviewWord
from tasks.slots import told_in_a_sentence
from tasks.speak import review_draft


@flow(name="review-packet")
@told_in_a_sentence
def review_packet(options: ReviewWord) -> State[Any]:
    """Say a word on the draft of a team's next meeting. Nothing that was sent changes."""
    return Completed(message=" ".join(review_draft(options).sentences))
