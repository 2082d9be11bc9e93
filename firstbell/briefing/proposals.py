"""What a team might have to decide: proposed by rules, printed only once a person confirmed it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from firstbell.metrics.compliance import ending_agreements
from firstbell.metrics.figure import DISTRICT
from firstbell.packet.agenda_plan import initiatives
from firstbell.packet.material import Material
from firstbell.records import Agreement, TeamDecision

CONTRACT_WITHIN_DAYS = 90
SLIPPED_DAYS = 14
MOVED_TIMES = 3
RULES = "rules"


def proposals(material: Material) -> list[TeamDecision]:
    """Decisions that rules see coming for this meeting: ending contracts, slipped milestones, actions moved again and
    again, targets that nobody adopted."""
    return [
        *_targets(material),
        *_contracts(material),
        *_milestones(material),
        *_actions(material),
    ]


def _proposal(material: Material, key: str, title: str, decider: str, **fields: object) -> TeamDecision:
    return TeamDecision(
        team_key=material.team.key,
        decision_key=key,
        meeting_key=material.occasion.meeting_key,
        title=title,
        state="proposed",
        decider_role=decider,
        proposed_by=RULES,
        **fields,  # type: ignore[arg-type]  # the caller names fields of the record
    )


def _targets(material: Material) -> Iterable[TeamDecision]:
    """Targets hold for the whole district, so that no school's team is asked."""
    if material.scope != DISTRICT:
        return
    waiting = material.assessment.awaiting_targets
    if waiting and not any(result.target.adopted_on for result in material.assessment.district):
        yield _proposal(material, "targets", material.wording.say("propose_targets", n=len(waiting)), "")


def _contracts(material: Material) -> Iterable[TeamDecision]:
    words, today = material.wording, material.facts.today
    for one in ending_agreements(material.facts.of(Agreement), today, CONTRACT_WITHIN_DAYS):
        if one.expires_on is None:
            continue
        title = words.say("propose_contract", vendor=one.vendor, kind=one.kind, day=words.full_date(one.expires_on))
        yield _proposal(
            material,
            f"contract.{one.agreement_key}.{one.expires_on}",
            title,
            "superintendent",
            cost=one.annual_cost,
            deadline_on=one.expires_on - timedelta(days=30),
        )


def _milestones(material: Material) -> Iterable[TeamDecision]:
    words, today = material.wording, material.facts.today
    for initiative in initiatives(material):
        for one in initiative.milestones:
            first = material.facts.team.baselines.get(one.key, one.due)
            slipped = (max(one.due, today) - first).days
            if one.done is None and slipped > SLIPPED_DAYS:
                title = words.say("propose_milestone", project=initiative.title, title=one.title, n=slipped)
                yield _proposal(material, f"milestone.{one.key}.{first}", title, initiative.owner_role)


def _actions(material: Material) -> Iterable[TeamDecision]:
    for action in material.actions:
        if action.state == "open" and action.times_moved >= MOVED_TIMES:
            title = material.wording.say(
                "propose_action", number=action.action_key, title=action.title, n=action.times_moved
            )
            key = f"action.{action.action_key}.{action.times_moved}"
            yield _proposal(material, key, title, "team_leader")
