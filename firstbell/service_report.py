"""The results of all services over a period, from the district folder and the store."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection

from firstbell.config.loaded import District
from firstbell.knowledge import PROBES
from firstbell.metrics.uptime_report import service_results
from firstbell.metrics.uptime_result import ServiceResult
from firstbell.metrics.uptime_services import in_order
from firstbell.periods import Period
from firstbell.store.latency_days import StoredLatencies
from firstbell.store.service_looks import StoredLooks
from firstbell.watched import service_groups, watched_services


def service_report(
    district: District,
    connection: Connection,
    period: Period,
    *,
    as_of: datetime,
    known_at: datetime | None = None,
    under: date | None = None,
    with_days: bool = False,
) -> tuple[ServiceResult, ...]:
    """Each service's and group's result over a period by our own looks, the worst first.

    `known_at` None means what was known at `as_of`. Each day is counted by the policies in force on it, a result for
    each part where they change, with how fast the days of that part were answered; `under` counts all by those of one
    day, so that a past period can stand beside itself under newer rules. `with_days` gives each result its days.
    """
    elapsed = period.elapsed(as_of)
    looks = StoredLooks(connection, PROBES, window=elapsed, known_at=known_at or as_of)
    services = watched_services(district, period.window, since=looks.since, under=under)
    keys = [service.service_key for service, _ in in_order(services)]
    return service_results(
        services,
        service_groups(district, period.window, under=under),
        looks,
        period,
        as_of=as_of,
        calendar=district.calendar,
        latencies=lambda over: StoredLatencies(connection, over, preferred=PROBES, keys=keys),
        with_days=with_days,
    )
