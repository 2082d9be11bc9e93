"""Recording minutes: one transaction that keeps all of them or, with every fault told, nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from firstbell.catalog import load_roles
from firstbell.config._references import did_you_mean
from firstbell.config.loaded import District
from firstbell.minutes.decisions import decisions_spoken_of, decisions_taken
from firstbell.minutes.faults import Findings, Paper
from firstbell.minutes.model import Minutes
from firstbell.minutes.promises import actions_promised, actions_spoken_of
from firstbell.minutes.sitting import (
    Sitting,
    Standing,
    names_known,
    objective_named,
    people_named,
    sitting_of,
    standing_of,
)
from firstbell.packet.wording import Wording
from firstbell.records import TEAM_SOURCE, MeetingMinutes, Record
from firstbell.store.save import Beside, SaveCounts, nothing_beside, save_facts, serialise
from firstbell.workplace import Workplace


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What recording came to: versions written, the numbers of the actions these minutes opened, and sentences."""

    team_key: str
    meeting_key: str
    saved: SaveCounts = field(default_factory=SaveCounts)
    opened: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()


def record_minutes(
    work: Workplace, minutes: Minutes, paper: Paper | None = None, beside: Beside = nothing_beside
) -> Recorded:
    """Turn minutes into decisions and actions. `paper` is the file they were read from, for the lines of faults.

    `beside` is written in the same transaction: that the mail was taken in by which they came.
    The same minutes again change nothing, however they are written; a corrected copy changes what it corrects and
    leaves alone what happened since. Raises MinutesError with every fault, and then nothing is kept.
    """
    findings = Findings(paper)
    sitting = sitting_of(work, minutes, findings)
    _check_names(minutes, work.district, findings)
    if sitting is None:
        findings.refuse()
    assert sitting is not None, "without a meeting there is a fault"
    minutes = minutes.model_copy(update={"meeting": sitting.meeting.key})
    with work.store.begin() as connection:
        serialise(connection, TEAM_SOURCE)
        beside(connection)
        standing = standing_of(connection, sitting, work.clock())
        if not sitting.certain:
            minutes, standing = minutes.model_copy(update={"decisions": ()}), replace(standing, earlier=None)
        if standing.earlier == minutes and not findings:
            return _unchanged(minutes, sitting, standing)
        earlier = sitting.as_told_by(standing.earlier) if standing.earlier else None
        records: list[Record] = [_meeting(minutes, sitting, findings)]
        records += decisions_spoken_of(minutes, sitting, earlier, standing, findings)
        records += decisions_taken(minutes, sitting, earlier, standing, findings)
        records += actions_spoken_of(minutes, sitting, earlier, standing, findings)
        promised, opened = actions_promised(minutes, sitting, standing, findings)
        findings.refuse()
        records += promised
        if all(map(standing.holds, records)):
            return _unchanged(minutes, sitting, standing)
        saved = save_facts(connection, TEAM_SOURCE, records, work.clock())
    return Recorded(
        team_key=sitting.team_key,
        meeting_key=sitting.meeting.key,
        saved=saved,
        opened=opened,
        sentences=_told(minutes, sitting, opened, again=standing.kept is not None),
    )


def _check_names(minutes: Minutes, district: District, findings: Findings) -> None:
    """Write down every role, person and objective that there is not, whatever meeting this may be."""
    roles = {role.key for role in load_roles().roles}
    if minutes.by not in roles:
        findings.add(("by",), f"names no role there is; {did_you_mean(minutes.by, roles)}")
    names_known(district, minutes.attended, ("attended",), findings)
    names_known(district, minutes.absent, ("absent",), findings)
    for index, word in enumerate(minutes.visited):
        objective_named(district, word, ("visited", index), findings)


def _meeting(minutes: Minutes, sitting: Sitting, findings: Findings) -> MeetingMinutes:
    attended = people_named(sitting, minutes.attended, ("attended",), findings)
    absent = people_named(sitting, minutes.absent, ("absent",), findings)
    if both := set(attended) & set(absent):
        findings.add(("absent",), f"{', '.join(sorted(both))} also stands under attended; keep one.")
    visited = [objective_named(sitting.district, word, ("visited",), Findings()) for word in minutes.visited]
    return MeetingMinutes(
        team_key=sitting.team_key,
        meeting_key=sitting.meeting.key,
        held_at=sitting.held_at,
        by_role=minutes.by,
        attended=attended,
        absent=absent,
        visited_objectives=tuple(dict.fromkeys(visited)),
        ideas=tuple(idea for idea in minutes.ideas if idea),
        note=minutes.note,
        written=minutes.model_dump_json(exclude_defaults=True),
    )


def _unchanged(minutes: Minutes, sitting: Sitting, standing: Standing) -> Recorded:
    _, opened = actions_promised(minutes, sitting, standing, Findings())
    day = Wording(sitting.district.zone).full_date(sitting.held_on)
    return Recorded(
        team_key=sitting.team_key,
        meeting_key=sitting.meeting.key,
        opened=opened,
        sentences=(f"These minutes of {day} are recorded already; nothing changed.",),
    )


def _told(minutes: Minutes, sitting: Sitting, opened: tuple[str, ...], *, again: bool) -> tuple[str, ...]:
    wording = Wording(sitting.district.zone)
    day = wording.full_date(sitting.held_on)
    told = [f"The {'corrected ' if again else ''}minutes of {day} are recorded."]
    words = Counter([word.word for word in minutes.decisions] + [word.word for word in minutes.new_decisions])
    if words:
        told.append(f"Decisions: {wording.listed([f'{count} {word}' for word, count in words.items()])}.")
    if opened:
        told.append(f"Opened here: {wording.listed(list(opened))}.")
    said = Counter(word.word.replace("_", " ") for word in minutes.actions if word.word != "open")
    if said:
        told.append(f"Actions: {wording.listed([f'{count} {word}' for word, count in said.items()])}.")
    return tuple(told)
