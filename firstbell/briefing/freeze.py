"""Freezing a packet: composed once, kept as one snapshot, loaded ever after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from firstbell.assessment.result import Assessment
from firstbell.briefing.gather import gather
from firstbell.briefing.languages import composed
from firstbell.briefing.proposals import proposals
from firstbell.meetings import Meeting
from firstbell.packet.model import Packet
from firstbell.records import TEAM_SOURCE, TeamDecision
from firstbell.store.assessments import IndicatorResult as StoredResult
from firstbell.store.assessments import save_assessment
from firstbell.store.models import ApprovalState, PacketRow
from firstbell.store.packets import latest_packet, packet_revision, save_approval, save_packet
from firstbell.store.queries import facts_as_known
from firstbell.store.save import save_district, save_facts, serialise
from firstbell.workplace import Workplace

SYSTEM = "firstbell"
REVISION = 1
"""Of preview, draft and packet there is one; addenda are counted."""
PRINTED_AS = {"preview": "draft"}
"""What a stage that is no packet of its own is composed as."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """A packet as it is kept, and whether this call made it."""

    row: PacketRow
    packet: Packet
    new: bool


def frozen(work: Workplace, meeting: Meeting, stage: str) -> Frozen | None:
    """The newest frozen packet of a meeting and stage; None when there is none yet."""
    with work.store.read() as connection:
        row = latest_packet(connection, meeting.team_key, meeting.key, stage)
    return loaded(row) if row else None


def loaded(row: PacketRow, *, new: bool = False) -> Frozen:
    """A packet as its snapshot tells it, also right after it was made: whoever draws it later draws the same bytes."""
    return Frozen(row, Packet.model_validate_json(row.snapshot), new)


def preview(
    work: Workplace, meeting: Meeting, previous: Meeting | None, stage: str, as_of: datetime, known_at: datetime
) -> Packet:
    """A packet as it reads now, kept nowhere and sent to nobody."""
    found = frozen(work, meeting, stage)
    revision = found.row.revision + 1 if found else 1
    material = gather(work, meeting, previous, stage=stage, revision=revision, as_of=as_of, known_at=known_at)
    return composed(work.district, material)


def freeze(
    work: Workplace, meeting: Meeting, previous: Meeting | None, stage: str, *, as_of: datetime, known_at: datetime
) -> Frozen:
    """The frozen packet of a meeting and stage: the one that exists, or a new one.

    Packet, its assessment, its first approval row and the decisions that rules propose are kept in one transaction.
    """
    if found := frozen(work, meeting, stage):
        return found
    if stage == "draft":
        _propose(work, meeting, previous, as_of, known_at)
    printed_as = PRINTED_AS.get(stage, stage)
    material = gather(work, meeting, previous, stage=printed_as, revision=REVISION, as_of=as_of, known_at=known_at)
    packet = composed(work.district, material)
    now = work.clock()
    with work.store.begin() as connection:
        serialise(connection, TEAM_SOURCE)
        if standing := packet_revision(connection, meeting.team_key, meeting.key, stage, REVISION):
            return loaded(standing)
        district_hash = save_district(connection, work.district.canonical_json, now)
        row = save_packet(
            connection,
            team_key=meeting.team_key,
            meeting_key=meeting.key,
            stage=stage,
            revision=REVISION,
            snapshot=packet.model_dump_json(),
            composed_at=now,
            as_of=as_of,
            known_at=known_at,
            district_hash=district_hash,
        )
        if stage == "draft":
            save_approval(connection, row.id, ApprovalState.WAITING, SYSTEM, now)
        save_assessment(
            connection,
            team_key=meeting.team_key,
            as_of=as_of,
            known_at=known_at,
            recorded_at=now,
            district_hash=district_hash,
            results=stored_results(material.assessment),
        )
    return loaded(row, new=True)


def stored_results(assessment: Assessment) -> list[StoredResult]:
    """An assessment's results as the store keeps them."""
    return [
        StoredResult(
            indicator=one.indicator, scope=one.scope, light=one.light.value, value=one.kpi.value, result=one.to_plain()
        )
        for one in assessment.results
    ]


def _propose(work: Workplace, meeting: Meeting, previous: Meeting | None, as_of: datetime, known_at: datetime) -> None:
    """Write down what rules propose to decide. What somebody spoke on stays as it is; what nobody did moves on to
    this meeting."""
    material = gather(work, meeting, previous, stage="draft", revision=REVISION, as_of=as_of, known_at=known_at)
    with work.store.begin() as connection:
        serialise(connection, TEAM_SOURCE)
        known = facts_as_known(connection, TeamDecision, known_at=work.clock())
        spoken = {one.decision_key for _, one in known if one.team_key == meeting.team_key and one.state != "proposed"}
        fresh = [one for one in proposals(material) if one.decision_key not in spoken]
        save_facts(connection, TEAM_SOURCE, fresh, known_at)
