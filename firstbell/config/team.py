"""teams.yaml and meetings.yaml: who meets, and when."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from firstbell.config._section import Key, Language, Section, deliverable
from firstbell.recurrence import CalendarError, check_rule, read_rule

SchoolYearName = str
Edition = Literal["leadership", "technical", "representative", "public"]
LONGEST_AHEAD = 180
LONGEST_BEFORE = 60


def _days_or_off(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    if value == "off" or (type(value) is int and 0 <= value <= LONGEST_AHEAD):
        return handler(value)
    raise ValueError(f"must be a number of days from 0 to {LONGEST_AHEAD}, or off")


MaterialKind = Literal["light", "outage", "backup", "decision", "correction"]
"""What may be material enough for an addendum; a meeting that moved or is cancelled always is."""
DaysBefore = Annotated[int | Literal["off"], WrapValidator(_days_or_off)]
"""A stage's day, counted back from the meeting; off where a team does without it."""


class Person(Section):
    """A person who is written to or who owns something. Names and addresses live here and nowhere else."""

    key: Key = Field(description="Short name.")
    name: str = Field(description="As printed on the person's own cover.")
    email: Annotated[str, AfterValidator(deliverable)] = Field(
        "", pattern=r"^([^@\s]+@[^@\s]+)?$", description="Empty for somebody who gets no mail."
    )
    schools: tuple[Key, ...] = Field((), description="Where the person works or belongs.")
    language: Language | Literal[""] = Field(
        "", description="en or es; left out: the language of the person's edition, see packet in district.yaml."
    )


