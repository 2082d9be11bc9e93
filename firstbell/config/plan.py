"""plan.yaml: goals, objectives, initiatives and milestones, and what is written down while they are carried out."""

from __future__ import annotations

from datetime import date
from typing import Literal, Self

from pydantic import Field, model_validator

from firstbell.config._section import Key, Section
from firstbell.config.between import Grant

Verb = Literal["plan", "develop", "communicate", "implement", "evaluate"]


class Milestone(Section):
    """Something that is done on a day."""

    key: Key = Field(description="Short name.")
    title: str = Field(description="In plain words.")
    due: date = Field(description="The day it is due; the first value ever stored is its baseline.")
    done: date | None = Field(None, description="The day it was done.")
    school: Key | None = Field(None, description="For a milestone of one school.")
    rebaselined: date | None = Field(None, description="A new first date; it counts once its decision is recorded.")
    decision: str = Field("", description="Key of the recorded decision that set the new first date.")

    @model_validator(mode="after")
    def _decided(self) -> Self:
        if (self.rebaselined is None) != (not self.decision):
            raise ValueError("rebaselined and decision: a new first date needs the decision that set it; give both")
        return self


class Initiative(Section):
    """A project or roll-out."""

    key: Key = Field(description="Short name.")
    title: str = Field(description="In plain words.")
    owner_role: Key = Field("instructional_technology_coordinator", description="Who leads it.")
    levels: tuple[Literal["elementary", "middle", "high", "secondary", "other"], ...] = Field(
        (), description="Schools by level; secondary means middle and high."
    )
    schools: tuple[Key, ...] = Field((), description="Schools by key; with levels empty too: the whole district.")
    measure: str = Field("", description="The measure that counts progress per school, for example rollout.gradebook.")
    milestones: tuple[Milestone, ...] = Field((), description="Its milestones, or {file: milestones.csv}.")
    launch: Key | None = Field(None, description="The milestone with which it goes live; it must be ready before.")

    @model_validator(mode="after")
    def _launch_is_its_own(self) -> Self:
        if self.launch is not None and self.launch not in {one.key for one in self.milestones}:
            raise ValueError("launch: is no milestone of this initiative; write the key of one")
        return self


class Objective(Section):
    """What a goal comes down to."""

    key: Key = Field(description="Short name.")
    title: str = Field(description="In plain words.")
    indicators: tuple[str, ...] = Field((), description="Indicators that show it.")
    initiatives: tuple[Initiative, ...] = Field((), description="What is done for it.")


class Goal(Section):
    """What the team is for."""

    key: Key = Field(description="Short name.")
    title: str = Field(description="In plain words.")
    team: Key = Field(description="The team that set it.")
    objectives: tuple[Objective, ...] = Field((), description="Its objectives.")


class Evidence(Section):
    """That a phase of standard 1b took place, for the district or in a school."""

    initiative: Key = Field(description="A key of initiatives.")
    verb: Verb = Field(description="The phase.")
    level: Literal["district", "school"] = Field(description="Where.")
    school: Key | None = Field(None, description="Which school, where the level is school.")
    day: date = Field(description="When.")
    what: str = Field(description="What shows it: a document, a meeting, a page.")

    @model_validator(mode="after")
    def _school_where_needed(self) -> Self:
        if (self.level == "school") != (self.school is not None):
            raise ValueError("level and school: evidence of level school names its school, of level district none")
        return self


class ReadinessItem(Section):
    """Something that must be so before an initiative is launched."""

    initiative: Key = Field(description="A key of initiatives.")
    title: str = Field(description="In plain words.")
    owner_role: Key = Field(description="Who sees to it.")
    due: date = Field(description="By when.")
    state: Literal["ready", "not_ready", "unknown"] = Field("unknown", description="How it was when last looked at.")
    looked_on: date | None = Field(None, description="When somebody looked.")

    @model_validator(mode="after")
    def _looked_at(self) -> Self:
        if (self.state != "unknown") != (self.looked_on is not None):
            raise ValueError("state and looked_on: ready and not_ready need the day somebody looked, unknown has none")
        return self


class CoachingEntry(Section):
    """Coaching in a school: how many teachers, never who."""

    day: date = Field(description="When.")
    school: Key = Field(description="Where.")
    kind: Literal["one_to_one", "plc", "staff_meeting", "co_teaching", "workshop", "other"] = Field(description="How.")
    teachers: int = Field(ge=1, le=2000, description="How many teachers; no names.")
    hours: float = Field(gt=0, le=24, description="How long.")


class TrainingEntry(Section):
    """A training held for an objective: how many people, never who."""

    day: date = Field(description="When.")
    objective: Key = Field(description="A key of objectives.")
    school: Key | None = Field(None, description="For a training in one school.")
    people: int = Field(ge=1, le=100_000, description="How many people; no names.")
    hours: float = Field(gt=0, le=24, description="How long it was for each.")


class HoursEntry(Section):
    """Hours an Education Technology leader spent."""

    person: Key = Field(description="A key of people.")
    day: date = Field(description="When.")
    category: Literal["training", "staff_meeting", "plc", "coaching", "district_meeting", "personal_development"] = (
        Field(description="What for.")
    )
    hours: float = Field(gt=0, le=24, description="How many.")


class EtLeaders(Section):
    """What is expected of Education Technology leaders."""

    hours_per_year: float = Field(25, ge=0, description="Hours per school year.")
    district_meetings: int = Field(4, ge=0, description="District meetings each must attend.")
    meetings_of: Key | None = Field(
        None,
        description="The team whose meetings count; without it each district team where a leader sits as such.",
    )
    meeting_hours: float = Field(2, ge=0, description="Hours of a meeting whose length meetings.yaml does not tell.")
    personal_hours: float = Field(7, ge=0, description="Hours of personal development and planning.")
    counting: Literal["inclusive", "additive"] = Field(
        "inclusive", description="Whether meetings and personal hours sit inside the hours per year."
    )
    hours: tuple[HoursEntry, ...] = Field((), description="The ledger, or {file: et_hours.csv}.")


class PlanFile(Section):
    """plan.yaml."""

    mission: str = Field("", description="One sentence.")
    goals: tuple[Goal, ...] = Field((), description="Goals, objectives, initiatives, milestones.")
    evidence: tuple[Evidence, ...] = Field((), description="Evidence of the five phases, or {file: evidence.csv}.")
    readiness: tuple[ReadinessItem, ...] = Field((), description="What launches wait for, or {file: readiness.csv}.")
    readiness_days: int = Field(30, ge=1, le=365, description="From how many days before a launch it must be ready.")
    coaching: tuple[CoachingEntry, ...] = Field((), description="The coaching log, or {file: coaching.csv}.")
    training: tuple[TrainingEntry, ...] = Field((), description="Trainings held, or {file: trainings.csv}.")
    et_leaders: EtLeaders = Field(EtLeaders(), description="Education Technology leaders.")
    grants: tuple[Grant, ...] = Field((), description="Money that can be applied for, or {file: grants.csv}.")
    public_figures: tuple[str, ...] = Field(
        (), description="Indicators whose figures the board lets stand on the public year-end page."
    )
