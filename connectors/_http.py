"""HTTP as every connector speaks it: one session a source, closed always, bounded in time, bytes, pages and waiting.

What a reply means is decided here once: 401 and 403 are `AuthError`; 429 (and 503 with Retry-After) waits within a
budget and is then `RateLimitedError`; other 5xx, broken connections and time-outs are tried again a few times and are
then `UnavailableError`; 404 is `SettingsError`; anything else that is not the JSON asked for is `BadReplyError`.
Nothing of a reply's body is ever quoted.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from pydantic import Field, SecretStr, field_validator
from requests.adapters import HTTPAdapter

from connectors._base import SourceContext, SourceSettings
from connectors._errors import BadReplyError, ConnectorError, RateLimitedError, UnavailableError
from connectors._http_auth import Auth
from connectors._http_faults import Broken, error_of_break, error_of_content, error_of_status
from connectors._http_wait import asked_wait_seconds, http_date

Parameters = Mapping[str, str | int | Sequence[str]]

USER_AGENT = "firstbell"
REDIRECTS = frozenset({301, 302, 303, 307, 308})


class HttpSettings(SourceSettings):
    """The settings that every source read over HTTP has."""

    url: str = Field(description="Address of the source, as in https://helpdesk.example.org/.")
    timeout_seconds: float = Field(
        30.0, gt=0, le=600, description="How long to wait for a connection or for more data."
    )
    ca_bundle: Path | None = Field(
        None, description="File with the certificates to trust instead of the usual ones, such as the web filter's."
    )
    proxy: SecretStr | None = Field(
        None, description="Address of the proxy to go through; those of the environment are ignored on purpose."
    )
    wait_budget_seconds: float = Field(
        300.0, ge=0, description="How long one read may wait in all when the source asks for patience (429, 503)."
    )

    @field_validator("url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise ValueError("must be a web address that begins with https://")
        if parts.username or parts.password:
            raise ValueError("must not hold a user name or password; they have settings of their own")
        return url


class ClosingAdapter(HTTPAdapter):
    """Closes its connections when it is closed; requests leaves that to the garbage collector since urllib3 2."""

    def close(self) -> None:
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 - this container cannot be iterated
                manager.pools[key].close()
        super().close()


class Form(dict[str, str]):
    """The body of a POST that only asks, sent as a form and not as JSON."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that a real source stays far within. `tries` counts calls of one GET, the first included."""

    reply_bytes: int = 64 * 1024 * 1024
    pages: int = 5000
    tries: int = 3
    redirects: int = 5
    transfer_timeouts: float = 10.0
    """One reply may take this many time-outs from first to last byte, however steadily it drips."""


