"""Each morning between meetings: minutes to fill in, reminders of actions, what is bad."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.between import BetweenOptions, list_kinds, post_kind, posted_of, posts_state, show_posts
from tasks.slots import refuse_stale, told_in_a_sentence

EVERY = timedelta(days=1)


@flow(name="between-meetings")
@told_in_a_sentence
def between_meetings(options: BetweenOptions = BetweenOptions()) -> State[Any]:  # noqa: B008 - the form's defaults
    """Mail what is due between two meetings. Running it twice does no harm: the outbox knows what was told."""
    refuse_stale(EVERY)
    done = [posted_of(kind, post_kind(kind, options.dry_run, return_state=True)) for kind in list_kinds(options.only)]
    show_posts(done)
    return posts_state(done)
