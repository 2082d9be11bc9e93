"""Looks that a Prometheus has stored of services: probe_success of the blackbox exporter, or any expression.

Reads of each service the raw samples with their own instants, so that nothing is carried on: Prometheus itself shows a
series' last value for five minutes after it ended. Where the target's `up` is 0 (the exporter did not answer
Prometheus) the look is unknown, not down. Where there is no sample at all there is no look: a Prometheus that stood
still leaves a gap, and the stream is known no further than its newest sample.

An expression that computes (a minimum, a comparison with `bool`) has no samples of its own. It is evaluated at each
scrape interval, at most 11,000 points a call, and a point counts only where `scraper` has a sample of its own: the
`up` of what the expression is computed from.

Of a service that is a plain probe_success, probe_duration_seconds with the same labels is read too: how long half and
95 % of the answers of a past local day took at most, over its raw samples, failed looks left out. These are the
monitor's, as the measures monitor_p50_ms and monitor_p95_ms with the service's key, and in no figure of ours.

A value of 1 is up, 0 is down, in between is degraded (some of several probes failed). Any other value is no state and
so unknown: write a comparison such as `monitor_status == bool 1` where a metric counts otherwise.

Least access: none, or the login or token that the proxy before it asks for; only `/api/v1/query` and
`/api/v1/query_range` are read. Limits. Prometheus forgets after 15 days unless set otherwise. A label that changed in
between gives two series; they must not overlap in time, or `vantage_label` must tell them apart.
Vendor page: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any, NamedTuple

from pydantic import BaseModel, Field, SecretStr, model_validator

from connectors._base import Checkpoint, Complete, Connector, Doubtful, FetchRequest, Mode, Stream, StreamMode, Yielded
from connectors._errors import SettingsError, UnavailableError
from connectors._http import Http, HttpSettings
from connectors._http_auth import Auth, BasicAuth, HeaderAuth
from connectors._looks import GAP_INTERVALS, Look, Watch, intervals, moment
from connectors._monitor import STALE_INTERVALS, VANTAGE, at_rest, latencies, stands_still
from connectors._shape import bad_shape, shaped
from firstbell.clock import is_ahead
from firstbell.intervals import local_day
from firstbell.records import Measurement, ObservationInterval, ServiceState

POINTS_A_CALL = 10_000
"""Prometheus refuses more than 11,000 points of a series in one answer to a range query."""

SELECTOR = re.compile(r"""([a-zA-Z_:][\w:]*)\s*(\{(?:[^{}"'`]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)*\})?""")
"""A metric with its matchers and nothing computed."""


class PrometheusSettings(HttpSettings):
    """Where Prometheus is, who reads it, and which of its series are the district's services."""

    user: str = Field("", description="Login, where a proxy or Prometheus itself asks for one.")
    password: SecretStr | None = Field(None, description="That login's password, as env:NAME or file:PATH.")
    token: SecretStr | None = Field(None, description="Bearer token instead of a login, as env:NAME or file:PATH.")
    services: dict[str, str] = Field(
        min_length=1,
        description="The district's service keys, each with what is 1 while it is up, such as "
        'probe_success{instance="https://www.example.org"}.',
    )
    scraper: str = Field(
        "",
        description='For an expression that computes: the up of what it is computed from, such as up{job="blackbox"}.',
    )
    interval_seconds: int = Field(60, ge=1, le=86_400, description="How often Prometheus scrapes these series.")
    vantage_label: str = Field(
        "", description="Label that tells from where was looked, where several probers look at one service."
    )
    first_read_days: int = Field(15, ge=1, le=400, description="How far back the first read goes.")
    latency_days: int = Field(
        2,
        ge=0,
        le=14,
        description="Of how many past days the p50 and p95 of probe_duration_seconds are kept; 0 for none.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> PrometheusSettings:
        if (self.password is not None) != bool(self.user) or (self.user and self.token is not None):
            raise ValueError("give user and password together, or token, or none of them")
        if self.scraper and not SELECTOR.fullmatch(self.scraper):
            raise ValueError('scraper must be a metric with its matchers, such as up{job="blackbox"}')
        computed = [key for key, expression in self.services.items() if not SELECTOR.fullmatch(expression)]
        if computed and not self.scraper:
            raise ValueError(f"the expression of {computed[0]} computes; set scraper to the up of what it is made from")
        return self

    def auth(self) -> Auth:
        """How we prove who we are, if at all."""
        if self.token is not None:
            return HeaderAuth("Authorization", self.token, "Bearer ")
        return BasicAuth(self.user, self.password) if self.password is not None else Auth()

    def alive(self, expression: str) -> str:
        """The selector that tells whether Prometheus could look; empty where the expression is itself an `up`."""
        found = SELECTOR.fullmatch(expression)
        if found is None:
            return self.scraper
        return "" if found[1] == "up" else f"up{found[2] or ''}"


Value = tuple[float, float]
"""An instant in seconds since 1970, and the value then."""


class Series(BaseModel):
    """One series of an answer. Prometheus writes values as text, because JSON has no NaN."""

    metric: dict[str, str]
    values: list[Value]

    @property
    def place(self) -> frozenset[tuple[str, str]]:
        """The labels without the metric's name: what one scrape of one target has in common."""
        return frozenset(one for one in self.metric.items() if one[0] != "__name__")


class Part(NamedTuple):
    """A stretch of time that one call asks for: after `start`, up to `end`, in seconds since 1970."""

    start: float
    end: float


class Prometheus(Connector):
    """The looks at each service since the last one that was read."""

    title = "Prometheus (blackbox exporter)"
    docs_url = "https://prometheus.io/docs/prometheus/latest/querying/api/"
    streams = (
        Stream("looks", ObservationInterval, StreamMode.APPEND),
        Stream("latencies", Measurement, StreamMode.UPSERT),
    )
    least_privilege = "None, or a login or token of its own at the proxy before it, for /api/v1/query and query_range."
    checked_against = "real Prometheus 2.42 with blackbox_exporter 0.23"
    Settings = PrometheusSettings

    settings: PrometheusSettings

    def check(self) -> str:
        with self._http(None) as http:
            missing = [key for key, one in self.settings.services.items() if not _has_samples(http, one)]
            if missing:
                raise _lacks(http, missing, 1)
            now, theirs = self.context.clock(), _own_clock(http)
            ahead = is_ahead(theirs, now)
            still = dict.fromkeys(self.settings.services, theirs) if ahead else self._still(http, now)
        told = f"{http.host} answers and has looks of the last day at all {len(self.settings.services)} services."
        return Doubtful(f"{told} {at_rest(still, now, self.context.zone)}") if still else told

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        before = request.states.get("looks", {}) if request.mode is Mode.INCREMENTAL else {}
        now = self.context.clock()
        oldest = (now - timedelta(days=self.settings.first_read_days)).timestamp()
        newest = {key: max(before.get(key, oldest), oldest) for key in self.settings.services}
        with self._http(request.deadline) as http:
            if is_ahead(_own_clock(http), now):  # it dated all samples, those before now too
                yield Complete("latencies")
                yield Complete("looks", state=before, known_until=moment(max(before.values())) if before else None)
                return
            for key, expression in self.settings.services.items():
                for one in self._looks(http, key, expression, Part(newest[key], now.timestamp())):
                    newest[key] = max(newest[key], one.last_at.timestamp())
                    yield one
                yield Checkpoint("looks", state={name: at for name, at in newest.items() if at > oldest})
            missing = [key for key, at in newest.items() if at == oldest]
            if missing:
                raise _lacks(http, missing, self.settings.first_read_days)
            for key, expression in self.settings.services.items():
                yield from self._latencies(http, key, expression, now)
        yield Complete("latencies")
        last = moment(max(newest.values()))
        still = stands_still(last, self.settings.interval_seconds, now)
        yield Complete("looks", state=newest, known_until=last if still else None)

    def _still(self, http: Http, now: datetime) -> Mapping[str, datetime | None]:
        """The services of which there is no look of now, with the newest one of the last day."""
        at, day = now.timestamp(), timedelta(days=1).total_seconds()
        recent = STALE_INTERVALS * self.settings.interval_seconds
        still: dict[str, datetime | None] = {}
        for key, expression in self.settings.services.items():
            selector = expression if SELECTOR.fullmatch(expression) else self.settings.scraper
            if not _samples(http, selector, Part(at - recent, at)):
                told = [one.values[-1][0] for one in _samples(http, selector, Part(at - day, at))]
                still[key] = moment(max(told)) if told else None
        return still

    def _http(self, deadline: datetime | None) -> Http:
        return Http(self.settings, self.context, auth=self.settings.auth(), deadline=deadline)

    def _looks(self, http: Http, key: str, expression: str, over: Part) -> Iterator[ObservationInterval]:
        every = self.settings.interval_seconds
        computed = not SELECTOR.fullmatch(expression)
        for part in _parts(over, every * POINTS_A_CALL):
            tries = self._tries(http, expression, part._replace(start=part.start - 2 * every))
            found = _evaluated(http, expression, part, every) if computed else _samples(http, expression, part)
            values = self._by_vantage(found, key)
            for vantage in sorted(values.keys() | tries.keys() - ({""} if values else set())):
                tried = tries.get(vantage, tries.get("", []))
                looks = {at: Look(at, ServiceState.UNKNOWN, "scrape") for at, up in tried if up < 1 and at > part.start}
                answered = [at for at, up in tried if up >= 1]
                for at, value in values.get(vantage, ()):
                    if not computed or _near(answered, at, every):
                        looks[at] = _look(at, value)
                watch = Watch(key, self.context.source_key, vantage or VANTAGE, every)
                yield from intervals(watch, (looks[at] for at in sorted(looks)))

    def _latencies(self, http: Http, key: str, expression: str, now: datetime) -> Iterator[Measurement]:
        """The percentiles of past days of a service that the blackbox exporter looks at; none where none is stored."""
        plain = SELECTOR.fullmatch(expression)
        if plain is None or plain[1] != "probe_success":
            return
        today = now.astimezone(self.context.zone).date()
        for number in range(self.settings.latency_days, 0, -1):
            day = today - timedelta(days=number)
            window = local_day(day, self.context.zone)
            part = Part(window.start.timestamp(), window.end.timestamp())
            took = _samples(http, f"probe_duration_seconds{plain[2] or ''}", part)
            if took:
                looked = _samples(http, expression, part)
                answered = {(one.place, at) for one in looked for at, up in one.values if up == 1}
                seconds = [value for one in took for at, value in one.values if (one.place, at) in answered]
                yield from latencies(key, day, seconds, window.end)

    def _tries(self, http: Http, expression: str, part: Part) -> dict[str, list[Value]]:
        """When Prometheus tried to look, and whether any of what it asked answered (1 or 0), by vantage."""
        alive = self.settings.alive(expression)
        tries: dict[str, dict[float, float]] = {}
        for series in _samples(http, alive, part) if alive else ():
            tried = tries.setdefault(series.metric.get(self.settings.vantage_label, ""), {})
            for at, up in series.values:
                tried[at] = max(up, tried.get(at, 0))
        return {vantage: sorted(tried.items()) for vantage, tried in tries.items()}

    def _by_vantage(self, found: Sequence[Series], key: str) -> dict[str, list[Value]]:
        """The values of each vantage. Raises SettingsError where two series of one vantage overlap in time."""
        by_vantage: dict[str, list[Value]] = {}
        for series in sorted(found, key=lambda one: one.values[0]):
            values = by_vantage.setdefault(series.metric.get(self.settings.vantage_label, ""), [])
            if values and series.values[0][0] <= values[-1][0]:
                raise SettingsError(
                    f"The expression of {key} gives several series at once; narrow it, take the min() of them, or set "
                    "vantage_label to the label that tells the probers apart."
                )
            values += series.values
        return by_vantage


def _parts(over: Part, seconds: float) -> Iterator[Part]:
    start = over.start
    while start < over.end:
        yield Part(start, min(start + seconds, over.end))
        start += seconds


def _samples(http: Http, selector: str, part: Part) -> list[Series]:
    """The raw samples of a metric, each with its own instant."""
    asked: Mapping[str, str] = {
        "query": f"{selector}[{ceil(part.end - part.start) + 1}s]",
        "time": f"{part.end:.3f}",
    }
    return _cut(_result(http, http.get_json("api/v1/query", asked)), http, part)


def _evaluated(http: Http, expression: str, part: Part, every: int) -> list[Series]:
    """A computed expression's value at each interval."""
    asked: Mapping[str, str | int] = {
        "query": expression,
        "start": ceil(part.start / every) * every,  # multiples of the interval, so that reads join without a seam
        "end": f"{part.end:.3f}",
        "step": every,
    }
    return _cut(_result(http, http.get_json("api/v1/query_range", asked)), http, part)


def _own_clock(http: Http) -> datetime:
    """What time it is for Prometheus."""
    rows = _result(http, http.get_json("api/v1/query", {"query": "vector(time())"}))
    try:
        return moment(float(rows[0]["value"][0]))
    except (LookupError, TypeError, ValueError, OverflowError, OSError):
        raise bad_shape(http.host, "data.result") from None


def _has_samples(http: Http, expression: str) -> bool:
    plain = SELECTOR.fullmatch(expression)
    asked = f"count_over_time({expression}[1d])" if plain else f"count({expression})"
    return bool(_result(http, http.get_json("api/v1/query", {"query": asked})))


def _lacks(http: Http, missing: Sequence[str], days: int) -> SettingsError:
    return SettingsError(
        f"{http.host} has had no sample for {days} days of {', '.join(missing)}; check what stands under services on "
        "Prometheus' own page."
    )


def _cut(rows: Sequence[Any], http: Http, part: Part) -> list[Series]:
    """Series with the values of this part alone; whether a range holds its first instant depends on the version."""
    found = [shaped(http.host, Series, row) for row in rows]
    for series in found:
        series.values = [value for value in series.values if part.start < value[0] <= part.end]
    return [series for series in found if series.values]


def _near(answered: Sequence[float], at: float, every: int) -> bool:
    """Whether what a point at `at` was computed from answered within one and a half intervals before."""
    before = bisect_right(answered, at)
    return before > 0 and at - answered[before - 1] <= GAP_INTERVALS * every


def _look(at: float, value: float) -> Look:
    if not 0 <= value <= 1:  # also where it is no number
        return Look(at, ServiceState.UNKNOWN, "value")
    if value == 1:
        return Look(at, ServiceState.UP)
    return Look(at, ServiceState.DOWN, "probe") if value == 0 else Look(at, ServiceState.DEGRADED, "partly")


def _result(http: Http, answer: Any) -> list[Any]:
    """The rows of an answer. Raises UnavailableError where it says itself that it may not be all."""
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), dict):
        raise bad_shape(http.host, "data")
    rows = answer["data"].get("result")
    if not isinstance(rows, list):
        raise bad_shape(http.host, "data.result")
    if any(not str(warning).startswith("PromQL") for warning in answer.get("warnings") or ()):
        raise UnavailableError(f"{http.host} warns that its answer is not whole; ask its operator which store is down.")
    return rows
