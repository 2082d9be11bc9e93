"""Which stages of a meeting's packet are due, and which of them still have a reader."""

from __future__ import annotations

from datetime import datetime

from firstbell.briefing.freeze import frozen
from firstbell.meetings import Meeting
from firstbell.workplace import Workplace

STAGES = ("preview", "draft", "final")
"""In the order in which they are due: to the owners of sections, to the team's leader, to all."""


def due_stages(meeting: Meeting, now: datetime) -> list[str]:
    """Which stages are due before a meeting; a meeting that has begun needs none."""
    if now >= meeting.starts_at:
        return []
    moments = zip(STAGES, (meeting.preview_at, meeting.draft_at, meeting.send_at), strict=True)
    return [stage for stage, moment in moments if moment is not None and now >= moment]


def wanted_stages(work: Workplace, meeting: Meeting, now: datetime) -> list[str]:
    """The due stages that still have a reader: once the packet itself is out, preview and draft have none, also where
    the meeting then moved to a later day.

    A draft is made up for only where an approval is required, and finished where it was begun. A preview is not made up
    for where the draft is all that goes out: the owners' words would have no paper to stand in.
    """
    if now < meeting.starts_at and frozen(work, meeting, "final") is not None:
        return ["final"]
    due = due_stages(meeting, now)
    if "final" not in due:
        too_late = meeting.send_at is None and "draft" in due and frozen(work, meeting, "preview") is None
        return ["draft"] if too_late else due
    if "draft" not in due:
        return ["final"]
    required = meeting.series.sending.approval == "required"
    return ["draft", "final"] if required or frozen(work, meeting, "draft") is not None else ["final"]
