"""The rows of one link as stretches of time of which none is counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from operator import attrgetter
from typing import NamedTuple

from connectors._links import Traffic
from firstbell.intervals import Window


class Told(NamedTuple):
    """What a row says of its link over the time from `before` its moment until `after` it."""

    at: datetime
    before: timedelta
    after: timedelta
    share: float | None
    """Of what the link can carry; None where a figure is not known."""
    faults: float | None = None
    packets: float | None = None


def apart(rows: Iterable[Told]) -> Iterator[Traffic]:
    """What is known of a link, in the order of time, from rows in any order.

    A row speaks for no time before the row ahead of it nor after the next one, so rows that stand closer than they say
    are not counted for the same seconds. A row without a figure ends and begins the others' time as any row does.
    """
    told = sorted(rows, key=attrgetter("at"))
    covered = datetime.min.replace(tzinfo=UTC)
    for row, following in zip_longest(told, told[1:]):
        end = row.at + row.after if following is None else min(row.at + row.after, following.at)
        start = max(row.at - row.before, covered)
        covered = max(covered, end)
        if row.share is not None and start < end:
            yield Traffic(Window(start, end), row.share, row.faults, row.packets, row.before + row.after)
