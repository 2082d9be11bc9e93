"""A vendor's status page in Statuspage's documented shapes: two pages of data, incidents and maintenances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from firstbell.records import Record, ServiceWindow, VendorIncident
from tests.contract.suite import Situation
from tests.contract.web import WEB, Question, Reply, WebCase

BODY = "Jane in room 12 called us"
BAD = "half past nine or so"


def at(day: int, hour: int) -> datetime:
    return datetime(2025, 3, day, hour, tzinfo=UTC)


def incident(key: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "name": f"Trouble {key}",
        "impact": "major",
        "status": "resolved",
        "created_at": "2025-03-03T09:00:00.000Z",
        "started_at": "2025-03-03T03:00:00.000-05:00",
        "updated_at": "2025-03-03T12:00:00.000Z",
        "resolved_at": "2025-03-03T11:00:00.000Z",
        "shortlink": "https://example.org/x",
        "components": [{"id": "c1", "name": "Logins", "status": "operational"}],
        "incident_updates": [{"body": BODY, "status": "resolved", "affected_components": None}],
    } | changes


def update(hour: int, **states: str) -> dict[str, Any]:
    """An update shown as of 3 March at an hour, though it was written much later."""
    affected = [
        {"code": code, "name": code, "old_status": "operational", "new_status": new} for code, new in states.items()
    ]
    return {
        "body": BODY,
        "status": "identified",
        "created_at": "2025-03-04T00:00:00Z",
        "display_at": f"2025-03-03T{hour:02}:00:00.000Z",
        "affected_components": affected,
    }


INCIDENTS = [
    incident("a"),
    incident("b", resolved_at=None, components=[{"id": "c2", "name": "Mail"}]),
    incident("c", components=[], started_at=None),
    incident("d", components=[{"id": "c9", "name": "Not ours"}]),
    incident(
        "u",
        incident_updates=[
            update(11, c3="operational"),
            update(10, c3="degraded_performance"),
            update(9, c3="major_outage", c9="partial_outage"),
            update(8, c3="galactic"),
        ],
        components=[{"id": "c3", "name": "Grades"}],
    ),
]
MAINTENANCE = incident(
    "m",
    impact="maintenance",
    status="completed",
    scheduled_for="2025-03-08T02:00:00Z",
    scheduled_until="2025-03-08T04:00:00Z",
    resolved_at=None,
)


def expected_incident(key: str, service: str, **changes: Any) -> VendorIncident:
    fields: dict[str, Any] = {
        "incident_key": key,
        "service_key": service,
        "title": f"Trouble {key}",
        "impact": "major",
        "started_at": at(3, 8),
        "resolved_at": at(3, 11),
        "updated_at": at(3, 12),
    }
    return VendorIncident(**(fields | changes))


def expected_stretch(start: datetime, end: datetime, state: str, **seconds: float) -> ServiceWindow:
    return ServiceWindow(
        service_key="learning",
        started_at=start,
        ended_at=end,
        accounting_policy=f"declared by the vendor: {state}",
        **seconds,
    )


COMPONENTS = [
    {"id": "c1", "name": "Logins", "status": "operational", "updated_at": "2025-03-03T11:00:00Z", "group_id": None},
    {"id": "c2", "name": "Mail", "status": "major_outage", "updated_at": "2025-03-03T09:00:00Z"},
    {"id": "g1", "name": "Learning", "status": "operational", "group": True, "components": ["c3", "c4"]},
    {"id": "c3", "name": "Grades", "status": "operational", "group_id": "g1"},
    {"id": "c4", "name": "Quizzes", "status": "partial_outage", "updated_at": "2025-03-03T10:00:00Z", "group_id": "g1"},
    {"id": "c9", "name": "Not ours", "status": "under_maintenance", "updated_at": "2025-03-03T10:00:00Z"},
]


class Case(WebCase):
    kind = "statuspage"
    situations = WEB | {Situation.CHANGED, Situation.UNKNOWN_ENUM, Situation.MISSING_FIELD, Situation.BAD_VALUE}
    private = (BODY, BAD)
    missing_field = "impact"
    bad_field = "created_at"
    strikes_from = 3

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "components": {"sign_in": "Logins", "mail": "c2", "learning": "Learning"},
            "timeout_seconds": 0.15 if self.situation is Situation.SLOW else 10,
            "wait_budget_seconds": 60,
        }

    def answer(self, question: Question) -> Reply:
        if question.path == "/api/v2/components.json":
            return Reply({"page": {"id": "p"}, "components": self.components()})
        if question.path == "/api/v2/incidents.json":
            return Reply({"page": {"id": "p"}, "incidents": self.incidents()})
        rows = [] if self.situation is Situation.EMPTY else [MAINTENANCE]
        if self.situation is Situation.MISSING_FIELD:
            rows = [{name: value for name, value in MAINTENANCE.items() if name != "impact"}]
        if self.situation is Situation.BAD_VALUE:
            rows = [incident("bad", created_at=BAD)]
        return Reply({"page": {"id": "p"}, "scheduled_maintenances": rows})

    def components(self) -> list[dict[str, Any]]:
        if self.situation is Situation.EMPTY:
            return [one | {"status": "operational"} for one in COMPONENTS]
        if self.situation is Situation.CHANGED:
            return [one | {"status": "operational"} if one["id"] == "c2" else one for one in COMPONENTS]
        return COMPONENTS

    def incidents(self) -> list[dict[str, Any]]:
        if self.situation is Situation.EMPTY:
            return []
        if self.situation is Situation.CHANGED:
            return [incident("new"), INCIDENTS[0], incident("b", components=INCIDENTS[1]["components"]), *INCIDENTS[2:]]
        if self.situation is Situation.UNKNOWN_ENUM:
            return [*INCIDENTS, incident("e", impact="galactic", status="pondering")]
        return INCIDENTS

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return ()
        quizzes = expected_incident(
            "c4/2025-03-03T10:00:00+00:00",
            "learning",
            title="Quizzes: partial outage",
            impact="partial_outage",
            started_at=at(3, 10),
            resolved_at=None,
            updated_at=at(3, 10),
        )
        resolved = {"resolved_at": at(3, 11) if situation is Situation.CHANGED else None}
        records = [
            expected_incident("a", "sign_in"),
            expected_incident("b", "mail", **resolved),
            expected_incident("c", "sign_in", started_at=at(3, 9)),
            expected_incident("c", "mail", started_at=at(3, 9)),
            expected_incident("c", "learning", started_at=at(3, 9)),
            expected_incident("u", "learning"),
            quizzes,
            expected_stretch(at(3, 8), at(3, 9), "galactic"),
            expected_stretch(at(3, 9), at(3, 10), "major_outage", down_seconds=3600.0),
            expected_stretch(at(3, 10), at(3, 11), "degraded_performance"),
            expected_incident(
                "m", "sign_in", impact="maintenance", started_at=at(8, 2), resolved_at=at(8, 4), planned=True
            ),
        ]
        if situation is Situation.CHANGED:
            records.append(expected_incident("new", "sign_in"))
        if situation is Situation.UNKNOWN_ENUM:
            records.append(expected_incident("e", "sign_in", impact="galactic"))
        return records
