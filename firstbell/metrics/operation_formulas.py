"""Formulas over what runs: services, help desk, backups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from firstbell.kpi import Availability, Kpi
from firstbell.metrics import backups, measures, parameters, tickets, uptime
from firstbell.metrics.facts import Facts
from firstbell.metrics.figure import DISTRICT, Frame, withheld
from firstbell.metrics.limits import enough, heard
from firstbell.metrics.measure_formulas import expected_schools, newest, sources_of
from firstbell.metrics.parameters import FormulaError
from firstbell.policies import SlaPolicy, combined_hash
from firstbell.records import (
    BackupRun,
    BackupVerification,
    ObservationInterval,
    Record,
    RepositoryState,
    RestoreTest,
    Ticket,
    VerificationDepth,
)

Parameters = Mapping[str, Any]

_NO_DESK = "No help desk is connected."
_NO_PLACE = "No place that the help desk names is mapped to this school."
_NO_BACKUPS = "No source tells of backups."


def availability(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Seconds up / seconds watched over the scope's services. `hours`: school, service, other (not school) or all."""
    served = _services(facts, params, scope)
    frame = _service_frame(facts, served, scope)
    rules = {(policy.gap_rule, policy.degraded_weight) for policy in _policies(facts, served)}
    if len(rules) != 1:
        reason = "Time under different rules is not added up." if served else "No service is listed."
        return frame.not_known("uptime_ratio", "ratio", "seconds up / seconds watched", reason)
    kpi = uptime.uptime_ratio(service_lines(facts, params, scope), frame, served[0].policy)
    return heard(facts, kpi, frame.sources)


