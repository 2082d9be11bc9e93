"""Looks at services for tests: a day of them from midnight UTC, and a calendar to count them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from firstbell.calendar import ClosedDays, ExamDays, SchoolCalendar, SchoolYear, ShortDay, Term, weekday_hours
from firstbell.intervals import Window, total_seconds
from firstbell.metrics.uptime_report import service_results
from firstbell.metrics.uptime_result import ServiceResult
from firstbell.metrics.uptime_services import ServiceGroup, WatchedService
from firstbell.metrics.uptime_timeline import Timeline
from firstbell.periods import Period, PeriodKind
from firstbell.policies import SlaPolicy
from firstbell.records import ObservationInterval, ServiceState

UP, DEGRADED, DOWN, UNKNOWN = ServiceState
START = datetime(2026, 10, 5, tzinfo=UTC)
"""A Monday."""
DAY = Window(START, START + timedelta(days=1))
EXACT = SlaPolicy(name="exact", stale_after_intervals=1, dependency_margin_seconds=0)

CALENDAR = SchoolCalendar(
    zone=ZoneInfo("UTC"),
    years=(SchoolYear(name="2026-27", first_on=date(2026, 8, 17), last_on=date(2027, 5, 28)),),
    instruction_week=weekday_hours(time(8), time(15)),
    closed=(ClosedDays(name="Thanksgiving", first_on=date(2026, 11, 25), last_on=date(2026, 11, 27)),),
    short_days=(ShortDay(on=date(2026, 10, 7), ends_at=time(12)),),
    terms=(
        Term(name="Fall 2026", first_on=date(2026, 8, 17), last_on=date(2026, 12, 18)),
        Term(name="Spring 2027", first_on=date(2027, 1, 5), last_on=date(2027, 5, 28)),
    ),
    testing=(
        ExamDays(name="State", first_on=date(2026, 10, 3), last_on=date(2026, 10, 5), hours=(time(9), time(11))),
        ExamDays(name="District", first_on=date(2026, 10, 6), last_on=date(2026, 10, 7)),
    ),
)


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def seen(
    state: ServiceState, first: int, last: int, *, service: str = "sis", vantage: str = "here", reason: str = ""
) -> ObservationInterval:
    """Looks once a minute from `first` to `last`, both included."""
    return ObservationInterval(
        service_key=service,
        source_key="http",
        vantage=vantage,
        state=state,
        first_at=at(first),
        last_at=at(last),
        count=last - first + 1,
        expected_interval_seconds=60,
        reason=reason,
    )


def day_with(*down: tuple[int, int], service: str = "sis", end: int = 1440) -> list[ObservationInterval]:
    """A day that was up but for these stretches, each from a minute up to another."""
    found, minute = [], 0
    for begins, ends in down:
        if begins > minute:
            found.append(seen(UP, minute, begins - 1, service=service))
        found.append(seen(DOWN, begins, ends - 1, service=service))
        minute = ends
    return [*found, seen(UP, minute, end - 1, service=service)] if minute < end else found


def minutes(line: Timeline) -> tuple[float, ...]:
    return tuple(total_seconds(part) / 60 for part in (line.up, line.degraded, line.down, line.unknown))


def period(window: Window = DAY, kind: PeriodKind = PeriodKind.DAY) -> Period:
    return Period(kind=kind, name="test", window=window)


def results(
    services: Sequence[WatchedService],
    looks: Mapping[str, Sequence[ObservationInterval]],
    *,
    groups: Sequence[ServiceGroup] = (),
    over: Period | None = None,
    as_of: datetime | None = None,
    latencies: Mapping[str, Mapping[str, int]] | None = None,
    with_days: bool = False,
) -> dict[str, ServiceResult]:
    """The results by key, in their order."""
    over = over or period()
    found = service_results(
        services,
        groups,
        lambda key: looks.get(key, ()),
        over,
        as_of=as_of or over.window.end,
        calendar=CALENDAR,
        latencies=None if latencies is None else lambda _: lambda key: latencies.get(key, {}),
        with_days=with_days,
    )
    return {one.key: one for one in found}


def result(
    looks: Sequence[ObservationInterval], policy: SlaPolicy = EXACT, *, over: Period | None = None, **rules: object
) -> ServiceResult:
    """The result of one service."""
    service = WatchedService(service_key="sis", policy=policy, **rules)  # type: ignore[arg-type]
    return results([service], {"sis": looks}, over=over)["sis"]
