"""A person's word on a preview or a draft: approve or hold it, confirm what is to be decided, explain a bad line.

Nothing that is frozen changes: the packet that goes out is composed when it is sent, from what was said until then.
What is confirmed or dropped after that is told by the addendum.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from firstbell.catalog import load_roles
from firstbell.config._references import did_you_mean
from firstbell.decisions import put_before
from firstbell.known_meetings import known_meetings
from firstbell.meetings import Meeting, MeetingError, chosen
from firstbell.packet.model import Packet
from firstbell.packet.wording import Wording
from firstbell.records import TEAM_SOURCE, Record, SectionNote, TeamDecision
from firstbell.review_form import ReviewError, ReviewWord
from firstbell.store.history import current_team_facts
from firstbell.store.models import ApprovalRow, ApprovalState, PacketRow
from firstbell.store.packets import approvals, latest_packet, save_approval
from firstbell.store.save import Beside, nothing_beside, save_facts, serialise
from firstbell.workplace import Workplace


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A preview or draft that can still be spoken on. `lines` are the keys and texts of the lines that a note may
    stand beside."""

    team_key: str
    meeting_key: str
    meets_on: date
    send_at: datetime | None
    sentence: str
    stage: str
    revision: int
    state: ApprovalState
    by: str
    note: str
    decisions: tuple[TeamDecision, ...]
    lines: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """What stands after a word."""

    team_key: str
    meeting_key: str
    state: ApprovalState
    decisions: tuple[TeamDecision, ...]
    sentences: tuple[str, ...]


def waiting(work: Workplace) -> list[Waiting]:
    """The previews and drafts of coming meetings whose packet is not frozen yet, the soonest first."""
    now = work.clock()
    coming = [
        meeting
        for team in work.district.teams
        for meeting in known_meetings(work, team.key, now)
        if meeting.starts_at > now
    ]
    found = []
    with work.store.read() as connection:
        for meeting in coming:
            draft = _spoken_on(connection, meeting)
            if draft is not None and latest_packet(connection, meeting.team_key, meeting.key, "final") is None:
                found.append(_waiting(work, connection, meeting, draft))
    return sorted(found, key=lambda one: (one.send_at is None, one.send_at or now, one.team_key))


def _waiting(work: Workplace, connection: Connection, meeting: Meeting, draft: PacketRow) -> Waiting:
    said = approvals(connection, draft.id)
    state = _state(said)
    return Waiting(
        team_key=meeting.team_key,
        meeting_key=meeting.key,
        meets_on=meeting.starts_at.astimezone(work.district.zone).date(),
        send_at=meeting.send_at,
        sentence=_what_happens(work, meeting, state),
        stage=draft.stage,
        revision=draft.revision,
        state=state,
        by=said[-1].by if said else "",
        note=said[-1].note if said else "",
        decisions=tuple(_decisions(connection, meeting, work.clock()).values()),
        lines=tuple(lines_of(Packet.model_validate_json(draft.snapshot)).items()),
    )


def _state(said: Sequence[ApprovalRow]) -> ApprovalState:
    return ApprovalState(said[-1].state) if said else ApprovalState.WAITING


def lines_of(packet: Packet) -> dict[str, str]:
    """The keys of a packet's lines that a note may stand beside, with their text."""
    return dict(_lines(packet.model_dump(mode="json")))


