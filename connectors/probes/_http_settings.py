"""What may be asked of a web address, and what its answer is held to."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, field_validator, model_validator

from connectors._base import SourceSettings
from connectors.probes._address import network_host, web_address
from connectors.probes._ip_version import IP_VERSION, IpVersion
from connectors.probes._json_path import steps
from connectors.probes._limits import LIMITS, Limits

Verbatim = Annotated[str, StringConstraints(strip_whitespace=False)]
"""Text in which blanks and line ends count."""
Scalar = str | int | float | bool | None

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})
_PROXY_SCHEMES = ("http", "socks5", "socks5h")


class HttpSettings(SourceSettings):
    url: str = Field(description="Web address to ask, with http:// or https://.")
    method: Literal["GET", "HEAD", "OPTIONS", "POST"] = Field(
        "GET", description="HTTP method. POST only to what changes nothing: it is sent at every look."
    )
    body: Verbatim = Field("", max_length=65_536, description="Text to send with POST.")
    headers: dict[str, str] = Field(
        default_factory=dict, description='Headers to send, such as {"Content-Type": "application/json"}; no secrets.'
    )
    username: str = Field("", description="Login name (HTTP Basic); dropped at a redirect to another host.")
    password: SecretStr | None = Field(None, description="A reference such as env:PORTAL_PASSWORD; never the password.")
    bearer: SecretStr | None = Field(
        None, description="A reference to a bearer token; dropped at a redirect to another host."
    )
    client_certificate: SecretStr | None = Field(
        None,
        description="A reference such as file:probe.pem to our certificate and key in PEM form; redirects stay here.",
    )
    redirects: Literal["follow", "same_host", "none"] = Field(
        "follow", description="Follow up to five redirects, only those on the same host, or judge the first answer."
    )
    proxy: str = Field(
        "", description="Look through a proxy, such as http://proxy.example:3128; otherwise none is used."
    )
    ip_version: IpVersion = Field("any", description=IP_VERSION)
    expect_status: tuple[int | str, ...] = Field(
        ("200-299",), description='Status codes that are fine: numbers or ranges such as "200-299".'
    )
    expect_headers: dict[str, str] = Field(
        default_factory=dict,
        description="Response headers that must be there, each with a regular expression found in its value.",
    )
    text_contains: tuple[str, ...] = Field((), description="Texts that the answer must contain.")
    text_lacks: tuple[str, ...] = Field((), description='Texts that the answer must not contain, such as "error".')
    text_matches: str = Field("", description="Regular expression that the answer must match somewhere.")
    json_equals: dict[str, Scalar] = Field(
        default_factory=dict, description='Values a JSON answer must hold, by path: {"checks[0].status": "pass"}.'
    )
    limits: Limits = Field(default_factory=dict, description=LIMITS)
    days_left: float = Field(0, ge=0, description="Degraded when the certificate ends within this many days.")
    issuer: str = Field("", description="Degraded when the certificate's issuer does not hold this text.")
    timeout_seconds: float | None = Field(None, gt=0, le=300, description="Time limit; the round's own when empty.")
    verify: bool = Field(True, description="Whether the certificate must be valid and from a trusted issuer.")
    max_body_bytes: int = Field(1_048_576, ge=1, le=2**30, description="Reading stops at this many bytes, unpacked.")

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        return web_address(url)

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, proxy: str) -> str:
        try:
            parts = urlsplit(proxy)
            fine = not proxy or (parts.scheme in _PROXY_SCHEMES and parts.port and parts.username is None)
        except ValueError:
            fine = False
        if not fine:
            raise ValueError("must be http://, socks5:// or socks5h:// with a host and a port, and no login")
        return f"{parts.scheme}://{parts.netloc}" if proxy and network_host(parts.hostname or "") else ""

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name) or not (value.isascii() and value.isprintable()):
                raise ValueError("has a header that cannot be sent; names and values are plain text on one line")
            if name.lower() in _SECRET_HEADERS:
                raise ValueError("has a header that carries a secret; use username and password, or bearer")
        return headers

    @field_validator("expect_status", "text_contains", "text_lacks", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: object) -> object:
        return (value,) if isinstance(value, str | int) else value

    @field_validator("expect_status")
    @classmethod
    def _ranges(cls, entries: tuple[int | str, ...]) -> tuple[int | str, ...]:
        if not entries or not all(re.fullmatch(r"[1-5]\d\d(-[1-5]\d\d)?", str(entry)) for entry in entries):
            raise ValueError('must list status codes such as 200 or ranges such as "200-299"')
        return entries

    @field_validator("text_matches")
    @classmethod
    def _expression(cls, expression: str) -> str:
        compiled(expression)
        return expression

    @field_validator("expect_headers")
    @classmethod
    def _header_expressions(cls, headers: dict[str, str]) -> dict[str, str]:
        for expression in headers.values():
            compiled(expression)
        return headers

    @field_validator("json_equals")
    @classmethod
    def _paths(cls, values: dict[str, Scalar]) -> dict[str, Scalar]:
        for path in values:
            steps(path)
        return values

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.body and self.method != "POST":
            raise ValueError("a body is sent only with method POST")
        if bool(self.username) != bool(self.password) or (self.username and self.bearer):
            raise ValueError("a login is username and password together, or bearer alone")
        if (self.password or self.bearer) and not self.url.startswith("https://"):
            raise ValueError("the login would cross the network unprotected; use an https address")
        return self

    @cached_property
    def fine(self) -> frozenset[int]:
        """The status codes that are expected."""
        edges = (str(entry).partition("-") for entry in self.expect_status)
        return frozenset(code for low, _, high in edges for code in range(int(low), int(high or low) + 1))

    @cached_property
    def reads_body(self) -> bool:
        return bool(self.text_contains or self.text_lacks or self.text_matches or self.json_equals)

    @property
    def stays_at_host(self) -> bool:
        """Whether redirects end at the host: libcurl would show a client certificate to whoever they lead to."""
        return self.redirects == "same_host" or (self.redirects == "follow" and self.client_certificate is not None)

    @cached_property
    def host(self) -> str:
        return re.sub(r":\d+$", "", self.url.split("/", 3)[2])

    @cached_property
    def profile(self) -> tuple[object, ...]:
        """All that a handle must be told besides the address; equal profiles need no telling.

        The host belongs to it where a handle must know it: what it may follow, and whom its secrets are for.
        """
        secret = self.password or self.bearer or self.client_certificate
        return (
            self.method,
            self.body,
            tuple(self.headers.items()),
            (self.username, self.password, self.bearer, self.client_certificate),
            self.redirects,
            self.host if secret or self.stays_at_host else "",
            self.proxy,
            self.ip_version,
            self.timeout_seconds,
            self.verify,
            self.max_body_bytes,
            self.reads_body,
            bool(self.expect_headers),
        )


def compiled(expression: str) -> re.Pattern[str]:
    """The expression, blind to case; re keeps what it compiled. Raises ValueError with a sentence."""
    try:
        return re.compile(expression, re.IGNORECASE)
    except (re.error, OverflowError):
        raise ValueError("is not a regular expression; check its brackets and escapes") from None
