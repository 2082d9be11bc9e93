"""Minutes become decisions and actions: once, whole, and mended by a corrected copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from firstbell.actions import change_action, closed, moved
from firstbell.briefing.gather import gather
from firstbell.decisions import agenda
from firstbell.minutes.faults import MinutesError
from firstbell.minutes.model import Minutes
from firstbell.minutes.reading import minutes_from_text, read_minutes
from firstbell.minutes.record import Recorded, record_minutes
from firstbell.minutes.template import minutes_template
from firstbell.packet.compose import compose
from firstbell.records import MeetingMinutes
from firstbell.store.history import current_team_facts, versions_of
from firstbell.workplace import Workplace
from tests.unit.team_workplace import (
    AFTER,
    DECEMBER,
    NOVEMBER,
    Watch,
    action,
    actions,
    decision,
    decisions,
    meeting_on,
    opened,
    tell,
)

BEFORE = datetime(2026, 11, 4, 12, tzinfo=UTC)
HEAD = "team: leadership\nmeeting: 2026-11-05\n"
FULL = (
    HEAD
    + """\
attended: [team_leader, bo]
absent: [cy]
visited: [uptime]
decisions:
  - {decision: 1, outcome: Renew for two years.}
  - {decision: filter, word: postponed}
  - {decision: phones, word: dropped, outcome: No money.}
new_decisions:
  - {title: Lend tablets over the summer, outcome: Yes., objective: IP-01}
actions:
  - {action: A-1, word: done, on: 2026-11-02}
  - {action: a-2, word: moved, due: 2026-12-01, why: Parts are late.}
  - {action: A-3, word: handed_over, to: bo}
  - {action: A-4, word: dropped, why: The vendor is gone.}
new_actions:
  - {title: Ask three vendors for quotes, owner: it_lead, due: 2026-11-20, objective: uptime}
  - {title: Invite the parents, owner: bo}
