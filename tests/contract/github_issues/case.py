"""A repository's issues in GitHub's documented shapes, three pages of them, with pull requests mixed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from firstbell.records import OpenKeys, Record, Ticket, TicketKind, TicketStatus
from tests.contract.suite import Situation
from tests.contract.web import WEB, Question, Reply, WebCase

TOKEN = "github_pat_s3cret"
TITLE = "Jane in room 12 cannot print"
BAD = "the day before yesterday"


def at(day: int, hour: int = 9) -> datetime:
    return datetime(2025, 3, day, hour, tzinfo=UTC)


def text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def issue(number: int, day: int, **changes: Any) -> dict[str, Any]:
    return {
        "number": number,
        "title": TITLE,
        "body": TITLE,
        "state": "open",
        "state_reason": None,
        "created_at": text(at(day)),
        "updated_at": text(at(day, 12)),
        "closed_at": None,
        "labels": [{"name": "printer"}, {"name": "Oak Elementary"}],
        "user": {"login": "jane-pupil"},
        "assignees": [{"login": "net-desk"}],
        "milestone": None,
        "comments": 0,
    } | changes


CLOSED = {"state": "closed", "closed_at": text(at(8)), "updated_at": text(at(8))}
ISSUES = [
    issue(1, 3, comments=3, labels=[{"name": "P1"}, {"name": "how-to"}], **CLOSED, state_reason="completed"),
    issue(2, 4, pull_request={"url": "https://example.org/pulls/2"}),
    issue(3, 5, user=None, comments=1),
    issue(4, 6, **CLOSED, state_reason="not_planned"),
    issue(5, 7),
]


def comment(number: int, day: int, who: str | None, role: str) -> dict[str, Any]:
    return {
        "issue_url": f"https://api.example.org/repos/district/helpdesk/issues/{number}",
        "created_at": text(at(day)),
        "author_association": role,
        "user": None if who is None else {"login": who},
        "body": TITLE,
    }


COMMENTS = [
    comment(1, 3, "jane-pupil", "COLLABORATOR"),
    comment(1, 4, "passer-by", "NONE"),
    comment(1, 5, "net-desk", "MEMBER"),
    comment(2, 4, "net-desk", "MEMBER"),
    comment(3, 6, "net-desk", "OWNER"),
]


def ticket(number: int, day: int, **changes: Any) -> Ticket:
    fields: dict[str, Any] = {
        "ticket_key": str(number),
        "created_at": at(day),
        "updated_at": at(day, 12),
        "status": TicketStatus.OPEN,
        "status_raw": "open",
        "kind": TicketKind.INCIDENT,
        "category": "printer",
        "location": "Oak Elementary",
    }
    return Ticket(**(fields | changes))


FIRST = ticket(
    1,
    3,
    updated_at=at(8),
    first_response_at=at(5),
    resolved_at=at(8),
    status=TicketStatus.RESOLVED,
    status_raw="closed completed",
    priority_rank=1,
    priority_raw="p1",
    kind=TicketKind.REQUEST,
    category="",
    location="",
)
DROPPED = ticket(
    4,
    6,
    updated_at=at(8),
    resolved_at=at(8),
    closed_at=at(8),
    status=TicketStatus.CLOSED,
    status_raw="closed not_planned",
)


class Case(WebCase):
    kind = "github_issues"
    reads = frozenset({"tickets", "open_keys"})
    situations = WEB | frozenset(
        {
            Situation.CHANGED,
            Situation.UNKNOWN_ENUM,
            Situation.MISSING_FIELD,
            Situation.BAD_VALUE,
            Situation.ENDLESS,
            Situation.FOREIGN_LINK,
        }
    )
    secrets = (TOKEN,)
    private = (TITLE, BAD, "jane-pupil", "net-desk")
    missing_field = "updated_at"
    bad_field = "updated_at"

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "repository": "district/helpdesk",
            "token": TOKEN,
            "priorities": {"p1": 1},
            "categories": ["printer"],
            "locations": ["Oak Elementary"],
            "requests": ["how-to"],
            "timeout_seconds": 0.15 if self.situation is Situation.SLOW else 10,
            "wait_budget_seconds": 60,
        }

    def rows(self) -> list[dict[str, Any]]:
        if self.situation is Situation.EMPTY:
            return []
        rows = [dict(row) for row in ISSUES]
        if self.situation is Situation.CHANGED:
            rows[4] |= {"updated_at": text(at(9)), "state": "closed", "closed_at": text(at(9))}
            rows.append(issue(6, 10))
        if self.situation is Situation.UNKNOWN_ENUM:
            rows[4]["state"] = "hibernating"
        if self.situation is Situation.MISSING_FIELD:
            del rows[4]["updated_at"]
        if self.situation is Situation.BAD_VALUE:
            rows[4]["updated_at"] = BAD
        return rows

    def answer(self, question: Question) -> Reply:
        if question.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Reply({"message": "Bad credentials"}, 401)
        if question.path == "/repos/district/helpdesk":
            return Reply({"has_issues": True, "full_name": "district/helpdesk"})
        since = question.first("since")
        if question.path.endswith("/comments"):
            rows = [row for row in COMMENTS if self.situation is not Situation.EMPTY and row["created_at"] >= since]
        else:
            wanted = question.first("state")
            rows = [row for row in self.rows() if str(row.get("updated_at", "~")) >= since]
            rows = [row for row in rows if wanted == "all" or (row["state"] == "closed") is (wanted == "closed")]
        return self.page(question, rows)

    def page(self, question: Question, rows: Sequence[Any]) -> Reply:
        """Two rows a page, whatever was asked for, with the next page in a Link header."""
        start = int(question.first("after", "0"))
        path = question.path.lstrip("/")
        kept = "".join(f"&{name}={question.first(name)}" for name in ("state", "since") if question.first(name))
        link = f"{self.url}{path}?after={start + 2}{kept}" if start + 2 < len(rows) else ""
        if self.situation is Situation.ENDLESS:
            link = f"{self.url}{path}?after={(start + 2) % max(1, len(rows))}{kept}"
        if self.situation is Situation.FOREIGN_LINK:
            link = f"{self.foreign_url}{path}?after=2"
        headers = {"Link": f'<{link}>; rel="next", <{self.url}>; rel="first"'} if link else {}
        return Reply(list(rows[start : start + 2]), headers=headers)

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return (OpenKeys(counted_at=self.now, ticket_keys=()),)
        third, fifth = ticket(3, 5, first_response_at=at(6)), ticket(5, 7)
        if situation is Situation.UNKNOWN_ENUM:
            fifth = ticket(5, 7, status_raw="hibernating")
        if situation is Situation.CHANGED:
            ended = {"status": TicketStatus.RESOLVED, "status_raw": "closed", "resolved_at": at(9)}
            fifth = ticket(5, 7, updated_at=at(9), **ended)
            still_open = OpenKeys(counted_at=self.now, ticket_keys=("3", "6"))
            return (FIRST, third, DROPPED, fifth, ticket(6, 10), still_open)
        return (FIRST, third, DROPPED, fifth, OpenKeys(counted_at=self.now, ticket_keys=("3", "5")))
