"""How a connector proves who it is over HTTP: nothing, a fixed login, or a token that is fetched and renewed."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from connectors._http import Http


class Auth:
    """No credentials at all, and the base of all that carry some. Its headers go to the source's own host only."""

    def open(self, http: Http) -> None:
        """Make sure that there are credentials; called before each call, fetches at most once."""

    def headers(self) -> Mapping[str, str]:
        """What to send along with each call."""
        return {}

    def renew(self) -> bool:
        """Forget what the source refused with a 401; True when the call is worth a second try."""
        return False

    def close(self, http: Http) -> None:
        """Give back what was opened on the source."""


class BasicAuth(Auth):
    """User name and password with each call (RFC 7617, in UTF-8)."""

    def __init__(self, user: str, password: SecretStr) -> None:
        self._pair = f"{user}:{password.get_secret_value()}".encode()

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(self._pair).decode()}


class HeaderAuth(Auth):
    """A fixed key in a header, such as Authorization: Bearer KEY."""

    def __init__(self, header: str, value: SecretStr, prefix: str = "") -> None:
        self._header = header
        self._value = prefix + value.get_secret_value()

    def headers(self) -> Mapping[str, str]:
        return {self._header: self._value}


class TokenAuth(Auth):
    """A token that `obtain` gets from the source before the first call, once more after a 401.

    `release` closes what `obtain` opened, for sources that count open sessions. Both make their calls through
    `Http.post_json` or `Http.get_json` with `signed=False`.
    """

    def __init__(
        self,
        obtain: Callable[[Http], str],
        *,
        header: str = "Authorization",
        prefix: str = "Bearer ",
        release: Callable[[Http, str], None] | None = None,
    ) -> None:
        self._obtain = obtain
        self._release = release
        self._header = header
        self._prefix = prefix
        self._token: str | None = None
        self._renewed = False

    def open(self, http: Http) -> None:
        if self._token is None:
            self._token = self._obtain(http)

    def headers(self) -> Mapping[str, str]:
        return {self._header: f"{self._prefix}{self._token}"}

    def renew(self) -> bool:
        if self._renewed:
            return False
        self._renewed, self._token = True, None
        return True

    def close(self, http: Http) -> None:
        if self._token is not None and self._release is not None:
            self._release(http, self._token)
        self._token = None
