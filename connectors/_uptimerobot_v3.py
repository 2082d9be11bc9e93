"""Version 3 of UptimeRobot's interface: monitors, incidents and a share of any window, each with its instants.

Shapes: the vendor's OpenAPI description, https://github.com/uptimerobot/uptimerobot-cli/blob/main/openapi/openapi.yaml
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import AwareDatetime, BaseModel, Field

from connectors._http import Http, Parameters
from connectors._monitor import Change, held
from connectors._shape import bad_shape, shaped
from firstbell.intervals import Window, Windows, difference, union
from firstbell.records import ObservationInterval, ServiceState

MONITORS_A_PAGE = 200

PRESENT = {
    "PAUSED": (ServiceState.UNKNOWN, "paused"),
    "STARTED": (ServiceState.UNKNOWN, "new"),
    "UP": (ServiceState.UP, ""),
    "LOOKS_DOWN": (ServiceState.UNKNOWN, "retry"),
    "DOWN": (ServiceState.DOWN, ""),
}
"""What a monitor's status means now; any other is unknown."""

DOWNTIME, SLOW = "Downtime", "SlowResponse"
"""The types of incidents. A slow answer is none of an outage; a type that nobody has heard of is unknown."""


class Monitor(BaseModel):
    """A monitor. Its present state has lasted for `currentStateDuration` seconds."""

    id: int
    friendlyName: str  # noqa: N815 - the vendor's own names
    url: str | None = None
    status: str
    currentStateDuration: float = Field(ge=0, allow_inf_nan=False)  # noqa: N815
    createDateTime: AwareDatetime  # noqa: N815


class Whose(BaseModel):
    id: int


class Incident(BaseModel):
    """When an incident began and ended; its reason is left where it is."""

    type: str
    monitor: Whose
    startedAt: AwareDatetime  # noqa: N815
    resolvedAt: AwareDatetime | None = None  # noqa: N815


class Uptime(BaseModel):
    """UptimeRobot's own share of a window, in percent, and the incidents it counted in it."""

    uptime: float = Field(ge=0, le=100)
    incident_count: int = Field(ge=0)


def monitors(http: Http) -> list[Monitor]:
    """All monitors of the account."""
    return [shaped(http.host, Monitor, row) for row in _rows(http, "v3/monitors", {"limit": MONITORS_A_PAGE})]


def incidents(http: Http, since: datetime) -> Mapping[int, Sequence[Incident]]:
    """All incidents of the account that began since a moment, by their monitor's id."""
    found: defaultdict[int, list[Incident]] = defaultdict(list)
    for row in _rows(http, "v3/incidents", {"started_after": f"{since:%Y-%m-%dT%H:%M:%SZ}"}):
        one = shaped(http.host, Incident, row)
        found[one.monitor.id].append(one)
    return found


def stretches(
    key: str, source_key: str, one: Monitor, told: Sequence[Incident], over: Window
) -> Iterator[ObservationInterval]:
    """What is told of a monitor up to the end of `over`: its incidents, and its present state for as long as it lasts.

    Of the time between two incidents before that UptimeRobot says here only that there was none, which a pause reads
    like too: it is left unknown. Reading every night, the state of each night closes the gaps.
    """
    state, reason = PRESENT.get(one.status, (ServiceState.UNKNOWN, "status"))
    now = over.end
    began = max(now - timedelta(seconds=one.currentStateDuration), over.start, one.createDateTime)
    lasting: Windows = union([Window(min(began, now), now)])
    down = _union(told, (DOWNTIME,), over)
    if state is ServiceState.DOWN:
        down = union([*down, *lasting])
    strange = difference(_union(told, {each.type for each in told} - {DOWNTIME, SLOW}, over), down)
    parts = [(window, ServiceState.DOWN, "") for window in down]
    parts += [(window, ServiceState.UNKNOWN, "incident") for window in strange]
    if state is not ServiceState.DOWN:
        rest = difference(lasting, union([*down, *strange]))
        parts += [(window, state, reason) for window in rest]
    for window, seen, why in sorted(parts, key=lambda part: part[0]):
        yield from held(key, source_key, [Change(window.start, seen, why)], window.end)


def share(http: Http, one: Monitor, day: Window, *, failed: bool) -> float | None:
    """UptimeRobot's own share of a day; None where it gives the 0 of knowing nothing: nothing `failed` on that day."""
    asked = {"from": f"{day.start:%Y-%m-%dT%H:%M:%SZ}", "to": f"{day.end:%Y-%m-%dT%H:%M:%SZ}"}
    told = shaped(http.host, Uptime, http.get_json(f"v3/monitors/{one.id}/stats/uptime", asked))
    return told.uptime / 100 if told.uptime or told.incident_count or failed else None


def _union(told: Sequence[Incident], types: Any, over: Window) -> Windows:
    windows = (
        Window(one.startedAt, max(one.startedAt, one.resolvedAt or over.end)).clipped(over)
        for one in told
        if one.type in types and one.startedAt < over.end
    )
    return union(window for window in windows if window is not None)


def _rows(http: Http, path: str, asked: Parameters) -> Iterator[Any]:
    """The rows of all pages. The link to the next one may be whole, a path or a query: its cursor is what counts."""

    def following(page: Any) -> Parameters | None:
        link = page.get("nextLink") if isinstance(page, dict) else None
        cursor = parse_qs(urlsplit(link).query).get("cursor") if isinstance(link, str) else None
        return {**asked, "cursor": cursor[0]} if cursor else None

    for page in http.pages(path, asked, following):
        rows = page.get("data") if isinstance(page, dict) else None
        if not isinstance(rows, list):
            raise bad_shape(http.host, "data")
        yield from rows
