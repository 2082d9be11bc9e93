"""How a metric states its figure: measured, or not known and why.

A `Frame` is what all figures of one period share, so that each metric names only its own numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from firstbell.intervals import Window
from firstbell.kpi import Availability, Kpi

DISTRICT = "district"


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The period a figure is about, when it was known, whom it is about and who told us.

    `until` is where counting stops: a period that still runs ends at `as_of`.
    """

    window: Window
    as_of: datetime
    scope: str = DISTRICT
    sources: tuple[str, ...] = ()
    policy_hash: str = ""

    @cached_property
    def until(self) -> datetime:
        """The end of the period, or `as_of` while it runs."""
        return max(self.window.start, min(self.window.end, self.as_of))

    @cached_property
    def elapsed(self) -> Window:
        """The part of the period that had passed at `as_of`."""
        return Window(self.window.start, self.until)

    def under(self, policy_hash: str) -> Frame:
        """The same frame under a named policy."""
        return replace(self, policy_hash=policy_hash)

    def measured(
        self,
        name: str,
        value: float,
        unit: str,
        method: str,
        *,
        numerator: float | None = None,
        denominator: float | None = None,
        n: int = 0,
        missing: float = 0,
    ) -> Kpi:
        """A figure that is known."""
        return Kpi(
            name=name,
            value=value,
            unit=unit,
            window=self.window,
            as_of=self.as_of,
            method=method,
            numerator=numerator,
            denominator=denominator,
            n=n,
            missing=missing,
            scope=self.scope,
            sources=self.sources,
            policy_hash=self.policy_hash,
        )

    def not_known(
        self,
        name: str,
        unit: str,
        method: str,
        reason: str,
        *,
        availability: Availability = Availability.NOT_COLLECTED,
        n: int = 0,
        missing: float = 0,
    ) -> Kpi:
        """A figure that is not known, with the sentence that says why."""
        return Kpi(
            name=name,
            value=None,
            unit=unit,
            window=self.window,
            as_of=self.as_of,
            method=method,
            n=n,
            missing=missing,
            scope=self.scope,
            sources=self.sources,
            policy_hash=self.policy_hash,
            availability=availability,
            reason=reason,
        )

    def ratio(
        self, name: str, numerator: float, denominator: float, method: str, *, n: int = 0, missing: float = 0
    ) -> Kpi:
        """`numerator` of `denominator`; not known where the denominator is 0."""
        if denominator <= 0:
            return self.not_known(name, "ratio", method, "There was nothing to count in this period.", missing=missing)
        return self.measured(
            name,
            numerator / denominator,
            "ratio",
            method,
            numerator=numerator,
            denominator=denominator,
            n=n,
            missing=missing,
        )


def withheld(kpi: Kpi, availability: Availability, reason: str) -> Kpi:
    """The same figure with its value and all its counts taken away, and the reason."""
    return replace(
        kpi,
        value=None,
        numerator=None,
        denominator=None,
        n=0,
        missing=0,
        availability=availability,
        reason=reason,
    )


def silent_sources(
    sources: tuple[str, ...],
    known_until: Mapping[str, datetime | None],
    stale_after: Mapping[str, timedelta],
    needed_until: datetime,
) -> dict[str, datetime | None]:
    """Those of the sources whose last good read is older than their limit at `needed_until`; None: never read.

    A source without a limit is never too old. A period that ended before a source fell silent stays known.
    """
    return {
        source: known_until.get(source)
        for source in sources
        if source in stale_after
        and ((last := known_until.get(source)) is None or last < needed_until - stale_after[source])
    }


def stale(kpi: Kpi, silent: Mapping[str, datetime | None], zone: ZoneInfo) -> Kpi:
    """`kpi` unchanged while no source is silent, else the figure as "not known since" the earliest silence."""
    if not silent or kpi.availability is Availability.NOT_COLLECTED:
        return kpi
    moments = [moment for moment in silent.values() if moment is not None]
    names = ", ".join(sorted(silent))
    if len(moments) < len(silent):
        reason = f"Never known: {names} has not been read successfully yet."
    else:
        reason = f"Not known since {min(moments).astimezone(zone):%Y-%m-%d %H:%M %Z}: {names} fell silent."
    return withheld(kpi, Availability.STALE, reason)
