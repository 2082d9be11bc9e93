"""What a needs assessment comes to: one result an indicator and scope, one an area, and the JSON they are kept as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import TypeAdapter

from firstbell.assessment.instrument import Area
from firstbell.assessment.scoring import Moscow, light_of
from firstbell.assessment.targets import Target
from firstbell.kpi import Kpi, Light

DISTRICT = "district"


def result_key(indicator: str, scope: str) -> str:
    """How a result is named among others: the indicator's id for the district, "TI-01/school:oak" for a school."""
    return indicator if scope == DISTRICT else f"{indicator}/{scope}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartDue:
    """How much of a pro-rated goal has come due, over 0 and up to 1, and the day on which all of it has."""

    share: float
    whole_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorResult:
    """One indicator of one scope, judged.

    `attainment`, `need`, `urgency` and `priority` are None wherever there is no verdict: nothing known, or no target
    in force. `worse_for` counts the successive assessments in which it moved away from its target. `due` is set where
    the goal is pro-rated: the light compares with that part.
    """

    indicator: str
    version: int
    area: Area
    weight: int
    must_measure: bool
    kpi: Kpi
    target: Target
    light: Light
    attainment: float | None = None
    need: float | None = None
    urgency: int | None = None
    priority: float | None = None
    moscow: Moscow | None = None
    worse_for: int = 0
    due: PartDue | None = None

    @property
    def held(self) -> bool:
        """Whether the figure has passed a boundary and its light waits for two points more."""
        return self.attainment is not None and self.light is not light_of(self.attainment)

    @property
    def scope(self) -> str:
        return self.kpi.scope

    @property
    def key(self) -> str:
        return result_key(self.indicator, self.scope)

    def to_json(self) -> str:
        """One line of JSON; `from_json` gives an equal result."""
        return _RESULT.dump_json(self).decode()

    @staticmethod
    def from_json(text: str) -> IndicatorResult:
        return _RESULT.validate_json(text)

    def to_plain(self) -> dict[str, Any]:
        """JSON's own types, as a database keeps them; `from_plain` gives an equal result."""
        plain: dict[str, Any] = _RESULT.dump_python(self, mode="json")
        return plain

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> IndicatorResult:
        return _RESULT.validate_python(plain)


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaResult:
    """One area of the district: `score` 0 to 100 or None, `coverage` the share of weight behind it.

    `worst_must` names the must-measure that shows the worst light; None where all of them are met or there are none.
    """

    area: Area
    light: Light
    score: float | None
    coverage: float
    worst_must: str | None = None
    held: bool = False
    """Whether the score has passed a boundary and the light waits for two points more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """A whole needs assessment, frozen as it was at `as_of`: of the district, or of the one school in `scope`."""

    as_of: datetime
    instrument_version: str
    results: tuple[IndicatorResult, ...]
    areas: tuple[AreaResult, ...]
    scope: str = DISTRICT

    @property
    def district(self) -> tuple[IndicatorResult, ...]:
        """The results of the district, or of the school that is assessed, in the instrument's order."""
        return tuple(result for result in self.results if result.scope == self.scope)

    @property
    def needs(self) -> tuple[IndicatorResult, ...]:
        """Its needs, the most pressing first: the musts, then by priority."""
        wanting = [result for result in self.district if result.need]
        return tuple(
            sorted(wanting, key=lambda one: (one.moscow is not Moscow.MUST, -(one.priority or 0), one.indicator))
        )

    @property
    def strengths(self) -> tuple[IndicatorResult, ...]:
        """What reached its target in full, the weightiest first."""
        reached = [result for result in self.district if result.attainment == 1.0]
        return tuple(sorted(reached, key=lambda one: (-one.weight, one.indicator)))

    @property
    def awaiting_targets(self) -> tuple[IndicatorResult, ...]:
        """Known figures that wait for a target to be adopted, the weightiest first."""
        waiting = [result for result in self.district if result.kpi.known and result.light is Light.NO_TARGET]
        return tuple(sorted(waiting, key=lambda one: (-one.weight, one.indicator)))

    @property
    def unknown(self) -> tuple[IndicatorResult, ...]:
        """What has no figure, with the reason in its `kpi`."""
        return tuple(result for result in self.district if not result.kpi.known)

    def result(self, indicator: str, scope: str = DISTRICT) -> IndicatorResult:
        """One result; KeyError when there is none."""
        return self.by_key[result_key(indicator, scope)]

    @property
    def by_key(self) -> Mapping[str, IndicatorResult]:
        """Results by `IndicatorResult.key`: what the next assessment takes as `previous`."""
        return {result.key: result for result in self.results}

    def to_json(self) -> str:
        """JSON that `from_json` reads back to an equal assessment."""
        return _ASSESSMENT.dump_json(self).decode()

    @staticmethod
    def from_json(text: str) -> Assessment:
        return _ASSESSMENT.validate_json(text)


_RESULT = TypeAdapter(IndicatorResult)
_ASSESSMENT = TypeAdapter(Assessment)
