"""What UptimeRobot's log says of each monitor (up, down, paused, started), and its own share of each local day.

Read by version 2 of its interface unless `version` says 3. Of version 2 one question serves fifty monitors, so that ten
questions a minute, as the free plan allows, are plenty.

The log tells changes with their instants. The time before the oldest change that is still told is unknown, unless
there is none at all: then the present state held for as long as is read. A monitor that "seems down" failed and is
tried again; since when is not told, so its last interval is unknown. Paused and started are neither up nor down. When
UptimeRobot itself last looked is told nowhere, so a monitor that stands still cannot be recognised here.

The share of a day is asked for from local midnight to midnight. UptimeRobot gives 0 where it knows nothing: a 0 is not
taken over where the log shows no failure on that day, nor is any share of a day that began before the monitor was made
or in which it was paused all the time.

Version 3 tells incidents and for how long the present state has lasted, but no log: the time between two incidents
before that is unknown, as a pause would read the same. Its share is asked for one service and day at a time, so on the
free plan a read of more than ten of these waits; `window_days` and `wait_budget_seconds` say how long.

Least access: the read-only API key. Limits: the free plan keeps its log for about two months and looks every five
minutes.
Vendor pages: https://uptimerobot.com/api/legacy/ and https://uptimerobot.com/api/v3/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field, SecretStr

from connectors import _uptimerobot_v3 as v3
from connectors._base import Complete, Connector, FetchRequest, Stream, StreamMode, Yielded
from connectors._errors import AuthError, BadReplyError
from connectors._http import Http, HttpSettings
from connectors._http_auth import HeaderAuth
from connectors._looks import moment
from connectors._monitor import CONTINUOUS_SECONDS, Change, MonitorSettings, held, matched
from connectors._shape import shaped
from firstbell.intervals import Window
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow

PAGE_SIZE = 50
MOST_PAGES = 200

LOGGED = {
    1: (ServiceState.DOWN, ""),
    2: (ServiceState.UP, ""),
    98: (ServiceState.UNKNOWN, "new"),
    99: (ServiceState.UNKNOWN, "paused"),
}
"""What the types of log entries mean; any other is unknown."""

PRESENT = {
    0: (ServiceState.UNKNOWN, "paused"),
    1: (ServiceState.UNKNOWN, "new"),
    2: (ServiceState.UP, ""),
    8: (ServiceState.UNKNOWN, "retry"),
    9: (ServiceState.DOWN, ""),
}
"""What a monitor's status means now; any other is unknown."""

SETTLED = frozenset({0, 1, 2, 9})
"""States that may have held for as long as the log tells of no change; one that is still tried again has not."""

COUNTS = "UptimeRobot: its own share of a local day, by time; pauses and what it did not see left out"


class UptimeRobotSettings(HttpSettings, MonitorSettings):
    """The account's read-only key and which of its monitors are the district's services."""

    url: str = Field("https://api.uptimerobot.com/", description="Address of UptimeRobot's interface.")
    api_key: SecretStr = Field(description="The account's read-only API key, as env:NAME or file:PATH.")
    version: Literal["2", "3"] = Field("2", description="Of UptimeRobot's interface; 3 takes the same key.")
    log_days: int = Field(60, ge=1, le=365, description="How far back the log is read each time.")
    window_days: int = Field(7, ge=1, le=30, description="Of how many past days UptimeRobot's own share is kept.")


class Entry(BaseModel):
    """A change; `type` is 1 down, 2 up, 98 started, 99 paused. Its reason is left where it is."""

    type: int
    datetime: int


class Monitor(BaseModel):
    """A monitor. `custom_uptime_ranges` holds a percentage for each range asked for, joined by hyphens."""

    id: int
    friendly_name: str
    url: str = ""
    status: int
    interval: int = 300
    create_datetime: int
    logs: list[Entry] = []
    custom_uptime_ranges: str = ""


class Paging(BaseModel):
    offset: int
    limit: int
    total: int


class Refusal(BaseModel):
    """Why a question was refused. The message quotes what was sent, so it is not read."""

    type: str = ""
    parameter_name: str = ""


