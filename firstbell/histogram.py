"""Counts of durations on a logarithmic scale: how looks' times are kept, added up and read.

A bucket's number is how many quarter doublings its lower bound lies above one millisecond, so every value is known
to within a fifth, from 1 ms to hours, in a handful of counts an hour. All that took less is in bucket 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log2, sqrt

SMALLEST_SECONDS = 0.001
BUCKETS_PER_DOUBLING = 4


@dataclass(slots=True)
class Histogram:
    """Counts by bucket, how many there are and their sum in seconds."""

    buckets: dict[str, int] = field(default_factory=dict)
    count: int = 0
    total_seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one look."""
        bucket = str(bucket_of(seconds))
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1
        self.count += 1
        self.total_seconds += seconds

    def merge(self, buckets: Mapping[str, int], count: int, total_seconds: float) -> None:
        """Count all of another histogram's looks: the sum is exactly the histogram of all of them."""
        mine = self.buckets
        for bucket, seen in buckets.items():
            mine[bucket] = mine.get(bucket, 0) + seen
        self.count += count
        self.total_seconds += total_seconds


def bucket_of(seconds: float) -> int:
    """The bucket that a duration falls into.

    >>> bucket_of(0.0005), bucket_of(0.001), bucket_of(0.0021), bucket_of(1.0)
    (0, 0, 4, 39)
    """
    return 0 if seconds <= SMALLEST_SECONDS else int(log2(seconds / SMALLEST_SECONDS) * BUCKETS_PER_DOUBLING)


def lower_bound_seconds(bucket: int) -> float:
    """Where a bucket begins."""
    return float(SMALLEST_SECONDS * 2 ** (bucket / BUCKETS_PER_DOUBLING))


def quantile_seconds(buckets: Mapping[str, int], share: float) -> float | None:
    """The duration that `share` of the looks stayed under, as the middle of its bucket; None when there are none.

    >>> quantile_seconds({"0": 9, "39": 1}, 0.5) < 0.002 < quantile_seconds({"0": 9, "39": 1}, 0.95)
    True
    """
    # A product such as 0.07 * 100 lies a hair above its whole number, and must not take the next look.
    left = share * sum(buckets.values()) - 1e-9
    ordered = sorted((int(bucket), count) for bucket, count in buckets.items())
    for bucket, count in ordered:
        left -= count
        if left <= 0:
            return sqrt(lower_bound_seconds(bucket) * lower_bound_seconds(bucket + 1))
    return None
