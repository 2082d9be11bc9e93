"""What a Zabbix knows of services: its items' values as looks, and its own service levels as windows.

`services` maps services to items such as `icmpping`, `net.tcp.service[https]` or `web.test.fail[Portal]`. Each value is
a look with its own instant: 1 is up, 0 is down, any other number is no state and so unknown. With web scenarios (whose
number is that of the step that failed) and what `zero_is_up` names, 0 is up and all else is down. Nothing is taken
from Zabbix' trends or last values: where no value came, nobody looked.

`sla` reads what `sla.getsli` computes under Zabbix' own rules: a service is down while a problem counts against it,
within the schedule and outside excluded downtimes. These windows stand beside our figures and are never mixed with
them. Only periods that have ended are taken; a period of which Zabbix knows nothing (an SLI of -1) is unknown.

Least access: a user of its own with an API token, in a role whose API methods are apiinfo.version, item.get,
history.get, service.get, sla.get and sla.getsli, with read permission on the hosts. Needs Zabbix 6.4 or later.
Limits. History is kept as long as the item says, 31 days unless set otherwise. An item's interval must be a plain time
(30s, 1m); for macros, flexible intervals and values that are sent in, set interval_seconds.
Vendor page: https://www.zabbix.com/documentation/7.0/en/manual/api
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, Field, SecretStr, model_validator

from connectors._base import Checkpoint, Complete, Connector, Doubtful, FetchRequest, Mode, Stream, StreamMode, Yielded
from connectors._errors import BadReplyError, SettingsError
from connectors._http import Http, HttpSettings
from connectors._http_auth import HeaderAuth
from connectors._looks import Look, Watch, intervals, moment
from connectors._monitor import VANTAGE, MonitorSettings, at_rest, matched, stands_still
from connectors._shape import shaped
from connectors._zabbix_calls import Instant, require_version, rows_of
from connectors._zabbix_levels import SlaSettings, levels_of
from firstbell.clock import is_ahead
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow

ROWS_A_CALL = 10_000
NUMERIC = {"0": "float", "3": "unsigned"}
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


class ZabbixSettings(HttpSettings):
    """Where Zabbix' web frontend is, who reads it, and what in it is the district's."""

    token: SecretStr = Field(description="API token of a user that may only read, as env:NAME or file:PATH.")
    services: dict[str, str] = Field(
        default_factory=dict,
        description="The district's service keys, each with an item: HOST:ITEM_KEY, or the item's id.",
    )
    zero_is_up: tuple[str, ...] = Field(
        (), description="Services whose item is 0 while all is well; web.test.fail is known to be one."
    )
    interval_seconds: int | None = Field(
        None, ge=1, le=86_400, description="How often the items are read, where Zabbix does not say it plainly."
    )
    first_read_days: int = Field(14, ge=1, le=400, description="How far back the first read of items goes.")
    sla: SlaSettings | None = Field(None, description="Service levels to read as Zabbix computes them.")

    @model_validator(mode="after")
    def _something(self) -> ZabbixSettings:
        if not self.services and self.sla is None:
            raise ValueError("give services or sla, or both")
        strange = sorted(set(self.zero_is_up) - self.services.keys())
        if strange:
            raise ValueError(f"zero_is_up names {strange[0]}, which services does not")
        return self


class HostName(BaseModel):
    host: str


class Item(BaseModel):
    itemid: str
    key_: str
    value_type: str
    delay: str
    hosts: list[HostName]
    lastclock: Instant = 0
    """When it got its newest value, in seconds since 1970; 0 where that was more than a day ago, or never."""

    @property
    def newest(self) -> datetime | None:
        return moment(self.lastclock) if self.lastclock else None

    def names(self) -> list[str]:
        return [self.itemid, *(f"{one.host}:{self.key_}" for one in self.hosts)]


class Sample(BaseModel):
    clock: Instant
    ns: int = Field(ge=0, lt=1_000_000_000)
    value: float = Field(allow_inf_nan=False)


class Zabbix(Connector):
    """Items' values since the last read, and the service levels of the newest periods."""

    title = "Zabbix"
    docs_url = "https://www.zabbix.com/documentation/7.0/en/manual/api"
    streams = (
        Stream("looks", ObservationInterval, StreamMode.APPEND),
        Stream("levels", ServiceWindow, StreamMode.UPSERT),
    )
    least_privilege = (
        "An API token of a user that sees only these hosts, in a role that allows item.get, history.get, service.get, "
        "sla.get and sla.getsli."
    )
    checked_against = "documented shapes only"
    Settings = ZabbixSettings

    settings: ZabbixSettings

    def check(self) -> str:
        with self._http(None) as http:
            version = require_version(http)
            items = self._items(http) if self.settings.services else {}
            every = {key: self._every(key, item) for key, item in items.items()}
            if self.settings.sla is not None:
                next(levels_of(http, self.settings.sla, self.context.clock()), None)
        told = f"Zabbix {version} at {http.host} answers and has everything that is asked for."
        now = self.context.clock()
        still = {key: one.newest for key, one in items.items() if stands_still(one.newest, every[key], now)}
        return Doubtful(f"{told} {at_rest(still, now, self.context.zone)}") if still else told

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        with self._http(request.deadline) as http:
            require_version(http)
            if self.settings.services:
                yield from self._looks(http, request)
            if self.settings.sla is not None:
                yield from levels_of(http, self.settings.sla, self.context.clock())
                yield Complete("levels")

    def _http(self, deadline: datetime | None) -> Http:
        auth = HeaderAuth("Authorization", self.settings.token, "Bearer ")
        return Http(self.settings, self.context, auth=auth, deadline=deadline)

    def _items(self, http: Http) -> Mapping[str, Item]:
        """The item of each service. SettingsError names the services that have none."""
        told = self.settings.services
        ids = [name for name in told.values() if name.isdecimal()]
        named = [name.partition(":") for name in told.values() if not name.isdecimal()]
        question = {
            "output": ["itemid", "key_", "value_type", "delay", "lastclock"],
            "selectHosts": ["host"],
            "webitems": True,
        }
        rows: list[Any] = []
        if ids:
            rows += rows_of(http, "item.get", {**question, "itemids": ids})
        if named:
            wanted = {"host": sorted({host for host, _, _ in named}), "key_": sorted({key for _, _, key in named})}
            rows += rows_of(http, "item.get", {**question, "filter": wanted})
        items = {one.itemid: one for one in (shaped(http.host, Item, row) for row in rows)}
        settings = MonitorSettings(services=told)
        found, _ = matched(http.host, settings, [(one, one.names()) for one in items.values()])
        words = [key for key, item in found.items() if item.value_type not in NUMERIC]
        if words:
            raise SettingsError(f"The item of {', '.join(words)} holds no numbers; name one that is 0 or 1.")
        return found

    def _looks(self, http: Http, request: FetchRequest) -> Iterator[Yielded]:
        before = request.states.get("looks", {}) if request.mode is Mode.INCREMENTAL else {}
        now = self.context.clock()
        oldest = int((now - timedelta(days=self.settings.first_read_days)).timestamp())
        newest: dict[str, float] = {}
        slowest = 0
        for key, item in self._items(http).items():
            every = self._every(key, item)
            slowest = max(slowest, every)
            watch = Watch(key, self.context.source_key, VANTAGE, every)
            since = max(before.get(key, 0.0), oldest)
            newest[key] = before.get(key, 0.0)
            if is_ahead(item.newest, now):  # its clock dated the earlier values too
                continue
            samples = _history(http, item, int(since), int(now.timestamp()))
            zero_is_up = key in self.settings.zero_is_up or item.key_.startswith("web.test.fail[")
            looks = (_look(one, zero_is_up) for one in samples if one.clock + one.ns / 1e9 > since)
            for one in intervals(watch, looks):
                newest[key] = max(newest[key], one.last_at.timestamp())
                yield one
            yield Checkpoint("looks", state={**before, **{name: at for name, at in newest.items() if at}})
        last = moment(max(newest.values(), default=0) or oldest)
        still = stands_still(last, slowest, now)
        state = {key: at for key, at in newest.items() if at}
        yield Complete("looks", state=state, known_until=last if still else None)

    def _every(self, key: str, item: Item) -> int:
        """How many seconds lie between an item's values."""
        told = re.fullmatch(r"(\d+)([smhdw]?)", item.delay.partition(";")[0])
        seconds = int(told[1]) * UNITS[told[2]] if told else 0
        every = self.settings.interval_seconds or seconds
        if not 1 <= every <= UNITS["d"]:
            raise SettingsError(
                f"Zabbix does not say plainly how often the item of {key} is read; set interval_seconds."
            )
        return every


