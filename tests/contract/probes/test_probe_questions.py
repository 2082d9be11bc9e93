"""What the http probe sends, to whom, which way, and where a redirect may lead it."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from connectors.probes import get
from connectors.probes._round import probe_round
from firstbell.records import ServiceState

UP, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN


def look(a_round, a_target, url, bundle=None, **settings):
    run = a_round(ca_bundle=str(bundle) if bundle else None)
    [seen] = probe_round([a_target("http", url=url, **settings)], run)
    return seen


def test_a_body_goes_with_post_and_its_headers(web, a_round, a_target) -> None:
    headers = {"Content-Type": "application/json", "X-Blank": ""}
    seen = look(a_round, a_target, web.address + "/fine", method="POST", body='{"a": "ü "}', headers=headers)
    [(method, _, sent, body)] = web.asked
    assert (seen.state, method, body) == (UP, "POST", '{"a": "ü "}'.encode())
    assert (sent["content-type"], sent["x-blank"]) == ("application/json", "")


@pytest.mark.parametrize("seed", range(6))
def test_a_handle_used_again_sends_nothing_of_the_look_before(tls_web, bundle, a_round, a_target, seed) -> None:
    server = tls_web("localhost")
    login = {"username": "probe", "password": "guess", "headers": {"X-One": "1"}}
    targets = [
        a_target("http", "first", url=server.address + "/fine", method="POST", body="b", **login),
        a_target("http", "second", url=server.address + "/fine"),
        a_target("http", "third", url=server.address + "/fine", bearer="token"),
    ]
    seen = probe_round(targets, a_round(ca_bundle=str(bundle), parallel_limit=1, seed=seed))
    assert [one.state for one in seen] == [UP] * 3
    told = sorted((method, sent.get("authorization", ""), sent.get("x-one")) for method, _, sent, _ in server.asked)
    assert told == [("GET", "", None), ("GET", "Bearer token", None), ("POST", "Basic cHJvYmU6Z3Vlc3M=", "1")]


@pytest.mark.parametrize("login", [{"username": "probe", "password": "guess"}, {"bearer": "guess"}])
def test_a_redirect_to_another_host_takes_no_login_along(tls_web, bundle, a_round, a_target, login) -> None:
    first, other = tls_web("localhost"), tls_web("localhost", "127.0.0.1")
    for place in (other.address, other.address.replace("localhost", "127.0.0.1")):
        seen = look(a_round, a_target, f"{first.address}/goto?{place}/fine", bundle, **login)
        assert seen.state is UP
    assert all("authorization" in sent for _, _, sent, _ in first.asked)
    assert len(other.asked) == 2
    assert not any("authorization" in sent for _, _, sent, _ in other.asked)


def test_a_redirect_on_the_same_host_keeps_the_login(tls_web, bundle, a_round, a_target) -> None:
    server = tls_web("localhost")
    seen = look(a_round, a_target, server.address + "/to/fine", bundle, bearer="token")
    assert (seen.state, [sent["authorization"] for _, _, sent, _ in server.asked]) == (UP, ["Bearer token"] * 2)


@pytest.mark.parametrize(
    ("policy", "place", "state", "reason"),
    [
        ("same_host", "/fine", UP, ""),
        ("same_host", "{here}/fine", UP, ""),
        ("same_host", "http://127.0.0.1:{port}/fine", DOWN, "redirects"),
        ("same_host", "//127.0.0.1:{port}/fine", DOWN, "redirects"),
        ("same_host", "http://[broken/", DOWN, "redirects"),
        ("follow", "http://127.0.0.1:{port}/fine", UP, ""),
        ("none", "/fine", DOWN, "status"),
    ],
)
def test_redirects_go_as_far_as_they_may(web, a_round, a_target, policy, place, state, reason) -> None:
    place = place.format(here=web.address, port=web.port)
    seen = look(a_round, a_target, f"{web.address}/goto?{place}", redirects=policy)
    assert (seen.state, seen.reason) == (state, reason)
    assert len(web.asked) == (2 if state is UP else 1)


def test_a_place_named_without_a_redirect_is_no_redirect(web, a_round, a_target) -> None:
    seen = look(a_round, a_target, web.address + "/created", redirects="same_host", expect_status=201)
    assert seen.state is UP


@pytest.fixture
def asking_who(authority) -> ssl.SSLContext:
    """A server's side of TLS that wants a client's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def test_a_client_certificate_opens_the_door(authority, asking_who, tls_web, bundle, a_round, a_target) -> None:
    ours = authority.issue_cert("probe.oak.example")
    pem = SecretStr(ours.private_key_and_cert_chain_pem.bytes().decode())
    server = tls_web(context=asking_who)
    assert look(a_round, a_target, server.address, bundle, client_certificate=pem).state is UP
    assert look(a_round, a_target, server.address, bundle).state is DOWN


