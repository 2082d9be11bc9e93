"""What the http probe says of servers that answer well, badly, slowly, endlessly or not at all."""

from __future__ import annotations

import threading
import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from connectors.probes._round import probe_round
from firstbell.kpi import Verdict
from firstbell.records import ServiceState

UP, DEGRADED, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DEGRADED, ServiceState.DOWN, ServiceState.UNKNOWN


@pytest.mark.parametrize(
    ("path", "settings", "state", "reason"),
    [
        ("/fine", {}, UP, ""),
        ("/fine", {"method": "HEAD"}, UP, ""),
        ("/broken", {}, DOWN, "status"),
        ("/broken", {"expect_status": [503]}, UP, ""),
        ("/broken", {"expect_status": "500-599"}, UP, ""),
        ("/fine", {"expect_headers": {"x-served-by": "^oak$"}}, UP, ""),
        ("/fine", {"expect_headers": {"X-Served-By": "elm"}}, DOWN, "header"),
        ("/fine", {"expect_headers": {"Strict-Transport-Security": ""}}, DOWN, "header"),
        ("/to/fine", {"expect_headers": {"X-Hop": ""}}, DOWN, "header"),
        ("/fine", {"text_contains": "fine"}, UP, ""),
        ("/fine", {"text_contains": ["fine", "well"]}, DOWN, "body"),
        ("/fine", {"text_lacks": "fine"}, DOWN, "body"),
        ("/fine", {"text_matches": r"all\s+is"}, UP, ""),
        ("/fine", {"text_matches": r"^nothing"}, DOWN, "body"),
        ("/latin", {"text_contains": "Schüler"}, UP, ""),
        ("/json", {"json_equals": {"a.b[0].c": 1, "a.b[0].ok": True}}, UP, ""),
        ("/json", {"json_equals": {"a.b[0].c": True}}, DOWN, "json"),
        ("/json", {"json_equals": {"a.b[1].c": 1}}, DOWN, "json"),
        ("/html", {"json_equals": {"a": 1}}, DOWN, "json"),
        ("/deep", {"json_equals": {"a": 1}}, DOWN, "json"),
        ("/to/fine", {}, UP, ""),
        ("/to/fine", {"redirects": "none"}, DOWN, "status"),
        ("/loop", {}, DOWN, "redirects"),
        ("/away", {}, DOWN, "redirects"),
        ("/reset", {}, DOWN, "reset"),
        ("/garbage", {}, DOWN, "protocol"),
        ("/truncated", {}, DOWN, "truncated"),
        ("/slow", {"timeout_seconds": 0.2}, DOWN, "timeout"),
        ("/endless", {"max_body_bytes": 100_000}, DEGRADED, "too_large"),
        ("/endless", {"max_body_bytes": 100_000, "text_contains": "short"}, DOWN, "too_large"),
    ],
)
def test_one_look(web, a_round, a_target, path, settings, state, reason) -> None:
    [seen] = probe_round([a_target("http", url=web.address + path, **settings)], a_round())
    assert (seen.state, seen.reason) == (state, reason), seen.detail
    assert (seen.detail == "") is (state is UP)


def test_a_good_look_carries_its_times_in_order_and_in_utc(web, a_round, a_target) -> None:
    before = datetime.now(UTC)
    [seen] = probe_round([a_target("http", url=web.address + "/brief")], a_round())
    assert before <= seen.observed_at <= datetime.now(UTC)
    assert seen.observed_at.tzinfo is UTC
    assert seen.tls_seconds is None
    assert seen.name_seconds <= seen.connect_seconds <= seen.first_byte_seconds <= seen.total_seconds < 2
    assert seen.first_byte_seconds >= 0.05
    assert (seen.vantage, seen.expected_interval_seconds) == ("here", 60)


def test_a_closed_port_is_refused(closed_port, a_round, a_target) -> None:
    [seen] = probe_round([a_target("http", url=f"http://127.0.0.1:{closed_port}/")], a_round())
    assert (seen.state, seen.reason, seen.first_byte_seconds) == (DOWN, "refused", None)


def test_a_name_that_cannot_exist_is_down_by_name(a_round, a_target) -> None:
    [seen] = probe_round([a_target("http", url="http://nowhere.invalid/")], a_round())
    assert (seen.state, seen.reason) == (DOWN, "name")


