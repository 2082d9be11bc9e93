"""What the tls probe says of certificates, good and bad."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.probes._round import probe_round
from firstbell.kpi import Verdict
from firstbell.records import ServiceState

MAIL = {"starttls": "smtp", "server_name": "localhost"}


def look(a_round, a_target, port, bundle=None, **settings):
    target = a_target("tls", **({"host": "localhost", "port": port} | settings))
    [seen] = probe_round([target], a_round(ca_bundle=str(bundle) if bundle else None))
    control = seen.controls[0]
    assert (control.framework, control.code, control.subject) == ("tls", "certificate", "portal")
    assert control.expires_on == seen.certificate_expires_at.date()
    return seen, control


def test_a_good_certificate(tls_web, bundle, a_round, a_target) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=90)
    seen, control = look(a_round, a_target, tls_web("localhost", expires=ends).port, bundle, days_left=30)
    assert (seen.state, seen.certificate_expires_at, control.state) == (ServiceState.UP, ends, Verdict.OK)
    assert seen.connect_seconds < seen.tls_seconds
    assert seen.first_byte_seconds is None


def test_the_server_name_may_differ_from_the_host(tls_web, bundle, a_round, a_target) -> None:
    port = tls_web("mail.example.org").port
    good, _ = look(a_round, a_target, port, bundle, host="127.0.0.1", server_name="mail.example.org")
    bad, _ = look(a_round, a_target, port, bundle, host="127.0.0.1")
    assert (good.state, bad.state) == (ServiceState.UP, ServiceState.DOWN)


@pytest.mark.parametrize(
    ("name", "expires", "trusted", "words"),
    [
        ("localhost", datetime(2024, 6, 1, tzinfo=UTC), True, "expired on 2024-06-01"),
        ("elsewhere.example", None, True, "another host name"),
        ("localhost", None, False, "issuer this machine does not trust: Oakfield Filter"),
    ],
)
def test_a_refused_certificate_says_why(tls_web, bundle, a_round, a_target, name, expires, trusted, words) -> None:
    seen, control = look(a_round, a_target, tls_web(name, expires=expires).port, bundle if trusted else None)
    assert (seen.state, seen.reason, control.state) == (ServiceState.DOWN, "certificate", Verdict.FAIL)
    assert words in seen.detail
    assert control.reason == seen.detail
    if expires:
        assert seen.certificate_expires_at == expires


def test_a_self_signed_certificate(tls_web, tmp_path, a_round, a_target) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    begins, ends = datetime(2025, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begins, ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    path = tmp_path / "self.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    seen, _ = look(a_round, a_target, tls_web(context=context).port)
    assert (seen.state, seen.detail) == (ServiceState.DOWN, "the certificate is self-signed")
    assert seen.certificate_expires_at == ends


def test_a_server_without_tls_has_no_finding(web, closed_port, a_round, a_target) -> None:
    targets = [a_target("tls", host="localhost", port=port) for port in (web.port, closed_port)]
    plain, closed = probe_round(targets, a_round())
    assert (plain.state, plain.reason, plain.controls) == (ServiceState.DOWN, "tls", ())
    assert (closed.state, closed.reason, closed.controls) == (ServiceState.DOWN, "refused", ())


def test_a_mail_servers_certificate_after_starttls(mail_server, bundle, a_round, a_target) -> None:
    seen, control = look(a_round, a_target, mail_server(), bundle, host="127.0.0.1", **MAIL)
    assert (seen.state, seen.detail, control.state) == (ServiceState.UP, "", Verdict.OK)


def test_a_mail_servers_wrong_certificate(mail_server, bundle, a_round, a_target) -> None:
    seen, control = look(a_round, a_target, mail_server("elsewhere.example"), bundle, host="127.0.0.1", **MAIL)
    assert (seen.state, seen.reason, control.state) == (ServiceState.DOWN, "certificate", Verdict.FAIL)
    assert "another host name" in seen.detail


def test_a_mail_server_that_offers_no_tls_is_down(mail_server, a_round, a_target) -> None:
    target = a_target("tls", host="127.0.0.1", port=mail_server(offered=False), **MAIL)
    [seen] = probe_round([target], a_round())
    assert (seen.state, seen.reason, seen.controls) == (ServiceState.DOWN, "tls", ())
    assert "does not offer" in seen.detail
