"""The stages around a packet as grounds to be killed on: previews, an addendum, a moved meeting, invitations."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from firstbell.briefing.cycle import BriefingWish, brief
from firstbell.delivery.smtp import SmtpTransport
from firstbell.workplace import Workplace
from tasks.place import workplace_at
from tests.faults.campaign import Ground
from tests.faults.cedar import local, write_district
from tests.faults.jobs import DRAFT, SEND, final, prepare, set_watch

PREVIEW, ADDENDUM = local(11, 23, 5), local(12, 2, 6)
MOMENTS = {"preview": PREVIEW, "addendum": ADDENDUM, "moved": SEND + timedelta(days=1), "invitation": DRAFT}
SENDING = {
    "preview": "sending: {preview_days: 10, draft_days: off, at: 05:00}",
    "moved": "moves: [{original: 2026-12-03, to: 2026-12-10T14:00}]",
    "invitation": "sending: {preview_days: off, draft_days: off, invitation_days: 60}",
}
"""What is written into meetings.yaml before the job begins."""


class StageGround(Ground):
    """A district in which a stage is due. Before an addendum nothing was read for a week, so that much fell silent."""

    def prepare(self) -> None:
        write_district(self.district, web=self.world.web, mail_port=self.world.mail_port)
        with workplace_at(self.district, self.folder / "pattern", self.database) as work:
            prepare("draft", work, self.transport("prepared"))
            if self.job in ("addendum", "moved"):
                final(work, self.transport("prepared"))
        if rest := SENDING.get(self.job):
            meetings = self.district / "meetings.yaml"
            meetings.write_text(f"{meetings.read_text()}    {rest}\n")

    def run(self, state: Path, later: timedelta = timedelta()) -> None:
        with workplace_at(self.district, state, self.database) as work:
            stage(work, self.transport(state.name), MOMENTS[self.job], later)


def stage(work: Workplace, transport: SmtpTransport, at: datetime, later: timedelta) -> None:
    """What the briefing does at a moment, however late it runs."""
    brief(set_watch(work, at, later), transport, BriefingWish(team_key="tech", as_of=at))
