"""Projects of a Redmine as initiatives of the plan: their versions, how far their issues are, and action items.

Reads of each project that the settings name: its versions (name, due date, state) as milestones; how many of its
issues, subprojects included, are closed; and, where trackers are named for it, the issues of these trackers as action
items with their titles, because they are the promises themselves. Whom an item belongs to leaves only through
`owners`, which maps Redmine's display names to a role or a person's key; other names are dropped on read. No
description, journal or file is read.

Least access: a login of its own with an API key, member of these projects in a role with View issues, issues
visibility "All non private issues". An administrator switches on the REST web service.

Limits. With a wrong key Redmine still answers lists with what is public, so every read first asks who we are. A
version without a due date is no milestone and is left out. Redmine keeps no moment at which a version was closed; its
last change stands in. A role that sees only its own issues counts only those, without a word.
Vendor page: https://www.redmine.org/projects/redmine/wiki/Rest_api
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field, SecretStr

from connectors._base import Complete, Connector, FetchRequest, SourceSettings, Stream, StreamMode, Yielded
from connectors._errors import BadReplyError, SettingsError
from connectors._http import Http, HttpSettings
from connectors._http_auth import HeaderAuth
from connectors._shape import bad_shape, shaped
from firstbell.records import ActionItemSeen, Measurement, MilestoneSeen

PAGE = 100
"""The most that Redmine gives in one page; it cuts longer wishes down without a word."""


class ProjectOf(SourceSettings):
    """A project and what it is in plan.yaml."""

    project: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", description="The project's identifier, as in its address.")
    initiative: str = Field(description="Key of an initiative of plan.yaml.")
    school: str = Field("", description="Key of the school whose part of the initiative it is; empty: the district's.")

    @property
    def scope(self) -> str:
        return f"school:{self.school}" if self.school else "district"


class RedmineSettings(HttpSettings):
    """Where Redmine is, which projects are read and what its words mean."""

    api_key: SecretStr = Field(description="The login's API key, as env:NAME or file:PATH.")
    projects: tuple[ProjectOf, ...] = Field(min_length=1, description="The projects that are initiatives.")
    action_trackers: tuple[str, ...] = Field((), description="Trackers whose issues are action items; none: not read.")
    dropped_statuses: tuple[str, ...] = Field(
        ("Rejected",), description="Closed statuses of items that were given up and not done."
    )
    owners: dict[str, str] = Field(
        {}, description="Assignees' names mapped to a role or a person's key; others are dropped."
    )


class Named(BaseModel):
    id: int
    name: str


class Status(Named):
    is_closed: bool = False


class Project(BaseModel):
    id: int


class Version(BaseModel):
    """A version; `project` is another one where it is shared from there."""

    id: int
    name: str
    project: Named
    status: str
    due_date: date | None
    updated_on: AwareDatetime


class Issue(BaseModel):
    id: int
    subject: str
    status: Named
    assigned_to: Named | None = None
    due_date: date | None = None
    created_on: AwareDatetime
    closed_on: AwareDatetime | None = None


class Redmine(Connector):
    """All milestones and action items as they stand, and each project's progress this month."""

    title = "Redmine projects"
    docs_url = "https://www.redmine.org/projects/redmine/wiki/Rest_api"
    streams = (
        Stream("milestones", MilestoneSeen, StreamMode.REPLACE),
        Stream("progress", Measurement, StreamMode.UPSERT),
        Stream("actions", ActionItemSeen, StreamMode.REPLACE),
    )
    least_privilege = "A login with an API key, member of the projects in a role with View issues and nothing to edit."
    checked_against = "real Redmine 5.0.4 (Debian 12)"
    Settings = RedmineSettings

    settings: RedmineSettings

    def check(self) -> str:
        with self._http(None) as http:
            for one in self.settings.projects:
                _project(http, one)
            if self.settings.action_trackers:
                self._trackers(http)
        return f"{http.host} answers and lets us read {len(self.settings.projects)} of its projects."

    def fetch(self, request: FetchRequest) -> Iterator[Yielded]:
        with self._http(request.deadline) as http:
            _object(http, http.get_json("users/current.json"), "user")
            numbers = {one.project: _project(http, one).id for one in self.settings.projects}
            for one in self.settings.projects:
                yield from self._milestones(http, one, numbers[one.project])
                yield from self._progress(http, one)
            if self.settings.action_trackers:
                yield from self._actions(http)
                yield Complete("actions")
            yield Complete("milestones")
            yield Complete("progress")

    def _http(self, deadline: datetime | None) -> Http:
        auth = HeaderAuth("X-Redmine-API-Key", self.settings.api_key)
        return Http(self.settings, self.context, auth=auth, deadline=deadline)

    def _milestones(self, http: Http, of: ProjectOf, number: int) -> Iterator[MilestoneSeen]:
        answer = http.get_json(f"projects/{of.project}/versions.json")
        for row in _rows(http, answer, "versions"):
            version = shaped(http.host, Version, row)
            if version.project.id != number or version.due_date is None:
                continue
            yield MilestoneSeen(
                milestone_key=f"{of.initiative}/{of.project}-{version.id}",
                initiative_key=of.initiative,
                title=_line(version.name),
                due_on=version.due_date,
                done_on=self._day(version.updated_on) if version.status == "closed" else None,
                scope=of.scope,
            )

    def _progress(self, http: Http, of: ProjectOf) -> Iterator[Measurement]:
        everything, closed = (self._count(http, of, status) for status in ("*", "closed"))
        if not everything:
            return
        now = self.context.clock()
        today = self._day(now)
        yield Measurement(
            measure_key=f"initiative.{of.initiative}",
            scope=of.scope,
            period_start_on=today.replace(day=1),
            period_end_on=today.replace(day=monthrange(today.year, today.month)[1]),
            numerator=closed,
            denominator=everything,
            as_of=now,
        )

    def _count(self, http: Http, of: ProjectOf, status: str) -> int:
        answer = http.get_json("issues.json", {"project_id": of.project, "status_id": status, "limit": 1})
        return _total(http, answer)

    def _actions(self, http: Http) -> Iterator[ActionItemSeen]:
        statuses = _rows(http, http.get_json("issue_statuses.json"), "issue_statuses")
        closed = {one.id for one in (shaped(http.host, Status, row) for row in statuses) if one.is_closed}
        owners = {name.casefold(): key for name, key in self.settings.owners.items()}
        trackers = self._trackers(http)
        seen: set[int] = set()
        for of in self.settings.projects:
            for tracker in trackers:
                question: dict[str, str | int] = {
                    "project_id": of.project,
                    "tracker_id": tracker,
                    "status_id": "*",
                    "sort": "id",
                }
                for issue in self._issues(http, question):
                    if issue.id in seen:
                        continue
                    seen.add(issue.id)
                    assignee = issue.assigned_to.name.casefold() if issue.assigned_to else ""
                    yield self._item(issue, owners.get(assignee, ""), issue.status.id in closed)

    def _item(self, issue: Issue, owner: str, closed: bool) -> ActionItemSeen:
        dropped = issue.status.name in self.settings.dropped_statuses
        return ActionItemSeen(
            action_key=f"#{issue.id}",
            title=_line(issue.subject),
            owner=owner,
            state=("dropped" if dropped else "done") if closed else "open",
            due_on=issue.due_date,
            opened_on=self._day(issue.created_on),
            closed_on=self._day(issue.closed_on) if closed and issue.closed_on else None,
        )

    def _trackers(self, http: Http) -> list[int]:
        """The numbers of the trackers whose issues are action items. SettingsError names those that are not there."""
        rows = _rows(http, http.get_json("trackers.json"), "trackers")
        numbers = {one.name.casefold(): one.id for one in (shaped(http.host, Named, row) for row in rows)}
        missing = [name for name in self.settings.action_trackers if name.casefold() not in numbers]
        if missing:
            raise SettingsError(f"{http.host} has no tracker {', '.join(missing)}; mend action_trackers.")
        return [numbers[name.casefold()] for name in self.settings.action_trackers]

    def _issues(self, http: Http, question: Mapping[str, str | int]) -> Iterator[Issue]:
        start, last = 0, 0

        def following(answer: Any) -> Mapping[str, str | int] | None:
            nonlocal start
            start += len(_rows(http, answer, "issues"))
            return {**question, "limit": PAGE, "offset": start} if answer["issues"] else None

        for answer in http.pages("issues.json", {**question, "limit": PAGE, "offset": 0}, following):
            issues = [shaped(http.host, Issue, row) for row in _rows(http, answer, "issues")]
            if issues and issues[-1].id <= last:
                raise BadReplyError(f"{http.host} gives the same rows page after page; its paging does not end.")
            last = issues[-1].id if issues else last
            yield from issues

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.context.zone).date()


def _project(http: Http, of: ProjectOf) -> Project:
    """A project as this login sees it; Redmine says 404 of one that is not there and 403 of one it may not see."""
    try:
        answer = http.get_json(f"projects/{of.project}.json")
    except SettingsError:
        raise SettingsError(f"{http.host} has no project {of.project}, or no Redmine is there; check it.") from None
    return shaped(http.host, Project, _object(http, answer, "project"))


def _object(http: Http, answer: Any, field: str) -> Any:
    if not isinstance(answer, dict) or not isinstance(answer.get(field), dict):
        raise bad_shape(http.host, field)
    return answer[field]


def _rows(http: Http, answer: Any, field: str) -> list[Any]:
    rows = answer.get(field) if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise bad_shape(http.host, field)
    return rows


def _total(http: Http, answer: Any) -> int:
    total = answer.get("total_count") if isinstance(answer, dict) else None
    if not isinstance(total, int) or total < 0:
        raise bad_shape(http.host, "total_count")
    return total


def _line(text: str) -> str:
    return " ".join(text.split())
