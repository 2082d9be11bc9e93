"""Tickets of a Roundup issue tracker, read over its REST interface.

Reads of each issue: key, status, priority, keyword, creation, last activity, the number of who made it, and of its
messages who wrote them and when. Never a title, a text, a file or a name. The numbers of people are used to find the
first answer and then forgotten.

Least access: a login of its own with the roles `User` (or a role with Web Access, Rest Access and View on issue, msg,
status, priority and keyword). It needs no right to edit.

Limits. Roundup keeps no moment of resolution unless the tracker has a property for it: name that property in
`resolved_field`; otherwise a resolved issue's last activity stands in, which is never too early but too late where
somebody wrote "thank you" a week after. The journal is not part of the REST interface, so reopenings are not known.
The first response is the first message by somebody other than who made the issue; a technician who notes down a phone
call under her own login looks like the requester. Deleted issues just vanish from lists: the census of open keys
tells. A date in a question is read in the login's own time zone, so every question reaches 15 hours further back.
Vendor page: https://www.roundup-tracker.org/docs/rest.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from connectors._base import Complete, Connector, FetchRequest, Mode, State, Stream, StreamMode, Yielded
from connectors._errors import BadReplyError
from connectors._http import Http, HttpSettings
from connectors._http_auth import BasicAuth
from connectors._shape import bad_shape, shaped
from firstbell.records import OpenKeys, Ticket, TicketStatus

ZONE_SLACK = timedelta(hours=15)
MESSAGES_A_CALL = 500
NO_STATUS = "-1"
"""How Roundup is asked for issues without a status."""

CLASSIC_STATUSES = {
    "unread": TicketStatus.NEW,
    "deferred": TicketStatus.PENDING,
    "chatting": TicketStatus.OPEN,
    "need-eg": TicketStatus.PENDING,
    "in-progress": TicketStatus.OPEN,
    "testing": TicketStatus.OPEN,
    "done-cbb": TicketStatus.RESOLVED,
    "resolved": TicketStatus.RESOLVED,
}
CLASSIC_PRIORITIES = {"critical": 1, "urgent": 2, "bug": 3, "feature": 4, "wish": 5}
ENDED = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED, TicketStatus.MERGED, TicketStatus.DELETED})


class RoundupSettings(HttpSettings):
    """Where the tracker is, who reads it, and what its own words mean."""

    user: str = Field(description="Login that may read issues and nothing else.")
    password: SecretStr = Field(description="That login's password, as env:NAME or file:PATH.")
    statuses: dict[str, TicketStatus] = Field(
        CLASSIC_STATUSES, description="What each status of the tracker means; one that is not listed counts as open."
    )
    priorities: dict[str, int] = Field(
        CLASSIC_PRIORITIES, description="The rank of each priority, 1 most urgent to 5; one not listed has no rank."
    )
    category_field: str = Field("keyword", description="Issue property that holds the category; empty for none.")
    location_field: str = Field("", description="Issue property that holds the place, a text; empty for none.")
    resolved_field: str = Field(
        "", description="Date property that says when an issue was resolved; empty to take its last activity."
    )
    first_responses: bool = Field(True, description="Read who wrote messages when, to know the first response.")
    page_size: int = Field(1000, ge=1, le=10_000, description="Issues a call; Roundup is faster with few large pages.")


def _moment(text: Any) -> datetime:
    """Roundup's way to write a moment, `YYYY-MM-DD.hh:mm:ss`, always in UTC in its replies."""
    return datetime.strptime(str(text), "%Y-%m-%d.%H:%M:%S").replace(tzinfo=UTC)


Moment = Annotated[datetime, BeforeValidator(_moment)]


class Issue(BaseModel):
    """An issue as `@verbose=0` gives it: links are bare numbers. `model_extra` holds the tracker's own properties."""

    model_config = ConfigDict(extra="allow")

    id: int
    creation: Moment
    activity: Moment
    creator: str | None
    status: str | None
    priority: str | None
    messages: list[int]


class Message(BaseModel):
    id: int
    author: str | None
    date: Moment | None


class Named(BaseModel):
    id: str
    name: str


