"""An account of Pingdom in the documented shapes: Unix seconds, resolution in minutes, a paused check whose last
stretch is said to last, a summary that counts from 1970 on where it is not told a beginning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from firstbell.records import ObservationInterval, Record, ServiceState, ServiceWindow
from tests.contract.suite import Situation
from tests.contract.web import WEB, Question, Reply, WebCase

TOKEN = "s3cret-pingdom-token"
BAD = "half past nine or so"
NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
MIDNIGHTS = [datetime(2026, 11, 17, 6, tzinfo=UTC) + timedelta(days=day) for day in range(3)]
"""Of the district, for the two days before NOW and the end of the second."""
START = NOW - timedelta(days=14)
UP, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN
POLICY = "Pingdom: its own seconds up and down of a local day, by time, from confirmed states; its unknown kept apart"


def before(**ago: float) -> datetime:
    return NOW - timedelta(**ago)


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def check(key: int, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "created": seconds(before(days=300)),
        "name": name,
        "hostname": f"{key}.example.org",
        "resolution": 5,
        "type": "http",
        "status": "up",
        "lasttesttime": seconds(before(minutes=2)),
        "lastresponsetime": 220,
        "tags": [{"name": "Jane in room 12", "type": "u", "count": 1}],
    } | changes


def stretch(status: str, first: datetime, end: datetime) -> dict[str, Any]:
    return {"status": status, "timefrom": seconds(first), "timeto": seconds(end)}


WEBSITE = check(1, "Web site")
PAUSED = before(days=3)
MAIL = check(2, "Mail", status="paused", lasttesttime=seconds(PAUSED))
OTHER = check(9, "Somebody else's")
STATES = [
    stretch("up", START, before(days=5)),
    stretch("unknown", before(days=5), before(days=4)),
    stretch("up", before(days=4), before(hours=2)),
    stretch("down", before(hours=2), before(hours=1)),
    stretch("up", before(hours=1), NOW),
]


def held(service: str, state: ServiceState, first: datetime, end: datetime, reason: str = "") -> ObservationInterval:
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


def day(service: str, number: int, up: int, down: int, unknown: int, newest: datetime) -> ServiceWindow:
    known = up + down
    return ServiceWindow(
        service_key=service,
        started_at=MIDNIGHTS[number],
        ended_at=MIDNIGHTS[number + 1],
        accounting_policy=POLICY,
        up_seconds=up if known else None,
        down_seconds=down if known else None,
        unknown_seconds=unknown,
        up_ratio=up / known if known else None,
        last_seen_at=newest,
    )


LOOKED = before(minutes=2)
EXPECTED = [
    held("website", UP, START, before(days=5)),
    held("website", UNKNOWN, before(days=5), before(days=4), "unknown"),
    held("website", UP, before(days=4), before(hours=2)),
    held("website", DOWN, before(hours=2), before(hours=1)),
    held("website", UP, before(hours=1), NOW),
    held("mail", UP, START, PAUSED),
    held("mail", UNKNOWN, PAUSED, NOW, "stale"),
    *(day("website", number, 81_000, 3_600, 1_800, LOOKED) for number in (0, 1)),
    *(day("mail", number, 0, 0, 86_400, PAUSED) for number in (0, 1)),
]


class Case(WebCase):
    kind = "pingdom"
    situations = WEB | {Situation.CHANGED, Situation.UNKNOWN_ENUM, Situation.MISSING_FIELD, Situation.BAD_VALUE}
    secrets = (TOKEN,)
    private = (BAD, "Jane in room 12")
    missing_field = "timefrom"
    bad_field = "timefrom"

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
        if question.path == "/api/3.1/checks":
            checks = self.checks()
            return Reply({"checks": checks, "counts": {"total": len(checks), "limited": len(checks)}})
        assert 0 < int(question.first("from")) < int(question.first("to"))
        _, method, key = question.path.rsplit("/", 2)
        if method == "summary.outage":
            return Reply({"summary": {"states": self.states() if key == "1" else self.paused_states()}})
        assert method == "summary.average"
        assert question.first("includeuptime") == "true"
        figures = {"totalup": 81_000, "totaldown": 3_600, "totalunknown": 1_800}
        if key == "2":
            figures = {"totalup": 0, "totaldown": 0, "totalunknown": 86_400}
        return Reply({"summary": {"responsetime": {"from": 1, "to": 2, "avgresponse": 211}, "status": figures}})

    def checks(self) -> list[dict[str, Any]]:
        return [OTHER, MAIL, WEBSITE]

    def paused_states(self) -> list[dict[str, Any]]:
        return [] if self.situation is Situation.EMPTY else [stretch("up", START, NOW)]

    def states(self) -> list[dict[str, Any]]:
        match self.situation:
            case Situation.EMPTY:
                return []
            case Situation.CHANGED:
                newest = [stretch("up", before(hours=1), before(minutes=10)), stretch("down", before(minutes=10), NOW)]
                return [*newest, *STATES[:4]]
            case Situation.UNKNOWN_ENUM:
                return [*STATES[:4], stretch("pondering", before(hours=1), NOW)]
            case Situation.MISSING_FIELD:
                return [*STATES, {"status": "up", "timeto": 5}]
            case Situation.BAD_VALUE:
                return [*STATES, {"status": "up", "timefrom": BAD, "timeto": 5}]
        return STATES

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return EXPECTED[7:]
        if situation is Situation.CHANGED:
            newest = [
                held("website", UP, before(hours=1), before(minutes=10)),
                held("website", DOWN, before(minutes=10), NOW),
            ]
            return [*EXPECTED[:4], *newest, *EXPECTED[5:]]
        if situation is Situation.UNKNOWN_ENUM:
            return [*EXPECTED[:4], held("website", UNKNOWN, before(hours=1), NOW, "status"), *EXPECTED[5:]]
        return EXPECTED
