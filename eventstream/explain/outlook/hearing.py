"""Knows when Baton could not see what was done, so that nobody is called silent for such a time.

A watch that broke off shows nothing until it goes on, and a recording can have a hole. What was
done in a hole that no new list followed may never be shown.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

import math
from collections.abc import Iterable

from eventstream.objects.observations import Coverage, Gap, Position

ANSWERS = ("v1/pods", "apps/v1/replicasets", "batch/v1/jobs")
"""What controllers make: unless these are seen, nobody knows whether they did."""

KEPT = 1000
"""Resources of which it is known that they went unseen; more of them are taken to be seen."""


class Hearing:
    """Since when each resource is seen without a hole, by the clock of arrival (unix seconds)."""

    def __init__(self) -> None:
        self._broken: dict[str, float] = {}
        self._lost: dict[str, tuple[float, float]] = {}
        self._again: dict[str, float] = {}
        self._watched: set[str] = set()

    def watched(self, coverage: Coverage) -> None:
        """Take note of how a resource is watched now; before its first watch nothing broke off."""
        key = coverage.resource.key
        if coverage.follows:
            if self._broken.pop(key, None) is not None:
                self._again[key] = coverage.at
            if len(self._watched) < KEPT:
                self._watched.add(key)
        elif coverage.broken and key in self._watched:
            self._broken.setdefault(key, coverage.last_contact or coverage.at)
        elif coverage.state == "gone":
            for known in (self._broken, self._lost, self._again):
                known.pop(key, None)
            self._watched.discard(key)

    def missed(self, gap: Gap) -> None:
        """Take note of a hole; a list may follow that shows what came of it."""
        key = gap.resource.key
        if key in self._lost or len(self._lost) < KEPT:
            self._lost[key] = min(gap.since, self._lost.get(key, (gap.since, 0.0))[0]), gap.at

    def listed(self, position: Position) -> None:
        """Take note of a whole list: what was missed before is shown by now."""
        key = position.resource.key
        if self._lost.pop(key, None) is not None:
            self._again[key] = position.at

    def unseen(self, key: str, since: float, now: float) -> float:
        """Seconds of a wait since `since` whose end may not have been shown; 0 where it would be.

        `key` is the resource of what is waited for.
        """
        if not (self._broken or self._lost):
            return 0.0
        longest = 0.0
        for each in (key, *ANSWERS):
            began = self._broken.get(each, math.inf)
            longest = max(longest, now - max(began, since))
            lost = self._lost.get(each)
            if lost is not None and since < lost[1]:
                longest = max(longest, lost[1] - max(lost[0], since))
        return longest

    def since(self, key: str, since: float) -> float:
        """From when on a wait since `since` could be followed: its begin, or a hole's end."""
        if not self._again:
            return since
        return max(since, *(self._again.get(each, since) for each in (key, *ANSWERS)))

    def spans(self, keys: Iterable[str], since: float, until: float) -> bool:
        """Whether a hole lies between two arrivals, so that they do not tell how long it took."""
        return any(
            lost is not None and since < lost[1] and until > lost[0]
            for lost in map(self._lost.get, keys)
        )
