"""What a person fills in to change an action between meetings: the form of the Prefect UI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from firstbell.actions import ActionError, change_action, change_of, hand_over_all
from firstbell.minutes.model import Day, Entry, Words
from firstbell.records import TeamAction
from firstbell.workplace import Workplace


class ActionChange(Entry):
    """What became of one action, or of everything that somebody who leaves had promised."""

    action: str = Field("", title="Action", description="Its number, for example A-14.")
    word: Literal["done", "moved", "handed_over", "dropped", "reopened"] = Field(
        "done", title="What became of it", description="reopened opens one that is done or dropped."
    )
    on: Day = Field("", title="Day", description="For done and dropped, such as 2026-11-20; today by default.")
    due: Day = Field("", title="New date", description="For moved, such as 2026-12-04. The first promise stays.")
    to: str = Field("", title="New owner", description="For handed_over: a role or a person's key.")
    why: Words = Field("", title="Reason", description="For moved and dropped, in a few words.")
    all_of: str = Field(
        "",
        title="Everything of",
        description="A person's key or a role: with handed_over, all of its open actions. Leave Action empty then.",
    )
    team: str = Field("", title="Team", description="Its key, where several teams use this number.")


def say(work: Workplace, said: ActionChange) -> tuple[str, ...]:
    """Do what the form says; a sentence for each action as it stands then. Raises ActionError, and changes nothing."""
    if said.all_of:
        if said.action or said.word != "handed_over":
            raise ActionError("Everything of somebody can only be handed over: leave Action empty, choose handed_over.")
        return sentences(hand_over_all(work, said.all_of, said.to, said.team))
    if not said.action:
        raise ActionError("Name the action by its number, for example A-14.")
    today = work.clock().astimezone(work.district.zone).date()
    return sentences([change_action(work, said.action, change_of(work.district, said, today), said.team)])


def sentences(changed: Sequence[TeamAction]) -> tuple[str, ...]:
    """How actions stand, each in a sentence: "A-14 is open, due 2026-12-04: Ask three vendors for quotes"."""
    return tuple(
        f"{one.action_key} is {one.state}{f', due {one.due_on}' if one.due_on and one.state == 'open' else ''}: "
        f"{one.title}"
        for one in changed
    )
