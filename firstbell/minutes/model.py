"""What a person fills in after a meeting: the same fields in a YAML file and in the form of the Prefect UI.

Dates are text and nothing is null, because a form shows such fields plainly; an empty field says nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, WithJsonSchema

from firstbell.config._section import Section


def _day(text: str) -> str:
    if text:
        try:
            date.fromisoformat(text)
        except ValueError as error:
            raise ValueError("must be a date written like 2026-11-20") from error
    return text


Day = Annotated[str, AfterValidator(_day), WithJsonSchema({"type": "string", "pattern": r"^(\d{4}-\d\d-\d\d)?$"})]
"""A date as text; empty where nothing is said."""

Words = Annotated[str, Field(max_length=2_000)]
"""Free text of a few sentences."""

Title = Annotated[str, Field(min_length=1, max_length=200)]
"""One line."""


def _in_order(schema: dict[str, Any]) -> None:
    """Prefect's form shows fields by their `position`: here the order in which they are written."""
    for position, field in enumerate(schema["properties"].values()):
        field["position"] = position


class Entry(Section):
    """A part of a form. Numbers may be written without quotes, and fields are shown in the order they stand in."""

    model_config = ConfigDict(coerce_numbers_to_str=True, json_schema_extra=_in_order)


class DecisionWord(Entry):
    """What became of a decision that stood in the packet."""

    decision: str = Field(title="Decision", description="Its number on page one, or its key.", min_length=1)
    word: Literal["decided", "postponed", "dropped"] = Field(
        "decided", title="What became of it", description="postponed takes it to the next meeting."
    )
    outcome: Words = Field("", title="Outcome", description="What was decided, in one sentence.")


class NewDecision(Entry):
    """A decision that was taken, or found to be needed, in the meeting itself."""

    title: Title = Field(title="Decision", description="What was to be decided, in one line.")
    word: Literal["decided", "postponed"] = Field(
        "decided", title="What became of it", description="postponed asks it in the next meeting."
    )
    outcome: Words = Field("", title="Outcome", description="What was decided, in one sentence.")
    objective: str = Field("", title="Objective", description="Key of an objective, or an indicator that shows it.")
    security: bool = Field(False, title="Confidential", description="Only for editions that may see security matters.")


class ActionWord(Entry):
    """What became of an action that was open."""

    action: str = Field(title="Action", description="Its number, for example A-14.", min_length=1)
    word: Literal["open", "done", "moved", "handed_over", "dropped"] = Field(
        "done", title="What became of it", description="open leaves it as it is."
    )
    on: Day = Field("", title="Day", description="For done or dropped; the day of the meeting by default.")
    due: Day = Field("", title="New date", description="For moved.")
    to: str = Field("", title="New owner", description="For handed_over: a role or a person's key.")
    why: Words = Field("", title="Reason", description="For moved and dropped.")


class NewAction(Entry):
    """What somebody promised in the meeting."""

    title: Title = Field(title="Action", description="What will be done, in one line.")
    owner: str = Field(title="Owner", description="A role or a person's key.", min_length=1)
    due: Day = Field("", title="Due", description="Written like 2026-11-20.")
    objective: str = Field("", title="Objective", description="Key of an objective, or an indicator that shows it.")


class Minutes(Entry):
    """The minutes of one meeting. Recording them again changes nothing; a corrected copy replaces what it corrects."""

    team: str = Field(title="Team", description="Key of the team.", min_length=1)
    meeting: str = Field(
        "", title="Meeting", description="Its date, such as 2026-11-05; empty for the last one that has begun."
    )
    held_on: Day = Field("", title="Held on", description="Only if it was held on another day than planned.")
    by: str = Field("team_leader", title="Written by", description="Role of the person who writes this.")
    attended: tuple[str, ...] = Field((), title="Attended", description="Keys of people, or roles.")
    absent: tuple[str, ...] = Field((), title="Absent", description="Keys of people, or roles.")
    visited: tuple[str, ...] = Field((), title="Objectives looked at", description="Keys of objectives.")
    decisions: tuple[DecisionWord, ...] = Field((), title="Decisions", description="Those that stood in the packet.")
    new_decisions: tuple[NewDecision, ...] = Field((), title="New decisions", description="Those that did not.")
    actions: tuple[ActionWord, ...] = Field((), title="Open actions", description="What became of them.")
    new_actions: tuple[NewAction, ...] = Field((), title="New actions", description="What was promised.")
    ideas: tuple[Words, ...] = Field((), title="Ideas", description="New ideas and challenges, a line each.")
    note: Words = Field("", title="Note", description="Anything else.")
