"""A team's meetings under the keys by which packets, words and mails already know them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from firstbell.calendar import original_start, series_of
from firstbell.config.loaded import District
from firstbell.meetings import Meeting, meetings_of
from firstbell.store.packets import meetings_with_packets
from firstbell.workplace import Workplace

SAME_MEETING_WITHIN = timedelta(days=3)
"""How far a meeting may have moved and still be the same one: less than half of a weekly series' step."""


def known_meetings(work: Workplace, team_key: str, around: datetime) -> list[Meeting]:
    """A team's meetings within two hundred days of an instant, in order. Raises what `meetings_of` does, StoreError.

    A series whose hour was changed, or an event that was dragged elsewhere in a shared calendar, gets another original
    start and thereby another key. A meeting that has a packet and is no longer planned is therefore taken to be the
    nearest planned one of its series, at most three days away and without a packet of its own, which keeps its key.
    """
    planned = meetings_of(work.district, team_key, around, work.read_calendar)
    with work.store.read() as connection:
        return keep_keys(planned, meetings_with_packets(connection, team_key))


def keep_keys(planned: Sequence[Meeting], known: Iterable[str]) -> list[Meeting]:
    """The planned meetings, with the keys of known ones that are no longer planned where they stand in for them."""
    gone = sorted(set(known) - {meeting.key for meeting in planned}, key=original_start)
    free = {meeting.key: meeting for meeting in planned if meeting.key not in set(known)}
    kept: dict[str, str] = {}
    for key in gone:
        before = original_start(key)
        near = [
            meeting
            for meeting in free.values()
            if meeting.series.key == series_of(key) and abs(meeting.starts_at - before) <= SAME_MEETING_WITHIN
        ]
        if near:
            moved = min(near, key=lambda meeting: abs(meeting.starts_at - before))
            kept[free.pop(moved.key).key] = key
    return [replace(meeting, key=kept.get(meeting.key, meeting.key)) for meeting in planned]


def is_cancelled(district: District, key: str, planned: Sequence[Meeting], now: datetime) -> bool:
    """Whether a meeting that is no longer planned is known not to be held.

    A shared calendar that gives no meeting ahead at all may only have been renamed or emptied by mistake: then nobody
    knows, unless meetings.yaml itself cancels the meeting. The same where the whole series was taken out of the file.
    """
    series = next((one for one in district.series if one.key == series_of(key)), None)
    if series is None:
        return False
    day = original_start(key).astimezone(district.zone).date()
    for move in series.moves:
        if move.original == day:
            return move.to is None
    shared = [series.ics, *(cadence.ics for cadence in series.later if cadence.starts <= day)][-1]
    return not shared or any(one.series.key == series.key and one.starts_at > now for one in planned)