def test_a_client_certificate_is_shown_to_no_other_host(
    authority, asking_who, tls_web, web, bundle, a_round, a_target
) -> None:
    ours = authority.issue_cert("probe.oak.example")
    pem = SecretStr(ours.private_key_and_cert_chain_pem.bytes().decode())
    server = tls_web(context=asking_who)
    elsewhere = f"http://127.0.0.1:{web.port}/fine"
    away = look(a_round, a_target, f"{server.address}/goto?{elsewhere}", bundle, client_certificate=pem)
    assert (away.state, away.reason, web.asked) == (DOWN, "redirects", [])
    assert look(a_round, a_target, f"{server.address}/to/fine", bundle, client_certificate=pem).state is UP


def test_a_client_certificate_that_is_none_is_our_own_trouble(tls_web, bundle, a_round, a_target) -> None:
    seen = look(a_round, a_target, tls_web("localhost").address, bundle, client_certificate=SecretStr("nonsense"))
    assert (seen.state, seen.reason) == (UNKNOWN, "setup")
    assert "nonsense" not in seen.detail


def test_a_proxy_is_asked_for_the_whole_address(web, a_round, a_target) -> None:
    seen = look(a_round, a_target, "http://portal.invalid/fine", proxy=f"http://localhost:{web.port}")
    assert (seen.state, [path for _, path, _, _ in web.asked]) == (UP, ["http://portal.invalid/fine"])


def test_what_keeps_us_from_the_proxy_says_nothing_of_the_service(web, closed_port, a_round, a_target) -> None:
    closed = look(a_round, a_target, "http://portal.invalid/", proxy=f"http://127.0.0.1:{closed_port}")
    nameless = look(a_round, a_target, "http://portal.invalid/", proxy="http://proxy.invalid:3128")
    unwilling = look(a_round, a_target, "https://portal.invalid/", proxy=f"http://127.0.0.1:{web.port}")
    assert [(one.state, one.reason) for one in (closed, nameless, unwilling)] == [(UNKNOWN, "proxy")] * 3


@pytest.mark.parametrize("kind", ["http", "tls", "tcp", "ping"])
def test_an_address_of_the_other_ip_version_is_not_looked_at(web, a_round, a_target, kind) -> None:
    place = {"url": web.address} if kind == "http" else {"host": "127.0.0.1" if kind != "tls" else "localhost"}
    port = {"port": web.port} if kind in ("tls", "tcp") else {}
    [six] = probe_round([a_target(kind, **place, **port, ip_version=6)], a_round())
    [four] = probe_round([a_target(kind, **place, **port, ip_version=4)], a_round())
    assert six.state is not UP
    assert six.reason != "tls"
    assert four.state is UP or four.reason == "tls"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"body": "b"}, "method POST"),
        ({"username": "probe"}, "username and password together"),
        ({"bearer": "t", "url": "http://portal.example/"}, "unprotected"),
        ({"headers": {"Authorization": "Basic secret"}}, "carries a secret"),
        ({"headers": {"X-A": "1\r\nX-B: secret"}}, "cannot be sent"),
        ({"headers": {"X A": "1"}}, "cannot be sent"),
        ({"proxy": "http://me:secret@proxy.example:1"}, "no login"),
        ({"proxy": "proxy.example"}, "a host and a port"),
        ({"redirects": "sometimes"}, "same_host"),
        ({"ip_version": 5}, "any"),
    ],
)
def test_questions_that_cannot_be_asked_are_refused_with_a_sentence(settings, words) -> None:
    with pytest.raises(ValidationError, match=words) as refused:
        get("http").Settings(**({"url": "https://portal.example/"} | settings))
    assert "secret@" not in refused.value.errors()[0]["msg"]


def test_no_secret_stands_in_a_repr(tmp_path: Path) -> None:
    settings = get("http").Settings(url="https://portal.example/", username="probe", password="hunter2")
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in repr(settings.profile)
