"""Whose a certificate is, what is wrong with its chain, and which protocols a server still takes."""

from __future__ import annotations

import ssl
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from connectors.probes._round import probe_round
from firstbell.kpi import Verdict
from firstbell.records import ServiceState

UP, DEGRADED, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN, ServiceState.UNKNOWN
BEGINS = datetime(2020, 1, 1, tzinfo=UTC)
ENDS = datetime(2099, 1, 1, tzinfo=UTC)


class Issued(NamedTuple):
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def issued(
    name: str, by: Issued | None = None, *, ends: datetime = ENDS, leaf: bool = False, told: bool = True
) -> Issued:
    """A certificate signed by another, or by itself; a leaf tells where its signer's can be fetched, if `told`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = by.certificate.subject if by else subject
    made = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number(), BEGINS, ends)
    made = made.add_extension(x509.BasicConstraints(ca=not leaf, path_length=None), critical=True)
    if leaf:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    if leaf and told:
        place = x509.UniformResourceIdentifier("http://ca.example/above.crt")
        access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)
        made = made.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return Issued(made.sign(by.key if by else key, hashes.SHA256()), key)


def serving_with(folder: Path, leaf: Issued, *above: Issued) -> ssl.SSLContext:
    key = leaf.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "chain.pem"
    path.write_bytes(b"".join([key, leaf.pem, *(one.pem for one in above)]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.fixture
def root(tmp_path: Path) -> tuple[Issued, str]:
    """A root of our own, and the file by which this machine trusts it."""
    made = issued("Oakfield Root")
    path = tmp_path / "root.pem"
    path.write_bytes(made.pem)
    return made, str(path)


def looks(a_round, a_target, server, ca_bundle=None, filter_issuers=(), **settings):
    """What http and tls say of the same server."""
    targets = [
        a_target("http", url=server.address + "/fine", **settings),
        a_target("tls", host="localhost", port=server.port, **settings),
    ]
    return probe_round(targets, a_round(ca_bundle=ca_bundle, filter_issuers=filter_issuers))


def test_a_whole_chain_is_up(root, tls_web, tmp_path, a_round, a_target) -> None:
    top, bundle = root
    between = issued("Oakfield Issuing", top)
    server = tls_web(context=serving_with(tmp_path, issued("localhost", between, leaf=True), between))
    assert [one.state for one in looks(a_round, a_target, server, bundle)] == [UP, UP]


@pytest.mark.parametrize(
    ("chain", "words"),
    [
        ("alone", "shows its own certificate alone and not the one of Oakfield Issuing"),
        ("broken", "does not show the certificate of Oakfield Issuing, which signed one that it shows"),
        ("stranger", "an issuer this machine does not trust: Stranger"),
        ("ended", "a certificate above the server's own expired on 2024-06-01: Oakfield Issuing"),
    ],
)
def test_the_fault_of_a_chain_is_named(root, tls_web, tmp_path, a_round, a_target, chain, words) -> None:
    top, bundle = root
    ended = datetime(2024, 6, 1, tzinfo=UTC)
    between = issued("Oakfield Issuing", top, ends=ended if chain == "ended" else ENDS)
    stranger = issued("Stranger")
    leaf = issued("localhost", stranger if chain == "stranger" else between, leaf=True, told=chain == "alone")
    above = {"alone": (), "broken": (stranger,), "stranger": (), "ended": (between,)}[chain]
    server = tls_web(context=serving_with(tmp_path, leaf, *above))
    for seen in looks(a_round, a_target, server, bundle):
        assert (seen.state, seen.reason, seen.controls[0].state) == (DOWN, "certificate", Verdict.FAIL)
        assert words in seen.detail


@pytest.mark.parametrize("trusted", [True, False])
def test_a_certificate_that_the_web_filter_signed_says_nothing_of_the_service(
    tls_web, bundle, a_round, a_target, trusted
) -> None:
    server = tls_web("localhost", expires=datetime.now(UTC) + timedelta(days=3))
    told = looks(a_round, a_target, server, str(bundle) if trusted else None, ("oakfield FILTER",), days_left=30)
    for seen in told:
        assert (seen.state, seen.reason, seen.certificate_expires_at) == (UNKNOWN, "filtered", None)
        assert "the web filter's (oakfield FILTER)" in seen.detail
        assert (seen.controls[0].state, seen.controls[0].expires_on) == (Verdict.UNKNOWN, None)


def test_another_filter_than_the_one_named_is_none(tls_web, bundle, a_round, a_target) -> None:
    told = looks(a_round, a_target, tls_web("localhost"), str(bundle), ("Elmwood Filter",))
    assert [one.state for one in told] == [UP, UP]


@pytest.mark.parametrize(("issuer", "state"), [("Oakfield", UP), ("oakfield filter", UP), ("Elmwood", DEGRADED)])
def test_the_expected_issuer(tls_web, bundle, a_round, a_target, issuer, state) -> None:
    for seen in looks(a_round, a_target, tls_web("localhost"), str(bundle), issuer=issuer):
        assert seen.state is state
        assert seen.controls[0].state is (Verdict.OK if state is UP else Verdict.FAIL)
        assert ("not by Elmwood as expected" in seen.detail) is (state is DEGRADED)


@pytest.fixture
def old_tls(authority: trustme.CA):
    """Makes a server's side of TLS that still takes 1.0 and 1.1, or nothing newer."""

    def make(newest: ssl.TLSVersion) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(context)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = newest
        context.set_ciphers("ALL:@SECLEVEL=0")
        return context

    return make


