"""What may become of an action: each change once, each with its trace, and none that does not fit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstbell.actions import (
    ActionError,
    Owner,
    actions_of,
    change_action,
    closed,
    dropped,
    handed_over,
    moved,
    next_number,
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
