"""What a Gatus (5.15 and later) has seen: its stored results one by one, and its own share of up results of a day.

Gatus keeps the last 100 results of each endpoint unless it is told otherwise: at one a minute the last hour and forty
minutes of each night. All of them are read, page by page. Beside them stands its own share of the last 24 hours (of 7
and 30 days where asked for), which counts results and not time: what was not checked is not seen in it.

Gatus gives 0 where it has no result at all, as it does where all failed. A 0 is taken over only where the newest result
within that time is a failure; a share is not taken over at all where the newest result is older than three intervals,
for then Gatus stands still. Its hour is left out on purpose: it covers up to two. Its maintenance only keeps it from
alerting, so failures within it are failures here too.

Least access: none where Gatus is open, else its basic login; it has only one, which can read and change nothing. The
shares are open to everybody even where the rest asks for a login. Limits: results that Gatus forgot between two reads
are unknown; raise its maximum-number-of-results or read each hour. Suites are not read.
Vendor page: https://github.com/TwiN/gatus#api
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import quote

from pydantic import AwareDatetime, BaseModel, Field, SecretStr

from connectors._base import Complete, Connector, FetchRequest, Stream, StreamMode, Yielded
from connectors._errors import BadReplyError
from connectors._http import Http, HttpSettings, Limits
from connectors._http_auth import Auth, BasicAuth
from connectors._looks import Look, Watch, intervals, moment, usual_seconds
from connectors._monitor import (
    VANTAGE,
    MonitorSettings,
    answered,
    matched,
    rested_since,
    silent_seconds,
    stands_still,
)
from connectors._shape import bad_shape, shaped
from firstbell.clock import is_ahead
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow

PAGE_SIZE = 100
USUAL_SECONDS = 60
"""How often Gatus looks unless it is told otherwise."""

WindowName = Literal["24h", "7d", "30d"]
WINDOWS: dict[WindowName, timedelta] = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
}
COUNTS = "Gatus: results that succeeded / all results of the last {name} by whole hours, gaps and maintenance unseen"


class GatusSettings(HttpSettings, MonitorSettings):
    """Where Gatus is, its login if it has one, and which of its endpoints are the district's services."""

    user: str = Field("", description="Login, where Gatus has basic security.")
    password: SecretStr = Field(SecretStr(""), description="Its password, as env:NAME or file:PATH.")
    interval_seconds: int | None = Field(
        None, ge=1, le=86_400, description="How often it looks; read off the results where it is not given."
    )
    windows: tuple[WindowName, ...] = Field(
        ("24h",), description="Which of Gatus' own shares to keep; longer ones overlap from night to night."
    )


class Result(BaseModel):
    """One look. `duration`, `errors` and conditions are left where they are."""

    success: bool
    timestamp: AwareDatetime


class Status(BaseModel):
    """An endpoint with one page of its results, oldest first; Go writes null for none."""

    name: str
    group: str = ""
    key: str
    results: list[Result] | None


@dataclass(slots=True)
class Endpoint:
    """An endpoint with all results that Gatus still has, by their instant."""

    key: str
    names: tuple[str, ...]
    looks: dict[float, bool] = field(default_factory=dict)

    @property
    def newest(self) -> datetime | None:
        return moment(max(self.looks)) if self.looks else None


