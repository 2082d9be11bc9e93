"""Fetching the calendar files that meetings are read from, with the last good copy of each behind it."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import icalendar
from pydantic import SecretStr
from requests.utils import get_environ_proxies

from connectors._base import SourceContext
from connectors._http import Http, HttpSettings, Limits
from firstbell.clock import Clock, utc_now
from firstbell.errors import FirstbellError
from firstbell.files import write_whole
from firstbell.policies import content_hash

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20
LIMITS = Limits(reply_bytes=5_000_000, tries=1)
COPY_KEPT = timedelta(days=60)
"""An older copy says nothing of the next meeting."""


@dataclass(frozen=True, slots=True)
class CalendarReader:
    """How meeting calendars are fetched: from the district folder, or from an address.

    An address is private, whoever knows it reads the calendar: no error and no log line names it.
    """

    folder: Path
    state: Path
    clock: Clock = utc_now

    def __call__(self, place: str) -> bytes:
        """The calendar's bytes. Raises FirstbellError where there are none that can be used."""
        if place.startswith(("http://", "https://")):
            return self._from_address(place)
        try:
            return (self.folder / place).read_bytes()
        except OSError as error:
            raise FirstbellError(f"The calendar {place} cannot be read: {error.strerror}.") from None

    def _from_address(self, place: str) -> bytes:
        copy = self.state / "calendars" / f"{content_hash(place)[:16]}.ics"
        try:
            content = self._fetch(place)
            _must_be_calendar(content)
        except FirstbellError as error:
            return self._kept(copy, str(error).rstrip("."))
        write_whole(copy, content)
        return content

    def _fetch(self, place: str) -> bytes:
        """A calendar has an address and no settings: proxy and certificates are those of the environment."""
        try:
            parts = urlsplit(place)
            origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/"
            bundle = os.environ.get("REQUESTS_CA_BUNDLE")
            proxy = get_environ_proxies(origin).get(parts.scheme)
            settings = HttpSettings(
                url=origin,
                timeout_seconds=TIMEOUT_SECONDS,
                wait_budget_seconds=0,
                ca_bundle=Path(bundle) if bundle else None,
                proxy=SecretStr(proxy) if proxy else None,
            )
        except ValueError:
            raise FirstbellError("The calendar address of a meeting series cannot be read; mend it.") from None
        context = SourceContext(source_key="calendar", zone=ZoneInfo("UTC"), folder=self.folder, clock=self.clock)
        with Http(settings, context, limits=LIMITS) as http:
            return http.get_bytes(place)

    def _kept(self, copy: Path, trouble: str) -> bytes:
        """The last good copy, with a word in the log; FirstbellError where it is too old or there is none."""
        if not copy.exists():
            raise FirstbellError(f"A meeting calendar was not read, and no copy of it is kept: {trouble}.")
        kept_at = datetime.fromtimestamp(copy.stat().st_mtime, UTC)
        if self.clock() - kept_at > COPY_KEPT:
            raise FirstbellError(
                f"A meeting calendar was not read, and its copy of {kept_at:%Y-%m-%d} is too old to go by: {trouble}."
            )
        log.warning("A meeting calendar was not read, its copy of %s is used: %s.", f"{kept_at:%Y-%m-%d}", trouble)
        return copy.read_bytes()


def _must_be_calendar(content: bytes) -> None:
    """Raise FirstbellError for a login page or half a file, which must not take a good copy's place."""
    try:
        readable = icalendar.Calendar.from_ical(content).name == "VCALENDAR"
    except (ValueError, KeyError, AttributeError, IndexError):
        readable = False
    if not readable:
        raise FirstbellError("what its address gives is no calendar; check that it ends in .ics and needs no login")
