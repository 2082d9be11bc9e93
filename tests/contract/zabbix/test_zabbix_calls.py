"""Pages of time, refusals with status 200, and what Zabbix has that is not what the settings mean."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors._base import Doubtful
from connectors._errors import AuthError, BadReplyError, SettingsError
from connectors.zabbix import ROWS_A_CALL
from firstbell.records import ObservationInterval
from tests.contract.suite import Situation, ask, read
from tests.contract.web import Question, Reply
from tests.contract.zabbix.case import START, Case, item


class Odd(Case):
    """A case of which a test replaces single answers: by method, with a result or an error."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.results: dict[str, Any] = {}
        self.errors: dict[str, str] = {}
        self.changes: Mapping[str, Any] = {}
        self.asked: list[Mapping[str, Any]] = []
        self.serve(Situation.WHOLE)

    def settings(self) -> Mapping[str, Any]:
        return {**super().settings(), **self.changes}

    def answer(self, question: Question) -> Reply:
        asked = json.loads(question.body)
        self.asked.append(asked)
        if asked["method"] in self.errors:
            error = {"code": -32602, "message": "Invalid params.", "data": self.errors[asked["method"]]}
            return Reply({"jsonrpc": "2.0", "error": error, "id": 1})
        if asked["method"] in self.results:
            return Reply({"jsonrpc": "2.0", "result": self.results[asked["method"]], "id": 1})
        return super().answer(question)


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[Odd]:
    case = Odd(tmp_path)
    yield case
    case.close()


class Many(Odd):
    """One item with more values than a call gives, a second between them and two in the very second of the cut."""

    def history_get(self, asked: Mapping[str, Any]) -> Any:
        at = int(START.timestamp()) - 20_000
        clocks = [*range(at, at + ROWS_A_CALL), at + ROWS_A_CALL - 1, *range(at + ROWS_A_CALL, at + ROWS_A_CALL + 50)]
        rows = [{"clock": str(one), "ns": str(n % 7), "value": "1"} for n, one in enumerate(clocks)]
        return [one for one in rows if int(one["clock"]) >= asked["time_from"]][: asked["limit"]]


def test_more_values_than_a_call_gives_come_once(tmp_path: Path) -> None:
    case = Many(tmp_path)
    case.changes = {"services": {"mail": "103"}, "sla": None, "zero_is_up": [], "interval_seconds": 1}
    try:
        outcome = read(case)
        assert outcome.error is None
        looks = [one for one in outcome.records if isinstance(one, ObservationInterval)]
        assert sum(one.count for one in looks) == ROWS_A_CALL + 51
        assert [one["method"] for one in case.asked].count("history.get") == 2
    finally:
        case.close()


def test_a_page_that_does_not_move_on_is_told(odd: Odd) -> None:
    row = {"clock": str(int(START.timestamp())), "ns": "0", "value": "1"}
    odd.results["history.get"] = [{**row, "ns": str(n)} for n in range(ROWS_A_CALL)]
    assert isinstance(read(odd).error, BadReplyError)


@pytest.mark.parametrize(
    "data",
    ["Not authorized.", "Session terminated, re-login, please.", "API token expired.", "No permissions to call."],
)
def test_a_refusal_is_told_from_a_wrong_question(odd: Odd, data: str) -> None:
    odd.errors["item.get"] = data
    assert isinstance(ask(odd)[1], AuthError)
    odd.errors["item.get"] = 'Invalid parameter "/1": unexpected parameter "webitems".'
    assert isinstance(ask(odd)[1], BadReplyError)


@pytest.mark.parametrize(
    ("method", "result", "told"),
    [
        ("apiinfo.version", "6.2.9", "older Zabbix"),
        ("item.get", [], "has nothing for"),
        (
            "item.get",
            [item("103", "mail", "smtp.up"), item("9", "Router 1", "icmpping", value_type="4")],
            "nothing for",
        ),
        ("sla.get", [], "no SLA"),
        ("service.get", {}, "has nothing for portal, mail"),
        ("sla.getsli", {"periods": [], "serviceids": ["21"], "sli": []}, "does not hold for mail"),
    ],
)
def test_what_is_not_there_is_named(odd: Odd, method: str, result: Any, told: str) -> None:
    odd.results[method] = result
    error = read(odd).error
    assert isinstance(error, SettingsError)
    assert told in str(error)


