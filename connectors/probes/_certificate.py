"""What a server's certificate says, and in plain words why it was refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pycurl
from cryptography import x509
from cryptography.x509.oid import NameOID

from connectors.probes._base import Round, Target
from firstbell.kpi import Verdict
from firstbell.records import ControlResult

# OpenSSL's X509_V_ERR_* numbers, https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
NOT_YET_VALID = 9
EXPIRED = 10
SELF_SIGNED = 18
UNTRUSTED = frozenset({2, 19, 20, 21, 27})
REVOKED = 23
HOST_MISMATCH = frozenset({0, 1, 62, 64})
"""libcurl compares the host name itself, after OpenSSL found no fault: it then leaves 0, or its initial 1."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The leaf that a server showed, trusted or not."""

    expires_at: datetime
    issuer: str


def shown_by(curl: pycurl.Curl) -> Certificate | None:
    """The leaf of the handshake this handle last made; None where there was none or it cannot be read."""
    chain = curl.getinfo(pycurl.INFO_CERTINFO)
    if not chain:
        return None
    pem = dict(chain[0]).get("Cert", "")
    try:
        leaf = x509.load_pem_x509_certificate(pem.encode())
        return Certificate(leaf.not_valid_after_utc, _printable(leaf.issuer))
    except ValueError:
        return None


def _printable(name: x509.Name) -> str:
    """The organization and common name of an issuer, short and without control characters: a stranger wrote them."""
    parts = [
        str(attribute.value)
        for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)
        for attribute in name.get_attributes_for_oid(oid)
    ]
    text = ", ".join(dict.fromkeys(parts)) or "an issuer without a name"
    return "".join(character if character.isprintable() else " " for character in text)[:80]


def refusal(verify_code: int, certificate: Certificate | None) -> str:
    """Why this machine does not accept the certificate, in one sentence."""
    if verify_code == EXPIRED:
        ended = f" on {certificate.expires_at.date()}" if certificate else ""
        return f"the certificate expired{ended}"
    if verify_code == NOT_YET_VALID:
        return "the certificate is not valid yet"
    if verify_code == SELF_SIGNED:
        return "the certificate is self-signed"
    if verify_code == REVOKED:
        return "the certificate was revoked"
    if verify_code in UNTRUSTED:
        issuer = f": {certificate.issuer}" if certificate else ""
        return f"signed by an issuer this machine does not trust{issuer}; a web filter may be in between"
    if verify_code in HOST_MISMATCH:
        return "the certificate is for another host name"
    return f"the certificate does not verify (OpenSSL code {verify_code})"


def ends_within(certificate: Certificate, days: float, now: datetime) -> bool:
    return certificate.expires_at < now + timedelta(days=days)


def control(target: Target, run: Round, certificate: Certificate | None, state: Verdict, why: str) -> ControlResult:
    """The finding about a service's certificate, as evidence that outlives the look."""
    return ControlResult(
        framework="tls",
        edition="",
        code="certificate",
        subject=target.service_key,
        state=state,
        collected_at=run.clock(),
        expires_on=certificate.expires_at.date() if certificate else None,
        reason=why,
    )
