"""Zabbix' own service levels, as sla.getsli computes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from connectors._base import SourceSettings
from connectors._errors import SettingsError
from connectors._http import Http
from connectors._looks import moment
from connectors._monitor import MonitorSettings, matched
from connectors._shape import bad_shape, shaped
from connectors._zabbix_calls import Instant, result_of, rows_of
from firstbell.intervals import Window, total_seconds, union
from firstbell.records import ServiceWindow

PERIODS = ("daily", "weekly", "monthly", "quarterly", "annual")


class SlaSettings(SourceSettings):
    """One of Zabbix' service level agreements and the services that it holds for."""

    name: str = Field(min_length=1, description="Name of the SLA in Zabbix.")
    services: dict[str, str] = Field(
        min_length=1, description="The district's service keys, each with the name or id of the service in Zabbix."
    )
    periods: int = Field(31, ge=1, le=100, description="How many of the SLA's newest periods to read.")


class Sla(BaseModel):
    slaid: str
    period: int = Field(ge=0, lt=len(PERIODS))
    timezone: str
    schedule: list[Any]


class ServiceNamed(BaseModel):
    serviceid: str
    name: str


class Stretch(BaseModel):
    period_from: Instant
    period_to: Instant

    def window(self) -> Window:
        return Window(moment(self.period_from), moment(max(self.period_from, self.period_to)))


class Sli(BaseModel):
    """One service in one period. All is 0 and `sli` -1 where Zabbix knows nothing."""

    uptime: float = Field(ge=0, allow_inf_nan=False)
    downtime: float = Field(ge=0, allow_inf_nan=False)
    sli: float = Field(le=100, allow_inf_nan=False)
    excluded_downtimes: list[Stretch]


class Levels(BaseModel):
    """An answer of sla.getsli: a row for each period with a cell for each service, in the order that it says."""

    periods: list[Stretch]
    serviceids: list[str]
    sli: list[list[Sli]]


def levels_of(http: Http, told: SlaSettings, now: datetime) -> Iterator[ServiceWindow]:
    """Each service in each period that has ended. SettingsError names what Zabbix has not or the SLA leaves out."""
    rows = rows_of(http, "sla.get", {"output": "extend", "selectSchedule": "extend", "filter": {"name": [told.name]}})
    if not rows:
        raise SettingsError(f"{http.host} has no SLA of the name under sla, or this user may not see it.")
    sla = shaped(http.host, Sla, rows[0])
    question = {"output": ["serviceid", "name"]}
    services = [shaped(http.host, ServiceNamed, row) for row in rows_of(http, "service.get", question)]
    named = [(one.serviceid, [one.serviceid, one.name]) for one in services]
    found, _ = matched(http.host, MonitorSettings(services=told.services), named)
    wanted = {
        "slaid": sla.slaid,
        "serviceids": list(found.values()),
        "periods": told.periods,
        "period_to": int(now.timestamp()),
    }
    levels = shaped(http.host, Levels, result_of(http, "sla.getsli", wanted))
    columns = {service: at for at, service in enumerate(levels.serviceids)}
    missing = [key for key, service in found.items() if service not in columns]
    if missing:
        raise SettingsError(f"The SLA does not hold for {', '.join(missing)}; mend its service tags in Zabbix.")
    if [len(row) for row in levels.sli] != [len(columns)] * len(levels.periods):
        raise bad_shape(http.host, "sli")
    for period, row in zip(levels.periods, levels.sli, strict=True):
        window = period.window()
        if window.end <= now:
            for key, service in found.items():
                yield _level(key, window, row[columns[service]], _policy(sla))


def _level(key: str, window: Window, sli: Sli, policy: str) -> ServiceWindow:
    excluded = (one.window().clipped(window) for one in sli.excluded_downtimes)
    nothing = sli.sli < 0 or sli.uptime + sli.downtime == 0
    return ServiceWindow(
        service_key=key,
        started_at=window.start,
        ended_at=window.end,
        accounting_policy=policy,
        up_seconds=None if nothing else sli.uptime,
        down_seconds=None if nothing else sli.downtime,
        maintenance_seconds=total_seconds(union(part for part in excluded if part is not None)),
        unknown_seconds=window.seconds if nothing else None,
        up_ratio=None if nothing else sli.sli / 100,
    )


def _policy(sla: Sla) -> str:
    hours = "in its scheduled hours" if sla.schedule else "around the clock"
    return (
        f"Zabbix SLA, {PERIODS[sla.period]} in {sla.timezone}: down while a problem counts against a service, {hours}, "
        "excluded downtimes left out; time in which Zabbix stood still counts as it was before"
    )
