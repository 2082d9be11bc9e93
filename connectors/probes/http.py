"""Asks a web address as a browser does, and checks status, headers, text, JSON, times and certificate.

One new connection per look, at most `max_body_bytes` read, no proxy and no login but those set here. All looks of a
round share one thread. A login goes to the host it is meant for and to no other, wherever a redirect leads.
https://curl.se/libcurl/c/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar
from urllib.parse import urlsplit

import pycurl

from connectors._base import SourceSettings
from connectors.probes import _certificate
from connectors.probes._base import Round, Target
from connectors.probes._certificate import Checked
from connectors.probes._failures import failure
from connectors.probes._http_answer import Finding, wrong_before_the_body, wrong_in_the_body
from connectors.probes._http_settings import HttpSettings
from connectors.probes._limits import held_to
from connectors.probes._transfer import DISCARD, IP_VERSIONS, Transfer
from connectors.probes._transfers import TransferProbe
from firstbell.records import ServiceObservation, ServiceState

_BEARER = 1 << 6
"""CURLAUTH_BEARER, which pycurl does not name."""


class Http(TransferProbe):
    title = "Web address"
    docs_url = "https://curl.se/libcurl/c/"
    Settings: ClassVar[type[SourceSettings]] = HttpSettings

    def host(self, target: Target) -> str:
        settings: HttpSettings = target.settings
        return settings.host

    def prepare(self, transfer: Transfer, target: Target, run: Round) -> None:
        settings: HttpSettings = target.settings
        known = transfer.fits(settings.profile)
        setopt = transfer.curl.setopt
        setopt(pycurl.URL, settings.url)
        if known:
            return
        _set_question(transfer, settings)
        _set_secrets(transfer, settings)
        if settings.redirects != "none":
            setopt(pycurl.FOLLOWLOCATION, 1)
        if settings.proxy:
            setopt(pycurl.PROXY, settings.proxy)
        setopt(pycurl.IPRESOLVE, IP_VERSIONS[settings.ip_version])
        setopt(pycurl.TIMEOUT_MS, max(1, int((settings.timeout_seconds or run.timeout_seconds) * 1000)))
        setopt(pycurl.MAXFILESIZE_LARGE, settings.max_body_bytes)
        if settings.reads_body:
            # All that libcurl can unpack: some servers pack whether or not they were asked to.
            setopt(pycurl.ACCEPT_ENCODING, "")
            transfer.take_at_most(settings.max_body_bytes)
        else:
            setopt(pycurl.WRITEFUNCTION, DISCARD)
        if settings.stays_at_host:
            setopt(pycurl.HEADERFUNCTION, _staying_at(settings.host, transfer))
        elif settings.expect_headers:
            setopt(pycurl.HEADERFUNCTION, transfer.headers.append)
        transfer.set_verify(settings.verify)

    def judge(self, transfer: Transfer, code: int, run: Round) -> ServiceObservation:
        settings: HttpSettings = transfer.target.settings
        cut = code == pycurl.E_FILESIZE_EXCEEDED or transfer.stopped == "too_large"
        if transfer.stopped == "redirects":
            return self.seen(transfer, run, ServiceState.DOWN, "redirects", "it redirects to another host")
        if code and not cut:
            return self.seen(transfer, run, *failure(transfer, code, bool(settings.proxy)))
        checked = Checked()
        if transfer.curl.getinfo(pycurl.EFFECTIVE_URL).startswith("https"):
            checked = _certificate.checked(transfer.curl, transfer.target, run, settings.days_left, settings.issuer)
        wrong, state = _answer(transfer, settings, cut)
        if wrong is None or checked.state is ServiceState.UNKNOWN:
            state, wrong = checked.state, (checked.reason, checked.detail)
        seen = self.seen(transfer, run, state, *wrong, checked.certificate, checked.controls)
        return held_to(settings.limits, seen)


def _answer(transfer: Transfer, settings: HttpSettings, cut: bool) -> tuple[Finding, ServiceState]:
    """What is wrong with the answer, and how bad that is."""
    wrong = wrong_before_the_body(transfer, settings)
    if wrong is None and cut:
        state = ServiceState.DOWN if settings.reads_body else ServiceState.DEGRADED
        return ("too_large", f"the answer did not end within {settings.max_body_bytes} bytes"), state
    if wrong is None and settings.reads_body:
        wrong = wrong_in_the_body(transfer, settings)
    return wrong, ServiceState.DOWN


def _set_question(transfer: Transfer, settings: HttpSettings) -> None:
    setopt = transfer.curl.setopt
    if settings.method == "HEAD":
        setopt(pycurl.NOBODY, 1)
    elif settings.method == "OPTIONS":
        setopt(pycurl.CUSTOMREQUEST, "OPTIONS")
    elif settings.method == "POST":
        setopt(pycurl.POST, 1)
        setopt(pycurl.POSTFIELDS, settings.body.encode())
    if settings.headers:
        setopt(
            pycurl.HTTPHEADER, [f"{name}: {value}" if value else f"{name};" for name, value in settings.headers.items()]
        )


def _set_secrets(transfer: Transfer, settings: HttpSettings) -> None:
    """Logins by libcurl's own options: what goes with them to another host, port or scheme is nothing."""
    setopt = transfer.curl.setopt
    if settings.password:
        setopt(pycurl.HTTPAUTH, pycurl.HTTPAUTH_BASIC)
        setopt(pycurl.USERNAME, settings.username)
        setopt(pycurl.PASSWORD, settings.password.get_secret_value())
    if settings.bearer:
        setopt(pycurl.HTTPAUTH, _BEARER)
        setopt(pycurl.XOAUTH2_BEARER, settings.bearer.get_secret_value())
    if settings.client_certificate:
        pem = settings.client_certificate.get_secret_value().encode()
        setopt(pycurl.SSLCERT_BLOB, pem)
        setopt(pycurl.SSLKEY_BLOB, pem)


def _staying_at(host: str, transfer: Transfer) -> Callable[[bytes], int | None]:
    """Takes header lines, and breaks the transfer off at a redirect that leads to another host."""

    def take(line: bytes) -> int | None:
        transfer.headers.append(line)
        name, _, value = line.decode("latin-1").partition(":")
        if name.strip().lower() == "location" and _redirects(transfer.headers):
            try:
                elsewhere = (urlsplit(value.strip()).hostname or host).lower() != host.strip("[]")
            except ValueError:
                elsewhere = True
            if elsewhere:
                transfer.stopped = "redirects"
                return -1
        return None

    return take


def _redirects(lines: list[bytes]) -> bool:
    """Whether the newest status line among the header lines announces a redirect."""
    newest = next((line for line in reversed(lines) if line.startswith(b"HTTP/")), b"")
    return newest.partition(b" ")[2].startswith(b"3")
