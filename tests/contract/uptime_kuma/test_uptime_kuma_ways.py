"""The two ways into Uptime Kuma, its versions, and what each quirk must not become: an uptime that nobody saw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from connectors._base import Complete, Doubtful
from connectors._errors import BadReplyError, SettingsError
from connectors.uptime_kuma import UptimeKumaSettings
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow
from tests.contract.suite import Outcome, Standing, ask, read
from tests.contract.uptime_kuma.case import KEY, STOPPED, WEBSITE, Case, beat
from tests.contract.web import Question, Reply

LABELS = 'monitor_id="{}",monitor_name="{}",monitor_type="http",monitor_url="https://",monitor_hostname="null"'


def metrics(*lines: str) -> bytes:
    return "\n".join(("# HELP monitor_status Monitor Status", *lines, "")).encode()


TWO_ONE = metrics(
    "process_cpu_seconds_total 12.5 1763614800000",
    'app_version{version="2.5.3",major="2"} 1',
    f"monitor_status{{{LABELS.format(3, 'Web site')}}} 1",
    f'monitor_uptime_ratio{{{LABELS.format(3, "Web site")},window="1d"}} 0.98',
    f'monitor_uptime_ratio{{{LABELS.format(3, "Web site")},window="30d"}} 0.5',
    f"monitor_status{{{LABELS.format(7, 'Say {chr(92)}{chr(34)}hi{chr(92)}{chr(34)}')}}} 0",
    f'monitor_uptime_ratio{{{LABELS.format(7, "Push")},window="1d"}} Nan',
    f"monitor_cert_days_remaining{{{LABELS.format(3, 'Web site')}}} -3",
)
ONE = metrics(
    'monitor_status{monitor_name="Web site",monitor_type="http",monitor_url="https://example.org"} 1',
    'monitor_status{monitor_name="Mail",monitor_type="port",monitor_url="null"} 3',
    'app_version{version="1.23.17",major="1",minor="23",patch="17"} 1',
)


class Metered(Case):
    """/metrics with an API key as the password, and no status page."""

    told = TWO_ONE
    wanted: Mapping[str, str] = {"website": "Web site", "mail": "7"}
    page_too = False

    def settings(self) -> Mapping[str, Any]:
        ways: dict[str, Any] = {"api_key": KEY} | ({"status_page": "district"} if self.page_too else {})
        return {"url": self.url, "services": dict(self.wanted), **ways}

    def answer(self, question: Question) -> Reply:
        if question.path == "/metrics":
            assert question.headers["Authorization"] == "Basic OnVrMV9zM2NyZXRrZXk="
            return Reply(self.told)
        assert "Authorization" not in question.headers
        return super().answer(question)


Reading = Callable[..., Outcome]


@pytest.fixture
def reading(standing: Standing) -> Reading:
    return lambda kind, **changed: read(standing(kind, **changed))


def windows(outcome: Outcome) -> dict[str, ServiceWindow]:
    assert outcome.error is None, outcome.error
    return {one.service_key: one for one in outcome.records if isinstance(one, ServiceWindow)}


def test_metrics_give_the_share_of_a_day_and_no_looks(reading: Reading) -> None:
    outcome = reading(Metered)
    found = windows(outcome)
    assert {key: one.up_ratio for key, one in found.items()} == {"website": 0.98}
    assert found["website"].accounting_policy.startswith("Uptime Kuma 2:")
    assert [one.stream for one in outcome.completed] == ["windows"]


def test_version_1_tells_no_share_in_its_metrics_and_counts_otherwise(reading: Reading) -> None:
    assert windows(reading(Metered, told=ONE, wanted={"website": "Web site"})) == {}
    both = windows(reading(Metered, told=ONE, page_too=True, page=_old_page))
    assert both["website"].up_ratio == 0.9875
    assert both["website"].accounting_policy.startswith("Uptime Kuma 1:")


def _old_page(self: Case) -> dict[str, Any]:
    return Case.page(self) | {"config": {"slug": "district", "googleAnalyticsId": None}, "incident": None}


def test_a_page_that_does_not_tell_its_version_says_so_until_the_settings_do(reading: Reading) -> None:
    untold = windows(reading(Case, page=_old_page))
    assert untold["website"].accounting_policy == "Uptime Kuma of unknown version: its own share of 24 h"
    told = windows(reading(Case, page=_old_page, settings=lambda self: {**Case.settings(self), "version": "1"}))
    assert told["website"].accounting_policy.startswith("Uptime Kuma 1:")


def test_with_both_ways_beats_come_from_the_page_and_shares_from_the_metrics(reading: Reading) -> None:
    outcome = reading(Metered, page_too=True)
    assert windows(outcome)["website"].up_ratio == 0.98
    assert windows(outcome)["mail"].up_ratio is None, "its beats stopped two days ago"
    assert sum(isinstance(one, ObservationInterval) for one in outcome.records) == 8


def test_a_monitor_that_is_gone_or_stands_twice_is_an_error_that_names_our_key(reading: Reading) -> None:
    gone = reading(Metered, wanted={"website": "Web site", "wifi": "WLAN"}).error
    assert isinstance(gone, SettingsError)
    assert "wifi" in str(gone)
    twin = metrics(*(f"monitor_status{{{LABELS.format(at, 'Twin')}}} 1" for at in (1, 2)))
    several = reading(Metered, told=twin, wanted={"wifi": "Twin"}).error
    assert isinstance(several, SettingsError)
    assert "several of that name for wifi" in str(several)


def test_unmapped_monitors_are_counted_or_refused(standing: Standing, reading: Reading) -> None:
    case = standing(Case)
    sentence, _ = ask(case)
    assert isinstance(sentence, Doubtful)
    assert (
        "all 2 services; 1 more are not mapped. It stands still for mail (last look 2026-11-17 23:00); start"
        in sentence
    )
    strict = reading(Case, settings=lambda self: {**Case.settings(self), "others": "refuse"}).error
    assert isinstance(strict, SettingsError)
    assert "watches 1 more" in str(strict)


def test_beats_of_a_clock_that_is_ahead_are_not_known_and_doctor_says_by_how_much(
    standing: Standing, reading: Reading
) -> None:
    def beats(ahead: float) -> Callable[[Case], dict[str, Any]]:
        return lambda self: {"3": [beat(60 * minute - ahead) for minute in range(400, 0, -1)], "7": STOPPED}

    near = reading(Case, beats=beats(5 * 60))
    assert any(one.last_at > Case.now for one in near.records if isinstance(one, ObservationInterval)), "by a little"
    far = reading(Case, beats=beats(5 * 3600))
    keys = {one.service_key for one in far.records if isinstance(one, ObservationInterval)}
    assert keys == {"mail"}, "also none of the beats that it dates before now"
    website = windows(far)["website"]
    assert (website.up_ratio, website.unknown_seconds, website.last_seen_at) == (None, 86_400, None)
    (looks,) = (one for one in far.completed if one.stream == "looks")
    assert looks.known_until == max(one.last_at for one in far.records if isinstance(one, ObservationInterval))
    sentence, _ = ask(standing(Case, beats=beats(5 * 3600)))
    assert isinstance(sentence, Doubtful)
    assert sentence.endswith(
        "It stands still for mail (last look 2026-11-17 23:00); start it again there, or nothing new is known of "
        "these. Its clock is ahead of ours for website (4 h 59 min); set it right there, or nothing new is known of "
        "these."
    )


def test_a_page_of_day_bars_is_refused_since_its_bars_are_no_beats(reading: Reading) -> None:
    bars = reading(Case, beats=lambda self: {"3": [0, *WEBSITE], "7": STOPPED}).error
    assert isinstance(bars, SettingsError)
    assert "set its range to auto" in str(bars)
    days = reading(Case, shares=lambda self: {"3": 0.99, "7": 0.8}).error
    assert isinstance(days, SettingsError)


def test_a_monitor_that_stopped_makes_all_of_the_stream_as_old_as_it_is(reading: Reading) -> None:
    outcome = reading(Case, beats=lambda self: {"3": STOPPED, "7": STOPPED[:-1]})
    (looks,) = (one for one in outcome.completed if one.stream == "looks")
    assert looks.known_until == max(one.last_at for one in outcome.records if isinstance(one, ObservationInterval))
    assert Complete("looks") in reading(Case).completed, "one that looks is enough for the stream to be new"


def test_a_pending_group_is_not_a_failed_look(reading: Reading) -> None:
    def page(self: Case) -> dict[str, Any]:
        told = Case.page(self)
        told["publicGroupList"][0]["monitorList"][0]["type"] = "group"
        return told

    outcome = reading(Case, page=page, beats=lambda self: {"3": [beat(60, 2)], "7": STOPPED})
    first = next(one for one in outcome.records if isinstance(one, ObservationInterval))
    assert (first.state, first.reason) == (ServiceState.UNKNOWN, "pending")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (b"<html><title>Log in</title>", "web page"),
        (b'monitor_status{monitor_name="x"} many\n', "no page of metrics"),
        (b"\xff\xfe", "no page of metrics"),
        (b'{"status": "fail"}', "no page of metrics"),
    ],
)
def test_what_is_no_page_of_metrics_is_refused(reading: Reading, told: bytes, words: str) -> None:
    error = reading(Metered, told=told).error
    assert isinstance(error, BadReplyError)
    assert words in str(error)


def test_one_way_in_is_needed_and_one_service() -> None:
    with pytest.raises(ValidationError, match="give status_page, api_key or both"):
        UptimeKumaSettings(url="https://kuma.example.org", services={"a": "b"})
    with pytest.raises(ValidationError, match="services"):
        UptimeKumaSettings(url="https://kuma.example.org", status_page="x", services={})
