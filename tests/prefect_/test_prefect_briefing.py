"""The briefing and people's words under a real Prefect server: mailed is mailed, and a slip in a form is a sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from prefect.artifacts import Artifact

from firstbell.assessment.instrument import load_instrument
from firstbell.clock import utc_now
from firstbell.meetings import meetings_of
from firstbell.records import TEAM_SOURCE, TeamDecision
from firstbell.store.models import ApprovalState
from firstbell.store.packets import approvals, latest_packet
from firstbell.store.save import save_facts
from tasks.brief import TeamBriefed
from tasks.show import page
from tests.prefect_.conftest import PREFECT_CLIENTS, Office
from tests.prefect_.small_district import day

pytestmark = PREFECT_CLIENTS


def words(state: Any) -> str:
    return str(state.message)


def test_briefing_twice_mails_nothing_twice(office: Office) -> None:
    first = office.run("briefing")
    assert (first.name, words(first)) == ("Completed", "leadership: Final revision 1: 2 sent.")
    mails, outbox = office.mails(), office.outbox()
    assert len(mails) == len(outbox) == 2
    again = office.run("briefing")
    assert (again.name, words(again)) == ("Completed", "leadership: Final revision 1: nothing new to send.")
    assert office.run_scheduled("briefing").name == "Completed"
    assert office.mails() == mails
    assert office.outbox() == outbox
    shown = Artifact.get(key="briefings")
    assert shown is not None
    assert "nothing new to send" in str(shown.data)
    assert "ada@" not in str(shown.data)


def test_a_scheduled_run_that_starts_late_prints_what_was_decided_meanwhile(office: Office) -> None:
    with office.work() as work:
        (meeting,) = meetings_of(work.district, "leadership", work.clock(), work.read_calendar)
        question = TeamDecision(
            team_key="leadership", decision_key="D-1", meeting_key=meeting.key, title="Buy it?", state="confirmed"
        )
        with work.store.begin() as connection:
            save_facts(connection, TEAM_SOURCE, [question], work.clock())
    assert office.run_scheduled("briefing", utc_now() - timedelta(hours=3)).name == "Completed"
    with office.work() as work, work.store.read() as connection:
        packet = latest_packet(connection, "leadership", meeting.key, "final")
    assert packet is not None
    assert "Buy it?" in packet.snapshot


def test_what_an_admin_sees_counts_deliveries_and_names_nobody() -> None:
    key = "packet/leadership/monthly/2026-12-03T21:30Z/final/1/representative/{}/0"
    done = TeamBriefed(team="leadership", refused=(key.format("bo"), key.format("cy")), unknown=(key.format("ada"),))
    text = page("briefings", done=[done])
    assert "**Refused** (leadership): 2. `firstbell outbox --state refused`" in text
    assert "**Outcome unknown** (leadership): 1. `firstbell outbox --state unknown`" in text
    assert not any(person in text for person in ("/bo/", "/cy/", "/ada/"))


def test_a_packet_is_sent_again_to_one_person_only(office: Office) -> None:
    office.run("briefing")
    assert office.run("briefing", resend_to="bo_short").name == "Completed"
    assert sorted(row.person_key for row in office.outbox()) == ["ada_long", "bo_short", "bo_short"]
    assert len(office.mails()) == 3


def test_a_dry_run_keeps_and_mails_nothing(office: Office) -> None:
    state = office.run("briefing", dry_run=True)
    assert words(state) == "leadership: A preview was written; nothing was kept or sent."
    assert office.mails() == office.outbox() == []
    assert list((office.state / "previews").rglob("*.pdf"))


@pytest.mark.parametrize(
    ("flow", "fields", "sentence"),
    [
        ("briefing", {"team": "nobody"}, "Team: there is no team 'nobody'; the teams are leadership."),
        ("briefing", {"as_of": day(3)}, "As of: this day lies ahead; only the past can be known."),
        ("briefing", {"as_of": "last week"}, "As of: 'last week' is no date; write 2026-11-20 or 2026-11-20 06:00."),
        (
            "needs_assessment",
            {"as_of": f"{day(1)} 06:00"},
            "As of: this moment lies ahead; only the past can be known.",
        ),
        (
            "briefing",
            {"resend_to": "nobody"},
            "Send again to: 'nobody' sits in no team; the members are ada_long, bo_short.",
        ),
        ("nightly_audit", {"sources": ["desk"]}, "Only these sources: there is no desk; there are evidence."),
    ],
)
def test_an_impossible_answer_is_told_in_a_sentence(
    office: Office, flow: str, fields: dict[str, Any], sentence: str
) -> None:
    state = office.run(flow, **fields)
    assert (state.name, words(state)) == ("Failed", sentence)
    assert office.mails() == office.outbox() == []


@pytest.mark.parametrize(
    ("flow", "fields"),
    [
        ("poll_uptime", {"minutes": 300}),
        ("briefing", {"teem": "leadership"}),
        ("nightly_audit", {"sources": "evidence"}),
    ],
)
def test_an_answer_of_the_wrong_kind_ends_before_any_work(office: Office, flow: str, fields: dict[str, Any]) -> None:
    state = office.run(flow, **fields)
    assert state.name == "Failed"
    assert f"options.{next(iter(fields))}" in words(state)
    assert not (office.state / "firstbell.db").exists()


def test_a_meeting_that_is_not_planned_is_told(office: Office) -> None:
    state = office.run("briefing", meeting="2019-01-01")
    assert state.name == "Failed"
    assert words(state).startswith("leadership: ")
    assert words(state).endswith(".")


def test_a_held_draft_stays_until_it_is_approved(office: Office) -> None:
    office.meet_in(days=20)
    assert words(office.run("briefing")) == "leadership: Draft revision 1: 1 sent."
    assert words(office.run("review_packet", team="leadership", word="hold")).startswith("Held: the packet stays here")
    assert words(office.run("review_packet", team="leadership", word="approve")).startswith("Approved: ")
    with office.work() as work, work.store.read() as connection:
        (meeting,) = {row.meeting_key for row in office.outbox()}
        draft = latest_packet(connection, "leadership", meeting, "draft")
        assert draft is not None
        said = [row.state for row in approvals(connection, draft.id)]
    assert said == [ApprovalState.WAITING, ApprovalState.HELD, ApprovalState.APPROVED]


def test_a_word_without_a_draft_is_refused_in_a_sentence(office: Office) -> None:
    state = office.run("review_packet", team="leadership", word="hold")
    assert state.name == "Failed"
    assert words(state).startswith("There is no draft of that meeting yet; it is due ")


def test_minutes_become_actions_once(office: Office) -> None:
    office.meet_in(days=-1)
    fields = {
        "team": "leadership",
        "attended": ["ada_long"],
        "new_actions": [{"title": "Replace the switch", "owner": "it_lead", "due": day(20)}],
    }
    state = office.run("record_minutes", **fields)
    assert state.name == "Completed"
    assert words(state).startswith("The minutes of ")
    assert "Opened here: A-1." in words(state)
    assert words(office.run("record_minutes", **fields)).endswith("are recorded already; nothing changed.")


def test_minutes_that_do_not_fit_are_told(office: Office) -> None:
    state = office.run("record_minutes", team="leadership", meeting="2019-01-01")
    assert state.name == "Failed"
    assert words(state)


def test_needs_and_house_are_shown(office: Office) -> None:
    indicators = len(load_instrument().by_id)
    assert words(office.run("needs_assessment")).startswith(f"{indicators} indicators, ")
    assert office.run("housekeeping").name == "Completed"
    assert Artifact.get(key="assessment") is not None
    assert Artifact.get(key="housekeeping") is not None
