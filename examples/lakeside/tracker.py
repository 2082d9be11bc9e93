"""A real Roundup tracker for the sample district: made in a folder, filled with backdated tickets, served on loopback.

The tracker is Roundup's classic template with two properties more on its issues: `location`, the place a ticket is
about, and `resolved`, the moment it was resolved (the classic template keeps no such moment).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from roundup import init, instance
from roundup.admin import AdminTool
from roundup.anypy.strings import repr_export
from roundup.cgi.wsgi_handler import RequestDispatcher
from roundup.date import Date
from roundup.hyperdb import Multilink
from roundup.password import Password

SUPPORT = "helpdesk"
"""The login of the one who answers tickets."""
READER = "firstbell"
"""The login that may read and nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message on a ticket: by whom (a login) and when."""

    author: str
    sent_at: datetime
    text: str = "Looked into it."


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTicket:
    """A ticket as it shall stand in the tracker. `updated_at` defaults to the last moment that the ticket knows of."""

    title: str
    requester: str
    created_at: datetime
    status: str = "unread"
    priority: str | None = "bug"
    keyword: str | None = None
    location: str | None = None
    replies: tuple[Reply, ...] = ()
    resolved_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def last_activity_at(self) -> datetime:
        moments = (self.created_at, self.resolved_at, *(reply.sent_at for reply in self.replies))
        return self.updated_at or max(moment for moment in moments if moment)


def make_tracker(
    folder: Path,
    tickets: Iterable[SampleTicket],
    *,
    reader_password: str,
    options: Mapping[str, str] | None = None,
    logins: Sequence[str] = (),
) -> None:
    """Make a tracker in `folder`, which must not exist, and fill it; the tickets' keys are 1, 2, 3 in their order.

    `options` are Roundup's own, such as {"WEB_API_CALLS_PER_INTERVAL": "5"}. `logins` are people beyond those who
    stand in the tickets. Only the reader and `admin` have a password, and it is the same.
    """
    home = str(folder)
    basics = {
        "tracker_web": "http://127.0.0.1/",
        "mail_domain": "sample.invalid",
        "mail_host": "127.0.0.1",
        "rdbms_backend": "sqlite",
        "indexer": "native",
    }
    init.install(home, AdminTool().listTemplates()["classic"]["path"], settings=basics)
    _adapt_schema(folder)
    config = folder / "config.ini"
    tracker = instance.open(home)
    for option, value in (options or {}).items():
        tracker.config[option] = value
    tracker.config.save(str(config))
    tracker.init(Password(reader_password, config=tracker.config))
    database = tracker.open("admin")
    try:
        Filling(database).fill(tickets, logins, reader_password)
        database.commit()
    finally:
        database.close()


def change_tracker(folder: Path, change: Mapping[str, Mapping[str, Any]], new: Iterable[SampleTicket] = ()) -> None:
    """Set properties of tickets by key, without moving their activity, and add new tickets."""
    database = instance.open(str(folder)).open("admin")
    try:
        for key, values in change.items():
            database.setnode("issue", key, {name: _native(value) for name, value in values.items()})
        Filling(database).fill(new, (), None)
        database.commit()
    finally:
        database.close()


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing: the demo has its own progress."""


@contextmanager
def serve_tracker(folder: Path) -> Iterator[str]:
    """Serve the tracker on a free port of 127.0.0.1 until the block ends; yields its address, with a final slash."""
    server: WSGIServer = make_server("127.0.0.1", 0, RequestDispatcher(str(folder)), handler_class=_QuietHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="tracker")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Filling:
    """Writes tickets below Roundup's own auditors, which alone would date everything today and mail about it."""

    def __init__(self, database: Any) -> None:
        self.database = database
        self.next_id: dict[str, int] = {}
        self.users = self._ids("user", "username")
        self.names = {kind: self._ids(kind, "name") for kind in ("status", "priority", "keyword")}

    def fill(self, tickets: Iterable[SampleTicket], logins: Sequence[str], password: str | None) -> None:
        if password is not None:
            self.users[READER] = self.database.user.create(
                username=READER, password=Password(password, config=self.database.config), roles="User"
            )
        for login in logins:
            self._user(login)
        for ticket in tickets:
            self._issue(ticket)
        for kind, following in self.next_id.items():
            self.database.setid(kind, following - 1)

    def _issue(self, ticket: SampleTicket) -> None:
        messages = [self._message(reply) for reply in ticket.replies]
        keywords = [self._keyword(ticket.keyword)] if ticket.keyword else []
        self._import(
            "issue",
            title=ticket.title,
            status=self.names["status"][ticket.status],
            priority=self.names["priority"][ticket.priority] if ticket.priority else None,
            keyword=keywords,
            messages=messages,
            location=ticket.location,
            resolved=_stamp(ticket.resolved_at),
            creation=_stamp(ticket.created_at),
            activity=_stamp(ticket.last_activity_at),
            creator=self._user(ticket.requester),
            actor=self._user(ticket.requester),
        )

    def _message(self, reply: Reply) -> str:
        author = self._user(reply.author)
        sent = _stamp(reply.sent_at)
        key = self._import("msg", author=author, date=sent, creation=sent, activity=sent, creator=author, actor=author)
        self.database.storefile("msg", key, None, reply.text.encode())
        return key

    def _user(self, login: str) -> str:
        if login not in self.users:
            self.users[login] = self._import("user", username=login, roles="User")
        return self.users[login]

    def _keyword(self, name: str) -> str:
        if name not in self.names["keyword"]:
            self.names["keyword"][name] = self._import("keyword", name=name)
        return self.names["keyword"][name]

    def _import(self, kind: str, **values: Any) -> str:
        if kind not in self.next_id:
            self.next_id[kind] = max((int(key) for key in self.database.getclass(kind).getnodeids()), default=0) + 1
        key = str(self.next_id[kind])
        self.next_id[kind] += 1
        of = self.database.getclass(kind)
        empty = {name: [] for name, about in of.getprops().items() if isinstance(about, Multilink)}
        node = {"id": key, **empty, **values}
        of.import_list(list(node), [repr_export(value) for value in node.values()])
        return key

    def _ids(self, kind: str, label: str) -> dict[str, str]:
        of = self.database.getclass(kind)
        return {of.get(key, label): key for key in of.list()}


def _adapt_schema(folder: Path) -> None:
    schema = folder / "schema.py"
    text = schema.read_text(encoding="utf-8")
    place = 'assignedto=Link("user"),'
    schema.write_text(
        text.replace(place, f"{place}\n                location=String(),\n                resolved=Date(),")
    )


def _stamp(moment: datetime | None) -> tuple[int, ...] | None:
    """The form in which Roundup exports and imports a date."""
    if moment is None:
        return None
    return (*moment.astimezone(UTC).timetuple()[:6], 0, 0, 0)


def _native(value: Any) -> Any:
    return Date(_stamp(value)) if isinstance(value, datetime) else value
