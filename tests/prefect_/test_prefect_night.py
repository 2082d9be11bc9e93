"""The night and the hour under a real Prefect server: what stops them, what does not, and what an admin then sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect.artifacts import Artifact
from prefect.client.schemas.objects import State
from sqlalchemy import select

from firstbell.clock import utc_now
from firstbell.store.ledger import claim, last_completed
from firstbell.store.models import AssessmentRow
from firstbell.store.queries import source_states
from tasks.slots import slot_name
from tests.prefect_.conftest import PREFECT_CLIENTS, Office
from tests.prefect_.small_district import CHICAGO, day

pytestmark = PREFECT_CLIENTS


def told(state: State[Any]) -> tuple[str, str, str]:
    return state.type.value, str(state.name), str(state.message)


def artifact(key: str) -> str:
    found = Artifact.get(key=key)
    assert found is not None
    return str(found.data)


def night_done(office: Office) -> bool:
    with office.work() as work, work.store.read() as connection:
        return last_completed(connection, "nightly_audit") is not None


def test_one_dead_source_does_not_stop_a_night(office: Office) -> None:
    office.set_sources("evidence", "page", "dead")
    state = office.run("nightly_audit")
    assert told(state) == ("COMPLETED", "Sources missing", "Not read to the end: dead.")
    assert night_done(office)
    sources = artifact("sources")
    assert "| Evidence list | read |" in sources
    assert "| A dead vendor | **NOT READ** | never |" in sources
    assert "**A dead vendor:** 127.0.0.1:" in sources
    assert "| Light | Indicators |" in artifact("assessment")
    assert "| Service | Answered | Down |" in artifact("services")


def test_a_permanent_fault_is_not_tried_again_and_a_passing_one_is(office: Office) -> None:
    office.set_sources("dead")
    office.run("nightly_audit")
    asked_once = office.web.asked["dead"]
    office.set_sources("shaky", "dead")
    office.web.failures = 4
    state = office.run("nightly_audit")
    assert told(state) == ("COMPLETED", "Sources missing", "Not read to the end: dead.")
    assert office.web.asked["dead"] == 2 * asked_once
    assert office.web.asked["shaky"] > 4


def test_a_night_that_read_nothing_fails_and_leaves_its_slot_open(office: Office) -> None:
    office.set_sources("dead")
    state = office.run_scheduled("nightly_audit")
    assert told(state) == ("FAILED", "Failed", "No source completed a read: dead.")
    assert not night_done(office)
    office.set_sources("evidence")
    assert told(office.run_scheduled("nightly_audit")) == ("COMPLETED", "Completed", "1 source read to the end.")
    assert night_done(office)


def test_a_backlog_is_not_replayed(office: Office) -> None:
    for flow, late in (("nightly_audit", 30), ("poll_uptime", 2), ("briefing", 30), ("housekeeping", 200)):
        kind, name, message = told(office.run_scheduled(flow, utc_now() - timedelta(hours=late)))
        assert (kind, name) == ("COMPLETED", "Superseded")
        assert message == f"This run was due {late} hours ago; the next one does its work."
    assert office.web.asked.total() == 0
    assert office.mails() == []


def test_the_schedule_does_a_slot_once_and_a_person_as_often_as_they_like(office: Office) -> None:
    due = utc_now()
    assert office.run_scheduled("nightly_audit", due).name == "Completed"
    again = office.run_scheduled("nightly_audit", due)
    assert again.name == "Superseded"
    assert "was done at" in str(again.message)
    assert office.run("nightly_audit").name == "Completed"


@pytest.mark.parametrize("part", [{"sources": ["evidence"]}, {"as_of": day(-3)}, {"as_of": day(0)}])
def test_a_part_of_a_night_or_a_past_one_never_takes_the_real_one_s_place(office: Office, part: dict[str, Any]) -> None:
    assert office.run("nightly_audit", **part).name == "Completed"
    assert not night_done(office)
    assert told(office.run_scheduled("nightly_audit")) == ("COMPLETED", "Completed", "1 source read to the end.")
    assert night_done(office)


def test_a_night_assesses_with_what_it_has_just_read(office: Office) -> None:
    office.run_scheduled("nightly_audit")
    with office.work() as work, work.store.read() as connection:
        (run,) = connection.execute(select(AssessmentRow)).all()
        read_at = max(row.completed_at for row in source_states(connection) if row.completed_at)
    assert run.as_of == run.known_at > read_at


def test_a_past_day_is_assessed_with_what_was_known_then(office: Office) -> None:
    office.run("nightly_audit", as_of=day(-3))
    with office.work() as work, work.store.read() as connection:
        (run,) = connection.execute(select(AssessmentRow)).all()
    assert run.as_of == run.known_at < utc_now() - timedelta(days=2)


def test_a_few_looks_by_hand_never_take_the_hour_s_place(office: Office) -> None:
    office.run("poll_uptime", minutes=0)
    with office.work() as work, work.store.read() as connection:
        assert last_completed(connection, "poll_uptime") is None


def test_two_runs_are_never_at_it_at_once(office: Office) -> None:
    with office.work() as work:
        for flow, slot, fields in (
            ("poll_uptime", f"{utc_now():%Y-%m-%dT%H:00Z}", {}),
            ("nightly_audit", day(0), {}),
            ("nightly_audit", day(0), {"as_of": day(-3)}),
        ):
            with claim(work.store, flow, slot, work.district.polling.vantage, force=True):
                state = office.run(flow, **fields)
            assert state.name == "Superseded"
            assert str(state.message).startswith(f"Another run is working on {flow}")
    assert office.web.asked.total() == 0


def test_one_hour_of_looks_is_shown(office: Office) -> None:
    state = office.run("poll_uptime", minutes=0)
    assert told(state) == ("COMPLETED", "Completed", "1 round, 1 look.")
    assert "| Down | none |" in artifact("looks")


def test_a_source_can_be_read_alone_and_anew(office: Office) -> None:
    office.set_sources("evidence", "page")
    assert office.run("nightly_audit", sources=["page"], reread=True).name == "Completed"
    with office.work() as work, work.store.read() as connection:
        assert {row.source_key for row in source_states(connection)} == {"page"}


def test_a_night_belongs_to_the_district_s_day_and_looks_to_the_hour() -> None:
    evening = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    assert slot_name(evening, timedelta(days=1), CHICAGO) == "2026-11-21"
    assert slot_name(evening + timedelta(hours=5), timedelta(days=1), CHICAGO) == "2026-11-22"
    assert slot_name(evening, timedelta(hours=1), CHICAGO) == "2026-11-22T01:00Z"
