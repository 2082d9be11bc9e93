"""What a page says of components and groups: none that is missing, none told twice, each stretch under its word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors._base import FetchRequest, State
from connectors._errors import SettingsError
from firstbell.records import ServiceWindow, VendorIncident
from tests.contract.statuspage.case import COMPONENTS, Case, incident, update
from tests.contract.suite import Outcome, Standing, ask, build, read
from tests.contract.web import Question, Reply


class Misnamed(Case):
    def settings(self) -> Mapping[str, Any]:
        return {**super().settings(), "components": {"sign_in": "Logins", "mail": "Email"}}


class WholePage(Case):
    def settings(self) -> Mapping[str, Any]:
        return {"url": self.url, "service_key": "vendor"}


class Learning(Case):
    """One group of components, with the incidents, maintenances and components of a test."""

    rows: list[dict[str, Any]] = []  # noqa: RUF012 - replaced whole by each test
    plans: list[dict[str, Any]] = []  # noqa: RUF012
    parts: list[dict[str, Any]] = COMPONENTS

    def settings(self) -> Mapping[str, Any]:
        return {"url": self.url, "components": {"learning": "g1"}}

    def components(self) -> list[dict[str, Any]]:
        return self.parts

    def incidents(self) -> list[dict[str, Any]]:
        return self.rows

    def answer(self, question: Question) -> Reply:
        if question.path.endswith("scheduled-maintenances.json"):
            return Reply({"scheduled_maintenances": self.plans})
        return super().answer(question)


Reading = Callable[..., Outcome]


@pytest.fixture
def reading(standing: Standing) -> Reading:
    def run(states: Mapping[str, State] | None = None, **changed: Any) -> Outcome:
        outcome = read(standing(Learning, **{"parts": CALM, **changed}), states=states)
        assert outcome.error is None, outcome.error
        return outcome

    return run


CALM = [one | {"status": "operational", "updated_at": "2025-03-03T15:00:00Z"} for one in COMPONENTS]
BROKEN = [one | ({"status": "partial_outage"} if one["id"] == "c4" else {}) for one in CALM]


def stretches(outcome: Outcome) -> list[tuple[int, int, str]]:
    windows = [one for one in outcome.records if isinstance(one, ServiceWindow)]
    return [(one.started_at.hour, one.ended_at.hour, one.accounting_policy.split(": ")[1]) for one in windows]


def declared(outcome: Outcome) -> list[tuple[str, datetime, datetime | None, bool]]:
    told = [one for one in outcome.records if isinstance(one, VendorIncident)]
    return [(one.title, one.started_at, one.resolved_at, one.planned) for one in told]


def test_a_component_that_is_not_there_is_not_taken_for_one_without_trouble(standing: Standing) -> None:
    case = standing(Misnamed)
    with pytest.raises(SettingsError, match="mail"):
        build(case).check()
    with pytest.raises(SettingsError, match="mail"):
        list(build(case).fetch(FetchRequest()))


def test_a_whole_page_may_stand_for_one_service(standing: Standing) -> None:
    case = standing(WholePage)
    told = [one for one in build(case).fetch(FetchRequest()) if isinstance(one, VendorIncident)]
    own = ["c4/2025-03-03T10:00:00+00:00", "c9/2025-03-03T10:00:00+00:00"]
    assert [record.entity_key for record in told] == [f"vendor/{key}" for key in (*"abcdum", *own)]


def test_a_groups_state_is_the_worst_of_its_members_at_each_moment(reading: Reading) -> None:
    updates = [
        update(14, c4="operational"),
        update(12, c4="partial_outage", c3="operational"),
        update(10, c4="degraded_performance"),
        update(9, c3="major_outage", c9="major_outage"),
    ]
    row = incident("u", resolved_at="2025-03-03T16:00:00Z", components=[], incident_updates=updates)
    assert stretches(reading(rows=[row])) == [(9, 12, "major_outage"), (12, 14, "partial_outage")]


def test_what_still_lasts_is_no_stretch_yet_and_ends_with_its_incident(reading: Reading) -> None:
    updates = [update(9, c3="major_outage")]
    lasting = incident("u", resolved_at=None, components=[], incident_updates=updates)
    assert stretches(reading(rows=[lasting])) == []
    over = lasting | {"resolved_at": "2025-03-03T11:00:00Z"}
    assert stretches(reading(rows=[over])) == [(9, 11, "major_outage")]


def test_a_component_in_trouble_that_nobody_explains_is_told_until_it_is_well(reading: Reading) -> None:
    first = reading(parts=BROKEN)
    begun = datetime(2025, 3, 3, 15, tzinfo=UTC)
    assert declared(first) == [("Quizzes: partial outage", begun, None, False)]
    worse = [
        one | ({"status": "major_outage", "updated_at": "2025-03-03T17:00:00Z"} if one["id"] == "c4" else {})
        for one in CALM
    ]
    second = reading(first.states, parts=worse)
    assert declared(second) == [("Quizzes: major outage", begun, None, False)]
    well = [one | {"updated_at": "2025-03-03T18:00:00Z"} for one in CALM]
    third = reading(second.states, parts=well)
    assert declared(third) == [("Quizzes: major outage", begun, datetime(2025, 3, 3, 18, tzinfo=UTC), False)]
    assert declared(reading(third.states, parts=well)) == []


def unlisted(outcome: Outcome) -> list[tuple[datetime, datetime, float | None]]:
    windows = [one for one in outcome.records if isinstance(one, ServiceWindow)]
    return [(one.started_at, one.ended_at, one.unknown_seconds) for one in windows if "newest" in one.accounting_policy]


def listing(first: int, last: int) -> list[dict[str, Any]]:
    """Incidents of one a day, the newest first, from a day after 1 January to another."""
    days = [datetime(2025, 1, 1, 9, tzinfo=UTC) + timedelta(days=number) for number in range(first, last)]
    return [incident(f"i{day:%j}", created_at=day.isoformat(), started_at=day.isoformat()) for day in reversed(days)]


def test_the_time_before_a_full_list_is_unknown_and_not_quiet(reading: Reading) -> None:
    begins = datetime(2025, 1, 1, 9, tzinfo=UTC)
    assert unlisted(reading(rows=listing(0, 49))) == []
    full = reading(rows=listing(0, 50))
    assert unlisted(full) == [(begins - timedelta(days=366), begins, 366 * 86400.0)]
    assert unlisted(reading(full.states, rows=listing(20, 70))) == []
    lost = reading(full.states, rows=listing(60, 110))
    assert unlisted(lost) == [(begins + timedelta(days=49), begins + timedelta(days=60), 11 * 86400.0)]
    assert unlisted(reading(lost.states, rows=[])) == []


def test_an_open_incident_speaks_for_the_component(reading: Reading) -> None:
    row = incident("x", resolved_at=None, components=[{"id": "c4", "name": "Quizzes"}])
    assert [title for title, *_ in declared(reading(rows=[row], parts=BROKEN))] == ["Trouble x"]


@pytest.mark.parametrize(
    ("status", "ends"), [("scheduled", 4), ("in_progress", None), ("verifying", None), ("completed", 4)]
)
def test_a_maintenance_that_overruns_has_no_end_until_it_is_done(
    reading: Reading, status: str, ends: int | None
) -> None:
    plan = incident(
        "m",
        status=status,
        resolved_at=None,
        components=[{"id": "c3", "name": "Grades"}],
        scheduled_for="2025-03-03T02:00:00Z",
        scheduled_until="2025-03-03T04:00:00Z",
        incident_updates=[update(2, c3="under_maintenance")],
    )
    outcome = reading(plans=[plan])
    end = None if ends is None else datetime(2025, 3, 3, ends, tzinfo=UTC)
    assert declared(outcome) == [("Trouble m", datetime(2025, 3, 3, 2, tzinfo=UTC), end, True)]
    assert stretches(outcome) == ([(2, 4, "under_maintenance")] if status == "completed" else [])


def test_incident_io_words_and_fractions_of_a_second_are_read(reading: Reading) -> None:
    begun = update(9, c3="full_outage") | {"display_at": "2025-03-03T09:00:00.123456789Z"}
    row = incident("01J", components=None, incident_updates=[begun], resolved_at="2025-03-03T11:00:00.5Z")
    outcome = reading(rows=[row])
    assert stretches(outcome) == [(9, 11, "full_outage")]
    (window,) = (one for one in outcome.records if isinstance(one, ServiceWindow))
    assert window.down_seconds == pytest.approx(7200, abs=1)


def test_doctor_names_what_is_not_operational(standing: Standing) -> None:
    case = standing(Case)
    sentence, _ = ask(case)
    assert sentence.endswith("Not operational at present: learning, mail.")
