"""What leaves between two meetings, and the dates that money hangs on: parts of district.yaml and plan.yaml."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from firstbell.config._section import Key, Section, require_order

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class MinutesFile(Section):
    """The pre-filled minutes that the team leader gets after a meeting."""

    send: bool = Field(True, description="False: nobody gets one; `firstbell minutes --template` still prints it.")
    days_after: int = Field(
        1, ge=0, le=7, description="Days after the meeting; a day on which the offices are closed moves later."
    )


class Reminders(Section):
    """Mails to those who promised something: one mail a person and day. A day that is closed moves earlier."""

    send: bool = Field(True, description="False: nobody is reminded.")
    days_before: int = Field(3, ge=0, le=30, description="The first reminder, days before the due date; 0: none.")
    on_due_date: bool = Field(True, description="Whether a reminder leaves on the due date itself.")


class MorningMail(Section):
    """The mail to those who run the systems: only when something is bad, worst first."""

    send: bool = Field(True, description="False: nobody gets one.")
    roles: tuple[Key, ...] = Field(("it_lead",), min_length=1, description="Who gets it, by role.")
    days: tuple[Weekday, ...] = Field(
        ("mon", "tue", "wed", "thu", "fri"), min_length=1, description="On which days; never when offices are closed."
    )
    proof_of_life: Weekday | Literal["never"] = Field(
        "mon", description="The day on which one short mail says that all is well, where no other mail did."
    )
    certificate_days: int = Field(7, ge=0, le=60, description="A certificate is bad this many days before its end.")

    @model_validator(mode="after")
    def _a_day_that_is_looked_at(self) -> Self:
        if self.proof_of_life not in (*self.days, "never"):
            raise ValueError("proof_of_life: is none of the days; name one of them, or never")
        return self


class BetweenMeetings(Section):
    """What leaves between two meetings."""

    minutes_file: MinutesFile = Field(MinutesFile(), description="Pre-filled minutes after a meeting.")
    reminders: Reminders = Field(Reminders(), description="Reminders of actions.")
    morning: MorningMail = Field(MorningMail(), description="The morning mail.")


class Grant(Section):
    """Money that can be had: when its window opens, and by when somebody must have asked."""

    key: Key = Field(description="Short name.")
    title: str = Field(description="In plain words, for example E-rate Form 471.")
    opens: date | None = Field(None, description="The first day on which one may apply.")
    due: date = Field(description="The last day.")
    amount: float | None = Field(None, ge=0, description="What it may bring, in whole currency units.")
    owner_role: Key = Field("team_leader", description="Who applies.")
    link: str = Field("", pattern=r"^(https?://\S+)?$", description="The programme's own page.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.opens is not None:
            require_order(self.opens, self.due, "opens and due")
        return self
