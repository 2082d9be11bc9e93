"""What an Upptime repository says each site was: its own minutes down of each day, and the newest look.

Upptime keeps its findings as files in a GitHub repository. It counts a site as down from the opening of an issue to its
closing, and all else as up: runs that GitHub never started, and the time before the first look of a day. Degraded
counts as down. An outage that was over within fifteen minutes is deleted with its issue unless Upptime is told to keep
it (`skipDeleteIssues`), and only the newest hundred issues of a site are counted. So these minutes are a lower bound,
and its own percentages, which take a month for 2,628,288 seconds, are not read.

Days are those of UTC. A day is taken over once the site's own file was written after its end: that happens once a day
and at each change of state. Where it was not, the rest of the day is unknown; GitHub stops scheduled runs of a
repository in which nobody did anything for sixty days.

Least access: none for a public repository; for a private one a fine-grained token with read access to its contents.
Limits: one file for all sites and one for each service.
Vendor page: https://upptime.js.org/docs/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import AwareDatetime, BaseModel, Field, SecretStr

from connectors._base import Complete, Connector, FetchRequest, Stream, StreamMode, Yielded
from connectors._http import Http, HttpSettings
from connectors._http_auth import Auth, HeaderAuth
from connectors._http_faults import error_of_content
from connectors._looks import Look, Watch, intervals
from connectors._monitor import VANTAGE, MonitorSettings, answered, matched, rested_since, stands_still
from connectors._shape import bad_shape, shaped
from firstbell.clock import is_ahead
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow

DAY = timedelta(days=1)
LOOKS_EVERY_SECONDS = 300
"""How often Upptime asks to be run; GitHub may run it later."""

STATES = {"up": ServiceState.UP, "down": ServiceState.DOWN, "degraded": ServiceState.DEGRADED}
"""What a site's status means; any other is unknown."""

COUNTS = (
    "Upptime: minutes of a day of UTC from opening to closing of its issues, degraded as down, the shortest deleted; "
    "all else as up"
)


class UpptimeSettings(HttpSettings, MonitorSettings):
    """Where the repository's files are, and which of its sites are the district's services."""

    url: str = Field(
        description="Address of the files, as in https://raw.githubusercontent.com/OWNER/REPOSITORY/HEAD/."
    )
    api_token: SecretStr = Field(
        SecretStr(""), description="Token for a private repository, as env:NAME or file:PATH; empty for a public one."
    )
    window_days: int = Field(14, ge=1, le=365, description="Of how many past days Upptime's minutes are kept.")


class Site(BaseModel):
    """A site of summary.json. A day without a minute down is not in `dailyMinutesDown`."""

    name: str
    slug: str
    url: str = ""
    dailyMinutesDown: dict[str, float]  # noqa: N815 - the vendor's own name


class History(BaseModel):
    """A site's own file: its state, when it was written last and when it began."""

    status: str
    lastUpdated: AwareDatetime  # noqa: N815 - the vendor's own name
    startTime: AwareDatetime  # noqa: N815 - the vendor's own name


class Upptime(Connector):
    """The newest look at each service, and Upptime's own minutes down of past days."""

    title = "Upptime"
    docs_url = "https://upptime.js.org/docs/"
    streams = (
        Stream("looks", ObservationInterval, StreamMode.APPEND),
        Stream("windows", ServiceWindow, StreamMode.UPSERT),
    )
    least_privilege = "None for a public repository; else a fine-grained token that may read its contents."
    checked_against = "documented shapes only, compared with the sources of 1.43"
    Settings = UpptimeSettings

    settings: UpptimeSettings

    def check(self) -> str:
        with self._http(None) as http:
            found, unmapped = self._found(http)
            histories = {key: _history(http, one.slug) for key, one in found.items()}
        now = self.context.clock()
        still = {key: one.lastUpdated for key, one in histories.items() if _still(one, now)}
        return answered(http.host, found, unmapped, still, now, self.context.zone)

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        now = self.context.clock()
        with self._http(request.deadline) as http:
            found, _ = self._found(http)
            histories = {key: _history(http, one.slug) for key, one in found.items()}
        for key, history in histories.items():
            if is_ahead(history.lastUpdated, now):
                continue
            state = STATES.get(history.status)
            watch = Watch(key, self.context.source_key, VANTAGE, LOOKS_EVERY_SECONDS)
            at = history.lastUpdated.timestamp()
            yield from intervals(watch, [Look(at, state or ServiceState.UNKNOWN, "" if state else "status")])
        rested = rested_since(((one.lastUpdated.astimezone(UTC), _still(one, now)) for one in histories.values()), now)
        yield Complete("looks", known_until=rested)
        for key, one in found.items():
            yield from self._days(key, one, histories[key], now)
        yield Complete("windows")

    def _http(self, deadline: datetime | None) -> Http:
        token = self.settings.api_token
        auth = HeaderAuth("Authorization", token, "Bearer ") if token.get_secret_value() else Auth()
        return Http(self.settings, self.context, auth=auth, deadline=deadline)

    def _found(self, http: Http) -> tuple[Mapping[str, Site], int]:
        rows = http.get_json("history/summary.json")
        if not isinstance(rows, list):
            raise bad_shape(http.host, "slug")
        there = [shaped(http.host, Site, row) for row in rows]
        return matched(http.host, self.settings, ((one, (one.slug, one.name, one.url)) for one in there))

    def _days(self, key: str, site: Site, history: History, now: datetime) -> Iterator[ServiceWindow]:
        today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        for number in range(self.settings.window_days, 0, -1):
            start = today - number * DAY
            end = start + DAY
            if history.startTime > start:
                continue
            written = history.lastUpdated
            # Issues that overlap were counted twice by older versions, so that a day may hold more than its minutes.
            down = min(site.dailyMinutesDown.get(start.date().isoformat(), 0.0) * 60, DAY.total_seconds())
            whole = written >= end
            yield ServiceWindow(
                service_key=key,
                started_at=start,
                ended_at=end,
                accounting_policy=COUNTS,
                down_seconds=down if whole else None,
                up_ratio=1 - down / DAY.total_seconds() if whole else None,
                unknown_seconds=None if whole else (end - max(written, start)).total_seconds(),
                last_seen_at=written,
            )


def _history(http: Http, slug: str) -> History:
    """A site's file, which holds one `name: value` a line."""
    content = http.get_bytes(f"history/{quote(slug, safe='')}.yml")
    if content.lstrip().startswith(b"<"):
        raise error_of_content(http.host, content)
    lines = [line.removeprefix("- ") for line in content.decode(errors="replace").splitlines()]
    pairs = (line.partition(": ") for line in lines)
    fields: dict[str, Any] = {name.strip(): value.strip().strip("'\"") for name, _, value in pairs}
    return shaped(http.host, History, fields)


def _still(one: History, now: datetime) -> bool:
    return stands_still(one.lastUpdated, DAY.total_seconds(), now)
