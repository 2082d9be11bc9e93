"""Which run may go ahead: no backlog is replayed, no slot is done twice by itself, no two runs do the same at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from inspect import signature
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from firstbell.clock import utc_now
from firstbell.errors import FirstbellError
from firstbell.store.ledger import Claim, ClaimRefusedError, claim
from tasks.options import moment_of, scheduled_at
from tasks.place import workplace

FormT = TypeVar("FormT")


class SupersededError(ClaimRefusedError):
    """This scheduled run comes too late; the next one does its work."""


def told_in_a_sentence(body: Callable[[FormT], State[Any]]) -> Callable[[FormT], State[Any]]:
    """A flow's body whose end is a sentence also when a person has something to mend, or when it had nothing to do.

    What another run did, does or will do ends Completed as "Superseded"; every other trouble that is ours to explain
    ends Failed with its own words instead of a traceback.
    """

    @wraps(body)
    def run(options: FormT) -> State[Any]:
        try:
            return body(options)
        except ClaimRefusedError as refusal:
            return Completed(name="Superseded", message=str(refusal))
        except FirstbellError as error:
            return Failed(message=str(error))

    # Prefect makes the form from the signature and looks its names up here, where flows' own are not known.
    run.__signature__ = signature(body, eval_str=True)  # type: ignore[attr-defined]
    return run


@contextmanager
def slot(flow: str, every: timedelta, *, whole: bool, vantage: str = "") -> Iterator[Claim]:
    """Hold the flow's slot of this run's start while the block runs.

    Only a `whole` run, one for now that leaves nothing out, marks its slot as done: half a night, or one for a past
    date, never takes the real one's place, nor does the watchdog count it. Of whole runs that the schedule started
    each slot sees one, and none that comes long too late; every other run goes ahead, though never beside one that
    is still working. Runs from several vantages do not hinder each other. Raises SupersededError and
    ClaimRefusedError: nothing is wrong then.
    """
    refuse_stale(every)
    with workplace() as work:
        name = slot_name(scheduled_at() or utc_now(), every, work.district.zone)
        again = not (whole and started_by_schedule())
        with claim(work.store, flow, name, vantage or work.district.polling.vantage, force=again) as mine:
            if not whole:
                mine.abandon()
            yield mine


def slot_name(moment: datetime, every: timedelta, zone: ZoneInfo) -> str:
    """The district's day that a moment lies in, or its hour where a flow runs more often than once a day.

    >>> slot_name(datetime(2026, 11, 22, 1, 30, tzinfo=UTC), timedelta(days=1), ZoneInfo("America/Chicago"))
    '2026-11-21'
    """
    if every >= timedelta(days=1):
        return f"{moment.astimezone(zone):%Y-%m-%d}"
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:00Z}"


def refuse_stale(every: timedelta) -> None:
    """Raise SupersededError where the schedule's next run, `every` after this one, is due already."""
    late_by = utc_now() - (scheduled_at() or utc_now())
    if started_by_schedule() and late_by > every:
        hours = late_by.total_seconds() / 3600
        raise SupersededError(f"This run was due {hours:.0f} hours ago; the next one does its work.")


def started_by_schedule() -> bool:
    """Whether Prefect's scheduler made this run, and not a person."""
    return "auto-scheduled" in (flow_run.tags or [])


def moment_asked(as_of: str) -> datetime:
    """The moment that a form's "As of" means in the district's zone. Raises OptionError."""
    with workplace() as work:
        return moment_of(as_of, work.district.zone)


def past_asked(as_of: str) -> datetime | None:
    """The same, but None where the form leaves it open: then a step's own now counts, which later steps know more of.

    Raises OptionError.
    """
    return moment_asked(as_of) if as_of.strip() else None
