"""The rows of one link, each put at its instant, as stretches of time of which none is counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
    again: datetime | None = None
    """The second instant that a local time may mean, which clocks set back have repeated; `at` is the first."""


def placed(rows: Sequence[Told]) -> list[Told]:
    """A file's rows of a link, in its order, each at the one instant that it can mean.

    Of a local time that clocks repeat the order tells which is meant, be the rows oldest or newest first: after 01:55
    comes the second 01:00. A row that may still mean either is left out, as are all such rows of a file without order.
    """
    if all(row.again is None for row in rows):
        return list(rows)
    upwards, downwards = _instants(rows), _instants(rows[::-1])
    ways = [way for way in (upwards, downwards and downwards[::-1]) if way is not None]
    kept = []
    for place, row in enumerate(rows):
        if row.again is None:
            kept.append(row)
            continue
        meant = {way[place] for way in ways}
        if len(meant) == 1 and (at := meant.pop()) is not None:
            kept.append(row._replace(at=at, again=None))
    return kept


def _instants(rows: Sequence[Told]) -> list[datetime | None] | None:
    """Each row's instant if every row is later than the one ahead of it; None for a row that two instants fit.

    None at all where no choice of instants puts the rows in that order.
    """
    earliest: list[datetime] = []
    for row in rows:
        at = next((one for one in (row.at, row.again) if one and (not earliest or one > earliest[-1])), None)
        if at is None:
            return None
        earliest.append(at)
    latest: list[datetime] = []
    for row in reversed(rows):
        latest.append(next(one for one in (row.again, row.at) if one and (not latest or one < latest[-1])))
    return [one if one == other else None for one, other in zip(earliest, reversed(latest), strict=True)]


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
