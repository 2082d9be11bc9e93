"""Targets: what a figure is measured against, where that number comes from, and whether the team made it its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from firstbell.errors import FirstbellError

Goal = float | tuple[float, float]
"""One number, or for a band its lower and upper edge."""


class Better(StrEnum):
    """Which way a figure should go."""

    UP = "up"
    DOWN = "down"
    BAND = "band"
    """Inside is right, and each way out is a need."""
    FLAG = "flag"
    """It is so or it is not."""


class Basis(StrEnum):
    """Where a target's number comes from."""

    LAW = "law"
    FEDERAL_GOAL = "federal_goal"
    CISA = "cisa"
    BENCHMARK = "benchmark"
    SAMPLE_POLICY = "sample_policy"
    TEAM_PURPOSE = "team_purpose"
    """Said in so many words where the team's own purpose and roles are described."""
    LOCAL = "local"


class TargetError(FirstbellError):
    """A target that cannot be used; the sentence names the indicator and what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What one indicator is measured against.

    `floor` is the value at which the need is total: below the goal when up is better, above it when down is; for a
    band the values at which it is total on either side. `goal` None means that there is only a figure to watch.
    `needs_adoption` is false only for law and failed backups.

    Raises TargetError when goal and floor leave no way between them.
    """

    indicator: str
    goal: Goal | None
    floor: Goal | None
    better: Better
    basis: Basis
    basis_text: str = ""
    adopted_on: date | None = None
    adopted_by: str = ""
    needs_adoption: bool = True
    due_on: date | None = None

    def __post_init__(self) -> None:
        if self.goal is not None and not _fits(self.better, self.goal, self.floor):
            raise TargetError(
                f"targets: {self.indicator}: target and floor do not fit a figure where the right direction is"
                f" {self.better}; the floor must lie where the need is total."
            )

    @property
    def in_force(self) -> bool:
        """Whether a verdict may be given: there is a goal, and the team adopted it or need not."""
        return self.goal is not None and (self.adopted_on is not None or not self.needs_adoption)


def _fits(better: Better, goal: Goal, floor: Goal | None) -> bool:
    if isinstance(goal, tuple) and isinstance(floor, tuple):
        return better is Better.BAND and floor[0] < goal[0] <= goal[1] < floor[1]
    if isinstance(goal, tuple) or isinstance(floor, tuple) or better is Better.BAND:
        return False
    if better is Better.FLAG:
        return True
    if floor is None:
        return False
    return floor < goal if better is Better.UP else floor > goal


def override(default: Target, change: Mapping[str, Any], team: str = "") -> Target:
    """The district's word over the instrument's default.

    `change` may hold target, floor, basis, adopted_on, adopted_by and due_on; what it leaves out stays. A basis is one
    of the codes or the district's own words, and those are a local decision, as is another target without a basis.
    Raises TargetError.
    """
    unknown = set(change) - _CHANGEABLE
    if unknown:
        raise TargetError(f"targets: {default.indicator}: {', '.join(sorted(unknown))} is not a field; remove it.")
    if not default.needs_adoption and not change.get("adopted_on") and {"target", "floor"} & set(change):
        raise TargetError(
            f"targets: {default.indicator}: this target holds without adoption; to change it, add adopted_on."
        )
    basis, basis_text = _basis(default, change)
    return Target(
        indicator=default.indicator,
        goal=_goal(default, change, "target") if change.get("target") is not None else default.goal,
        floor=_goal(default, change, "floor") if change.get("floor") is not None else default.floor,
        better=default.better,
        basis=basis,
        basis_text=basis_text,
        adopted_on=change.get("adopted_on"),
        adopted_by=str(change.get("adopted_by") or (team if change.get("adopted_on") else "")),
        needs_adoption=default.needs_adoption,
        due_on=change.get("due_on"),
    )


_CHANGEABLE = frozenset({"target", "floor", "basis", "adopted_on", "adopted_by", "due_on"})


def _basis(default: Target, change: Mapping[str, Any]) -> tuple[Basis, str]:
    """The basis and its words: the district's own, or the default's while its number stands."""
    said = str(change.get("basis") or "")
    if said in list(Basis):
        return Basis(said), default.basis_text if Basis(said) is default.basis else ""
    unchanged = change.get("target") is None or _goal(default, change, "target") == default.goal
    if said:
        return Basis.LOCAL, said
    return (default.basis, default.basis_text) if unchanged else (Basis.LOCAL, "")


def _goal(default: Target, change: Mapping[str, Any], name: str) -> Goal:
    given = change[name]
    numbers = given if isinstance(given, list | tuple) else [given]
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in numbers):
        numbers = []
    if len(numbers) == 2:
        return float(numbers[0]), float(numbers[1])
    if len(numbers) == 1:
        return float(numbers[0])
    raise TargetError(
        f"targets: {default.indicator}: the {name} is no number and no pair of numbers; write one, such as 0.9."
    )


def targets_for(
    defaults: Mapping[str, Target], changes: Mapping[str, Mapping[str, Any]], team: str = ""
) -> dict[str, Target]:
    """Every indicator's target: the instrument's default, or what the district's targets.yaml says.

    `defaults` comes from `Instrument.targets`. Raises TargetError with every fault, one a line.
    """
    faults = [
        f"targets: {key}: the instrument has no such indicator; mend the id." for key in changes if key not in defaults
    ]
    resolved = dict(defaults)
    for key, change in changes.items():
        if key in defaults:
            try:
                resolved[key] = override(defaults[key], change, team)
            except TargetError as error:
                faults.append(str(error))
    if faults:
        raise TargetError("\n".join(faults))
    return resolved
