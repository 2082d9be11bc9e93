"""What Healthchecks knows of jobs that must report: when each was late or failed, and when it came back.

Reads the list of checks and each mapped check's changes of status ("flips", kept for about three months). A job that
reports is no look from outside, so a service here means that its job ran, not that its web page answers.

Three things that Healthchecks does not tell, and what is made of them. A flip says only up or not up: whether a past
stretch was down or paused is known where a nightly read saw it, where nobody pauses checks (`pauses: never`), and is
otherwise unknown. A missed run counts as down there only when its grace time is over: the grace before is unknown
unless `grace` says otherwise, because a job that reported its failure itself had none. And a check that is paused, or
new and never reported, is neither up nor down.

Least access: the project's read-only API key. It sees neither the addresses to report to nor who is told.
Vendor page: https://healthchecks.io/docs/api/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, SecretStr

from connectors._base import Complete, Connector, FetchRequest, Mode, Stream, StreamMode, Yielded
from connectors._http import Http, HttpSettings
from connectors._http_auth import HeaderAuth
from connectors._monitor import Change, MonitorSettings, held, matched
from connectors._shape import bad_shape, shaped
from firstbell.records import ObservationInterval, ServiceState

SEEN = 200
"""How many of a check's past stretches are remembered as what a nightly read saw."""

MEANING = {
    "up": (ServiceState.UP, ""),
    "grace": (ServiceState.UP, ""),
    "down": (ServiceState.DOWN, ""),
    "paused": (ServiceState.UNKNOWN, "paused"),
    "new": (ServiceState.UNKNOWN, "new"),
}
"""What a check's status means; any other is unknown."""

GRACE = {
    "unknown": (ServiceState.UNKNOWN, "grace"),
    "down": (ServiceState.DOWN, "grace"),
    "up": (ServiceState.UP, ""),
}
NOT_TOLD = (ServiceState.UNKNOWN, "down_or_paused")


class HealthchecksSettings(HttpSettings, MonitorSettings):
    """One project of Healthchecks and which of its checks are the district's services."""

    url: str = Field("https://healthchecks.io/", description="Address of Healthchecks, your own or the hosted one.")
    api_key: SecretStr = Field(description="The project's read-only API key, as env:NAME or file:PATH.")
    pauses: Literal["unknown", "never"] = Field(
        "unknown", description="never, where nobody pauses checks: each stretch that was not up was then down."
    )
    grace: Literal["unknown", "down", "up"] = Field(
        "unknown", description="What the grace time before a missed run was called down counts as."
    )
    first_read_days: int = Field(90, ge=1, le=90, description="How far back the first read goes.")


class Check(BaseModel):
    """A check. `unique_key` stands for it with a read-only key, `uuid` or `ping_url` with another."""

    name: str
    slug: str = ""
    status: str
    grace: int
    last_ping: AwareDatetime | None
    next_ping: AwareDatetime | None
    unique_key: str = ""
    uuid: str = ""
    ping_url: str = ""

    @property
    def key(self) -> str:
        return self.unique_key or self.uuid or self.ping_url.rstrip("/").rpartition("/")[2]


class Flip(BaseModel):
    """A change of status; `up` is 0 for down, for paused and for new alike."""

    timestamp: AwareDatetime
    up: int


class Memory(BaseModel):
    """What is remembered of one check: its newest flip, and what readings saw of stretches that began at a flip."""

    newest: AwareDatetime | None = None
    seen: dict[str, str] = {}


