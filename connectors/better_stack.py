"""What Better Stack's uptime monitors declared down, and its own availability of each day.

Better Stack tells incidents with their instants, and of the time between them only that there was none: a pause and a
day on which nothing was looked at read alike. So an incident is a stretch of down, the newest look stands as the one
look that it is, and all else comes from Better Stack's own availability of a day, which it alone can vouch for.
Incidents begin once a failure is confirmed; what came before that confirmation is in neither figure. One that nobody
closed lasts, where the monitor is at rest, until its newest look.

A day's availability is not taken over where the monitor is paused, or where its newest look is from before the end of
that day by more than three intervals. Better Stack does not say in which zone it cuts days; they are kept as days of
UTC, and the policy says so.

Least access: an Uptime API token of the team; Better Stack knows no read-only ones, so it can change monitors too and
should be kept as a secret. Limits: one question for each service and day, and one for its incidents; how many are
allowed is not published.
Vendor page: https://betterstack.com/docs/uptime/api/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import AwareDatetime, BaseModel, Field, SecretStr

from connectors._base import Complete, Connector, FetchRequest, Stream, StreamMode, Yielded
from connectors._http import Http, HttpSettings
from connectors._http_auth import HeaderAuth
from connectors._looks import Look, Watch, intervals
from connectors._monitor import VANTAGE, Change, MonitorSettings, answered, held, matched, rested_since, stands_still
from connectors._shape import bad_shape, shaped
from firstbell.clock import is_ahead
from firstbell.intervals import Window, union
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow

MONITORS_A_PAGE = 250
INCIDENTS_A_PAGE = 50

PRESENT = {
    "up": (ServiceState.UP, ""),
    "down": (ServiceState.DOWN, ""),
    "validating": (ServiceState.DOWN, "retry"),
    "maintenance": (ServiceState.UNKNOWN, "maintenance"),
    "paused": (ServiceState.UNKNOWN, "paused"),
    "pending": (ServiceState.UNKNOWN, "new"),
}
"""What a monitor's status means; any other is unknown."""

COUNTS = "Better Stack: its availability of a day (taken as one of UTC) by the time of its own confirmed incidents"


class BetterStackSettings(HttpSettings, MonitorSettings):
    """The team's token and which of its monitors are the district's services."""

    url: str = Field("https://uptime.betterstack.com/", description="Address of Better Stack's interface.")
    api_token: SecretStr = Field(description="An Uptime API token of the team, as env:NAME or file:PATH.")
    incident_days: int = Field(35, ge=1, le=365, description="How far back incidents are read each time.")
    window_days: int = Field(2, ge=1, le=30, description="Of how many past days Better Stack's own figure is kept.")


class About(BaseModel):
    """What of a monitor is read. `check_frequency` is in seconds."""

    pronounceable_name: str | None = None
    url: str | None = None
    status: str
    check_frequency: int
    last_checked_at: AwareDatetime | None
    paused_at: AwareDatetime | None = None
    created_at: AwareDatetime | None = None


class Monitor(BaseModel):
    id: str
    attributes: About


class Times(BaseModel):
    """When an incident began and ended; its cause and what the server answered are left where they are."""

    started_at: AwareDatetime
    resolved_at: AwareDatetime | None


class Incident(BaseModel):
    attributes: Times


class Figures(BaseModel):
    """Better Stack's own figures; `availability` in percent, `total_downtime` in seconds."""

    availability: float = Field(ge=0, le=100)
    total_downtime: float = Field(ge=0)


class Sla(BaseModel):
    attributes: Figures


