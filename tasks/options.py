"""What an admin may choose when running a flow: the forms of the Prefect UI, and how their answers are read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from prefect.runtime import flow_run
from pydantic import Field

from firstbell.clock import utc_now
from firstbell.errors import FirstbellError
from firstbell.intervals import local_moment
from firstbell.minutes.model import Entry

AS_OF = "A past day (2026-11-20) or moment (2026-11-20 06:00, local): only what was known then counts. Empty: now."


class OptionError(FirstbellError):
    """An answer in a form that cannot be used."""


class NightOptions(Entry):
    """What the night reads and assesses. Running it twice does no harm: what is known already stays as it is."""

    sources: list[str] = Field(
        default_factory=list,
        title="Only these sources",
        description="Keys of sources.yaml, one an item. No item: all of them.",
    )
    reread: bool = Field(False, title="Read everything again", description="Not only what changed since the last read.")
    as_of: str = Field("", title="Assess as of", description=AS_OF)

    @property
    def whole(self) -> bool:
        """True for what the schedule does: all sources, and now."""
        return not self.sources and not self.as_of.strip()


class PollOptions(Entry):
    """How long services are looked at."""

    minutes: int = Field(
        60, title="Minutes", description="Until the full hour, at most this long. 0: one round.", ge=0, le=60
    )
    vantage: str = Field(
        "", title="Look from", description="A vantage of services.yaml, where this run's worker is. Empty: the first."
    )

    @property
    def whole(self) -> bool:
        """True for what the schedule does: until the full hour."""
        return self.minutes == 60


class AssessmentOptions(Entry):
    """For which moment the needs are assessed."""

    as_of: str = Field("", title="As of", description=AS_OF)


class BriefingOptions(Entry):
    """Which packet, for whom, and as of when. Running it twice does no harm: nothing is mailed twice."""

    team: str = Field("", title="Team", description="Its key in teams.yaml. Empty: every team.")
    meeting: str = Field("", title="Meeting", description="Its date (2026-12-03). Empty: the next meeting.")
    as_of: str = Field("", title="As of", description=AS_OF)
    dry_run: bool = Field(False, title="Dry run", description="Write the files only; keep and mail nothing.")
    resend_to: str = Field(
        "",
        title="Send again to",
        description="A person's key in teams.yaml: that person gets the newest packet once more, and nobody else.",
    )


class HousekeepingOptions(Entry):
    """Removing what has expired."""

    as_of: str = Field("", title="As of", description=AS_OF)


def moment_of(text: str, zone: ZoneInfo) -> datetime:
    """The moment a form names, or when the run was scheduled. Raises OptionError.

    A day means its last moment that has passed: the whole day, or now where it is today.
    """
    now = utc_now()
    if not text.strip():
        return min(scheduled_at() or now, now)
    try:
        named = datetime.fromisoformat(text.strip())
    except ValueError:
        raise OptionError(f"As of: {text!r} is no date; write 2026-11-20 or 2026-11-20 06:00.") from None
    if len(text.strip()) <= 10:
        return min(_end_of(named.date(), zone), now)
    moment = named.astimezone(UTC) if named.tzinfo else local_moment(named.date(), named.time(), zone)
    if moment > now:
        raise OptionError("As of: this moment lies ahead; only the past can be known.")
    return moment


def scheduled_at() -> datetime | None:
    """When this run was to start; None outside of a run. A plain datetime: Prefect's own kind computes differently."""
    told = flow_run.scheduled_start_time
    return datetime.fromtimestamp(told.timestamp(), UTC) if told is not None else None


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    if day > utc_now().astimezone(zone).date():
        raise OptionError("As of: this day lies ahead; only the past can be known.")
    return local_moment(day, time(23, 59, 59), zone)
