"""Each day: the draft, the packet or nothing, by dates and approvals alone."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.brief import brief_one, list_teams
from tasks.options import BriefingOptions
from tasks.show import briefing_state, show_briefings
from tasks.slots import moment_asked


@flow(name="briefing")
def briefing(options: BriefingOptions = BriefingOptions()) -> State[Any]:  # noqa: B008 - the form's defaults
    """Freeze, draw and mail what is due. Running it twice does no harm: the outbox knows what was sent."""
    moment = moment_asked(options.as_of)
    done = [
        brief_one(team, options.meeting, moment, options.dry_run, options.resend_to)
        for team in list_teams(options.team)
    ]
    show_briefings(done)
    return briefing_state(done)
