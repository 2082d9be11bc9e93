"""A real Roundup tracker behind a server that can break: good answers are the tracker's own, asked once and kept."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from examples.lakeside.tracker import READER, SUPPORT, Reply, SampleTicket, change_tracker, make_tracker, serve_tracker
from firstbell.records import OpenKeys, Record, Ticket, TicketStatus
from tests.contract import web
from tests.contract.suite import Situation

PASSWORD = "a-long-password"
BAD = "a week ago, I think"
START = datetime(2025, 3, 3, 14, 0, tzinfo=UTC)
QUICK_PASSWORDS = {"PASSWORD_PBKDF2_DEFAULT_ROUNDS": "1000"}


def hours(count: float) -> datetime:
    return START + timedelta(hours=count)


def reply(author: str, at: float) -> Reply:
    return Reply(author=author, sent_at=hours(at), text="Jane in room 12 says thanks")


TICKETS = (
    SampleTicket(
        title="Jane cannot log in",
        requester="mteacher",
        created_at=hours(0),
        status="resolved",
        priority="urgent",
        keyword="login",
        location="Oak Elementary",
        replies=(reply("mteacher", 0), reply(SUPPORT, 2), reply("mteacher", 3)),
        resolved_at=hours(5),
        updated_at=hours(200),
    ),
    SampleTicket(title="Jane's laptop", requester="mteacher", created_at=hours(1), replies=(reply("mteacher", 1),)),
    SampleTicket(title="Wifi 📶 <b>", requester=SUPPORT, created_at=hours(2), status="deferred", priority=None),
    SampleTicket(title="One second", requester="mteacher", created_at=hours(2), status="chatting", priority="wish"),
    SampleTicket(title="", requester="mteacher", created_at=hours(9), status="done-cbb", resolved_at=None),
)
NEW = SampleTicket(title="Jane again", requester="mteacher", created_at=hours(300), location="Elm")


def ticket(key: int, at: float, updated: float, **changes: Any) -> Ticket:
    fields: dict[str, Any] = {
        "ticket_key": str(key),
        "created_at": hours(at),
        "updated_at": hours(updated),
        "status": TicketStatus.NEW,
        "status_raw": "unread",
        "priority_rank": 3,
        "priority_raw": "bug",
    }
    return Ticket(**(fields | changes))


FIRST = ticket(
    1,
    0,
    200,
    first_response_at=hours(2),
    resolved_at=hours(5),
    status=TicketStatus.RESOLVED,
    status_raw="resolved",
    priority_rank=2,
    priority_raw="urgent",
    category="login",
    location="Oak Elementary",
)
NO_PRIORITY: dict[str, Any] = {"priority_rank": None, "priority_raw": ""}
WISH: dict[str, Any] = {"priority_rank": 5, "priority_raw": "wish"}
EXPECTED = (
    FIRST,
    ticket(2, 1, 1),
    ticket(3, 2, 2, status=TicketStatus.PENDING, status_raw="deferred", **NO_PRIORITY),
    ticket(4, 2, 2, status=TicketStatus.OPEN, status_raw="chatting", **WISH),
    ticket(5, 9, 9, status=TicketStatus.RESOLVED, status_raw="done-cbb"),
)


@dataclass
class Trackers:
    """The addresses of three real trackers, and what they answered so far."""

    urls: dict[Situation, str]
    answers: dict[tuple[str, ...], tuple[int, Any]] = field(default_factory=dict)

    def ask(self, situation: Situation, question: web.Question) -> tuple[int, Any]:
        url = self.urls.get(situation, self.urls[Situation.WHOLE])
        query = sorted((name, value) for name, values in question.query.items() for value in values)
        credentials = question.headers.get("Authorization", "")
        key = (url, question.path, str(query), credentials)
        if key not in self.answers:
            headers = {"Authorization": credentials}
            answer = requests.get(url + question.path.lstrip("/"), params=query, headers=headers, timeout=30)
            self.answers[key] = (answer.status_code, answer.json())
        return copy.deepcopy(self.answers[key])


class Case(web.WebCase):
    kind = "roundup"
    situations = web.WEB | {
        Situation.CHANGED,
        Situation.UNKNOWN_ENUM,
        Situation.MISSING_FIELD,
        Situation.BAD_VALUE,
        Situation.ENDLESS,
    }
    secrets = (PASSWORD,)
    private = ("Jane", "Wifi", "mteacher", BAD)
    missing_field = "activity"
    bad_field = "creation"
    strikes_from = 6

    @classmethod
    @contextmanager
    def prepare(cls, folder: Path) -> Iterator[Trackers]:
        whole, changed, empty = folder / "whole", folder / "changed", folder / "empty"
        make_tracker(whole, TICKETS, reader_password=PASSWORD, options=QUICK_PASSWORDS)
        make_tracker(empty, (), reader_password=PASSWORD, options=QUICK_PASSWORDS)
        shutil.copytree(whole, changed)
        change_tracker(changed, {"2": {"status": "3", "activity": hours(250)}}, [NEW])
        folders = {Situation.WHOLE: whole, Situation.CHANGED: changed, Situation.EMPTY: empty}
        with ExitStack() as stack:
            yield Trackers({one: stack.enter_context(serve_tracker(path)) for one, path in folders.items()})

    def settings(self) -> Mapping[str, Any]:
        return {
            "url": self.url,
            "user": READER,
            "password": PASSWORD,
            "location_field": "location",
            "resolved_field": "resolved",
            "page_size": 2,
            "timeout_seconds": 0.15 if self.situation is Situation.SLOW else 20,
            "wait_budget_seconds": 60,
        }

    def answer(self, question: web.Question) -> web.Reply:
        situation = self.situation
        asked = question
        if situation is Situation.ENDLESS and question.first("@page_index"):
            asked = web.Question(question.path, {**question.query, "@page_index": ["1"]}, question.headers, 0)
        status, body = self.prepared.ask(situation, asked)
        rows = body["data"]["collection"]
        is_issue = question.path == "/rest/data/issue" and "creation" in question.first("@fields")
        if situation is Situation.UNKNOWN_ENUM and question.path == "/rest/data/status":
            rows[2]["name"] = "galactic"
        if situation is Situation.MISSING_FIELD and is_issue:
            for row in rows:
                del row["activity"]
        if situation is Situation.BAD_VALUE and is_issue:
            rows[-1]["creation"] = BAD
        return web.Reply(body, status)

    def expected(self, situation: Situation) -> Sequence[Record]:
        if situation is Situation.EMPTY:
            return (self.open_keys(),)
        if situation is Situation.CHANGED:
            changed = ticket(2, 1, 250, status=TicketStatus.OPEN, status_raw="chatting")
            new = ticket(6, 300, 300, location="Elm")
            return (EXPECTED[0], changed, *EXPECTED[2:], new, self.open_keys("2", "3", "4", "6"))
        records = EXPECTED
        if situation is Situation.UNKNOWN_ENUM:
            galactic = ticket(4, 2, 2, status=TicketStatus.OPEN, status_raw="galactic", **WISH)
            records = (*EXPECTED[:3], galactic, EXPECTED[4])
        return (*records, self.open_keys("2", "3", "4"))

    def open_keys(self, *keys: str) -> OpenKeys:
        return OpenKeys(counted_at=self.now, ticket_keys=keys)
