"""The one place that reads the wall clock. Everything else is told what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

AHEAD_TOLERANCE = timedelta(minutes=5)
"""So far ahead of ours another's clock may be: what it tells of a later time is not known to have been."""


def utc_now() -> datetime:
    """The present instant, aware and in UTC."""
    return datetime.now(UTC)


def is_ahead(told: datetime | None, now: datetime) -> bool:
    """Whether what is told to have been lies ahead of now, by more than clocks commonly differ."""
    return told is not None and told - now > AHEAD_TOLERANCE


def require_aware(moment: datetime, name: str) -> datetime:
    """Return `moment` in UTC; a naive time is a programming error and raises ValueError naming the field."""
    if moment.tzinfo is None:
        raise ValueError(f"{name} must carry a time zone")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
