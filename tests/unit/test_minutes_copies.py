"""However often minutes are corrected, what stands is what the last copy says."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from firstbell.minutes.model import Minutes
from firstbell.minutes.record import record_minutes
from tests.unit.team_workplace import NOVEMBER, Watch, action, actions, decision, decisions, opened, tell

BEFORE = datetime(2026, 11, 4, 12, tzinfo=UTC)
DAYS = ("2026-11-20", "2026-12-01")

ACTION_WORDS = st.sampled_from(
    [
        {"word": "open"},
        {"word": "done"},
        {"word": "done", "on": "2026-11-02"},
        *({"word": "moved", "due": day, "why": "Late."} for day in DAYS),
        {"word": "handed_over", "to": "bo"},
        {"word": "dropped", "why": "No."},
    ]
)
DECISION_WORDS = st.sampled_from(
    [{"word": "decided", "outcome": "Yes."}, {"word": "decided", "outcome": "No."}, {"word": "postponed"}]
)
TITLES = st.sampled_from(["Ask three vendors", "Invite parents", "Buy a projector", "Paint the lab"])


@st.composite
def copies(draw: st.DrawFn) -> dict[str, Any]:
    """One copy of the minutes of 5 November, about any of three actions and two decisions."""
    spoken = draw(st.dictionaries(st.sampled_from(["A-1", "A-2", "A-3"]), ACTION_WORDS))
    decided = draw(st.dictionaries(st.sampled_from(["contract", "filter"]), DECISION_WORDS))
    new = draw(st.dictionaries(TITLES, st.tuples(st.sampled_from(["ada", "superintendent"]), st.sampled_from(DAYS))))
    return {
        "team": "leadership",
        "meeting": "2026-11-05",
        "held_on": draw(st.sampled_from(["", "2026-11-04"])),
        "actions": [{"action": key, **word} for key, word in spoken.items()],
        "decisions": [{"decision": key, **word} for key, word in decided.items()],
        "new_decisions": [{"title": one, "outcome": "Yes."} for one in draw(st.sets(TITLES, max_size=2))],
        "new_actions": [{"title": title, "owner": owner, "due": due} for title, (owner, due) in new.items()],
    }


def standing_after(told: Sequence[dict[str, Any]]) -> tuple[Any, Any, Any, Any]:
    """Record the copies one after another; what stands then, and the numbers each title ever had."""
    clock = Watch()
    with TemporaryDirectory() as folder, opened(Path(folder), clock) as work:
        tell(work, *(action(number) for number in (1, 2, 3)), decision("contract"), decision("filter"), at=BEFORE)
        numbers: dict[str, set[str]] = {}
        for copy in told:
            clock.now += timedelta(minutes=1)
            recorded = record_minutes(work, Minutes.model_validate(copy))
            for new, number in zip(copy["new_actions"], recorded.opened, strict=True):
                numbers.setdefault(number, set()).add(new["title"])
        found = actions(work)
        old = {key: one for key, one in found.items() if one.meeting_key != NOVEMBER}
        new_actions = {
            one.title: (one.owner_role, one.person_key, one.opened_on, one.due_on, one.first_due_on, one.times_moved)
            for one in found.values()
            if one.meeting_key == NOVEMBER and one.state == "open"
        }
        told_of = decisions(work).values()
        prepared = {one.decision_key: one for one in told_of if not one.decision_key.startswith("minutes.")}
        taken = {
            one.title: (one.state, one.decided_on, one.outcome)
            for one in told_of
            if one.decision_key.startswith("minutes.") and one.state != "dropped"
        }
    return (old, new_actions), prepared, taken, numbers


# A real store each time makes shrinking take minutes; the copies are short enough to read as they come.
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(st.lists(copies(), min_size=1, max_size=4))
def test_the_last_copy_counts(told: list[dict[str, Any]]) -> None:
    *several, numbers = standing_after(told)
    *alone, _ = standing_after(told[-1:])
    assert several == alone
    assert all(len(titles) == 1 for titles in numbers.values())
