"""The tcp probe's talk in steps: with a real mail server, through STARTTLS, and what goes wrong on the way."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.probes import get
from connectors.probes._round import probe_round
from firstbell.records import ServiceState

UP, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN
MAIL = [
    {"expect": "220 ", "send": "EHLO probe.oak.example\r\n"},
    {"expect": "250 ", "send": "STARTTLS\r\n"},
    {"expect": "220 Ready to start TLS\r\n", "starttls": True},
    {"send": "EHLO probe.oak.example\r\n"},
    {"expect": "250 ", "send": "QUIT\r\n"},
    {"expect": "221 "},
]


def look(a_round, a_target, port, bundle=None, **settings):
    told = {"host": "127.0.0.1", "port": port, "server_name": "localhost"} | settings
    [seen] = probe_round([a_target("tcp", **told)], a_round(ca_bundle=str(bundle) if bundle else None))
    return seen


def test_a_mail_server_is_talked_to_before_and_after_starttls(mail_server, bundle, a_round, a_target) -> None:
    seen = look(a_round, a_target, mail_server(), bundle, dialogue=MAIL)
    assert (seen.state, seen.detail) == (UP, "")
    assert seen.connect_seconds < seen.first_byte_seconds < seen.tls_seconds < seen.total_seconds


def test_a_mail_server_that_offers_no_tls_does_not_say_what_is_expected(mail_server, a_round, a_target) -> None:
    seen = look(a_round, a_target, mail_server(offered=False), dialogue=MAIL, timeout_seconds=1)
    assert (seen.state, seen.reason) == (DOWN, "timeout")


@pytest.mark.parametrize(
    ("name", "trusted", "words"),
    [("elsewhere.example", True, "another host name"), ("localhost", False, "does not trust")],
)
def test_a_refused_certificate_ends_the_talk(mail_server, bundle, a_round, a_target, name, trusted, words) -> None:
    seen = look(a_round, a_target, mail_server(name), bundle if trusted else None, dialogue=MAIL)
    assert (seen.state, seen.reason) == (DOWN, "certificate")
    assert words in seen.detail


def test_tls_from_the_first_byte(tls_web, bundle, a_round, a_target) -> None:
    question = {"send": "GET /fine HTTP/1.0\r\n\r\n", "expect": "all is fine"}
    seen = look(a_round, a_target, tls_web("localhost").port, bundle, tls=True, **question)
    assert (seen.state, seen.detail) == (UP, "")
    assert seen.connect_seconds < seen.tls_seconds < seen.first_byte_seconds


def test_a_port_without_tls_has_no_tls(web, bundle, a_round, a_target) -> None:
    seen = look(a_round, a_target, web.port, bundle, tls=True)
    assert (seen.state, seen.reason) == (DOWN, "tls")


def test_a_missing_ca_bundle_is_our_own_trouble(web, tmp_path, a_round, a_target) -> None:
    seen = look(a_round, a_target, web.port, tmp_path / "none.pem", tls=True)
    assert (seen.state, seen.reason) == (UNKNOWN, "setup")


def test_each_step_waits_for_what_comes_after_the_one_before(mail_server, a_round, a_target) -> None:
    """The one greeting answers one step, not two."""
    seen = look(a_round, a_target, mail_server(), dialogue=[{"expect": "220 "}, {"expect": "220 "}], timeout_seconds=1)
    assert (seen.state, seen.reason) == (DOWN, "timeout")


def test_a_dialogue_beside_send_and_expect_is_refused() -> None:
    with pytest.raises(ValidationError, match="either send and expect or a dialogue"):
        get("tcp").Settings(host="oak.example", port=25, expect="220 ", dialogue=MAIL)
