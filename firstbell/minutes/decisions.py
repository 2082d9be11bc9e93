"""What minutes say of decisions, as changes of what stood before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from firstbell.config._references import did_you_mean
from firstbell.minutes.faults import Findings
from firstbell.minutes.merge import MovedOnError, merged, paired
from firstbell.minutes.model import DecisionWord, Minutes, NewDecision
from firstbell.minutes.sitting import Sitting, Standing, objective_named
from firstbell.records import TeamDecision

Change = Callable[[TeamDecision], TeamDecision]


def decisions_spoken_of(
    minutes: Minutes, sitting: Sitting, earlier: Sitting | None, standing: Standing, findings: Findings
) -> list[TeamDecision]:
    """Every prepared decision that these minutes change, compared with what their earlier copy said."""
    new = _by_key(minutes.decisions, sitting, standing, findings)
    said = [standing.numbers.get(word.decision, word.decision) for word in minutes.decisions]
    lines = {key: index for index, key in reversed(list(enumerate(said)))}
    old: dict[str, DecisionWord] = {}
    if standing.earlier is not None and earlier is not None:
        old = _by_key(standing.earlier.decisions, earlier, standing, Findings())
    found = []
    for key in dict.fromkeys((*new, *old)):
        was = _change(old[key], earlier) if key in old and earlier is not None else None
        now = _change(new[key], sitting) if key in new else None
        if was is not None and now is not None and (old[key], earlier) == (new[key], sitting):
            continue
        place = ("decisions", lines[key]) if key in lines else ("decisions",)
        try:
            found.append(merged(standing.decisions[key], standing.decisions_before.get(key), was, now))
        except MovedOnError:
            findings.add(place, f"{key} went on since these minutes came; leave it as it was written here.")
    return found


def _by_key(
    words: Sequence[DecisionWord], sitting: Sitting, standing: Standing, findings: Findings
) -> dict[str, DecisionWord]:
    found: dict[str, DecisionWord] = {}
    for index, word in enumerate(words):
        place = ("decisions", index, "decision")
        key = standing.numbers.get(word.decision, word.decision)
        if key not in standing.decisions:
            known = {one.decision_key for one in standing.decisions.values() if one.state in ("confirmed", "proposed")}
            findings.add(place, f"is no decision of this meeting; {did_you_mean(key, known | set(standing.numbers))}")
        elif key in found:
            findings.add(place, "stands twice; keep one.")
        else:
            _check(word, ("decisions", index), sitting, findings)
            found[key] = word.model_copy(update={"decision": key})
    return found


def _check(
    word: DecisionWord | NewDecision, place: tuple[str | int, ...], sitting: Sitting, findings: Findings
) -> None:
    if word.word == "decided" and not word.outcome:
        findings.add((*place, "outcome"), "is missing; say in one sentence what was decided.")
    if word.word == "postponed" and not sitting.next_key:
        findings.add((*place, "word"), "no later meeting is planned; add one to meetings.yaml.")


def _change(word: DecisionWord, sitting: Sitting) -> Change:
    def changed(decision: TeamDecision) -> TeamDecision:
        if word.word == "postponed":
            return replace(decision, meeting_key=sitting.next_key)
        if word.word == "dropped":
            return replace(decision, state="dropped", outcome=word.outcome)
        return replace(
            decision,
            state="decided",
            decided_on=sitting.held_on,
            outcome=word.outcome,
            confirmed_by=decision.confirmed_by or sitting.by,
        )

    return changed


def decisions_taken(
    minutes: Minutes, sitting: Sitting, earlier: Sitting | None, standing: Standing, findings: Findings
) -> list[TeamDecision]:
    """The decisions that only these minutes know; one that an earlier copy held and this one does not is dropped."""
    for index, word in enumerate(minutes.new_decisions):
        _check(word, ("new_decisions", index), sitting, findings)
    prefix = f"minutes.{sitting.meeting.key.rpartition('/')[2][:10]}."
    mine = [one for one in standing.decisions.values() if one.decision_key.startswith(prefix)]
    mine.sort(key=lambda one: int(one.decision_key.removeprefix(prefix)))
    before = standing.earlier.new_decisions if standing.earlier else ()
    pairs = paired(before, minutes.new_decisions, mine)
    number = len(mine)
    found = []
    for pair in pairs:
        if pair.stored is None:
            number += 1
        key = pair.stored.decision_key if pair.stored else f"{prefix}{number}"
        now = _taken(pair.new, key, sitting, pair.index, findings) if pair.new else None
        if pair.stored is None or pair.old is None:
            found += [now] if now else []
            continue
        was = _taken(pair.old, key, earlier or sitting, 0, Findings())
        if now == was:
            continue
        if pair.stored != was:
            findings.add(
                ("new_decisions",), f"{key} went on since these minutes came; leave it as it was written here."
            )
        found.append(now or replace(was, state="dropped"))
    return found


def _taken(word: NewDecision, key: str, sitting: Sitting, index: int, findings: Findings) -> TeamDecision:
    decided = word.word == "decided"
    return TeamDecision(
        team_key=sitting.team_key,
        decision_key=key,
        meeting_key=sitting.meeting.key if decided else sitting.next_key,
        title=word.title,
        state="decided" if decided else "confirmed",
        security=word.security,
        proposed_by=sitting.by,
        confirmed_by=sitting.by,
        decided_on=sitting.held_on if decided else None,
        outcome=word.outcome,
        objective_key=objective_named(
            sitting.district, word.objective, ("new_decisions", index, "objective"), findings
        ),
    )
