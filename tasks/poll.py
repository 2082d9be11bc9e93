"""Rounds of looks at the district's services."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from prefect import task

from connectors.probes._base import Round, Target
from connectors.probes._round import probe_round
from firstbell.config.secrets import SecretError, resolve
from firstbell.errors import FirstbellError
from firstbell.knowledge import PROBES
from firstbell.records import ServiceState
from firstbell.store.observations import save_observations
from firstbell.store.save import record_completion
from firstbell.workplace import Workplace
from tasks.place import secret_readers, workplace

STREAM = "looks"
Targets = list[tuple[str, Target]]
"""Services to look at, each with its probe's kind."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What rounds came to: how many rounds and looks, and the services that were down or unknown in the last one."""

    rounds: int
    looks: int
    down: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class VantageError(FirstbellError):
    """A run is to look from a place that services.yaml does not name."""


def targets_of(work: Workplace) -> Targets:
    """Every service with its probe's kind and settings. A secret that cannot be had troubles its look alone."""
    district, readers = work.district, secret_readers(work.district.folder)
    targets: Targets = []
    for service in district.services:
        settings, trouble = district.probe_settings[service.key], ""
        try:
            settings = resolve(settings, readers, f"services.yaml: {service.key}")
        except SecretError as error:
            trouble = str(error)
        targets.append((service.probe["kind"], Target(service.key, settings, district.polling.every_seconds, trouble)))
    return targets


def look_round(work: Workplace, vantage: str = "", targets: Targets | None = None) -> Polled:
    """Look once at every service from a vantage, by default the first, and keep what was seen.

    `targets` are the services with their secrets, for a caller that makes several rounds.
    """
    district, now = work.district, work.clock()
    polling = district.polling
    run = Round(
        vantage=vantage or polling.vantage,
        deadline=now + timedelta(seconds=polling.every_seconds),
        timeout_seconds=polling.timeout_seconds,
        clock=work.clock,
        ca_bundle=str(district.folder / polling.ca_bundle) if polling.ca_bundle else None,
        per_host_limit=polling.per_host,
        jitter_seconds=polling.jitter_seconds,
        # Spread looks keep their place in every round, so that two of one service are as far apart as two rounds.
        seed=0 if polling.jitter_seconds else None,
        control_name=polling.control_name,
        control_address=polling.control_address,
        filter_issuers=polling.filter_issuers,
    )
    seen = probe_round(targets_of(work) if targets is None else targets, run)
    with work.store.begin() as connection:
        save_observations(connection, PROBES, seen, work.clock())
    return Polled(
        rounds=1,
        looks=len(seen),
        down=tuple(one.service_key for one in seen if one.state is ServiceState.DOWN),
        unknown=tuple(one.service_key for one in seen if one.state is ServiceState.UNKNOWN),
    )


def look_until(work: Workplace, end: datetime, vantage: str = "") -> Polled:
    """Make a round every `polling.every_seconds` until `end`; at least one. A late round is not made up for.

    Raises VantageError for a vantage that services.yaml does not name.
    """
    polling = work.district.polling
    if vantage and vantage not in polling.vantages:
        known = ", ".join(polling.vantages)
        raise VantageError(f"services.yaml names no vantage {vantage}; it names {known}. Run firstbell deploy again.")
    every, done, looks, targets = polling.every_seconds, 0, 0, targets_of(work)
    while True:
        began = work.clock()
        last = look_round(work, vantage, targets)
        done, looks = done + 1, looks + last.looks
        following = began + timedelta(seconds=every)
        if following >= end:
            break
        # Of a clock that was set back a long time seems left; the next round is due all the same.
        time.sleep(min(every, max(0.0, (following - work.clock()).total_seconds())))
    with work.store.begin() as connection:
        stream = STREAM if vantage in ("", polling.vantage) else f"{STREAM} from {vantage}"
        record_completion(connection, PROBES, stream, work.clock(), counts={"rounds": done, "looks": looks})
    return Polled(done, looks, last.down, last.unknown)


@task(name="look")
def look(end: datetime, vantage: str = "") -> Polled:
    """Look at every service from a vantage until a moment, round after round."""
    with workplace() as work:
        return look_until(work, end, vantage)


def rounds_end(began: datetime, minutes: int) -> datetime:
    """When the rounds that began at a moment stop: after `minutes`, and no later than the full hour."""
    hour = began.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return min(began + timedelta(minutes=minutes), hour)
