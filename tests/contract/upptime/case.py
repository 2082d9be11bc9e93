"""An Upptime repository's files in the shapes of its sources: days without a minute down are left out, a day may hold
more minutes than it has, a site's own file is a few lines of YAML and sometimes a list of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from firstbell.records import ObservationInterval, Record, ServiceState, ServiceWindow
from tests.contract.suite import Situation
from tests.contract.web import WEB, Question, Reply, WebCase

TOKEN = "s3cret-github-token"
BAD = "half past nine or so"
NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
TODAY = datetime(2026, 11, 20, tzinfo=UTC)
WRITTEN = TODAY + timedelta(minutes=12)
STOPPED = TODAY - timedelta(days=4) + timedelta(hours=6)
BEGAN = TODAY - timedelta(days=3) + timedelta(hours=1)
UP, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN
POLICY = (
    "Upptime: minutes of a day of UTC from opening to closing of its issues, degraded as down, the shortest deleted; "
    "all else as up"
)


def site(name: str, slug: str, down: dict[str, float]) -> dict[str, Any]:
    return {
        "name": name,
        "url": f"https://{slug}.example.org",
        "icon": "https://Jane-in-room-12.example/icon.png",
        "slug": slug,
        "status": "up",
        "uptime": "99.98%",
        "uptimeDay": "100.00%",
        "uptimeMonth": "99.98%",
        "time": 221,
        "timeDay": 230,
        "dailyMinutesDown": down,
    }


def day_name(before: int) -> str:
    return f"{TODAY - timedelta(days=before):%Y-%m-%d}"


def history(status: str, written: datetime | str, began: datetime, head: str = "") -> str:
    updated = written if isinstance(written, str) else f"{written:%Y-%m-%dT%H:%M:%S}.125Z"
    return (
        f"{head}url: https://Jane-in-room-12.example/\nstatus: {status}\ncode: 200\nresponseTime: 221\n"
        f"lastUpdated: {updated}\nstartTime: {began:%Y-%m-%dT%H:%M:%S}.000Z\n"
        "generator: Upptime <https://github.com/upptime/upptime>\n"
    )


def look(service: str, state: ServiceState, at: datetime, reason: str = "") -> ObservationInterval:
    moment = at + timedelta(milliseconds=125)
    return ObservationInterval(
        service_key=service,
        source_key="under-test",
        vantage="monitor",
        state=state,
        first_at=moment,
        last_at=moment,
        count=1,
        expected_interval_seconds=300,
        reason=reason,
    )


def day(service: str, before: int, newest: datetime, down: float | None, unknown: float | None = None) -> ServiceWindow:
    return ServiceWindow(
        service_key=service,
        started_at=TODAY - timedelta(days=before),
        ended_at=TODAY - timedelta(days=before - 1),
        accounting_policy=POLICY,
        down_seconds=down,
        up_ratio=None if down is None else 1 - down / 86_400,
        unknown_seconds=unknown,
        last_seen_at=newest + timedelta(milliseconds=125),
    )


HALF_DAY = 18 * 3600 - 0.125
EXPECTED = [
    look("website", UP, WRITTEN),
    look("mail", DOWN, STOPPED),
    day("website", 2, WRITTEN, 43_200.0),
    day("website", 1, WRITTEN, 0.0),
    day("mail", 5, STOPPED, 86_400.0),
    day("mail", 4, STOPPED, None, HALF_DAY),
    *(day("mail", before, STOPPED, None, 86_400.0) for before in (3, 2, 1)),
]
"""The web site began in the middle of the third day before, which is therefore not whole."""


class Case(WebCase):
    kind = "upptime"
    situations = WEB | {Situation.CHANGED, Situation.UNKNOWN_ENUM, Situation.MISSING_FIELD, Situation.BAD_VALUE}
    secrets = (TOKEN,)
    private = (BAD, "Jane in room 12", "Jane-in-room-12")
    missing_field = "lastUpdated"
    bad_field = "lastUpdated"

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": f"{self.url}district/upptime/HEAD",
            "api_token": TOKEN,
            "services": {"website": "Web site", "mail": "mail-server"},
            "window_days": 5,
            "timeout_seconds": 0.15 if self.situation is Situation.SLOW else 10,
            "wait_budget_seconds": 60,
        }

    def answer(self, question: Question) -> Reply:
        assert question.headers["Authorization"] == f"Bearer {TOKEN}"
        place = question.path.removeprefix("/district/upptime/HEAD/history/")
        if place == "summary.json":
            return Reply(self.summary())
        text = self.mail() if place == "mail-server.yml" else self.website()
        return Reply(text.encode(), headers={"Content-Type": "text/plain; charset=utf-8"})

    def summary(self) -> list[dict[str, Any]]:
        down: dict[str, float] = {day_name(2): 720}
        if self.situation is Situation.EMPTY:
            down = {}
        if self.situation is Situation.CHANGED:
            down = down | {day_name(1): 30}
        return [
            site("Web site", "web-site", down),
            site("Mail", "mail-server", {day_name(5): 2000, day_name(4): 60}),
            site("Somebody else's", "other", {}),
        ]

    def website(self) -> str:
        status = "pondering" if self.situation is Situation.UNKNOWN_ENUM else "up"
        return history(status, WRITTEN, BEGAN)

    def mail(self) -> str:
        began = TODAY - timedelta(days=300)
        if self.situation is Situation.MISSING_FIELD:
            return f"status: up\nstartTime: {began:%Y-%m-%dT%H:%M:%S}.000Z\n"
        if self.situation is Situation.BAD_VALUE:
            return history("up", BAD, began)
        return history("down", STOPPED, began, head="- ")

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return [*EXPECTED[:2], day("website", 2, WRITTEN, 0.0), *EXPECTED[3:]]
        if situation is Situation.CHANGED:
            return [*EXPECTED[:3], day("website", 1, WRITTEN, 1800.0), *EXPECTED[4:]]
        if situation is Situation.UNKNOWN_ENUM:
            return [look("website", UNKNOWN, WRITTEN, "status"), *EXPECTED[1:]]
        return EXPECTED