class Answer(BaseModel):
    """An answer; a refusal comes with status 200 too."""

    stat: str
    error: Refusal | None = None
    pagination: Paging | None = None
    monitors: list[Monitor] | None = None


class UptimeRobot(Connector):
    """The stretches that UptimeRobot's log tells of each service, and its own share of past days."""

    title = "UptimeRobot"
    docs_url = "https://uptimerobot.com/api/legacy/"
    streams = (
        Stream("states", ObservationInterval, StreamMode.APPEND),
        Stream("windows", ServiceWindow, StreamMode.UPSERT),
    )
    least_privilege = "The account's read-only API key."
    checked_against = "documented shapes only"
    Settings = UptimeRobotSettings

    settings: UptimeRobotSettings

    def check(self) -> str:
        if self.settings.version == "3":
            with self._http(None) as http:
                there, unmapped = self._matched(http)
            found, idle = set(there), sorted(key for key, one in there.items() if one.status in ("PAUSED", "STARTED"))
        else:
            told, unmapped = self._found(None, self.context.clock())
            found, idle = set(told), sorted(key for key, one in told.items() if one.status in (0, 1))
        note = f" Not watched at present: {', '.join(idle)}." if idle else ""
        return f"UptimeRobot answers and has all {len(found)} services; {unmapped} more are not mapped.{note}"

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        now = self.context.clock().replace(microsecond=0)
        if self.settings.version == "3":
            yield from self._by_version_3(request.deadline, now)
            return
        found, _ = self._found(request.deadline, now)
        known = {key: list(self._stretches(key, one, now)) for key, one in found.items()}
        for stretches in known.values():
            yield from stretches
        yield Complete("states")
        for key, one in found.items():
            yield from self._shares(key, one, known[key], now)
        yield Complete("windows")

    def _http(self, deadline: datetime | None) -> Http:
        auth = HeaderAuth("Authorization", self.settings.api_key, "Bearer ")
        return Http(self.settings, self.context, auth=auth, deadline=deadline)

    def _matched(self, http: Http) -> tuple[Mapping[str, v3.Monitor], int]:
        there = v3.monitors(http)
        return matched(
            http.host, self.settings, ((one, (str(one.id), one.friendlyName, one.url or "")) for one in there)
        )

    def _by_version_3(self, deadline: datetime | None, now: datetime) -> Iterator[Yielded]:
        over = Window(self._midnight(now, self.settings.log_days), now)
        with self._http(deadline) as http:
            found, _ = self._matched(http)
            told = v3.incidents(http, over.start)
            known = {
                key: list(v3.stretches(key, self.context.source_key, one, told.get(one.id, ()), over))
                for key, one in found.items()
            }
            for stretches in known.values():
                yield from stretches
            yield Complete("states")
            for key, one in found.items():
                for day in self._days(now):
                    if day.start >= one.createDateTime:
                        rested, failed = _rested(known[key], day), _failed(known[key], day)
                        yield _window(key, day, None if rested else v3.share(http, one, day, failed=failed))
        yield Complete("windows")

    def _found(self, deadline: datetime | None, now: datetime) -> tuple[Mapping[str, Monitor], int]:
        with Http(self.settings, self.context, deadline=deadline) as http:
            there = list(self._monitors(http, now))
            named = ((one, (str(one.id), one.friendly_name, one.url)) for one in there)
            return matched(http.host, self.settings, named)

    def _monitors(self, http: Http, now: datetime) -> Iterator[Monitor]:
        offset = 0
        for _ in range(MOST_PAGES):
            answer = self._asked(http, offset, now)
            if answer.monitors is None or answer.pagination is None:
                raise BadReplyError(f"{http.host} answers without the field monitors or pagination.")
            yield from answer.monitors
            offset += len(answer.monitors)
            if not answer.monitors or offset >= answer.pagination.total:
                return
        raise BadReplyError(f"{http.host} has more monitors after {MOST_PAGES} pages; its paging has no end.")

    def _asked(self, http: Http, offset: int, now: datetime) -> Answer:
        ranges = [f"{int(day.start.timestamp())}_{int(day.end.timestamp())}" for day in self._days(now)]
        answer = shaped(
            http.host,
            Answer,
            http.post_form(
                "v2/getMonitors",
                {
                    "api_key": self.settings.api_key.get_secret_value(),
                    "format": "json",
                    "logs": "1",
                    "log_types": "1-2-98-99",
                    "logs_start_date": str(int(self._midnight(now, self.settings.log_days).timestamp())),
                    "logs_end_date": str(int(now.timestamp())),
                    "custom_uptime_ranges": "-".join(ranges),
                    "limit": str(PAGE_SIZE),
                    "offset": str(offset),
                },
            ),
        )
        if answer.stat == "ok":
            return answer
        refusal = answer.error or Refusal()
        if refusal.parameter_name == "api_key" or refusal.type == "not_authorized":
            raise AuthError(f"{http.host} refuses the API key; make a read-only key and set it as api_key.")
        raise BadReplyError(f"{http.host} refuses the question; its version may differ from what is known.")

    def _midnight(self, now: datetime, days_ago: int) -> datetime:
        """Local midnight so many days ago, as an instant."""
        zone = self.context.zone
        day = now.astimezone(zone).date() - timedelta(days=days_ago)
        return moment(datetime.combine(day, time(), zone).timestamp())

    def _days(self, now: datetime) -> list[Window]:
        """The past local days whose share is asked for, the oldest first."""
        days = range(self.settings.window_days, 0, -1)
        return [Window(self._midnight(now, day), self._midnight(now, day - 1)) for day in days]

    def _stretches(self, key: str, one: Monitor, now: datetime) -> Iterator[ObservationInterval]:
        present = PRESENT.get(one.status, (ServiceState.UNKNOWN, "status"))
        changes = [
            Change(moment(entry.datetime), *LOGGED.get(entry.type, (ServiceState.UNKNOWN, "log")))
            for entry in sorted(one.logs, key=lambda entry: entry.datetime)
        ]
        earliest = max(self._midnight(now, self.settings.log_days), moment(one.create_datetime))
        if not changes and one.status in SETTLED:
            changes = [Change(earliest, *present)]
        elif not changes or changes[-1][1:] != present:
            # The log and the present state differ: for no longer than the last look.
            since = max(changes[-1].at if changes else earliest, now - timedelta(seconds=one.interval))
            changes.append(Change(since, ServiceState.UNKNOWN, present[1] or "status"))
        return held(key, self.context.source_key, changes, now)

    def _shares(
        self, key: str, one: Monitor, known: Sequence[ObservationInterval], now: datetime
    ) -> Iterator[ServiceWindow]:
        days = self._days(now)
        told = one.custom_uptime_ranges.split("-")
        if len(told) != len(days):
            raise BadReplyError(
                f"{self.settings.url} answers with another number of custom_uptime_ranges than was asked for."
            )
        for day, text in zip(days, told, strict=True):
            if day.start < moment(one.create_datetime):
                continue
            share = _ratio(text)
            yield _window(key, day, share if (share or _failed(known, day)) and not _rested(known, day) else None)


def _failed(known: Sequence[ObservationInterval], day: Window) -> bool:
    """Whether anything of a day was down."""
    there = (one for one in known if one.first_at < day.end and one.last_at >= day.start)
    return any(stretch.state is ServiceState.DOWN for stretch in there)


def _rested(known: Sequence[ObservationInterval], day: Window) -> bool:
    """Whether a day was unknown from its beginning to its end, as while the monitor is paused."""
    return any(
        stretch.state is ServiceState.UNKNOWN
        and stretch.first_at <= day.start
        and stretch.last_at >= day.end - timedelta(seconds=CONTINUOUS_SECONDS)
        for stretch in known
    )


def _window(key: str, day: Window, share: float | None) -> ServiceWindow:
    return ServiceWindow(
        service_key=key, started_at=day.start, ended_at=day.end, accounting_policy=COUNTS, up_ratio=share
    )


def _ratio(text: Any) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise BadReplyError("UptimeRobot answers with custom_uptime_ranges that are no percentages.")
    return percent / 100
