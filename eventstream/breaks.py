"""Finds holes in a recording: times in which it shows nothing, though something always happens.

Each kubelet renews the Lease of its node all the time, and a watch gets a bookmark now and then. A
recording on which they come, and then nothing at all for long, was not taken meanwhile: that nobody
acted is not to be read from it.
Sources: https://kubernetes.io/docs/concepts/architecture/nodes/#node-heartbeats;
https://kubernetes.io/docs/reference/using-api/api-concepts/#watch-bookmarks.
"""

from collections import deque
from collections.abc import Iterator

from eventstream.objects.observations import Change, Gap, Observation, Position
from eventstream.objects.resource import Resource

_LEASES = "kube-node-lease"
_REASON = "The recording shows nothing of that time, not even what comes all the time."

_ENOUGH = 3
"""Intervals of one heartbeat that must have been seen before it is relied on."""

_TIMES = 6.0
"""How many of its usual intervals a heartbeat has to fail, with all else, for a hole."""

_LEAST = 60.0
"""Seconds that a hole lasts at least: more than it takes until a node is called lost."""

_BEATS_KEPT = 1000
"""Heartbeats that are followed; a larger cluster has more than are needed."""


class Breaks:
    """What beats on a recording, and the places up to which each resource was read."""

    def __init__(self) -> None:
        self._beats: dict[str, deque[float]] = {}
        self._read: dict[str, tuple[Resource, str]] = {}

    def hear(self, observation: Observation) -> None:
        """Take in what the recording shows next."""
        if isinstance(observation, Position):
            self._read[observation.resource.key] = (
                observation.resource,
                observation.resource_version,
            )
            if not observation.listed:
                self._beat(observation.resource.key, observation.at)
        elif isinstance(observation, Change):
            self._read[observation.resource.key] = observation.resource, observation.after.version
            metadata = observation.after.metadata
            if metadata.namespace == _LEASES and observation.type == "MODIFIED":
                self._beat(f"{_LEASES}/{metadata.name}", observation.at)

    def _beat(self, what: str, at: float) -> None:
        if what in self._beats or len(self._beats) < _BEATS_KEPT:
            self._beats.setdefault(what, deque(maxlen=_ENOUGH + 1)).append(at)

    def within(self, last: float, following: float) -> bool:
        """Whether a hole lies between two observations that follow each other."""
        if following - last < _LEAST:
            return False
        return any(self._fails(beats, last, following) for beats in self._beats.values())

    def _fails(self, beats: deque[float], last: float, following: float) -> bool:
        if len(beats) <= _ENOUGH:
            return False
        usual = max(
            later - earlier for earlier, later in zip(beats, tuple(beats)[1:], strict=False)
        )
        beat_till_then = last - beats[-1] <= 2 * usual
        return usual > 0 and beat_till_then and following - last > max(_TIMES * usual, _LEAST)

    def gaps(self, last: float, following: float) -> Iterator[Gap]:
        """The hole, of each resource that was shown before."""
        for resource, version in self._read.values():
            yield Gap(resource, version, "", last, following, _REASON)
