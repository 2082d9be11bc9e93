"""Who may run: one automatic run for each flow, slot, vantage and team, and never two at once.

A completion row stops automatic duplicates only; a person's run (`force`) always goes ahead, but still not beside a
living one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from firstbell.clock import Clock, utc_now
from firstbell.errors import FirstbellError
from firstbell.store.locks import process_lock
from firstbell.store.models import LedgerRow
from firstbell.store.save import upsert
from firstbell.store.session import Store


class ClaimRefusedError(FirstbellError):
    """Another run has done, or is doing, what this one was to do. Nothing is wrong."""


class AlreadyDoneError(ClaimRefusedError):
    """The slot was completed."""


class HeldError(ClaimRefusedError):
    """A living process is at it."""


@dataclass(slots=True)
class Claim:
    """The right to run. `abandon` ends the block without marking the slot as done."""

    flow: str
    slot: str
    vantage: str
    team_key: str
    claimed_at: datetime
    abandoned: bool = field(default=False)

    def abandon(self) -> None:
        """Leave the slot open for the next run, as when nothing could be read."""
        self.abandoned = True


@contextmanager
def claim(
    store: Store,
    flow: str,
    slot: str,
    vantage: str = "",
    team: str = "",
    *,
    force: bool = False,
    clock: Clock = utc_now,
) -> Iterator[Claim]:
    """Hold a slot for the block and mark it as done at its end; an exception leaves it open.

    Raises AlreadyDoneError when the slot was completed (unless `force`) and HeldError while a living process holds it.
    """
    what = f"{flow} for {slot}" + "".join(f", {part}" for part in (vantage, team) if part)
    with process_lock(store, "\n".join(("claim", flow, slot, vantage, team))) as held:
        if not held:
            raise HeldError(f"Another run is working on {what}; wait for it or end it.")
        with store.read() as connection:
            done = completed_at(connection, flow, slot, vantage, team)
        if done is not None and not force:
            raise AlreadyDoneError(f"{what} was done at {done:%Y-%m-%d %H:%M} UTC; nothing to do.")
        mine = Claim(flow, slot, vantage, team, clock())
        yield mine
        if not mine.abandoned:
            with store.begin() as connection:
                _complete(connection, mine, clock())


def completed_at(connection: Connection, flow: str, slot: str, vantage: str = "", team: str = "") -> datetime | None:
    """When a slot was completed; None when it was not."""
    return connection.scalar(
        select(LedgerRow.completed_at).where(
            LedgerRow.flow == flow,
            LedgerRow.slot == slot,
            LedgerRow.vantage == vantage,
            LedgerRow.team_key == team,
        )
    )


def last_completed(connection: Connection, flow: str, team: str = "") -> LedgerRow | None:
    """The newest completed slot of a flow: what a watchdog asks for."""
    row = connection.execute(
        select(LedgerRow)
        .where(LedgerRow.flow == flow, LedgerRow.team_key == team)
        .order_by(LedgerRow.completed_at.desc())
        .limit(1)
    ).first()
    return None if row is None else LedgerRow(**row._mapping)


def _complete(connection: Connection, mine: Claim, now: datetime) -> None:
    times = {"claimed_at": mine.claimed_at, "completed_at": now}
    keys = {"flow": mine.flow, "slot": mine.slot, "vantage": mine.vantage, "team_key": mine.team_key}
    statement = upsert(connection, LedgerRow).values(**keys, **times)
    connection.execute(statement.on_conflict_do_update(index_elements=list(keys), set_=times))
