"""What a server's certificates say, and in plain words what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import pycurl
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from connectors.probes._base import Round, Target
from firstbell.kpi import Verdict
from firstbell.records import ControlResult, ServiceState

# OpenSSL's X509_V_ERR_* numbers, https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
NOT_YET_VALID = 9
EXPIRED = 10
SELF_SIGNED = 18
UNTRUSTED = frozenset({2, 19, 20, 21, 27})
HOST_MISMATCH = frozenset({0, 1, 62, 64})
"""libcurl compares the host name itself, after OpenSSL found no fault: it then leaves 0, or its initial 1."""
_PLAIN = {
    NOT_YET_VALID: "the certificate is not valid yet",
    SELF_SIGNED: "the certificate is self-signed",
    22: "the chain of certificates is longer than allowed",
    23: "the certificate was revoked",
    26: "the certificate is not made for a server",
    66: "the certificate's key is too short",
    67: "a key in the chain of certificates is too short",
    68: "a certificate in the chain is signed in a way that is too weak",
    79: "a certificate in the chain is not allowed to sign others",
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """One that a server showed, trusted or not. `names_signer` says that it tells where its signer's can be fetched."""

    expires_at: datetime
    subject: str
    issuer: str
    follows: bool
    """False where the next one shown is not by its issuer."""
    names_signer: bool


class Checked(NamedTuple):
    """What an accepted certificate comes to. `state` is UP where there is nothing to say."""

    certificate: Certificate | None = None
    controls: tuple[ControlResult, ...] = ()
    state: ServiceState = ServiceState.UP
    reason: str = ""
    detail: str = ""


def chain_shown_by(curl: pycurl.Curl) -> tuple[Certificate, ...]:
    """The certificates of the handshake this handle last made, the server's own first; empty where none can be read."""
    return _read(curl.getinfo(pycurl.INFO_CERTINFO))


def leaf_shown_by(curl: pycurl.Curl) -> Certificate | None:
    """The server's own certificate alone, which costs less to read than the chain."""
    return next(iter(_read(curl.getinfo(pycurl.INFO_CERTINFO)[:1])), None)


def _read(shown: Iterable[Iterable[tuple[str, str]]]) -> tuple[Certificate, ...]:
    try:
        parsed = [x509.load_pem_x509_certificate(dict(one).get("Cert", "").encode()) for one in shown]
        following = [one.issuer == signer.subject for one, signer in pairwise(parsed)]
        return tuple(
            Certificate(
                one.not_valid_after_utc, _printable(one.subject), _printable(one.issuer), so, _names_signer(one)
            )
            for one, so in zip(parsed, [*following, True], strict=True)
        )
    except ValueError:
        return ()


def _names_signer(certificate: x509.Certificate) -> bool:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension):
        return False
    return any(one.access_method == AuthorityInformationAccessOID.CA_ISSUERS for one in access)


def _printable(name: x509.Name) -> str:
    """The organization and common name, short and without control characters: a stranger wrote them."""
    parts = [
        str(attribute.value)
        for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)
        for attribute in name.get_attributes_for_oid(oid)
    ]
    text = ", ".join(dict.fromkeys(parts)) or "an issuer without a name"
    return "".join(character if character.isprintable() else " " for character in text)[:80]


def refusal(verify_code: int, chain: Sequence[Certificate], now: datetime) -> str:
    """Why this machine does not accept the certificate, in one sentence; `chain` is empty where it was not read."""
    if verify_code == EXPIRED:
        return _expired(chain, now)
    if verify_code in UNTRUSTED:
        return _untrusted(chain)
    if verify_code in HOST_MISMATCH:
        return "the certificate is for another host name"
    return _PLAIN.get(verify_code, f"the certificate does not verify (OpenSSL code {verify_code})")


def _expired(chain: Sequence[Certificate], now: datetime) -> str:
    above = [one for one in chain[1:] if one.expires_at <= now]
    if above and chain[0].expires_at > now:
        return f"a certificate above the server's own expired on {above[0].expires_at.date()}: {above[0].subject}"
    ended = f" on {chain[0].expires_at.date()}" if chain else ""
    return f"the certificate expired{ended}"


def _untrusted(chain: Sequence[Certificate]) -> str:
    broken = next((one for one in chain if not one.follows), None)
    if broken:
        return f"the server does not show the certificate of {broken.issuer}, which signed one that it shows"
    if len(chain) == 1 and chain[0].names_signer:
        return (
            f"the server shows its own certificate alone and not the one of {chain[0].issuer} between it and the root"
        )
    issuer = f": {chain[-1].issuer}" if chain else ""
    return f"signed by an issuer this machine does not trust{issuer}; a web filter may be in between"


def filtered(chain: Sequence[Certificate], filter_issuers: Sequence[str]) -> str:
    """A sentence where the web filter signed the certificate, so that the server itself was not seen; else empty."""
    for name in filter_issuers:
        if any(name.casefold() in one.issuer.casefold() for one in chain):
            return f"the certificate shown is the web filter's ({name}), so nothing is said of the service behind it"
    return ""


def checked(curl: pycurl.Curl, target: Target, run: Round, days_left: float, issuer: str) -> Checked:
    """What the accepted certificate comes to: whose it is, by whom, and whether it ends within `days_left` days."""
    chain = chain_shown_by(curl) if run.filter_issuers else ()
    leaf = chain[0] if chain else leaf_shown_by(curl)
    if leaf is None:
        return Checked()
    why = filtered(chain, run.filter_issuers)
    if why:
        unread = control(target, run, None, Verdict.UNKNOWN, why)
        return Checked(None, (unread,), ServiceState.UNKNOWN, "filtered", why)
    verdict, why = _judged(leaf, days_left, issuer, run.clock())
    finding = (control(target, run, leaf, verdict, why),)
    if verdict is Verdict.OK:
        return Checked(leaf, finding)
    return Checked(leaf, finding, ServiceState.DEGRADED, "certificate", why)


def _judged(leaf: Certificate, days_left: float, issuer: str, now: datetime) -> tuple[Verdict, str]:
    if leaf.expires_at <= now:
        return Verdict.FAIL, f"the certificate expired on {leaf.expires_at.date()}"
    if issuer.casefold() not in leaf.issuer.casefold():
        return Verdict.FAIL, f"the certificate is signed by {leaf.issuer}, not by {issuer} as expected"
    if leaf.expires_at < now + timedelta(days=days_left):
        return Verdict.WARN, f"the certificate ends on {leaf.expires_at.date()}"
    return Verdict.OK, ""


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