class Membership(Section):
    """A person's seat in a team: one or more roles for some school years."""

    person: Key = Field(description="A key of people.")
    roles: tuple[Key, ...] = Field(min_length=1, description="Keys of catalogs/roles.yaml.")
    groups: tuple[Key, ...] = Field((), description="Stakeholder groups spoken for, if other than the roles' own.")
    starts: SchoolYearName = Field("", pattern=r"^(\d{4}-\d{2})?$", alias="from", description="First school year.")
    ends: SchoolYearName = Field("", pattern=r"^(\d{4}-\d{2})?$", alias="until", description="Last school year.")
    edition: Edition | None = Field(None, description="Instead of the edition that the roles give.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.starts and self.ends and self.ends < self.starts:
            raise ValueError("from and until: the last school year lies before the first; exchange or mend them")
        return self


class Team(Section):
    """A team that meets."""

    key: Key = Field(description="Short name.")
    name: str = Field(description="As printed.")
    level: Literal["district", "school"] = Field("district", description="District or school team.")
    school: Key | None = Field(None, description="For a school team: its packet tells of this school alone.")
    mission: str = Field("", description="One sentence.")
    members: tuple[Membership, ...] = Field(min_length=1, description="Who sits in it.")

    @model_validator(mode="after")
    def _school_where_needed(self) -> Self:
        if (self.level == "school") != (self.school is not None):
            raise ValueError("level and school: a team of level school names its school, one of level district none")
        return self


class TeamsFile(Section):
    """teams.yaml."""

    people: tuple[Person, ...] = Field(min_length=1, description="Everybody who is named, or {file: people.csv}.")
    teams: tuple[Team, ...] = Field(min_length=1, description="The teams.")


class Recurrence(Section):
    """A rule for dates: RFC 5545 words, in local time. "Bi-monthly" is no rule, for it means two things: every two
    months is FREQ=MONTHLY;INTERVAL=2;BYDAY=1TH, twice a month is FREQ=MONTHLY;BYDAY=1TH,3TH; or list the dates."""

    rule: str = Field(description="For example FREQ=MONTHLY;BYDAY=1TH, the first Thursday of each month.")
    starts: datetime = Field(description="Local date and time of the first meeting.")

    @field_validator("rule")
    @classmethod
    def _readable(cls, rule: str) -> str:
        try:
            read_rule(rule, datetime(2000, 1, 1))  # noqa: DTZ001  local time, as the rule is
        except CalendarError as error:
            raise ValueError(
                "is no RFC 5545 rule for days, weeks, months or years; an example is FREQ=MONTHLY;BYDAY=1TH"
            ) from error
        return rule

    @model_validator(mode="after")
    def _gives_dates(self) -> Self:
        try:
            check_rule(self.rule, self.starts.replace(tzinfo=None))
        except CalendarError as error:
            raise ValueError(f"rule: {error}") from error
        return self


class Move(Section):
    """One meeting that is not where the rule puts it."""

    original: date = Field(description="The date the rule gives; another is refused.")
    to: datetime | None = Field(None, description="Local date and time; left out when the meeting is cancelled.")


class LaterCadence(Section):
    """Another way to find the dates, from a day on. Meetings before that day stay as they were."""

    starts: date = Field(alias="from", description="First day on which it holds.")
    recurrence: Recurrence | None = Field(None, description="A rule, or")
    dates: tuple[datetime, ...] = Field((), description="explicit local dates, or")
    ics: str = Field("", description="the address or file of a calendar.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        _one_way_to_find_the_dates(self)
        return self


class Sending(Section):
    """What goes out before a meeting, and when. Closed days move earlier; preview, draft and packet share no day."""

    invitation_days: DaysBefore = Field(
        "off", description="Own calendar invitation to all, days before; off where a shared calendar invites."
    )
    preview_days: DaysBefore = Field(
        12, description="Preview to each section's owner, days before the meeting, or off."
    )
    draft_days: DaysBefore = Field(10, description="Draft to the team leader, days before the meeting, or off.")
    send_days: DaysBefore = Field(
        7, description="Packet to all, days before the meeting, or off where draft and minutes are enough."
    )
    addendum_days: DaysBefore = Field(
        1, description="Addendum to all, days before the meeting, only when something material changed, or off."
    )
    addendum_for: tuple[MaterialKind, ...] = Field(
        ("light", "outage", "backup", "decision", "correction"), description="What is material for an addendum."
    )
    addendum_correction: float = Field(
        0.1, ge=0, description="From which share of the printed value on a correction is material."
    )
    at: time = Field(time(6), description="Local time.")
    approval: Literal["unless_held", "required"] = Field(
        "unless_held", description="unless_held: goes out at its hour; required: waits for an approval."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        """Only what is written is refused; a default gives way to what is written around it."""
        days = {"preview_days": self.preview_days, "draft_days": self.draft_days, "send_days": self.send_days}
        written = {name: day for name, day in days.items() if day != "off" and name in self.model_fields_set}
        if isinstance(self.send_days, int) and self.send_days > LONGEST_BEFORE:
            raise ValueError(f"send_days: must be a number of days from 0 to {LONGEST_BEFORE}, or off")
        if isinstance(self.draft_days, int) and isinstance(self.send_days, int) and self.draft_days < self.send_days:
            raise ValueError("draft_days and send_days: the draft leaves after the packet; make draft_days the larger")
        if list(written.values()) != sorted(written.values(), reverse=True):
            raise ValueError("preview_days, draft_days, send_days: what comes first needs the larger number of days")
        if self.send_days == "off" and self.approval == "required":
            raise ValueError("approval and send_days: without a packet there is nothing to approve; set one of the two")
        if self.draft_days == "off" and self.approval == "required":
            raise ValueError("approval and draft_days: an approval needs a draft to speak on; give draft_days a number")
        return self


class Series(Section):
    """A team's meetings."""

    key: Key = Field(description="Short name.")
    team: Key = Field(description="A key of teams.")
    title: str = Field(description="As printed, for example Technology leadership team.")
    place: str = Field("", description="Room or link.")
    duration_minutes: int = Field(90, ge=10, le=600, description="How long.")
    recurrence: Recurrence | None = Field(None, description="A rule, or")
    dates: tuple[datetime, ...] = Field((), description="explicit local dates, or")
    ics: str = Field("", description="the address or file of the calendar where the meetings already live.")
    later: tuple[LaterCadence, ...] = Field((), description="Changes of the cadence, each from its day on.")
    moves: tuple[Move, ...] = Field((), description="Moved and cancelled meetings.")
    sending: Sending = Field(Sending(), description="When what goes out.")

    @model_validator(mode="after")
    def _cadences_fit(self) -> Self:
        _one_way_to_find_the_dates(self)
        days = [cadence.starts for cadence in self.later]
        if days != sorted(set(days)):
            raise ValueError("later: each cadence needs a day of its own, the earliest first")
        return self


def _one_way_to_find_the_dates(cadence: Series | LaterCadence) -> None:
    if sum((cadence.recurrence is not None, bool(cadence.dates), bool(cadence.ics))) != 1:
        raise ValueError("needs exactly one of recurrence, dates or ics")


class MeetingsFile(Section):
    """meetings.yaml."""

    series: tuple[Series, ...] = Field(min_length=1, description="The teams' meetings.")
