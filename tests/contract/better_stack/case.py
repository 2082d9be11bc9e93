"""A team of Better Stack in the documented shapes: JSON:API rows, ids as text, pages with full addresses, incidents of
a monitor newest first, overlapping and still open, a paused monitor whose availability reads 100."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from firstbell.records import ObservationInterval, Record, ServiceState, ServiceWindow
from tests.contract.suite import Situation
from tests.contract.web import WEB, Question, Reply, WebCase

TOKEN = "s3cret-better-token"
BAD = "half past nine or so"
NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
TODAY = datetime(2026, 11, 20, tzinfo=UTC)
UP, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN
POLICY = "Better Stack: its availability of a day (taken as one of UTC) by the time of its own confirmed incidents"


def before(**ago: float) -> datetime:
    return NOW - timedelta(**ago)


def written(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%S}.000Z"


def monitor(key: str, name: str, **changes: Any) -> dict[str, Any]:
    about = {
        "url": f"https://{key}.example.org/",
        "pronounceable_name": name,
        "monitor_type": "status",
        "request_body": "Jane in room 12",
        "status": "up",
        "check_frequency": 180,
        "last_checked_at": written(before(minutes=1)),
        "paused_at": None,
        "created_at": written(before(days=300)),
        "team_name": "Jane in room 12",
    }
    return {"id": key, "type": "monitor", "attributes": about | changes}


def incident(started: datetime, resolved: datetime | None) -> dict[str, Any]:
    told = {
        "name": "uptime",
        "cause": "Status 500",
        "started_at": written(started),
        "acknowledged_by": "Jane in room 12",
        "resolved_at": written(resolved),
        "response_content": "Jane in room 12",
    }
    return {"id": "25", "type": "incident", "attributes": told, "relationships": {"monitor": {"data": {"id": "1"}}}}


WEBSITE = monitor("1", "Web site", status="down")
PAUSED = TODAY - timedelta(days=1)
MAIL = monitor("2", "Mail", status="paused", paused_at=written(PAUSED), last_checked_at=written(PAUSED))
OTHER = monitor("9", "Somebody else's")
INCIDENTS = [
    incident(before(minutes=30), None),
    incident(before(hours=20), before(hours=19)),
    incident(before(hours=21), before(hours=19.5)),
]


def down(first: datetime, end: datetime) -> ObservationInterval:
    return ObservationInterval(
        service_key="website",
        source_key="under-test",
        vantage="monitor",
        state=DOWN,
        first_at=first,
        last_at=end - timedelta(seconds=1),
        count=int((end - first).total_seconds()),
        expected_interval_seconds=1,
    )


def look(service: str, state: ServiceState, at: datetime, reason: str = "") -> ObservationInterval:
    return ObservationInterval(
        service_key=service,
        source_key="under-test",
        vantage="monitor",
        state=state,
        first_at=at,
        last_at=at,
        count=1,
        expected_interval_seconds=180,
        reason=reason,
    )


def day(service: str, number: int, newest: datetime | None, **other: Any) -> ServiceWindow:
    return ServiceWindow(
        service_key=service,
        started_at=TODAY - timedelta(days=number),
        ended_at=TODAY - timedelta(days=number - 1),
        accounting_policy=POLICY,
        last_seen_at=newest,
        **other,
    )


KNOWN = {"up_ratio": 0.9375, "down_seconds": 5400.0}
EXPECTED = [
    down(before(minutes=30), NOW),
    down(before(hours=21), before(hours=19)),
    look("mail", UNKNOWN, PAUSED, "paused"),
    day("website", 2, before(minutes=1), **KNOWN),
    day("website", 1, before(minutes=1), **KNOWN),
    day("mail", 2, PAUSED, up_ratio=1.0, down_seconds=0.0),
    day("mail", 1, PAUSED, unknown_seconds=86_400.0),
]
"""The pause began on the second midnight before NOW, so that the day before it is whole."""


class Case(WebCase):
    kind = "better_stack"
    situations = WEB | {
        Situation.CHANGED,
        Situation.UNKNOWN_ENUM,
        Situation.MISSING_FIELD,
        Situation.BAD_VALUE,
        Situation.ENDLESS,
        Situation.FOREIGN_LINK,
    }
    secrets = (TOKEN,)
    private = (BAD, "Jane in room 12")
    missing_field = "started_at"
    bad_field = "started_at"

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "api_token": TOKEN,
            "services": {"website": "Web site", "mail": "2"},
            "timeout_seconds": 0.15 if self.situation is Situation.SLOW else 10,
            "wait_budget_seconds": 60,
        }

    def answer(self, question: Question) -> Reply:
        assert question.headers["Authorization"] == f"Bearer {TOKEN}"
        page = int(question.first("page", "1"))
        if question.path == "/api/v2/monitors":
            return Reply(self.page(self.monitors(), page, f"{self.url}api/v2/monitors"))
        if question.path == "/api/v3/incidents":
            key = question.first("monitor_id", "1")
            rows = self.incidents() if key == "1" else []
            return Reply(self.page(rows, page, f"{self.url}api/v3/incidents", f"&monitor_id={key}"))
        assert question.first("from") == question.first("to")
        figures = {"availability": 93.75, "total_downtime": 5400, "number_of_incidents": 2, "longest_incident": 5400}
        if question.path == "/api/v2/monitors/2/sla":
            figures |= {"availability": 100.0, "total_downtime": 0}
        return Reply({"data": {"id": "258338", "type": "monitor_sla", "attributes": figures}})

    def page(self, rows: list[dict[str, Any]], number: int, place: str, more: str = "") -> dict[str, Any]:
        following = f"{place}?page={number + 1}{more}" if number * 2 < len(rows) else None
        if self.situation is Situation.ENDLESS:
            following = f"{place}?page={number % 3 + 1}{more}"
        if self.situation is Situation.FOREIGN_LINK:
            following = f"{self.foreign_url}api/v2/monitors?page=2"
        links = {"first": f"{place}?page=1", "last": f"{place}?page=2", "prev": None, "next": following}
        return {"data": rows[number * 2 - 2 : number * 2], "pagination": links}

    def monitors(self) -> list[dict[str, Any]]:
        if self.situation is Situation.UNKNOWN_ENUM:
            return [OTHER, MAIL, monitor("1", "Web site", status="pondering")]
        return [OTHER, MAIL, WEBSITE]

    def incidents(self) -> list[dict[str, Any]]:
        match self.situation:
            case Situation.EMPTY | Situation.UNKNOWN_ENUM:
                return []
            case Situation.CHANGED:
                return [incident(before(minutes=10), None), incident(before(minutes=30), before(minutes=20))]
            case Situation.MISSING_FIELD:
                return [{"attributes": {"resolved_at": None}}]
            case Situation.BAD_VALUE:
                return [*INCIDENTS, {"attributes": {"started_at": BAD, "resolved_at": None}}]
        return INCIDENTS

    def expected(self, situation: Situation) -> Sequence[Record]:
        looked = before(minutes=1)
        if situation is Situation.EMPTY:
            return [look("website", DOWN, looked), *EXPECTED[2:]]
        if situation is Situation.UNKNOWN_ENUM:
            return [look("website", UNKNOWN, looked, "status"), *EXPECTED[2:]]
        if situation is Situation.CHANGED:
            # The second read tells no more of the incident of yesterday; what is stored of it stays.
            return [down(before(minutes=10), NOW), down(before(minutes=30), before(minutes=20)), *EXPECTED[1:]]
        return EXPECTED
