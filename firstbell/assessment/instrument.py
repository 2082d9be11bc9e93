"""The needs instrument: the indicators as data, so that a district edits a file and not code.

Each indicator names its formula in `firstbell.metrics`, what it reads, which way is better, a default target with its
basis, and how it is weighed. A formula that does not exist is an error when the file is read, never a quiet gap.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from firstbell.assessment.targets import Basis, Better, Goal, Target, TargetError
from firstbell.catalog import CATALOGS, CatalogEntry, CatalogError, CatalogFile, Key, fault_at, load_catalog, load_roles
from firstbell.metrics.formulas import FORMULAS


class Area(StrEnum):
    """The five criteria by which the team judges its progress, and the team's own plan."""

    TECHNOLOGY_INTEGRATION = "technology_integration"
    INFRASTRUCTURE = "infrastructure"
    SECURITY = "security"
    FEEDBACK = "feedback"
    BUDGET = "budget"
    PLAN = "plan"


AREA_TITLES: Mapping[Area, str] = {
    Area.TECHNOLOGY_INTEGRATION: "Classroom use",
    Area.INFRASTRUCTURE: "Services",
    Area.SECURITY: "Security",
    Area.FEEDBACK: "Feedback",
    Area.BUDGET: "Budget",
    Area.PLAN: "Plan and team",
}
"""The areas as page one prints them."""

_PREFIXES: Mapping[str, Area] = dict(zip(("TI", "IP", "SA", "SF", "BR", "GP"), Area, strict=True))


class StandardRef(CatalogEntry):
    """Where a published framework asks the same question: identifier only, never its text."""

    framework: Key
    edition: str
    code: str


class Indicator(CatalogEntry):
    """One question of the needs assessment. Ratios run from 0 to 1, in targets too.

    `feeds` names what it reads: a record type (`Ticket`), a measure (`measure:staff_two_step`), a survey group
    (`survey:staff`) or a list of the district folder (`team:meetings`). `fed_by` are the connectors and probes that
    can bring it today. `floor` is the value at which the need is total. `minimum_n` is how many people or rows must
    stand behind a figure before it is shown. The goal of a `pro_rated` one grows over the school year: its figure is
    set against the part that has come due. Figures of a `public` one stand on the public pages; of security none can.
    """

    id: str = Field(pattern=r"^(TI|IP|SA|SF|BR|GP)-\d\d$")
    version: int = Field(ge=1)
    title: str
    how: str
    area: Area
    core: bool
    unit: str
    formula: Key
    params: Mapping[str, Any] = {}
    better: Better
    target: Goal | None
    floor: Goal | None
    basis: Basis
    basis_text: str
    needs_adoption: bool = True
    pro_rated: bool = False
    weight: int = Field(ge=0, le=5)
    must_measure: bool = False
    owner_role: Key
    standard_refs: tuple[StandardRef, ...] = Field(min_length=1)
    divide: Literal["use", "design", "access", "none"]
    cadence: Literal["nightly", "weekly", "monthly", "per_survey", "per_meeting", "yearly"]
    levels: tuple[Literal["district", "school"], ...]
    audience: Literal["team", "public"] = "team"
    minimum_n: int = Field(default=1, ge=1)
    staleness_days: int = Field(gt=0)
    urgency: int = Field(ge=1, le=5)
    impact: int = Field(ge=1, le=5)
    effort: int = Field(ge=1, le=5)
    feeds: tuple[str, ...] = Field(min_length=1)
    fed_by: tuple[Key, ...] = Field(min_length=1)

    @field_validator("target", "floor", mode="before")
    @classmethod
    def _pair(cls, given: Any) -> Any:
        return tuple(given) if isinstance(given, list) else given

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.area is not _PREFIXES[self.id[:2]]:
            raise ValueError(f"{self.id} belongs to the area {_PREFIXES[self.id[:2]]}")
        if self.area is Area.SECURITY and self.audience == "public":
            raise ValueError(f"{self.id} is about security and cannot be public")
        if "district" not in self.levels:
            raise ValueError(f"{self.id} needs the level district")
        if not self.needs_adoption and self.target is None:
            raise ValueError(f"{self.id} cannot do without adoption and without a target")
        try:
            self.default_target()
        except TargetError:
            raise ValueError(f"{self.id} has a target and a floor that do not fit its direction") from None
        return self

    @property
    def parameters(self) -> Mapping[str, Any]:
        """What its formula is given: its own `params`, and the limits on age and number."""
        limits: dict[str, Any] = {"max_age_days": self.staleness_days}
        if self.minimum_n > 1:
            limits["minimum_n"] = self.minimum_n
        return {**self.params, **limits}

    def default_target(self) -> Target:
        """The instrument's proposal; nobody has adopted it yet."""
        return Target(
            indicator=self.id,
            goal=self.target,
            floor=self.floor,
            better=self.better,
            basis=self.basis,
            basis_text=self.basis_text,
            needs_adoption=self.needs_adoption,
        )


class Instrument(CatalogFile):
    """catalogs/needs_instrument.yaml."""

    indicators: tuple[Indicator, ...] = Field(min_length=1)

    @property
    def by_id(self) -> Mapping[str, Indicator]:
        """The indicators by their id."""
        return {indicator.id: indicator for indicator in self.indicators}

    @property
    def default_targets(self) -> dict[str, Target]:
        """Every indicator's proposal, for `targets_for`."""
        return {indicator.id: indicator.default_target() for indicator in self.indicators}

    def of(self, area: Area) -> tuple[Indicator, ...]:
        """The indicators of one area, in order."""
        return tuple(indicator for indicator in self.indicators if indicator.area is area)


@cache
def load_instrument(path: Path = CATALOGS / "needs_instrument.yaml") -> Instrument:
    """Read the instrument. Raises CatalogError with every fault, unknown formulas and owners among them."""
    return checked(load_catalog(path, Instrument), path, FORMULAS, {role.key for role in load_roles().roles})


def checked(instrument: Instrument, path: Path, formulas: Collection[str], roles: Collection[str]) -> Instrument:
    """`instrument` itself when its names all lead somewhere; CatalogError with every one that does not."""
    faults = []
    seen: set[str] = set()
    for index, indicator in enumerate(instrument.indicators):
        place: tuple[str | int, ...] = ("indicators", index)
        if indicator.id in seen:
            faults.append(fault_at(path, (*place, "id"), f"{indicator.id} stands twice; keep one."))
        if indicator.formula not in formulas:
            said = f"{indicator.formula} of {indicator.id} is no formula of firstbell.metrics; mend its name."
            faults.append(fault_at(path, (*place, "formula"), said))
        if indicator.owner_role not in roles:
            said = f"{indicator.owner_role} of {indicator.id} is no role of roles.yaml; mend its name."
            faults.append(fault_at(path, (*place, "owner_role"), said))
        seen.add(indicator.id)
    if faults:
        raise CatalogError("\n".join(faults))
    return instrument
