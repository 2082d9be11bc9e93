"""What may become of an action: each change once, each with its trace, and none that does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.action_form import ActionChange, say
from firstbell.actions import (
    ActionError,
    Owner,
    actions_of,
    change_action,
    closed,
    dropped,
    handed_over,
    has_left,
    history_of,
    moved,
    next_number,
    nobody_owns,
    owner_of,
    reopened,
)
from firstbell.workplace import Workplace
from tests.unit.team_workplace import Watch, action, actions, opened, tell

DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
TODAY = date(2026, 11, 6)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workplace]:
    with opened(tmp_path, Watch()) as place:
        tell(
            place,
            action(1, due_on=date(2026, 12, 1)),
            action(2),
            action(3, state="done", closed_on=date(2026, 10, 9)),
            action(1, team_key="oak_team"),
        )
        yield place


@given(st.lists(DAYS, max_size=6))
def test_the_first_promise_stays_and_every_move_counts(days: list[date]) -> None:
    one, moves = action(1), 0
    for day in days:
        moves += day != one.due_on
        one = moved(one, day, "It takes longer.")
    assert one.first_due_on == date(2026, 11, 1)
    assert one.times_moved == moves
    assert one.due_on == (days[-1] if days else date(2026, 11, 1))


@given(DAYS)
def test_an_action_is_late_by_its_first_promise(today: date) -> None:
    later = moved(action(1), date(2027, 6, 1), "It takes longer.")
    assert later.promised_on == date(2026, 11, 1)
    assert later.days_late(today) == action(1).days_late(today) == max(0, (today - date(2026, 11, 1)).days)


@pytest.mark.parametrize(
    "fields", [{"due_on": None, "first_due_on": None}, {"state": "done"}, {"state": "dropped"}], ids=str
)
def test_what_has_no_date_or_is_over_is_not_late(fields: dict[str, object]) -> None:
    assert action(1, **fields).days_late(date(2027, 6, 1)) == 0


def test_a_first_date_is_no_move() -> None:
    one = moved(action(1, due_on=None, first_due_on=None), date(2026, 12, 1), "")
    assert (one.due_on, one.first_due_on, one.times_moved) == (date(2026, 12, 1), date(2026, 12, 1), 0)


def test_done_twice_keeps_the_first_day() -> None:
    once = closed(action(1), date(2026, 11, 3))
    assert closed(once, TODAY) == once


def test_what_is_reopened_is_as_it_was() -> None:
    assert reopened(closed(action(1), TODAY)) == action(1)
    assert reopened(dropped(action(1), TODAY, "No money.")) == action(1)


@pytest.mark.parametrize(
    "change",
    [
        lambda one: moved(one, TODAY, "Late."),
        lambda one: handed_over(one, Owner(role="principal")),
        lambda one: dropped(one, TODAY, "No."),
    ],
)
def test_what_is_done_must_be_reopened_first(change: object) -> None:
    with pytest.raises(ActionError, match=r"A-1 is done; reopen it first: `firstbell actions reopen A-1`\."):
        change(closed(action(1), TODAY))  # type: ignore[operator]


@pytest.mark.parametrize("why", ["", "  "])
def test_moving_and_dropping_need_a_reason(why: str) -> None:
    for change in (lambda: moved(action(1), TODAY, why), lambda: dropped(action(1), TODAY, why)):
        with pytest.raises(ActionError, match="needs a reason"):
            change()


def test_a_person_owns_with_the_role_that_is_printed(work: Workplace) -> None:
    assert owner_of(work.district, "leadership", TODAY, "ada") == Owner(role="team_leader", person="ada")
    assert owner_of(work.district, "leadership", TODAY, "principal") == Owner(role="principal")
    with pytest.raises(ActionError, match=r'"adda" is no role and no person\'s key; did you mean ada\?'):
        owner_of(work.district, "leadership", TODAY, "adda")


def test_the_first_due_stands_on_top_and_what_is_closed_below(work: Workplace) -> None:
    assert [one.action_key for one in actions_of(work, "leadership")] == ["A-2", "A-1", "A-3"]
    assert len(actions_of(work)) == 4


def test_a_change_is_kept_as_a_new_version(work: Workplace) -> None:
    change_action(work, "a-2", lambda one: moved(one, date(2026, 12, 9), "Parts are late."))
    assert actions(work)["leadership/A-2"].due_on == date(2026, 12, 9)


def test_a_number_of_two_teams_needs_the_team(work: Workplace) -> None:
    with pytest.raises(ActionError, match=r"A-1 stands in the lists of leadership, oak_team; name one with --team\."):
        change_action(work, "A-1", reopened)
    change_action(work, "A-1", lambda one: closed(one, TODAY), "oak_team")
    assert {key for key, one in actions(work).items() if one.state == "done"} == {"oak_team/A-1", "leadership/A-3"}


def test_an_unknown_number_names_those_there_are(work: Workplace) -> None:
    with pytest.raises(ActionError, match="There is no action A-9; did you mean A-2"):
        change_action(work, "A-9", reopened, "leadership")


def test_numbers_are_never_given_twice(work: Workplace) -> None:
    found = actions_of(work)
    assert next_number(found, "leadership") == 4
    assert next_number(found, "oak_team") == 2
    assert next_number(found, "new_team") == 1


def test_everything_of_a_leaver_is_handed_over_at_once(work: Workplace) -> None:
    tell(
        work,
        action(4, person_key="zoe"),
        action(5, person_key="zoe", state="done", closed_on=TODAY),
        action(6, team_key="oak_team", person_key="zoe"),
    )
    told = say(work, ActionChange(all_of="zoe", word="handed_over", to="bo"))
    assert told == ("A-4 is open, due 2026-11-01: Promise 4", "A-6 is open, due 2026-11-01: Promise 6")
    owners = {key: (one.owner_role, one.person_key) for key, one in actions(work).items() if one.person_key}
    assert owners == {
        "leadership/A-4": ("teacher_representative", "bo"),
        "leadership/A-5": ("it_lead", "zoe"),
        "oak_team/A-6": ("team_leader", "bo"),
    }


def test_a_role_hands_over_only_what_no_person_of_it_promised(work: Workplace) -> None:
    tell(work, action(4, person_key="ada"))
    say(work, ActionChange(all_of="it_lead", word="handed_over", to="cy", team="leadership"))
    persons = {key: one.person_key for key, one in actions(work).items() if one.state == "open"}
    assert persons == {"leadership/A-1": "cy", "leadership/A-2": "cy", "leadership/A-4": "ada", "oak_team/A-1": ""}


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"all_of": "zoe", "word": "handed_over", "to": "bo"}, "zoe owns no open action; known here: it_lead."),
        ({"all_of": "it_lead", "word": "handed_over", "to": "nobody"}, '"nobody" is no role and no person\'s key'),
        ({"all_of": "it_lead", "word": "done"}, "can only be handed over"),
        ({"all_of": "it_lead", "action": "A-1", "word": "handed_over", "to": "bo"}, "leave Action empty"),
        ({"word": "done"}, "Name the action by its number"),
        ({"action": "A-2", "word": "moved", "why": "Late."}, "A-2 is moved, but to no date; fill in due."),
        ({"action": "A-2", "word": "moved", "due": "2026-12-01"}, "A-2 needs a reason"),
    ],
)
def test_a_form_that_does_not_fit_is_told_and_changes_nothing(
    work: Workplace, said: dict[str, str], sentence: str
) -> None:
    before = actions(work)
    with pytest.raises(ActionError, match=sentence):
        say(work, ActionChange.model_validate(said))
    assert actions(work) == before


def test_the_form_knows_every_change_and_each_is_kept_as_a_version(work: Workplace) -> None:
    clock = work.clock
    assert isinstance(clock, Watch)
    for said in (
        {"word": "moved", "due": "2026-12-09", "why": "Parts are late."},
        {"word": "handed_over", "to": "cy"},
        {"word": "done", "on": "2026-11-05"},
        {"word": "reopened"},
        {"word": "dropped", "why": "No money."},
    ):
        clock.now += timedelta(hours=1)
        say(work, ActionChange.model_validate({"action": "a-2", **said}))
    told = [(one.state, str(one.due_on), one.person_key, one.reason) for _, one in history_of(work, "A-2")]
    assert told == [
        ("open", "2026-11-01", "", ""),
        ("open", "2026-12-09", "", "Parts are late."),
        ("open", "2026-12-09", "cy", "Parts are late."),
        ("done", "2026-12-09", "cy", "Parts are late."),
        ("open", "2026-12-09", "cy", ""),
        ("dropped", "2026-12-09", "cy", "No money."),
    ]
    moments = [at for at, _ in history_of(work, "A-2")]
    assert moments == sorted(set(moments))
    assert {one.first_due_on for _, one in history_of(work, "A-2")} == {date(2026, 11, 1)}


def test_who_has_left_is_told_from_who_never_sat_in_a_team(work: Workplace) -> None:
    district = work.district
    leadership, *others = district.teams
    ended = [
        seat.model_copy(update={"ends": "2025-26"}) if seat.person == "cy" else seat for seat in leadership.members
    ]
    over = replace(district, teams=(leadership.model_copy(update={"members": tuple(ended)}), *others))
    unseated = [seat for seat in leadership.members if seat.person != "cy"]
    without = replace(district, teams=(leadership.model_copy(update={"members": tuple(unseated)}), *others))
    assert [has_left(one, "cy", TODAY) for one in (district, over, without)] == [False, True, False]
    assert has_left(district, "zoe", TODAY)
    assert nobody_owns(over, action(1, person_key="cy"), TODAY)
    assert nobody_owns(over, action(1, owner_role="superintendent"), TODAY)
    assert not nobody_owns(district, action(1, owner_role="superintendent"), TODAY)
    assert nobody_owns(district, action(1, team_key="gone"), TODAY)
