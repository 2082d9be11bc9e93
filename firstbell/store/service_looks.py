"""Looks at one service after the other, as known at a moment: a year of thousands of services in the room of one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from firstbell.clock import require_aware
from firstbell.intervals import Window
from firstbell.records import ObservationInterval, ServiceState
from firstbell.store.batches import fetch_rows, moment_of, placed, stamper

CONFIRMED_WITHIN = timedelta(hours=12)
"""How far beyond a window the looks are that may confirm or dismiss a failure at its edge: ten of an hour each."""

_PLACES = """
SELECT service_key, vantage, (
    SELECT min(first_at) FROM observation_interval AS first WHERE first.source_key = tail.source_key
    AND first.vantage = tail.vantage AND first.service_key = tail.service_key
) FROM observation_interval AS tail WHERE source_key = ? AND is_tail
"""
_LOOKS = """
SELECT state, reason, first_at, last_at, count, expected_interval_seconds FROM observation_interval
WHERE source_key = ? AND vantage = ? AND service_key = ? AND first_at < ? AND recorded_at <= ?
AND first_at >= coalesce((
    SELECT max(first_at) FROM observation_interval
    WHERE source_key = ? AND vantage = ? AND service_key = ? AND first_at < ?
), ?) ORDER BY first_at
"""
_STATES = {state.value: state for state in ServiceState}


class StoredLooks:
    """The looks that a window needs, by service: those in it, the last before it, and what confirms those at its edges.

    Those of one source alone: what another monitor saw makes no figure of ours. Each call asks the store by index,
    once for each vantage that ever looked at the service.
    """

    def __init__(self, connection: Connection, source_key: str, *, window: Window, known_at: datetime) -> None:
        self._connection = connection
        self._source_key = source_key
        self._statement = placed(connection, _LOOKS)
        stamp = stamper(connection)
        self._known_at = require_aware(known_at, "known_at")
        self._start = stamp(window.start - CONFIRMED_WITHIN)
        # A look at the very moment counts, as in the figures of everything else that is known then.
        self._end = stamp(min(window.end + CONFIRMED_WITHIN, self._known_at + timedelta(microseconds=1)))
        self._known = stamp(self._known_at)

    @cached_property
    def _places(self) -> Mapping[str, list[tuple[str, datetime]]]:
        found: dict[str, list[tuple[str, datetime]]] = {}
        for service, vantage, first in fetch_rows(self._connection, _PLACES, (self._source_key,)):
            found.setdefault(service, []).append((vantage, moment_of(first)))
        return found

    @cached_property
    def since(self) -> Mapping[str, datetime]:
        """When each service was first looked at."""
        return {service: min(first for _, first in places) for service, places in self._places.items()}

    def __call__(self, service_key: str) -> list[ObservationInterval]:
        """The looks at a service, by vantage and time; none for one that nobody looked at."""
        cursor: Any = self._connection.connection.cursor()
        found: list[ObservationInterval] = []
        try:
            for vantage, _ in self._places.get(service_key, ()):
                place = (self._source_key, vantage, service_key)
                cursor.execute(self._statement, (*place, self._end, self._known, *place, self._start, self._start))
                found += [self._interval(*place, row) for row in cursor]
        finally:
            cursor.close()
        return found

    def _interval(self, source: str, vantage: str, service: str, row: tuple[Any, ...]) -> ObservationInterval:
        state, reason, first, last, count, expected = row
        first_at, last_at = moment_of(first), moment_of(last)
        if last_at > self._known_at:
            share = (self._known_at - first_at) / (last_at - first_at)
            last_at, count = self._known_at, 1 + int((count - 1) * share)
        return ObservationInterval(
            service_key=service,
            source_key=source,
            vantage=vantage,
            state=_STATES[state],
            first_at=first_at,
            last_at=last_at,
            count=count,
            expected_interval_seconds=expected,
            reason=reason,
        )
