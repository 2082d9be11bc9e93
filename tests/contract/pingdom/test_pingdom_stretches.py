"""What Pingdom's stretches and days must not become: an uptime beyond the newest test, or decades of unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from connectors._base import Doubtful
from connectors._errors import BadReplyError, SettingsError
from connectors.pingdom import CHECKS_A_PAGE
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow
from tests.contract.pingdom.case import MAIL, MIDNIGHTS, NOW, OTHER, STATES, WEBSITE, Case, before, seconds, stretch
from tests.contract.suite import Outcome, Standing, ask, read
from tests.contract.web import Question, Reply

Reading = Callable[..., Outcome]


@pytest.fixture
def reading(standing: Standing) -> Reading:
    return lambda **changed: read(standing(Case, **changed))


def website(**changes: Any) -> dict[str, Any]:
    return {"checks": lambda self: [OTHER, MAIL, WEBSITE | changes]}


def of_website(outcome: Outcome, kind: type) -> list[Any]:
    assert outcome.error is None, outcome.error
    return [one for one in outcome.records if isinstance(one, kind) and one.service_key == "website"]


def test_an_outage_said_to_last_ends_with_the_newest_test(reading: Reading) -> None:
    lasting = [*STATES[:3], stretch("down", before(hours=2), NOW)]
    told = reading(states=lambda self: lasting, **website(lasttesttime=seconds(before(hours=1))))
    last, after = of_website(told, ObservationInterval)[-2:]
    assert (last.state, last.count) == (ServiceState.DOWN, 3600)
    assert (after.state, after.reason, after.first_at) == (ServiceState.UNKNOWN, "stale", before(hours=1))


def test_a_stretch_that_began_after_the_newest_test_is_unknown_whole(reading: Reading) -> None:
    told = reading(**website(lasttesttime=seconds(before(hours=3))))
    states = [(one.state, one.reason) for one in of_website(told, ObservationInterval)]
    assert states[-3:] == [(ServiceState.UNKNOWN, "stale")] * 3
    assert ServiceState.DOWN not in {state for state, _ in states}


def test_a_check_that_never_tested_is_known_for_no_second(reading: Reading) -> None:
    told = reading(**website(lasttesttime=None))
    assert {one.state for one in of_website(told, ObservationInterval)} == {ServiceState.UNKNOWN}


def test_all_at_rest_make_the_stream_as_old_as_the_newest_test(reading: Reading) -> None:
    outcome = reading(**website(lasttesttime=seconds(before(hours=3))))
    (states,) = (one for one in outcome.completed if one.stream == "states")
    assert states.known_until == before(hours=3)


def test_days_are_asked_for_from_local_midnight_to_midnight_and_never_without_a_beginning(reading: Reading) -> None:
    asked: list[tuple[int, int]] = []

    def answer(self: Case, question: Question) -> Reply:
        if question.path == "/api/3.1/summary.average/1":
            asked.append((int(question.first("from")), int(question.first("to"))))
        return Case.answer(self, question)

    reading(answer=answer)
    assert asked == [(seconds(MIDNIGHTS[0]), seconds(MIDNIGHTS[1])), (seconds(MIDNIGHTS[1]), seconds(MIDNIGHTS[2]))]


def test_a_day_before_the_check_was_made_is_left_out(reading: Reading) -> None:
    told = reading(**website(created=seconds(MIDNIGHTS[1]) + 60))
    assert [one.started_at for one in of_website(told, ServiceWindow)] == [MIDNIGHTS[1]]


def test_more_checks_than_one_answer_holds_are_an_error_and_not_a_part(reading: Reading) -> None:
    many = [{"id": number, "name": "n", "status": "up", "resolution": 1} for number in range(CHECKS_A_PAGE)]
    assert isinstance(reading(checks=lambda self: many).error, BadReplyError)


def test_doctor_says_what_stands_still_and_names_our_key(reading: Reading, standing: Standing) -> None:
    case = standing(Case)
    sentence, _ = ask(case)
    assert isinstance(sentence, Doubtful)
    assert "1 more are not mapped. It stands still for mail (last look 2026-11-16 23:00); start" in sentence
    error = reading(settings=lambda self: {**Case.settings(self), "services": {"wifi": "WLAN"}}).error
    assert isinstance(error, SettingsError)
    assert "wifi" in str(error)
