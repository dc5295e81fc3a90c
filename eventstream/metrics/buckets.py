"""How a duration is distributed: counts in fixed buckets, as a histogram of Prometheus has them."""

from bisect import bisect_left
from collections.abc import Sequence

import msgspec


class Distribution(msgspec.Struct, frozen=True):
    """How many were at most as long as each bound (seconds), the last being all; and their sum."""

    upto: tuple[tuple[float, int], ...]
    count: int
    total: float


class Buckets:
    """Counts durations by the first of `bounds` (seconds, rising) that they do not exceed."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0

    def take(self, seconds: float) -> None:
        """Count one."""
        self._counts[bisect_left(self._bounds, seconds)] += 1
        self._total += seconds

    def so_far(self) -> Distribution:
        """Return what was counted; from any thread."""
        counts, total = self._counts.copy(), self._total
        upto, below = [], 0
        for bound, count in zip((*self._bounds, float("inf")), counts, strict=True):
            below += count
            upto.append((bound, below))
        return Distribution(tuple(upto), below, total)
