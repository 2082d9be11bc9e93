"""What a mail server put off as a job: sent when its next try has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect import task
from prefect.client.schemas.objects import State
from prefect.states import Completed

from firstbell.between.put_off import due, send_due
from firstbell.delivery.choose import transport_of
from firstbell.minutes.model import Entry
from tasks.place import secret_readers, workplace


class DeliverOptions(Entry):
    """Trying again what a mail server put off. Nothing to choose: what was taken is never sent again."""


@dataclass(frozen=True, slots=True)
class TriedAgain:
    """What came of it, in counts. `trouble` says why the rest waits on, where it does."""

    due: int = 0
    sent: int = 0
    put_off: int = 0
    refused: int = 0
    unknown: int = 0
    trouble: str = ""


@task(name="try again")
def try_again() -> TriedAgain:
    """Send what is due; without it nothing is opened. Raises DeliveryError when mail cannot leave at all."""
    with workplace() as work:
        waiting = due(work)
        if not waiting:
            return TriedAgain()
        done = send_due(work, transport_of(work.district, work.state, secret_readers(work.district.folder)))
    return TriedAgain(
        due=len(waiting),
        sent=done.sent,
        put_off=done.counts.get("deferred", 0),
        refused=len(done.refused),
        unknown=len(done.unknown),
        trouble=done.trouble,
    )


def tried_state(done: TriedAgain) -> State[Any]:
    """How it ended: with a name of its own when somebody has to look."""
    counts = {"sent": done.sent, "put off again": done.put_off, "refused": done.refused, "unknown": done.unknown}
    said = ", ".join(f"{count} {what}" for what, count in counts.items() if count) or "none to be sent any more"
    if not done.due:
        return Completed(message="No letter is due.")
    message = f"Letters: {said}. {done.trouble}".rstrip()
    if done.refused or done.unknown:
        return Completed(name="Deliveries to look at", message=message)
    return Completed(message=message)