def _look(sample: Sample, zero_is_up: bool) -> Look:
    at = sample.clock + sample.ns / 1e9
    if sample.value == (0 if zero_is_up else 1):
        return Look(at, ServiceState.UP)
    if zero_is_up or sample.value == 0:
        return Look(at, ServiceState.DOWN, "item")
    return Look(at, ServiceState.UNKNOWN, "value")


def _history(http: Http, item: Item, start: int, end: int) -> Iterator[Sample]:
    """An item's values from `start` to `end`, oldest first, a page of time after the other."""
    seen: set[tuple[int, int]] = set()
    while True:
        question = {
            "output": ["clock", "ns", "value"],
            "history": int(item.value_type),
            "itemids": [item.itemid],
            "time_from": start,
            "time_till": end,
            "sortfield": ["clock", "ns"],
            "sortorder": "ASC",
            "limit": ROWS_A_CALL,
        }
        page = [shaped(http.host, Sample, row) for row in rows_of(http, "history.get", question)]
        fresh = [one for one in page if (one.clock, one.ns) not in seen]
        yield from fresh
        if len(page) < ROWS_A_CALL:
            return
        if page[-1].clock <= start or not fresh:
            raise BadReplyError(f"{http.host} gives the same values page after page; its paging does not end.")
        start = page[-1].clock
        seen = {(one.clock, one.ns) for one in page if one.clock == start}
