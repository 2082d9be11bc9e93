"""The part of services.yaml that says how looks are counted: policies, groups, planned work."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, Self

from pydantic import Field, model_validator

from firstbell.config._section import Key, Section, require_order
from firstbell.recurrence import CalendarError, check_rule

Needed = Literal["class_hours", "testing", "service_hours", "breaks", "always"]
"""When something has to be there; the hours themselves stand in district.yaml."""

DISTRICT_POLICY = "district"
"""The policy of services and groups that name none."""


class Maintenance(Section):
    """Planned work on a service, once or again and again."""

    starts_at: datetime = Field(description="With an offset, or local time of the district.")
    ends_at: datetime = Field(description="With an offset, or local time of the district; an overrun counts.")
    repeats: str = Field(
        "", description="When it comes again, for example FREQ=WEEKLY;BYDAY=SU (RFC 5545); local times stay as written."
    )
    note: str = Field("", description="What is done.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        require_order(self.starts_at, self.ends_at, "starts_at and ends_at")
        if self.repeats:
            try:
                check_rule(self.repeats, self.starts_at.replace(tzinfo=None))
            except CalendarError:
                raise ValueError(
                    "repeats: cannot be read or gives no date within ten years; write it like FREQ=WEEKLY;BYDAY=SU"
                ) from None
        return self


class ServicePolicy(Section):
    """One version of an agreement on how looks at services are counted.

    A policy that changes gets a further entry of the same name with a later first day: periods before it stay as they
    were counted.
    """

    name: Key = Field(description="Services name their policy by it; district is that of all that name none.")
    valid_from: date = Field(date(2000, 1, 1), description="The first day of this version.")
    confirmation_failures: int | None = Field(
        None, ge=1, le=10, description="Failed looks in a row before an outage counts; left out: as under polling."
    )
    stale_after_intervals: float = Field(
        2.5, ge=1, le=100, description="For how many intervals a look speaks when none follows; then it is unknown."
    )
    gaps: Literal["exclude", "down", "up"] = Field(
        "exclude", description="What time counts as in which nobody looked; exclude leaves it out and says so."
    )
    degraded_weight: float = Field(0, ge=0, le=1, description="Which share of degraded time counts as down.")
    minimum_coverage: float = Field(
        0.5, ge=0, le=1, description="Below this share of watched time no percentage is printed."
    )
    merge_minutes: float = Field(0, ge=0, description="Outages closer than this are one.")
    dependency_margin_seconds: float = Field(
        60, ge=0, le=3600, description="How far around an outage of what it depends on a service's own is put to it."
    )
    target: float | None = Field(None, gt=0, le=1, description="The share of time agreed on, for example 0.999.")
    up_when: Literal["all", "any"] | None = Field(
        None, description="Up when all places see it up, or when any does; left out: as under polling."
    )


class ServiceGroup(Section):
    """Services that are judged as one."""

    key: Key = Field(description="Short name; no service has it.")
    name: str = Field(description="The name as printed, for example Internet access.")
    rule: Literal["all_down", "any_down", "worst", "weighted"] = Field(
        description="Down when all are (a redundant pair), when any is (a chain), as the worst, or weighted by pupils. "
        "The worst is judged by its own needed and policy, and so is a group of that rule."
    )
    members: tuple[Key, ...] = Field(min_length=1, description="The services.")
    needed: Needed = Field("class_hours", description="When it has to be there; not for the rule worst.")
    policy: Key = Field(DISTRICT_POLICY, description="The name of its policy; not for the rule worst.")
