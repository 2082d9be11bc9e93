"""A published status page of Uptime Kuma in the shapes of its sources, with its quirks: times without a zone, a group
that stands twice, pending, maintenance and unheard-of states, a retry's faster pace, a monitor that stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from firstbell.records import ObservationInterval, Record, ServiceState, ServiceWindow
from tests.contract.suite import Situation
from tests.contract.web import WEB, Question, Reply, WebCase

KEY = "uk1_s3cretkey"
BAD = "half past nine or so"
END = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
TWO = "Uptime Kuma 2: beats up / (beats up, down and pending) of 24 h, maintenance left out, gaps unseen"
UP, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN


def beat(before: float, status: int = 1, zone: bool = False) -> dict[str, Any]:
    """A beat so many seconds before END."""
    at = END - timedelta(seconds=before)
    text = f"{at:%Y-%m-%dT%H:%M:%S}.000Z" if zone else f"{at:%Y-%m-%d %H:%M:%S}.123"
    return {"status": status, "time": text, "msg": "", "ping": 12 if status == 1 else None}


WEBSITE = [
    *(beat(60 * minute) for minute in range(20, 10, -1)),
    beat(600, 2),
    beat(580, 2),
    beat(560, 0),
    beat(500, 0),
    *(beat(60 * minute, zone=True) for minute in range(7, 3, -1)),
    beat(180, 3),
    beat(120, 9),
    beat(60),
]
STOPPED = [beat(86_400 * 2 + 300 * step) for step in range(3, -1, -1)]
MORE = [beat(20, 0)]


def look(service: str, state: ServiceState, first: float, last: float, count: int, **other: Any) -> ObservationInterval:
    fields: dict[str, Any] = {"expected_interval_seconds": 60, "reason": "", "fraction": 123_000}
    fields |= other
    fraction = timedelta(microseconds=fields.pop("fraction"))
    return ObservationInterval(
        service_key=service,
        source_key="under-test",
        vantage="monitor",
        state=state,
        first_at=END - timedelta(seconds=first) + fraction,
        last_at=END - timedelta(seconds=last) + (fraction if first != 420 else timedelta()),
        count=count,
        **fields,
    )


def window(service: str, **other: Any) -> ServiceWindow:
    return ServiceWindow(
        service_key=service,
        started_at=END - timedelta(hours=24),
        ended_at=END,
        **({"accounting_policy": TWO} | other),
    )


EXPECTED = [
    look("website", UP, 1200, 660, 10),
    look("website", DOWN, 600, 580, 2, reason="retry"),
    look("website", DOWN, 560, 500, 2),
    look("website", UP, 420, 240, 4, fraction=0),
    look("website", UNKNOWN, 180, 180, 1, reason="maintenance"),
    look("website", UNKNOWN, 120, 120, 1, reason="status"),
    look("website", UP, 60, 60, 1),
    look("mail", UP, 86_400 * 2 + 900, 86_400 * 2, 4, expected_interval_seconds=300),
]
NEWEST = END - timedelta(seconds=60) + timedelta(microseconds=123_000)
LAST_OF_MAIL = END - timedelta(days=2) + timedelta(microseconds=123_000)


class Case(WebCase):
    kind = "uptime_kuma"
    situations = WEB | {Situation.CHANGED, Situation.UNKNOWN_ENUM, Situation.MISSING_FIELD, Situation.BAD_VALUE}
    secrets = (KEY,)
    private = (BAD, "Jane in room 12")
    missing_field = "status"
    bad_field = "time"

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "status_page": "District",
            "services": {"website": "Web site", "mail": "7"},
            "timeout_seconds": 0.15 if self.situation is Situation.SLOW else 10,
            "wait_budget_seconds": 60,
        }

    def answer(self, question: Question) -> Reply:
        if question.path == "/api/status-page/district":
            return Reply(self.page())
        if question.path == "/api/status-page/heartbeat/district":
            return Reply({"heartbeatList": self.beats(), "uptimeList": self.shares()})
        return Reply({"status": "fail", "msg": "Not Found"}, 404)

    def page(self) -> dict[str, Any]:
        website = {"id": 3, "name": "Web site", "type": "http", "sendUrl": 1, "url": "https://example.org"}
        mail = {"id": 7, "name": "Jane in room 12", "type": "port", "sendUrl": 0}
        other = {"id": 9, "name": "Printer", "type": "ping", "sendUrl": 0}
        return {
            "config": {"slug": "district", "published": True, "showTags": False, "showOnlyLastHeartbeat": False},
            "incidents": [],
            "publicGroupList": [
                {"id": 1, "name": "All", "weight": 1, "monitorList": [website, mail]},
                {"id": 2, "name": "Again", "weight": 2, "monitorList": [website, other]},
            ],
            "maintenanceList": [],
        }

    def beats(self) -> dict[str, Any]:
        match self.situation:
            case Situation.EMPTY:
                return {}
            case Situation.CHANGED:
                return {"3": [*WEBSITE, *MORE], "7": STOPPED}
            case Situation.UNKNOWN_ENUM:
                return {"3": [beat(60, 77)], "7": STOPPED}
            case Situation.MISSING_FIELD:
                return {"3": [{"time": "2026-11-20 04:00:00"}]}
            case Situation.BAD_VALUE:
                return {"3": [{"status": 1, "time": BAD}]}
        return {"3": WEBSITE, "7": STOPPED}

    def shares(self) -> dict[str, Any]:
        """Uptime Kuma says 0 without any beat and carries on the last share where beats stopped."""
        return {"3_24": 0, "7_24": 0} if self.situation is Situation.EMPTY else {"3_24": 0.9875, "7_24": 0.8}

    def expected(self, situation: Situation) -> Sequence[Record]:
        silent = window("mail", unknown_seconds=86_400.0, last_seen_at=LAST_OF_MAIL)
        known = window("website", up_ratio=0.9875, last_seen_at=NEWEST)
        if situation is Situation.EMPTY:
            return [window(service, unknown_seconds=86_400.0) for service in ("website", "mail")]
        if situation is Situation.UNKNOWN_ENUM:
            return [look("website", UNKNOWN, 60, 60, 1, reason="status"), EXPECTED[-1], known, silent]
        if situation is Situation.CHANGED:
            newest = END - timedelta(seconds=20) + timedelta(microseconds=123_000)
            changed = window("website", up_ratio=0.9875, last_seen_at=newest)
            return [*EXPECTED, look("website", DOWN, 20, 20, 1), changed, silent]
        return [*EXPECTED, known, silent]
