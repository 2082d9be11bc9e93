"""Reference data under catalogs/: roles, obligations and controls, each file with its source, version and licence.

Files are read strictly: an unknown field, a missing one or a wrong value is an error, and all of a file's errors are
told at once, each with its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from firstbell.errors import FirstbellError

CATALOGS = Path(__file__).resolve().parents[1] / "catalogs"

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class CatalogError(FirstbellError):
    """A reference file that cannot be used: one sentence a fault, each with file and line."""


class CatalogEntry(BaseModel):
    """Base of everything read from a reference file: strict and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True, str_min_length=1)


class CatalogFile(CatalogEntry):
    """What every reference file says of itself before its content."""

    title: str
    source: tuple[str, ...] = Field(min_length=1)
    version: str
    retrieved: date
    licence: str


FileModel = TypeVar("FileModel", bound=CatalogFile)


def load_catalog(path: Path, model: type[FileModel]) -> FileModel:
    """Read one reference file. Raises CatalogError with every fault of the file and its line."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise CatalogError(f"{path.name} cannot be read ({error.strerror}); restore it from the repository.") from error
    try:
        content = YAML(typ="safe").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise CatalogError(f"{path.name}:{line}: this is not valid YAML; check indentation and quotes.") from error
    try:
        return model.model_validate(content)
    except ValidationError as error:
        lines = YAML(typ="rt").load(text)
        faults = [(_line(lines, fault["loc"]), _sentence(fault)) for fault in error.errors(include_input=False)]
        told = [f"{path.name}:{line}: {sentence}" for line, sentence in sorted(faults)]
        raise CatalogError("\n".join(told)) from None


def fault_at(path: Path, loc: tuple[str | int, ...], sentence: str) -> str:
    """A fault that only a look beyond the file can find, in the form of `load_catalog`'s own."""
    lines = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    return f"{path.name}:{_line(lines, loc)}: {'.'.join(map(str, loc))} {sentence}"


def _line(node: Any, loc: tuple[str | int, ...]) -> int:
    """The line, counted from 1, of the deepest part of `loc` that stands in the file."""
    line = 1
    for step in loc:
        position = getattr(node, "lc", None)
        if position is None:
            break
        try:
            line = (position.key(step) if isinstance(node, Mapping) else position.item(step))[0] + 1
            node = node[step]
        except (KeyError, IndexError, TypeError):
            continue  # pydantic names the chosen member of a union too, which does not stand in the file
    return line


_SENTENCES = {
    "missing": "is missing; add it.",
    "extra_forbidden": "is no known field; remove it or mend its spelling.",
}


