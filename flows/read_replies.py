"""Every quarter of an hour: what people answered by mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.replies import RepliesOptions, read_inbox, replies_state, show_replies
from tasks.slots import refuse_stale, told_in_a_sentence

EVERY = timedelta(minutes=15)


@flow(name="read-replies")
@told_in_a_sentence
def read_replies(options: RepliesOptions = RepliesOptions()) -> State[Any]:  # noqa: B008 - the form's defaults
    """Take in minutes, notes and agenda items that came by mail; put everything else aside unread."""
    refuse_stale(EVERY)
    read = read_inbox(options.most)
    show_replies(read)
    return replies_state(read)
