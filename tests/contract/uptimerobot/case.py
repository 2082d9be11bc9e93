"""An account of UptimeRobot in the shapes of its version 2: a log that is newest first, refusals with status 200 that
quote what was sent, percentages joined by hyphens, 0 for a day it knows nothing of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from firstbell.records import ObservationInterval, Record, ServiceState, ServiceWindow
from tests.contract.suite import Situation
from tests.contract.web import WEB, Question, Reply, WebCase

KEY = "ur123456-s3cret"
BAD = "half past nine or so"
NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
MIDNIGHTS = [datetime(2026, 11, 17, 6, tzinfo=UTC) + timedelta(days=day) for day in range(3)]
"""Of the district, for the two days before NOW and the end of the second."""
MADE = NOW - timedelta(days=400)
UP, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN
POLICY = "UptimeRobot: its own share of a local day, by time; pauses and what it did not see left out"


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def entry(kind: int, hours: float) -> dict[str, Any]:
    at = NOW - timedelta(hours=hours)
    reason = {"code": "500", "detail": "Jane in room 12 unplugged it"}
    return {"id": int(hours * 1000), "type": kind, "datetime": seconds(at), "duration": 60, "reason": reason}


def monitor(key: int, name: str, status: int, logs: list[dict[str, Any]], **other: Any) -> dict[str, Any]:
    return {
        "id": key,
        "friendly_name": name,
        "url": f"https://{key}.example.org",
        "type": 1,
        "sub_type": "",
        "http_username": "Jane in room 12",
        "port": "",
        "interval": 300,
        "status": status,
        "create_datetime": seconds(MADE),
        "logs": logs,
        "custom_uptime_ranges": "100.000-98.750",
    } | other


WEBSITE = monitor(1, "Web site", 2, [entry(2, 1), entry(1, 2), entry(2, 30), entry(99, 40), entry(98, 50)])
QUIET = monitor(2, "Mail", 2, [], custom_uptime_ranges="0.000-100")
OTHER = monitor(9, "Somebody else's", 0, [])


def stretch(service: str, state: ServiceState, first: datetime, end: datetime, reason: str = "") -> ObservationInterval:
    return ObservationInterval(
        service_key=service,
        source_key="under-test",
        vantage="monitor",
        state=state,
        first_at=first,
        last_at=end - timedelta(seconds=1),
        count=int((end - first).total_seconds()),
        expected_interval_seconds=1,
        reason=reason,
    )


def before(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def day(service: str, number: int, share: float | None) -> ServiceWindow:
    return ServiceWindow(
        service_key=service,
        started_at=MIDNIGHTS[number],
        ended_at=MIDNIGHTS[number + 1],
        accounting_policy=POLICY,
        up_ratio=share,
    )


FIRST = datetime(2026, 9, 20, 5, tzinfo=UTC)
"""Local midnight sixty days before, still in daylight time."""
EXPECTED = [
    stretch("website", UNKNOWN, before(50), before(40), "new"),
    stretch("website", UNKNOWN, before(40), before(30), "paused"),
    stretch("website", UP, before(30), before(2)),
    stretch("website", DOWN, before(2), before(1)),
    stretch("website", UP, before(1), NOW),
    stretch("mail", UP, FIRST, NOW),
    day("website", 0, 1.0),
    day("website", 1, 0.9875),
    day("mail", 0, None),
    day("mail", 1, 1.0),
]


class Case(WebCase):
    kind = "uptimerobot"
    situations = WEB | {
        Situation.CHANGED,
        Situation.UNKNOWN_ENUM,
        Situation.MISSING_FIELD,
        Situation.BAD_VALUE,
        Situation.ENDLESS,
    }
    secrets = (KEY,)
    private = (BAD, "Jane in room 12")
    missing_field = "datetime"
    bad_field = "datetime"

    def __init__(self, folder: Path, prepared: Any = None) -> None:
        super().__init__(folder, prepared)
        self.asked: list[str] = []
        """The ranges of each question."""

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "api_key": KEY,
            "services": {"website": "Web site", "mail": "2"},
            "window_days": 2,
            "timeout_seconds": 0.15 if self.situation is Situation.SLOW else 10,
            "wait_budget_seconds": 60,
        }

    def answer(self, question: Question) -> Reply:
        assert question.path == "/v2/getMonitors"
        assert question.headers["Content-Type"] == "application/x-www-form-urlencoded"
        form = {name: values[0] for name, values in parse_qs(question.body.decode()).items()}
        assert form["log_types"] == "1-2-98-99"
        self.asked.append(form["custom_uptime_ranges"])
        if form["api_key"] != KEY:
            error = {"type": "invalid_parameter", "parameter_name": "api_key", "passed_value": form["api_key"]}
            return Reply({"stat": "fail", "error": error | {"message": "api_key is invalid."}})
        start = int(form["offset"])
        there = self.monitors()
        shown = there[:1] if self.situation is Situation.ENDLESS else there[start : start + 2]
        total = 10**6 if self.situation is Situation.ENDLESS else len(there)
        return Reply({"stat": "ok", "pagination": {"offset": start, "limit": 2, "total": total}, "monitors": shown})

    def monitors(self) -> list[dict[str, Any]]:
        logs = WEBSITE["logs"]
        match self.situation:
            case Situation.EMPTY:
                return [OTHER, WEBSITE | {"logs": [], "status": 1}, QUIET]
            case Situation.CHANGED:
                return [OTHER, WEBSITE | {"logs": [entry(1, 0.25), *logs], "status": 9}, QUIET]
            case Situation.UNKNOWN_ENUM:
                return [OTHER, WEBSITE | {"logs": [entry(77, 0.25), *logs], "status": 66}, QUIET]
            case Situation.MISSING_FIELD:
                return [OTHER, WEBSITE, QUIET | {"logs": [{"type": 1}]}]
            case Situation.BAD_VALUE:
                return [OTHER, WEBSITE, QUIET | {"logs": [{"type": 1, "datetime": BAD}]}]
        return [OTHER, WEBSITE, QUIET]

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            never = [day("website", number, None) for number in (0, 1)]
            return [stretch("website", UNKNOWN, FIRST, NOW, "new"), EXPECTED[5], *never, *EXPECTED[8:]]
        if situation is Situation.CHANGED:
            newest = [stretch("website", UP, before(1), before(0.25)), stretch("website", DOWN, before(0.25), NOW)]
            return [*EXPECTED[:4], *newest, *EXPECTED[5:]]
        if situation is Situation.UNKNOWN_ENUM:
            late = NOW - timedelta(seconds=300)
            newest = [
                stretch("website", UP, before(1), before(0.25)),
                stretch("website", UNKNOWN, before(0.25), late, "log"),
                stretch("website", UNKNOWN, late, NOW, "status"),
            ]
            return [*EXPECTED[:4], *newest, *EXPECTED[5:]]
        return EXPECTED
