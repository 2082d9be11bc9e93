"""What ends soon, in the morning mail: each thing once a person, on the week's own day.

What was told stands in the mail's key beside its day. An end that is moved to another date is told anew, and so is
what stood in a mail that never left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from firstbell.between.post import told_of
from firstbell.briefing.notice import Block, Entry
from firstbell.catalog import load_roles
from firstbell.packet.agenda_year import ending_text
from firstbell.packet.wording import Wording
from firstbell.store.models import MessageState
from firstbell.workplace import Workplace
from firstbell.year_turn import Ending

MARK = "ends:"
LEAVING = (MessageState.PREPARED, MessageState.ATTEMPTING, MessageState.SENT, MessageState.UNKNOWN)
"""A mail that was given up or refused told nobody anything."""
MOST_TOLD = 8
"""As many as one mail tells; the others wait for the next week, those that end last."""


def endings_of(
    work: Workplace, connection: Connection, kind: str, person_key: str, ends: Sequence[Ending]
) -> list[Ending]:
    """Those of the ends that a person was not told of yet, the first to end first."""
    told = told_of(work, connection, kind, LEAVING).get(person_key, set())
    return [one for one in ends if _thing(one) not in told][:MOST_TOLD]


def things_of(ends: Iterable[Ending]) -> list[str]:
    """How a mail's key names what ends."""
    return [_thing(one) for one in ends]


def told_days(things: Iterable[str]) -> list[str]:
    """The days among the things that mails spoke of."""
    return [thing for thing in things if not thing.startswith(MARK)]


def ending_blocks(words: Wording, ends: Sequence[Ending]) -> list[Block]:
    """What ends, one line each; people stand there by their roles."""
    roles = {role.key: words.phrase(role.title) for role in load_roles().roles}
    entries = tuple(Entry(text=ending_text(words, one, lambda key: roles.get(key, key))) for one in ends)
    return [Block(title=words.say("morning_ends"), entries=entries)]


def _thing(one: Ending) -> str:
    return f"{MARK}{one.key.replace('/', ':')}@{one.ends_on}"