ideas: [Solar panels for the switches]
note: Short and good.
"""
)


@pytest.fixture
def clock() -> Watch:
    return Watch(AFTER)


@pytest.fixture
def work(tmp_path: Path, clock: Watch) -> Iterator[Workplace]:
    with opened(tmp_path, clock) as place:
        tell(
            place,
            decision("contract", deadline_on=date(2026, 11, 30)),
            decision("filter"),
            decision("phones"),
            decision("wish", state="proposed", confirmed_by=""),
            *(action(number) for number in range(1, 5)),
            at=BEFORE,
        )
        yield place


def record(work: Workplace, text: str) -> Recorded:
    minutes, document = minutes_from_text(text)
    return record_minutes(work, minutes, document)


def faults(work: Workplace, text: str) -> list[str]:
    with pytest.raises(MinutesError) as caught:
        record(work, text)
    return [str(fault) for fault in caught.value.faults]


def kept_minutes(work: Workplace) -> list[MeetingMinutes]:
    with work.store.read() as connection:
        return current_team_facts(connection, MeetingMinutes)


def test_the_meeting_is_kept_with_who_was_there(work: Workplace) -> None:
    record(work, FULL)
    (kept,) = kept_minutes(work)
    assert (kept.attended, kept.absent) == (("ada", "bo"), ("cy",))
    assert kept.held_at == datetime(2026, 11, 5, 22, tzinfo=UTC)
    assert kept.visited_objectives == ("uptime",)
    assert kept.ideas == ("Solar panels for the switches",)
    assert (kept.note, kept.by_role) == ("Short and good.", "team_leader")


def test_a_decision_is_decided_postponed_or_dropped(work: Workplace) -> None:
    record(work, FULL)
    found = decisions(work)
    contract = found["leadership/contract"]
    assert (contract.state, contract.decided_on, contract.outcome) == (
        "decided",
        date(2026, 11, 5),
        "Renew for two years.",
    )
    assert (found["leadership/filter"].state, found["leadership/filter"].meeting_key) == ("confirmed", DECEMBER)
    assert (found["leadership/phones"].state, found["leadership/phones"].outcome) == ("dropped", "No money.")
    assert found["leadership/wish"].state == "proposed"
    taken = found["leadership/minutes.2026-11-05.1"]
    assert (taken.state, taken.outcome, taken.objective_key) == ("decided", "Yes.", "uptime")


def test_open_actions_take_their_word(work: Workplace) -> None:
    record(work, FULL)
    found = actions(work)
    assert (found["leadership/A-1"].state, found["leadership/A-1"].closed_on) == ("done", date(2026, 11, 2))
    second = found["leadership/A-2"]
    assert (second.due_on, second.first_due_on, second.times_moved, second.reason) == (
        date(2026, 12, 1),
        date(2026, 11, 1),
        1,
        "Parts are late.",
    )
    assert (found["leadership/A-3"].person_key, found["leadership/A-3"].owner_role) == ("bo", "teacher_representative")
    assert (found["leadership/A-4"].state, found["leadership/A-4"].reason) == ("dropped", "The vendor is gone.")


def test_new_actions_get_the_next_numbers_of_their_team(work: Workplace) -> None:
    tell(work, action(40, team_key="oak_team"))
    assert record(work, FULL).opened == ("A-5", "A-6")
    found = actions(work)
    assert found["leadership/A-5"].due_on == found["leadership/A-5"].first_due_on == date(2026, 11, 20)
    assert found["leadership/A-5"].meeting_key == NOVEMBER
    assert found["leadership/A-6"].due_on is None


def test_the_same_minutes_twice_change_nothing(work: Workplace, clock: Watch) -> None:
    record(work, FULL)
    before = (actions(work), decisions(work), kept_minutes(work))
    clock.now += timedelta(days=1)
    again = record(work, FULL + "\n# a comment more\n")
    assert (again.saved.new, again.saved.changed) == (0, 0)
    assert "recorded already" in again.sentences[0]
    assert again.opened == ("A-5", "A-6")
    assert (actions(work), decisions(work), kept_minutes(work)) == before


def test_recorded_again_they_do_not_undo_what_happened_since(work: Workplace, clock: Watch) -> None:
    record(work, FULL)
    clock.now += timedelta(days=7)
    change_action(work, "A-2", lambda one: closed(one, date(2026, 11, 12)))
    change_action(work, "A-5", lambda one: moved(one, date(2026, 11, 27), "One vendor was slow."))
    record(work, FULL)
    record(work, FULL.replace("Short and good.", "Short."))
    found = actions(work)
    assert found["leadership/A-2"].state == "done"
    assert found["leadership/A-5"].due_on == date(2026, 11, 27)
    assert kept_minutes(work)[0].note == "Short."


def test_a_corrected_move_counts_once(work: Workplace, clock: Watch) -> None:
    record(work, FULL)
    clock.now += timedelta(hours=1)
    record(work, FULL.replace("due: 2026-12-01", "due: 2026-12-08"))
    second = actions(work)["leadership/A-2"]
    assert (second.due_on, second.times_moved) == (date(2026, 12, 8), 1)


def test_a_word_taken_back_is_undone(work: Workplace, clock: Watch) -> None:
    record(work, FULL)
    clock.now += timedelta(hours=1)
    record(
        work,
        FULL.replace("  - {action: A-1, word: done, on: 2026-11-02}\n", "").replace(
            "  - {decision: 1, outcome: Renew for two years.}\n", ""
        ),
    )
    assert actions(work)["leadership/A-1"] == action(1)
    assert decisions(work)["leadership/contract"].state == "confirmed"


def test_a_mended_new_action_keeps_its_number(work: Workplace, clock: Watch) -> None:
    record(work, FULL)
    clock.now += timedelta(hours=1)
    mended = FULL.replace("Ask three vendors for quotes, owner: it_lead", "Ask four vendors for quotes, owner: cy")
    assert record(work, mended).opened == ("A-5", "A-6")
    fifth = actions(work)["leadership/A-5"]
    assert (fifth.title, fifth.person_key) == ("Ask four vendors for quotes", "cy")


def test_a_mended_first_date_leaves_a_later_move_alone(work: Workplace, clock: Watch) -> None:
    record(work, FULL)
    clock.now += timedelta(days=1)
    change_action(work, "A-5", lambda one: moved(one, date(2026, 11, 27), "One vendor was slow."))
    clock.now += timedelta(days=1)
    record(work, FULL.replace("due: 2026-11-20", "due: 2026-11-21"))
    fifth = actions(work)["leadership/A-5"]
    assert (fifth.first_due_on, fifth.due_on, fifth.times_moved) == (date(2026, 11, 21), date(2026, 11, 27), 1)


def test_a_new_action_taken_out_is_dropped_and_its_number_waits_for_it(work: Workplace, clock: Watch) -> None:
    record(work, FULL)
    clock.now += timedelta(hours=1)
    record(work, FULL.replace("  - {title: Invite the parents, owner: bo}\n", ""))
    assert actions(work)["leadership/A-6"].state == "dropped"
    clock.now += timedelta(hours=1)
    swapped = FULL.replace("Invite the parents", "Buy a projector for the gym")
    assert record(work, swapped).opened == ("A-5", "A-7")
    clock.now += timedelta(hours=1)
    assert record(work, FULL).opened == ("A-5", "A-6")
    assert actions(work)["leadership/A-6"].state == "open"
    assert actions(work)["leadership/A-7"].state == "dropped"


def test_a_correction_of_what_moved_on_is_refused_with_a_sentence(work: Workplace, clock: Watch) -> None:
    record(work, FULL)
    clock.now += timedelta(hours=1)
    change_action(work, "A-2", lambda one: closed(one, date(2026, 11, 6)))
    told = faults(work, FULL.replace("due: 2026-12-01", "due: 2026-12-08"))
    assert told == [
        "minutes:14: actions.1: A-2 went on since these minutes came; change it with `firstbell actions` instead."
    ]


def test_another_day_moves_what_hangs_on_it(work: Workplace, clock: Watch) -> None:
    record(work, FULL)
    clock.now += timedelta(hours=1)
    record(work, FULL.replace("attended:", "held_on: 2026-11-04\nattended:"))
    assert decisions(work)["leadership/contract"].decided_on == date(2026, 11, 4)
    assert decisions(work)["leadership/minutes.2026-11-05.1"].decided_on == date(2026, 11, 4)
    assert actions(work)["leadership/A-5"].opened_on == date(2026, 11, 4)
    assert actions(work)["leadership/A-1"].closed_on == date(2026, 11, 2)


def test_numbers_are_those_that_stood_before_the_meeting(work: Workplace) -> None:
    tell(work, decision("earliest", deadline_on=date(2026, 11, 6)))
    record(work, HEAD + "decisions: [{decision: 1, outcome: Yes.}]\n")
    assert decisions(work)["leadership/contract"].state == "decided"
    assert decisions(work)["leadership/earliest"].state == "confirmed"


def test_numbers_follow_the_order_of_page_one(work: Workplace) -> None:
    tell(
        work,
        decision("late", deadline_on=date(2026, 12, 9)),
        decision("elsewhere", meeting_key="monthly/2026-12-17T22:00Z"),
    )
    meeting, previous = meeting_on(work, "2026-11-05"), meeting_on(work, "2026-10-01")
    now = work.clock()
    page = compose(gather(work, meeting, previous, stage="final", revision=1, as_of=now, known_at=now))
    numbered = agenda(decisions(work).values(), "leadership", NOVEMBER, now)
    assert [one.title for one in page.decisions] == [one.title for one in numbered]
    assert [one.decision_key for one in numbered] == ["contract", "late", "filter", "phones"]


WRONG = """\
team: leadership
meeting: 2026-11-05
by: team_leadr
attended: [adda, principal]
absent: [bo]
visited: [uptme]
decisions:
  - {decision: contrat, outcome: Yes.}
  - {decision: 1}
  - {decision: contract, outcome: Twice.}