def protocol_finding(seen):
    [found] = [one for one in seen.controls if one.framework == "tls-protocols"]
    assert (found.code, found.subject) == ("old", "portal")
    return found


@pytest.mark.parametrize(("worth", "state"), [("finding", UP), ("degraded", DEGRADED), ("unasked", UP)])
def test_a_server_that_still_takes_old_protocols(old_tls, tls_web, bundle, a_round, a_target, worth, state) -> None:
    server = tls_web(context=old_tls(ssl.TLSVersion.TLSv1_3))
    target = a_target("tls", host="localhost", port=server.port, old_protocols=worth)
    [seen] = probe_round([target], a_round(ca_bundle=str(bundle)))
    assert seen.state is state
    if worth == "unasked":
        assert [one.framework for one in seen.controls] == ["tls"]
    else:
        assert protocol_finding(seen).state is Verdict.WARN
        assert "TLS 1.0 or 1.1" in protocol_finding(seen).reason


def test_a_server_that_takes_none_is_fine_and_keeps_its_first_times(tls_web, bundle, a_round, a_target) -> None:
    target = a_target("tls", host="localhost", port=tls_web("localhost").port)
    [seen] = probe_round([target], a_round(ca_bundle=str(bundle)))
    assert (seen.state, protocol_finding(seen).state) == (UP, Verdict.OK)
    assert 0 < seen.tls_seconds <= seen.total_seconds


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_a_server_that_speaks_old_protocols_alone_is_down_and_says_why(
    old_tls, tls_web, bundle, a_round, a_target, newest
) -> None:
    for seen in looks(a_round, a_target, tls_web(context=old_tls(newest)), str(bundle)):
        assert (seen.state, seen.reason) == (DOWN, "tls")
        assert "no TLS newer than 1.1" in seen.detail


def test_a_first_handshake_stands_when_the_deadline_cuts_the_second_one(
    tls_web, authority, bundle, a_round, a_target
) -> None:
    """The server lets the second client wait; what the first one saw is told all the same."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = tls_web(context=context, lets_in=1)
    target = a_target("tls", host="localhost", port=server.port, timeout_seconds=30)
    [seen] = probe_round([target], a_round(1.0, ca_bundle=str(bundle)))
    assert (seen.state, [one.framework for one in seen.controls]) == (UP, ["tls"])


def test_no_look_goes_on_with_the_session_of_another(tls_web, bundle, a_round, a_target) -> None:
    """A session gone on with shows no certificate and would hide that a newcomer is refused."""
    server = tls_web("localhost")
    targets = [a_target("http", f"s{number}", url=server.address + "/fine") for number in range(4)]
    seen = probe_round(targets, a_round(ca_bundle=str(bundle), parallel_limit=1))
    assert [one.state for one in seen] == [UP] * 4
    assert server.resumed == 0
