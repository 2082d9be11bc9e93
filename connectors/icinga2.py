"""States of services as an Icinga 2 sees them now, each with the check at which it began and the newest one.

Icinga's programming interface keeps no history (that is in Icinga DB or the IDO database, which are not read). Each
read gives, of every service or host that the settings name, the present state since it began, and the newest check in
another state before that: that it was down until then, not since when. So the history grows with each read, and what
happened between the last read and the newest change stays unknown but for that one check. A read each hour instead of
each night makes that time short.

States are taken as checked, soft ones too: how many failures make an outage is the district's policy, not Icinga's. A
state never reaches back behind the start of Icinga itself, which may have stood still before, nor further than its
newest check: what is no longer checked becomes unknown. Warning counts as degraded, Icinga's own unknown as unknown,
and so does what is not up within a downtime that is still in Icinga. Where something that it depends on is down, the
state is kept as measured and says so in its reason.

Least access: an ApiUser with the permissions objects/query/Host, objects/query/Service, objects/query/Downtime and
status/query. Its certificate is signed by Icinga's own authority: name that one's ca.crt in ca_bundle.
Vendor page: https://icinga.com/docs/icinga-2/latest/doc/12-icinga2-api/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, Field, SecretStr

from connectors._base import Complete, Connector, Doubtful, FetchRequest, Mode, Stream, StreamMode, Yielded
from connectors._errors import SettingsError
from connectors._http import Http, HttpSettings
from connectors._http_auth import BasicAuth
from connectors._looks import Look, Watch, interval, moment
from connectors._monitor import VANTAGE, MonitorSettings, at_rest, matched, stands_still
from connectors._shape import bad_shape, shaped
from firstbell.clock import is_ahead
from firstbell.intervals import Window, difference, intersection, union
from firstbell.records import ObservationInterval, ServiceState

PERMISSIONS = "objects/query/Host, objects/query/Service, objects/query/Downtime and status/query"

MEANING = {
    "ok": ServiceState.UP,
    "up": ServiceState.UP,
    "warning": ServiceState.DEGRADED,
    "critical": ServiceState.DOWN,
    "down": ServiceState.DOWN,
}


class Icinga2Settings(HttpSettings, MonitorSettings):
    """Where Icinga is, who reads it, and which of its services (host!service) and hosts are the district's services."""

    user: str = Field(min_length=1, description="Name of the ApiUser.")
    password: SecretStr = Field(description="That user's password, as env:NAME or file:PATH.")
    warning: Literal["degraded", "up"] = Field("degraded", description="What Icinga's WARNING means.")
    before_start: Literal["unknown", "watched"] = Field(
        "unknown",
        description="The time before Icinga's own last start: unknown, since it may have stood still, or watched, "
        "where it is only ever reloaded with new settings.",
    )


Instant = Annotated[float, Field(ge=-1, lt=2e10, allow_inf_nan=False)]
"""Seconds since 1970, 0 or -1 where there was none. Also used of durations."""


class Checked(BaseModel):
    """What services and hosts have in common."""

    STATES: ClassVar[Mapping[int, str]]

    state: int
    last_check: Instant
    last_state_change: Instant
    check_interval: float = Field(gt=0, le=1e8)
    last_reachable: bool
    downtime_depth: int
    acknowledgement: int

    def seen(self) -> dict[str, float]:
        """The instant of the newest check in each state that ever was."""
        told = {name: float(getattr(self, f"last_state_{name}")) for name in self.STATES.values()}
        return {name: at for name, at in told.items() if at > 0}


class Service(Checked):
    STATES: ClassVar[Mapping[int, str]] = {0: "ok", 1: "warning", 2: "critical", 3: "unknown"}

    last_state_ok: Instant
    last_state_warning: Instant
    last_state_critical: Instant
    last_state_unknown: Instant


class Host(Checked):
    STATES: ClassVar[Mapping[int, str]] = {0: "up", 1: "down"}

    last_state_up: Instant
    last_state_down: Instant


