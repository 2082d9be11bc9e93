"""What an Uptime Kuma (1.23 and 2) has seen: its last beats one by one, and its own share of the last 24 hours.

Uptime Kuma has no interface to read history with. From a published status page come the last beats of each monitor,
100 at the most: at one a minute the last hour and forty minutes of each night. From `/metrics` (an API key) comes the
share of the last 24 hours since 2.1. Both are kept, and neither is made from the other.

A beat that is down or still retried (pending) is a failed look; when an outage is confirmed is our policy's. Beats of
a maintenance are no looks: nothing was probed. Uptime Kuma goes on showing its last share for a week after a monitor
stopped; where the newest beat is older than three intervals the share is therefore not taken over and all since then
is unknown. Days are not used at all, because Uptime Kuma cuts them in UTC.

Least access: a status page needs no login but must be published; `/metrics` needs an API key. More than 60 questions a
minute are refused as if the key were wrong. Limits: a status page whose bars show days instead of beats gives no
beats; set its range to auto. `/metrics` alone does not tell when a monitor last looked. Numbers change with an upgrade
from 1 to 2, because 2 counts otherwise: `version`.
Vendor page: https://github.com/louislam/uptime-kuma/wiki/Internal-API
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field, SecretStr, model_validator

from connectors._base import Complete, Connector, FetchRequest, Stream, StreamMode, Yielded
from connectors._errors import SettingsError
from connectors._http import Http, HttpSettings
from connectors._http_auth import Auth, BasicAuth
from connectors._looks import Look, Watch, intervals
from connectors._monitor import (
    VANTAGE,
    MonitorSettings,
    answered,
    matched,
    rested_since,
    silent_seconds,
    stands_still,
)
from connectors._monitor_metrics import samples
from connectors._shape import shaped
from firstbell.clock import is_ahead
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow

DAY = timedelta(hours=24)
USUAL_SECONDS = 60
"""How often Uptime Kuma looks unless it is told otherwise."""

MEANING = {
    0: (ServiceState.DOWN, ""),
    1: (ServiceState.UP, ""),
    2: (ServiceState.DOWN, "retry"),
    3: (ServiceState.UNKNOWN, "maintenance"),
}
"""What the numbers of a beat's status mean."""

COUNTS = {
    "1": "Uptime Kuma 1: seconds of beats up or in maintenance / seconds of all beats of 24 h, gaps as the next beat",
    "2": "Uptime Kuma 2: beats up / (beats up, down and pending) of 24 h, maintenance left out, gaps unseen",
    "": "Uptime Kuma of unknown version: its own share of 24 h",
}
"""How each version counts."""


def _utc(told: Any) -> Any:
    """Uptime Kuma writes UTC, mostly without saying so."""
    if isinstance(told, str):
        try:
            moment = datetime.fromisoformat(told)
        except ValueError:
            return told
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return told


class UptimeKumaSettings(HttpSettings, MonitorSettings):
    """Where Uptime Kuma is, what of it may be read, and which of its monitors are the district's services."""

    status_page: str = Field("", description="Slug of a published status page, the last part of its address.")
    api_key: SecretStr = Field(
        SecretStr(""), description="API key for /metrics (or that login's password), as env:NAME or file:PATH."
    )
    user: str = Field("", description="Login for /metrics, only where API keys are switched off.")
    interval_seconds: int | None = Field(
        None, ge=1, le=86_400, description="How often it looks; read off the beats where it is not given."
    )
    version: Literal["auto", "1", "2"] = Field(
        "auto", description="Its main version where it does not tell; it says how the share is counted."
    )

    @model_validator(mode="after")
    def _something_to_read(self) -> UptimeKumaSettings:
        if not self.status_page and not self.api_key.get_secret_value():
            raise ValueError("give status_page, api_key or both")
        return self


class Beat(BaseModel):
    """One beat; `status` is 0 down, 1 up, 2 pending, 3 maintenance."""

    status: int
    time: Annotated[AwareDatetime, BeforeValidator(_utc)]


class PageMonitor(BaseModel):
    id: int
    name: str
    type: str = ""


