"""Issues of one GitHub repository: a help desk's tickets, or a team's action items, as `gives` says.

As tickets it reads number, moments, state, labels, whether somebody of the repository's own people answered and when;
never a title, a text or a login. As action items it also reads the title, because it is the promise itself, the
milestone's due date, and the assignee's login, which leaves only through `owners`: mapped to a role or a person's key
or dropped on read.

Least access: a fine-grained token for this one repository with Issues: read and Metadata: read. A public repository
needs no token, but then GitHub answers only 60 questions an hour.

Limits. Pull requests come mixed among the issues and are left out. GitHub keeps the moment of the last closing only
and forgets it when an issue is opened again; how often that happened is not read. The first response is the first
comment by an owner, a member or a collaborator who did not open the issue. An issue that was deleted or moved to
another repository just vanishes: the census of open numbers tells. A label says what nothing else does: priority,
category and place are read from labels that the settings name.
Vendor page: https://docs.github.com/en/rest/issues/issues
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field, SecretStr

from connectors._base import Complete, Connector, FetchRequest, Mode, Stream, StreamMode, Yielded
from connectors._http import Http, HttpSettings
from connectors._http_auth import Auth, HeaderAuth
from connectors._shape import bad_shape, shaped
from firstbell.records import ActionItemSeen, OpenKeys, Ticket, TicketKind, TicketStatus

PAGE = 100
"""The most that GitHub gives in one page."""

OWN_PEOPLE = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})
"""A comment's author_association that makes it an answer."""

DROPPED = "not_planned"
"""The state_reason of an issue that was closed without being done."""


class GithubIssuesSettings(HttpSettings):
    """Which repository is read, what its issues are, and what its labels mean."""

    url: str = Field(
        "https://api.github.com/", description="GitHub's interface; an Enterprise server's ends in /api/v3/."
    )
    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$", description="Owner and name, as in district/helpdesk.")
    token: SecretStr | None = Field(None, description="A token that may read issues, as env:NAME or file:PATH.")
    gives: Literal["tickets", "action_items"] = Field("tickets", description="What an issue is.")
    label: str = Field("", description="Only issues with this label; empty for all.")
    priorities: dict[str, int] = Field({}, description="Labels that say a priority, with its rank from 1 to 5.")
    categories: tuple[str, ...] = Field((), description="Labels that name what a ticket is about.")
    locations: tuple[str, ...] = Field((), description="Labels that name a place; mapped to a school by the source.")
    requests: tuple[str, ...] = Field((), description="Labels that make a ticket a request, and all others incidents.")
    first_responses: bool = Field(True, description="Read who commented when, to know the first response.")
    owners: dict[str, str] = Field(
        {}, description="For action items: logins mapped to a role or a person's key; others are dropped."
    )


class Label(BaseModel):
    name: str


class Account(BaseModel):
    login: str


class Milestone(BaseModel):
    due_on: AwareDatetime | None = None


class Issue(BaseModel):
    """An issue with only the fields that are read. `pull_request` is there only where it is none."""

    number: int
    title: str = ""
    created_at: AwareDatetime
    updated_at: AwareDatetime
    closed_at: AwareDatetime | None
    state: str
    state_reason: str | None = None
    labels: list[Label]
    user: Account | None = None
    assignees: list[Account] = []
    milestone: Milestone | None = None
    comments: int = 0
    pull_request: dict[str, Any] | None = None

    @property
    def author(self) -> str:
        return self.user.login if self.user else ""

    def named(self, wanted: Sequence[str]) -> str:
        """The first of the wanted labels that the issue bears, in the order of the settings; empty without one."""
        mine = {label.name.casefold() for label in self.labels}
        return next((label for label in wanted if label.casefold() in mine), "")


class Comment(BaseModel):
    """Who said something about which issue, and when; not what."""

    issue_url: str
    created_at: AwareDatetime
    author_association: str
    user: Account | None = None


class Repository(BaseModel):
    has_issues: bool