class Healthchecks(Connector):
    """The stretches of each check since its last known change."""

    title = "Healthchecks"
    docs_url = "https://healthchecks.io/docs/api/"
    streams = (Stream("states", ObservationInterval, StreamMode.APPEND),)
    least_privilege = "The project's read-only API key."
    checked_against = "documented shapes only, compared with the sources of version 4"
    Settings = HealthchecksSettings

    settings: HealthchecksSettings

    def check(self) -> str:
        with self._http(None) as http:
            found, unmapped = self._found(http)
        idle = sorted(key for key, one in found.items() if one.status in ("paused", "new"))
        note = f" Not watched at present: {', '.join(idle)}." if idle else ""
        return f"{http.host} answers and has all {len(found)} services; {unmapped} more are not mapped.{note}"

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        # What a reading saw of a stretch stands nowhere else, so reading everything again must not forget it.
        before = request.states.get("states", {})
        memories: dict[str, Any] = {}
        now = self.context.clock()
        earliest = (now - timedelta(days=self.settings.first_read_days)).replace(microsecond=0)
        with self._http(request.deadline) as http:
            for service_key, check in self._found(http)[0].items():
                memory = shaped("The stored state", Memory, before.get(check.key, {}))
                known = memory.newest if request.mode is Mode.INCREMENTAL else None
                start = max(known, earliest) if known else earliest
                flips = _flips(http, check.key, start)
                changes = self._changes(check, flips, start, memory.seen)
                yield from held(service_key, self.context.source_key, changes, now)
                memories[check.key] = _remembered(memory, check, flips).model_dump(mode="json")
        yield Complete("states", state=memories)

    def _http(self, deadline: datetime | None) -> Http:
        return Http(self.settings, self.context, auth=HeaderAuth("X-Api-Key", self.settings.api_key), deadline=deadline)

    def _found(self, http: Http) -> tuple[Mapping[str, Check], int]:
        answer = http.get_json("api/v3/checks/")
        rows = answer.get("checks") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise bad_shape(http.host, "checks")
        there = [shaped(http.host, Check, row) for row in rows]
        if any(not one.key for one in there):
            raise bad_shape(http.host, "unique_key")
        return matched(http.host, self.settings, ((one, (one.key, one.uuid, one.slug, one.name)) for one in there))

    def _changes(
        self, check: Check, flips: Sequence[Flip], start: datetime, seen: Mapping[str, str]
    ) -> Iterator[Change]:
        """The stretches in order of time. Without a flip since `start` the present status held all that time."""
        present = MEANING.get(check.status, (ServiceState.UNKNOWN, "status"))
        if not flips:
            yield from self._last(check, Change(start, *present))
            return
        floor = start
        for flip, following in zip_longest(flips, flips[1:]):
            at = flip.timestamp
            if flip.up and following is not None:
                yield Change(at, ServiceState.UP)
            elif following is None and bool(flip.up) == (check.status in ("up", "grace")):
                yield from self._last(check, Change(at, *present), floor)
            elif flip.up:
                # Overdue already, and its flip not written yet: nothing is sure since the last report.
                yield Change(at, ServiceState.UP)
                yield Change(max(check.last_ping or at, at), *GRACE["unknown"])
            else:
                yield from self._not_up(check, at, floor, self._past(flip, seen))
            floor = at

    def _last(self, check: Check, present: Change, floor: datetime | None = None) -> Iterator[Change]:
        """The stretch that still lasts: its grace before it where it is not up, at its end where it is late."""
        if present.state is not ServiceState.UP:
            yield from self._not_up(check, present.at, floor or present.at, present[1:])
            return
        yield present
        if check.status == "grace" and check.next_ping is not None:
            yield Change(max(check.next_ping, present.at), *GRACE[self.settings.grace])

    def _past(self, flip: Flip, seen: Mapping[str, str]) -> tuple[ServiceState, str]:
        """What a stretch that is over was."""
        known = seen.get(flip.timestamp.isoformat(), "down" if self.settings.pauses == "never" else "")
        return MEANING[known] if known in ("down", "paused", "new") else NOT_TOLD

    def _not_up(
        self, check: Check, at: datetime, floor: datetime, meaning: tuple[ServiceState, str]
    ) -> Iterator[Change]:
        """A stretch that was not up, with the grace time before it where it may have been down."""
        if meaning[1] not in ("paused", "new"):
            late = max(at - timedelta(seconds=check.grace), floor)
            if late < at:
                yield Change(late, *GRACE[self.settings.grace])
        yield Change(at, *meaning)


def _flips(http: Http, key: str, start: datetime) -> list[Flip]:
    """A check's flips since `start`, oldest first. The vendor's page shows a bare list, its code wraps it."""
    answer = http.get_json(f"api/v3/checks/{key}/flips/", {"start": int(start.timestamp())})
    rows = answer.get("flips") if isinstance(answer, dict) else answer
    if not isinstance(rows, list):
        raise bad_shape(http.host, "flips")
    told = [shaped(http.host, Flip, row) for row in reversed(rows)]
    return sorted(told, key=lambda flip: flip.timestamp)


def _remembered(memory: Memory, check: Check, flips: Sequence[Flip]) -> Memory:
    newest = flips[-1].timestamp if flips else memory.newest
    seen = dict(memory.seen)
    if newest is not None and check.status in ("down", "paused", "new"):
        seen.setdefault(newest.isoformat(), check.status)
    return Memory(newest=newest, seen=dict(list(seen.items())[-SEEN:]))
