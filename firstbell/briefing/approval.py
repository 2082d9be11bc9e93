"""Whether a person's word, or its absence, keeps a packet here."""

from __future__ import annotations

from sqlalchemy import Connection

from firstbell.meetings import Meeting
from firstbell.store.models import ApprovalState
from firstbell.store.packets import approvals, latest_packet


def kept_back(connection: Connection, meeting: Meeting) -> str:
    """Why the packet does not go out although it is due; empty when it does. One that is frozen goes on."""
    if latest_packet(connection, meeting.team_key, meeting.key, "final") is not None:
        return ""
    required = meeting.series.sending.approval == "required"
    draft = latest_packet(connection, meeting.team_key, meeting.key, "draft")
    if draft is None:
        return "The packet needs an approval, and no draft was made yet." if required else ""
    word = approvals(connection, draft.id)[-1]
    if word.state == ApprovalState.HELD:
        return f"Held by {word.by}; approve it to send it."
    if required and word.state != ApprovalState.APPROVED:
        return "The packet waits for the approval that meetings.yaml requires."
    return ""
