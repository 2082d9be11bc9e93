"""What people say through a form: a word on a draft, the minutes of a meeting, a change of an action."""

from __future__ import annotations

from dataclasses import dataclass

from prefect import task

from firstbell.action_form import ActionChange, say
from firstbell.minutes.model import Minutes
from firstbell.minutes.record import record_minutes
from firstbell.review import review
from firstbell.review_form import ReviewWord
from tasks.place import workplace


@dataclass(frozen=True, slots=True)
class Said:
    """What stands after it, in sentences."""

    sentences: tuple[str, ...]


@task(name="review")
def review_draft(word: ReviewWord) -> Said:
    """Write a word on a draft down. Raises ReviewError with everything that does not fit."""
    with workplace() as work:
        return Said(review(work, word).sentences)


@task(name="record minutes")
def keep_minutes(minutes: Minutes) -> Said:
    """Turn minutes into decisions and actions, all or none. Raises MinutesError with everything that does not fit."""
    with workplace() as work:
        return Said(record_minutes(work, minutes).sentences)


@task(name="change action")
def change_promise(change: ActionChange) -> Said:
    """Change an action, or hand over all that somebody promised. Raises ActionError, and then nothing changed."""
    with workplace() as work:
        return Said(say(work, change))
