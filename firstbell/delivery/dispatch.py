"""Emptying the outbox: each prepared message is taken, handed over once, and its outcome written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from firstbell.clock import Clock
from firstbell.delivery.transport import Connection, DeliveryError, Outcome, Transport
from firstbell.store.models import MessageState
from firstbell.store.outbox import (
    give_up,
    mark_attempting,
    message_by_key,
    messages,
    overtaken,
    sender,
    settle,
    settle_dead_attempts,
)
from firstbell.store.outbox_put_off import put_off, put_off_untried
from firstbell.store.session import Store

_STATE = {
    Outcome.SENT: MessageState.SENT,
    Outcome.REFUSED: MessageState.REFUSED,
    Outcome.UNKNOWN: MessageState.UNKNOWN,
}

OVERTAKEN = "Not sent: the packet itself was ready before this had left."


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What came of one emptying. `unknown` names messages that may have arrived: a person looks at those.

    `trouble` says why the rest waits for its next try, where it does because the way out was lost.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    trouble: str = ""

    @property
    def sent(self) -> int:
        """How many a server took this time."""
        return self.counts.get(Outcome.SENT, 0)


def dispatch(store: Store, transport: Transport, clock: Clock, *, keys: Sequence[str] | None = None) -> Dispatched:
    """Hand over what is prepared; with `keys` only those messages.

    What a dead process left half-way is told as unknown and not sent again. Raises DeliveryError when the transport
    cannot be used at all: then nothing was taken and everything waits for its next try.
    """
    lost = settle_dead_attempts(store, clock())
    waiting = _waiting(store, clock, keys)
    if not waiting:
        return Dispatched(unknown=tuple(lost))
    try:
        with sender(store) as name, transport.open() as way_out:
            return _hand_over_all(store, way_out, name, waiting, lost, clock)
    except DeliveryError:
        with store.begin() as connection:
            put_off_untried(connection, waiting, clock())
        raise


def _waiting(store: Store, clock: Clock, keys: Sequence[str] | None) -> list[str]:
    """The keys of what is prepared and still has a reader; a draft that comes too late is given up."""
    with store.read() as connection:
        rows = messages(connection, states=[MessageState.PREPARED], keys=keys)
        late = [row.message_key for row in rows if overtaken(connection, row)]
    if late:
        with store.begin() as connection:
            give_up(connection, late, OVERTAKEN, clock())
    return [row.message_key for row in rows if row.message_key not in late]


def _hand_over_all(
    store: Store, way_out: Connection, name: str, waiting: Sequence[str], lost: Sequence[str], clock: Clock
) -> Dispatched:
    counts: Counter[str] = Counter()
    refused, unknown, trouble = [], list(lost), ""
    for number, key in enumerate(waiting):
        try:
            way_out.ready()
        except DeliveryError as error:
            counts[Outcome.DEFERRED] += len(waiting) - number
            trouble = str(error)
            with store.begin() as connection:
                put_off_untried(connection, waiting[number:], clock())
            break
        outcome = _hand_over(store, way_out, name, key, clock)
        if outcome is None:
            continue
        counts[outcome] += 1
        if outcome is Outcome.REFUSED:
            refused.append(key)
        elif outcome is Outcome.UNKNOWN:
            unknown.append(key)
    return Dispatched(counts=dict(counts), refused=tuple(refused), unknown=tuple(unknown), trouble=trouble)


def _hand_over(store: Store, way_out: Connection, name: str, key: str, clock: Clock) -> Outcome | None:
    """Take one message and send it; None when somebody else took it or its bytes have expired."""
    with store.begin() as connection:
        row = message_by_key(connection, key)
        if row is None or row.message is None or row.address is None:
            return None
        if not mark_attempting(connection, row.id, name, clock()):
            return None
    handover = way_out.send(row.address, row.message)
    with store.begin() as connection:
        if handover.outcome is Outcome.DEFERRED:
            state = put_off(connection, row, name, clock(), handover.reply, lost=handover.lost)
            return Outcome.REFUSED if state is MessageState.REFUSED else Outcome.DEFERRED
        settle(connection, row.id, name, _STATE[handover.outcome], clock(), handover.reply)
    return handover.outcome