actions:
  - {action: A-99, word: done}
  - {action: A-1, word: moved, why: Late.}
  - {action: A-2, word: moved, due: 2026-12-01}
  - {action: A-3, word: handed_over, to: it_leed}
  - {action: A-3, word: done}
new_actions:
  - {title: Buy, owner: nobody_here, objective: XX-1}
"""


def test_all_faults_at_once_each_at_its_line(work: Workplace) -> None:
    told = faults(work, WRONG)
    places = {fault.split(": ")[0] + " " + fault.split(": ")[1] for fault in told}
    assert places == {
        "minutes:3 by",
        "minutes:4 attended.0",
        "minutes:4 attended.1",
        "minutes:6 visited.0",
        "minutes:8 decisions.0.decision",
        "minutes:9 decisions.1.outcome",
        "minutes:10 decisions.2.decision",
        "minutes:12 actions.0.action",
        "minutes:13 actions.1",
        "minutes:14 actions.2",
        "minutes:15 actions.3",
        "minutes:16 actions.4.action",
        "minutes:18 new_actions.0.owner",
        "minutes:18 new_actions.0.objective",
    }
    assert any("did you mean ada?" in fault for fault in told)
    assert any("did you mean it_lead?" in fault for fault in told)


def test_what_cannot_be_read_hides_nothing_of_what_is_wrong_beside_it(work: Workplace) -> None:
    told = faults(
        work,
        """\
