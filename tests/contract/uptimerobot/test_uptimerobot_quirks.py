"""UptimeRobot's refusals, its present state against its log, and days of which it knows nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from connectors._errors import AuthError, BadReplyError, SettingsError
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow
from tests.contract.suite import Outcome, Standing, ask, read
from tests.contract.uptimerobot.case import MIDNIGHTS, NOW, OTHER, QUIET, WEBSITE, Case, entry, seconds
from tests.contract.web import Question, Reply

Reading = Callable[..., Outcome]


@pytest.fixture
def reading(standing: Standing) -> Reading:
    return lambda **changed: read(standing(Case, **changed))


def having(**website: Any) -> dict[str, Any]:
    return {"monitors": lambda self: [OTHER, WEBSITE | website, QUIET]}


def stretches(outcome: Outcome) -> list[ObservationInterval]:
    assert outcome.error is None, outcome.error
    return [one for one in outcome.records if isinstance(one, ObservationInterval) and one.service_key == "website"]


def shares(outcome: Outcome) -> list[float | None]:
    assert outcome.error is None, outcome.error
    return [one.up_ratio for one in outcome.records if isinstance(one, ServiceWindow) and one.service_key == "website"]


def test_a_refused_key_comes_with_status_200_and_is_never_quoted(reading: Reading) -> None:
    outcome = reading(settings=lambda self: {**Case.settings(self), "api_key": "wr0ng-key"})
    assert isinstance(outcome.error, AuthError)
    assert "wr0ng-key" not in outcome.shown


def test_another_refusal_is_a_bad_reply_without_its_message(reading: Reading) -> None:
    def answer(self: Case, question: Question) -> Reply:
        return Reply({"stat": "fail", "error": {"type": "internal", "message": "Jane in room 12"}})

    outcome = reading(answer=answer)
    assert isinstance(outcome.error, BadReplyError)
    assert "Jane" not in outcome.shown


@pytest.mark.parametrize(("status", "reason"), [(8, "retry"), (9, "status"), (0, "paused"), (1, "new")])
def test_a_present_state_that_the_log_does_not_know_is_unknown_for_one_interval(
    reading: Reading, status: int, reason: str
) -> None:
    last = stretches(reading(**having(status=status)))[-1]
    assert (last.state, last.reason) == (ServiceState.UNKNOWN, reason)
    assert last.first_at == NOW - timedelta(seconds=300)


def test_a_zero_is_kept_only_where_the_log_shows_a_failure_that_day(reading: Reading) -> None:
    ranges = {"custom_uptime_ranges": "0.000-0.000"}
    assert shares(reading(**having(**ranges))) == [None, None]
    hours = (NOW - MIDNIGHTS[1]).total_seconds() / 3600
    assert shares(reading(**having(**ranges, logs=[entry(2, hours - 12), entry(1, hours - 1)]))) == [None, 0.0]


@pytest.mark.parametrize("status", [8, 66])
def test_what_is_tried_again_says_nothing_of_the_weeks_before(reading: Reading, status: int) -> None:
    (only,) = stretches(reading(**having(status=status, logs=[])))
    assert (only.state, only.first_at) == (ServiceState.UNKNOWN, NOW - timedelta(seconds=300))


def test_a_day_of_pause_has_no_share(reading: Reading) -> None:
    """Paused over the whole of the second day and a part of the first: UptimeRobot says 100 % of both."""
    ranges = {"custom_uptime_ranges": "100.000-100.000"}
    hours = (NOW - MIDNIGHTS[1]).total_seconds() / 3600
    paused = [entry(99, hours + 1), entry(2, hours + 90)]
    assert shares(reading(**having(**ranges, status=0, logs=paused))) == [1.0, None]


def test_a_day_that_began_before_the_monitor_was_made_has_no_share(reading: Reading) -> None:
    made = seconds(MIDNIGHTS[0]) + 3600
    assert shares(reading(**having(create_datetime=made))) == [0.9875]


@pytest.mark.parametrize("told", ["100.000", "100-100-100", "100-much", "101-100", "100-nan"])
def test_ranges_that_do_not_answer_the_question_are_refused(reading: Reading, told: str) -> None:
    error = reading(**having(custom_uptime_ranges=told)).error
    assert isinstance(error, BadReplyError)
    assert "custom_uptime_ranges" in str(error)


def test_doctor_names_what_is_paused_and_a_monitor_that_is_gone_names_our_key(
    reading: Reading, standing: Standing
) -> None:
    case = standing(Case, **having(status=0))
    assert ask(case)[0].endswith("1 more are not mapped. Not watched at present: website.")
    error = reading(settings=lambda self: {**Case.settings(self), "services": {"wifi": "WLAN"}}).error
    assert isinstance(error, SettingsError)
    assert "wifi" in str(error)


def test_shares_are_asked_for_from_local_midnight_to_midnight(standing: Standing) -> None:
    case = standing(Case)
    assert read(case).error is None
    days = "-".join(f"{seconds(start)}_{seconds(end)}" for start, end in pairwise(MIDNIGHTS))
    assert case.asked == [days, days], "on each of two pages"
