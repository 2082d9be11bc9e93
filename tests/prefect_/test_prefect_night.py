"""The night and the hour under a real Prefect server: what stops them, what does not, and what an admin then sees."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect.artifacts import Artifact
from prefect.client.schemas.objects import State

from firstbell.clock import utc_now
from firstbell.store.ledger import claim, last_completed
from firstbell.store.queries import source_states
from tests.prefect_.conftest import PREFECT_CLIENTS, Office

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


def test_two_runs_are_never_at_it_at_once(office: Office) -> None:
    now = utc_now()
    with office.work() as work:
        for flow, slot in (("poll_uptime", f"{now:%Y-%m-%dT%H:00Z}"), ("nightly_audit", f"{now:%Y-%m-%dT00:00Z}")):
            with claim(work.store, flow, slot, work.district.polling.vantage):
                state = office.run(flow)
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
