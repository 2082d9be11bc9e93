"""Days of which Better Stack saw only a part or nothing, and looks beside incidents."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from connectors._base import Doubtful
from connectors._errors import BadReplyError, SettingsError
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow
from tests.contract.better_stack.case import MAIL, NOW, OTHER, TODAY, Case, before, incident, monitor, written
from tests.contract.suite import Outcome, Standing, ask, read
from tests.contract.web import Question, Reply

Reading = Callable[..., Outcome]


@pytest.fixture
def reading(standing: Standing) -> Reading:
    return lambda **changed: read(standing(Case, **changed))


def website(**changes: Any) -> dict[str, Any]:
    return {"monitors": lambda self: [OTHER, MAIL, monitor("1", "Web site", **changes)]}


def days(outcome: Outcome) -> list[ServiceWindow]:
    assert outcome.error is None, outcome.error
    return [one for one in outcome.records if isinstance(one, ServiceWindow) and one.service_key == "website"]


def stretches(outcome: Outcome) -> list[ObservationInterval]:
    assert outcome.error is None, outcome.error
    return [one for one in outcome.records if isinstance(one, ObservationInterval) and one.service_key == "website"]


@pytest.mark.parametrize("how", ["paused", "still"])
def test_a_day_that_was_not_watched_to_its_end_has_no_availability(reading: Reading, how: str) -> None:
    left = TODAY - timedelta(hours=6)
    changes = {"last_checked_at": written(left)} | ({"paused_at": written(left)} if how == "paused" else {})
    whole, broken = days(reading(**website(**changes)))
    assert (whole.up_ratio, whole.unknown_seconds) == (0.9375, None)
    assert (broken.up_ratio, broken.down_seconds, broken.unknown_seconds) == (None, None, 6 * 3600.0)


def test_a_pause_counts_from_its_beginning_and_not_from_when_looks_are_missed(reading: Reading) -> None:
    paused, looked = TODAY - timedelta(minutes=2), TODAY - timedelta(minutes=3)
    *_, broken = days(reading(**website(paused_at=written(paused), last_checked_at=written(looked))))
    assert (broken.up_ratio, broken.unknown_seconds) == (None, 120.0)


def test_a_monitor_that_never_looked_knows_nothing(reading: Reading) -> None:
    outcome = reading(**website(last_checked_at=None, status="pending"), incidents=lambda self: [])
    assert [one.unknown_seconds for one in days(outcome)] == [86_400.0] * 2
    assert stretches(outcome) == []


def test_days_before_the_monitor_was_made_are_not_asked_for(reading: Reading) -> None:
    outcome = reading(**website(created_at=written(TODAY - timedelta(hours=20))))
    assert days(outcome) == []


def test_a_look_within_an_incident_is_part_of_it_and_one_beside_it_is_a_look(reading: Reading) -> None:
    inside = stretches(reading(incidents=lambda self: [incident(before(minutes=5), None)]))
    assert [(one.state, one.count) for one in inside] == [(ServiceState.DOWN, 300)]
    over = [incident(before(minutes=5), before(minutes=2))]
    beside = stretches(reading(**website(), incidents=lambda self: over))
    assert [(one.state, one.count) for one in beside] == [(ServiceState.DOWN, 180), (ServiceState.UP, 1)]


def test_an_open_incident_of_a_monitor_at_rest_is_known_until_its_newest_look(reading: Reading) -> None:
    looked = before(hours=20)
    changes = website(last_checked_at=written(looked), status="paused")
    (down,) = stretches(reading(**changes, incidents=lambda self: [incident(before(hours=21), None)]))
    assert (down.state, down.count) == (ServiceState.DOWN, 3601)


def test_an_incident_that_ends_before_it_begins_or_begins_later_is_none(reading: Reading) -> None:
    odd = [incident(before(minutes=5), before(minutes=6)), incident(NOW + timedelta(hours=1), None)]
    assert [one.state for one in stretches(reading(**website(), incidents=lambda self: odd))] == [ServiceState.UP]


@pytest.mark.parametrize("figures", [{"availability": 101, "total_downtime": 0}, {"availability": 99}])
def test_figures_that_cannot_be_are_refused(reading: Reading, figures: dict[str, Any]) -> None:
    def answer(self: Case, question: Question) -> Reply:
        if question.path.endswith("/sla"):
            return Reply({"data": {"attributes": figures}})
        return Case.answer(self, question)

    assert isinstance(reading(answer=answer).error, BadReplyError)


def test_all_monitors_at_rest_make_the_stream_as_old_as_the_newest_look(reading: Reading) -> None:
    left = TODAY - timedelta(hours=6)
    outcome = reading(**website(last_checked_at=written(left)))
    (states,) = (one for one in outcome.completed if one.stream == "states")
    assert states.known_until == left


def test_a_look_ahead_of_our_clock_is_not_known(reading: Reading, standing: Standing) -> None:
    ahead = website(last_checked_at=written(NOW + timedelta(hours=2)))
    outcome = reading(**ahead)
    assert outcome.error is None
    assert max(one.last_at for one in outcome.records if isinstance(one, ObservationInterval)) < NOW
    whole = reading()
    days = [one.up_ratio for one in outcome.records if isinstance(one, ServiceWindow)]
    assert days == [one.up_ratio for one in whole.records if isinstance(one, ServiceWindow)], "past days stay known"
    sentence, _ = ask(standing(Case, **ahead))
    assert isinstance(sentence, Doubtful)
    assert "Its clock is ahead of ours for website (2 h 0 min); set it" in sentence


def test_doctor_says_what_stands_still_and_names_our_key(reading: Reading, standing: Standing) -> None:
    case = standing(Case)
    sentence, _ = ask(case)
    assert isinstance(sentence, Doubtful)
    assert "1 more are not mapped. It stands still for mail (last look 2026-11-18 18:00); start" in sentence
    error = reading(settings=lambda self: {**Case.settings(self), "services": {"wifi": "WLAN"}}).error
    assert isinstance(error, SettingsError)
    assert "wifi" in str(error)
