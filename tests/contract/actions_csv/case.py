"""A list of action items with people's names in it that must never be seen again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from firstbell.records import ActionItemSeen, Record
from tests.contract.file_case import TABLE, FileCase
from tests.contract.suite import Situation

HEAD = "Ref,Action,Owner,Status,Due,Opened,Closed,Goal,Remarks\n"
FIRST = '1,"Try the spare line, once",Network desk,In progress,2026-12-01,2026-10-06,,reliable,rang Jane Pupil\n'
SECOND = "2,Ask the vendor,Jane Pupil,{state},2026-11-03,2026-10-06,{closed},,\n"
THIRD = "3,Print the guide,,Won't do,,2026-11-03,2026-11-05,,\n"

ONE = ActionItemSeen(
    action_key="1",
    title="Try the spare line, once",
    owner="it_lead",
    state="open",
    due_on=date(2026, 12, 1),
    opened_on=date(2026, 10, 6),
    objective_key="reliable",
)
TWO = ActionItemSeen(
    action_key="2",
    title="Ask the vendor",
    owner="",
    state="done",
    due_on=date(2026, 11, 3),
    opened_on=date(2026, 10, 6),
    closed_on=date(2026, 11, 2),
)
THREE = ActionItemSeen(
    action_key="3",
    title="Print the guide",
    owner="",
    state="dropped",
    opened_on=date(2026, 11, 3),
    closed_on=date(2026, 11, 5),
)


class Case(FileCase):
    kind = "actions_csv"
    situations = TABLE | {Situation.UNKNOWN_ENUM}
    private = ("Jane Pupil", "rotten-cell")
    good_cell = "2026-11-02"
    missing_heading = "Status"
    missing_field = "state"
    bad_field = "Closed"

    def text(self, situation: Situation) -> str:
        if situation is Situation.EMPTY:
            return HEAD
        if situation is Situation.UNKNOWN_ENUM:
            return HEAD + FIRST + SECOND.format(state="Parked 🅿", closed="")
        if situation is Situation.CHANGED:
            return HEAD + FIRST.replace("2026-12-01", "2026-12-15") + THIRD
        return HEAD + FIRST + SECOND.format(state="Done", closed=self.good_cell)

    def settings(self) -> Mapping[str, Any]:
        return {
            "file": "exports/*.csv",
            "owners": {"network DESK": "it_lead"},
            "states": {"Won't do": "dropped"},
        }

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return ()
        if situation is Situation.UNKNOWN_ENUM:
            return (ONE, replace(TWO, state="open", closed_on=None))
        if situation is Situation.CHANGED:
            return (replace(ONE, due_on=date(2026, 12, 15)), THREE)
        return (ONE, TWO)
