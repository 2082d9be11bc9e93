"""The time of a dump, read from its file's name."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from firstbell.intervals import local_moment

_ISO = re.compile(
    r"(?<!\d)(?P<Y>(?:19|20)\d\d)(?P<s>[-_.]?)(?P<m>\d\d)(?P=s)(?P<d>\d\d)"
    r"(?:[T_. -]?(?P<H>[01]\d|2[0-3])[-_.:h]?(?P<M>[0-5]\d)(?:[-_.:m]?(?P<S>[0-5]\d))?)?(?P<z>Z)?(?!\d)"
)
_PARTS = {"Y": r"(?P<Y>\d{4})", "m": r"(?P<m>\d\d)", "d": r"(?P<d>\d\d)"}
_PARTS |= {"H": r"(?P<H>\d\d)", "M": r"(?P<M>\d\d)", "S": r"(?P<S>\d\d)"}


def made_at(name: str, date_format: str, modified_at: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    """When the dump of this name was made.

    `date_format` holds %Y %m %d %H %M %S in the order of the name; empty finds 2026-09-01, 20260901 and the like,
    with or without a time. A name with a date only is worth its modification time where that is on the same day, and
    else the start of the day, so that a dump never counts as younger than it is. A name without a date, or
    with one that has not come yet, is worth its modification time.

    >>> now = datetime(2026, 9, 3, tzinfo=UTC)
    >>> made_at("sis-20260901-0230.sql.gz", "", now, now, ZoneInfo("UTC"))
    datetime.datetime(2026, 9, 1, 2, 30, tzinfo=datetime.timezone.utc)
    """
    match = (_pattern(date_format) if date_format else _ISO).search(name)
    if match is None:
        return modified_at
    parts = match.groupdict()
    hour, minute, second = (int(parts.get(part) or 0) for part in "HMS")
    try:
        day = datetime(int(parts["Y"]), int(parts["m"]), int(parts["d"]), tzinfo=UTC).date()
        at = time(hour, minute, second)
    except (KeyError, ValueError):
        return modified_at
    if parts.get("H") is None and modified_at.astimezone(zone).date() == day:
        return modified_at
    named = datetime.combine(day, at, tzinfo=UTC) if parts.get("z") else local_moment(day, at, zone)
    return modified_at if named > now else named


def _pattern(date_format: str) -> re.Pattern[str]:
    parts = re.split(r"%([YmdHMS])", date_format)
    return re.compile("".join(_PARTS[part] if at % 2 else re.escape(part) for at, part in enumerate(parts)))