class PageGroup(BaseModel):
    monitorList: list[PageMonitor]  # noqa: N815 - the vendor's own name


class Page(BaseModel):
    config: dict[str, Any]
    publicGroupList: list[PageGroup]  # noqa: N815 - the vendor's own name


class Beats(BaseModel):
    """Beats by monitor, oldest first, and the shares as `<id>_24`. A bar of days has 0 where it is empty."""

    heartbeatList: dict[str, list[Beat | Literal[0]]]  # noqa: N815 - the vendor's own name
    uptimeList: dict[str, float | None]  # noqa: N815 - the vendor's own name


@dataclass(frozen=True, slots=True)
class Monitor:
    """One monitor with what each way of reading told of it; None where that way did not tell.

    `key` is its id, or before version 2 its name in the metrics.
    """

    key: str
    name: str
    group: bool = False
    beats: tuple[Beat, ...] | None = None
    share: float | None = None

    @property
    def every_seconds(self) -> int:
        """The most frequent time between two beats, which retries at another pace do not change."""
        steps = Counter(
            round((after.time - before.time).total_seconds()) for before, after in pairwise(self.beats or ())
        )
        most = max(steps.items(), key=lambda one: (one[1], one[0]), default=(USUAL_SECONDS, 0))[0]
        return max(most, 1)

    @property
    def newest(self) -> datetime | None:
        return max((beat.time for beat in self.beats or ()), default=None)


class UptimeKuma(Connector):
    """The last beats of each service, and Uptime Kuma's own share of the last 24 hours."""

    title = "Uptime Kuma"
    docs_url = "https://github.com/louislam/uptime-kuma/wiki/Internal-API"
    streams = (
        Stream("looks", ObservationInterval, StreamMode.APPEND),
        Stream("windows", ServiceWindow, StreamMode.UPSERT),
    )
    least_privilege = "None for a published status page; for /metrics an API key, which can do nothing else."
    checked_against = "documented shapes only, compared with the sources of 1.23 and 2"
    Settings = UptimeKumaSettings

    settings: UptimeKumaSettings

    def check(self) -> str:
        with self._http(None) as http:
            found, unmapped, _ = self._found(http)
        now = self.context.clock()
        still = {key: one.newest for key, one in found.items() if one.beats is not None and self._still(one, now)}
        return answered(http.host, found, unmapped, still, now, self.context.zone)

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        with self._http(request.deadline) as http:
            found, _, version = self._found(http)
        now = self.context.clock()
        for key, one in found.items():
            yield from self._looks(key, one, now)
        if self.settings.status_page:
            shown = (one for one in found.values() if one.beats is not None)
            rested = rested_since(((one.newest, self._still(one, now)) for one in shown), now)
            yield Complete("looks", known_until=rested)
        for key, one in found.items():
            yield from self._window(key, one, version, now.replace(second=0, microsecond=0))
        yield Complete("windows")

    def _http(self, deadline: datetime | None) -> Http:
        key = self.settings.api_key
        auth = BasicAuth(self.settings.user, key) if key.get_secret_value() else Auth()
        return Http(self.settings, self.context, auth=auth, deadline=deadline)

    def _found(self, http: Http) -> tuple[Mapping[str, Monitor], int, str]:
        """Each service's monitor, how many monitors no service names, and the version, empty if untold."""
        there: list[Monitor] = []
        version: str = "" if self.settings.version == "auto" else self.settings.version
        if self.settings.status_page:
            there, told = self._on_page(http)
            version = version or told
        if self.settings.api_key.get_secret_value():
            metered, told = _metered(http)
            there, version = _joined(there, metered), version or told
        found, unmapped = matched(http.host, self.settings, ((one, (one.key, one.name)) for one in there))
        return found, unmapped, version

    def _on_page(self, http: Http) -> tuple[list[Monitor], str]:
        slug = self.settings.status_page.strip("/").lower()
        page = shaped(http.host, Page, http.get_json(f"api/status-page/{slug}", signed=False))
        told = shaped(http.host, Beats, http.get_json(f"api/status-page/heartbeat/{slug}", signed=False))
        monitors = {str(one.id): one for group in page.publicGroupList for one in group.monitorList}
        if any(0 in beats for beats in told.heartbeatList.values()) or monitors.keys() & told.uptimeList.keys():
            raise SettingsError(
                f"The status page {slug} of {http.host} shows bars of days instead of beats; set its range to auto."
            )
        version = "2" if page.config.keys() & {"showOnlyLastHeartbeat", "analyticsType"} else ""
        return [
            Monitor(
                key=key,
                name=one.name,
                group=one.type == "group",
                beats=tuple(beat for beat in told.heartbeatList.get(key, ()) if isinstance(beat, Beat)),
                share=told.uptimeList.get(f"{key}_24"),
            )
            for key, one in monitors.items()
        ], version

    def _every(self, one: Monitor) -> int:
        return self.settings.interval_seconds or one.every_seconds

    def _still(self, one: Monitor, now: datetime) -> bool:
        return stands_still(one.newest, self._every(one), now)

    def _looks(self, key: str, one: Monitor, now: datetime) -> Iterator[ObservationInterval]:
        """The beats as looks; none where the clock that dated them is ahead, for it dated the earlier ones too."""
        if is_ahead(one.newest, now):
            return
        watch = Watch(key, self.context.source_key, VANTAGE, self._every(one))
        yield from intervals(watch, sorted(_look(beat, one.group) for beat in one.beats or ()))

    def _window(self, key: str, one: Monitor, version: str, end: datetime) -> Iterator[ServiceWindow]:
        """The last 24 hours as Uptime Kuma counts them; without a share where it only carries an old one on."""
        if one.beats is None and one.share is None:
            return
        still = one.beats is not None and self._still(one, end)
        yield ServiceWindow(
            service_key=key,
            started_at=end - DAY,
            ended_at=end,
            accounting_policy=COUNTS[version],
            up_ratio=None if still else one.share,
            unknown_seconds=silent_seconds(one.newest, end, DAY) if still else None,
            last_seen_at=None if is_ahead(one.newest, end) else one.newest,
        )


