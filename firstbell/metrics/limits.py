"""The limits that every formula's figure passes: was it heard lately, is it young enough, do enough stand behind it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from firstbell.kpi import Availability, Kpi
from firstbell.metrics import parameters
from firstbell.metrics.facts import Facts
from firstbell.metrics.figure import stale, withheld


def heard(facts: Facts, kpi: Kpi, sources: tuple[str, ...]) -> Kpi:
    """`kpi`, or "not known since" when one of its sources fell silent before the period's end."""
    return stale(kpi, facts.silent(sources), facts.calendar.zone)


def aged(kpi: Kpi, told_on: date | None, today: date, params: Mapping[str, Any]) -> Kpi:
    """`kpi`, or stale when what it rests on was told more than `max_age_days` ago."""
    if told_on is None or "max_age_days" not in params or not kpi.known:
        return kpi
    days = parameters.whole(params, "max_age_days")
    if today - told_on <= timedelta(days=days):
        return kpi
    return withheld(kpi, Availability.STALE, f"Not known since {told_on}: that is more than {days} days ago.")


def enough(kpi: Kpi, behind: float, params: Mapping[str, Any]) -> Kpi:
    """`kpi`, or hidden when fewer than `minimum_n` stand behind it: too few to tell, and perhaps to name."""
    minimum = parameters.number(params, "minimum_n", 0)
    if behind >= minimum or not kpi.known:
        return kpi
    return withheld(kpi, Availability.SUPPRESSED, f"Fewer than {minimum:g} stand behind it.")
