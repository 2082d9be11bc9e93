"""Policies: the agreed rules by which facts become figures, as data with a name, a first day and a content hash.

A figure carries the hash of the policy that made it, so that a past period can be computed again under another one
and both can be told apart.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar


class GapRule(StrEnum):
    """What time counts as that no look covers. `exclude` leaves it out of the denominator and prints it."""

    EXCLUDE = "exclude"
    DOWN = "down"
    UP = "up"


class UpWhen(StrEnum):
    """Of several places that look at a service: whether all of them must see it up, or any of them is enough."""

    ALL = "all"
    ANY = "any"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Base of all policies: a name, the first day it holds, and a hash over its whole content."""

    name: str
    valid_from: date = date(2000, 1, 1)

    @cached_property
    def hash(self) -> str:
        """Twelve hexadecimal digits that change when any rule of the policy changes."""
        return content_hash({"policy": type(self).__name__, **asdict(self)})[:12]


@dataclass(frozen=True, slots=True, kw_only=True)
class SlaPolicy(Policy):
    """How looks at a service become minutes up, down and unknown.

    An outage counts once `confirmation_failures` successive looks failed, and then from the first of them. A look
    speaks for the time until the next one, but for no longer than `stale_after_intervals` expected intervals.
    `degraded_weight` is the share of degraded time that counts as down. Below `minimum_coverage_ratio` no percentage
    is printed. Down time within `dependency_margin_seconds` of a parent's belongs to the parent as well: two looks of
    one round are not at one instant. `target_ratio` is the availability agreed on, None without one.
    """

    confirmation_failures: int = 2
    stale_after_intervals: float = 2.5
    gap_rule: GapRule = GapRule.EXCLUDE
    degraded_weight: float = 0.0
    minimum_coverage_ratio: float = 0.5
    merge_outages_closer_than_seconds: float = 0.0
    up_when: UpWhen = UpWhen.ALL
    dependency_margin_seconds: float = 60.0
    target_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionPolicy(Policy):
    """Below how many people a figure is not shown (truth rule 7)."""

    small_group_minimum: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpDeskPolicy(Policy):
    """The limits by which the help desk is measured, in business hours of the district's calendar."""

    first_response_hours: float = 16.0
    aged_after_business_days: int = 10
    reopen_window_days: int = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class CompliancePolicy(Policy):
    """From how many days before its end an item or a certificate is called expiring."""

    expiring_within_days: int = 60
    certificate_warn_days: int = 30
    certificate_fail_days: int = 7
    evidence_max_age_days: int = 400
    restore_test_max_age_days: int = 90


P = TypeVar("P", bound=Policy)


def in_force(versions: Iterable[P], day: date) -> P:
    """The version that holds on a day; the first one for days before it. ValueError where there is none at all."""
    ordered = sorted(versions, key=lambda one: one.valid_from)
    if not ordered:
        raise ValueError("a policy has at least one version")
    return next((one for one in reversed(ordered) if one.valid_from <= day), ordered[0])


def content_hash(content: Any) -> str:
    """SHA-256 of the canonical JSON of plain data: sorted keys, no spaces, dates and other scalars by `str`."""
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def combined_hash(*hashes: str) -> str:
    """The hash of a figure that several rules made, such as a policy and a calendar: twelve hexadecimal digits."""
    return content_hash(list(hashes))[:12]