class Downtime(BaseModel):
    """A planned time without service; one that is not fixed begins when it is triggered and lasts `duration`."""

    host_name: str
    service_name: str
    start_time: Instant
    end_time: Instant
    fixed: bool
    trigger_time: Instant
    duration: Instant

    @property
    def of(self) -> str:
        return f"{self.host_name}!{self.service_name}" if self.service_name else self.host_name

    def window(self) -> Window | None:
        """When it is or was in effect; None where nothing triggered it yet."""
        if self.fixed:
            return Window(moment(self.start_time), moment(max(self.start_time, self.end_time)))
        if self.trigger_time <= 0:
            return None
        return Window(moment(self.trigger_time), moment(self.trigger_time + self.duration))


class Spell(NamedTuple):
    """A state by Icinga's name from one check to another, and what Icinga knows beside it."""

    name: str
    first: float
    last: float
    circumstance: str = ""


class Icinga2(Connector):
    """The present state of each service, and the newest check in another one."""

    title = "Icinga 2"
    docs_url = "https://icinga.com/docs/icinga-2/latest/doc/12-icinga2-api/"
    streams = (Stream("looks", ObservationInterval, StreamMode.APPEND),)
    least_privilege = f"An ApiUser with the permissions {PERMISSIONS}, and no other."
    checked_against = "real Icinga 2.13.6"
    Settings = Icinga2Settings

    settings: Icinga2Settings

    def check(self) -> str:
        with self._http(None) as http:
            _started_at(http)
            found, unmapped = self._found(http)
        never = sorted(key for key, one in found.items() if one.last_check <= 0)
        note = f"; never checked yet, so nothing is known of it: {', '.join(never)}" if never else ""
        told = f"{http.host} answers and has all {len(found)} services, and {unmapped} that nobody mapped{note}."
        now = self.context.clock()
        newest = {key: moment(one.last_check) for key, one in found.items() if one.last_check > 0}
        still = {key: at for key, at in newest.items() if stands_still(at, found[key].check_interval, now)}
        told = " ".join(filter(None, (told, at_rest(still, now, self.context.zone))))
        return Doubtful(told) if still or never else told

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        before = request.states.get("looks", {}) if request.mode is Mode.INCREMENTAL else {}
        with self._http(request.deadline) as http:
            started = _started_at(http)
            found, _ = self._found(http)
            planned = self._planned(http, found)
        now = self.context.clock()
        read: dict[str, float] = {}
        for key, one in found.items():
            since = before.get(key, 0.0)
            if is_ahead(moment(since), now):
                since = 0.0
            if is_ahead(moment(one.last_check), now):
                read[key] = since  # a clock that is ahead dated the change of state too
                continue
            read[key] = max(one.last_check, since)
            for spell in self._spells(one, since, started):
                yield from self._intervals(key, one, spell, planned.get(self.settings.services[key], ()))
        read = {key: at for key, at in read.items() if at > 0}
        newest = moment(max(read.values(), default=started))
        every = max(one.check_interval for one in found.values())
        still = stands_still(newest, every, now)
        yield Complete("looks", state=read, known_until=newest if still else None)

    def _http(self, deadline: datetime | None) -> Http:
        auth = BasicAuth(self.settings.user, self.settings.password)
        return Http(self.settings, self.context, auth=auth, deadline=deadline)

    def _found(self, http: Http) -> tuple[Mapping[str, Checked], int]:
        """Each of the district's services as Icinga has it, and how many objects nobody mapped."""
        there: list[tuple[Checked, list[str]]] = []
        names = self.settings.services.values()
        if any("!" in name for name in names):
            there += _objects(http, "services", Service)
        if any("!" not in name for name in names):
            there += _objects(http, "hosts", Host)
        return matched(http.host, self.settings, there)

    def _planned(self, http: Http, found: Mapping[str, Checked]) -> dict[str, tuple[Window, ...]]:
        """The downtimes of what is in one, by Icinga's name of it. Icinga forgets them when they end."""
        inside = {self.settings.services[key] for key, one in found.items() if one.downtime_depth > 0}
        planned: dict[str, tuple[Window, ...]] = {}
        if inside:
            for row in _rows(http, "v1/objects/downtimes", {"attrs": list(Downtime.model_fields)}):
                one = shaped(http.host, Downtime, _attributes(http, row))
                window = one.window()
                if window is not None:
                    planned[one.of] = union([*planned.get(one.of, ()), window])
        return planned

    def _spells(self, one: Checked, since: float, started: float) -> Iterator[Spell]:
        """The newest check in another state and the present state, as far as they are later than the last read.

        Icinga's previous_state_change is no help: it equals last_state_change as soon as a change is through (2.13).
        """
        now = one.STATES.get(one.state, "")
        others = [
            (at, name)
            for name, at in one.seen().items()
            if name != now and at < min(one.last_state_change, one.last_check)
        ]
        spells = [Spell(name, at, at) for at, name in sorted(others)[-1:]]
        spells.append(Spell(now, one.last_state_change, one.last_check, _circumstance(one)))
        earliest = started if self.settings.before_start == "unknown" else 0.0
        for spell in spells:
            begins = max(spell.first, earliest, min(since + one.check_interval, spell.last) if since else 0.0)
            if begins <= spell.last and spell.last > since:
                yield spell._replace(first=begins)

    def _intervals(
        self, key: str, one: Checked, spell: Spell, planned: tuple[Window, ...]
    ) -> Iterator[ObservationInterval]:
        """A spell as intervals, cut where a downtime begins or ends."""
        state = MEANING.get(spell.name, ServiceState.UNKNOWN)
        if spell.name == "warning" and self.settings.warning == "up":
            state = ServiceState.UP
        every = max(1, round(one.check_interval))
        watch = Watch(key, self.context.source_key, VANTAGE, every)
        reason = "" if state is ServiceState.UP else spell.circumstance or spell.name or "state"
        whole = (Window(moment(spell.first), moment(spell.last)),)
        inside = () if state is ServiceState.UP else intersection(whole, planned)
        if not inside:
            yield _between(watch, state, reason, spell.first, spell.last)
            return
        parts = [(window, ServiceState.UNKNOWN, "maintenance") for window in inside]
        parts += [(window, state, reason) for window in difference(whole, inside)]
        for window, seen, why in sorted(parts):
            last = window.end.timestamp() - (0 if window.end == whole[0].end else 1)
            yield _between(watch, seen, why, window.start.timestamp(), max(last, window.start.timestamp()))


