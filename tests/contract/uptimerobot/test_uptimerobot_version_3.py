"""Version 3 of UptimeRobot: pages by a cursor, incidents of two kinds, and what it does not tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors._errors import BadReplyError, SettingsError
from firstbell.records import ObservationInterval, ServiceState, ServiceWindow
from tests.contract.suite import Outcome, Standing, ask, read
from tests.contract.uptimerobot.case import KEY, MADE, MIDNIGHTS, NOW, Case, before
from tests.contract.web import Question, Reply

UP, DOWN, UNKNOWN = ServiceState.UP, ServiceState.DOWN, ServiceState.UNKNOWN


def written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.000Z"


def monitor(key: int, name: str, status: str, hours: float, **other: Any) -> dict[str, Any]:
    return {
        "id": key,
        "friendlyName": name,
        "type": "HTTP",
        "url": f"https://{key}.example.org",
        "status": status,
        "interval": 300,
        "currentStateDuration": int(hours * 3600),
        "createDateTime": written(MADE),
        "httpUsername": "Jane in room 12",
    } | other


def incident(key: int, began: float, ended: float | None, kind: str = "Downtime") -> dict[str, Any]:
    return {
        "id": f"3585327611260550{key}{int(began)}",
        "status": "Resolved" if ended is not None else "Ongoing",
        "type": kind,
        "reason": "Jane in room 12 unplugged it",
        "monitor": {"id": key, "friendlyName": "x"},
        "startedAt": written(before(began)),
        "resolvedAt": None if ended is None else written(before(ended)),
        "duration": 60,
    }


class Third(Case):
    """An account whose monitors come on two pages."""

    first: Mapping[str, Any] = monitor(1, "Web site", "UP", 1)
    second: Mapping[str, Any] = monitor(2, "Mail", "PAUSED", 72)
    told: list[dict[str, Any]] = [incident(1, 2, 1), incident(1, 20, 19, "SlowResponse"), incident(1, 30, 29)]  # noqa: RUF012
    uptime: Mapping[str, Any] = {"uptime": 98.75, "incident_count": 1, "total_downtime_seconds": 1080}
    link = "https://api.uptimerobot.com/v3/monitors/?limit=200&cursor=1"

    def settings(self) -> Mapping[str, Any]:
        return {**super().settings(), "version": "3"}

    def answer(self, question: Question) -> Reply:
        assert question.headers["Authorization"] == f"Bearer {KEY}"
        self.asked.append(question.path)
        if question.path == "/v3/monitors":
            if "cursor" in question.query:
                return Reply({"data": [self.second, monitor(9, "Not ours", "UP", 3)]})
            assert question.first("limit") == "200"
            return Reply({"data": [self.first], "nextLink": self.link})
        if question.path == "/v3/incidents":
            assert question.first("started_after").endswith("T05:00:00Z")
            return Reply({"data": self.told, "nextLink": None})
        assert question.path == "/v3/monitors/1/stats/uptime", question.path
        assert (question.first("from")[10:], question.first("to")[10:]) == ("T06:00:00Z", "T06:00:00Z")
        return Reply({**self.uptime, "from": question.first("from"), "to": question.first("to")})


Reading = Callable[..., Outcome]


@pytest.fixture
def reading(standing: Standing) -> Reading:
    return lambda **changed: read(standing(Third, **changed))


def stretches(outcome: Outcome, service: str = "website") -> list[tuple[ServiceState, str, datetime, datetime]]:
    assert outcome.error is None, outcome.error
    found = [one for one in outcome.records if isinstance(one, ObservationInterval) and one.service_key == service]
    return [(one.state, one.reason, one.first_at, one.last_at + timedelta(seconds=1)) for one in found]


def shares(outcome: Outcome, service: str = "website") -> list[float | None]:
    assert outcome.error is None, outcome.error
    return [one.up_ratio for one in outcome.records if isinstance(one, ServiceWindow) and one.service_key == service]


def test_incidents_and_the_present_state_are_told_and_nothing_between_them(reading: Reading) -> None:
    outcome = reading()
    assert stretches(outcome) == [
        (DOWN, "", before(30), before(29)),
        (DOWN, "", before(2), before(1)),
        (UP, "", before(1), NOW),
    ]
    assert stretches(outcome, "mail") == [(UNKNOWN, "paused", before(72), NOW)]
    assert shares(outcome) == [0.9875, 0.9875]
    assert "Jane" not in outcome.shown


def test_a_paused_day_is_not_asked_for_and_has_no_share(reading: Reading, standing: Standing) -> None:
    assert shares(reading(), "mail") == [None, None]
    case = standing(Third)
    read(case)
    assert isinstance(case, Third)
    assert not any("/monitors/2/" in path for path in case.asked)


def test_a_zero_without_an_incident_is_no_outage(reading: Reading) -> None:
    nothing = {"uptime": 0, "incident_count": 0}
    assert shares(reading(uptime=nothing, told=[])) == [None, None]
    lasting = [incident(1, 100, None)]  # began before the days that are asked for, so that they count none of it
    assert shares(reading(uptime=nothing, told=lasting, first=monitor(1, "Web site", "DOWN", 100))) == [0.0, 0.0]
    assert shares(reading(uptime={"uptime": 0, "incident_count": 1})) == [0.0, 0.0]


def test_an_incident_that_lasts_is_down_until_now_and_once(reading: Reading) -> None:
    lasting = reading(first=monitor(1, "Web site", "DOWN", 2), told=[incident(1, 2, None)])
    assert stretches(lasting) == [(DOWN, "", before(2), NOW)]
    unlisted = reading(first=monitor(1, "Web site", "DOWN", 2), told=[])
    assert stretches(unlisted) == [(DOWN, "", before(2), NOW)]


def test_a_failure_that_is_tried_again_and_an_incident_of_a_new_kind_are_unknown(reading: Reading) -> None:
    told = reading(first=monitor(1, "Web site", "LOOKS_DOWN", 0.5), told=[incident(1, 4, 3, "Melted")])
    assert stretches(told) == [(UNKNOWN, "incident", before(4), before(3)), (UNKNOWN, "retry", before(0.5), NOW)]


def test_a_monitor_made_yesterday_is_known_from_then_on(reading: Reading) -> None:
    made = MIDNIGHTS[1] + timedelta(hours=1)
    told = reading(first=monitor(1, "Web site", "UP", 900, createDateTime=written(made)), told=[])
    assert stretches(told) == [(UP, "", made, NOW)]
    assert shares(told) == []


@pytest.mark.parametrize("link", ["/v3/monitors?cursor=1", "?cursor=1"])
def test_the_next_pages_cursor_is_read_off_any_kind_of_link(reading: Reading, link: str) -> None:
    assert len(stretches(reading(link=link), "mail")) == 1


def test_answers_of_another_shape_and_monitors_that_are_gone_are_errors(reading: Reading) -> None:
    assert isinstance(reading(uptime={"uptime": 101, "incident_count": 0}).error, BadReplyError)
    assert isinstance(reading(told=[incident(1, 2, 1) | {"startedAt": "half past nine"}]).error, BadReplyError)
    gone = reading(second=monitor(3, "Another", "UP", 1)).error
    assert isinstance(gone, SettingsError)
    assert "mail" in str(gone)


def test_doctor_names_what_is_not_watched(standing: Standing) -> None:
    sentence, error = ask(standing(Third))
    assert error is None
    assert sentence.endswith("all 2 services; 1 more are not mapped. Not watched at present: mail.")
