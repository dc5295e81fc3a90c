"""Knows when Baton could not see what was done, so that nobody is called silent for such a time.

A watch that broke off shows nothing until it goes on, and a recording can have a hole. What was
done in a hole that no new list followed may never be shown.
Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
"""

import math
from collections import deque
from collections.abc import Iterable

from eventstream.explain.vocabulary.records import type_name
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

QUIET_LEAST = 20.0
"""Seconds for which no watch brings a line, be it a bookmark, that may be rest; see `Pulse`."""

_LEARNT, _LONGER = 6, 2.5
"""After so many silences it is known how long they are; one so many times as long is a hole."""

_BOOKMARKS = 60.0
"""Seconds between two bookmarks of a watch, about, be there anything to tell or not.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#watch-bookmarks
"""

_ALL = "*"
"""Stands for the resource of a hole in all watches."""

Hole = tuple[float, float]
"""When it began and ended, by the clock of arrival (unix seconds)."""


class Pulse:
    """When a line last came on any watch, and what is usual between two.

    A connection that hangs brings nothing, and no error, until it is given up a minute or two
    later. Leases are renewed every ten seconds, and bookmarks come each minute: much more than the
    longest silence of late is none that the cluster keeps.
    Source: https://kubernetes.io/docs/concepts/architecture/leases/#node-heart-beats
    """

    def __init__(self) -> None:
        self.last: float | None = None
        self._silences: deque[float] = deque(maxlen=16)
        self._off: set[str] = set()

    def take(self, coverage: Coverage) -> Hole | None:
        """Take note of what came on a watch; returns the silence that ended, if it was a hole."""
        key, at = coverage.resource.key, coverage.last_contact or 0.0
        if coverage.follows and key in self._off:
            self._off.discard(key)
            at = coverage.at  # That it goes on, the server has said.
        elif coverage.broken and len(self._off) < KEPT:
            self._off.add(key)
        last = self.last
        if not at or (last is not None and at <= last):
            return None
        self.last = at
        if last is None:
            return None
        most = self.most
        self._silences.append(at - last)
        return (last, at) if at - last > most else None

    @property
    def most(self) -> float:
        """Seconds of silence that say nothing."""
        known = self._silences if len(self._silences) >= _LEARNT else (*self._silences, _BOOKMARKS)
        return max(QUIET_LEAST, _LONGER * max(known))

    def heard(self, now: float) -> float:
        """Until when all that came about is known, or `now` where no watch is told of."""
        return now if self.last is None else min(now, self.last + TOLD_EVERY)

    def silence(self, now: float) -> float:
        """Seconds for which nothing came, where that is a hole by now; else 0."""
        silent = 0.0 if self.last is None else now - self.last
        return silent if silent > self.most else 0.0


TOLD_EVERY = 6.0
"""Seconds after which it is told, at the latest, that a line came on a watch."""


def _shows(key: str) -> tuple[str, ...]:
    """The resources that show whether somebody acted on an object of this one."""
    return key, *_ANSWERS.get(key, ())


class Hearing:
    """Since when each resource is seen without a hole, by the clock of arrival (unix seconds)."""

    def __init__(self) -> None:
        self.pulse = Pulse()
        self._broken: dict[str, float] = {}
        self._lost: dict[str, Hole] = {}
        self._holes: dict[str, list[Hole]] = {}
        self._watched: set[str] = set()
        self._coming: set[str] = set()

    def watched(self, coverage: Coverage) -> None:
        """Take note of how a resource is watched now; before its first watch nothing broke off."""
        key = coverage.resource.key
        kind = type_name(coverage.resource.group, coverage.resource.kind)
        silent = self.pulse.take(coverage)
        if coverage.follows or coverage.state in ("forbidden", "gone"):
            self._coming.discard(kind)
        elif key not in self._watched and len(self._coming) < KEPT:
            self._coming.add(kind)
        if silent is not None:
            self._ended(_ALL, silent)
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

    def is_coming(self, kind: str) -> bool:
        """Whether the first list of a type, as `type_name` has it, is still to come."""
        return kind in self._coming

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

    def is_off(self, key: str, since: float, limit: float, now: float) -> bool:
        """Whether Baton stopped seeing before a wait since `since` was overdue, and sees nothing.

        `key` is the resource of what is waited for, `limit` after how many seconds it is overdue.
        What was overdue before stays so: nothing that was seen tells otherwise.
        """
        silence = self.pulse.silence(now)
        if not (self._broken or silence):
            return False
        begun = self.followed(key, since, limit)
        ends = [self._broken.get(each, math.inf) for each in _shows(key)]
        return min(*ends, now - silence if silence else math.inf) - begun <= limit

    def unseen(self, key: str, since: float) -> float:
        """Seconds of a wait whose end may have been in a hole and is never shown; 0 for none."""
        lost = [self._lost[each] for each in _shows(key) if each in self._lost]
        return max((ended - max(b, since) for b, ended in lost if since < ended), default=0.0)

    def followed(self, key: str, since: float, limit: float) -> float:
        """From when on a wait since `since` could be followed: its begin, or a hole's end."""
        if not self._holes:
            return since
        holes = {hole for each in (_ALL, *_shows(key)) for hole in self._holes.get(each, ())}
        for began, ended in sorted(holes):
            if began - since > limit:
                break
            since = max(since, ended)
        return since

    def holds(self, key: str, updated: float, now: float) -> bool:
        """Whether a trace, last updated then, stays open as more of it may be still to come."""
        silence = self.pulse.silence(now)
        if not (self._broken or self._holes or silence):
            return False
        if 0 < silence < WAITED_MOST:
            return True
        for each in (_ALL, key, *_ANSWERS[""]):
            if now - self._broken.get(each, -math.inf) < WAITED_MOST:
                return True
            holes = self._holes.get(each)
            if holes and now - holes[-1][1] < CATCHES_UP and updated < holes[-1][1]:
                return True
        return False

    def spans(self, keys: Iterable[str], since: float, until: float) -> bool:
        """Whether a hole lies between two arrivals, so that they do not tell how long it took."""
        holes = [self._lost[key] for key in keys if key in self._lost]
        holes += self._holes.get(_ALL, ())
        return any(since < ended and until > began for began, ended in holes)
