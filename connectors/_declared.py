"""What a vendor declared its components to be, stretch by stretch, read off the updates of one incident."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from pydantic import AwareDatetime, BaseModel

from firstbell.records import ServiceWindow

OPERATIONAL = "operational"
WORST_LAST = (
    OPERATIONAL,
    "under_maintenance",
    "degraded_performance",
    "partial_outage",
    "full_outage",
    "major_outage",
)
"""Component states from the best to the worst. `full_outage` is incident.io's word for a major outage."""


class Affected(BaseModel):
    """A component that an update speaks of, and what it is from then on."""

    code: str | None = None
    name: str | None = None
    new_status: str | None = None


class Update(BaseModel):
    """One update of an incident. `display_at` is when it happened, which an editor may set back; newest first."""

    created_at: AwareDatetime | None = None
    display_at: AwareDatetime | None = None
    affected_components: list[Affected] | None = None

    @property
    def at(self) -> datetime | None:
        return self.display_at or self.created_at


class Stretch(NamedTuple):
    """A time for which a state was declared."""

    start: datetime
    end: datetime
    state: str


def stretches(updates: Sequence[Update], names: frozenset[str] | None, end: datetime | None) -> Iterator[Stretch]:
    """The worst declared state of the components of these ids or names (None: of all), while it was not operational.

    The last one reaches to `end`, the incident's; while there is none it still lasts and is left out.
    """
    states: dict[str, str] = {}
    since: datetime | None = None
    worst = OPERATIONAL
    dated = [(update.at, update) for update in updates if update.at is not None]
    for at, update in sorted(dated, key=lambda one: one[0]):
        if end is not None and at >= end:
            break
        for one in update.affected_components or ():
            key = one.code or one.name or ""
            if one.new_status and (names is None or key in names or one.name in names):
                states[key] = one.new_status
        now = max(states.values(), key=_badness, default=OPERATIONAL)
        if now == worst:
            continue
        if since is not None and worst != OPERATIONAL and at > since:
            yield Stretch(since, at, worst)
        since, worst = at, now
    if since is not None and end is not None and worst != OPERATIONAL and end > since:
        yield Stretch(since, end, worst)


def declared(service_key: str, stretch: Stretch) -> ServiceWindow:
    """A stretch as a window under the vendor's own word. Partial and degraded are neither up nor down here."""
    seconds = (stretch.end - stretch.start).total_seconds()
    return ServiceWindow(
        service_key=service_key,
        started_at=stretch.start,
        ended_at=stretch.end,
        accounting_policy=f"declared by the vendor: {stretch.state}",
        down_seconds=seconds if stretch.state in ("major_outage", "full_outage") else None,
        maintenance_seconds=seconds if stretch.state == "under_maintenance" else None,
    )


def _badness(state: str) -> int:
    """Where a state stands; one that nobody has heard of is worse than operational and no more is known of it."""
    return WORST_LAST.index(state) if state in WORST_LAST else 1