team: leadership
meeting: 2026-11-06
held_on: 2026-11-31
attend: [bo]
attended: [adda, [bo]]
decisions: [{decision: nowhere, outcome: Yes.}]
actions:
  - {action: A-1, word: finished}
  - {action: A-98, word: done}
  - {word: done}
  - {action: A-99, word: done}
new_actions:
  - {title: Buy, owner: nobody_here}
ideas: [Sun, {no: text}]
note: []
""",
    )
    places = [tuple(fault.split(": ")[:2]) for fault in told]
    assert places == [
        ("minutes:2", "meeting"),
        ("minutes:3", "held_on"),
        ("minutes:4", "attend"),
        ("minutes:5", "attended.0"),
        ("minutes:5", "attended.1"),
        ("minutes:8", "actions.0.word"),
        ("minutes:9", "actions.1.action"),
        ("minutes:10", "actions.2.action"),
        ("minutes:11", "actions.3.action"),
        ("minutes:13", "new_actions.0.owner"),
        ("minutes:14", "ideas.1"),
        ("minutes:15", "note"),
    ]
    assert kept_minutes(work) == []


def test_names_are_looked_at_also_where_the_team_is_unknown(work: Workplace) -> None:
    told = faults(work, "team: leadrship\nattended: [adda, team_leader]\nvisited: [uptme]\nby: me\nheld_on: soon\n")
    assert [fault.split(": ")[1] for fault in told] == ["team", "attended.0", "visited.0", "by", "held_on"]


def test_minutes_recorded_before_are_no_answer_to_a_copy_with_a_fault(work: Workplace, clock: Watch) -> None:
    record(work, FULL)
    assert faults(work, FULL + "nonsense: 1\n")[0].startswith("minutes:22: nonsense: is no known key")


def test_faulty_minutes_leave_nothing_behind(work: Workplace) -> None:
    before = (actions(work), decisions(work))
    faults(work, FULL.replace("owner: bo", "owner: nobody_here"))
    assert (actions(work), decisions(work)) == before
    assert kept_minutes(work) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("meeting: 2026-11-05\n", "minutes:1: team: is missing; add it (key of the team)."),
        ("team: leadrship\n", "minutes:1: team: names no team there is; did you mean leadership?"),
        (HEAD.replace("11-05", "11-06"), "minutes:2: meeting: There is no meeting 2026-11-06; near are"),
        (HEAD.replace("11-05", "12-03"), "minutes:2: meeting: has not begun yet"),
        (HEAD + "held_on: 2026-11-31\n", "minutes:3: held_on: must be a date written like 2026-11-20."),
        (HEAD + "attend: [bo]\n", "minutes:3: attend: is no known key; did you mean attended?"),
        (HEAD + "open_actions: []\n", "minutes:3: open_actions: is no known key; did you mean actions?"),
        (HEAD + "attended: [bo]\nabsent: [bo]\n", "minutes:4: absent: bo also stands under attended; keep one."),
        (HEAD + "actions: [{action: A-1, word: finished}]\n", "minutes:3: actions.0.word: must be one of"),
        (HEAD + "new_actions: [{owner: bo}]\n", "minutes:3: new_actions.0.title: is missing"),
        (HEAD + "note: [\n", "minutes:4: a quote, bracket or brace is opened and never closed; close it."),
        (HEAD + "team: oak_team\n", "minutes:3: team: stands twice, first on line 1; keep one."),
    ],
)
def test_each_fault_says_what_to_do(work: Workplace, text: str, fault: str) -> None:
    assert faults(work, text)[0].startswith(fault)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MinutesError, match=r"nowhere\.yaml: cannot be read"):
        read_minutes(tmp_path / "nowhere.yaml")


def test_a_form_needs_no_file(work: Workplace) -> None:
    form = {"team": "leadership", "attended": ["bo"], "actions": [{"action": "A-1"}], "note": ""}
    record_minutes(work, Minutes.model_validate(form))
    assert kept_minutes(work)[0].meeting_key == NOVEMBER
    assert actions(work)["leadership/A-1"].state == "done"


def test_a_form_tells_its_faults_by_field(work: Workplace) -> None:
    with pytest.raises(MinutesError, match=r"^minutes: attended\.0: is no person's key"):
        record_minutes(work, Minutes.model_validate({"team": "leadership", "attended": ["xyz"]}))


def test_every_field_of_the_form_has_a_title_and_a_description() -> None:
    schema = Minutes.model_json_schema()
    models = [schema, *schema["$defs"].values()]
    fields = [field for model in models for field in model["properties"].values()]
    assert all({"title", "description", "position"} <= set(field) and "anyOf" not in field for field in fields)


def test_the_template_is_valid_as_it_stands_and_speaks_of_what_is_open(work: Workplace) -> None:
    text = minutes_template(work, "leadership")
    for part in ("meeting: 2026-11-05", "- ada", "Decide contract", "A-1, word: open", "Promise 4"):
        assert part in text
    before = (actions(work), decisions(work))
    record(work, text)
    assert (actions(work), decisions(work)) == before
    assert kept_minutes(work)[0].attended == ("ada", "bo", "cy")


def test_a_decision_postponed_and_decided_later_stays_decided(work: Workplace, clock: Watch) -> None:
    record(work, FULL)
    clock.now = datetime(2026, 12, 4, 15, tzinfo=UTC)
    record(work, "team: leadership\nmeeting: 2026-12-03\ndecisions: [{decision: 1, outcome: Buy it.}]\n")
    record(work, FULL)
    record(work, FULL.replace("Short and good.", "Mended."))
    assert decisions(work)["leadership/filter"].outcome == "Buy it."


def test_a_decision_confirmed_after_the_packet_stands_in_the_template_and_can_be_decided(work: Workplace) -> None:
    tell(work, decision("generator"))
    line = "  # - {decision: generator, word: decided, outcome: }"
    text = minutes_template(work, "leadership")
    assert "  # Confirmed, not in the packet: Decide generator" in text
    record(work, text.replace(line, "  - {decision: generator, word: decided, outcome: Buy it.}"))
    assert decisions(work)["leadership/generator"].outcome == "Buy it."


def test_a_confirmed_decision_without_an_outcome_is_put_before_the_next_meeting(work: Workplace, clock: Watch) -> None:
    record(work, FULL.replace("  - {decision: phones, word: dropped, outcome: No money.}\n", ""))
    clock.now = datetime(2026, 11, 25, 15, tzinfo=UTC)
    meeting, previous = meeting_on(work, "2026-12-03"), meeting_on(work, "2026-11-05")
    page = compose(gather(work, meeting, previous, stage="final", revision=1, as_of=clock.now, known_at=clock.now))
    assert [one.title for one in page.decisions] == ["Decide filter", "Decide phones"]
    clock.now = datetime(2026, 12, 4, 15, tzinfo=UTC)
    assert "  # 2. Decide phones\n" in minutes_template(work, "leadership")
    record(work, "team: leadership\nmeeting: 2026-12-03\ndecisions: [{decision: 2, outcome: Buy it.}]\n")
    assert decisions(work)["leadership/phones"].outcome == "Buy it."


def test_what_a_meeting_still_ahead_decides_is_not_put_before_the_one_after_it(work: Workplace, clock: Watch) -> None:
    clock.now = datetime(2026, 11, 4, 15, tzinfo=UTC)
    meeting, previous = meeting_on(work, "2026-12-03"), meeting_on(work, "2026-11-05")
    material = gather(work, meeting, previous, stage="draft", revision=1, as_of=clock.now, known_at=clock.now)
    assert material.decisions == ()


def again(work: Workplace, clock: Watch, text: str) -> Recorded:
    clock.now += timedelta(hours=1)
    return record(work, text)


def test_the_template_of_recorded_minutes_holds_what_was_recorded_and_changes_nothing(
    work: Workplace, clock: Watch
) -> None:
    awkward = 'He said: "no # 1"\\n- {and} more, with an emoji \U0001f600 and \\x85 a break'
    written = FULL.replace("Short and good.", f'"{awkward}"'.replace('"no # 1"', '\\"no # 1\\"'))
    record(work, written.replace("attended:", "held_on: 2026-11-04\nby: it_lead\nattended:"))
    stood = (actions(work), decisions(work), kept_minutes(work))
    text = minutes_template(work, "leadership")
    for part in (
        "# They are recorded",
        "held_on: 2026-11-04",
        "by: it_lead",
        "  - bo  # ",
        "absent:\n  - cy  # ",
        "visited:\n  - uptime",
        '  # Decide contract\n  - {decision: 1, word: decided, outcome: "Renew for two years."}',
        '  - {title: "Lend tablets over the summer", word: decided, outcome: Yes., objective: IP-01}',
        "  - {action: A-1, word: done, on: 2026-11-02}",
        '  - {title: "Ask three vendors for quotes", owner: it_lead, due: 2026-11-20, objective: uptime}',
        '  - "Solar panels for the switches"',
    ):
        assert part in text
    told = again(work, clock, text)
    assert told.sentences == ("These minutes of 4 Nov 2026 are recorded already; nothing changed.",)
    assert (told.saved.new, told.saved.changed) == (0, 0)
    assert (actions(work), decisions(work), kept_minutes(work)) == stood


def test_the_template_recorded_twice_is_recorded_once(work: Workplace, clock: Watch) -> None:
    record(work, minutes_template(work, "leadership"))
    later = action(10, meeting_key=DECEMBER, opened_on=date(2026, 12, 3))
    tell(work, action(9, title="Written down late"), later)
    text = minutes_template(work, "leadership")
    assert "  # - {action: A-9, word: open}" in text
    assert "A-10" not in text
    assert "recorded already" in again(work, clock, text).sentences[0]
    spoken = text.replace("  # - {action: A-9, word: open}", "  - {action: A-9, word: open}")
    assert "recorded already" in again(work, clock, spoken).sentences[0]
    with work.store.read() as connection:
        assert len(versions_of(connection, MeetingMinutes, f"leadership/{NOVEMBER}")) == 1


def test_minutes_of_which_no_copy_was_kept_are_told_from_what_stands(work: Workplace, clock: Watch) -> None:
    record(work, FULL)
    (kept,) = kept_minutes(work)
    clock.now += timedelta(hours=1)
    tell(work, replace(kept, written="", closed=True))
    text = minutes_template(work, "leadership")
    for part in (
        "attended:  # strike who was not there, or move the line down to absent\n  - ada  # ",
        '{decision: contract, word: decided, outcome: "Renew for two years."}',
        '{title: "Ask three vendors for quotes", owner: it_lead, due: 2026-11-20, objective: uptime}',
        '  - "Solar panels for the switches"',
        'note: "Short and good."',
    ):
        assert part in text
    assert text.index("Ask three vendors") < text.index("Invite the parents")
    assert "recorded already" in again(work, clock, text).sentences[0]
    assert "corrected" in again(work, clock, text.replace("Short and good.", "Short.")).sentences[0]
    assert kept_minutes(work)[0].note == "Short."


def test_an_example_is_due_at_the_next_meeting(work: Workplace) -> None:
    assert "  #   due: 2026-12-03\n" in minutes_template(work, "leadership")