class Roundup(Connector):
    """Issues changed since the last completed read, and the census of those that are open."""

    title = "Roundup issue tracker"
    docs_url = "https://www.roundup-tracker.org/docs/rest.html"
    streams = (Stream("tickets", Ticket, StreamMode.UPSERT), Stream("open_keys", OpenKeys, StreamMode.REPLACE))
    least_privilege = "A login with the role User and nothing to edit: Web Access, Rest Access, View on issue and msg."
    checked_against = "real Roundup 2.6.0"
    Settings = RoundupSettings

    settings: RoundupSettings

    def check(self) -> str:
        with self._http(None) as http:
            names = _names(http, "status")
            next(_pages(http, "issue", self._issue_question(1)), None)
        strange = sorted(set(names.values()) - set(self.settings.statuses))
        note = f"; not in the statuses setting, so counted as open: {', '.join(strange)}" if strange else ""
        return f"{http.host} answers and lets us read issues{note}."

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        with self._http(request.deadline) as http:
            statuses = _names(http, "status")
            yield from self._tickets(http, request, statuses)
            yield from self._census(http, statuses)

    def _http(self, deadline: datetime | None) -> Http:
        auth = BasicAuth(self.settings.user, self.settings.password)
        return Http(self.settings, self.context, auth=auth, deadline=deadline)

    def _tickets(self, http: Http, request: FetchRequest, statuses: Mapping[str, str]) -> Iterator[Yielded]:
        before = request.states.get("tickets", {})
        reading = Reading(self.settings, http, statuses)
        newest = _moment(before["activity"]) if self._goes_on(request, before) else None
        question = self._issue_question(self.settings.page_size)
        if newest is not None:
            question["activity"] = f"{_text(newest - ZONE_SLACK)};"
        for page in _pages(http, "issue", question):
            for ticket in reading.tickets(page):
                newest = max(newest or ticket.created_at, ticket.updated_at or ticket.created_at)
                yield ticket
        yield Complete("tickets", state=self._state(newest, http.server_now))

    def _goes_on(self, request: FetchRequest, before: State) -> bool:
        """True when this read may start where the last one ended; other settings mean other records: read afresh."""
        return request.mode is Mode.INCREMENTAL and bool(before.get("activity")) and before["rules"] == self._rules()

    def _state(self, newest: datetime | None, server_now: datetime | None) -> State:
        """The newest activity seen, never beyond the tracker's own clock, and the settings that made the records."""
        if newest is None:
            return {}
        return {"activity": _text(min(newest, server_now or newest)), "rules": self._rules()}

    def _rules(self) -> str:
        names = {"statuses", "priorities", "category_field", "location_field", "resolved_field", "first_responses"}
        told = self.settings.model_dump_json(include=names)
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    def _issue_question(self, page_size: int) -> dict[str, str | int]:
        own = (self.settings.category_field, self.settings.location_field, self.settings.resolved_field)
        fields = ("creation", "activity", "creator", "status", "priority", "messages", *filter(None, own))
        return {"@fields": ",".join(fields), "@verbose": 0, "@sort": "id", "@page_size": page_size}

    def _census(self, http: Http, statuses: Mapping[str, str]) -> Iterator[Yielded]:
        going = [key for key, name in statuses.items() if self.settings.statuses.get(name) not in ENDED]
        question: dict[str, str | int] = {
            "status": ",".join([*going, NO_STATUS]),
            "@verbose": 0,
            "@sort": "id",
            "@page_size": 5000,
        }
        keys = tuple(str(_number(http, row)) for page in _pages(http, "issue", question) for row in page)
        yield OpenKeys(counted_at=self.context.clock(), ticket_keys=keys)
        yield Complete("open_keys")


