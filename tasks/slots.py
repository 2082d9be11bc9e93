"""Which run may go ahead: no backlog is replayed, no slot is done twice by itself, no two runs do the same at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from inspect import signature
from typing import Any, TypeVar

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
def slot(flow: str, moment: datetime, every: timedelta, *, team: str = "") -> Iterator[Claim]:
    """Hold the flow's slot of `moment` while the block runs.

    A run that the schedule started counts for its period of `every` and is refused when that period is done or long
    past; a run that a person started always goes ahead, though never beside one that is still working. Raises
    SupersededError and ClaimRefusedError: nothing is wrong then.
    """
    refuse_stale(every)
    with workplace() as work:
        name = f"{_floor(moment, every):%Y-%m-%dT%H:%MZ}"
        with claim(
            work.store, flow, name, work.district.polling.vantage, team, force=not started_by_schedule()
        ) as mine:
            yield mine


def refuse_stale(every: timedelta) -> None:
    """Raise SupersededError where the schedule's next run, `every` after this one, is due already."""
    late_by = utc_now() - (scheduled_at() or utc_now())
    if started_by_schedule() and late_by > every:
        hours = late_by.total_seconds() / 3600
        raise SupersededError(f"This run was due {hours:.0f} hours ago; the next one does its work.")


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
