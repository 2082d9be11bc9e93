"""A word on a draft: kept once, told in full when it does not fit, and without effect on what is frozen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from firstbell.briefing.freeze import Frozen, freeze
from firstbell.briefing.gather import gather
from firstbell.meetings import MeetingError
from firstbell.packet.audience import cut
from firstbell.packet.render import render_mail
from firstbell.packet.wording import Wording
from firstbell.records import SectionNote
from firstbell.review import Reviewed, lines_of, review, waiting
from firstbell.review_form import ReviewError, ReviewWord
from firstbell.store.history import current_team_facts
from firstbell.store.models import ApprovalState
from firstbell.store.packets import approvals
from firstbell.workplace import Workplace
from tests.unit.team_workplace import DECEMBER, Watch, decision, decisions, meeting_on, opened, tell

NOW = datetime(2026, 11, 25, 15, tzinfo=UTC)
"""Between the draft (23 November) and the packet (26 is Thanksgiving: 25 November, 6 am is past 12:00 UTC)."""


@pytest.fixture
def clock() -> Watch:
    return Watch(NOW)


@pytest.fixture
def work(tmp_path: Path, clock: Watch) -> Iterator[Workplace]:
    with opened(tmp_path, clock) as place:
        tell(
            place,
            decision("contract", meeting_key=DECEMBER, state="proposed", confirmed_by=""),
            decision("filter", meeting_key=DECEMBER),
            decision("old", meeting_key=DECEMBER, state="decided"),
        )
        yield place


@pytest.fixture
def draft(work: Workplace) -> Frozen:
    return made(work, "draft")


def made(work: Workplace, stage: str) -> Frozen:
    meeting, previous = meeting_on(work, "2026-12-03"), meeting_on(work, "2026-11-05")
    return freeze(work, meeting, previous, stage, as_of=work.clock(), known_at=work.clock())


def say(work: Workplace, **fields: Any) -> Reviewed:
    return review(work, ReviewWord.model_validate({"team": "leadership", **fields}))


def said(work: Workplace, draft: Frozen) -> list[tuple[str, str, str]]:
    with work.store.read() as connection:
        return [(row.state, row.by, row.note) for row in approvals(connection, draft.row.id)]


def test_a_draft_waits_until_somebody_speaks(work: Workplace, draft: Frozen) -> None:
    (one,) = waiting(work)
    assert (one.team_key, one.meeting_key, one.state) == ("leadership", DECEMBER, ApprovalState.WAITING)
    assert {found.decision_key for found in one.decisions} >= {"contract", "filter"}
    assert one.lines


def test_a_draft_says_when_its_packet_goes_out_and_how_to_hold_it(work: Workplace, draft: Frozen) -> None:
    meeting = meeting_on(work, "2026-12-03")
    at = Wording(work.district.zone).moment(meeting.send_at)
    told = f"Goes out {at} unless held. To approve, hold, confirm or drop: “firstbell review”"
    assert draft.packet.heading.review.startswith(told)
    mail = render_mail(cut(draft.packet, "leadership"), "leadership", None, {})
    assert told in " ".join(mail.text.split())
    assert "firstbell review" in mail.html
    assert made(work, "final").packet.heading.review == ""


def test_approve_and_hold_are_rows_of_their_own(work: Workplace, draft: Frozen) -> None:
    assert say(work, word="hold", note="The budget is wrong.").state is ApprovalState.HELD
    assert say(work, word="approve").sentences[0].startswith("Approved")
    assert said(work, draft)[1:] == [
        ("held", "team_leader", "The budget is wrong."),
        ("approved", "team_leader", ""),
    ]


def test_approved_after_its_hour_it_goes_out_with_the_next_run(work: Workplace, draft: Frozen, clock: Watch) -> None:
    send_at = meeting_on(work, "2026-12-03").send_at
    clock.now = send_at - timedelta(hours=1)
    told = say(work, word="approve").sentences[0]
    assert "6 am" in told
    assert "next briefing run" not in told
    clock.now = send_at + timedelta(hours=1)
    assert say(work, word="approve").sentences[0] == "Approved: the packet goes out with the next briefing run."


def test_saying_it_twice_keeps_it_once(work: Workplace, draft: Frozen) -> None:
    for _ in range(2):
        say(work, word="hold", note="Wait.", confirm=["contract"], add=[{"title": "Buy a generator?"}])
    assert len(said(work, draft)) == 2
    assert sum(key.startswith("leadership/asked.") for key in decisions(work)) == 1


def test_a_note_leaves_the_state_as_it_is(work: Workplace, draft: Frozen) -> None:
    say(work, word="hold")
    assert say(work, note="Asked the vendor.").state is ApprovalState.HELD
    assert said(work, draft)[-1] == ("held", "team_leader", "Asked the vendor.")


def test_decisions_are_confirmed_dropped_and_added(work: Workplace, draft: Frozen) -> None:
    question = {"title": "Buy a generator?", "cost": 12_000, "decider": "superintendent", "deadline": "2026-12-20"}
    say(work, by="superintendent", confirm=["contract"], drop=["filter"], add=[question])
    found = decisions(work)
    assert (found["leadership/contract"].state, found["leadership/contract"].confirmed_by) == (
        "confirmed",
        "superintendent",
    )
    assert found["leadership/filter"].state == "dropped"
    added = found["leadership/asked.2026-12-03.1"]
    assert (added.title, added.state, added.cost, added.meeting_key) == (
        "Buy a generator?",
        "confirmed",
        12_000,
        DECEMBER,
    )


def test_the_draft_stays_as_it_was_and_the_packet_has_the_word(work: Workplace, draft: Frozen, clock: Watch) -> None:
    before = draft.row.snapshot
    say(work, confirm=["contract"], drop=["filter"])
    clock.now += timedelta(hours=1)
    assert made(work, "draft").row.snapshot == before
    assert [one.title for one in made(work, "final").packet.decisions] == ["Decide contract"]


def test_a_note_stands_beside_its_line(work: Workplace, draft: Frozen) -> None:
    line = next(iter(lines_of(draft.packet)))
    say(work, by="it_lead", lines=[{"line": line, "text": "The vendor mends it on Monday."}])
    with work.store.read() as connection:
        (note,) = current_team_facts(connection, SectionNote)
    assert (note.line_key, note.by_role) == (line, "it_lead")
    meeting, previous = meeting_on(work, "2026-12-03"), meeting_on(work, "2026-11-05")
    material = gather(work, meeting, previous, stage="final", revision=1, as_of=work.clock(), known_at=work.clock())
    assert material.notes[line].text == "The vendor mends it on Monday."


def test_everything_that_does_not_fit_is_told_and_nothing_is_kept(work: Workplace, draft: Frozen) -> None:
    before = decisions(work)
    with pytest.raises(ReviewError) as caught:
        say(
            work,
            word="approve",
            by="team_leadr",
            confirm=["contrct", "old", "filter"],
            drop=["filter"],
            add=[{"title": "Buy it?", "decider": "superintendnt"}],
            lines=[{"line": "nothing", "text": "Why."}],
        )
    told = str(caught.value).splitlines()
    assert len(told) == 6
    assert any("did you mean contract?" in line for line in told)
    assert any("did you mean team_leader?" in line for line in told)
    assert any("old is decided already" in line for line in told)
    assert any("filter is both confirmed and dropped" in line for line in told)
    assert decisions(work) == before
    assert len(said(work, draft)) == 1


def test_a_word_that_says_nothing_is_refused(work: Workplace, draft: Frozen) -> None:
    with pytest.raises(ReviewError, match="Nothing was said"):
        say(work)


def test_without_a_draft_there_is_nothing_to_review(work: Workplace) -> None:
    due = meeting_on(work, "2026-12-03").draft_at
    assert due is not None
    at = Wording(work.district.zone).moment(due)
    with pytest.raises(ReviewError, match=f"There is no draft of that meeting yet; it is due {at}"):
        say(work, word="approve")
    assert waiting(work) == []


def test_after_the_packet_is_final_a_word_comes_too_late(work: Workplace, draft: Frozen) -> None:
    made(work, "final")
    with pytest.raises(ReviewError, match="say it in the meeting's minutes"):
        say(work, word="hold")
    assert waiting(work) == []


def test_unknown_teams_and_meetings_are_named(work: Workplace) -> None:
    with pytest.raises(ReviewError, match="did you mean leadership"):
        say(work, team="leadrship", word="approve")
    with pytest.raises(MeetingError, match="There is no meeting 2026-12-04; near are"):
        say(work, meeting="2026-12-04", word="approve")


def test_every_field_of_the_form_has_a_title_and_a_description() -> None:
    schema = ReviewWord.model_json_schema()
    models = [schema, *schema["$defs"].values()]
    fields = [field for model in models for field in model["properties"].values()]
    assert all({"title", "description", "position"} <= set(field) and "anyOf" not in field for field in fields)
