"""What a Prometheus that stands still, lacks a service or shows two series at once comes to; and long stretches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from connectors import get
from connectors._base import Doubtful
from connectors._errors import BadReplyError, SettingsError, UnavailableError
from connectors._monitor import latencies
from firstbell.records import Measurement, ObservationInterval, ServiceState
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
    late, soon = (
        {one.stream: one.known_until for one in read(watched, now=now).completed}
        for now in (None, newest + timedelta(minutes=2))
    )
    assert late == {"latencies": None, "looks": newest}
    assert soon == {"latencies": None, "looks": None}


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


def test_a_prometheus_whose_clock_is_ahead_is_not_believed_at_all(watched: Watched) -> None:
    before = read(watched)
    watched.ahead = timedelta(minutes=4)
    assert len(read(watched).records) == len(before.records), "clocks differ by a little"
    watched.ahead = timedelta(hours=5)
    outcome = read(watched, states=before.states)
    assert (outcome.error, outcome.records, outcome.states["looks"]) == (None, [], before.states["looks"])
    (looks,) = (one for one in outcome.completed if one.stream == "looks")
    assert looks.known_until == START + timedelta(minutes=23)
    sentence, _ = ask(watched)
    assert isinstance(sentence, Doubtful)
    assert "Its clock is ahead of ours for mail (5 h 0 min), page (5 h 0 min), pool (5 h 0 min); set it" in sentence


def test_a_prometheus_that_does_not_tell_the_time_is_none(watched: Watched) -> None:
    for value in ([], ["noon", "1"], [1e300, "1"], None):
        watched.replies = {"time()": reply([{"metric": {}, "value": value}])}
        assert isinstance(read(watched).error, BadReplyError)


def test_latency_is_that_of_a_days_answers_and_none_of_its_failures(watched: Watched) -> None:
    """Of yesterday in the district's zone: 200 answers of 1 to 200 ms from one place, time-outs from both."""
    zone = ZoneInfo("America/Chicago")
    midnight = datetime(2026, 11, 19, tzinfo=zone).timestamp()
    at = [midnight + 60 * minute for minute in range(1, 251)]
    took = [(minute + 1) / 1000 for minute in range(200)] + [30.0] * 50

    def series(name: str, values: list[float], prober: str) -> dict[str, Any]:
        rows = [[moment, str(value)] for moment, value in zip(at, values, strict=True)]
        return {"metric": {"__name__": name, "prober": prober}, "values": rows}

    up = [1.0] * 200 + [0.0] * 50
    watched.changes = {"services": {"mail": 'probe_success{instance="mail"}'}, "scraper": "", "latency_days": 1}
    watched.replies = {
        "probe_duration_seconds{": reply([series("probe_duration_seconds", took, place) for place in ("oak", "elm")]),
        "probe_success{": reply([series("probe_success", up, "oak"), series("probe_success", [0.0] * 250, "elm")]),
    }
    now = datetime(2026, 11, 20, 5, tzinfo=zone)
    told = [one for one in read(watched, now=now).records if isinstance(one, Measurement)]
    assert {one.measure_key: one.numerator for one in told} == {"monitor_p50_ms.mail": 100, "monitor_p95_ms.mail": 190}
    assert {(one.period_start_on, one.period_end_on, one.scope) for one in told} == {
        (date(2026, 11, 19), date(2026, 11, 19), "district")
    }
    watched.changes = {**watched.changes, "latency_days": 0}
    assert not any(isinstance(one, Measurement) for one in read(watched, now=now).records)


def test_too_few_answers_have_no_latency() -> None:
    day, end = date(2026, 11, 19), datetime(2026, 11, 20, 6, tzinfo=UTC)
    told = {n: [one.measure_key for one in latencies("mail", day, [0.1] * n, end)] for n in (19, 20, 199, 200)}
    assert told[19] == []
    assert told[20] == told[199] == ["monitor_p50_ms.mail"]
    assert told[200] == ["monitor_p50_ms.mail", "monitor_p95_ms.mail"]


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
