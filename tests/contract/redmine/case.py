"""A Redmine in its documented shapes, checked against a real one in tests/peers: two projects, pages of issues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from firstbell.records import ActionItemSeen, Measurement, MilestoneSeen, Record
from tests.contract.suite import Situation
from tests.contract.web import WEB, Question, Reply, WebCase

KEY = "0123456789abcdef0123456789abcdef01234567"
BODY = "Jane in room 12 called us"
BAD = "the day before yesterday"
PROJECTS = {"gradebook": 1, "gradebook-oak": 2}


def version(key: int, project: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "project": {"id": project, "name": "Gradebook"},
        "name": f"Step {key}",
        "description": BODY,
        "status": "open",
        "due_date": "2025-05-01",
        "sharing": "descendants",
        "created_on": "2025-01-06T15:00:00Z",
        "updated_on": "2025-03-04T03:30:00Z",
    } | changes


VERSIONS = [version(1, 1, status="closed"), version(2, 1), version(3, 1, due_date=None), version(4, 2)]


def issue(key: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "project": {"id": 1, "name": "Gradebook"},
        "tracker": {"id": 4, "name": "Action"},
        "status": {"id": 1, "name": "New"},
        "author": {"id": 9, "name": "Jane Pupil"},
        "subject": f"Promise  {key}",
        "description": BODY,
        "due_date": "2025-03-20",
        "created_on": "2025-03-03T15:00:00Z",
        "updated_on": "2025-03-03T15:00:00Z",
        "closed_on": None,
    } | changes


CLOSED_ON = {"closed_on": "2025-03-10T15:00:00Z"}
ISSUES = [
    issue(11, assigned_to={"id": 5, "name": "Network Desk"}),
    issue(12, status={"id": 5, "name": "Closed"}, assigned_to={"id": 9, "name": "Jane Pupil"}, **CLOSED_ON),
    issue(13, status={"id": 6, "name": "Rejected"}, **CLOSED_ON),
    issue(14, status={"id": 2, "name": "Reopened"}, due_date=None, **CLOSED_ON),
]


def milestone(key: int, project: str, scope: str, **changes: Any) -> MilestoneSeen:
    fields: dict[str, Any] = {
        "milestone_key": f"gradebook/{project}-{key}",
        "initiative_key": "gradebook",
        "title": f"Step {key}",
        "due_on": date(2025, 5, 1),
        "scope": scope,
    }
    return MilestoneSeen(**(fields | changes))


def item(key: int, state: str = "open", **changes: Any) -> ActionItemSeen:
    fields: dict[str, Any] = {
        "action_key": f"#{key}",
        "title": f"Promise {key}",
        "owner": "",
        "state": state,
        "due_on": date(2025, 3, 20),
        "opened_on": date(2025, 3, 3),
    }
    return ActionItemSeen(**(fields | changes))


class Case(WebCase):
    kind = "redmine"
    situations = WEB | frozenset(
        {
            Situation.CHANGED,
            Situation.UNKNOWN_ENUM,
            Situation.MISSING_FIELD,
            Situation.BAD_VALUE,
            Situation.ENDLESS,
        }
    )
    secrets = (KEY,)
    private = (BODY, BAD, "Jane")
    missing_field = "due_date"
    bad_field = "due_date"
    strikes_from = 6

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "api_key": KEY,
            "projects": [
                {"project": "gradebook", "initiative": "gradebook"},
                {"project": "gradebook-oak", "initiative": "gradebook", "school": "oak"},
            ],
            "action_trackers": ["action"],
            "owners": {"Network desk": "it_lead"},
            "timeout_seconds": 0.15 if self.situation is Situation.SLOW else 10,
            "wait_budget_seconds": 60,
        }

    def issues(self) -> list[dict[str, Any]]:
        if self.situation is Situation.EMPTY:
            return []
        rows = [dict(row) for row in ISSUES]
        if self.situation is Situation.CHANGED:
            rows[0] |= {"status": {"id": 5, "name": "Closed"}, **CLOSED_ON}
            rows.append(issue(15))
        if self.situation is Situation.UNKNOWN_ENUM:
            rows[0]["status"] = {"id": 77, "name": "Hibernating"}
        if self.situation is Situation.BAD_VALUE:
            rows[3]["due_date"] = BAD
        return rows

    def answer(self, question: Question) -> Reply:
        if question.headers.get("X-Redmine-API-Key") != KEY:
            return Reply({}, 401)
        path = question.path.strip("/").removesuffix(".json")
        if path == "issues":
            return self.issues_reply(question)
        small: dict[str, Any] = {
            "users/current": {"user": {"id": 3, "login": "firstbell"}},
            "trackers": {"trackers": [{"id": 1, "name": "Bug"}, {"id": 4, "name": "Action"}]},
            "issue_statuses": {
                "issue_statuses": [
                    {"id": 1, "name": "New", "is_closed": False},
                    {"id": 2, "name": "Reopened"},
                    {"id": 5, "name": "Closed", "is_closed": True},
                    {"id": 6, "name": "Rejected", "is_closed": True},
                ]
            },
        }
        if path in small:
            return Reply(small[path])
        _, project, *rest = path.split("/")
        if rest:
            return Reply({"versions": self.versions(), "total_count": 4})
        return Reply({"project": {"id": PROJECTS[project], "name": BODY}})

    def versions(self) -> list[dict[str, Any]]:
        """Those of the first project are shared with the second."""
        if self.situation is Situation.EMPTY:
            return []
        if self.situation is Situation.MISSING_FIELD:
            return [{name: value for name, value in row.items() if name != "due_date"} for row in VERSIONS]
        if self.situation is Situation.CHANGED:
            return [VERSIONS[0], version(2, 1, due_date="2025-06-01"), VERSIONS[3]]
        return VERSIONS

    def issues_reply(self, question: Question) -> Reply:
        rows = self.issues() if question.first("project_id") == "gradebook" else []
        if question.first("status_id") == "closed":
            rows = [row for row in rows if row["status"]["id"] in (5, 6)]
        start, limit = int(question.first("offset", "0")), min(int(question.first("limit")), 2)
        page = rows[:2] if self.situation is Situation.ENDLESS else rows[start : start + limit]
        return Reply({"issues": page, "total_count": len(rows), "offset": start, "limit": limit})

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return ()
        changed, strange = situation is Situation.CHANGED, situation is Situation.UNKNOWN_ENUM
        second = {"due_on": date(2025, 6, 1)} if changed else {}
        ended = {"closed_on": date(2025, 3, 10)}
        first = item(11, "done", owner="it_lead", **ended) if changed else item(11, owner="it_lead")
        records: list[Record] = [
            milestone(1, "gradebook", "district", done_on=date(2025, 3, 3)),
            milestone(2, "gradebook", "district", **second),
            milestone(4, "gradebook-oak", "school:oak"),
            Measurement(
                measure_key="initiative.gradebook",
                scope="district",
                period_start_on=date(2026, 11, 1),
                period_end_on=date(2026, 11, 30),
                numerator=3 if changed else 2,
                denominator=5 if changed else 4,
                as_of=self.now,
            ),
            first,
            item(12, "done", **ended),
            item(13, "dropped", **ended),
            item(14, due_on=None),
        ]
        if strange:
            return records
        return [*records, item(15)] if changed else records
