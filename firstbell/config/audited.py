"""sources.yaml, services.yaml, systems.yaml, compliance.yaml and targets.yaml: what is audited, and against what."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from firstbell.config._section import Key, Section
from firstbell.config.service_rules import DISTRICT_POLICY, Maintenance, Needed, ServiceGroup, ServicePolicy

OWN_SOURCES = frozenset({"probes", "plan", "team", "district_folder"})
"""The source keys of what we see and write down ourselves: another source's figures must not stand among them."""


class Source(Section):
    """One outside system that is read each night."""

    key: Key = Field(description="Short name; figures name their source by it.")
    kind: Key = Field(description="Which connector reads it: see docs/connectors.md.")
    title: str = Field(description="The name as the packet prints it, for example Help desk.")
    owner_role: Key = Field("it_lead", description="Who mends it when it falls silent.")
    stale_after_hours: float = Field(36, gt=0, description="Older than this, its figures are not known.")
    locations: dict[str, Key] = Field({}, description="The source's own place names, mapped to our school keys.")
    credential_ends: date | None = Field(None, description="Last day of its key, token or password, if it has one.")
    settings: dict[str, Any] = Field(description="What the connector of this kind asks for.")

    @field_validator("key")
    @classmethod
    def _not_ours(cls, key: str) -> str:
        if key in OWN_SOURCES:
            raise ValueError("is what our own figures go by; choose another")
        return key


class SourcesFile(Section):
    """sources.yaml."""

    sources: tuple[Source, ...] = Field((), description="The systems that are read.")


class Service(Section):
    """Something people use, looked at from outside by a probe of our own."""

    key: Key = Field(description="Short name.")
    name: str = Field(description="The name as people say it, for example Sign-in.")
    probe: dict[str, Any] = Field(description="{kind: http, url: ...}: how to look; see docs/connectors.md.")
    schools: tuple[Key, ...] = Field((), description="Who depends on it; empty means every school.")
    needed: Needed = Field("class_hours", description="When it has to be there.")
    owner_role: Key = Field("it_lead", description="Who mends it.")
    maintenance: tuple[Maintenance, ...] = Field((), description="Planned work, left out of the figures.")
    depends_on: tuple[Key, ...] = Field((), description="Services it cannot be reached without, such as a switch.")
    policy: Key = Field(DISTRICT_POLICY, description="The name of its policy.")


MAIN_POOL = "firstbell"
"""The work pool of everything that does not look from another place, as prefect.yaml names it."""


class Vantage(Section):
    """Another place to look from: its worker runs there and takes work from a pool of its own."""

    key: Key = Field(description="Short name, for example annex.")
    name: str = Field(description="The name as printed, for example the annex.")
    pool: Key = Field(description="Prefect's work pool that its worker serves, for example firstbell_annex.")


class Polling(Section):
    """How rounds of looks are made."""

    every_seconds: int = Field(60, ge=10, le=3600, description="From one round to the next.")
    timeout_seconds: float = Field(10, gt=0, le=120, description="Longest wait for one service.")
    vantage: Key = Field("here", description="From where we look; a name of this machine or site.")
    further_vantages: tuple[Vantage, ...] = Field((), description="Other places to look from, each with a worker.")
    up_when: Literal["all", "any"] = Field("all", description="Up when all places see it up, or when any does.")
    control_name: str = Field("", description="A name that always resolves; when it does not, all is unknown.")
    control_address: str = Field(
        "", pattern=r"^$|^\S+:\d{1,5}$", description="host:port that always answers; when it does not, all is unknown."
    )
    per_host: int = Field(4, ge=1, description="Looks at one host at the same time.")
    confirmation_failures: int = Field(2, ge=1, le=10, description="Failed looks in a row before an outage counts.")
    ca_bundle: str = Field("", description="File of certificate authorities to trust instead of the system's.")
    jitter_seconds: float = Field(
        0, ge=0, le=1800, description="Over how long the looks of a round are spread; each service keeps its moment."
    )
    filter_issuers: tuple[Annotated[str, Field(min_length=3)], ...] = Field(
        (), description="Names in the web filter's own certificates: what it signed was not the service, so unknown."
    )

    @model_validator(mode="after")
    def _time_for_a_look(self) -> Self:
        if self.jitter_seconds > self.every_seconds / 2:
            raise ValueError("jitter_seconds must be at most half of every_seconds; later looks would find no time")
        return self

    @model_validator(mode="after")
    def _vantages_apart(self) -> Self:
        pools = (MAIN_POOL, *(one.pool for one in self.further_vantages))
        for what, names in (("key", self.vantages), ("pool", pools)):
            if len(set(names)) < len(names):
                raise ValueError(f"each vantage needs a {what} of its own")
        return self

    @property
    def vantages(self) -> tuple[str, ...]:
        """The keys of all places that look, the first of them ours."""
        return (self.vantage, *(one.key for one in self.further_vantages))


class ServicesFile(Section):
    """services.yaml."""

    polling: Polling = Field(Polling(), description="How often and from where.")
    policies: tuple[ServicePolicy, ...] = Field((), description="How looks are counted, by name and first day.")
    services: tuple[Service, ...] = Field((), description="The services, or {file: services.csv}.")
    groups: tuple[ServiceGroup, ...] = Field((), description="Services that are judged as one.")


class System(Section):
    """Something that holds data and must be backed up: a line of the inventory that coverage is measured against."""

    key: Key = Field(description="Short name.")
    name: str = Field(description="The name as printed, for example Finance.")
    recovery_point_hours: float = Field(24, gt=0, description="How old the newest good backup may be.")
    restore_limit_hours: float | None = Field(None, gt=0, description="How long a restore may take.")
    vendor_hosted: bool = Field(False, description="True when the vendor keeps the backups.")
    owner_role: Key = Field("it_lead", description="Who answers for it.")


class SystemsFile(Section):
    """systems.yaml."""

    systems: tuple[System, ...] = Field((), description="The inventory, or {file: systems.csv}.")


class ComplianceItem(Section):
    """One duty that the district keeps evidence for."""

    framework: Key = Field(description="For example ferpa, cipa, local.")
    code: str = Field(description="The duty's code within it.")
    title: str = Field(description="In plain words.")
    owner_role: Key = Field("data_security_specialist", description="Who keeps the evidence.")
    subject: str = Field("district", description="Whom it is about.")


class ComplianceFile(Section):
    """compliance.yaml."""

    items: tuple[ComplianceItem, ...] = Field((), description="What must be evidenced, or {file: items.csv}.")
    expiring_within_days: int = Field(60, ge=1, description="From when an item is called expiring.")


class AdoptedTarget(Section):
    """A target that the team adopted: before that there is a figure and no verdict."""

    indicator: str = Field(description="An id of catalogs/needs_instrument.yaml, for example IP-01.")
    target: float | tuple[float, float] = Field(
        description="The value to reach, in the indicator's unit; for a band its two edges."
    )
    floor: float | tuple[float, float] | None = Field(
        None, description="The value at which the need is total; for a band one on either side."
    )
    basis: str = Field("local decision", description="Law, benchmark or decision it rests on.")
    adopted_on: date = Field(description="When the team adopted it.")
    due_on: date | None = Field(None, description="By when it is to be reached; a near date makes a need urgent.")


class TargetsFile(Section):
    """targets.yaml."""

    adopted: tuple[AdoptedTarget, ...] = Field((), description="Targets the team adopted.")
