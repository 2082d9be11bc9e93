"""What an Icinga that was reloaded, stands still or shows less than it should comes to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors._base import Doubtful
from connectors._errors import SettingsError
from firstbell.records import ObservationInterval, ServiceState
from tests.contract.icinga2.case import SERVICES, Case, at, checked
from tests.contract.suite import Outcome, Situation, ask, read
from tests.contract.web import Question, Reply


class Other(Case):
    """A case whose settings and services a test changes."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.changes: Mapping[str, Any] = {}
        self.rows = SERVICES
        self.missing = ""
        self.serve(Situation.WHOLE)

    def settings(self) -> Mapping[str, Any]:
        return {**super().settings(), **self.changes}

    def services(self) -> list[dict[str, Any]]:
        return self.rows

    def answer(self, question: Question) -> Reply:
        if self.missing and question.path.endswith(self.missing):
            return Reply({"error": 404, "status": "No objects found."}, 404)
        return super().answer(question)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Other]:
    case = Other(tmp_path)
    yield case
    case.close()


def of(outcome: Outcome, key: str) -> list[ObservationInterval]:
    assert outcome.error is None, outcome.error
    return [one for one in outcome.records if isinstance(one, ObservationInterval) and one.service_key == key]


def test_an_icinga_that_is_only_ever_reloaded_is_known_from_before_its_start(other: Other) -> None:
    other.changes = {"before_start": "watched"}
    [core] = of(read(other), "core")
    assert core.first_at == at(1, 0, day=3)


def test_a_warning_may_be_as_good_as_up(other: Other) -> None:
    other.changes = {"warning": "up"}
    [slow] = of(read(other), "slow")
    assert (slow.state, slow.reason) == (ServiceState.UP, "")


def test_an_icinga_that_stands_still_is_known_no_further_than_its_newest_check(other: Other) -> None:
    [soon] = read(other).completed
    [late] = read(other, now=at(4, 59) + timedelta(minutes=4)).completed
    assert (soon.known_until, late.known_until) == (None, at(4, 59))


def test_doctor_says_which_services_it_stands_still_for_and_since_when(other: Other) -> None:
    settings = dict(other.settings())
    del settings["services"]["idle"]
    other.changes = {"services": settings["services"]}
    assert not isinstance(ask(other)[0], Doubtful)
    other.rows = [checked("web!http", 0, at(1, 0), at(1, 30)), *SERVICES[1:]]
    sentence, _ = ask(other)
    assert isinstance(sentence, Doubtful)
    assert "nobody mapped. It stands still for page (last look 2026-11-" in sentence


def test_doctor_warns_of_what_was_never_checked(other: Other) -> None:
    sentence, _ = ask(other)
    assert isinstance(sentence, Doubtful)
    assert sentence.endswith("never checked yet, so nothing is known of it: idle.")


def test_what_a_clock_ahead_of_ours_dated_is_not_known_and_doctor_says_by_how_much(other: Other) -> None:
    first = read(other)
    fine = [checked("web!http", 0, at(4, 20), at(5, 4), last_state_critical=at(4, 19)), *SERVICES[1:]]
    other.rows = fine
    [page] = of(read(other, states=first.states), "page")
    assert page.last_at == at(5, 4), "clocks differ by a little"
    other.rows = [checked("web!http", 2, at(7, 50), at(8, 0), last_state_ok=at(7, 49)), *SERVICES[1:]]
    outcome = read(other, states=first.states)
    assert of(outcome, "page") == []
    assert outcome.states == first.states
    sentence, _ = ask(other)
    assert isinstance(sentence, Doubtful)
    assert "Its clock is ahead of ours for page (3 h 0 min); set it right there" in sentence
    other.rows = fine
    mended = of(read(other, states={"looks": {**first.states["looks"], "page": at(8, 0).timestamp()}}), "page")
    assert [one.last_at for one in mended] == [at(4, 19), at(5, 4)], "a remembered moment to come is none"


def test_an_earlier_state_is_not_told_for_a_time_to_come(other: Other) -> None:
    row = checked("web!http", 0, at(8, 0), at(4, 59), last_state_critical=at(7, 59))
    other.rows = [row, *SERVICES[1:]]
    assert of(read(other), "page") == []


def test_a_read_without_a_new_check_tells_nothing(other: Other) -> None:
    first = read(other)
    again = read(other, states=first.states)
    assert (again.error, again.records, again.states) == (None, [], first.states)


def test_what_goes_on_is_told_from_its_next_check_on(other: Other) -> None:
    first = read(other)
    other.rows = [checked("web!http", 0, at(4, 20), at(5, 9), last_state_critical=at(4, 19)), *SERVICES[1:]]
    [page] = of(read(other, states=first.states, now=at(5, 10)), "page")
    assert (page.first_at, page.last_at, page.count) == (at(5, 0), at(5, 9), 10)


@pytest.mark.parametrize("missing", ["services", "hosts", "downtimes"])
def test_what_a_user_may_not_see_is_told_as_a_permission(other: Other, missing: str) -> None:
    other.missing = missing
    error = read(other).error
    assert isinstance(error, SettingsError)
    assert "objects/query/Downtime" in str(error)


def test_what_nobody_mapped_is_counted_or_refused(other: Other) -> None:
    assert (
        "all 7 services, and 1 that nobody mapped; never checked yet, so nothing is known of it: idle." in ask(other)[0]
    )
    other.changes = {"others": "refuse"}
    assert isinstance(read(other).error, SettingsError)
