"""How many traces stand how, how long they took, and what they stall for: by type and namespace."""

import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from eventstream.explain.vocabulary.records import UNKNOWN, Trace
from eventstream.metrics.buckets import Buckets
from eventstream.metrics.places import NOWHERE, Place, Places

OPEN_MOST = 100_000
"""So many open traces are counted; what comes then is counted as left out."""

STALLS_MOST = 1000
"""So many pairs of a place and a diagnosis are told apart; the others share one place."""

BOUNDS = (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Of durations, in seconds: from one Pod to a drain of an hour."""

LOOK_SECONDS = 60.0
"""Between two looks for places that are idle."""


class Stall(NamedTuple):
    """What traces stall for, and where. `types` are all that the diagnosis draws on."""

    place: Place
    diagnosis: str
    types: frozenset[str]


class _Standing(NamedTuple):
    """How an open trace is counted."""

    place: Place
    state: str
    stall: Stall | None


class Settled(msgspec.Struct):
    """What became of the traces of one place, and how long those took that were completed."""

    states: Counter[str] = msgspec.field(default_factory=Counter)
    durations: Buckets = msgspec.field(default_factory=lambda: Buckets(BOUNDS))


class TraceCounts:
    """Counts traces as they change, on the event loop; read by other threads through copies.

    Not those in the background, which are no change that anybody follows.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.left_out = 0
        self._clock = clock
        self._places = Places()
        self._standing: dict[str, _Standing] = {}
        self._open: Counter[tuple[Place, str]] = Counter()
        self._stalls: Counter[Stall] = Counter()
        self._settled: dict[Place, Settled] = {}
        self._look_at = 0.0

    def take(self, trace: Trace) -> None:
        """Count a trace as it stands now."""
        before = self._standing.get(trace.id)
        if trace.background or trace.settled:
            self.remove(trace.id)
            if before is not None and trace.settled and not trace.existing:
                self._settle(before.place, trace)
            return
        if before is None and len(self._standing) >= OPEN_MOST:
            self.left_out += 1
            return
        place = before.place if before is not None else self._place(trace)
        now = _Standing(place, trace.state, self._stall(place, trace))
        if now == before:
            return
        if before is not None:
            self._count(before, -1)
        self._standing[trace.id] = now
        self._count(now, 1)

    def remove(self, trace: str) -> None:
        """Forget a trace that is open no more, or no more at all."""
        before = self._standing.pop(trace, None)
        if before is not None:
            self._count(before, -1)

    def begin_anew(self) -> None:
        """Forget what is open: another engine begins, which tells of all that it finds."""
        for counts in (self._standing, self._open, self._stalls):
            counts.clear()

    def open(self) -> dict[tuple[Place, str], int]:
        """Return how many are open, by place and state."""
        return dict(self._open.copy())

    def stalls(self) -> dict[Stall, int]:
        """Return how many stand still."""
        return dict(self._stalls.copy())

    def settled(self) -> dict[Place, Settled]:
        """Return what became of those that were open before, but for what had no seen cause."""
        return self._settled.copy()

    def _place(self, trace: Trace) -> Place:
        now = self._clock()
        if self._places.is_full() and now - self._look_at > LOOK_SECONDS:
            self._look_at = now
            self._free(now)
        return self._places.find(trace.root.type, trace.root.namespace or "", now)

    def _free(self, now: float) -> None:
        """Let places go where nothing is open and was not for long."""
        held = {place for place, _ in self._open}
        for place in self._places.idle(now):
            if place not in held:
                self._places.free(place)
                self._settled.pop(place, None)

    def _stall(self, place: Place, trace: Trace) -> Stall | None:
        if trace.state != "stalled":
            return None
        sources = (UNKNOWN,) if trace.sources is None else trace.sources
        types = frozenset(each.rpartition("@")[0] for each in sources)
        stall = Stall(place, trace.diagnosis or "none", types)
        if stall in self._stalls or len(self._stalls) < STALLS_MOST:
            return stall
        return Stall(NOWHERE, stall.diagnosis, frozenset())

    def _count(self, standing: _Standing, by: int) -> None:
        _add(self._open, (standing.place, standing.state), by)
        if standing.stall is not None:
            _add(self._stalls, standing.stall, by)

    def _settle(self, place: Place, trace: Trace) -> None:
        self._places.touch(place, self._clock())
        settled = self._settled.setdefault(place, Settled())
        settled.states[trace.state] += 1
        if trace.state == "complete" and trace.ended is not None:
            settled.durations.take(max(0.0, trace.ended - trace.started))


def _add(counts: Counter, key: object, by: int) -> None:  # type: ignore[type-arg]
    """Add to a count; one that is none any more goes, so that nothing grows."""
    left = counts[key] + by
    if left:
        counts[key] = left
    else:
        del counts[key]
