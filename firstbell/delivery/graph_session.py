"""Microsoft 365's HTTP, as sending needs it: a token for the app itself, and calls that say what surely did not happen.

Client credentials: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
Throttling: https://learn.microsoft.com/graph/throttling
Errors: https://learn.microsoft.com/graph/errors
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from ssl import SSLCertVerificationError
from typing import Any

import requests
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, SSLError

from firstbell.clock import utc_now
from firstbell.delivery.transport import DeliveryError

EARLY_SECONDS = 300
"""A token is renewed this long before its end, so that none ends on its way."""
NOT_NOW = (429, 503)
"""Throttled or overloaded: nothing was done, and Retry-After says when to come back."""

_TOKEN_FAULTS = {
    7000215: "the secret is wrong: copy the secret's value, not its id, into what mail.client_secret names",
    7000222: "the secret has expired: make a new one for the app and set it where mail.client_secret points",
    7000112: "the app is disabled in this tenant: enable it under Enterprise applications",
    700016: "there is no app of that id in the tenant: check mail.client_id and mail.tenant",
    90002: "there is no such tenant: check mail.tenant",
    900023: "there is no such tenant: check mail.tenant",
    53003: "a conditional access policy blocks the app: exempt it, or let it in from this machine",
}


class NotReachedError(DeliveryError):
    """The request surely did not arrive."""


class NoAnswerError(DeliveryError):
    """The request may have arrived; its answer did not."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Microsoft 365 said. `code` is its own name for an error, such as ErrorAccessDenied, where it gave one."""

    status: int
    code: str
    request_id: str
    content: dict[str, Any]


@dataclass(kw_only=True)
class GraphSession:
    """One batch's conversation. The secret and the token stand in no error and no representation.

    Each call has a connection of its own: on one that is kept open, a server that had just closed it could not be told
    from one that took the message and went away.
    """

    tenant: str
    client_id: str
    client_secret: str = field(repr=False)
    login_url: str
    graph_url: str
    ca_bundle: str
    timeout_seconds: float
    wait_budget_seconds: float
    pause: Callable[[float], None] = time.sleep
    elapsed: Callable[[], float] = time.monotonic
    _token: str = field(default="", init=False, repr=False)
    _renew_at: float = field(default=0.0, init=False)

    def log_in(self) -> None:
        """Fetch a token. Raises DeliveryError with what to mend."""
        form = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": f"{_origin(self.graph_url)}/.default",
            "grant_type": "client_credentials",
        }
        try:
            answer = self._exchange("POST", f"{self.login_url}/{self.tenant}/oauth2/v2.0/token", data=form)
        except NoAnswerError as error:
            raise NotReachedError(str(error)) from None  # asking for a token hands nothing over
        token, lasts = answer.content.get("access_token"), answer.content.get("expires_in")
        if answer.status != 200 or not isinstance(token, str) or not token:
            raise DeliveryError(f"Microsoft 365 gives no token: {_token_fault(answer)}.")
        self._token = token
        self._renew_at = self.elapsed() + (lasts if isinstance(lasts, int) else 3600) - EARLY_SECONDS

    def call(
        self, method: str, path: str, *, data: bytes = b"", media_type: str = "", json: dict[str, Any] | None = None
    ) -> Answer:
        """Ask Graph, waiting where it says "not now" and renewing a token that it does not take, once.

        Raises NotReachedError and NoAnswerError. Any answer is returned, also that of the last "not now".
        """
        if self.elapsed() >= self._renew_at:
            self.log_in()
        waited, renewed = 0.0, False
        while True:
            headers = {"Authorization": f"Bearer {self._token}"}
            if media_type:
                headers["Content-Type"] = media_type
            answer = self._exchange(method, f"{self.graph_url}{path}", headers=headers, data=data or None, json=json)
            wait = max(1.0, answer.content.get("retry_after", 0.0))
            if answer.status == 401 and not renewed:
                renewed = True
                self.log_in()
            elif answer.status in NOT_NOW and waited + wait <= self.wait_budget_seconds:
                waited += wait
                self.pause(wait)
            else:
                return answer

    def put_range(self, address: str, chunk: bytes, begin: int, size: int) -> Answer:
        """Upload some bytes of a file; the address came with the upload session and carries its own right."""
        about = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"bytes {begin}-{begin + len(chunk) - 1}/{size}",
        }
        return self._exchange("PUT", address, headers=about, data=chunk)

    def _exchange(
        self,
        method: str,
        address: str,
        *,
        headers: dict[str, str] | None = None,
        data: bytes | dict[str, str] | None = None,
        json: dict[str, Any] | None = None,
    ) -> Answer:
        with requests.Session() as session:
            session.trust_env = False
            try:
                reply = session.request(
                    method,
                    address,
                    headers={**(headers or {}), "Connection": "close", "User-Agent": "firstbell"},
                    data=data,
                    json=json,
                    timeout=self.timeout_seconds,
                    verify=self.ca_bundle or True,
                    allow_redirects=False,
                )
            except requests.RequestException as error:
                raise _broken(_origin(address), error) from None
            return _answer(reply)


def _answer(reply: requests.Response) -> Answer:
    try:
        content = reply.json() if reply.content else {}
    except ValueError:
        content = {}
    content = content if isinstance(content, dict) else {}
    error = content.get("error")
    code = error.get("code", "") if isinstance(error, dict) else error or ""
    if reply.status_code in NOT_NOW:
        content = {**content, "retry_after": _retry_after(reply.headers.get("Retry-After", ""))}
    return Answer(reply.status_code, _plain(code), _plain(reply.headers.get("request-id", "")), content)


def _retry_after(said: str) -> float:
    """Seconds to wait, from a number or a date; half a minute where nothing readable is said."""
    if said.isdigit():
        return float(said)
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return 30.0
    return max(0.0, (until - utc_now()).total_seconds()) if until.tzinfo else 30.0


def _plain(word: object) -> str:
    """A name as vendors write them, and nothing that could be a value of ours."""
    return word if isinstance(word, str) and re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", word) else ""


def _token_fault(answer: Answer) -> str:
    numbers = answer.content.get("error_codes")
    for number in numbers if isinstance(numbers, list) else ():
        if number in _TOKEN_FAULTS:
            return _TOKEN_FAULTS[number]
    told = f"{answer.status} {answer.code}".strip()
    return f"it answered {told}; check mail.tenant, mail.client_id and mail.client_secret"


def _broken(origin: str, error: requests.RequestException) -> DeliveryError:
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(reason, SSLError) and isinstance(reason.args[0], SSLCertVerificationError):
        return NotReachedError(f"The certificate of {origin} could not be verified: check mail.ca_bundle.")
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return NotReachedError(f"No connection to {origin}: check this machine's way to the internet.")
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return NotReachedError(f"{origin} is no web address: check mail.graph_url and mail.login_url.")
    return NoAnswerError(f"{origin} went away before it answered ({type(error).__name__}).")


def _origin(address: str) -> str:
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
