"""How long answers took: percentiles of the stored histograms, over answered looks alone.

Histograms are added, percentiles never are: a month's 95th percentile is that of the month's counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from firstbell.histogram import quantile_seconds

METHOD = "nearest rank over quarter-doubling buckets, the bucket's geometric middle; answered looks only"
LOOKS_BEYOND = 10
"""So many looks have to lie beyond a percentile before it is given: 20 looks for p50, 200 for p95, 1,000 for p99."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyFigures:
    """Percentiles in seconds; each None where `n` answered looks are too few for it."""

    n: int
    p50_seconds: float | None = None
    p95_seconds: float | None = None
    p99_seconds: float | None = None


def latency_figures(buckets: Mapping[str, int]) -> LatencyFigures:
    """The percentiles of a histogram.

    >>> latency_figures({"20": 500}).p99_seconds is None
    True
    """
    n = sum(buckets.values())
    p50, p95, p99 = (_percentile(buckets, n, percent) for percent in (50, 95, 99))
    return LatencyFigures(n=n, p50_seconds=p50, p95_seconds=p95, p99_seconds=p99)


def _percentile(buckets: Mapping[str, int], n: int, percent: int) -> float | None:
    return quantile_seconds(buckets, percent / 100) if n * (100 - percent) >= LOOKS_BEYOND * 100 else None