def test_a_trusted_certificate_is_up_with_its_end_and_finding(tls_web, bundle, a_round, a_target) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=90)
    server = tls_web("localhost", expires=ends)
    [seen] = probe_round([a_target("http", url=server.address, days_left=30)], a_round(ca_bundle=str(bundle)))
    assert (seen.state, seen.certificate_expires_at) == (UP, ends)
    assert seen.connect_seconds < seen.tls_seconds < seen.first_byte_seconds
    [control] = seen.controls
    assert (control.framework, control.code, control.subject) == ("tls", "certificate", "portal")
    assert (control.state, control.expires_on) == (Verdict.OK, ends.date())


def test_a_certificate_near_its_end_is_degraded(tls_web, bundle, a_round, a_target) -> None:
    server = tls_web("localhost", expires=datetime.now(UTC) + timedelta(days=5))
    [seen] = probe_round([a_target("http", url=server.address, days_left=30)], a_round(ca_bundle=str(bundle)))
    assert (seen.state, seen.reason) == (DEGRADED, "certificate")
    assert seen.controls[0].state is Verdict.WARN


def test_a_web_filters_certificate_is_named_as_such(tls_web, a_round, a_target) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=90)
    server = tls_web("localhost", expires=ends)
    [seen] = probe_round([a_target("http", url=server.address)], a_round())
    assert (seen.state, seen.reason) == (DOWN, "certificate")
    assert "signed by an issuer this machine does not trust: Oakfield Filter" in seen.detail
    assert "web filter" in seen.detail
    assert seen.certificate_expires_at == ends


def test_an_unverified_look_still_reads_the_certificates_end(tls_web, a_round, a_target) -> None:
    ends = datetime(2024, 6, 1, tzinfo=UTC)
    server = tls_web("localhost", expires=ends)
    [seen] = probe_round([a_target("http", url=server.address, verify=False)], a_round())
    assert (seen.state, seen.reason, seen.certificate_expires_at) == (DEGRADED, "certificate", ends)
    assert seen.controls[0].state is Verdict.FAIL


def test_a_handle_used_after_a_refusal_verifies_again(tls_web, bundle, a_round, a_target) -> None:
    good, other = tls_web("localhost"), tls_web("elsewhere.example")
    targets = [
        a_target("http", f"s{number}", url=(other if number % 2 else good).address + "/fine") for number in range(8)
    ]
    seen = probe_round(targets, a_round(ca_bundle=str(bundle), parallel_limit=1))
    assert [one.state for one in seen] == [UP, DOWN] * 4


def test_a_missing_ca_bundle_is_our_own_trouble(tls_web, tmp_path, a_round, a_target) -> None:
    [seen] = probe_round(
        [a_target("http", url=tls_web("localhost").address)], a_round(ca_bundle=str(tmp_path / "none.pem"))
    )
    assert (seen.state, seen.reason) == (UNKNOWN, "setup")


def test_plain_http_on_an_https_address_is_a_tls_fault(web, a_round, a_target) -> None:
    [seen] = probe_round([a_target("http", url=web.address.replace("http", "https"))], a_round())
    assert (seen.state, seen.reason) == (DOWN, "tls")


def test_the_environments_proxy_is_not_used(web, closed_port, a_round, a_target, monkeypatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port}")
    [seen] = probe_round([a_target("http", url=web.address)], a_round())
    assert seen.state is UP


def test_endless_answers_leave_memory_flat(web, a_round, a_target) -> None:
    targets = [
        a_target("http", f"s{number}", url=f"{web.address}/endless", max_body_bytes=2_000_000) for number in range(20)
    ]
    tracemalloc.start()
    try:
        seen = probe_round(targets, a_round())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert {one.reason for one in seen} == {"too_large"}
    assert peak < 8_000_000


def test_no_host_is_asked_more_often_at_once_than_the_limit(web, a_round, a_target) -> None:
    targets = [a_target("http", f"s{number}", url=f"{web.address}/brief?{number}") for number in range(12)]
    seen = probe_round(targets, a_round(per_host_limit=3))
    assert [one.state for one in seen] == [UP] * 12
    assert web.most_at_once == 3


def test_no_thread_is_left_after_a_round(web, a_round, a_target) -> None:
    probe_round([a_target("http", url=web.address)], a_round())
    ours = [thread for thread in threading.enumerate() if thread.name.startswith("firstbell-probes")]
    for thread in ours:
        thread.join(1)
    assert not any(thread.is_alive() for thread in ours)
