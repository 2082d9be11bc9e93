"""What Pingdom (version 3.1 of its interface) says each check was: up, down or unknown, stretch by stretch.

Pingdom tells all states with their instants and its own seconds of each local day beside them; both are kept, and
neither is made from the other. Its unknown is unknown here. A stretch that is said to last is believed no further than
the check's newest test: a paused check, or a Pingdom that stands still, says nothing of what came after.

Least access: an API token with read access. Limits: one question for each service's states and one for each of its
days; Pingdom allows some thousands of questions an hour and asks for patience beyond.
Vendor page: https://docs.pingdom.com/api/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

from pydantic import BaseModel, Field, SecretStr

from connectors._base import Complete, Connector, FetchRequest, Stream, StreamMode, Yielded
from connectors._errors import BadReplyError
from connectors._http import Http, HttpSettings, Parameters
from connectors._http_auth import HeaderAuth
from connectors._looks import moment
from connectors._monitor import Change, MonitorSettings, answered, held, matched, rested_since, stands_still
from connectors._shape import shaped
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow

CHECKS_A_PAGE = 25_000
"""The most that Pingdom gives at once, and more than anybody has."""

TOLD = {
    "up": (ServiceState.UP, ""),
    "down": (ServiceState.DOWN, ""),
    "unknown": (ServiceState.UNKNOWN, "unknown"),
}
"""What the states of a stretch mean; any other is unknown."""

COUNTS = "Pingdom: its own seconds up and down of a local day, by time, from confirmed states; its unknown kept apart"


class PingdomSettings(HttpSettings, MonitorSettings):
    """The account's token and which of its checks are the district's services."""

    url: str = Field("https://api.pingdom.com/", description="Address of Pingdom's interface.")
    api_token: SecretStr = Field(description="An API token with read access, as env:NAME or file:PATH.")
    state_days: int = Field(14, ge=1, le=365, description="How far back states are read each time.")
    window_days: int = Field(2, ge=1, le=30, description="Of how many past days Pingdom's own seconds are kept.")


class Check(BaseModel):
    """A check; `resolution` is how often it tests, in minutes. A check that never tested has no `lasttesttime`."""

    id: int
    name: str
    hostname: str = ""
    status: str
    resolution: int
    created: int | None = None
    lasttesttime: int | None = None

    @property
    def newest(self) -> datetime | None:
        return None if self.lasttesttime is None else moment(self.lasttesttime)


class Checks(BaseModel):
    checks: list[Check]


class Stretch(BaseModel):
    """A state from one second until before another."""

    status: str
    timefrom: int
    timeto: int


class States(BaseModel):
    states: list[Stretch]


class Outages(BaseModel):
    summary: States


class Seconds(BaseModel):
    """Seconds of the window asked for."""

    totalup: int = Field(ge=0)
    totaldown: int = Field(ge=0)
    totalunknown: int = Field(ge=0)


class Summary(BaseModel):
    status: Seconds


class Average(BaseModel):
    summary: Summary


class Pingdom(Connector):
    """The states of each service, and Pingdom's own seconds of past days."""

    title = "Pingdom"
    docs_url = "https://docs.pingdom.com/api/"
    streams = (
        Stream("states", ObservationInterval, StreamMode.APPEND),
        Stream("windows", ServiceWindow, StreamMode.UPSERT),
    )
    least_privilege = "An API token with read access."
    checked_against = "documented shapes only"
    Settings = PingdomSettings

    settings: PingdomSettings

    def check(self) -> str:
        with self._http(None) as http:
            found, unmapped = self._found(http)
        now = self.context.clock()
        still = {key: one.newest for key, one in found.items() if _still(one, now)}
        return answered(http.host, found, unmapped, still, now, self.context.zone)

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        now = self.context.clock().replace(microsecond=0)
        with self._http(request.deadline) as http:
            found, _ = self._found(http)
            for key, one in found.items():
                yield from self._states(http, key, one, now)
            rested = rested_since(((one.newest, _still(one, now)) for one in found.values()), now)
            yield Complete("states", known_until=rested)
            for key, one in found.items():
                yield from self._days(http, key, one, now)
        yield Complete("windows")

    def _http(self, deadline: datetime | None) -> Http:
        auth = HeaderAuth("Authorization", self.settings.api_token, "Bearer ")
        return Http(self.settings, self.context, auth=auth, deadline=deadline)

    def _found(self, http: Http) -> tuple[Mapping[str, Check], int]:
        answer = http.get_json("api/3.1/checks", {"limit": CHECKS_A_PAGE})
        there = shaped(http.host, Checks, answer).checks
        if len(there) >= CHECKS_A_PAGE:
            raise BadReplyError(f"{http.host} has {CHECKS_A_PAGE} checks or more, which cannot be read at once.")
        return matched(http.host, self.settings, ((one, (str(one.id), one.name, one.hostname)) for one in there))

    def _states(self, http: Http, key: str, one: Check, now: datetime) -> Iterator[ObservationInterval]:
        start = now - timedelta(days=self.settings.state_days)
        asked: Parameters = {"from": int(start.timestamp()), "to": int(now.timestamp()), "order": "asc"}
        told = shaped(http.host, Outages, http.get_json(f"api/3.1/summary.outage/{one.id}", asked)).summary.states
        # Up and down are known from tests alone, so for no longer than until the newest of them.
        tested = now if not _still(one, now) else one.newest or start
        for stretch in sorted(told, key=lambda stretch: stretch.timefrom):
            state, reason = TOLD.get(stretch.status, (ServiceState.UNKNOWN, "status"))
            end = moment(min(stretch.timeto, now.timestamp()))
            known = end if state is ServiceState.UNKNOWN else min(end, tested)
            change = Change(moment(stretch.timefrom), state, reason)
            yield from held(key, self.context.source_key, [change], known)
            if known < end:
                silent = Change(max(known, change.at), ServiceState.UNKNOWN, "stale")
                yield from held(key, self.context.source_key, [silent], end)

    def _days(self, http: Http, key: str, one: Check, now: datetime) -> Iterator[ServiceWindow]:
        zone = self.context.zone
        today = now.astimezone(zone).date()
        for number in range(self.settings.window_days, 0, -1):
            start, end = (
                moment(datetime.combine(today - timedelta(days=ago), time(), zone).timestamp())
                for ago in (number, number - 1)
            )
            if one.created is not None and moment(one.created) >= end:
                continue
            # Without a beginning Pingdom counts from 1970 on, with decades of unknown.
            asked: Parameters = {
                "from": int(start.timestamp()),
                "to": int(end.timestamp()),
                "includeuptime": "true",
            }
            answer = http.get_json(f"api/3.1/summary.average/{one.id}", asked)
            seconds = shaped(http.host, Average, answer).summary.status
            known = seconds.totalup + seconds.totaldown
            yield ServiceWindow(
                service_key=key,
                started_at=start,
                ended_at=end,
                accounting_policy=COUNTS,
                up_seconds=seconds.totalup if known else None,
                down_seconds=seconds.totaldown if known else None,
                unknown_seconds=seconds.totalunknown,
                up_ratio=seconds.totalup / known if known else None,
                last_seen_at=one.newest,
            )


def _still(one: Check, now: datetime) -> bool:
    return stands_still(one.newest, one.resolution * 60, now)