def minutes_lost(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Minutes in which any of the scope's services was down. `hours` as in `availability`, by default school."""
    served = _services(facts, params, scope)
    frame = _service_frame(facts, served, scope)
    if not served:
        return frame.not_known("downtime_minutes", "minutes", "minutes in which any was down", "No service is listed.")
    strictest = max(_policies(facts, served), key=lambda policy: policy.minimum_coverage_ratio)
    kpi = uptime.downtime_minutes(service_lines(facts, params, scope), frame, strictest)
    return heard(facts, kpi, frame.sources)


def watched_share(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Share of the time that the scope's services were watched. `hours` as in `availability`."""
    frame = _service_frame(facts, _services(facts, params, scope), scope)
    return heard(facts, uptime.coverage(service_lines(facts, params, scope), frame), frame.sources)


def service_lines(facts: Facts, params: Parameters, scope: str) -> list[uptime.Timeline]:
    """The timelines of the scope's services in the wanted hours, without their maintenance."""
    hours = parameters.text(params, "hours", "school")
    if hours not in facts.hours:
        raise FormulaError("the parameter hours is none of school, service, other and all; mend the indicator's params")
    lines = facts.timelines_in(hours)
    return [lines[one.service_key] for one in _services(facts, params, scope)]


def desk_tickets(facts: Facts, scope: str) -> tuple[Sequence[Ticket], Sequence[Ticket]]:
    """The tickets of a scope, and those that may be its own: of a place that is mapped to no school."""
    if scope == DISTRICT:
        return facts.of(Ticket), ()
    schools = facts.tickets_by_school
    return schools.get(scope.removeprefix("school:"), ()), schools.get("", ())


def tickets_created(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Tickets created in the period."""
    return _desk(facts, params, scope, tickets.created)


def tickets_resolved(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Tickets resolved in the period."""
    return _desk(facts, params, scope, tickets.resolved)


def backlog(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Tickets open at the end of the period."""
    return _desk(facts, params, scope, tickets.backlog)


def backlog_aged(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Tickets open for more business days than the help desk policy allows."""

    def measured(mine: Sequence[Ticket], frame: Frame) -> Kpi:
        clock = facts.calendar.business_clock(tickets.clock_span(mine, frame))
        return tickets.backlog_aged(mine, frame, clock, facts.policies.help_desk)

    return _desk(facts, params, scope, measured)


def first_response_hours(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Business hours to the first answer. `quantile` (default 0.5), `tier`."""
    quantile = parameters.number(params, "quantile", 0.5)

    def measured(mine: Sequence[Ticket], frame: Frame) -> Kpi:
        clock = facts.calendar.business_clock(tickets.clock_span(mine, frame))
        return tickets.first_response_hours(mine, frame, clock, quantile)

    return _desk(facts, params, scope, measured)


def resolution_hours(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Business hours from creation to resolution. `quantile` (default 0.5), `tier`."""
    quantile = parameters.number(params, "quantile", 0.5)

    def measured(mine: Sequence[Ticket], frame: Frame) -> Kpi:
        clock = facts.calendar.business_clock(tickets.clock_span(mine, frame))
        return tickets.resolution_hours(mine, frame, clock, quantile)

    return _desk(facts, params, scope, measured)


def first_response_in_time(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Share answered within the help desk policy's business hours. `tier`."""

    def measured(mine: Sequence[Ticket], frame: Frame) -> Kpi:
        clock = facts.calendar.business_clock(tickets.clock_span(mine, frame))
        return tickets.answered_in_time(mine, frame, clock, facts.policies.help_desk)

    return _desk(facts, params, scope, measured)


def tickets_per_device(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Incidents per `times` devices (default 100) and thirty days. `per`: the measure that counts devices.

    Not known where the devices of some schools are not: all tickets over some devices are no rate.
    """
    per = parameters.text(params, "per")
    rows = newest(facts, per, scope)
    devices = measures.total(rows)
    whole = devices is not None and len(devices.scopes) >= expected_schools(facts, rows, scope)
    count = devices.numerator if devices is not None and whole else 0

    def measured(mine: Sequence[Ticket], frame: Frame) -> Kpi:
        return tickets.per_device(mine, count, frame, parameters.number(params, "times", 100))

    return _desk(facts, params, scope, measured, also=sources_of(facts, (per,)))


def backup_states(facts: Facts) -> list[backups.Freshness]:
    """How the backup of each system of the inventory stands at the period's end."""
    runs, repositories = facts.of(BackupRun), facts.of(RepositoryState)
    blind = blind_systems(facts)
    return [
        backups.freshness(
            system,
            runs,
            facts.needed_until,
            repositories=repositories,
            blind=system.system_key in blind,
        )
        for system in facts.systems or ()
    ]


def blind_systems(facts: Facts) -> frozenset[str]:
    """Systems of which a source that fell silent told before, or of which nobody told while a source is silent."""
    silent = facts.silent(facts.feeds(BackupRun))
    told = {source: {run.system_key for run in rows} for source, rows in facts.by_source(BackupRun).items()}
    everywhere = {key for keys in told.values() for key in keys}
    blind = {key for source in silent for key in told[source]}
    if silent:
        blind |= {system.system_key for system in facts.systems or ()} - everywhere
    return frozenset(blind)


def backup_freshness(facts: Facts, params: Parameters, scope: str) -> Kpi:  # noqa: ARG001  # all formulas look alike
    """Systems whose newest good backup is within its limit, of those that could be judged."""
    frame = _backup_frame(facts, scope, BackupRun, RepositoryState)
    return backups.backups_fresh(backup_states(facts), frame) if frame.sources else _untold(frame, "backups_fresh")


def inventory_coverage(facts: Facts, params: Parameters, scope: str) -> Kpi:  # noqa: ARG001  # all formulas look alike
    """Systems that any live job backs up, of the inventory."""
    frame = _backup_frame(facts, scope, BackupRun)
    if not frame.sources:
        return _untold(frame, "inventory_coverage")
    return backups.inventory_coverage(facts.systems or (), facts.of(BackupRun), frame, blind=blind_systems(facts))


def backup_verified(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Systems whose backups were looked into. `depth` (default structure), `within_days` (default the policy's)."""
    frame = _backup_frame(facts, scope, BackupVerification, RestoreTest)
    wanted = parameters.text(params, "depth", VerificationDepth.STRUCTURE)
    if wanted not in list(VerificationDepth):
        raise FormulaError("the parameter depth is no depth of verification; mend it in the indicator's params")
    if not frame.sources:
        return _untold(frame, "backups_verified")
    days = parameters.whole(params, "within_days", facts.policies.compliance.restore_test_max_age_days)
    looks, tests = facts.of(BackupVerification), facts.of(RestoreTest)
    systems = facts.systems or ()
    depths = [backups.deepest(system.system_key, looks, tests, facts.needed_until, days) for system in systems]
    kpi = backups.verified(systems, depths, VerificationDepth(wanted), frame)
    return heard(facts, kpi, frame.sources)


def restore_proven(facts: Facts, params: Parameters, scope: str) -> Kpi:
    """Systems whose newest restore test succeeded. `within_days` (default the policy's)."""
    frame = _backup_frame(facts, scope, RestoreTest, BackupVerification)
    if not frame.sources:
        return _untold(frame, "restores_proven")
    days = parameters.whole(params, "within_days", facts.policies.compliance.restore_test_max_age_days)
    looks, tests = facts.of(BackupVerification), facts.of(RestoreTest)
    kpi = backups.restores_proven(facts.systems or (), looks, tests, frame, days)
    return heard(facts, kpi, frame.sources)


def _services(facts: Facts, params: Parameters, scope: str) -> list[uptime.WatchedService | uptime.ServiceGroup]:
    """The scope's services, or those of them that `services` names, and the groups it names that serve the scope."""
    named, serving = parameters.words(params, "services"), facts.serving(scope)
    found: list[uptime.WatchedService | uptime.ServiceGroup] = [
        one for one in serving if not named or one.service_key in named
    ]
    if not named:
        return found
    here = {one.service_key for one in serving}
    found += [one for one in facts.groups if one.group_key in named and here & {*one.members}]
    if any(one.service_key not in facts.timelines for one in found):
        raise FormulaError(
            "the parameter services names a group that is weighted or as its worst member; name one of all or any down"
        )
    return found


def _policies(facts: Facts, served: Sequence[uptime.WatchedService | uptime.ServiceGroup]) -> list[SlaPolicy]:
    """Every policy by which any of them was counted on some day of the period."""
    over = facts.elapsed
    return [
        policy
        for one in served
        for policy in (one.policy, *(later for begins, later in one.later if over.start < begins < over.end))
    ]


def _service_frame(facts: Facts, served: list[uptime.WatchedService | uptime.ServiceGroup], scope: str) -> Frame:
    hashes = sorted({policy.hash for policy in _policies(facts, served)})
    sources = facts.feeds(ObservationInterval)
    return facts.frame(scope, sources, combined_hash(*hashes, facts.calendar.hash))


def _desk(
    facts: Facts,
    params: Parameters,
    scope: str,
    measured: Callable[[Sequence[Ticket], Frame], Kpi],
    *,
    also: tuple[str, ...] = (),
) -> Kpi:
    """A help desk figure after the rules: no desk is not zero, a silent desk is not known, too few are not shown.

    A school whose places nobody mapped has no figure; tickets of unmapped places are `missing` from every school's.
    """
    desks = facts.feeds(Ticket)
    rules = combined_hash(facts.policies.help_desk.hash, facts.calendar.hash)
    frame = facts.frame(scope, tuple(sorted({*desks, *also})), rules)
    if not desks:
        return _untold_desk(measured, frame, "no help desk", _NO_DESK)
    if scope != DISTRICT and scope.removeprefix("school:") not in facts.locations.values():
        return _untold_desk(measured, frame, "tickets of the school's places", _NO_PLACE)
    mine, unplaced = (_of_tier(found, params) for found in desk_tickets(facts, scope))
    kpi = measured(mine, frame)
    if kpi.known and unplaced:
        others = measured(unplaced, frame)
        kpi = replace(kpi, missing=kpi.missing + others.n + others.missing)
    kpi = heard(facts, kpi, frame.sources)
    return enough(kpi, kpi.n, params)


def _untold_desk(measured: Callable[[Sequence[Ticket], Frame], Kpi], frame: Frame, method: str, reason: str) -> Kpi:
    """A help desk figure that nobody can know, with its own name and unit: its goal is printed in that unit."""
    return replace(withheld(measured((), frame), Availability.NOT_COLLECTED, reason), method=method)


def _of_tier(found: Sequence[Ticket], params: Parameters) -> Sequence[Ticket]:
    if "tier" not in params:
        return found
    return [ticket for ticket in found if ticket.support_tier in parameters.words(params, "tier")]


def _backup_frame(facts: Facts, scope: str, *record_types: type[Record]) -> Frame:
    sources = {source for record_type in record_types for source in facts.feeds(record_type)}
    return facts.frame(scope, tuple(sorted(sources)), facts.policies.compliance.hash)


def _untold(frame: Frame, name: str) -> Kpi:
    return frame.not_known(name, "ratio", "systems of the inventory", _NO_BACKUPS)


OPERATION_FORMULAS: dict[str, Callable[[Facts, Parameters, str], Kpi]] = {
    "availability": availability,
    "minutes_lost": minutes_lost,
    "watched_share": watched_share,
    "tickets_created": tickets_created,
    "tickets_resolved": tickets_resolved,
    "backlog": backlog,
    "backlog_aged": backlog_aged,
    "first_response_hours": first_response_hours,
    "first_response_in_time": first_response_in_time,
    "resolution_hours": resolution_hours,
    "tickets_per_device": tickets_per_device,
    "backup_freshness": backup_freshness,
    "inventory_coverage": inventory_coverage,
    "backup_verified": backup_verified,
    "restore_proven": restore_proven,
}
