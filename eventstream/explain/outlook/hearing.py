"""Knows when Baton could not see what was done, so that nobody is called silent for such a time.

A watch that broke off shows nothing until it goes on, and a recording can have a hole. What was
done in a hole that no new list followed may never be shown.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

import math
from collections.abc import Iterable

from eventstream.objects.observations import Coverage, Gap, Position

_PODS, _REPLICASETS, _JOBS = "v1/pods", "apps/v1/replicasets", "batch/v1/jobs"
_ANSWERS = {
    "": (_PODS, _REPLICASETS, _JOBS),
    "apps/v1/daemonsets": (_PODS,),
    "apps/v1/deployments": (_REPLICASETS,),
    "apps/v1/statefulsets": (_PODS,),
    "batch/v1/cronjobs": (_JOBS,),
    "v1/replicationcontrollers": (_PODS,),
    _JOBS: (_PODS,),
    _REPLICASETS: (_PODS,),
}
"""By its resource, what a controller makes for an object: unless that is seen, nobody knows whether
it did. Of an object that is not known it may be any of these."""

KEPT = 1000
"""Resources of which it is known that they went unseen; more of them are taken to be seen."""

HOLES = 16
"""Holes of one resource that are told apart; of more, the oldest two count as one."""

CATCHES_UP = 5.0
"""Seconds after a watch goes on within which what was done meanwhile arrives."""

WAITED_MOST = 900.0
"""Seconds for which what broke off may keep a finished trace open: it may never go on."""

Hole = tuple[float, float]
"""When it began and ended, by the clock of arrival (unix seconds)."""


def _shows(key: str) -> tuple[str, ...]:
    """The resources that show whether somebody acted on an object of this one."""
    return key, *_ANSWERS.get(key, ())


class Hearing:
    """Since when each resource is seen without a hole, by the clock of arrival (unix seconds)."""

    def __init__(self) -> None:
        self._broken: dict[str, float] = {}
        self._lost: dict[str, Hole] = {}
        self._holes: dict[str, list[Hole]] = {}
        self._watched: set[str] = set()

    def watched(self, coverage: Coverage) -> None:
        """Take note of how a resource is watched now; before its first watch nothing broke off."""
        key = coverage.resource.key
        if coverage.follows:
            began = self._broken.pop(key, None)
            if began is not None:
                self._ended(key, (began, coverage.at))
            if len(self._watched) < KEPT:
                self._watched.add(key)
        elif coverage.broken and key in self._watched:
            self._broken.setdefault(key, coverage.last_contact or coverage.at)
        elif coverage.state == "gone":
            for known in (self._broken, self._lost, self._holes):
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
        lost = self._lost.pop(key, None)
        if lost is not None:
            self._ended(key, (lost[0], position.at))

    def _ended(self, key: str, hole: Hole) -> None:
        holes = self._holes.setdefault(key, [])
        holes.append(hole)
        if len(holes) > HOLES:
            holes[:2] = [(holes[0][0], holes[1][1])]

    def is_off(self, key: str, since: float, limit: float) -> bool:
        """Whether Baton stopped seeing before a wait since `since` was overdue, and sees nothing.

        `key` is the resource of what is waited for, `limit` after how many seconds it is overdue.
        What was overdue before stays so: nothing that was seen tells otherwise.
        """
        if not self._broken:
            return False
        begun = self.followed(key, since, limit)
        return any(self._broken.get(each, math.inf) - begun <= limit for each in _shows(key))

    def unseen(self, key: str, since: float) -> float:
        """Seconds of a wait whose end may have been in a hole and is never shown; 0 for none."""
        lost = [self._lost[each] for each in _shows(key) if each in self._lost]
        return max((ended - max(b, since) for b, ended in lost if since < ended), default=0.0)

    def followed(self, key: str, since: float, limit: float) -> float:
        """From when on a wait since `since` could be followed: its begin, or a hole's end."""
        if not self._holes:
            return since
        holes = {hole for each in _shows(key) for hole in self._holes.get(each, ())}
        for began, ended in sorted(holes):
            if began - since > limit:
                break
            since = max(since, ended)
        return since

    def holds(self, key: str, updated: float, now: float) -> bool:
        """Whether a trace, last updated then, stays open as more of it may be still to come."""
        if not (self._broken or self._holes):
            return False
        for each in (key, *_ANSWERS[""]):
            if now - self._broken.get(each, -math.inf) < WAITED_MOST:
                return True
            holes = self._holes.get(each)
            if holes and now - holes[-1][1] < CATCHES_UP and updated < holes[-1][1]:
                return True
        return False

    def spans(self, keys: Iterable[str], since: float, until: float) -> bool:
        """Whether a hole lies between two arrivals, so that they do not tell how long it took."""
        return any(
            lost is not None and since < lost[1] and until > lost[0]
            for lost in map(self._lost.get, keys)
        )
