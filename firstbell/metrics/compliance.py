"""Compliance items, certificates, agreements and incidents as they stand on a date."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from firstbell.kpi import Kpi, Verdict
from firstbell.metrics.figure import Frame
from firstbell.policies import CompliancePolicy
from firstbell.records import Agreement, ControlResult, Incident


class ItemState(StrEnum):
    """How a compliance item stands on a date."""

    CURRENT = "current"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    WARNED = "warned"
    FAILED = "failed"
    WAIVED = "waived"
    UNKNOWN = "unknown"
    MANUAL = "manual"
    NOT_APPLICABLE = "not_applicable"


_PLAIN = {
    Verdict.FAIL: ItemState.FAILED,
    Verdict.UNKNOWN: ItemState.UNKNOWN,
    Verdict.MANUAL: ItemState.MANUAL,
    Verdict.NOT_APPLICABLE: ItemState.NOT_APPLICABLE,
}


def item_state(result: ControlResult, on: date, policy: CompliancePolicy) -> ItemState:
    """One control's state on a date. An item is valid up to and with its `expires_on`.

    A waiver that ended, or never had an end, counts again as failed. Evidence without an expiry grows old: a tool's
    by when it last looked, a person's by when it was signed; past the policy's age nobody knows. Nor does anybody
    know by evidence that begins to hold later.
    """
    if result.state in _PLAIN:
        return _PLAIN[result.state]
    if result.effective_at is not None and result.effective_at.date() > on:
        return ItemState.UNKNOWN
    if result.state is Verdict.WAIVED:
        running = result.waived_until is not None and result.waived_until >= on
        return ItemState.WAIVED if running else ItemState.FAILED
    if result.expires_on is not None and result.expires_on < on:
        return ItemState.EXPIRED
    told_at = result.collected_at if result.tool_version else (result.effective_at or result.collected_at)
    if result.expires_on is None and on - told_at.date() > timedelta(days=policy.evidence_max_age_days):
        return ItemState.UNKNOWN
    if result.state is Verdict.WARN:
        return ItemState.WARNED
    soon = result.expires_on is not None and result.expires_on <= on + timedelta(days=policy.expiring_within_days)
    return ItemState.EXPIRING if soon else ItemState.CURRENT


def item_states(results: Iterable[ControlResult], on: date, policy: CompliancePolicy) -> Mapping[ItemState, int]:
    """How many items stand in each state; every state is there, in order."""
    found = Counter(item_state(result, on, policy) for result in results)
    return {state: found[state] for state in ItemState}


def controls_current(results: Sequence[ControlResult], frame: Frame, on: date, policy: CompliancePolicy) -> Kpi:
    """Items evidenced and not expired, of those that apply and are not waived.

    An item nobody knows about is not evidenced, so it stands in the denominator; `missing` says how many these are.
    """
    method = "items current or expiring / applicable items that are not waived; missing are unknown or manual"
    states = item_states(results, on, policy)
    good = states[ItemState.CURRENT] + states[ItemState.EXPIRING]
    applicable = sum(states.values()) - states[ItemState.NOT_APPLICABLE] - states[ItemState.WAIVED]
    missing = states[ItemState.UNKNOWN] + states[ItemState.MANUAL]
    return frame.ratio("controls_current", good, applicable, method, n=applicable, missing=missing)


def controls_passed(results: Sequence[ControlResult], frame: Frame, on: date, policy: CompliancePolicy) -> Kpi:
    """Checks that passed, of those that could be judged: for what a machine looks at, such as mail DNS."""
    method = "checks passed / checks judged; missing are unknown or manual"
    states = item_states(results, on, policy)
    good = states[ItemState.CURRENT] + states[ItemState.EXPIRING]
    judged = good + states[ItemState.WARNED] + states[ItemState.FAILED] + states[ItemState.EXPIRED]
    missing = states[ItemState.UNKNOWN] + states[ItemState.MANUAL]
    return frame.ratio("controls_passed", good, judged, method, n=judged, missing=missing)


def days_left(results: Iterable[ControlResult], on: date) -> Mapping[str, int]:
    """Days until each subject's certificate or other dated control ends; below 0: over. The soonest counts."""
    left: dict[str, int] = {}
    for result in results:
        if result.expires_on is not None:
            days = (result.expires_on - on).days
            left[result.subject] = min(days, left.get(result.subject, days))
    return left


def fewest_days_left(results: Sequence[ControlResult], frame: Frame, on: date) -> Kpi:
    """Days until the first of the certificates ends; `missing` are subjects whose end nobody could read."""
    method = "days from the date of the figure to the earliest end"
    left = days_left(results, on)
    missing = len({result.subject for result in results} - left.keys())
    if not left:
        return frame.not_known("fewest_days_left", "days", method, "No certificate's end is known.", missing=missing)
    return frame.measured("fewest_days_left", min(left.values()), "days", method, n=len(left), missing=missing)


def agreement_state(agreement: Agreement, on: date, policy: CompliancePolicy) -> ItemState:
    """An agreement's state on a date. Signed without an end is current; without a signature it is not known."""
    if agreement.expires_on is not None and agreement.expires_on < on:
        return ItemState.EXPIRED
    if agreement.signed_on is None:
        return ItemState.UNKNOWN
    if agreement.signed_on > on:
        return ItemState.FAILED
    soon = agreement.expires_on is not None and agreement.expires_on <= on + timedelta(days=policy.expiring_within_days)
    return ItemState.EXPIRING if soon else ItemState.CURRENT


def agreements_current(agreements: Sequence[Agreement], frame: Frame, on: date, policy: CompliancePolicy) -> Kpi:
    """Agreements in force, of all listed. One whose signature nobody found is not in force, and is `missing`."""
    states = Counter(agreement_state(agreement, on, policy) for agreement in agreements)
    good = states[ItemState.CURRENT] + states[ItemState.EXPIRING]
    method = "agreements signed and not expired / agreements listed"
    total = len(agreements)
    return frame.ratio("agreements_current", good, total, method, n=total, missing=states[ItemState.UNKNOWN])


def ending_agreements(agreements: Iterable[Agreement], on: date, within_days: int) -> list[Agreement]:
    """Agreements that end from `on` to `within_days` later, the soonest first."""
    last_on = on + timedelta(days=within_days)
    ending = [(one.expires_on, one.agreement_key, one) for one in agreements if one.expires_on is not None]
    return [one for expires_on, _, one in sorted(ending, key=lambda item: item[:2]) if on <= expires_on <= last_on]


def incidents(found: Iterable[Incident], frame: Frame) -> Kpi:
    """Incidents discovered in the period."""
    number = sum(incident.discovered_at in frame.elapsed for incident in found)
    method = "incidents discovered in the period"
    return frame.measured("incidents", number, "incidents", method, numerator=number, n=number)
