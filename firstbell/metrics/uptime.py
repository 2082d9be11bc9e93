"""How a service was: looks become seconds up, degraded, down and unknown under a named policy."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from firstbell.intervals import Windows
from firstbell.metrics.figure import DISTRICT
from firstbell.policies import SlaPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedService:
    """A service of the inventory with its agreed rules. No `schools` means that it serves every school.

    `since` is when it was taken under watch: a service that began mid-period is not unknown before.
    """

    service_key: str
    policy: SlaPolicy
    schools: frozenset[str] = frozenset()
    maintenance: Windows = ()
    since: datetime | None = None

    def serves(self, scope: str) -> bool:
        """Whether the service counts for the district or for a school's scope such as "school:oak"."""
        return scope == DISTRICT or not self.schools or scope.removeprefix("school:") in self.schools
