"""Each day: previews, the draft, the packet, an addendum or nothing, by dates and approvals alone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.brief import brief_one, list_teams
from tasks.options import BriefingOptions
from tasks.show import briefed_of, briefing_state, show_briefings
from tasks.slots import past_asked, refuse_stale, told_in_a_sentence

EVERY = timedelta(days=1)


@flow(name="briefing")
@told_in_a_sentence
def briefing(options: BriefingOptions = BriefingOptions()) -> State[Any]:  # noqa: B008 - the form's defaults
    """Freeze, draw and mail what is due. Running it twice does no harm: the outbox knows what was sent."""
    refuse_stale(EVERY)
    as_of = past_asked(options.as_of)
    done = [
        briefed_of(
            team,
            brief_one(team, options.meeting, as_of, options.dry_run, options.resend_to, return_state=True),
        )
        for team in list_teams(options.team, options.resend_to)
    ]
    show_briefings(done)
    return briefing_state(done)