class GithubIssues(Connector):
    """Issues changed since the last completed read and the census of open ones, or all action items."""

    title = "GitHub issues"
    docs_url = "https://docs.github.com/en/rest/issues/issues"
    streams = (
        Stream("tickets", Ticket, StreamMode.UPSERT),
        Stream("open_keys", OpenKeys, StreamMode.REPLACE),
        Stream("actions", ActionItemSeen, StreamMode.REPLACE),
    )
    least_privilege = "A fine-grained token for the one repository with Issues: read and Metadata: read."
    checked_against = "documented shapes only"
    Settings = GithubIssuesSettings

    settings: GithubIssuesSettings

    def check(self) -> str:
        with self._http(None) as http:
            found = shaped(http.host, Repository, http.get_json(f"repos/{self.settings.repository}"))
            next(self._pages(http, "issues", {"state": "open", "per_page": 1}), None)
        if not found.has_issues:
            return f"{http.host} answers, but issues are switched off in this repository, so there are none to read."
        return f"{http.host} answers and lets us read issues."

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        with self._http(request.deadline) as http:
            if self.settings.gives == "action_items":
                yield from self._actions(http)
            else:
                yield from self._tickets(http, request)
                yield from self._census(http)

    def _http(self, deadline: datetime | None) -> Http:
        token = self.settings.token
        auth = HeaderAuth("Authorization", token, "Bearer ") if token else Auth()
        return Http(self.settings, self.context, auth=auth, deadline=deadline)

    def _tickets(self, http: Http, request: FetchRequest) -> Iterator[Yielded]:
        before = request.states.get("tickets", {})
        question: dict[str, str | int] = {"state": "all"}
        newest: datetime | None = None
        if request.mode is Mode.INCREMENTAL and before.get("rules") == self._rules() and before.get("updated"):
            newest = datetime.fromisoformat(str(before["updated"]))
            question["since"] = _text(newest)
        begun_at = self.context.clock()
        issues = list(self._issues(http, question))
        answers = self._answers(http, issues)
        for issue in issues:
            newest = max(newest or issue.updated_at, issue.updated_at)
            yield self._ticket(issue, answers.get(issue.number))
        if newest is None:
            yield Complete("tickets")
        else:
            # What changes on a page that was read already is read next time.
            until = min(newest, begun_at + timedelta(seconds=http.skew_seconds or 0))
            yield Complete("tickets", state={"updated": _text(until), "rules": self._rules()})

    def _rules(self) -> str:
        told = self.settings.model_dump_json(exclude={"token", "proxy", "timeout_seconds", "wait_budget_seconds"})
        return hashlib.sha256(told.encode()).hexdigest()[:12]

    def _answers(self, http: Http, issues: Sequence[Issue]) -> Mapping[int, datetime]:
        """When the repository's own people first answered each of the issues."""
        commented = {issue.number: issue for issue in issues if issue.comments}
        if not commented or not self.settings.first_responses:
            return {}
        since = min(issue.created_at for issue in commented.values())
        question: dict[str, str | int] = {"since": _text(since), "sort": "created", "direction": "asc"}
        found: dict[int, datetime] = {}
        for row in self._rows(http, "issues/comments", question):
            comment = shaped(http.host, Comment, row)
            number = _last_number(http, comment.issue_url)
            issue = commented.get(number)
            if issue is None or comment.author_association not in OWN_PEOPLE:
                continue
            if comment.user is not None and comment.user.login != issue.author:
                found[number] = min(found.get(number, comment.created_at), comment.created_at)
        return found

    def _ticket(self, issue: Issue, answered_at: datetime | None) -> Ticket:
        settings = self.settings
        priority = issue.named(tuple(settings.priorities))
        done = issue.state == "closed"
        dropped = done and issue.state_reason == DROPPED
        return Ticket(
            ticket_key=str(issue.number),
            created_at=issue.created_at,
            updated_at=issue.updated_at,
            first_response_at=answered_at,
            resolved_at=issue.closed_at if done else None,
            closed_at=issue.closed_at if dropped else None,
            status=(TicketStatus.CLOSED if dropped else TicketStatus.RESOLVED) if done else TicketStatus.OPEN,
            status_raw=f"{issue.state} {issue.state_reason or ''}".strip(),
            priority_rank=settings.priorities.get(priority),
            priority_raw=priority,
            kind=self._kind(issue),
            category=issue.named(settings.categories),
            location=issue.named(settings.locations),
        )

    def _kind(self, issue: Issue) -> TicketKind:
        if not self.settings.requests:
            return TicketKind.OTHER
        return TicketKind.REQUEST if issue.named(self.settings.requests) else TicketKind.INCIDENT

    def _census(self, http: Http) -> Iterator[Yielded]:
        keys = tuple(str(issue.number) for issue in self._issues(http, {"state": "open"}))
        yield OpenKeys(counted_at=self.context.clock(), ticket_keys=keys)
        yield Complete("open_keys")

    def _actions(self, http: Http) -> Iterator[Yielded]:
        owners = {login.casefold(): key for login, key in self.settings.owners.items()}
        for issue in self._issues(http, {"state": "all"}):
            mine = [owners[one.login.casefold()] for one in issue.assignees if one.login.casefold() in owners]
            closed = issue.state == "closed"
            yield ActionItemSeen(
                action_key=f"#{issue.number}",
                title=" ".join(issue.title.split()),
                owner=mine[0] if mine else "",
                state=("dropped" if issue.state_reason == DROPPED else "done") if closed else "open",
                due_on=issue.milestone.due_on.date() if issue.milestone and issue.milestone.due_on else None,
                opened_on=self._day(issue.created_at),
                closed_on=self._day(issue.closed_at) if closed and issue.closed_at else None,
            )
        yield Complete("actions")

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.context.zone).date()

    def _issues(self, http: Http, question: Mapping[str, str | int]) -> Iterator[Issue]:
        """The issues that answer a question, each once, oldest first: what changes meanwhile moves no page."""
        seen: set[int] = set()
        asked: dict[str, str | int] = {"sort": "created", "direction": "asc", **question}
        if self.settings.label:
            asked["labels"] = self.settings.label
        for row in self._rows(http, "issues", asked):
            issue = shaped(http.host, Issue, row)
            if issue.pull_request is None and issue.number not in seen:
                seen.add(issue.number)
                yield issue

    def _rows(self, http: Http, what: str, question: Mapping[str, str | int]) -> Iterator[Any]:
        for page in self._pages(http, what, {"per_page": PAGE, **question}):
            yield from page

    def _pages(self, http: Http, what: str, question: Mapping[str, str | int]) -> Iterator[list[Any]]:
        for page in http.pages(f"repos/{self.settings.repository}/{what}", question, lambda _: http.next_link):
            if not isinstance(page, list):
                raise bad_shape(http.host, "the list of rows")
            yield page


def _last_number(http: Http, address: str) -> int:
    last = address.rstrip("/").rpartition("/")[2]
    if not last.isdecimal():
        raise bad_shape(http.host, "issue_url")
    return int(last)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