class Http:
    """One source's session. Use it as a context manager; every error it raises is a `ConnectorError`.

    `skew_seconds` is how far the source's clock runs ahead of ours, from the last reply's Date; None before it.
    `next_link` is the address of the page after the last reply's, for sources that name it in a Link header (RFC 8288).
    """

    def __init__(
        self,
        settings: HttpSettings,
        context: SourceContext,
        *,
        auth: Auth | None = None,
        deadline: datetime | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.base = settings.url if settings.url.endswith("/") else settings.url + "/"
        self.host = urlsplit(self.base).netloc
        self.skew_seconds: float | None = None
        self.next_link: str | None = None
        self._settings = settings
        self._context = context
        self._auth = auth or Auth()
        self._deadline = deadline
        self._limits = limits or Limits()
        self._waited = 0.0
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.mount("https://", ClosingAdapter())
        self._session.mount("http://", ClosingAdapter())
        self._session.headers["User-Agent"] = USER_AGENT
        self._session.headers["Accept"] = "application/json, */*;q=0.5"
        self._session.verify = str(settings.ca_bundle) if settings.ca_bundle else True
        if settings.proxy is not None:
            self._session.proxies = dict.fromkeys(("http", "https"), settings.proxy.get_secret_value())

    def __enter__(self) -> Http:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self._auth.close(self)
        except ConnectorError:
            if error is None:
                raise
        finally:
            self._session.close()

    @property
    def server_now(self) -> datetime | None:
        """The present by the source's own clock; None before its first reply."""
        if self.skew_seconds is None:
            return None
        return self._context.clock() + timedelta(seconds=self.skew_seconds)

    def get_json(self, path: str, parameters: Parameters | None = None, *, signed: bool = True) -> Any:
        """The JSON at a path below the source's address, or at a full address of the same host.

        `signed=False` leaves the credentials out: for calls that fetch them.
        """
        return self._json(self._call("GET", self._address(path), parameters, None, signed))

    def get_bytes(self, path: str) -> bytes:
        """What stands at an address, whatever its format: a published sheet, an exported file."""
        return self._call("GET", self._address(path), None, None, signed=True)

    def post_json(self, path: str, body: Any, *, signed: bool = True) -> Any:
        """The JSON answer to a POST that reads, such as a login or a search. Not tried again when it breaks."""
        return self._json(self._call("POST", self._address(path), None, body, signed))

    def post_form(self, path: str, fields: Mapping[str, str]) -> Any:
        """The JSON answer to a form that only asks, for sources that read that way; tried again as a GET is."""
        return self._json(self._call("POST", self._address(path), None, Form(fields), signed=True))

    def pages(
        self, path: str, parameters: Parameters, following: Callable[[Any], str | Parameters | None]
    ) -> Iterator[Any]:
        """Each page's JSON, one at a time. `following` reads the next one's address or parameters off a page.

        Raises BadReplyError when a page was asked for already, lies on another host, or when there is no end.
        """
        asked: set[str] = set()
        step: str | Parameters | None = parameters
        while step is not None:
            token = json.dumps(step, sort_keys=True, default=str)
            if token in asked:
                raise BadReplyError(f"{self.host} points to a page that was already read; its paging goes in a circle.")
            if len(asked) >= self._limits.pages:
                raise BadReplyError(f"{self.host} has a next page after {len(asked)} pages; narrow what is read.")
            asked.add(token)
            page = self.get_json(step) if isinstance(step, str) else self.get_json(path, step)
            yield page
            step = following(page)

    def _address(self, path: str) -> str:
        address = urljoin(self.base, path)
        if _origin(address) != _origin(self.base):
            raise BadReplyError(
                f"{self.host} points to a page on another host, which is not followed; check the address it has "
                "for itself in its own settings."
            )
        return address

    def _call(self, method: str, address: str, parameters: Parameters | None, body: Any, signed: bool) -> bytes:
        """Send until there is an answer that no waiting, renewing or trying again could better."""
        tries = renewed = 0
        only_asks = method == "GET" or isinstance(body, Form)
        while True:
            self._within_deadline(0)
            try:
                reply, content = self._exchange(method, address, parameters, body, signed)
            except UnavailableError:
                tries += 1
                if not only_asks or tries >= self._limits.tries:
                    raise
                self._pause(2.0 ** (tries - 1))
                continue
            if reply.status_code == 200:
                return content
            if reply.status_code == 401 and signed and not renewed and self._auth.renew():
                renewed += 1
                continue
            asked = self._asked_to_wait(reply)
            if asked is not None:
                self._wait(asked)
                continue
            tries += 1
            error = error_of_status(self.host, reply.status_code)
            if not isinstance(error, UnavailableError) or not only_asks or tries >= self._limits.tries:
                raise error
            self._pause(2.0 ** (tries - 1))

    def _exchange(
        self, method: str, address: str, parameters: Parameters | None, body: Any, signed: bool
    ) -> tuple[requests.Response, bytes]:
        """One question and its answer, through redirects; credentials go to the source's own origin only."""
        for _ in range(self._limits.redirects + 1):
            own = _origin(address) == _origin(self.base)
            headers = self._credentials() if signed and own else {}
            reply, content = self._transfer(method, address, parameters, body, headers)
            if reply.status_code not in REDIRECTS:
                return reply, content
            following = urljoin(address, reply.headers.get("Location", ""))
            if _origin(following)[0] not in ("https", urlsplit(address).scheme):
                raise BadReplyError(f"{self.host} sends us on to an address without encryption; it is not followed.")
            if reply.status_code == 303:
                method, body = "GET", None
            if method != "GET" and _origin(following) != _origin(self.base):
                raise BadReplyError(f"{self.host} sends our question on to another host; check its address.")
            address, parameters = following, None
        raise BadReplyError(f"{self.host} sends us in a circle of redirects; check its address.")

    def _credentials(self) -> Mapping[str, str]:
        self._auth.open(self)
        return self._auth.headers()

    def _transfer(
        self, method: str, address: str, parameters: Parameters | None, body: Any, headers: Mapping[str, str]
    ) -> tuple[requests.Response, bytes]:
        try:
            with self._session.request(
                method,
                address,
                params=parameters,
                data=body if isinstance(body, Form) else None,
                json=None if isinstance(body, Form) else body,
                headers=dict(headers),
                timeout=self._settings.timeout_seconds,
                allow_redirects=False,
                stream=True,
            ) as reply:
                self._note_skew(reply)
                self.next_link = reply.links.get("next", {}).get("url")
                return reply, self._body(reply)
        except Broken as error:
            raise error_of_break(self.host, self._settings.timeout_seconds, error) from None

    def _body(self, reply: requests.Response) -> bytes:
        """The whole body, decoded; counts bytes after unpacking, so that a packed bomb is stopped too."""
        ends = time.monotonic() + self._settings.timeout_seconds * self._limits.transfer_timeouts
        parts = bytearray()
        while chunk := reply.raw.read1(65536, decode_content=True):
            parts += chunk
            if len(parts) > self._limits.reply_bytes:
                raise BadReplyError(
                    f"{self.host} sends more than {self._limits.reply_bytes} bytes; narrow what is read."
                )
            if time.monotonic() > ends:
                raise UnavailableError(f"{self.host} sends its answer too slowly.")
        return bytes(parts)

    def _json(self, content: bytes) -> Any:
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            raise error_of_content(self.host, content) from None

    def _asked_to_wait(self, reply: requests.Response) -> float | None:
        """Seconds, when the answer is a request for patience; None when it is not."""
        status, headers = reply.status_code, reply.headers
        asked = asked_wait_seconds(headers, self._context.clock())
        if status == 429:
            return max(asked if asked is not None else 30.0, 1.0)
        exhausted = status == 403 and headers.get("X-RateLimit-Remaining") == "0"
        if (exhausted or (status in (403, 503) and "Retry-After" in headers)) and asked is not None:
            return max(asked, 1.0)
        return None

    def _wait(self, seconds: float) -> None:
        budget = self._settings.wait_budget_seconds
        late = self._deadline is not None and self._context.clock() + timedelta(seconds=seconds) >= self._deadline
        if self._waited + seconds > budget or late:
            raise RateLimitedError(
                f"{self.host} limits how often it may be asked and wants {seconds:.0f} seconds more than this run has."
            )
        self._waited += seconds
        self._pause(seconds)

    def _pause(self, seconds: float) -> None:
        self._within_deadline(seconds)
        (self._context.pause or time.sleep)(seconds)

    def _within_deadline(self, seconds: float) -> None:
        if self._deadline is not None and self._context.clock() + timedelta(seconds=seconds) >= self._deadline:
            raise UnavailableError(f"The time that this run has for {self.host} is over before everything was read.")

    def _note_skew(self, reply: requests.Response) -> None:
        served = http_date(reply.headers.get("Date", ""))
        if served is not None:
            self.skew_seconds = (served - self._context.clock()).total_seconds()


def _origin(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port, by which two addresses belong to the same source."""
    parts = urlsplit(address)
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    try:
        port = parts.port
    except ValueError:
        return parts.scheme, "", None
    return parts.scheme, parts.hostname or "", port or usual
