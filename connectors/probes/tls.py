"""Shakes hands with a TLS server and checks its certificate; no request is sent.

Mail servers that begin in the clear are asked for TLS first (STARTTLS, RFC 3207; STLS, RFC 2595). A second handshake
offers TLS 1.0 and 1.1 alone, which no server should take any more (RFC 8996).

The end of the certificate is read even where it does not verify. https://curl.se/libcurl/c/CURLOPT_CERTINFO.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import pycurl
from pydantic import Field, field_validator

from connectors._base import SourceSettings
from connectors.probes import _certificate
from connectors.probes._address import network_host
from connectors.probes._base import Round, Target
from connectors.probes._failures import failure
from connectors.probes._ip_version import IP_VERSION, IpVersion
from connectors.probes._limits import LIMITS, Limits, held_to
from connectors.probes._transfer import DISCARD, IP_VERSIONS, Second, Transfer
from connectors.probes._transfers import TransferProbe
from firstbell.kpi import Verdict
from firstbell.records import ControlResult, ServiceObservation, ServiceState

TAKES_OLD = "it still takes TLS 1.0 or 1.1, which attackers can break; leave 1.2 and 1.3 on"

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
    issuer: str = Field("", description="Degraded when the certificate's issuer does not hold this text.")
    old_protocols: Literal["finding", "degraded", "unasked"] = Field(
        "finding",
        description="What a server that still takes TLS 1.0 or 1.1 is worth; unasked makes no second handshake.",
    )
    ip_version: IpVersion = Field("any", description=IP_VERSION)
    limits: Limits = Field(default_factory=dict, description=LIMITS)
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
        transfer.fits(None)
        scheme = settings.starttls or "https"
        setopt(pycurl.PROTOCOLS, PROTOCOLS[scheme])
        setopt(pycurl.USE_SSL, pycurl.USESSL_ALL if settings.starttls else pycurl.USESSL_NONE)
        setopt(pycurl.URL, f"{scheme}://{_bracketed(settings.server_name or settings.host)}:{settings.port}/")
        setopt(pycurl.CONNECT_TO, [f"::{_bracketed(settings.host)}:{settings.port}"])
        setopt(pycurl.CONNECT_ONLY, 1)
        setopt(pycurl.IPRESOLVE, IP_VERSIONS[settings.ip_version])
        setopt(pycurl.TIMEOUT_MS, max(1, int((settings.timeout_seconds or run.timeout_seconds) * 1000)))
        setopt(pycurl.WRITEFUNCTION, DISCARD)
        transfer.set_verify(True)

    def judge(self, transfer: Transfer, code: int, run: Round) -> ServiceObservation:
        settings: TlsSettings = transfer.target.settings
        if code:
            return self.seen(transfer, run, *failure(transfer, code))
        found = _certificate.checked(transfer.curl, transfer.target, run, settings.days_left, settings.issuer)
        seen = self.seen(transfer, run, found.state, found.reason, found.detail, found.certificate, found.controls)
        return held_to(settings.limits, seen)

    def goes_on(self, transfer: Transfer, code: int, run: Round) -> bool:
        settings: TlsSettings = transfer.target.settings
        if code == 0 and settings.old_protocols != "unasked":
            transfer.shake_hands_again(Second.OLD_PROTOCOLS, self.judge(transfer, code, run))
            return True
        return super().goes_on(transfer, code, run)

    def conclude(self, transfer: Transfer, code: int, run: Round) -> ServiceObservation:
        settings: TlsSettings = transfer.target.settings
        seen = super().conclude(transfer, code, run)
        if transfer.second is not Second.OLD_PROTOCOLS or settings.old_protocols == "unasked":
            return seen
        if code and seen.state is ServiceState.DOWN:
            return seen
        verdict, why = Verdict.UNKNOWN, "the server did not answer when it was offered old protocols alone"
        if code == 0:
            verdict, why = Verdict.WARN, TAKES_OLD
        elif code in (pycurl.E_SSL_CONNECT_ERROR, pycurl.E_SSL_CIPHER):
            verdict, why = Verdict.OK, ""
        seen = replace(seen, controls=(*seen.controls, _finding(transfer.target, run, verdict, why)))
        if verdict is Verdict.WARN and settings.old_protocols == "degraded" and seen.state is ServiceState.UP:
            return replace(seen, state=ServiceState.DEGRADED, reason="tls", detail=why)
        return seen


def _finding(target: Target, run: Round, verdict: Verdict, why: str) -> ControlResult:
    return ControlResult(
        framework="tls-protocols",
        edition="",
        code="old",
        subject=target.service_key,
        state=verdict,
        collected_at=run.clock(),
        reason=why,
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
