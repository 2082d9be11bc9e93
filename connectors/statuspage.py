"""What vendors declare on their public status pages: incidents and planned maintenance, per service.

Reads `/api/v2/incidents.json` and `/api/v2/scheduled-maintenances.json` of an Atlassian Statuspage (incident.io pages
answer at the same addresses). No login is needed. The page gives only the 50 newest incidents and no paging, so a
first read knows no more than those; a nightly read keeps what the page forgets.

These are the vendor's words about itself. They are never mixed with what the probes measured.
Vendor page: https://status.atlassian.com/api
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, Field, ValidationError, model_validator

from connectors._base import Complete, Connector, FetchRequest, Stream, StreamMode
from connectors._errors import SettingsError
from connectors._http import Http, HttpSettings
from connectors._shape import bad_shape
from firstbell.records import VendorIncident

PAGES = (
    ("api/v2/incidents.json", "incidents", False),
    ("api/v2/scheduled-maintenances.json", "scheduled_maintenances", True),
)
"""Where the page keeps what, under which key, and whether it was planned."""


class Component(BaseModel):
    id: str
    name: str


class Update(BaseModel):
    affected_components: list[dict[str, str | None]] | None = None


class Incident(BaseModel):
    """An incident or a maintenance, with only the fields that are read. Times are ISO 8601 with an offset."""

    id: str
    name: str
    impact: str
    status: str
    created_at: AwareDatetime
    started_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = None
    updated_at: AwareDatetime | None = None
    scheduled_for: AwareDatetime | None = None
    scheduled_until: AwareDatetime | None = None
    components: list[Component] | None = None
    incident_updates: list[Update] = []

    def touches(self, wanted: str) -> bool:
        """True when the component of this name or id is affected, or the page does not say which are."""
        told = {word for one in self.components or () for word in (one.id, one.name)}
        for update in self.incident_updates:
            for one in update.affected_components or ():
                told |= {one.get("code") or "", one.get("name") or ""}
        return not told - {""} or wanted in told


class ComponentList(BaseModel):
    components: list[Component]


class StatuspageSettings(HttpSettings):
    """One vendor's page and which of the district's services hang on it."""

    service_key: str | None = Field(None, description="The district's service that the whole page stands for.")
    components: dict[str, str] = Field(
        default_factory=dict,
        description="Instead of service_key: the district's service keys, each with a component's name or id.",
    )

    @model_validator(mode="after")
    def _one_of_two(self) -> StatuspageSettings:
        if (self.service_key is None) == (not self.components):
            raise ValueError("give either service_key or components")
        return self


class Statuspage(Connector):
    """The newest incidents and maintenances of a page. An incident that names no component counts for every service."""

    title = "Vendor status page (Atlassian Statuspage)"
    docs_url = "https://status.atlassian.com/api"
    streams = (Stream("incidents", VendorIncident, StreamMode.UPSERT),)
    least_privilege = "None: the page is public and no login is sent."
    checked_against = "documented shapes only"
    Settings = StatuspageSettings

    settings: StatuspageSettings

    def check(self) -> str:
        with Http(self.settings, self.context) as http:
            self._prove_components(http)
        return f"{http.host} answers, and every component that is asked for is there."

    def fetch(self, request: FetchRequest) -> Iterator[VendorIncident | Complete]:
        with Http(self.settings, self.context, deadline=request.deadline) as http:
            self._prove_components(http)
            for path, key, planned in PAGES:
                for incident in _incidents(http, path, key):
                    yield from self._records(incident, planned)
        yield Complete("incidents")

    def _records(self, incident: Incident, planned: bool) -> Iterator[VendorIncident]:
        wanted = {self.settings.service_key: ""} if self.settings.service_key else self.settings.components
        for service_key, component in wanted.items():
            if component and not incident.touches(component):
                continue
            yield VendorIncident(
                incident_key=incident.id,
                service_key=str(service_key),
                title=incident.name,
                impact=incident.impact,
                started_at=_start(incident, planned),
                resolved_at=_end(incident, planned),
                updated_at=incident.updated_at,
                planned=planned,
            )

    def _prove_components(self, http: Http) -> None:
        """Raise SettingsError for a component that the page lacks: it must not look like one without trouble."""
        answer = http.get_json("api/v2/components.json")
        try:
            there = ComponentList.model_validate(answer).components
        except ValidationError as error:
            raise bad_shape(http.host, error) from None
        names = {word for one in there for word in (one.id, one.name)}
        missing = [key for key, component in self.settings.components.items() if component not in names]
        if missing:
            raise SettingsError(
                f"{http.host} has no component for {', '.join(missing)}; write its name or id under components as the "
                "page shows it."
            )


def _incidents(http: Http, path: str, key: str) -> Iterator[Incident]:
    answer = http.get_json(path)
    rows = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise bad_shape(http.host, key)
    for row in rows:
        try:
            yield Incident.model_validate(row)
        except ValidationError as error:
            raise bad_shape(http.host, error) from None


def _start(incident: Incident, planned: bool) -> datetime:
    planned_start = incident.scheduled_for if planned else None
    return planned_start or incident.started_at or incident.created_at


def _end(incident: Incident, planned: bool) -> datetime | None:
    """When it ended; of a maintenance that is over but bears no such moment, when it was to end."""
    if incident.resolved_at is not None or not planned:
        return incident.resolved_at
    return incident.scheduled_until if incident.status == "completed" else None
