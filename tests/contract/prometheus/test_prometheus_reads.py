"""What a Prometheus that stands still, lacks a service or shows two series at once comes to; and long stretches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from connectors import get
from connectors._base import Doubtful
from connectors._errors import BadReplyError, SettingsError, UnavailableError
from firstbell.records import ObservationInterval, ServiceState
from tests.contract.prometheus.case import START, Case, reply
from tests.contract.suite import Situation, ask, read
from tests.contract.web import Question, Reply


class Watched(Case):
    """A case whose answers a test changes; it notes what was asked."""

    changes: Mapping[str, Any] = {}

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked: list[Question] = []
        self.replies: dict[str, Reply] = {}
        self.serve(Situation.WHOLE)

    def settings(self) -> Mapping[str, Any]:
        return {**super().settings(), **self.changes}

    def answer(self, question: Question) -> Reply:
        self.asked.append(question)
        found = next((one for part, one in self.replies.items() if part in question.first("query")), None)
        return found or super().answer(question)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    case = Watched(tmp_path)
    yield case
    case.close()


def test_a_prometheus_that_stands_still_is_known_no_further_than_its_newest_sample(watched: Watched) -> None:
    newest = START + timedelta(minutes=23)
    [late] = read(watched).completed
    [soon] = read(watched, now=newest + timedelta(minutes=2)).completed
    assert (late.known_until, soon.known_until) == (newest, None)


def test_doctor_says_of_which_services_there_is_no_look_of_now(watched: Watched) -> None:
    fresh = [{"metric": {}, "values": [[watched.now.timestamp() - 60, "1"]]}]
    watched.replies = {"{": reply(fresh)}
    assert not isinstance(ask(watched)[0], Doubtful)
    old = [{"metric": {}, "values": [[watched.now.timestamp() - 7200, "1"]]}]
    watched.replies = {'mail"}[181s]': reply([]), 'mail"}[86401s]': reply(old), "{": reply(fresh)}
    sentence, _ = ask(watched)
    assert isinstance(sentence, Doubtful)
    assert "It stands still for mail (last look 2026-11-" in sentence
    assert "page" not in sentence


def test_a_service_without_a_sample_is_named(watched: Watched) -> None:
    watched.replies['probe_success{instance="mail"}'] = reply([])
    outcome = read(watched)
    assert isinstance(outcome.error, SettingsError)
    assert "of mail;" in str(outcome.error)
    assert not outcome.completed
    assert "of mail;" in str(ask(watched)[1])


def test_series_that_overlap_are_no_one_service(watched: Watched) -> None:
    watched.changes = {"vantage_label": ""}
    outcome = read(watched)
    assert isinstance(outcome.error, SettingsError)
    assert "mail" in str(outcome.error)


def test_an_answer_that_calls_itself_partial_is_not_taken(watched: Watched) -> None:
    watched.replies["count"] = Reply({"status": "success", "warnings": ["store down"], "data": {"result": []}})
    assert isinstance(ask(watched)[1], UnavailableError)


def test_no_call_asks_for_more_points_than_prometheus_gives(watched: Watched) -> None:
    watched.changes = {"interval_seconds": 15}
    read(watched)
    ranges = [one for one in watched.asked if one.path.endswith("query_range")]
    points = [(float(one.first("end")) - float(one.first("start"))) / int(one.first("step")) for one in ranges]
    assert len(points) == 4
    assert max(points) <= 11_000


@pytest.mark.parametrize(
    "changes",
    [
        {"services": {"pool": "min(up)"}, "scraper": ""},
        {"scraper": "min(up)"},
        {"token": "a token"},
        {"password": None},
    ],
)
def test_settings_that_do_not_fit_together_are_refused(watched: Watched, changes: Mapping[str, Any]) -> None:
    with pytest.raises(ValidationError):
        get("prometheus").Settings(**{**watched.settings(), **changes})


def test_an_answer_that_reaches_further_back_gives_no_look_twice(watched: Watched) -> None:
    """Whether a range holds its first instant depends on Prometheus' version."""
    first = read(watched)
    then = read(watched, states=first.states)
    assert then.error is None
    assert then.records == []
    assert then.states == first.states


def test_where_one_of_several_exporters_answers_somebody_looked(watched: Watched) -> None:
    up, down = ({"job": job, "instance": job} for job in ("a", "b"))
    at = START.timestamp()
    answers = [{"metric": up, "values": [[at, "1"]]}, {"metric": down, "values": [[at, "0"]]}]
    for rows in (answers, answers[::-1]):
        watched.replies["up{job='pool'}["] = reply(rows)
        pool = [one for one in read(watched).records if isinstance(one, ObservationInterval)]
        assert [one.state for one in pool if one.service_key == "pool"] == [ServiceState.UP]


def test_a_read_that_breaks_off_goes_on_behind_the_services_it_had(watched: Watched) -> None:
    watched.replies["up{job='pool'}["] = Reply({"status": "error"}, 400)
    broken = read(watched)
    assert isinstance(broken.error, BadReplyError)
    assert not broken.completed
    reached = broken.marks[-1]
    assert set(reached.state) == {"page", "mail"}
    watched.replies.clear()
    then = read(watched, states={reached.stream: reached.state})
    assert then.error is None
    assert {one.service_key for one in then.records if isinstance(one, ObservationInterval)} == {"pool"}
