"""The HTTP session that connectors share: waiting, renewing, redirects, limits, certificates, clocks."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from connectors._base import SourceContext
from connectors._errors import (
    AuthError,
    BadReplyError,
    RateLimitedError,
    SettingsError,
    UnavailableError,
)
from connectors._http import Http, HttpSettings, Limits
from connectors._http_auth import Auth, HeaderAuth, TokenAuth
from connectors._http_wait import asked_wait_seconds

NOW = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
Answer = tuple[int, dict[str, str], Any]


class Site:
    """A server whose answers are a function of path and headers; `seen` keeps what was asked."""

    def __init__(self, answer: Callable[[str, dict[str, str]], Answer], tls: ssl.SSLContext | None = None) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.seen.append((self.path, dict(self.headers)))
                status, headers, body = answer(self.path, dict(self.headers))
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response_only(status)
                for name, value in ({"Content-Length": str(len(content))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: Any) -> None:
                """A refused certificate is what we want to see."""

        self.server = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.server.server_port}/"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


MakeSite = Callable[..., Site]


@pytest.fixture
def site() -> Iterator[MakeSite]:
    made: list[Site] = []

    def make(answer: Callable[[str, dict[str, str]], Answer], tls: ssl.SSLContext | None = None) -> Site:
        made.append(Site(answer, tls))
        return made[-1]

    yield make
    for one in made:
        one.close()


def session(
    url: str,
    waits: list[float] | None = None,
    *,
    auth: Auth | None = None,
    deadline: datetime | None = None,
    limits: Limits | None = None,
    **settings: Any,
) -> Http:
    spent: list[float] = waits if waits is not None else []
    context = SourceContext(
        "test", ZoneInfo("UTC"), Path(), clock=lambda: NOW + timedelta(seconds=sum(spent)), pause=spent.append
    )
    given_settings = HttpSettings(url=url, timeout_seconds=settings.pop("timeout_seconds", 5), **settings)
    return Http(given_settings, context, auth=auth, deadline=deadline, limits=limits)


def one_after_another(*answers: Answer) -> Callable[[str, dict[str, str]], Answer]:
    """The answers in their order, the last one for ever."""
    rest = list(answers)
    return lambda path, headers: rest.pop(0) if len(rest) > 1 else rest[0]


FINE: Answer = (200, {}, {"ok": True})


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "12"}, 12),
        ({"Retry-After": "Fri, 20 Nov 2026 05:00:20 GMT"}, 20),
        ({"Retry-After": "Fri, 20 Nov 2026 09:00:20 GMT", "Date": "Fri, 20 Nov 2026 09:00:00 GMT"}, 20),
        ({"X-RateLimit-Reset": "9"}, 9),
        ({"X-RateLimit-Reset": str(int(NOW.timestamp()) + 15)}, 15),
        ({}, 30),
    ],
)
def test_a_429_is_waited_out(site: MakeSite, headers: dict[str, str], seconds: float) -> None:
    waits: list[float] = []
    with session(site(one_after_another((429, headers, {}), FINE)).url, waits) as http:
        assert http.get_json("x") == {"ok": True}
    assert waits == [seconds]


def test_a_503_that_says_when_is_waited_out(site: MakeSite) -> None:
    waits: list[float] = []
    with session(site(one_after_another((503, {"Retry-After": "4"}, {}), FINE)).url, waits) as http:
        http.get_json("x")
    assert waits == [4]


def test_a_403_of_a_spent_limit_is_no_lack_of_rights(site: MakeSite) -> None:
    waits: list[float] = []
    spent = (403, {"X-RateLimit-Remaining": "0", "Retry-After": "6"}, {})
    with session(site(one_after_another(spent, FINE)).url, waits) as http:
        http.get_json("x")
    assert waits == [6]


def test_waiting_ends_with_the_budget(site: MakeSite) -> None:
    waits: list[float] = []
    source = site(one_after_another((429, {"Retry-After": "40"}, {})))
    with session(source.url, waits, wait_budget_seconds=100) as http, pytest.raises(RateLimitedError):
        http.get_json("x")
    assert waits == [40, 40]


def test_no_wait_goes_beyond_the_deadline(site: MakeSite) -> None:
    waits: list[float] = []
    source = site(one_after_another((429, {"Retry-After": "40"}, {})))
    deadline = NOW + timedelta(seconds=30)
    with session(source.url, waits, deadline=deadline) as http, pytest.raises(RateLimitedError):
        http.get_json("x")
    assert waits == []


def test_nothing_is_asked_after_the_deadline(site: MakeSite) -> None:
    source = site(one_after_another(FINE))
    with session(source.url, deadline=NOW) as http, pytest.raises(UnavailableError, match="time that this run has"):
        http.get_json("x")
    assert source.seen == []


def test_a_refused_token_is_renewed_once(site: MakeSite) -> None:
    tokens = iter(["old", "new"])
    released: list[str] = []

    def answer(path: str, headers: dict[str, str]) -> Answer:
        return FINE if headers.get("Authorization") == "Bearer new" else (401, {}, {})

    auth = TokenAuth(lambda http: next(tokens), release=lambda http, token: released.append(token))
    source = site(answer)
    with session(source.url, auth=auth) as http:
        assert http.get_json("x") == {"ok": True}
        assert http.get_json("y") == {"ok": True}
    assert [headers["Authorization"] for _, headers in source.seen] == ["Bearer old", "Bearer new", "Bearer new"]
    assert released == ["new"]


def test_a_twice_refused_token_is_final(site: MakeSite) -> None:
    source = site(one_after_another((401, {}, {})))
    with session(source.url, auth=TokenAuth(lambda http: "token")) as http, pytest.raises(AuthError):
        http.get_json("x")
    assert len(source.seen) == 2


def test_a_redirect_to_another_host_gets_no_credentials(site: MakeSite) -> None:
    other = site(one_after_another(FINE))
    first = site(one_after_another((302, {"Location": other.url + "there"}, {})))
    with session(first.url, auth=HeaderAuth("X-Key", SecretStr("s3cret"))) as http:
        assert http.get_json("x") == {"ok": True}
    assert first.seen[0][1]["X-Key"] == "s3cret"
    assert "X-Key" not in other.seen[0][1]


def test_a_redirect_within_the_host_keeps_credentials(site: MakeSite) -> None:
    source = site(one_after_another((301, {"Location": "/new/x"}, {}), FINE))
    with session(source.url, auth=HeaderAuth("X-Key", SecretStr("s3cret"))) as http:
        http.get_json("x", {"a": 1})
    assert [(path, headers["X-Key"]) for path, headers in source.seen] == [("/x?a=1", "s3cret"), ("/new/x", "s3cret")]


def test_redirects_in_a_circle_stop(site: MakeSite) -> None:
    source = site(one_after_another((302, {"Location": "/x"}, {})))
    with session(source.url) as http, pytest.raises(BadReplyError, match="circle"):
        http.get_json("x")


def test_paging_in_a_circle_stops(site: MakeSite) -> None:
    source = site(one_after_another((200, {}, {"next": "x?page=2"})))
    with session(source.url) as http, pytest.raises(BadReplyError, match="circle"):
        list(http.pages("x", {}, lambda page: page["next"]))
    assert len(source.seen) == 2


def test_paging_without_end_stops(site: MakeSite) -> None:
    numbers = iter(range(1000))
    source = site(lambda path, headers: (200, {}, {"next": f"x?page={next(numbers)}"}))
    with session(source.url, limits=Limits(pages=7)) as http, pytest.raises(BadReplyError, match="after 7 pages"):
        list(http.pages("x", {}, lambda page: page["next"]))
    assert len(source.seen) == 7


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1:1/x", "https://127.0.0.1/x", "//example.org/x", "ftp://127.0.0.1/x"]
)
def test_links_elsewhere_are_not_followed(site: MakeSite, link: str) -> None:
    source = site(one_after_another((200, {}, {"next": link})))
    with session(source.url) as http, pytest.raises(BadReplyError, match="another host"):
        list(http.pages("x", {}, lambda page: page["next"]))
    assert len(source.seen) == 1


def test_a_reply_over_the_limit_stops(site: MakeSite) -> None:
    source = site(one_after_another((200, {}, b"[" + b" " * 5000 + b"]")))
    with session(source.url, limits=Limits(reply_bytes=1000)) as http, pytest.raises(BadReplyError, match="1000 bytes"):
        http.get_json("x")


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, BadReplyError), (404, SettingsError), (410, SettingsError), (407, SettingsError), (422, BadReplyError)],
)
def test_a_refusal_is_asked_once(site: MakeSite, status: int, error: type[Exception]) -> None:
    source = site(one_after_another((status, {}, {"message": "Jane"})))
    with session(source.url) as http, pytest.raises(error, match=str(status)):
        http.get_json("x")
    assert len(source.seen) == 1


def test_a_post_is_not_sent_twice(site: MakeSite) -> None:
    source = site(one_after_another((500, {}, {}), FINE))
    with session(source.url) as http, pytest.raises(UnavailableError):
        http.post_json("login", {})
    assert len(source.seen) == 1


def test_a_foreign_certificate_is_told_with_its_likely_cause(site: MakeSite, tmp_path: Path) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    bundle = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(bundle))
    source = site(one_after_another(FINE), tls)
    with session(source.url) as http, pytest.raises(UnavailableError, match=r"web filter.*ca_bundle"):
        http.get_json("x")
    with session(source.url, ca_bundle=bundle) as http:
        assert http.get_json("x") == {"ok": True}
    with session(source.url, ca_bundle=tmp_path / "none.pem") as http, pytest.raises(SettingsError, match="ca_bundle"):
        http.get_json("x")


def test_the_environment_neither_redirects_nor_logs_in(
    site: MakeSite, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    source = site(one_after_another(FINE))
    with session(source.url) as http:
        assert http.get_json("x") == {"ok": True}
    assert "Authorization" not in source.seen[0][1]


def test_the_proxy_of_the_settings_is_used(site: MakeSite) -> None:
    proxy = site(one_after_another(FINE))
    with session("http://helpdesk.invalid/", proxy=SecretStr(proxy.url)) as http:
        assert http.get_json("x") == {"ok": True}
    assert proxy.seen[0][0] == "http://helpdesk.invalid/x"


def test_the_clocks_distance_is_noted(site: MakeSite) -> None:
    source = site(one_after_another((200, {"Date": "Fri, 20 Nov 2026 05:02:00 GMT"}, {})))
    with session(source.url) as http:
        http.get_json("x")
        assert http.skew_seconds == 120
        assert http.server_now == NOW + timedelta(minutes=2)


def test_nobody_listens(site: MakeSite) -> None:
    waits: list[float] = []
    with session("http://127.0.0.1:1/", waits) as http, pytest.raises(UnavailableError, match=r"127\.0\.0\.1:1"):
        http.get_json("x")
    assert waits == [1, 2]


def test_deep_nesting_is_a_bad_reply(site: MakeSite) -> None:
    source = site(one_after_another((200, {}, b"[" * 200_000)))
    with session(source.url) as http, pytest.raises(BadReplyError):
        http.get_json("x")


@pytest.mark.parametrize("url", ["helpdesk", "ftp://x/", "https://", "https://me:pw@example.org/"])
def test_an_address_that_cannot_be_one_is_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        HttpSettings(url=url)


@given(st.text(), st.text())
def test_no_header_breaks_the_wait(after: str, reset: str) -> None:
    asked = asked_wait_seconds({"Retry-After": after, "X-RateLimit-Reset": reset}, NOW)
    assert asked is None or 0 <= asked < float("inf")