def _between(watch: Watch, state: ServiceState, reason: str, first: float, last: float) -> ObservationInterval:
    return interval(watch, Look(first, state, reason), last, 1 + round((last - first) / watch.every_seconds))


def _circumstance(one: Checked) -> str:
    """What Icinga knows beside the state: that it hangs on something that is down, or that somebody acknowledged it."""
    if not one.last_reachable:
        return "dependency"
    return "acknowledged" if one.acknowledgement > 0 else ""


def _objects(http: Http, path: str, model: type[Checked]) -> Iterator[tuple[Checked, list[str]]]:
    """All services or hosts that this user may see, each with its name."""
    for row in _rows(http, f"v1/objects/{path}", {"attrs": ["__name", *model.model_fields]}):
        attributes = _attributes(http, row)
        name = attributes.get("__name")
        if not isinstance(name, str):
            raise bad_shape(http.host, "__name")
        yield shaped(http.host, model, attributes), [name]


def _started_at(http: Http) -> float:
    """When this Icinga started, in seconds since 1970: before that it may have stood still."""
    for row in _rows(http, "v1/status/IcingaApplication", {}):
        try:
            return float(row["status"]["icingaapplication"]["app"]["program_start"])
        except (KeyError, TypeError, ValueError):
            raise bad_shape(http.host, "status.icingaapplication.app.program_start") from None
    raise bad_shape(http.host, "results")


def _attributes(http: Http, row: Any) -> dict[str, Any]:
    attributes = row.get("attrs") if isinstance(row, dict) else None
    if not isinstance(attributes, dict):
        raise bad_shape(http.host, "attrs")
    return attributes


def _rows(http: Http, path: str, parameters: Mapping[str, Any]) -> list[Any]:
    try:
        answer = http.get_json(path, parameters)
    except SettingsError:  # Icinga 2.13 says 404, not 403, of what a user may not see
        raise SettingsError(
            f"{http.host} shows this user nothing at {path}; give the ApiUser the permissions {PERMISSIONS}, or check "
            "the url."
        ) from None
    rows = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise bad_shape(http.host, "results")
    return rows