def _look(beat: Beat, group: bool) -> Look:
    """A beat as a look. A group is pending while it is empty or a child is; that is no failure of its own."""
    if group and beat.status == 2:
        return Look(beat.time.timestamp(), ServiceState.UNKNOWN, "pending")
    return Look(beat.time.timestamp(), *MEANING.get(beat.status, (ServiceState.UNKNOWN, "status")))


def _metered(http: Http) -> tuple[list[Monitor], str]:
    """The monitors of /metrics with their share of a day, and the version as far as it tells."""
    monitors: dict[str, Monitor] = {}
    version = ""
    for sample in samples(http.host, http.get_bytes("metrics")):
        labels = sample.labels
        if sample.name == "app_version":
            version = labels.get("version", "").partition(".")[0]
        if sample.name not in ("monitor_status", "monitor_uptime_ratio") or not labels.get("monitor_name"):
            continue
        key = labels.get("monitor_id") or "/".join(f"{name}={value}" for name, value in labels.items())
        known = monitors.setdefault(key, Monitor(key=key, name=labels["monitor_name"]))
        if sample.name == "monitor_uptime_ratio" and labels.get("window") == "1d" and isfinite(sample.value):
            monitors[key] = replace(known, share=sample.value)
        version = version or ("2" if "monitor_id" in labels else "")
    return list(monitors.values()), version if version in COUNTS else ""


def _joined(page: Sequence[Monitor], metered: Sequence[Monitor]) -> list[Monitor]:
    """Both ways' monitors: by id, or by name where the metrics tell no ids."""
    by_key = {one.key: one for one in metered}
    names = Counter(one.name for one in metered)
    by_name = {one.name: one for one in metered if names[one.name] == 1}
    found = []
    for one in page:
        other = by_key.pop(one.key, None)
        if other is None and one.name in by_name and not by_name[one.name].key.isdecimal():
            other = by_key.pop(by_name[one.name].key, None)
        share = other.share if other is not None and other.share is not None else one.share
        found.append(replace(one, share=share))
    return [*found, *by_key.values()]
