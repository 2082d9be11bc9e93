"""A Gatus in the shapes of its sources, with its quirks: nanoseconds, `null` for no results, a page size that is cut
only on page 1, no word of how many pages there are, results that move on between two pages, 0 for no data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from firstbell.records import ObservationInterval, Record, ServiceState, ServiceWindow
from tests.contract.suite import Situation
from tests.contract.web import WEB, Question, Reply, WebCase

PASSWORD = "s3cret-gatus"
BAD = "half past nine or so"
END = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
UP, DOWN = ServiceState.UP, ServiceState.DOWN
POLICY = "Gatus: results that succeeded / all results of the last 24h by whole hours, gaps and maintenance unseen"


def result(before: float, success: bool = True) -> dict[str, Any]:
    """A look so many seconds before END, written in the zone of Gatus' host."""
    at = END - timedelta(seconds=before, hours=6)
    return {
        "hostname": "Jane-in-room-12.example",
        "duration": 12_345_678,
        "conditionResults": [{"condition": "[STATUS] == 200", "success": success}],
        "success": success,
        "timestamp": f"{at:%Y-%m-%dT%H:%M:%S}.123456789-06:00",
        **({"status": 200} if success else {"errors": ["Jane in room 12 unplugged it"]}),
    }


WEBSITE = [
    *(result(60 * minute) for minute in range(20, 10, -1)),
    result(600, success=False),
    result(540, success=False),
    *(result(60 * minute) for minute in range(5, 0, -1)),
]
STOPPED = [result(86_400 * 2 + 300 * step) for step in range(3, -1, -1)]
MORE = [result(10, success=False)]


def look(service: str, state: ServiceState, first: float, last: float, count: int, every: int = 60) -> Record:
    part = timedelta(microseconds=123_456)
    return ObservationInterval(
        service_key=service,
        source_key="under-test",
        vantage="monitor",
        state=state,
        first_at=END - timedelta(seconds=first) + part,
        last_at=END - timedelta(seconds=last) + part,
        count=count,
        expected_interval_seconds=every,
    )


def window(service: str, newest: float | None, **other: Any) -> ServiceWindow:
    part = timedelta(microseconds=123_456)
    return ServiceWindow(
        service_key=service,
        started_at=END - timedelta(hours=24),
        ended_at=END,
        accounting_policy=POLICY,
        last_seen_at=None if newest is None else END - timedelta(seconds=newest) + part,
        **other,
    )


EXPECTED = [
    look("website", UP, 1200, 660, 10),
    look("website", DOWN, 600, 540, 2),
    look("website", UP, 300, 60, 5),
    look("mail", UP, 86_400 * 2 + 900, 86_400 * 2, 4, 300),
]
SILENT = window("mail", 86_400 * 2, unknown_seconds=86_400.0)


class Case(WebCase):
    kind = "gatus"
    situations = WEB | {Situation.CHANGED, Situation.MISSING_FIELD, Situation.BAD_VALUE, Situation.ENDLESS}
    secrets = (PASSWORD,)
    private = (BAD, "Jane in room 12", "Jane-in-room-12")
    missing_field = "success"
    bad_field = "timestamp"

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "user": "reader",
            "password": PASSWORD,
            "services": {"website": "Public/Web site", "mail": "core_mail"},
            "timeout_seconds": 0.15 if self.situation is Situation.SLOW else 10,
            "wait_budget_seconds": 60,
        }

    def answer(self, question: Question) -> Reply:
        assert question.headers["Authorization"].startswith("Basic ")
        if question.path == "/api/v1/endpoints/statuses":
            return Reply(self.page(int(question.first("page")), int(question.first("pageSize"))))
        shares = {"public_web-site": b"0.987500", "core_mail": b"0.800000"}
        parts = question.path.split("/")
        assert parts[5:] == ["uptimes", "24h"]
        share = b"0.000000" if self.situation is Situation.EMPTY else shares[parts[4]]
        return Reply(share, headers={"Content-Type": "text/plain"})

    def page(self, number: int, size: int) -> list[dict[str, Any]]:
        """The newest results stand on page 1, and each page is in order of time."""
        website, mail = self.results()
        return [
            self.endpoint("Web site", "Public", "public_web-site", self.part(website, number, min(size, 10))),
            self.endpoint("mail", "core", "core_mail", self.part(mail, number, size)),
            self.endpoint("Printer", "", "_printer", None),
        ]

    def part(self, results: list[dict[str, Any]], number: int, size: int) -> list[dict[str, Any]]:
        if self.situation is Situation.ENDLESS:
            return results
        end = len(results) - (number - 1) * size
        # Meanwhile Gatus looked once more, so that everything moved on by one.
        moved = 1 if number > 1 and size == 10 else 0
        return results[max(end - size + moved, 0) : max(end + moved, 0)]

    def endpoint(self, name: str, group: str, key: str, results: list[dict[str, Any]] | None) -> dict[str, Any]:
        return {"name": name, **({"group": group} if group else {}), "key": key, "results": results}

    def results(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        match self.situation:
            case Situation.EMPTY:
                return [], []
            case Situation.CHANGED:
                return [*WEBSITE, *MORE], STOPPED
            case Situation.MISSING_FIELD:
                return WEBSITE, [{"timestamp": "2026-11-20T04:00:00Z", "duration": 1}]
            case Situation.BAD_VALUE:
                return WEBSITE, [result(5) | {"timestamp": BAD}]
        return WEBSITE, STOPPED

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return [window(service, None, unknown_seconds=86_400.0) for service in ("website", "mail")]
        if situation is Situation.CHANGED:
            return [*EXPECTED, look("website", DOWN, 10, 10, 1), window("website", 10, up_ratio=0.9875), SILENT]
        return [*EXPECTED, window("website", 60, up_ratio=0.9875), SILENT]
