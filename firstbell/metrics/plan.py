"""The plan and the people who carry it: milestones, actions, leaders' hours, meetings, stakeholders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Leader:
    """An education technology leader of a school, by key."""

    leader_key: str
    school_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursEntry:
    """Hours that a leader logged under one category, such as training, coaching or district_meeting."""

    leader_key: str
    on: date
    category: str
    hours: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingKept:
    """A planned meeting and the day it was held; None when it was not."""

    planned_on: date
    held_on: date | None = None
