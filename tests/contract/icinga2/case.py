"""An Icinga 2 in the shapes of its real answers: hosts and services in every state, one in a downtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from firstbell.records import ObservationInterval, Record, ServiceState
from tests.contract.suite import Situation
from tests.contract.web import WEB, Question, Reply, WebCase

PASSWORD = "a pass phrase"
BAD = "at noon, Jane says"
UP, DEGRADED, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN, ServiceState.UNKNOWN


def at(hour: int, minute: int = 0, day: int = 20) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def checked(name: str, state: int, change: datetime, last: datetime | None, **more: Any) -> dict[str, Any]:
    """An object whose newest look in its present state is its last check."""
    host = "!" not in name
    names = ["up", "down"] if host else ["ok", "warning", "critical", "unknown"]
    attributes: dict[str, Any] = {
        "__name": name,
        "state": float(state),
        "last_check": last.timestamp() if last else -1,
        "last_state_change": change.timestamp(),
        "check_interval": 60.0,
        "last_reachable": True,
        "downtime_depth": 0.0,
        "acknowledgement": 0.0,
        **{f"last_state_{one}": 0 for one in names},
    }
    if last is not None:
        attributes[f"last_state_{names[min(state, len(names) - 1)]}"] = last.timestamp()
    attributes |= {key: one.timestamp() if isinstance(one, datetime) else one for key, one in more.items()}
    return {"attrs": attributes, "joins": {}, "meta": {}, "name": name, "type": "Host" if host else "Service"}


SERVICES = [
    checked("web!http", 0, at(4, 20), at(4, 59), last_state_critical=at(4, 19)),
    checked("web!slow", 1, at(4, 30), at(4, 59), acknowledgement=1),
    checked("mail!smtp", 2, at(4, 0), at(4, 59), downtime_depth=1.0),
    checked("far!dns", 2, at(4, 50), at(4, 59), last_reachable=False),
    checked("far!odd", 3, at(4, 50), at(4, 59)),
    checked("idle!one", 3, at(1, 0), None),
    checked("not!ours", 0, at(1, 0), at(4, 59)),
]
DOWNTIME = {
    "host_name": "mail",
    "service_name": "smtp",
    "start_time": at(4, 10).timestamp(),
    "end_time": at(4, 40).timestamp(),
    "fixed": True,
    "trigger_time": at(4, 10).timestamp(),
    "duration": 0.0,
}
FLEXIBLE = DOWNTIME | {"host_name": "other", "fixed": False, "trigger_time": 0.0, "duration": 3600.0}


def seen(key: str, state: ServiceState, first: datetime, last: datetime, reason: str = "") -> ObservationInterval:
    return ObservationInterval(
        service_key=key,
        source_key="under-test",
        vantage="monitor",
        state=state,
        first_at=first,
        last_at=last,
        count=1 + round((last - first).total_seconds() / 60),
        expected_interval_seconds=60,
        reason=reason,
    )


WHOLE = [
    seen("page", DOWN, at(4, 19), at(4, 19), "critical"),
    seen("page", UP, at(4, 20), at(4, 59)),
    seen("slow", DEGRADED, at(4, 30), at(4, 59), "acknowledged"),
    seen("mail", DOWN, at(4, 0), at(4, 9).replace(second=59), "critical"),
    seen("mail", UNKNOWN, at(4, 10), at(4, 39).replace(second=59), "maintenance"),
    seen("mail", DOWN, at(4, 40), at(4, 59), "critical"),
    seen("names", DOWN, at(4, 50), at(4, 59), "dependency"),
    seen("odd", UNKNOWN, at(4, 50), at(4, 59), "unknown"),
    seen("core", UP, at(3, 30), at(4, 59)),
]


class Case(WebCase):
    kind = "icinga2"
    situations = (WEB - {Situation.EMPTY}) | {
        Situation.CHANGED,
        Situation.UNKNOWN_ENUM,
        Situation.MISSING_FIELD,
        Situation.BAD_VALUE,
    }
    secrets = (PASSWORD,)
    private = (BAD,)
    missing_field = "last_check"
    bad_field = "last_check"
    strikes_from = 3

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "user": "firstbell",
            "password": PASSWORD,
            "services": {
                "page": "web!http",
                "slow": "web!slow",
                "mail": "mail!smtp",
                "names": "far!dns",
                "odd": "far!odd",
                "idle": "idle!one",
                "core": "core",
            },
            "timeout_seconds": 0.15 if self.situation is Situation.SLOW else 10,
            "wait_budget_seconds": 60,
        }

    def answer(self, question: Question) -> Reply:
        assert question.headers["Authorization"].startswith("Basic ")
        answers = {
            "/v1/status/IcingaApplication": [
                {"name": "IcingaApplication", "status": {"icingaapplication": {"app": self.application()}}}
            ],
            "/v1/objects/services": self.services(),
            "/v1/objects/hosts": self.hosts(),
            "/v1/objects/downtimes": [{"name": "d", "attrs": one} for one in (DOWNTIME, FLEXIBLE)],
        }
        return Reply({"results": answers[question.path]})

    def application(self) -> dict[str, Any]:
        return {"program_start": at(3, 30).timestamp(), "version": "r2.13.6-1"}

    def services(self) -> list[dict[str, Any]]:
        if self.situation is Situation.UNKNOWN_ENUM:
            return [*SERVICES[:4], checked("far!odd", 9, at(4, 50), at(4, 59)), *SERVICES[5:]]
        if self.situation is Situation.CHANGED:
            later = checked("web!http", 2, at(5, 3), at(5, 5), last_state_ok=at(5, 2))
            return [later, *SERVICES[1:]]
        return SERVICES

    def hosts(self) -> list[dict[str, Any]]:
        host = checked("core", 0, at(1, 0, day=3), at(4, 59))
        if self.situation is Situation.MISSING_FIELD:
            del host["attrs"]["last_check"]
        if self.situation is Situation.BAD_VALUE:
            host["attrs"]["last_check"] = BAD
        return [host]

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.CHANGED:
            return [*WHOLE, seen("page", UP, at(5, 2), at(5, 2)), seen("page", DOWN, at(5, 3), at(5, 5), "critical")]
        if situation is Situation.UNKNOWN_ENUM:
            return [*WHOLE[:7], seen("odd", UNKNOWN, at(4, 50), at(4, 59), "state"), WHOLE[8]]
        return WHOLE