class Reading:
    """Turns pages of issues into tickets; looks up once what the tracker calls its statuses and priorities."""

    def __init__(self, settings: RoundupSettings, http: Http, statuses: Mapping[str, str]) -> None:
        self.settings = settings
        self.http = http
        self.statuses = statuses
        self.priorities = _names(http, "priority")
        self.categories: Mapping[str, str] | None = None

    def tickets(self, page: Sequence[Any]) -> Iterator[Ticket]:
        issues = [shaped(self.http.host, Issue, row) for row in page]
        messages = self._messages(issues) if self.settings.first_responses else {}
        for issue in issues:
            yield self._ticket(issue, [messages[key] for key in issue.messages if key in messages])

    def _messages(self, issues: Sequence[Issue]) -> dict[int, Message]:
        wanted = [str(key) for issue in issues for key in issue.messages]
        found: dict[int, Message] = {}
        for start in range(0, len(wanted), MESSAGES_A_CALL):
            keys = wanted[start : start + MESSAGES_A_CALL]
            question: dict[str, str | int | list[str]] = {"id": keys, "@fields": "author,date", "@verbose": 0}
            for row in _collection(self.http, self.http.get_json("rest/data/msg", question)):
                message = shaped(self.http.host, Message, row)
                found[message.id] = message
        return found

    def _ticket(self, issue: Issue, messages: Sequence[Message]) -> Ticket:
        settings = self.settings
        status_raw = self.statuses.get(issue.status or "", "")
        priority_raw = self.priorities.get(issue.priority or "", "")
        status = settings.statuses.get(status_raw, TicketStatus.OPEN)
        ended_at = self._ended_at(issue) if status in ENDED else None
        return Ticket(
            ticket_key=str(issue.id),
            created_at=issue.creation,
            updated_at=issue.activity,
            first_response_at=_first_response(issue, messages),
            resolved_at=ended_at,
            closed_at=ended_at if status is TicketStatus.CLOSED else None,
            status=status,
            status_raw=status_raw,
            priority_rank=settings.priorities.get(priority_raw),
            priority_raw=priority_raw,
            category=self._category(issue),
            location=str(self._own(issue, settings.location_field) or ""),
        )

    def _ended_at(self, issue: Issue) -> datetime | None:
        if not self.settings.resolved_field:
            return issue.activity
        told = self._own(issue, self.settings.resolved_field)
        try:
            return _moment(told) if told is not None else None
        except ValueError:
            raise bad_shape(self.http.host, self.settings.resolved_field) from None

    def _category(self, issue: Issue) -> str:
        """The category's name; of several the first. Links come as numbers and are looked up by the property's name."""
        told = self._own(issue, self.settings.category_field)
        if not isinstance(told, list):
            return str(told or "")
        if not told:
            return ""
        if self.categories is None:
            self.categories = _names(self.http, self.settings.category_field)
        return self.categories.get(str(told[0]), "")

    def _own(self, issue: Issue, field: str) -> Any:
        own = issue.model_extra or {}
        if field and field not in own:
            raise bad_shape(self.http.host, field)
        return own.get(field)


def _first_response(issue: Issue, messages: Sequence[Message]) -> datetime | None:
    if issue.creator is None:
        return None
    answers = (one.date for one in messages if one.author not in (None, issue.creator) and one.date is not None)
    return min(answers, default=None)


def _pages(http: Http, kind: str, question: Mapping[str, str | int]) -> Iterator[list[Any]]:
    """Pages of rows in the order of their numbers.

    Roundup's own next links bear the address it believes to have, so only their presence is read. A row that a change
    between two calls pushed onto the next page is not given twice.
    """
    index, last = 1, 0

    def following(answer: Any) -> Mapping[str, str | int] | None:
        nonlocal index
        links = answer["data"].get("@links") or {}
        index += 1
        return {**question, "@page_index": index} if links.get("next") else None

    for answer in http.pages(f"rest/data/{kind}", question, following):
        rows = _collection(http, answer)
        fresh = [row for row in rows if _number(http, row) > last]
        if rows and not fresh:
            raise BadReplyError(f"{http.host} gives the same rows page after page; its paging does not end.")
        last = max((_number(http, row) for row in fresh), default=last)
        yield fresh


def _collection(http: Http, answer: Any) -> list[Any]:
    data = answer.get("data") if isinstance(answer, dict) else None
    rows = data.get("collection") if isinstance(data, dict) else None
    if not isinstance(rows, list):
        raise bad_shape(http.host, "data.collection")
    return rows


def _number(http: Http, row: Any) -> int:
    key = row.get("id") if isinstance(row, dict) else None
    if not isinstance(key, str) or not key.isdecimal():
        raise bad_shape(http.host, "id")
    return int(key)


def _names(http: Http, kind: str) -> dict[str, str]:
    """The names of a small class such as status or priority, by number."""
    rows = _collection(http, http.get_json(f"rest/data/{kind}", {"@fields": "name", "@verbose": 0}))
    return {one.id: one.name for one in (shaped(http.host, Named, row) for row in rows)}


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d.%H:%M:%S")
