"""What Gatus' zeroes, its pages and its names must not become: an outage or an uptime that nobody saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors._base import Doubtful
from connectors._errors import BadReplyError, SettingsError
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow
from tests.contract.gatus.case import STOPPED, WEBSITE, Case, result
from tests.contract.suite import Outcome, Standing, ask, read
from tests.contract.web import Question, Reply

Reading = Callable[..., Outcome]


@pytest.fixture
def reading(standing: Standing) -> Reading:
    return lambda **changed: read(standing(Case, **changed))


def window_of(outcome: Outcome, service: str = "website") -> ServiceWindow:
    assert outcome.error is None, outcome.error
    [found] = [one for one in outcome.records if isinstance(one, ServiceWindow) and one.service_key == service]
    return found


def sharing(text: bytes) -> Callable[[Case, Question], Reply]:
    def answer(self: Case, question: Question) -> Reply:
        return Reply(text) if "uptimes" in question.path else Case.answer(self, question)

    return answer


@pytest.mark.parametrize(("newest", "share"), [(True, None), (False, 0.0)])
def test_a_zero_counts_only_where_the_newest_look_failed(reading: Reading, newest: bool, share: float | None) -> None:
    results = ([result(60, success=newest)], STOPPED)
    outcome = reading(answer=sharing(b"0.000000"), results=lambda self: results)
    assert window_of(outcome).up_ratio == share


@pytest.mark.parametrize("told", [b"1.5", b"-0.1", b'"much"', b"true", b"NaN"])
def test_a_share_that_is_no_ratio_is_refused(reading: Reading, told: bytes) -> None:
    error = reading(answer=sharing(told)).error
    assert isinstance(error, BadReplyError)
    assert "no ratio" in str(error)


def test_longer_windows_are_kept_where_asked_for(reading: Reading) -> None:
    def settings(self: Case) -> dict[str, Any]:
        return {**Case.settings(self), "windows": ["7d", "30d"]}

    outcome = reading(answer=sharing(b"1.000000"), settings=settings)
    long = [one for one in outcome.records if isinstance(one, ServiceWindow) and one.service_key == "website"]
    assert [(one.ended_at - one.started_at).days for one in long] == [7, 30]
    assert [one.accounting_policy.split(" by ")[0][-2:] for one in long] == ["7d", "0d"]


def test_results_of_a_clock_that_is_ahead_are_not_known_and_doctor_says_by_how_much(
    reading: Reading, standing: Standing
) -> None:
    def results(self: Case) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        return [result(60 * minute - 7200) for minute in range(99, 0, -1)] + [result(300)], STOPPED

    outcome = reading(results=results)
    assert {one.service_key for one in outcome.records if isinstance(one, ObservationInterval)} == {"mail"}
    website = window_of(outcome)
    assert (website.up_ratio, website.unknown_seconds, website.last_seen_at) == (None, 86_400, None)
    sentence, _ = ask(standing(Case, results=results))
    assert isinstance(sentence, Doubtful)
    assert "Its clock is ahead of ours for website (1 h 59 min); set it" in sentence


def test_a_gatus_that_stands_still_makes_all_as_old_as_its_last_look(reading: Reading, standing: Standing) -> None:
    outcome = reading(results=lambda self: (STOPPED, STOPPED[:-1]))
    (looks,) = (one for one in outcome.completed if one.stream == "looks")
    assert looks.known_until == max(one.last_at for one in outcome.records if isinstance(one, ObservationInterval))
    assert window_of(outcome).up_ratio is None
    case = standing(Case)
    sentence, _ = ask(case)
    assert isinstance(sentence, Doubtful)
    assert (
        "all 2 services; 1 more are not mapped. It stands still for mail (last look 2026-11-17 23:00); start"
        in sentence
    )


def test_an_endpoint_that_is_gone_is_an_error_that_names_our_key(reading: Reading) -> None:
    error = reading(settings=lambda self: {**Case.settings(self), "services": {"wifi": "WLAN"}}).error
    assert isinstance(error, SettingsError)
    assert "wifi" in str(error)


def test_a_missed_look_begins_a_new_interval(reading: Reading) -> None:
    outcome = reading(results=lambda self: ([*WEBSITE[:3], *WEBSITE[6:9]], STOPPED))
    mine = [one for one in outcome.records if isinstance(one, ObservationInterval) and one.service_key == "website"]
    assert [(one.state, one.count) for one in mine] == [(ServiceState.UP, 3), (ServiceState.UP, 3)]
