"""What minutes say of actions, as changes of what stood before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from firstbell.actions import (
    ActionError,
    Change,
    Owner,
    change_of,
    dropped,
    kept_elsewhere,
    next_number,
    number_of,
    owner_of,
)
from firstbell.config._references import did_you_mean
from firstbell.minutes.faults import Findings
from firstbell.minutes.merge import MovedOnError, Pair, merged, paired
from firstbell.minutes.model import ActionWord, Minutes, NewAction
from firstbell.minutes.sitting import Sitting, Standing, objective_named
from firstbell.records import TeamAction

TAKEN_OUT = "Taken out of the minutes."


def actions_spoken_of(
    minutes: Minutes, sitting: Sitting, earlier: Sitting | None, standing: Standing, findings: Findings
) -> list[TeamAction]:
    """Every open action that these minutes change, compared with what their earlier copy said."""
    new = _by_key(minutes.actions, standing, findings)
    lines = {word.action.upper(): index for index, word in reversed(list(enumerate(minutes.actions)))}
    old = _by_key(standing.earlier.actions, standing, Findings()) if standing.earlier else {}
    found = []
    for key in dict.fromkeys((*new, *old)):
        if key in old and key in new and (old[key], earlier) == (new[key], sitting):
            continue
        was = _change(old[key], earlier or sitting) if key in old else None
        now = _change(new[key], sitting) if key in new else None
        place = ("actions", lines[key]) if key in lines else ("actions",)
        try:
            found.append(merged(standing.actions[key], standing.actions_before.get(key), was, now))
        except MovedOnError:
            findings.add(place, f"{key} went on since these minutes came; change it with `firstbell actions` instead.")
        except ActionError as error:
            findings.add(place, str(error))
    return found


def _by_key(words: Sequence[ActionWord], standing: Standing, findings: Findings) -> dict[str, ActionWord]:
    found: dict[str, ActionWord] = {}
    for index, word in enumerate(words):
        key = word.action.upper()
        if key not in standing.actions:
            if tracker := standing.kept_in.get(key):
                findings.add(("actions", index, "action"), kept_elsewhere(tracker))
                continue
            open_ones = {one.action_key for one in standing.actions.values() if one.state == "open"}
            findings.add(("actions", index, "action"), f"is no action of this team; {did_you_mean(key, open_ones)}")
        elif key in found:
            findings.add(("actions", index, "action"), "stands twice; keep one.")
        else:
            found[key] = word.model_copy(update={"action": key})
    return found


def _change(word: ActionWord, sitting: Sitting) -> Change:
    return change_of(sitting.district, word, sitting.held_on)


def actions_promised(
    minutes: Minutes, sitting: Sitting, standing: Standing, findings: Findings
) -> tuple[list[TeamAction], tuple[str, ...]]:
    """The actions that these minutes opened, as they are to be kept, and the numbers of all of them.

    A number that a copy of the minutes once gave stays with its action. What an earlier copy held and this one does
    not is dropped.
    """
    mine = [one for one in standing.actions.values() if one.meeting_key == sitting.meeting.key]
    before = standing.earlier.new_actions if standing.earlier else ()
    free = next_number(standing.actions.values(), sitting.team_key)
    found: list[TeamAction] = []
    numbers: list[str] = []
    for pair in paired(before, minutes.new_actions, sorted(mine, key=number_of)):
        if pair.new is None:
            if pair.stored is not None and pair.stored.state == "open":
                found.append(dropped(pair.stored, sitting.held_on, TAKEN_OUT))
            continue
        key = pair.stored.action_key if pair.stored else f"A-{free}"
        free += pair.stored is None
        promised = _promised(pair.new, key, sitting, ("new_actions", pair.index), findings)
        found += [_kept(pair, promised)] if promised else []
        numbers.append(key)
    return found, tuple(numbers)


def _promised(
    word: NewAction, key: str, sitting: Sitting, place: tuple[str | int, ...], findings: Findings
) -> TeamAction | None:
    owner: Owner | None = findings.attempt(
        (*place, "owner"), lambda: owner_of(sitting.district, sitting.team_key, sitting.held_on, word.owner)
    )
    objective_key = objective_named(sitting.district, word.objective, (*place, "objective"), findings)
    if owner is None:
        return None
    due_on = date.fromisoformat(word.due) if word.due else None
    return TeamAction(
        team_key=sitting.team_key,
        action_key=key,
        meeting_key=sitting.meeting.key,
        title=word.title,
        state="open",
        owner_role=owner.role,
        person_key=owner.person,
        opened_on=sitting.held_on,
        due_on=due_on,
        first_due_on=due_on,
        objective_key=objective_key,
    )


def _kept(pair: Pair[NewAction, TeamAction], promised: TeamAction) -> TeamAction:
    """The action with what this copy corrects; what happened to it since stays."""
    kept, old, new = pair.stored, pair.old, pair.new
    if kept is None or new is None:
        return promised
    if old is None:
        return promised if kept.reason == TAKEN_OUT else kept
    changed = replace(kept, title=new.title, opened_on=promised.opened_on, objective_key=promised.objective_key)
    if old.owner != new.owner:
        changed = replace(changed, owner_role=promised.owner_role, person_key=promised.person_key)
    if old.due != new.due:
        due_on = promised.due_on if kept.times_moved == 0 else kept.due_on
        changed = replace(changed, first_due_on=promised.first_due_on, due_on=due_on)
    return changed
