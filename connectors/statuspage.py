"""What vendors declare on their public status pages: incidents, planned maintenance and states, per service.

Reads the documented pages below `/api/v2/` of an Atlassian Statuspage (incident.io pages answer at the same
addresses): components, incidents and scheduled maintenances. No login is needed. The page gives only the 50 newest
incidents and no paging, and nothing older is documented; a nightly read keeps what the page forgets. Where the list is
full and does not reach back to the newest incident of the last read (on a first read: at all), the time before its
oldest incident is yielded as unknown, so that it does not look quiet.

A service may be a component, a group of components (by the group's name or id) or the whole page. Where an incident's
updates say what a component was from when on, each stretch that is over becomes a window under the vendor's own word.
A component that is not operational while no open incident speaks of it is told as an incident of its own, from its
last change until a read finds it operational again.

These are the vendor's words about itself. They are never mixed with what the probes measured.
Vendor page: https://status.atlassian.com/api
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field, model_validator

from connectors._base import Complete, Connector, FetchRequest, Stream, StreamMode, Yielded
from connectors._declared import OPERATIONAL, Update, declared, stretches
from connectors._errors import SettingsError
from connectors._http import Http, HttpSettings
from connectors._shape import bad_shape, shaped
from firstbell.intervals import Window
from firstbell.records import ServiceWindow, VendorIncident

PAGES = (
    ("api/v2/incidents.json", "incidents", False),
    ("api/v2/scheduled-maintenances.json", "scheduled_maintenances", True),
)
"""Where the page keeps what, under which key, and whether it was planned."""


LISTED = 50
"""How many incidents the page gives at most."""

YEAR = timedelta(days=366)
"""How far before the oldest incident of a first, full list the time is called unknown: no report looks further back."""

UNLISTED = f"declared by the vendor: the page lists its {LISTED} newest incidents, and this time lies before them"

Names = frozenset[str] | None
"""All ids and names that a service answers to on the page; None is the whole page."""


class Component(BaseModel):
    """A component or, where `group` says so, a group; `components` are then the ids of its members."""

    id: str
    name: str
    status: str = OPERATIONAL
    updated_at: AwareDatetime | None = None
    group: bool = False
    group_id: str | None = None
    components: list[str] = []


class ComponentList(BaseModel):
    components: list[Component]


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

    def touches(self, names: Names) -> bool:
        """True when one of these is affected, or the page does not say which components are."""
        told = {word for one in self.components or () for word in (one.id, one.name)}
        for update in self.incident_updates:
            for one in update.affected_components or ():
                told |= {one.code or "", one.name or ""}
        return names is None or not told - {""} or not names.isdisjoint(told)


class StatuspageSettings(HttpSettings):
    """One vendor's page and which of the district's services hang on it."""

    service_key: str | None = Field(None, description="The district's service that the whole page stands for.")
    components: dict[str, str] = Field(
        default_factory=dict,
        description="Instead of service_key: our service keys, each with a component's or group's name or id.",
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
    streams = (
        Stream("incidents", VendorIncident, StreamMode.UPSERT),
        Stream("declared", ServiceWindow, StreamMode.UPSERT),
    )
    least_privilege = "None: the page is public and no login is sent."
    checked_against = "documented shapes only"
    Settings = StatuspageSettings

    settings: StatuspageSettings

    def check(self) -> str:
        with Http(self.settings, self.context) as http:
            found = self._services(http, _components(http))
        bad = sorted(key for key, (_, parts) in found.items() if any(one.status != OPERATIONAL for one in parts))
        note = f" Not operational at present: {', '.join(bad)}." if bad else ""
        return f"{http.host} answers, and every component that is asked for is there.{note}"

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        with Http(self.settings, self.context, deadline=request.deadline) as http:
            found = self._services(http, _components(http))
            told = [(one, planned) for path, key, planned in PAGES for one in _incidents(http, path, key)]
        services = {service: names for service, (names, _) in found.items()}
        for incident, planned in told:
            yield from _records(incident, planned, services)
        episodes: dict[str, Any] = {}
        before = request.states.get("incidents", {})
        for service, (_, parts) in found.items():
            for part in parts:
                key = f"{service}/{part.id}"
                episode = before.get(key) or _begun(part, told)
                if episode is not None:
                    yield _own_state(service, part, episode)
                if episode is not None and part.status != OPERATIONAL:
                    episodes[key] = {**episode, "status": part.status}
        yield Complete("incidents", state=episodes)
        for incident, planned in told:
            yield from _stretches(incident, planned, services)
        listed = [incident.created_at for incident, planned in told if not planned]
        kept = request.states.get("declared", {}).get("newest")
        known = datetime.fromisoformat(kept) if kept else None
        if (gap := _unlisted(listed, known)) is not None:
            yield from (_not_known(service, gap) for service in services)
        newest = max([*listed, *([known] if known else [])], default=None)
        yield Complete("declared", state={"newest": newest.isoformat()} if newest else {})

    def _services(self, http: Http, there: Sequence[Component]) -> Mapping[str, tuple[Names, list[Component]]]:
        """What each service answers to and which components it is.

        Raises SettingsError for a component that the page lacks: it must not look like one without trouble.
        """
        if self.settings.service_key is not None:
            return {self.settings.service_key: (None, [one for one in there if not one.group])}
        found = {key: _parts(there, wanted) for key, wanted in self.settings.components.items()}
        missing = [key for key, parts in found.items() if not parts]
        if missing:
            raise SettingsError(
                f"{http.host} has no component for {', '.join(missing)}; write its name or id under components as the "
                "page shows it."
            )
        return {
            key: (frozenset(word for one in parts for word in (one.id, one.name)), [p for p in parts if not p.group])
            for key, parts in found.items()
        }


def _components(http: Http) -> list[Component]:
    return shaped(http.host, ComponentList, http.get_json("api/v2/components.json")).components


def _parts(there: Sequence[Component], wanted: str) -> list[Component]:
    """The component of a name or id; of a group, with all its members, which the page tells in two ways."""
    named = [one for one in there if wanted in (one.id, one.name)]
    groups = {one.id for one in named if one.group}
    members = {member for one in named for member in one.components}
    return [*named, *(one for one in there if one not in named and (one.group_id in groups or one.id in members))]


def _incidents(http: Http, path: str, key: str) -> Iterator[Incident]:
    answer = http.get_json(path)
    rows = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise bad_shape(http.host, key)
    for row in rows:
        yield shaped(http.host, Incident, row)


def _records(incident: Incident, planned: bool, services: Mapping[str, Names]) -> Iterator[VendorIncident]:
    for service_key, names in services.items():
        if incident.touches(names):
            yield VendorIncident(
                incident_key=incident.id,
                service_key=service_key,
                title=incident.name,
                impact=incident.impact,
                started_at=_start(incident, planned),
                resolved_at=_end(incident, planned),
                updated_at=incident.updated_at,
                planned=planned,
            )


def _stretches(incident: Incident, planned: bool, services: Mapping[str, Names]) -> Iterator[ServiceWindow]:
    if incident.status == "scheduled":
        return
    for service_key, names in services.items():
        for stretch in stretches(incident.incident_updates, names, _end(incident, planned)):
            yield declared(service_key, stretch)


def _unlisted(listed: Sequence[datetime], known: datetime | None) -> Window | None:
    """The time before a list of incidents of which nobody knows what it had; None where the list is whole.

    `listed` is when they were created, `known` the newest of the read before: a list that holds it has all since then.
    """
    if len(listed) < LISTED:
        return None
    oldest = min(listed)
    start = oldest - YEAR if known is None else known
    return Window(start, oldest) if start < oldest else None


def _not_known(service_key: str, gap: Window) -> ServiceWindow:
    return ServiceWindow(
        service_key=service_key,
        started_at=gap.start,
        ended_at=gap.end,
        accounting_policy=UNLISTED,
        unknown_seconds=gap.seconds,
    )


def _begun(part: Component, told: Sequence[tuple[Incident, bool]]) -> dict[str, str] | None:
    """A component's trouble that no incident tells, as it is remembered: since when, and what; None without any."""
    names = frozenset({part.id, part.name})
    if part.status == OPERATIONAL or part.updated_at is None:
        return None
    if any(incident.touches(names) and _lasts(incident, planned) for incident, planned in told):
        return None
    return {"since": part.updated_at.isoformat(), "status": part.status}


def _lasts(incident: Incident, planned: bool) -> bool:
    return incident.status in ("in_progress", "verifying") if planned else incident.resolved_at is None


def _own_state(service: str, part: Component, episode: Mapping[str, str]) -> VendorIncident:
    """A component's trouble that no open incident tells; over as soon as a read finds it operational."""
    since, over = datetime.fromisoformat(episode["since"]), part.status == OPERATIONAL
    status = episode["status"] if over else part.status
    return VendorIncident(
        incident_key=f"{part.id}/{episode['since']}",
        service_key=service,
        title=f"{part.name}: {status.replace('_', ' ')}",
        impact=status,
        started_at=since,
        resolved_at=max(part.updated_at or since, since) if over else None,
        updated_at=part.updated_at,
        planned=status == "under_maintenance",
    )


def _start(incident: Incident, planned: bool) -> datetime:
    planned_start = incident.scheduled_for if planned else None
    return planned_start or incident.started_at or incident.created_at


def _end(incident: Incident, planned: bool) -> datetime | None:
    """When it ended; of a maintenance that is over or not begun, and bears no such moment, when it is to end."""
    if incident.resolved_at is not None or not planned:
        return incident.resolved_at
    return incident.scheduled_until if incident.status in ("completed", "scheduled") else None
