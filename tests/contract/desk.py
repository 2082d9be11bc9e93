"""A made-up help desk and a sound connector for it: what the saboteurs of test_checks_bite.py start from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field, SecretStr, ValidationError

from connectors._base import Complete, Connector, FetchRequest, Stream, StreamMode, Yielded
from connectors._http import Http, HttpSettings, Limits
from connectors._http_auth import HeaderAuth
from connectors._shape import bad_shape
from firstbell.records import Record, Ticket, TicketStatus
from tests.contract.suite import Situation
from tests.contract.web import Question, Reply, WebCase

KEY = "key-0815-secret"
BAD = "yesterday, around noon"
STATUSES = {"open": TicketStatus.OPEN, "solved": TicketStatus.RESOLVED}


class DeskSettings(HttpSettings):
    api_key: SecretStr = Field(description="A key that may read tickets.")


class Row(BaseModel):
    id: int
    made: AwareDatetime
    changed: AwareDatetime
    state: str


class Desk(Connector):
    title = "Made-up desk"
    docs_url = "https://example.org/desk"
    streams = (Stream("tickets", Ticket, StreamMode.UPSERT),)
    least_privilege = "A key that may read."
    checked_against = "itself"
    Settings = DeskSettings
    settings: DeskSettings
    limits = Limits(pages=20, reply_bytes=1_000_000, tries=2)

    def http(self, deadline: datetime | None = None) -> Http:
        auth = HeaderAuth("X-Key", self.settings.api_key)
        return Http(self.settings, self.context, auth=auth, deadline=deadline, limits=self.limits)

    def check(self) -> str:
        with self.http() as http:
            http.get_json("tickets")
        return "The desk answers."

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        newest = request.states.get("tickets", {}).get("newest", "")
        with self.http(request.deadline) as http:
            for page in http.pages("tickets", {"since": newest}, lambda page: page.get("next")):
                for row in self.rows(http, page):
                    newest = max(newest, row.changed.isoformat())
                    yield self.ticket(row)
        yield Complete("tickets", state={"newest": newest})

    def rows(self, http: Http, page: Any) -> list[Row]:
        rows = page.get("tickets") if isinstance(page, dict) else None
        if not isinstance(rows, list):
            raise bad_shape(http.host, "tickets")
        try:
            return [Row.model_validate(row) for row in rows]
        except ValidationError as error:
            raise bad_shape(http.host, error) from None

    def ticket(self, row: Row) -> Ticket:
        return Ticket(
            ticket_key=str(row.id),
            created_at=row.made,
            updated_at=row.changed,
            status=STATUSES.get(row.state, TicketStatus.OPEN),
            status_raw=row.state,
        )


def row(key: int, state: str = "open", hour: int | None = None, **changes: Any) -> dict[str, Any]:
    made = datetime(2025, 5, 5, 8, tzinfo=UTC) + timedelta(hours=key)
    changed = datetime(2025, 5, 5, 8, tzinfo=UTC) + timedelta(hours=key if hour is None else hour)
    private = {"subject": f"Jane's printer {key}"}
    return {"id": key, "made": made.isoformat(), "changed": changed.isoformat(), "state": state} | private | changes


class DeskCase(WebCase):
    kind = "desk"
    connector = Desk
    situations = frozenset(Situation)
    secrets = (KEY,)
    private = ("Jane", BAD)
    missing_field = "changed"
    bad_field = "made"

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "api_key": KEY,
            "timeout_seconds": 0.08 if self.situation is Situation.SLOW else 5,
            "wait_budget_seconds": 60,
        }

    def all_rows(self, situation: Situation) -> list[dict[str, Any]]:
        if situation is Situation.EMPTY:
            return []
        rows = [row(1), row(2, "solved"), row(3), row(4), row(5)]
        if situation is Situation.CHANGED:
            rows = [*rows[:2], row(3, "solved", 30), *rows[3:], row(6, hour=31)]
        if situation is Situation.UNKNOWN_ENUM:
            rows[3]["state"] = "pondering"
        if situation is Situation.MISSING_FIELD:
            del rows[4]["changed"]
        if situation is Situation.BAD_VALUE:
            rows[4]["made"] = BAD
        return rows

    def answer(self, question: Question) -> Reply:
        start = int(question.first("start", "0"))
        since = question.first("since")
        rows = sorted(self.all_rows(self.situation), key=lambda one: str(one.get("changed", "~")))
        rows = [one for one in rows if one.get("changed", "~") >= since]
        page: dict[str, Any] = {"tickets": rows[start : start + 2], "next": None}
        if start + 2 < len(rows):
            page["next"] = f"{self.url}tickets?start={start + 2}&since={since.replace('+', '%2B')}"
        if self.situation is Situation.ENDLESS:
            page["next"] = f"{self.url}tickets?start={start + 2}"
        if self.situation is Situation.FOREIGN_LINK:
            page["next"] = f"{self.foreign_url}tickets?start=2"
        return Reply(page)

    def expected(self, situation: Situation) -> Sequence[Record]:
        return [
            Ticket(
                ticket_key=str(one["id"]),
                created_at=datetime.fromisoformat(one["made"]),
                updated_at=datetime.fromisoformat(one["changed"]),
                status=STATUSES.get(one["state"], TicketStatus.OPEN),
                status_raw=one["state"],
            )
            for one in self.all_rows(situation)
        ]