def test_text_is_no_state(odd: Odd) -> None:
    odd.changes = {"services": {"mail": "103"}}
    odd.results["item.get"] = [item("103", "mail", "smtp.up", value_type="4")]
    assert "mail holds no numbers" in str(ask(odd)[1])


@pytest.mark.parametrize("delay", ["{$UPDATE}", "0", "2d"])
def test_an_interval_that_is_not_plain_must_be_set(odd: Odd, delay: str) -> None:
    odd.changes = {"services": {"mail": "103"}}
    odd.results["item.get"] = [item("103", "mail", "smtp.up", delay=delay)]
    assert "set interval_seconds" in str(ask(odd)[1])
    odd.changes = {"services": {"mail": "103"}, "interval_seconds": 60}
    assert ask(odd)[1] is None


def test_a_table_with_a_hole_is_no_level(odd: Odd) -> None:
    odd.results["sla.getsli"] = {
        "periods": [{"period_from": 1_795_000_000, "period_to": 1_795_086_400}],
        "serviceids": ["22", "21"],
        "sli": [[{"uptime": 1, "downtime": 0, "sli": 100, "excluded_downtimes": []}]],
    }
    assert isinstance(read(odd).error, BadReplyError)


def test_a_zabbix_that_stands_still_is_known_no_further_than_its_newest_value(odd: Odd) -> None:
    newest = START + timedelta(minutes=32, milliseconds=500)
    late = {one.stream: one.known_until for one in read(odd).completed}
    soon = {one.stream: one.known_until for one in read(odd, now=newest + timedelta(minutes=3)).completed}
    assert late == {"looks": newest, "levels": None}
    assert soon == {"looks": None, "levels": None}


def test_doctor_says_for_which_items_it_stands_still_and_since_when(odd: Odd) -> None:
    odd.changes = {"services": {"mail": "103"}, "sla": None, "zero_is_up": []}
    now = int(odd.now.timestamp())
    for clock, told in ((now - 60, ""), (now - 7200, "mail (last look 2026-11-"), (0, "mail (no look is told)")):
        odd.results["item.get"] = [item("103", "mail", "smtp.up", lastclock=str(clock))]
        sentence, _ = ask(odd)
        assert isinstance(sentence, Doubtful) is bool(told)
        assert told in sentence


def test_values_of_a_clock_that_is_ahead_are_not_known(odd: Odd) -> None:
    first = read(odd)
    ahead = str(int(odd.now.timestamp()) + 3600)
    odd.changes = {"services": {"mail": "103"}, "sla": None, "zero_is_up": []}
    odd.results["item.get"] = [item("103", "mail", "smtp.up", value_type="0", lastclock=ahead)]
    assert read(odd).records == []
    outcome = read(odd, states=first.states)
    assert (outcome.error, outcome.records) == (None, [])
    assert outcome.states["looks"]["mail"] == first.states["looks"]["mail"]
    sentence, _ = ask(odd)
    assert isinstance(sentence, Doubtful)
    assert "Its clock is ahead of ours for mail (1 h 0 min); set it" in sentence


def test_a_read_that_breaks_off_goes_on_behind_the_items_it_had(odd: Odd) -> None:
    odd.serve(Situation.BAD_VALUE)
    broken = read(odd)
    assert isinstance(broken.error, BadReplyError)
    reached = broken.marks[-1]
    assert set(reached.state) == {"wan", "portal"}
    odd.serve(Situation.WHOLE)
    then = read(odd, states={reached.stream: reached.state})
    assert {one.service_key for one in then.records if isinstance(one, ObservationInterval)} == {"mail"}
