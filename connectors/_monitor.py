"""What connectors to other monitors share: which monitor is which service, states held over time, a monitor at rest.

docs/decisions/0023 says what such a connector yields. Looks with their instants run together in `_looks.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from math import ceil
from typing import Literal, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from pydantic import Field

from connectors._base import Doubtful, SourceSettings
from connectors._errors import SettingsError
from firstbell.clock import is_ahead
from firstbell.records import Measurement, ObservationInterval, ServiceState

VANTAGE = "monitor"
"""From where was looked, where the monitor names no place."""

STALE_INTERVALS = 3.0
"""A newest look older than this many of its intervals means that the monitor stands still."""

LATENCIES = {50: "monitor_p50_ms.", 95: "monitor_p95_ms."}
"""How the measures of a monitor's percentiles begin, in milliseconds of a local day; the service's key follows."""

ANSWERS_BEYOND = 10
"""So many answers have to lie beyond a percentile before it is given, as with our own: 20 for p50, 200 for p95."""

CONTINUOUS_SECONDS = 1
"""How finely a monitor knows a state that it tells from change to change."""

Found = TypeVar("Found")


class MonitorSettings(SourceSettings):
    """Which of another monitor's things are the district's services. Joined with HttpSettings by inheritance."""

    services: dict[str, str] = Field(
        min_length=1, description="The district's service keys, each with the monitor's own name or id for it."
    )
    others: Literal["ignore", "refuse"] = Field(
        "ignore", description="What to do where the monitor watches more than services names."
    )


class Change(NamedTuple):
    """A state that began at an instant and held until the next change."""

    at: datetime
    state: ServiceState
    reason: str = ""


def matched(
    where: str, settings: MonitorSettings, named: Iterable[tuple[Found, Iterable[str]]]
) -> tuple[Mapping[str, Found], int]:
    """What the monitor has for each service, and how many of its things nobody mapped.

    `named` gives each thing with all names and ids that it answers to. Raises SettingsError, naming our keys, where a
    service has none or several, or where something is not mapped and `others` refuses that.
    """
    wanted: dict[str, list[Found]] = {name: [] for name in settings.services.values()}
    unmapped = 0
    for thing, names in named:
        mine = [name for name in dict.fromkeys(names) if name in wanted]
        for name in mine:
            wanted[name].append(thing)
        unmapped += not mine
    missing = [key for key, name in settings.services.items() if not wanted[name]]
    if missing:
        raise SettingsError(
            f"{where} has nothing for {', '.join(missing)}; write its name or id under services as it shows there."
        )
    double = [key for key, name in settings.services.items() if len(wanted[name]) > 1]
    if double:
        raise SettingsError(f"{where} has several of that name for {', '.join(double)}; write its id under services.")
    if unmapped and settings.others == "refuse":
        raise SettingsError(
            f"{where} watches {unmapped} more than services names; add them there or set others to ignore."
        )
    return {key: wanted[name][0] for key, name in settings.services.items()}, unmapped


def stands_still(newest: datetime | None, every_seconds: float, now: datetime) -> bool:
    """True where the monitor cannot know what is now: its newest look is missing, too old, or not to have been yet."""
    return newest is None or is_ahead(newest, now) or now - newest > timedelta(seconds=STALE_INTERVALS * every_seconds)


def rested_since(looks: Iterable[tuple[datetime | None, bool]], now: datetime) -> datetime | None:
    """How far a stream is known where it is not known to now: to its newest look, where all monitors stand still.

    `looks` gives each monitor's newest look and whether it stands still. A look ahead of now tells no end.
    """
    told = tuple(looks)
    if not all(still for _, still in told):
        return None
    return max((at for at, _ in told if at is not None and not is_ahead(at, now)), default=None)


def silent_seconds(newest: datetime | None, end: datetime, longest: timedelta) -> float:
    """How much of a window that ends at `end` and is `longest` long the monitor did not look, as far as it tells.

    All of it where it tells no look, or one ahead of the end: such a clock places none.
    """
    if newest is None or is_ahead(newest, end):
        return longest.total_seconds()
    return min(max(end - newest, timedelta()), longest).total_seconds()


def latencies(service_key: str, day: date, seconds: Iterable[float], as_of: datetime) -> Iterator[Measurement]:
    """How long half and 95 % of a day's answers took as a monitor measured them, by nearest rank; no failed look's."""
    ordered = sorted(seconds)
    for percent, name in LATENCIES.items():
        if len(ordered) * (100 - percent) >= ANSWERS_BEYOND * 100:
            yield Measurement(
                measure_key=f"{name}{service_key}",
                scope="district",
                period_start_on=day,
                period_end_on=day,
                numerator=round(ordered[ceil(len(ordered) * percent / 100) - 1] * 1000, 3),
                as_of=as_of,
            )


def answered(
    where: str,
    found: Collection[str],
    unmapped: int,
    still: Mapping[str, datetime | None],
    now: datetime,
    zone: ZoneInfo,
) -> str:
    """What `check` says of a monitor that has all services.

    Doubtful, with when each last moved, where it stands still for some. `still` holds our keys of these with their
    newest look, None where the monitor tells none.
    """
    told = f"{where} answers and has all {len(found)} services; {unmapped} more are not mapped."
    return Doubtful(f"{told} {at_rest(still, now, zone)}") if still else told


def at_rest(still: Mapping[str, datetime | None], now: datetime, zone: ZoneInfo) -> str:
    """The sentences that say for which services a monitor stands still since when, and where its clock is ahead.

    Times are the district's.
    """
    ahead = {key: newest - now for key, newest in sorted(still.items()) if newest is not None and is_ahead(newest, now)}
    rest = [
        f"{key} ({'no look is told' if newest is None else f'last look {newest.astimezone(zone):%Y-%m-%d %H:%M}'})"
        for key, newest in sorted(still.items())
        if key not in ahead
    ]
    told = []
    if rest:
        told.append(f"It stands still for {', '.join(rest)}; start it again there, or nothing new is known of these.")
    if ahead:
        named = ", ".join(f"{key} ({_length(by)})" for key, by in ahead.items())
        told.append(f"Its clock is ahead of ours for {named}; set it right there, or nothing new is known of these.")
    return " ".join(told)


def _length(time: timedelta) -> str:
    hours, minutes = divmod(int(time.total_seconds()) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def held(
    service_key: str, source_key: str, changes: Iterable[Change], until: datetime, vantage: str = VANTAGE
) -> Iterator[ObservationInterval]:
    """The intervals of states that a monitor says it held from one change to the next, the last one until `until`.

    `changes` stand in order of time; those at or after `until` are left out. Equal states in a row are one interval.
    """
    begun: Change | None = None
    for change in changes:
        if change.at >= until:
            break
        if begun is not None and change[1:] == begun[1:]:
            continue
        if begun is not None and change.at > begun.at:
            yield _held(service_key, source_key, vantage, begun, change.at)
        begun = change
    if begun is not None:
        yield _held(service_key, source_key, vantage, begun, until)


def _held(service_key: str, source_key: str, vantage: str, begun: Change, end: datetime) -> ObservationInterval:
    """One interval that ends just before the next begins: its last look is one step earlier."""
    step = timedelta(seconds=CONTINUOUS_SECONDS)
    last_at = max(end - step, begun.at)
    return ObservationInterval(
        service_key=service_key,
        source_key=source_key,
        vantage=vantage,
        state=begun.state,
        first_at=begun.at,
        last_at=last_at,
        count=1 + int((last_at - begun.at) / step),
        expected_interval_seconds=CONTINUOUS_SECONDS,
        reason=begun.reason,
    )
