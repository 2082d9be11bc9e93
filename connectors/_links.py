"""How busy network links are: what they carried over stretches of time, summed to the measures of a day.

A day of a link is busy when more than `busy_above` of its class hours ran at more than `full_above` of what the link
can carry. Of a day whose class hours were watched too little nothing is said, and of a mean over a night and a day
neither: only stretches of at most `FINE` tell of class hours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from connectors._base import SourceSettings
from firstbell.intervals import Window, local_moment
from firstbell.records import Measurement

FINE = timedelta(minutes=20)
LEAST_WATCHED = 0.8
"""Of seven class hours 84 minutes may be unknown: a poller started again or a break in an export costs less, and a
lunch time with the periods beside it, when a link is likeliest to be full, costs more."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class LinkSettings(SourceSettings):
    """When classes are held, and from when on a link counts as full."""

    class_starts: time = Field(time(8), description="When class hours begin, as 08:00.")
    class_ends: time = Field(time(15), description="When class hours end.")
    weekdays: tuple[Weekday, ...] = Field(
        ("mon", "tue", "wed", "thu", "fri"), min_length=1, description="Days of the week with classes."
    )
    closed: tuple[str, ...] = Field(
        (), description="Days without classes: single ones as 2026-11-11, stretches as 2026-11-25/2026-11-27."
    )
    full_above: float = Field(0.8, gt=0, lt=1, description="Share of what the link can carry above which it is full.")
    busy_above: float = Field(
        0.05, ge=0, lt=1, description="Share of the class hours at which it must be full for a busy day."
    )
    least_watched: float = Field(
        LEAST_WATCHED, gt=0, le=1, description="Share of the class hours that must be known for a word about the day."
    )

    @field_validator("closed")
    @classmethod
    def _dates(cls, closed: tuple[str, ...]) -> tuple[str, ...]:
        for one in closed:
            _days(one)
        return closed

    @model_validator(mode="after")
    def _in_order(self) -> LinkSettings:
        if self.class_ends <= self.class_starts:
            raise ValueError("class_ends must be later than class_starts")
        return self

    def class_hours(self, day: date, zone: ZoneInfo) -> Window | None:
        """The class hours of a day; None where it has none."""
        if WEEKDAYS[day.weekday()] not in self.weekdays:
            return None
        if any(first <= day <= last for first, last in map(_days, self.closed)):
            return None
        return Window(local_moment(day, self.class_starts, zone), local_moment(day, self.class_ends, zone))


class LinkPlace(SourceSettings):
    """Which of the district's links something is."""

    school: str = Field("", description="Key of the school whose link it is; empty for the district's own.")
    capacity_mbps: float | None = Field(
        None,
        gt=0,
        le=10_000_000,
        description="What the link can carry in Mbit/s, where that is less than its port can.",
    )

    @property
    def scope(self) -> str:
        """The measures' scope."""
        return f"school:{self.school}" if self.school else "district"


class Traffic(NamedTuple):
    """What a link carried over a stretch of time. Faults are packets with errors and packets thrown away."""

    over: Window
    share: float
    """Of what it can carry, in the busier direction."""
    faults: float | None = None
    packets: float | None = None
    mean_of: timedelta | None = None
    """How long a time the share is the mean of, where that is more than `over`; None where it is `over` itself."""


@dataclass(slots=True)
class LinkDay:
    """The sums of one link over the stretches of a day, in seconds and packets."""

    carried_seconds: float = 0.0
    known_seconds: float = 0.0
    full_seconds: float = 0.0
    watched_seconds: float = 0.0
    faults: float = 0.0
    packets: float = 0.0

    def add(self, traffic: Traffic, settings: LinkSettings, zone: ZoneInfo) -> None:
        """Count a stretch, none of which was counted; it lies within the day, or is one of several days as a whole."""
        over = traffic.over
        self.carried_seconds += traffic.share * over.seconds
        self.known_seconds += over.seconds
        if traffic.faults is not None and traffic.packets is not None:
            self.faults += traffic.faults
            self.packets += traffic.packets + traffic.faults
        if (traffic.mean_of or over.end - over.start) > FINE:
            return
        hours = settings.class_hours(over.start.astimezone(zone).date(), zone)
        within = over.clipped(hours) if hours is not None else None
        if within is not None:
            self.watched_seconds += within.seconds
            self.full_seconds += within.seconds if traffic.share > settings.full_above else 0.0


class Days(NamedTuple):
    """The first and last day that a figure stands for, both inclusive."""

    first: date
    last: date


def days_of(over: Window, zone: ZoneInfo) -> Days:
    """The days that a stretch stands for: a night and a day is the day in which its middle lies."""
    inwards = min(timedelta(hours=12), (over.end - over.start) / 2)
    return Days((over.start + inwards).astimezone(zone).date(), (over.end - inwards).astimezone(zone).date())


def link_measures(
    scope: str, days: Days, links: Sequence[LinkDay], settings: LinkSettings, zone: ZoneInfo, as_of: datetime
) -> Iterator[Measurement]:
    """The measures of a scope's links over the same days, their seconds summed.

    `link_use`: seconds at full use of seconds known. `link_faults`: packets lost or damaged of all. Of class days that
    are over: `link_full_time`, seconds full of class seconds watched, and `busy_link_days`, busy links of links.
    """

    def measure(key: str, numerator: float, denominator: float) -> Measurement:
        return Measurement(
            measure_key=key,
            scope=scope,
            period_start_on=days.first,
            period_end_on=days.last,
            numerator=round(numerator, 3),
            denominator=round(denominator, 3),
            as_of=as_of,
        )

    known = sum(one.known_seconds for one in links)
    if known > 0:
        yield measure("link_use", sum(one.carried_seconds for one in links), known)
    packets = sum(one.packets for one in links)
    if packets > 0:
        yield measure("link_faults", sum(one.faults for one in links), packets)
    hours = settings.class_hours(days.first, zone) if days.first == days.last else None
    if hours is None or hours.end > as_of:
        return
    judged = [one for one in links if one.watched_seconds >= settings.least_watched * hours.seconds]
    if judged:
        watched = sum(one.watched_seconds for one in judged)
        busy = sum(one.full_seconds > settings.busy_above * one.watched_seconds for one in judged)
        yield measure("link_full_time", sum(one.full_seconds for one in judged), watched)
        yield measure("busy_link_days", busy, len(judged))


def _days(text: str) -> Days:
    first, _, last = text.partition("/")
    try:
        days = Days(date.fromisoformat(first), date.fromisoformat(last or first))
    except ValueError:
        raise ValueError("closed must hold days such as 2026-11-11 or 2026-11-25/2026-11-27") from None
    if days.last < days.first:
        raise ValueError("closed has a stretch that ends before it begins")
    return days
