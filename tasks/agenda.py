"""Agenda items as a job: what somebody wants on the next agenda."""

from __future__ import annotations

from prefect import task

from firstbell.intake.items import ItemWord, add_item, where_printed
from firstbell.packet.wording import Wording
from tasks.place import workplace


@task(name="add item")
def keep_item(word: ItemWord) -> str:
    """Write an item down; says under which number. Raises ItemError, and then nothing is kept."""
    with workplace() as work:
        item = add_item(work, word)
        placed = where_printed(work, item.team_key, item.meeting_key, Wording(work.district.zone))
    return f"{item.item_key} is {item.state}. {placed}".rstrip()
