"""What an admin reads of a run: singular and plural."""

from __future__ import annotations

from tasks.brief import TeamBriefed
from tasks.show import briefing_state


def test_one_delivery_needs_a_look_and_two_need_one() -> None:
    one, two = (
        briefing_state([TeamBriefed(team="leadership", refused=keys, sentences=("1 sent.",))])
        for keys in (("a",), ("a", "b"))
    )
    assert str(one.message).startswith("1 delivery needs a look. leadership: ")
    assert str(two.message).startswith("2 deliveries need a look. leadership: ")
