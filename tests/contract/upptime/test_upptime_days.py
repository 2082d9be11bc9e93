"""What a repository whose runs GitHub stopped, and a file that is none, must not become."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors._base import Doubtful
from connectors._errors import BadReplyError, SettingsError
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow
from tests.contract.suite import Outcome, Standing, ask, read
from tests.contract.upptime.case import BEGAN, STOPPED, TODAY, Case, history
from tests.contract.web import Question

Reading = Callable[..., Outcome]


@pytest.fixture
def reading(standing: Standing) -> Reading:
    return lambda **changed: read(standing(Case, **changed))


def website_days(outcome: Outcome) -> list[ServiceWindow]:
    assert outcome.error is None, outcome.error
    return [one for one in outcome.records if isinstance(one, ServiceWindow) and one.service_key == "website"]


def test_a_day_written_before_its_end_is_unknown_from_then_on(reading: Reading) -> None:
    late = TODAY - timedelta(minutes=30)
    *_, yesterday = website_days(reading(website=lambda self: history("up", late, BEGAN)))
    assert (yesterday.up_ratio, yesterday.down_seconds) == (None, None)
    assert yesterday.unknown_seconds == pytest.approx(1800, abs=1)


def test_degraded_is_a_state_of_its_own_in_the_newest_look(reading: Reading) -> None:
    outcome = reading(website=lambda self: history("degraded", TODAY, BEGAN))
    first = next(one for one in outcome.records if isinstance(one, ObservationInterval))
    assert (first.state, first.reason) == (ServiceState.DEGRADED, "")


def test_a_repository_that_stopped_is_as_old_as_its_newest_file(reading: Reading) -> None:
    outcome = reading(website=lambda self: history("up", STOPPED, BEGAN))
    (looks,) = (one for one in outcome.completed if one.stream == "looks")
    assert looks.known_until == STOPPED + timedelta(milliseconds=125)


def test_a_look_ahead_of_our_clock_is_not_known(reading: Reading, standing: Standing) -> None:
    ahead = Case.now + timedelta(minutes=20)
    outcome = reading(website=lambda self: history("up", ahead, BEGAN))
    assert [one.service_key for one in outcome.records if isinstance(one, ObservationInterval)] == ["mail"]
    sentence, _ = ask(standing(Case, website=lambda self: history("up", ahead, BEGAN)))
    assert isinstance(sentence, Doubtful)
    assert "Its clock is ahead of ours for website (20 min); set it" in sentence


def test_a_file_that_is_none_is_refused(reading: Reading) -> None:
    for text in ("404: Not Found", "nothing at all", ""):
        error = reading(website=lambda self, text=text: text).error
        assert isinstance(error, BadReplyError), text
        assert "lastUpdated" in str(error)


def test_a_public_repository_needs_no_token(standing: Standing) -> None:
    seen: list[Question] = []

    class Public(Case):
        def settings(self) -> Any:
            return {**super().settings(), "api_token": ""}

        def answer(self, question: Question) -> Any:
            seen.append(question)
            with_token = {**question.headers, "Authorization": "Bearer s3cret-github-token"}
            return super().answer(Question(question.path, question.query, with_token, question.number))

    case = standing(Public)
    assert read(case).error is None
    assert len(seen) == 3
    assert not any("Authorization" in question.headers for question in seen)


def test_doctor_says_what_stands_still_and_names_our_key(reading: Reading, standing: Standing) -> None:
    case = standing(Case)
    sentence, _ = ask(case)
    assert isinstance(sentence, Doubtful)
    assert "1 more are not mapped. It stands still for mail (last look 2026-11-16 00:00); start" in sentence
    error = reading(settings=lambda self: {**Case.settings(self), "services": {"wifi": "WLAN"}}).error
    assert isinstance(error, SettingsError)
    assert "wifi" in str(error)
