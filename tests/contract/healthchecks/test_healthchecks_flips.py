"""What becomes of Healthchecks' flips, which say only up or not: never a pause taken for an outage, nor the reverse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from connectors._base import Mode, State
from connectors._errors import BadReplyError, SettingsError
from firstbell.records import ObservationInterval
from tests.contract.healthchecks.case import BACKUP, NOW, OTHER, START, SYNC, Case, before, flip
from tests.contract.suite import Outcome, Standing, ask, read

Told = list[tuple[str, str, datetime, datetime]]


class Job(Case):
    """One check with the flips and settings of a test."""

    rows: list[dict[str, Any]] = []  # noqa: RUF012 - replaced whole by each test
    row: Mapping[str, Any] = SYNC
    extra: Mapping[str, Any] = {}

    def settings(self) -> Mapping[str, Any]:
        return {**super().settings(), "services": {"job": self.row["name"]}, **self.extra}

    def checks(self) -> list[dict[str, Any]]:
        return [dict(self.row), OTHER]

    def flips(self) -> list[dict[str, Any]]:
        return self.rows

    def sync_flips(self) -> list[dict[str, Any]]:
        return self.rows


Reading = Callable[..., Outcome]


@pytest.fixture
def reading(standing: Standing) -> Reading:
    def run(mode: Mode = Mode.INCREMENTAL, states: Mapping[str, State] | None = None, **changed: Any) -> Outcome:
        return read(standing(Job, **changed), mode=mode, states=states)

    return run


def told(outcome: Outcome) -> Told:
    assert outcome.error is None, outcome.error
    rows = [one for one in outcome.records if isinstance(one, ObservationInterval)]
    return [(one.state.value, one.reason, one.first_at, one.last_at + timedelta(seconds=1)) for one in rows]


WENT = [flip(10, 1), flip(20, 0), flip(30, 1)]


def test_where_nobody_pauses_a_stretch_that_was_not_up_was_down(reading: Reading) -> None:
    found = told(reading(rows=WENT, extra={"pauses": "never"}))
    assert ("down", "", before(20), before(10)) in found


@pytest.mark.parametrize(
    ("grace", "expected"),
    [("unknown", ("unknown", "grace")), ("down", ("down", "grace")), ("up", ("up", ""))],
)
def test_the_grace_before_is_what_the_settings_say(reading: Reading, grace: str, expected: tuple[str, str]) -> None:
    found = told(reading(rows=WENT, extra={"pauses": "never", "grace": grace}))
    assert [one[:2] for one in found if one[2] <= before(20.5) < one[3]] == [expected]


@pytest.mark.parametrize(("status", "expected"), [("down", ("down", "")), ("paused", ("unknown", "paused"))])
def test_a_stretch_that_a_night_saw_stays_what_it_was(reading: Reading, status: str, expected: tuple[str, str]) -> None:
    seen = reading(rows=WENT[1:], row=SYNC | {"status": status, "next_ping": None})
    assert told(seen)[-1][:2] == expected
    for mode in Mode:
        later = told(reading(mode, seen.states, rows=WENT))
        assert (*expected, before(20), before(10)) in later


def test_after_a_pause_there_is_no_grace_to_count(reading: Reading) -> None:
    found = told(reading(rows=WENT[1:], row=SYNC | {"status": "paused"}))
    assert found == [("up", "", before(30), before(20)), ("unknown", "paused", before(20), NOW)]


def test_a_check_without_a_change_has_been_as_it_is_since_the_last_reading(reading: Reading) -> None:
    assert told(reading()) == [("up", "", START, NOW)]
    assert told(reading(row=SYNC | {"status": "new"})) == [("unknown", "new", START, NOW)]


def test_a_late_job_is_up_until_it_was_expected(reading: Reading) -> None:
    late = SYNC | {"status": "grace", "next_ping": before(0.25).isoformat()}
    assert told(reading(rows=[flip(30, 1)], row=late)) == [
        ("up", "", before(30), before(0.25)),
        ("unknown", "grace", before(0.25), NOW),
    ]


def test_a_job_that_is_down_before_its_flip_is_written_is_not_up_until_now(reading: Reading) -> None:
    down = BACKUP | {"last_ping": before(3).isoformat()}
    found = told(reading(rows=[flip(30, 1)], row=down))
    assert found == [("up", "", before(30), before(3)), ("unknown", "grace", before(3), NOW)]


def test_a_pause_and_resume_in_one_second_and_a_bare_list_are_read(reading: Reading) -> None:
    rows = [flip(10, 1), flip(20, 0), flip(20, 0), flip(30, 1)]
    found = told(reading(rows=rows, wrapped=lambda self, rows: rows))
    assert ("unknown", "down_or_paused", before(20), before(10)) in found


def test_a_key_that_may_write_gives_the_id_by_other_fields(reading: Reading) -> None:
    row = {**SYNC, "unique_key": "", "ping_url": "https://hc-ping.com/k1"}
    assert told(reading(rows=[flip(30, 1)], row=row)) == [("up", "", before(30), NOW)]
    error = reading(row={**SYNC, "unique_key": ""}).error
    assert isinstance(error, BadReplyError)
    assert "unique_key" in str(error)


def test_two_checks_of_one_name_are_told_apart_by_id_only(reading: Reading) -> None:
    error = reading(checks=lambda self: [SYNC, {**SYNC, "unique_key": "k3"}]).error
    assert isinstance(error, SettingsError)
    assert "several of that name for job" in str(error)


def test_doctor_names_what_is_not_watched_at_present(standing: Standing) -> None:
    case = standing(Job, row=SYNC | {"status": "paused"})
    sentence, error = ask(case)
    assert error is None
    assert sentence.endswith("has all 1 services; 1 more are not mapped. Not watched at present: job.")
