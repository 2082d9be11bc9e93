"""A project of Healthchecks read with a read-only key: a job that failed and one that somebody paused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from firstbell.records import ObservationInterval, Record, ServiceState
from tests.contract.suite import Situation
from tests.contract.web import WEB, Question, Reply, WebCase

KEY = "s3cret-readonly-key-of-32-letter"
BAD = "half past nine or so"
NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
START = NOW - timedelta(days=90)
UP, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN


def before(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def flip(hours: float, up: int) -> dict[str, Any]:
    return {"timestamp": before(hours).isoformat(), "up": up}


def check(name: str, key: str, **changes: Any) -> dict[str, Any]:
    return {
        "name": name,
        "slug": name.lower().replace(" ", "-"),
        "tags": "prod backup",
        "desc": "Jane in room 12 looks after it",
        "grace": 3600,
        "n_pings": 7,
        "status": "up",
        "started": False,
        "last_ping": before(0.5).isoformat(),
        "next_ping": (NOW + timedelta(minutes=30)).isoformat(),
        "manual_resume": False,
        "methods": "",
        "unique_key": key,
        "timeout": 3600,
    } | changes


BACKUP = check("Nightly backup", "k1", status="down", next_ping=None)
SYNC = check("Roster sync", "k2")
OTHER = check("Somebody else's", "k9", last_ping=None, next_ping=None, status="new")
BACKUP_FLIPS = [flip(2, 0), flip(30, 1), flip(40, 0), flip(72, 1)]
SYNC_FLIPS = [flip(20, 1)]


def stretch(service: str, state: ServiceState, first: datetime, end: datetime, reason: str = "") -> ObservationInterval:
    """A state held from `first` until just before `end`."""
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


EXPECTED = [
    stretch("backup", UP, before(72), before(41)),
    stretch("backup", UNKNOWN, before(41), before(40), "grace"),
    stretch("backup", UNKNOWN, before(40), before(30), "down_or_paused"),
    stretch("backup", UP, before(30), before(3)),
    stretch("backup", UNKNOWN, before(3), before(2), "grace"),
    stretch("backup", DOWN, before(2), NOW),
    stretch("sync", UP, before(20), NOW),
]


class Case(WebCase):
    kind = "healthchecks"
    situations = WEB | {Situation.CHANGED, Situation.UNKNOWN_ENUM, Situation.MISSING_FIELD, Situation.BAD_VALUE}
    secrets = (KEY,)
    private = (BAD, "Jane in room 12")
    missing_field = "timestamp"
    bad_field = "timestamp"

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "api_key": KEY,
            "services": {"backup": "Nightly backup", "sync": "roster-sync"},
            "timeout_seconds": 0.15 if self.situation is Situation.SLOW else 10,
            "wait_budget_seconds": 60,
        }

    def answer(self, question: Question) -> Reply:
        assert question.headers["X-Api-Key"] == KEY
        if question.path == "/api/v3/checks/":
            return Reply({"checks": self.checks()})
        since = datetime.fromtimestamp(int(question.first("start")), UTC)
        mine = self.flips() if question.path == "/api/v3/checks/k1/flips/" else self.sync_flips()
        rows = [one for one in mine if self.situation in ODD or datetime.fromisoformat(one["timestamp"]) >= since]
        return Reply(self.wrapped(rows))

    def wrapped(self, rows: list[dict[str, Any]]) -> Any:
        return {"flips": rows}

    def checks(self) -> list[dict[str, Any]]:
        if self.situation is Situation.EMPTY:
            return [BACKUP | {"status": "paused"}, SYNC]
        if self.situation is Situation.UNKNOWN_ENUM:
            return [BACKUP | {"status": "pondering"}, SYNC, OTHER]
        return [BACKUP, SYNC, OTHER]

    def flips(self) -> list[dict[str, Any]]:
        match self.situation:
            case Situation.EMPTY:
                return []
            case Situation.MISSING_FIELD:
                return [{"up": 1}]
            case Situation.BAD_VALUE:
                return [{"timestamp": BAD, "up": 1}]
        return BACKUP_FLIPS

    def sync_flips(self) -> list[dict[str, Any]]:
        if self.situation is Situation.CHANGED:
            return [flip(5, 1), flip(6, 0), *SYNC_FLIPS]
        return [] if self.situation is Situation.EMPTY else SYNC_FLIPS

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return [stretch("backup", UNKNOWN, START, NOW, "paused"), stretch("sync", UP, START, NOW)]
        if situation is Situation.UNKNOWN_ENUM:
            return [*EXPECTED[:-2], stretch("backup", UNKNOWN, before(2), NOW, "status"), EXPECTED[-1]]
        if situation is Situation.CHANGED:
            return [
                *EXPECTED[:-1],
                stretch("sync", UP, before(20), before(7)),
                stretch("sync", UNKNOWN, before(7), before(6), "grace"),
                stretch("sync", UNKNOWN, before(6), before(5), "down_or_paused"),
                stretch("sync", UP, before(5), NOW),
            ]
        return EXPECTED


ODD = frozenset({Situation.MISSING_FIELD, Situation.BAD_VALUE})