def _lines(part: Any) -> Iterator[tuple[str, str]]:
    if isinstance(part, dict):
        if part.get("item") and part.get("text"):
            yield str(part["item"]), str(part["text"])
        for inner in part.values():
            yield from _lines(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _lines(inner)


def review(work: Workplace, word: ReviewWord, beside: Beside = nothing_beside) -> Reviewed:
    """Keep a person's word: approval, decisions and notes in one transaction. Saying it twice keeps it once.

    `beside` is written in the same transaction: that the mail was taken in by which the word came. Raises ReviewError
    with everything that does not fit, MeetingError for a meeting that is not planned.
    """
    meeting = _meeting(work, word)
    now = work.clock()
    with work.store.begin() as connection:
        serialise(connection, TEAM_SOURCE)
        draft = _open_draft(work, connection, meeting, word)
        wrong: list[str] = []
        decisions = _decisions(connection, meeting, now)
        records: list[Record] = [*_confirmed(word, decisions, wrong), *_dropped(word, decisions, wrong)]
        records += _added(work, word, meeting, decisions, wrong)
        records += _noted(word, meeting, draft, wrong)
        roles = {role.key for role in load_roles().roles}
        if word.by not in roles:
            wrong.append(f"by names no role there is; {did_you_mean(word.by, roles)}")
        if word.word == "note" and not (word.note or word.confirm or word.drop or word.add or word.lines):
            wrong.append("Nothing was said: approve, hold, confirm, drop, add or note something.")
        if wrong:
            raise ReviewError("\n".join(wrong))
        state = _approve(connection, word, draft, now)
        out = draft.stage == "final"
        save_facts(connection, TEAM_SOURCE, records, now)
        beside(connection)
        after = tuple(_decisions(connection, meeting, now).values())
    return Reviewed(
        team_key=meeting.team_key,
        meeting_key=meeting.key,
        state=state,
        decisions=after,
        sentences=_told(work, meeting, state, after, out=out),
    )


def _meeting(work: Workplace, word: ReviewWord) -> Meeting:
    teams = {team.key for team in work.district.teams}
    if word.team not in teams:
        raise ReviewError(f"team names no team there is; {did_you_mean(word.team, teams)}")
    now = work.clock()
    found = chosen(known_meetings(work, word.team, now), word.meeting, now, work.district)
    if found is None:
        raise MeetingError(f"No meeting of {word.team} is planned.")
    return found


def _open_draft(work: Workplace, connection: Connection, meeting: Meeting, word: ReviewWord) -> PacketRow:
    """What a word speaks on: the draft, or the preview before there is one; the packet, where it is about decisions
    alone and an addendum can still tell of them."""
    wording = Wording(work.district.zone)
    on_the_whole = word.word != "note" or bool(word.note)
    final = latest_packet(connection, meeting.team_key, meeting.key, "final")
    if final is not None:
        if _addendum_ahead(work, connection, meeting) and not (on_the_whole or word.lines):
            return final
        day = wording.moment(final.composed_at)
        raise ReviewError(f"The packet of that meeting was made final on {day}; say it in the meeting's minutes.")
    draft = latest_packet(connection, meeting.team_key, meeting.key, "draft")
    found = draft if on_the_whole else _spoken_on(connection, meeting)
    if found is None and (due := meeting.draft_at or meeting.preview_at) is not None:
        raise ReviewError(f"There is no draft of that meeting yet; it is due {wording.moment(due)}.")
    if found is None:
        raise ReviewError("That meeting has no draft to speak on: meetings.yaml switches preview and draft off.")
    return found


def _spoken_on(connection: Connection, meeting: Meeting) -> PacketRow | None:
    draft = latest_packet(connection, meeting.team_key, meeting.key, "draft")
    return draft or latest_packet(connection, meeting.team_key, meeting.key, "preview")


def _addendum_ahead(work: Workplace, connection: Connection, meeting: Meeting) -> bool:
    """Whether an addendum of that meeting is still to come, which would tell of a decision."""
    kinds = meeting.series.sending.addendum_for
    if meeting.addendum_at is None or "decision" not in kinds or work.clock() >= meeting.starts_at:
        return False
    newest = latest_packet(connection, meeting.team_key, meeting.key, "addendum")
    return newest is None or newest.as_of < meeting.addendum_at


def _approve(connection: Connection, word: ReviewWord, draft: PacketRow, now: datetime) -> ApprovalState:
    said = approvals(connection, draft.id)
    states = {"approve": ApprovalState.APPROVED, "hold": ApprovalState.HELD, "note": _state(said)}
    state = states[word.word]
    spoken = word.word != "note" or word.note
    if spoken and (not said or (said[-1].state, said[-1].by, said[-1].note) != (state, word.by, word.note)):
        save_approval(connection, draft.id, state, word.by, now, word.note)
    return state


def _decisions(connection: Connection, meeting: Meeting, now: datetime) -> dict[str, TeamDecision]:
    mine = put_before(current_team_facts(connection, TeamDecision), meeting.team_key, meeting.key, now)
    return {one.decision_key: one for one in mine}


def _confirmed(word: ReviewWord, decisions: dict[str, TeamDecision], wrong: list[str]) -> Iterator[TeamDecision]:
    for key in word.confirm:
        one = _open(key, decisions, wrong)
        if one is not None and key in word.drop:
            wrong.append(f"{key} is both confirmed and dropped; keep one.")
        elif one is not None and one.state != "confirmed":
            yield replace(one, state="confirmed", confirmed_by=word.by)


def _dropped(word: ReviewWord, decisions: dict[str, TeamDecision], wrong: list[str]) -> Iterator[TeamDecision]:
    for key in word.drop:
        one = _open(key, decisions, wrong)
        if one is not None:
            yield replace(one, state="dropped")


def _open(key: str, decisions: dict[str, TeamDecision], wrong: list[str]) -> TeamDecision | None:
    one = decisions.get(key)
    if one is None:
        wrong.append(f"That meeting has no decision {key[:60]}; {did_you_mean(key, set(decisions))}")
    elif one.state == "decided":
        wrong.append(f"{key} is decided already; put a new decision to the meeting instead.")
        return None
    return one


def _added(
    work: Workplace, word: ReviewWord, meeting: Meeting, decisions: dict[str, TeamDecision], wrong: list[str]
) -> Iterator[TeamDecision]:
    prefix = f"asked.{meeting.starts_at.astimezone(work.district.zone):%Y-%m-%d}."
    asked = {one.title.casefold(): one for key, one in decisions.items() if key.startswith(prefix)}
    free = len(asked) + 1
    roles = {role.key for role in load_roles().roles}
    for question in word.add:
        if question.decider and question.decider not in roles:
            wrong.append(f"Who decides names no role there is; {did_you_mean(question.decider, roles)}")
        known = asked.get(question.title.casefold())
        key = known.decision_key if known else f"{prefix}{free}"
        free += known is None
        one = TeamDecision(
            team_key=meeting.team_key,
            decision_key=key,
            meeting_key=meeting.key,
            title=question.title,
            state="confirmed",
            options=question.options,
            recommendation=question.recommendation,
            cost=question.cost or None,
            security=question.security,
            decider_role=question.decider,
            deadline_on=date.fromisoformat(question.deadline) if question.deadline else None,
            proposed_by=word.by,
            confirmed_by=word.by,
        )
        asked[question.title.casefold()] = one
        yield one


def _noted(word: ReviewWord, meeting: Meeting, draft: PacketRow, wrong: list[str]) -> Iterator[SectionNote]:
    known = lines_of(Packet.model_validate_json(draft.snapshot)) if word.lines else {}
    for note in word.lines:
        if note.line not in known:
            wrong.append(f"The draft has no line {note.line[:60]}; {did_you_mean(note.line, set(known))}")
        yield SectionNote(
            team_key=meeting.team_key,
            meeting_key=meeting.key,
            line_key=note.line,
            text=note.text,
            by_role=word.by,
        )


def _told(
    work: Workplace, meeting: Meeting, state: ApprovalState, decisions: Sequence[TeamDecision], *, out: bool
) -> tuple[str, ...]:
    printed = sum(one.state == "confirmed" for one in decisions)
    proposed = sum(one.state == "proposed" for one in decisions)
    counts = f"Decisions: {printed} will be printed, {proposed} proposed and not confirmed."
    if meeting.send_at is None:
        return ("Kept, and printed nowhere: the packet is off for this series, and the draft is all that goes out.",)
    if out and meeting.addendum_at is not None:
        at = Wording(work.district.zone).moment(meeting.addendum_at)
        return f"The packet is out: its addendum tells of this, due {at}.", counts
    return _what_happens(work, meeting, state), counts


def _what_happens(work: Workplace, meeting: Meeting, state: ApprovalState) -> str:
    if meeting.send_at is None:
        return "The packet is off for this series: the draft is all that goes out."
    at, past = Wording(work.district.zone).moment(meeting.send_at), work.clock() >= meeting.send_at
    goes_out = "goes out with the next briefing run" if past else f"goes out {at}"
    if state is ApprovalState.APPROVED:
        return f"Approved: the packet {goes_out}."
    if state is ApprovalState.HELD:
        return "Held: the packet stays here until somebody approves it."
    if meeting.series.sending.approval == "required":
        return "Waiting: it needs an approval." if past else f"Waiting: it needs an approval before {at}."
    return f"Waiting: unless somebody holds it, it {goes_out}."
