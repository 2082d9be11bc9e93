"""Which run may go ahead: no backlog is replayed, no slot is done twice by itself, no two runs do the same at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from prefect.runtime import flow_run

from firstbell.clock import utc_now
from firstbell.store.ledger import Claim, ClaimRefusedError, claim
from tasks.options import moment_of, scheduled_at
from tasks.place import workplace


class SupersededError(ClaimRefusedError):
    """This scheduled run comes too late; the next one does its work."""


@contextmanager
def slot(flow: str, moment: datetime, every: timedelta, *, team: str = "") -> Iterator[Claim]:
    """Hold the flow's slot of `moment` while the block runs.

    A run that the schedule started counts for its period of `every` and is refused when that period is done or long
    past; a run that a person started always goes ahead, though never beside one that is still working. Raises
    SupersededError and ClaimRefusedError: nothing is wrong then.
    """
    scheduled = started_by_schedule()
    late_by = utc_now() - (scheduled_at() or utc_now())
    if scheduled and late_by > every:
        raise SupersededError(f"Superseded: this run was due {late_by.total_seconds() / 3600:.0f} hours ago.")
    with workplace() as work:
        name = f"{_floor(moment, every):%Y-%m-%dT%H:%MZ}"
        with claim(work.store, flow, name, work.district.polling.vantage, team, force=not scheduled) as mine:
            yield mine


def started_by_schedule() -> bool:
    """Whether Prefect's scheduler made this run, and not a person."""
    return "auto-scheduled" in (flow_run.tags or [])


def _floor(moment: datetime, every: timedelta) -> datetime:
    start = datetime(2000, 1, 1, tzinfo=UTC)
    return start + (moment - start) // every * every


def moment_asked(as_of: str) -> datetime:
    """The moment that a form's "As of" means in the district's zone. Raises OptionError."""
    with workplace() as work:
        return moment_of(as_of, work.district.zone)
