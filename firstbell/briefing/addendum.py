"""What is said after the packet went out: that something material changed, that the meeting moved, or that it is not
held. Each is frozen once, as a revision of the stage "addendum"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from firstbell.briefing.freeze import Frozen, loaded
from firstbell.briefing.gather import gather
from firstbell.briefing.languages import spoken
from firstbell.briefing.material_changes import CANCELLED, FIRST, AddendumRules, material_changes, rules_of
from firstbell.calendar import original_start, series_of
from firstbell.known_meetings import is_cancelled
from firstbell.meetings import Meeting, meeting_before, next_meeting
from firstbell.packet.audience import in_language
from firstbell.packet.compose import compose
from firstbell.packet.material import Material
from firstbell.packet.model import Audience, Change, Packet, Trend
from firstbell.packet.wording import Wording
from firstbell.records import TEAM_SOURCE
from firstbell.store.packets import latest_packet, meetings_with_packets, packet_revision, save_packet
from firstbell.store.save import save_district, serialise
from firstbell.workplace import Workplace

STAGE = "addendum"
LOOK_BACK = timedelta(days=60)
"""How long before now a meeting may have been planned first and still lie ahead, because it was moved."""


def told_last(work: Workplace, team_key: str, meeting_key: str) -> Frozen | None:
    """What readers were told last of a meeting: its newest addendum, or its packet; None before that is out."""
    with work.store.read() as connection:
        row = latest_packet(connection, team_key, meeting_key, "final")
        if row is not None:
            row = latest_packet(connection, team_key, meeting_key, STAGE) or row
    return None if row is None else loaded(row)


def told_ahead(work: Workplace, team_key: str, planned: Sequence[Meeting]) -> list[Frozen]:
    """What readers were told last of each meeting that lies ahead: by the plan, or as they were told."""
    now = work.clock()
    begins = {meeting.key: meeting.starts_at for meeting in planned}
    with work.store.read() as connection:
        known = meetings_with_packets(connection, team_key)
    found = []
    for key in sorted(known, key=original_start):
        near = begins[key] > now if key in begins else original_start(key) > now - LOOK_BACK
        told = told_last(work, team_key, key) if near else None
        if told is not None and (key in begins or _believed_at(told.packet) > now):
            found.append(told)
    return found


def is_due(told: Frozen, planned: Sequence[Meeting], as_of: datetime) -> bool:
    """Whether it is time to look for material changes since what was told: from the addendum's hour on, once."""
    meeting = _planned(told, planned)
    return meeting is not None and meeting.addendum_at is not None and told.row.as_of < meeting.addendum_at <= as_of


def freeze_addendum(work: Workplace, told: Frozen, planned: Sequence[Meeting], as_of: datetime) -> Frozen | None:
    """The next addendum to what was told; None where nothing has to be said."""
    meeting = _planned(told, planned)
    if meeting is None:
        return _cancellation(work, told, planned)
    heading = told.packet.heading
    moved = (meeting.starts_at, meeting.series.place) != (heading.meeting_at, heading.place)
    if not (moved or _called_off(told.packet) or is_due(told, planned, as_of)):
        return None
    at, previous = max(as_of, told.row.as_of), meeting_before(list(planned), meeting)
    sent = _as_told(work, told)
    revision = _next_revision(told)
    material = gather(work, meeting, previous, stage=STAGE, revision=revision, as_of=at, known_at=at, sent=sent)
    rules = rules_of(meeting.series.sending)
    addendum = _with_changes(material, sent, compose(material), rules)
    others = []
    for before in sent.translations:
        told_in = spoken(work.district, material, before.heading.language)
        others.append(_with_changes(told_in, before, compose(told_in), rules))
    addendum = addendum.model_copy(update={"translations": tuple(others)})
    return _keep(work, told, addendum, at) if addendum.changes else None


def _with_changes(material: Material, sent: Packet, now: Packet, rules: AddendumRules) -> Packet:
    return now.model_copy(update={"changes": material_changes(material, sent, now, rules)})


def _planned(told: Frozen, planned: Sequence[Meeting]) -> Meeting | None:
    return next((meeting for meeting in planned if meeting.key == told.row.meeting_key), None)


def _as_told(work: Workplace, told: Frozen) -> Packet:
    """What was told last, with the changes of the packet and all its addenda, the newest told first; in each
    language."""
    row = told.row
    stages = [(STAGE, number) for number in range(row.revision - 1, 0, -1)] if row.stage == STAGE else []
    with work.store.read() as connection:
        rows = [packet_revision(connection, row.team_key, row.meeting_key, *stage) for stage in stages]
        if row.stage == STAGE:
            rows.append(latest_packet(connection, row.team_key, row.meeting_key, "final"))
    earlier = [Packet.model_validate_json(one.snapshot) for one in rows if one is not None]

    def whole(newest: Packet) -> Packet:
        before = (in_language(packet, newest.heading.language) for packet in earlier)
        return newest.model_copy(
            update={"changes": tuple(change for packet in (newest, *before) for change in packet.changes)}
        )

    return whole(told.packet).model_copy(update={"translations": tuple(map(whole, told.packet.translations))})


def _cancellation(work: Workplace, told: Frozen, planned: Sequence[Meeting]) -> Frozen | None:
    key, now = told.row.meeting_key, work.clock()
    if _called_off(told.packet) or not is_cancelled(work.district, key, planned, now):
        return None
    following = next_meeting([one for one in planned if one.series.key == series_of(key)], now)
    others = (_cancelled(work, told, one, following) for one in told.packet.translations)
    packet = _cancelled(work, told, told.packet, following).model_copy(update={"translations": tuple(others)})
    return _keep(work, told, packet, told.row.as_of)


def _cancelled(work: Workplace, told: Frozen, packet: Packet, following: Meeting | None) -> Packet:
    """One language's packet as the addendum that says it is not held."""
    heading = packet.heading
    wording = Wording(work.district.zone, heading.language)
    text = wording.say("addendum_cancelled", was=heading.meeting_text)
    if following is not None:
        text = f"{text} {wording.say('addendum_next', day=wording.moment(following.starts_at))}"
    change = Change(audience=Audience.PUBLIC, trend=Trend.NEW, text=text, item=CANCELLED, weight=FIRST)
    headed = heading.model_copy(update={"stage": STAGE, "revision": _next_revision(told)})
    return packet.model_copy(update={"changes": (change,), "corrections": (), "heading": headed})


def _next_revision(told: Frozen) -> int:
    return told.row.revision + 1 if told.row.stage == STAGE else 1


def _believed_at(packet: Packet) -> datetime:
    """When readers believe that the meeting begins, or would have begun."""
    assert packet.heading.meeting_at is not None, "every packet is for a meeting"
    return packet.heading.meeting_at


def _called_off(packet: Packet) -> bool:
    return bool(packet.changes) and packet.changes[0].item == CANCELLED


def _keep(work: Workplace, told: Frozen, packet: Packet, as_of: datetime) -> Frozen:
    """Freeze an addendum; of two runs at once the second gets what the first kept."""
    now = work.clock()
    with work.store.begin() as connection:
        serialise(connection, TEAM_SOURCE)
        row = save_packet(
            connection,
            team_key=told.row.team_key,
            meeting_key=told.row.meeting_key,
            stage=STAGE,
            revision=_next_revision(told),
            snapshot=packet.model_dump_json(),
            composed_at=max(now, told.row.composed_at + timedelta(microseconds=1)),
            as_of=as_of,
            known_at=as_of,
            district_hash=save_district(connection, work.district.canonical_json, now),
        )
    return loaded(row, new=True)
