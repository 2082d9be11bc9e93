"""A Prometheus in its documented shapes: three services, one of them computed, one of them seen from two places."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from firstbell.records import ObservationInterval, Record, ServiceState
from tests.contract.suite import Situation
from tests.contract.web import WEB, Question, Reply, WebCase

PASSWORD = "a pass phrase"
BAD = "half up, Jane says"
START = datetime(2026, 11, 20, 4, 0, 0, 500_000, tzinfo=UTC)
UP, DOWN, UNKNOWN, DEGRADED = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN, ServiceState.DEGRADED

Samples = dict[int, float | str]
"""The value at each minute after START."""


def samples(first: int, *values: float | str) -> Samples:
    return dict(enumerate(values, start=first))


WEB_PAGE = {**samples(0, 1, 1, 1, 0, 0, 1, 1), **samples(20, 1, 1)}
"""Down for two looks; then Prometheus stands still for a while; then the exporter does not answer."""
WEB_UP = {**samples(0, *[1] * 7), **samples(20, 1, 1, 0, 0)}
MAIL_OAK, MAIL_ELM = samples(0, 1, "NaN", 2, 1), samples(0, 0, 0, 0)
POOL = samples(0, 1, 0.5, 0.5, 1, 1, 1, 1, 1, 1)
"""The last ones are carried on by Prometheus; its exporter had no sample any more."""
POOL_UP = {**samples(0, 1, 1, 1, 1)}
LATER = samples(24, 1, 1)


def seen(
    service: str, state: ServiceState, first: int, last: int, reason: str = "", *, off: float = 0.5, vantage: str = ""
) -> ObservationInterval:
    at = START + timedelta(seconds=off - 0.5)
    return ObservationInterval(
        service_key=service,
        source_key="under-test",
        vantage=vantage or "monitor",
        state=state,
        first_at=at + timedelta(minutes=first),
        last_at=at + timedelta(minutes=last),
        count=last - first + 1,
        expected_interval_seconds=60,
        reason=reason,
    )


WHOLE = [
    seen("page", UP, 0, 2),
    seen("page", DOWN, 3, 4, "probe"),
    seen("page", UP, 5, 6),
    seen("page", UP, 20, 21),
    seen("page", UNKNOWN, 22, 23, "scrape"),
    seen("mail", UP, 0, 0, vantage="oak"),
    seen("mail", UNKNOWN, 1, 2, "value", vantage="oak"),
    seen("mail", UP, 3, 3, vantage="oak"),
    seen("mail", DOWN, 0, 2, "probe", vantage="elm"),
    seen("pool", UP, 1, 1, off=0),
    seen("pool", DEGRADED, 2, 3, "partly", off=0),
    seen("pool", UP, 4, 4, off=0),
]


class Case(WebCase):
    kind = "prometheus"
    situations = (WEB - {Situation.EMPTY}) | {Situation.CHANGED, Situation.MISSING_FIELD, Situation.BAD_VALUE}
    secrets = (PASSWORD,)
    private = (BAD,)
    missing_field = "values"
    bad_field = "values"
    strikes_from = 7
    ahead = timedelta()
    """Of our clock, Prometheus' own."""

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "user": "firstbell",
            "password": PASSWORD,
            "services": {
                "page": 'probe_success{instance="https://www.example.org/{x}"}',
                "mail": 'probe_success{instance="mail"}',
                "pool": "avg(probe_success{job='pool'})",
            },
            "scraper": "up{job='pool'}",
            "vantage_label": "prober",
            "first_read_days": 6,
            "timeout_seconds": 0.15 if self.situation is Situation.SLOW else 10,
            "wait_budget_seconds": 60,
        }

    def answer(self, question: Question) -> Reply:
        assert question.headers["Authorization"].startswith("Basic ")
        asked = question.first("query")
        if asked == "vector(time())":
            return reply([{"metric": {}, "value": [(self.now + self.ahead).timestamp(), "0"]}])
        if asked.startswith("count"):
            return reply([{"metric": {}, "value": [START.timestamp(), "7"]}])
        if question.path == "/api/v1/query_range":
            assert int(question.first("start")) % 60 == 0
            return reply([self.series({}, {at + 1: value for at, value in POOL.items()}, 0.0)])
        match = re.fullmatch(r"(\w+)(\{.*\})\[\d+s\]", asked)
        assert match, asked
        return reply(self.rows(*match.groups()))

    def rows(self, metric: str, matchers: str) -> list[dict[str, Any]]:
        if metric == "probe_duration_seconds":
            return []
        if "mail" in matchers:
            return [] if metric == "up" else [self.series({"prober": "oak"}, MAIL_OAK), self.last(MAIL_ELM)]
        if "pool" in matchers:
            return [self.series({"job": "pool"}, POOL_UP)]
        more = LATER if self.situation is Situation.CHANGED else {}
        return [self.series({"instance": "x"}, (WEB_PAGE if metric == "probe_success" else WEB_UP) | more)]

    def last(self, values: Samples) -> dict[str, Any]:
        """The series that breaks."""
        row = self.series({"prober": "elm"}, values)
        if self.situation is Situation.MISSING_FIELD:
            del row["values"]
        if self.situation is Situation.BAD_VALUE:
            row["values"][1][1] = BAD
        return row

    def series(self, metric: dict[str, str], values: Samples, off: float = 0.5) -> dict[str, Any]:
        at = START.timestamp() - 0.5 + off
        return {"metric": metric, "values": [[at + 60 * minute, str(value)] for minute, value in values.items()]}

    def expected(self, situation: Situation) -> Sequence[Record]:
        return [*WHOLE, seen("page", UP, 24, 25)] if situation is Situation.CHANGED else WHOLE


def reply(rows: list[dict[str, Any]]) -> Reply:
    return Reply({"status": "success", "data": {"resultType": "matrix", "result": rows}})
