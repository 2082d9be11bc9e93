"""What a person fills in to speak on a draft: the form of the Prefect UI and the options of `firstbell review`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator

from firstbell.errors import FirstbellError
from firstbell.minutes.model import Day, Entry, Title, Words

_SENTENCE_END = re.compile(r"(?<=[.!?…])(?<!\b[A-Z][a-z]\.)(?<!\b[A-Z][a-z]{2}\.)\s+(?=[A-ZÀ-Þ])")
"""Where a capital begins anew. "Dr. Lee" and "Nov. 3" are no ends."""


class ReviewError(FirstbellError):
    """A word that does not fit: each line of it says what is wrong and what to do, and nothing was kept."""


class Question(Entry):
    """A decision that a person puts to the meeting."""

    title: Title = Field(title="Decision", description="What is to be decided, in one line.")
    options: tuple[str, ...] = Field((), title="Options", description="What may be chosen between.")
    recommendation: Words = Field("", title="Recommendation", description="What is recommended, and why.")
    cost: float = Field(0, ge=0, title="Cost", description="In whole currency units; 0 where it costs nothing.")
    decider: str = Field("", title="Who decides", description="A role; empty for the whole team.")
    deadline: Day = Field("", title="Needed by", description="Written like 2026-11-20.")
    security: bool = Field(False, title="Confidential", description="Only for editions that may see security matters.")


class LineNote(Entry):
    """Two sentences beside a bad line of the packet."""

    line: str = Field(title="Line", description="Its key, as `firstbell review` lists it.", min_length=1)
    text: str = Field(title="Note", description="At most two sentences; empty takes the note back.", max_length=400)

    @field_validator("text")
    @classmethod
    def _two_sentences(cls, text: str) -> str:
        if len(_SENTENCE_END.split(text.strip())) > 2:
            raise ValueError("may be two sentences at most; keep the rest for the meeting")
        return text


class ReviewWord(Entry):
    """What a person says to a draft before it goes out. Fields that are left as they are say nothing."""

    team: str = Field(title="Team", description="Key of the team.", min_length=1)
    meeting: str = Field("", title="Meeting", description="Its date, such as 2026-12-03; empty for the next one.")
    word: Literal["note", "approve", "hold"] = Field(
        "note", title="Word", description="hold keeps the packet back until somebody approves it; note changes nothing."
    )
    by: str = Field("team_leader", title="By", description="Role of whoever says this.")
    note: Words = Field("", title="Note", description="Kept beside the word.")
    confirm: tuple[str, ...] = Field((), title="Confirm decisions", description="Keys of proposals to print.")
    drop: tuple[str, ...] = Field((), title="Drop decisions", description="Keys of decisions to leave out.")
    add: tuple[Question, ...] = Field((), title="Add decisions", description="Further decisions for the meeting.")
    lines: tuple[LineNote, ...] = Field((), title="Notes on lines", description="Explanations of bad lines.")


def word_of(fields: Mapping[str, Any]) -> ReviewWord:
    """The word that plain fields make. Raises ReviewError naming the fields that do not fit, never their values."""
    try:
        return ReviewWord.model_validate(dict(fields))
    except ValidationError as error:
        raise ReviewError(faults_told(error)) from None


def faults_told(error: ValidationError) -> str:
    """A line for each field that does not fit; never a value."""
    found = error.errors(include_url=False, include_input=False)
    told = [f"{'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}." for one in found]
    return "\n".join(told)
