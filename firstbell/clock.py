"""The one place that reads the wall clock. Everything else is told what time it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The present instant, aware and in UTC."""
    return datetime.now(UTC)


def require_aware(moment: datetime, name: str) -> datetime:
    """Return `moment` in UTC; a naive time is a programming error and raises ValueError naming the field."""
    if moment.tzinfo is None:
        raise ValueError(f"{name} must carry a time zone")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
