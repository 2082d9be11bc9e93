"""A Zabbix 7.0 in its documented shapes: numbers as text, an SLI of -1, lists that are objects when they are empty."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from firstbell.records import ObservationInterval, Record, ServiceState, ServiceWindow
from tests.contract.suite import Situation
from tests.contract.web import WEB, Question, Reply, WebCase

TOKEN = "0f3c-secret-token"
BAD = "about a quarter past, Jane says"
START = datetime(2026, 11, 20, 4, tzinfo=UTC)
DAY = datetime(2026, 11, 18, 6, tzinfo=UTC)
"""Midnight in Chicago."""
UP, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN
POLICY = (
    "Zabbix SLA, daily in America/Chicago: down while a problem counts against a service, in its scheduled hours, "
    "excluded downtimes left out; time in which Zabbix stood still counts as it was before"
)


def item(key: str, host: str, name: str, **changes: Any) -> dict[str, Any]:
    row = {"itemid": key, "key_": name, "value_type": "3", "delay": "1m", "name": BAD, "hosts": [{"host": host}]}
    return row | changes


ITEMS = [
    item("101", "Router 1", "icmpping", delay="60s;30s/1-7,00:00-24:00"),
    item("102", "portal", "web.test.fail[Portal]"),
    item("103", "mail", "smtp.up", value_type="0"),
    item("104", "portal", "icmpping"),
]


def history(first: int, *values: float) -> list[dict[str, Any]]:
    """Values a minute apart, from a minute after START on."""
    at = int(START.timestamp()) + 60 * first
    return [{"clock": str(at + 60 * n), "ns": "500000000", "value": str(value)} for n, value in enumerate(values)]


HISTORY = {
    "101": [*history(0, 1, 1, 0, 0, 1), *history(30, 1, 1, 2)],
    "102": history(0, 0, 0, 2),
    "103": history(0, 0.0000, 1.0000),
}
SLI = {"uptime": "28800", "downtime": "0", "sli": "100", "error_budget": "288", "excluded_downtimes": []}
LATE = DAY + timedelta(hours=10)
PLANNED = [
    {"name": BAD, "period_from": int(LATE.timestamp()), "period_to": int(LATE.timestamp()) + 3600},
    {"name": BAD, "period_from": int(DAY.timestamp()) - 7200, "period_to": int(DAY.timestamp()) + 600},
]
LEVELS = [
    [SLI, {**SLI, "uptime": "0", "downtime": "0", "sli": "-1"}],
    [{**SLI, "uptime": 27000, "downtime": 1800, "sli": 93.75, "excluded_downtimes": PLANNED}, SLI],
    [SLI, SLI],
]
"""The first day is the newest but one, the last one still runs."""


def seen(key: str, state: ServiceState, first: int, last: int) -> ObservationInterval:
    at = START + timedelta(milliseconds=500)
    return ObservationInterval(
        service_key=key,
        source_key="under-test",
        vantage="monitor",
        state=state,
        first_at=at + timedelta(minutes=first),
        last_at=at + timedelta(minutes=last),
        count=last - first + 1,
        expected_interval_seconds=60,
        reason={UP: "", DOWN: "item", UNKNOWN: "value"}[state],
    )


def level(key: str, day: int, **found: Any) -> ServiceWindow:
    at = DAY + timedelta(days=day)
    told = {"up_seconds": 28800.0, "down_seconds": 0.0, "maintenance_seconds": 0.0, "up_ratio": 1.0} | found
    return ServiceWindow(
        service_key=key, started_at=at, ended_at=at + timedelta(days=1), accounting_policy=POLICY, **told
    )


NOTHING = {"up_seconds": None, "down_seconds": None, "up_ratio": None, "unknown_seconds": 86_400.0}
PARTLY = {"up_seconds": 27000.0, "down_seconds": 1800.0, "up_ratio": 0.9375, "maintenance_seconds": 4200.0}
LOOKS = [
    seen("wan", UP, 0, 1),
    seen("wan", DOWN, 2, 3),
    seen("wan", UP, 4, 4),
    seen("wan", UP, 30, 31),
    seen("wan", UNKNOWN, 32, 32),
    seen("portal", UP, 0, 1),
    seen("portal", DOWN, 2, 2),
    seen("mail", UP, 0, 0),
    seen("mail", DOWN, 1, 1),
]
WINDOWS = [
    level("portal", -1),
    level("mail", -1, **NOTHING),
    level("portal", 0, **PARTLY),
    level("mail", 0),
]


class Case(WebCase):
    kind = "zabbix"
    situations = (WEB - {Situation.SERVER_ERROR_ONCE}) | {
        Situation.CHANGED,
        Situation.MISSING_FIELD,
        Situation.BAD_VALUE,
    }
    secrets = (TOKEN,)
    private = (BAD,)
    missing_field = "value"
    bad_field = "value"
    strikes_from = 4

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "token": TOKEN,
            "services": {"wan": "Router 1:icmpping", "portal": "portal:web.test.fail[Portal]", "mail": "103"},
            "zero_is_up": ["mail"],
            "sla": {"name": "School days", "services": {"portal": "School portal", "mail": "22"}, "periods": 3},
            "timeout_seconds": 0.15 if self.situation is Situation.SLOW else 10,
            "wait_budget_seconds": 60,
        }

    def answer(self, question: Question) -> Reply:
        assert question.path == "/api_jsonrpc.php"
        asked = json.loads(question.body)
        signed = "Authorization" in question.headers
        assert signed == (asked["method"] != "apiinfo.version"), "Zabbix refuses a token there and wants it elsewhere"
        assert "auth" not in asked
        found = getattr(self, asked["method"].replace(".", "_"))(asked["params"])
        return Reply({"jsonrpc": "2.0", "result": found, "id": asked["id"]})

    def apiinfo_version(self, _: Any) -> str:
        return "7.0.3"

    def item_get(self, asked: Mapping[str, Any]) -> list[dict[str, Any]]:
        wanted = asked.get("filter")
        if wanted is None:
            return [one for one in ITEMS if one["itemid"] in asked["itemids"]]
        return [one for one in ITEMS if one["key_"] in wanted["key_"] and one["hosts"][0]["host"] in wanted["host"]]

    def history_get(self, asked: Mapping[str, Any]) -> Any:
        [key] = asked["itemids"]
        assert asked["history"] == int(next(one for one in ITEMS if one["itemid"] == key)["value_type"])
        rows = [] if self.situation is Situation.EMPTY else HISTORY[key]
        if self.situation is Situation.CHANGED and key == "102":
            rows = [*rows, *history(40, 0, 0)]
        if self.situation is Situation.MISSING_FIELD and key == "103":
            rows = [{name: value for name, value in one.items() if name != "value"} for one in rows]
        if self.situation is Situation.BAD_VALUE and key == "103":
            rows = [*rows, {**rows[-1], "value": BAD}]
        found = [one for one in rows if asked["time_from"] <= int(one["clock"]) <= asked["time_till"]]
        return sorted(found, key=lambda one: int(one["clock"]))[: asked["limit"]] or {}

    def sla_get(self, _: Any) -> list[dict[str, Any]]:
        sla = {"slaid": "5", "name": "School days", "period": "0", "slo": "99.9", "timezone": "America/Chicago"}
        return [{**sla, "status": "1", "schedule": [{"period_from": "118800", "period_to": "147600"}]}]

    def service_get(self, _: Any) -> list[dict[str, Any]]:
        return [
            {"serviceid": key, "name": name} for key, name in (("21", "School portal"), ("22", "Mail"), ("23", BAD))
        ]

    def sla_getsli(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        assert sorted(asked["serviceids"]) == ["21", "22"]
        last = 0 if self.situation is Situation.EMPTY else 3
        days = [int((DAY + timedelta(days=n - 1)).timestamp()) for n in range(last)]
        return {
            "periods": [{"period_from": day, "period_to": day + 86_400} for day in days],
            "serviceids": ["22", "21"],
            "sli": [row[::-1] for row in LEVELS[: len(days)]],
        }

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return ()
        later = [seen("portal", UP, 40, 41)] if situation is Situation.CHANGED else []
        return [*LOOKS, *later, *WINDOWS]