def _sentence(fault: Mapping[str, Any]) -> str:
    place = ".".join(map(str, fault["loc"])) or "the file"
    said = fault["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{place} {_SENTENCES.get(fault['type'], f'is not usable: {said[:1].lower()}{said[1:]}.')}"


class Edition(StrEnum):
    """The editions of a packet that a role can be given; the public one goes to nobody by name."""

    LEADERSHIP = "leadership"
    TECHNICAL = "technical"
    REPRESENTATIVE = "representative"


class StakeholderGroup(CatalogEntry):
    """One of the groups that a technology leadership team should hear."""

    key: Key
    title: str
    description: str


class Verb(CatalogEntry):
    """One of the five things to do with a technology plan (ISTE coaching standard 1b, 2011)."""

    key: Key
    title: str
    description: str


class Role(CatalogEntry):
    """A part that a person plays in the team. One person may hold several, and several may share one."""

    key: Key
    title: str
    groups: tuple[Key, ...] = Field(min_length=1)
    edition: Edition
    sections: tuple[Key, ...] = ()
    description: str


class Roles(CatalogFile):
    """catalogs/roles.yaml: who is heard, who does what, and who may see which edition."""

    sections: Mapping[Key, str]
    """Key and heading of each packet section that a role can own."""
    groups: tuple[StakeholderGroup, ...]
    verbs: tuple[Verb, ...]
    roles: tuple[Role, ...]

    def role(self, key: str) -> Role:
        """The role of that key; KeyError when the catalogue has none."""
        return {role.key: role for role in self.roles}[key]

    def owners(self, section: str) -> tuple[str, ...]:
        """The keys of the roles that own a packet section."""
        return tuple(role.key for role in self.roles if section in role.sections)


@cache
def load_roles(path: Path = CATALOGS / "roles.yaml") -> Roles:
    """The roles and stakeholder groups. Raises CatalogError also for a group or section that is not defined."""
    roles = load_catalog(path, Roles)
    groups = {group.key for group in roles.groups}
    faults = [
        fault_at(path, ("roles", index, field), f"names {name}, which this file does not define.")
        for index, role in enumerate(roles.roles)
        for field, names, known in (("groups", role.groups, groups), ("sections", role.sections, set(roles.sections)))
        for name in names
        if name not in known
    ]
    faults += [
        fault_at(path, ("roles", index, "key"), "stands twice; keep one.")
        for index, role in enumerate(roles.roles)
        if role.key in {other.key for other in roles.roles[:index]}
    ]
    if faults:
        raise CatalogError("\n".join(faults))
    return roles


class ControlMapping(CatalogEntry):
    """Where another framework says the same: its edition and its identifiers, never its text."""

    framework: str
    edition: str
    codes: tuple[str, ...] = Field(min_length=1)


class Control(CatalogEntry):
    """One measure of a framework, in our own words."""

    code: str
    title: str
    asks: str
    evidence: tuple[str, ...] = Field(min_length=1)
    indicators: tuple[str, ...] = ()
    mappings: tuple[ControlMapping, ...] = ()
    owner_role: Key


class Controls(CatalogFile):
    """A file of catalogs/controls/."""

    framework: Key
    edition: str
    controls: tuple[Control, ...] = Field(min_length=1)


@cache
def load_controls(framework: str, folder: Path = CATALOGS / "controls") -> Controls:
    """The controls of one framework; the file bears its name. Raises CatalogError."""
    return load_catalog(folder / f"{framework}.yaml", Controls)


class ClockKind(StrEnum):
    """The calendar forms into which every duty fits."""

    ANNUAL_BY_DATE = "annual_by_date"
    ANNUAL_BY_SCHOOL_YEAR = "annual_by_school_year"
    EVERY_N_DAYS = "every_n_days"
    WITHIN_N_DAYS_OF_EVENT = "within_n_days_of_event"
    ONE_OFF_DEADLINE = "one_off_deadline"
    STANDING_STATE = "standing_state"


class ObligationClock(CatalogEntry):
    """When a duty falls due. Which fields belong to which kind is checked on reading.

    `month_day` is "MM-DD"; `days` counts from the last time (every_n_days), from `event` (within_n_days_of_event) or
    to the next look (standing_state); `hours` replaces `days` where a law counts hours. An event without either asks
    for haste and names no limit.
    """

    kind: ClockKind
    month_day: str | None = Field(default=None, pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
    days: int | None = Field(default=None, gt=0)
    hours: int | None = Field(default=None, gt=0)
    counting: Literal["calendar", "business"] = "calendar"
    event: str | None = None
    on: date | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed: Mapping[ClockKind, bool] = {
            ClockKind.ANNUAL_BY_DATE: self.month_day is not None,
            ClockKind.ANNUAL_BY_SCHOOL_YEAR: True,
            ClockKind.EVERY_N_DAYS: self.days is not None,
            ClockKind.WITHIN_N_DAYS_OF_EVENT: self.event is not None and (self.days is None or self.hours is None),
            ClockKind.ONE_OFF_DEADLINE: self.on is not None,
            ClockKind.STANDING_STATE: self.days is not None,
        }
        if not needed[self.kind]:
            raise ValueError(f"{self.kind} lacks its month_day, days, hours, event or on")
        return self


class Condition(CatalogEntry):
    """A fact about the district on which a duty depends: it applies when the answer is `needed`.

    Where nobody answered, `assumed` holds and the question stands.
    """

    fact: Key
    assumed: bool
    needed: bool = True
    question: str


class AppliesIf(CatalogEntry):
    """To which districts a duty applies. Population is the Census count of the district's area, not enrolment."""

    state: str | None = Field(default=None, pattern=r"^[A-Z]{2}$")
    population_at_least: int | None = None
    population_below: int | None = None
    conditions: tuple[Condition, ...] = ()

    def holds(self, state: str, population: int | None, facts: Mapping[str, bool]) -> bool:
        """True unless something known rules the duty out. An unknown population rules nothing out."""
        if self.state is not None and self.state != state:
            return False
        if any(facts.get(one.fact, one.assumed) != one.needed for one in self.conditions):
            return False
        if population is None:
            return True
        return (self.population_at_least or 0) <= population < (self.population_below or population + 1)


class Obligation(CatalogEntry):
    """One duty of law in our own words, with the place where the law says it.

    `support` says how the entry was confirmed; `watch` marks a rule that does not bind yet.
    """

    key: Key
    law: str
    title: str
    duty: str
    citation: str
    source_url: str = Field(pattern=r"^https://")
    checked_on: date
    support: Literal["source_read", "secondary", "unconfirmed"]
    status: Literal["in_force", "watch"] = "in_force"
    verify_with_counsel: bool = False
    applies_if: AppliesIf = AppliesIf()
    clock: ObligationClock
    evidence: Literal["machine_probe", "document", "attestation"]
    evidence_note: str
    owner_role: Key


class Obligations(CatalogFile):
    """A file of catalogs/obligations/."""

    obligations: tuple[Obligation, ...] = Field(min_length=1)


@cache
def read_obligations(path: Path) -> Obligations:
    """One jurisdiction's file. Raises CatalogError."""
    return load_catalog(path, Obligations)


def load_obligations(
    state: str,
    population: int | None = None,
    facts: Mapping[str, bool] | None = None,
    folder: Path = CATALOGS / "obligations",
) -> list[Obligation]:
    """The duties that nothing known about the district rules out, sorted by key.

    `facts` answers the conditions' questions, such as `serves_under_13`; `state` is the postal code. A state without
    a file of its own gets the federal duties. Raises CatalogError.
    """
    every = [duty for path in sorted(folder.glob("*.yaml")) for duty in read_obligations(path).obligations]
    return sorted(
        (duty for duty in every if duty.applies_if.holds(state.upper(), population, facts or {})),
        key=lambda duty: duty.key,
    )
