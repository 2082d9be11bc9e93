"""Local web services for real looks: fine ones, a slow one, a wrong page, a closed port, an ending certificate.

A vendor's status page and a report that refuses us its login live here as well.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from examples.lakeside.certificates import ENDING_IN, Authority
from examples.lakeside.name_server import serve_names
from examples.lakeside.timeline import ZONE, Timeline

SLOW_SECONDS = 0.9
Page = tuple[int, str, str]
"""Status, content type and body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the sample district's outside world listens; `host:port` each."""

    web: str
    payroll: str
    student_records: str
    closed: str
    names: str


@contextmanager
def serve_district(timeline: Timeline, authority: Authority) -> Iterator[Addresses]:
    """Serve everything on free ports of 127.0.0.1 until the block ends."""
    ending = datetime.combine(timeline.today + ENDING_IN, time(12), tzinfo=ZONE).astimezone(UTC)
    pages = _pages(timeline)
    wake = threading.Event()
    with ExitStack() as stack:
        yield Addresses(
            web=stack.enter_context(_serve(pages, wake, None)),
            payroll=stack.enter_context(_serve(pages, wake, authority.server_context(not_after=ending))),
            student_records=stack.enter_context(_serve(pages, wake, authority.server_context())),
            closed=stack.enter_context(_closed_port()),
            names=stack.enter_context(serve_names()),
        )
        wake.set()


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that hung up, as one does that only looks at the certificate."""


@contextmanager
def _serve(pages: dict[str, Page], wake: threading.Event, tls: ssl.SSLContext | None) -> Iterator[str]:
    server = _QuietServer(("127.0.0.1", 0), _handler(pages, wake))
    if tls is not None:
        # The handshake belongs into the request's own thread, or one silent client stops the server.
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name="web")
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(pages: dict[str, Page], wake: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/library":
                wake.wait(SLOW_SECONDS)
            status, kind, body = pages.get(path, (404, "text/plain", "There is no such page."))
            content = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_HEAD = do_GET  # noqa: N815 - http.server calls it by this name

        def log_message(self, *_: Any) -> None:
            """Say nothing: the demo has its own progress."""

    return Handler


@contextmanager
def _closed_port() -> Iterator[str]:
    """A port that refuses every connection: it is taken, so that nobody else can begin to listen on it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


def _pages(timeline: Timeline) -> dict[str, Page]:
    page: Callable[[str], Page] = lambda title: (  # noqa: E731 - a word for what stands below
        200,
        "text/html",
        f"<!doctype html><title>{title}</title><h1>{title}</h1><p>SAMPLE: Lakeside Schools.",
    )
    return {
        "/": page("Lakeside Schools"),
        "/sign-in": page("Sign in"),
        "/gradebook": page("Gradebook"),
        "/learning": page("Learning platform"),
        "/health": (200, "application/json", '{"status": "pass", "checks": [{"name": "database", "ok": true}]}'),
        "/library": page("Library catalogue"),
        "/enrolment": page("Scheduled work: this page is back soon"),
        "/payroll": page("Payroll"),
        "/reports/link-use.csv": (403, "text/plain", "This login has expired."),
        **_status_page(timeline),
    }


def _update(component: dict[str, str], at: datetime, old: str, new: str) -> dict[str, Any]:
    """An update of an incident, with what the component was and is from then on."""
    affected = {"code": component["id"], "name": component["name"], "old_status": old, "new_status": new}
    return {"created_at": at.isoformat(), "display_at": at.isoformat(), "affected_components": [affected]}


def _status_page(timeline: Timeline) -> dict[str, Page]:
    """What the learning platform's vendor says of itself, in the shape of Atlassian's status pages."""
    day = timeline.class_day(9)
    started, ended = timeline.at(day, 9, 20), timeline.at(day, 10, 5)
    planned = timeline.at(timeline.day(13), 22)
    component = {"id": "lp-web", "name": "Web application"}
    incident = {
        "id": "lp-2041",
        "name": "Slow loading of assignments",
        "impact": "minor",
        "status": "resolved",
        "created_at": started.isoformat(),
        "started_at": started.isoformat(),
        "resolved_at": ended.isoformat(),
        "updated_at": ended.isoformat(),
        "components": [component],
        "incident_updates": [
            _update(component, ended, "degraded_performance", "operational"),
            _update(component, started, "operational", "degraded_performance"),
        ],
    }
    work = {
        "id": "lp-2050",
        "name": "Database upgrade",
        "impact": "maintenance",
        "status": "scheduled",
        "created_at": started.isoformat(),
        "scheduled_for": planned.isoformat(),
        "scheduled_until": (planned + timedelta(hours=3)).isoformat(),
        "updated_at": started.isoformat(),
        "components": [component],
        "incident_updates": [],
    }
    answers = {
        "components": {"components": [{**component, "status": "operational"}]},
        "incidents": {"incidents": [incident]},
        "scheduled-maintenances": {"scheduled_maintenances": [work]},
    }
    return {
        f"/vendor/api/v2/{name}.json": (200, "application/json", json.dumps(answer)) for name, answer in answers.items()
    }
