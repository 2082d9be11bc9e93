"""How long a source asks us to wait."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

EPOCH_FROM = 1_000_000_000
"""A rate limit's reset above this is a moment (seconds since 1970), below it seconds from now."""


def asked_wait_seconds(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by Retry-After (RFC 9110 section 10.2.3: seconds or a date), else by X-RateLimit-Reset.

    A date is measured from the reply's own Date, so that a skewed clock on either side does not matter. None when the
    reply does not say, or says it unreadably.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 9, 1, 12, tzinfo=UTC)
    >>> asked_wait_seconds({"Retry-After": "7"}, noon)
    7.0
    >>> asked_wait_seconds({"Retry-After": "Tue, 01 Sep 2026 12:00:30 GMT"}, noon)
    30.0
    """
    served = http_date(headers.get("Date", "")) or now
    asked = headers.get("Retry-After", "").strip()
    until = http_date(asked)
    if until is not None:
        return max((until - served).total_seconds(), 0.0)
    seconds = _number(asked)
    if seconds is not None:
        return seconds
    reset = _number(headers.get("X-RateLimit-Reset", ""))
    if reset is None:
        return None
    return max(reset - served.timestamp(), 0.0) if reset > EPOCH_FROM else reset


def http_date(text: str) -> datetime | None:
    """The instant of an HTTP date; None where it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _number(text: str) -> float | None:
    """A count of seconds that is not negative; None for anything else, also for "nan" and "inf"."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