class BetterStack(Connector):
    """Incidents and the newest look of each service, and Better Stack's own availability of past days."""

    title = "Better Stack"
    docs_url = "https://betterstack.com/docs/uptime/api/"
    streams = (
        Stream("states", ObservationInterval, StreamMode.APPEND),
        Stream("windows", ServiceWindow, StreamMode.UPSERT),
    )
    least_privilege = "An Uptime API token of the team; there is no read-only one, so keep it secret."
    checked_against = "documented shapes only"
    Settings = BetterStackSettings

    settings: BetterStackSettings

    def check(self) -> str:
        with self._http(None) as http:
            found, unmapped = self._found(http)
        now = self.context.clock()
        still = {key: one.attributes.last_checked_at for key, one in found.items() if _still(one.attributes, now)}
        return answered(http.host, found, unmapped, still, now, self.context.zone)

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        now = self.context.clock().replace(microsecond=0)
        with self._http(request.deadline) as http:
            found, _ = self._found(http)
            for key, one in found.items():
                yield from self._states(http, key, one, now)
            abouts = [one.attributes for one in found.values()]
            rested = rested_since(((about.last_checked_at, _still(about, now)) for about in abouts), now)
            yield Complete("states", known_until=rested)
            for key, one in found.items():
                yield from self._days(http, key, one, now)
        yield Complete("windows")

    def _http(self, deadline: datetime | None) -> Http:
        auth = HeaderAuth("Authorization", self.settings.api_token, "Bearer ")
        return Http(self.settings, self.context, auth=auth, deadline=deadline)

    def _found(self, http: Http) -> tuple[Mapping[str, Monitor], int]:
        there = [
            shaped(http.host, Monitor, row) for row in _rows(http, "api/v2/monitors", {"per_page": MONITORS_A_PAGE})
        ]
        named = ((one, (one.id, one.attributes.pronounceable_name or "", one.attributes.url or "")) for one in there)
        return matched(http.host, self.settings, named)

    def _states(self, http: Http, key: str, one: Monitor, now: datetime) -> Iterator[ObservationInterval]:
        """Each stretch of incidents, overlapping ones as one, and the newest look."""
        earliest = (now - timedelta(days=self.settings.incident_days)).date()
        asked = {"monitor_id": one.id, "from": earliest.isoformat(), "per_page": INCIDENTS_A_PAGE}
        rows = _rows(http, "api/v3/incidents", asked)
        times = [shaped(http.host, Incident, row).attributes for row in rows]
        looked = one.attributes.last_checked_at
        # Of an incident that nobody closed a monitor at rest knows no more than its newest look.
        known = now if looked is None or not _still(one.attributes, now) else looked + timedelta(seconds=1)
        down = union(
            Window(each.started_at, max(each.started_at, min(each.resolved_at or known, now)))
            for each in times
            if each.started_at < now
        )
        for stretch in down:
            change = Change(stretch.start, ServiceState.DOWN)
            yield from held(key, self.context.source_key, [change], stretch.end)
        if looked is None or is_ahead(looked, now):
            return
        if not any(stretch.start <= looked < stretch.end for stretch in down):
            state, reason = PRESENT.get(one.attributes.status, (ServiceState.UNKNOWN, "status"))
            watch = Watch(key, self.context.source_key, VANTAGE, max(one.attributes.check_frequency, 1))
            yield from intervals(watch, [Look(looked.timestamp(), state, reason)])

    def _days(self, http: Http, key: str, one: Monitor, now: datetime) -> Iterator[ServiceWindow]:
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0)
        place = f"api/v2/monitors/{quote(one.id, safe='')}/sla"
        about = one.attributes
        for number in range(self.settings.window_days, 0, -1):
            start = today - timedelta(days=number)
            end = start + timedelta(days=1)
            if about.created_at is not None and about.created_at > start:
                continue
            day = start.date().isoformat()
            answer = http.get_json(place, {"from": day, "to": day})
            figures = shaped(http.host, Sla, _data(http, answer)).attributes
            unseen = _unseen(about, Window(start, end))
            yield ServiceWindow(
                service_key=key,
                started_at=start,
                ended_at=end,
                accounting_policy=COUNTS,
                down_seconds=figures.total_downtime if unseen == 0 else None,
                up_ratio=figures.availability / 100 if unseen == 0 else None,
                unknown_seconds=unseen or None,
                last_seen_at=about.last_checked_at,
            )


def _rows(http: Http, place: str, asked: Mapping[str, Any]) -> Iterator[Any]:
    """The rows of all pages."""
    for page in http.pages(place, asked, _following):
        rows = _data(http, page)
        if not isinstance(rows, list):
            raise bad_shape(http.host, "data")
        yield from rows


def _following(page: Any) -> str | None:
    links = page.get("pagination") if isinstance(page, dict) else None
    following = links.get("next") if isinstance(links, dict) else None
    return following if isinstance(following, str) and following else None


def _data(http: Http, answer: Any) -> Any:
    if not isinstance(answer, dict) or "data" not in answer:
        raise bad_shape(http.host, "data")
    return answer["data"]


def _still(about: About, now: datetime) -> bool:
    return stands_still(about.last_checked_at, about.check_frequency, now)


def _unseen(about: About, day: Window) -> float:
    """How many seconds at the end of a day the monitor did not look, as far as it tells: it paused, or stood still."""
    if about.paused_at is not None and about.paused_at < day.end:
        return (day.end - max(about.paused_at, day.start)).total_seconds()
    looked = None if about.last_checked_at is None else min(about.last_checked_at, day.end)
    if stands_still(looked, about.check_frequency, day.end):
        return (day.end - max(looked or day.start, day.start)).total_seconds()
    return 0.0
