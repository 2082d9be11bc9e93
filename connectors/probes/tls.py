"""Shakes hands with a TLS server and checks its certificate; no request is sent.

Mail servers that begin in the clear are asked for TLS first (STARTTLS, RFC 3207; STLS, RFC 2595).

The end of the certificate is read even where it does not verify. https://curl.se/libcurl/c/CURLOPT_CERTINFO.html
"""

from __future__ import annotations

from typing import ClassVar, Literal

import pycurl
from pydantic import Field, field_validator

from connectors._base import SourceSettings
from connectors.probes._address import network_host
from connectors.probes._base import Round, Target
from connectors.probes._failures import failure
from connectors.probes._transfers import DISCARD, Transfer, TransferProbe
from firstbell.records import ServiceObservation, ServiceState

PROTOCOLS = {
    "https": pycurl.PROTO_HTTPS,
    "smtp": pycurl.PROTO_SMTP,
    "imap": pycurl.PROTO_IMAP,
    "pop3": pycurl.PROTO_POP3,
}
"""What libcurl may speak for each scheme."""


class TlsSettings(SourceSettings):
    host: str = Field(description="Host name or address to connect to.")
    port: int = Field(443, ge=1, le=65535, description="Port that speaks TLS from the first byte, or after starttls.")
    starttls: Literal["", "smtp", "imap", "pop3"] = Field(
        "", description="Mail protocol in which TLS is asked for first, as on ports 587, 143 and 110."
    )
    server_name: str = Field("", description="Name the certificate must bear; the host when empty.")
    days_left: float = Field(0, ge=0, description="Degraded when the certificate ends within this many days.")
    timeout_seconds: float | None = Field(None, gt=0, le=300, description="Time limit; the round's own when empty.")

    @field_validator("host", "server_name")
    @classmethod
    def _name(cls, name: str) -> str:
        return network_host(name) if name else name


class Tls(TransferProbe):
    title = "TLS certificate"
    docs_url = "https://curl.se/libcurl/c/CURLOPT_CERTINFO.html"
    Settings: ClassVar[type[SourceSettings]] = TlsSettings

    def host(self, target: Target) -> str:
        settings: TlsSettings = target.settings
        return settings.host

    def prepare(self, transfer: Transfer, target: Target, run: Round) -> None:
        settings: TlsSettings = target.settings
        setopt = transfer.curl.setopt
        scheme = settings.starttls or "https"
        setopt(pycurl.PROTOCOLS, PROTOCOLS[scheme])
        setopt(pycurl.USE_SSL, pycurl.USESSL_ALL if settings.starttls else pycurl.USESSL_NONE)
        setopt(pycurl.URL, f"{scheme}://{_bracketed(settings.server_name or settings.host)}:{settings.port}/")
        setopt(pycurl.CONNECT_TO, [f"::{_bracketed(settings.host)}:{settings.port}"])
        setopt(pycurl.CONNECT_ONLY, 1)
        setopt(pycurl.TIMEOUT_MS, max(1, int((settings.timeout_seconds or run.timeout_seconds) * 1000)))
        setopt(pycurl.WRITEFUNCTION, DISCARD)
        transfer.set_verify(True)

    def judge(self, transfer: Transfer, code: int, run: Round) -> ServiceObservation:
        settings: TlsSettings = transfer.target.settings
        if transfer.refused is not None:
            return self.certificate_refused(transfer, run)
        if code:
            return self.seen(transfer, run, *failure(transfer, code))
        certificate, controls, ending = self.certificate_checked(transfer, run, settings.days_left)
        if ending:
            return self.seen(transfer, run, ServiceState.DEGRADED, "certificate", ending, certificate, controls)
        return self.seen(transfer, run, ServiceState.UP, "", "", certificate, controls)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
