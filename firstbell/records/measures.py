"""Whatever can be counted: measures from any file or interface, and answers to surveys."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from firstbell.records._base import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement(Record):
    """A countable fact about a scope and a period, so that a CSV and an API feed the same indicator.

    A ratio is `numerator` of `denominator`; a plain count has no denominator. `scope` is "district" or
    "school:<key>". `people` is the size of the group behind the figure where it is about people, for suppression.
    `as_of` is when it was true: the same count stated for a later day is a new version, since its age is judged.
    """

    measure_key: str
    scope: str
    period_start_on: date
    period_end_on: date
    numerator: float
    denominator: float | None = None
    people: int | None = None
    as_of: datetime

    @property
    def entity_key(self) -> str:
        return f"{self.measure_key}/{self.scope}/{self.period_start_on}/{self.period_end_on}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyCounts(Record):
    """The answers to one question of one wave by one group, as counts and nothing else.

    `counts` runs from the least to the most favourable answer. `invited` is None when nobody knows whom it reached.
    """

    survey_key: str
    wave: str
    group: str
    scope: str
    question_key: str
    counts: tuple[int, ...]
    no_answer: int = 0
    invited: int | None = None
    fielded_on: date

    @property
    def entity_key(self) -> str:
        return f"{self.survey_key}/{self.wave}/{self.group}/{self.scope}/{self.question_key}"
