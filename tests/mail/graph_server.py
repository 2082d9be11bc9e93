"""Microsoft 365 as its pages describe it: documented shapes only, nothing here was compared with the real one.

Token endpoint, sendMail with MIME, drafts, attachments with and without upload sessions, throttling and errors.
"""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote

from firstbell.delivery.graph import GraphTransport

TENANT, CLIENT, SECRET = "contoso.example", "0a1b2c3d-app", "s3cret-of-the-app"
SENDER = "packets@lakeside.example"


@dataclass
class Draft:
    """A message that is made in steps."""

    message: bytes
    attachments: dict[str, bytes] = field(default_factory=dict)


class NotNow(Exception):  # noqa: N818 - it is an answer
    """Raised by `take` to answer 429: the message was not taken."""


@dataclass(frozen=True)
class Say:
    """An answer that the server gives instead of doing what it is asked; `wait` is its Retry-After."""

    status: int
    code: str = ""
    wait: str = ""


@dataclass
class Tenant:
    """What the tenant took, and how it should behave. `script` holds answers by the end of a path, used up in order."""

    taken: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Sender, recipient, message."""
    asked: list[str] = field(default_factory=list)
    tokens: int = 0
    lasts: int = 3599
    valid: set[str] = field(default_factory=set)
    script: dict[str, list[Say]] = field(default_factory=dict)
    drop: str = ""
    """The end of a path whose request is done and never answered."""
    drafts: dict[str, Draft] = field(default_factory=dict)
    uploads: dict[str, tuple[str, str, bytearray, int]] = field(default_factory=dict)
    url: str = ""

    def transport(self, **changes: Any) -> GraphTransport:
        settings: dict[str, Any] = {
            "tenant": TENANT,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "sender": SENDER,
            "login_url": self.url,
            "graph_url": f"{self.url}/v1.0",
            "timeout_seconds": 5,
        }
        return GraphTransport(**{**settings, **changes})

    def take(self, sender: str, message: bytes) -> None:
        """A message that Microsoft accepted."""
        self.taken.append((sender, opened(message)["To"].addresses[0].addr_spec, message))


def opened(message: bytes) -> EmailMessage:
    """The message, parsed."""
    parsed = message_from_bytes(message, policy=SMTP)
    assert isinstance(parsed, EmailMessage)
    return parsed


class Graph(BaseHTTPRequestHandler):
    """One request. The server's `tenant` is what it answers from."""

    protocol_version = "HTTP/1.1"
    tenant: Tenant

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = unquote(self.path)
        self.tenant.asked.append(path)
        scripted = next((said for end, said in self.tenant.script.items() if said and path.endswith(end)), None)
        if scripted:
            say = scripted.pop(0)
            self._answer(say.status, {"error": {"code": say.code, "message": "quotes what was sent"}}, wait=say.wait)
        elif path.endswith("/oauth2/v2.0/token"):
            self._token(path, {name: values[0] for name, values in parse_qs(body.decode()).items()})
        elif self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tenant.valid:
            self._answer(401, {"error": {"code": "InvalidAuthenticationToken", "message": "expired"}})
        else:
            try:
                status, content = self._done(path, body)
            except NotNow:
                self._answer(429, {"error": {"code": "ApplicationThrottled"}}, wait="1")
                return
            if self.tenant.drop and path.endswith(self.tenant.drop):
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True
            else:
                self._answer(status, content)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.tenant.asked.append(self.path)
        assert "Authorization" not in self.headers, "an upload address carries its own right"
        key, name, content, size = self.tenant.uploads[self.path]
        assert self.headers["Content-Range"] == f"bytes {len(content)}-{len(content) + len(body) - 1}/{size}"
        content += body
        if len(content) < size:
            self._answer(200, {"nextExpectedRanges": [str(len(content))]})
        else:
            self.tenant.drafts[key].attachments[name] = bytes(content)
            self._answer(201, {})

    def do_DELETE(self) -> None:
        self.tenant.asked.append(f"DELETE {unquote(self.path)}")
        self.tenant.drafts.pop(self.path.rpartition("/")[2], None)
        self._answer(204, None)

    def _token(self, path: str, form: dict[str, str]) -> None:
        assert form["grant_type"] == "client_credentials"
        assert form["scope"].endswith("/.default")
        fault = (
            (90002, "invalid_request")
            if not path.startswith(f"/{TENANT}/")
            else (700016, "unauthorized_client")
            if form["client_id"] != CLIENT
            else (7000215, "invalid_client")
            if form["client_secret"] != SECRET
            else None
        )
        if fault:
            about = {"error": fault[1], "error_codes": [fault[0]], "error_description": f"AADSTS{fault[0]}: no"}
            self._answer(401 if fault[1] == "invalid_client" else 400, about)
            return
        self.tenant.tokens += 1
        token = f"token-{self.tenant.tokens}"
        self.tenant.valid.add(token)
        self._answer(200, {"token_type": "Bearer", "expires_in": self.tenant.lasts, "access_token": token})

    def _done(self, path: str, body: bytes) -> tuple[int, dict[str, Any] | None]:
        tenant, parts = self.tenant, path.split("/")
        sender = parts[3]
        if path.endswith("/sendMail"):
            assert self.headers["Content-Type"] == "text/plain"
            tenant.take(sender, base64.b64decode(body, validate=True))
            return 202, None
        if path.endswith("/messages"):
            key = f"draft-{len(tenant.drafts) + 1}="
            tenant.drafts[key] = Draft(base64.b64decode(body, validate=True))
            return 201, {"id": key}
        draft = tenant.drafts[parts[5]]
        if path.endswith("/send"):
            tenant.take(sender, draft.message)
            return 202, None
        about = json.loads(body)
        if path.endswith("/attachments"):
            draft.attachments[about["name"]] = base64.b64decode(about["contentBytes"], validate=True)
            return 201, {"id": "attachment"}
        item = about["AttachmentItem"]
        place = f"/upload/{len(tenant.uploads)}"
        tenant.uploads[place] = (parts[5], item["name"], bytearray(), item["size"])
        return 201, {"uploadUrl": f"{tenant.url}{place}", "nextExpectedRanges": ["0"]}

    def _answer(self, status: int, content: dict[str, Any] | None, wait: str = "") -> None:
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("request-id", "6f1e-77")
        self.send_header("Content-Length", str(len(body)))
        if wait:
            self.send_header("Retry-After", wait)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """A client that goes away is what some tests do."""


@contextmanager
def graph(tenant: Tenant) -> Iterator[Tenant]:
    """The tenant on a loopback port, for as long as the block runs."""
    server = _QuietServer(("127.0.0.1", 0), type("OneTenant", (Graph,), {"tenant": tenant}))
    tenant.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield tenant
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