class Gatus(Connector):
    """The last results of each service, and Gatus' own shares."""

    title = "Gatus"
    docs_url = "https://github.com/TwiN/gatus#api"
    streams = (
        Stream("looks", ObservationInterval, StreamMode.APPEND),
        Stream("windows", ServiceWindow, StreamMode.UPSERT),
    )
    least_privilege = "None where Gatus is open; else its one basic login, which can only read."
    checked_against = "documented shapes only, compared with the sources of 5.36"
    Settings = GatusSettings

    settings: GatusSettings

    def check(self) -> str:
        with self._http(None) as http:
            found, unmapped = self._matched(http, self._page(http, 1))
        now = self.context.clock()
        still = {key: one.newest for key, one in found.items() if self._still(one, now)}
        return answered(http.host, found, unmapped, still, now, self.context.zone)

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        with self._http(request.deadline) as http:
            found, _ = self._matched(http, self._all_pages(http))
            now = self.context.clock().replace(second=0, microsecond=0)
            told = {key: self._shares(http, one) for key, one in found.items()}
        clock = self.context.clock()
        for key, one in found.items():
            # A clock that is ahead dated the earlier looks too.
            if not is_ahead(one.newest, clock):
                watch = Watch(key, self.context.source_key, VANTAGE, self._every(one))
                yield from intervals(watch, (_look(at, one.looks[at]) for at in sorted(one.looks)))
        rested = rested_since(((one.newest, self._still(one, clock)) for one in found.values()), clock)
        yield Complete("looks", known_until=rested)
        for key, one in found.items():
            for name, share in told[key].items():
                yield self._window(key, one, name, share, now)
        yield Complete("windows")

    def _http(self, deadline: datetime | None) -> Http:
        login = self.settings.password
        auth = BasicAuth(self.settings.user, login) if login.get_secret_value() else Auth()
        return Http(self.settings, self.context, auth=auth, deadline=deadline, limits=Limits(pages=200))

    def _all_pages(self, http: Http) -> list[Status]:
        """Every endpoint once for each page; newer results first. Only an empty page tells the end."""
        told: list[Status] = []
        for number in range(1, 201):
            page = self._page(http, number)
            told += page
            if not any(one.results for one in page):
                return told
        raise BadReplyError(f"{http.host} has results on more than 200 pages; lower its maximum-number-of-results.")

    def _page(self, http: Http, number: int) -> list[Status]:
        rows = http.get_json("api/v1/endpoints/statuses", {"page": number, "pageSize": PAGE_SIZE})
        if not isinstance(rows, list):
            raise bad_shape(http.host, "results")
        return [shaped(http.host, Status, row) for row in rows]

    def _matched(self, http: Http, told: list[Status]) -> tuple[Mapping[str, Endpoint], int]:
        there: dict[str, Endpoint] = {}
        for one in told:
            names = (one.key, one.name, f"{one.group}/{one.name}")
            known = there.setdefault(one.key, Endpoint(one.key, names))
            known.looks |= {result.timestamp.timestamp(): result.success for result in one.results or ()}
        return matched(http.host, self.settings, ((one, one.names) for one in there.values()))

    def _every(self, one: Endpoint) -> int:
        return self.settings.interval_seconds or usual_seconds(sorted(one.looks), USUAL_SECONDS)

    def _still(self, one: Endpoint, now: datetime) -> bool:
        return stands_still(one.newest, self._every(one), now)

    def _shares(self, http: Http, one: Endpoint) -> dict[WindowName, float]:
        place = f"api/v1/endpoints/{quote(one.key, safe='')}/uptimes"
        return {name: _share(http.host, http.get_json(f"{place}/{name}")) for name in self.settings.windows}

    def _window(self, key: str, one: Endpoint, name: WindowName, share: float, end: datetime) -> ServiceWindow:
        """Gatus' own share; none where it carries on without new results, or gives the 0 of having none."""
        long = WINDOWS[name]
        still = self._still(one, end)
        empty = share == 0 and (not one.looks or one.looks[max(one.looks)])
        return ServiceWindow(
            service_key=key,
            started_at=end - long,
            ended_at=end,
            accounting_policy=COUNTS.format(name=name),
            up_ratio=None if still or empty else share,
            unknown_seconds=silent_seconds(one.newest, end, long) if still else None,
            last_seen_at=None if is_ahead(one.newest, end) else one.newest,
        )


def _look(at: float, success: bool) -> Look:
    return Look(at, ServiceState.UP if success else ServiceState.DOWN)


def _share(where: str, told: Any) -> float:
    """A ratio between 0 and 1, written as plain text, which is JSON too."""
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= 1:
        raise BadReplyError(f"{where} answers a share that is no ratio; its version may differ from what is known.")
    return float(told)
