"""Asks a web address as a browser does, and checks status, headers, text, JSON and certificate.

One new connection per look, no proxy, no stored credentials, at most `max_body_bytes` read. All looks of a round share
one thread. https://curl.se/libcurl/c/
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import ClassVar, Literal

import pycurl
from pydantic import Field, field_validator

from connectors._base import SourceSettings
from connectors.probes._address import web_address
from connectors.probes._base import Round, Target
from connectors.probes._certificate import Certificate
from connectors.probes._failures import failure
from connectors.probes._json_path import steps, value_at
from connectors.probes._transfers import DISCARD, Transfer, TransferProbe
from firstbell.records import ControlResult, ServiceObservation, ServiceState

_CHARSET = re.compile(r"charset=\"?([\w.:-]+)", re.IGNORECASE)
Scalar = str | int | float | bool | None
Finding = tuple[str, str] | None
"""Reason code and sentence of what was wrong; None when all was as expected."""


class HttpSettings(SourceSettings):
    url: str = Field(description="Web address to ask, with http:// or https://.")
    method: Literal["GET", "HEAD", "OPTIONS"] = Field("GET", description="HTTP method; none of them changes anything.")
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
    days_left: float = Field(0, ge=0, description="Degraded when the certificate ends within this many days.")
    follow_redirects: bool = Field(True, description="Follow up to five redirects and judge the last answer.")
    timeout_seconds: float | None = Field(None, gt=0, le=300, description="Time limit; the round's own when empty.")
    verify: bool = Field(True, description="Whether the certificate must be valid and from a trusted issuer.")
    max_body_bytes: int = Field(1_048_576, ge=1, le=2**30, description="Reading stops at this many bytes.")

    @field_validator("url")
    @classmethod
    def _address(cls, url: str) -> str:
        return web_address(url)

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
        _compiled(expression)
        return expression

    @field_validator("expect_headers")
    @classmethod
    def _header_expressions(cls, headers: dict[str, str]) -> dict[str, str]:
        for expression in headers.values():
            _compiled(expression)
        return headers

    @field_validator("json_equals")
    @classmethod
    def _paths(cls, values: dict[str, Scalar]) -> dict[str, Scalar]:
        for path in values:
            steps(path)
        return values

    @cached_property
    def fine(self) -> frozenset[int]:
        """The status codes that are expected."""
        edges = (str(entry).partition("-") for entry in self.expect_status)
        return frozenset(code for low, _, high in edges for code in range(int(low), int(high or low) + 1))

    @cached_property
    def reads_body(self) -> bool:
        return bool(self.text_contains or self.text_lacks or self.text_matches or self.json_equals)

    @cached_property
    def host(self) -> str:
        return re.sub(r":\d+$", "", self.url.split("/", 3)[2])

    @cached_property
    def profile(self) -> tuple[object, ...]:
        """All that a handle must be told besides the address; equal profiles need no telling."""
        return (
            self.method,
            self.follow_redirects,
            self.timeout_seconds,
            self.verify,
            self.max_body_bytes,
            self.reads_body,
            bool(self.expect_headers),
        )


def _compiled(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression, re.IGNORECASE)
    except (re.error, OverflowError):
        raise ValueError("is not a regular expression; check its brackets and escapes") from None


class Http(TransferProbe):
    title = "Web address"
    docs_url = "https://curl.se/libcurl/c/"
    Settings: ClassVar[type[SourceSettings]] = HttpSettings

    def host(self, target: Target) -> str:
        settings: HttpSettings = target.settings
        return settings.host

    def prepare(self, transfer: Transfer, target: Target, run: Round) -> None:
        settings: HttpSettings = target.settings
        transfer.curl.setopt(pycurl.URL, settings.url)
        if transfer.profile == settings.profile:
            return
        transfer.profile = settings.profile
        setopt = transfer.curl.setopt
        setopt(pycurl.HTTPGET, 1)
        setopt(pycurl.NOBODY, int(settings.method == "HEAD"))
        if settings.method == "OPTIONS":
            setopt(pycurl.CUSTOMREQUEST, "OPTIONS")
        else:
            transfer.curl.unsetopt(pycurl.CUSTOMREQUEST)
        setopt(pycurl.FOLLOWLOCATION, int(settings.follow_redirects))
        setopt(pycurl.TIMEOUT_MS, max(1, int((settings.timeout_seconds or run.timeout_seconds) * 1000)))
        setopt(pycurl.MAXFILESIZE_LARGE, settings.max_body_bytes)
        setopt(pycurl.WRITEFUNCTION, transfer.body.extend if settings.reads_body else DISCARD)
        if settings.expect_headers:
            setopt(pycurl.HEADERFUNCTION, transfer.headers.append)
        else:
            transfer.curl.unsetopt(pycurl.HEADERFUNCTION)
        transfer.set_verify(settings.verify)

    def judge(self, transfer: Transfer, code: int, run: Round) -> ServiceObservation:
        settings: HttpSettings = transfer.target.settings
        if transfer.refused is not None:
            return self.certificate_refused(transfer, run)
        if code not in (0, pycurl.E_FILESIZE_EXCEEDED):
            return self.seen(transfer, run, *failure(transfer, code))
        certificate: Certificate | None = None
        controls: tuple[ControlResult, ...] = ()
        ending = ""
        if transfer.curl.getinfo(pycurl.EFFECTIVE_URL).startswith("https"):
            certificate, controls, ending = self.certificate_checked(transfer, run, settings.days_left)
        wrong = _status(transfer, settings) or _headers(transfer, settings)
        state, cut = ServiceState.DOWN, f"the answer did not end within {settings.max_body_bytes} bytes"
        if wrong is None and code == pycurl.E_FILESIZE_EXCEEDED:
            wrong = "too_large", cut
            state = ServiceState.DOWN if settings.reads_body else ServiceState.DEGRADED
        elif wrong is None and settings.reads_body:
            wrong = _content(transfer, settings)
        if wrong is None and ending:
            state, wrong = ServiceState.DEGRADED, ("certificate", ending)
        if wrong is None:
            return self.seen(transfer, run, ServiceState.UP, "", "", certificate, controls)
        return self.seen(transfer, run, state, *wrong, certificate, controls)


def _status(transfer: Transfer, settings: HttpSettings) -> Finding:
    status = transfer.curl.getinfo(pycurl.RESPONSE_CODE)
    if status in settings.fine:
        return None
    expected = ", ".join(str(entry) for entry in settings.expect_status)
    return "status", f"answered with status {status} instead of {expected}"


def _headers(transfer: Transfer, settings: HttpSettings) -> Finding:
    if not settings.expect_headers:
        return None
    values: dict[str, list[str]] = {}
    for line in transfer.headers:
        if line.startswith(b"HTTP/"):
            values.clear()  # the lines before belong to a redirect
        name, colon, value = line.decode("latin-1").partition(":")
        if colon:
            values.setdefault(name.strip().lower(), []).append(value.strip())
    for name, expression in settings.expect_headers.items():
        if name.lower() not in values:
            return "header", f"the header {name} is missing"
        if not any(_compiled(expression).search(value) for value in values[name.lower()]):
            return "header", f"the header {name} does not say what was expected"
    return None


def _content(transfer: Transfer, settings: HttpSettings) -> Finding:
    text = _text(transfer)
    if any(wanted not in text for wanted in settings.text_contains):
        return "body", "an expected text is not in the answer"
    if any(unwanted in text for unwanted in settings.text_lacks):
        return "body", "a text that must not be there is in the answer"
    if settings.text_matches and not _compiled(settings.text_matches).search(text):
        return "body", "the answer does not match the expected pattern"
    return _values(text, settings) if settings.json_equals else None


def _text(transfer: Transfer) -> str:
    declared = _CHARSET.search(transfer.curl.getinfo(pycurl.CONTENT_TYPE) or "")
    try:
        return transfer.body.decode(declared[1] if declared else "utf-8-sig", errors="replace")
    except LookupError:
        return transfer.body.decode("utf-8-sig", errors="replace")


def _values(text: str, settings: HttpSettings) -> Finding:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return "json", "the answer is not JSON"
    for path, wanted in settings.json_equals.items():
        try:
            found = value_at(document, path)
        except LookupError:
            return "json", f"the answer has nothing at {path}"
        # 1 == True in Python, not in JSON.
        if isinstance(found, bool) != isinstance(wanted, bool) or found != wanted:
            return "json", f"the answer's {path} is not what was expected"
    return None
