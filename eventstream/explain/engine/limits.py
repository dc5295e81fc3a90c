"""How much the engine holds of what goes on: beyond it the oldest is let go, and counted.

What is let go is decided no more, should an Event or a write come late that tells more of it;
history has its steps. Nothing of that happens in a cluster that anybody works with: it takes
hundreds of writes of one object, or objects of megabytes, within seconds.
"""

from collections.abc import Callable, Iterable

from eventstream.explain.engine.tracelog import TraceLog
from eventstream.explain.engine.traces import TraceKeeper
from eventstream.explain.world.families import by_order
from eventstream.explain.world.writes import ObjectLog, Write

MEMBERS_KEPT = 2000
"""Writes of one open trace that can still be decided anew: a Pod may crash for weeks."""

VERSIONS_KEPT = 512
"""Writes of one object that can still be decided anew."""

TRACES_KEPT = 32
"""Open traces of one object: each of its changes may begin one."""

BYTES_KEPT = 192 * 1024 * 1024
"""Bytes that all versions in open traces take, as far as that is known without measuring."""

RESTING, RESTING_KEPT = 600.0, 64
"""Of a trace in which nothing happened for so many seconds this many writes are held: one that is
stalled may stay open for weeks, and no Event comes as late as that."""

_SWEEP = 60.0
"""Seconds between two looks for such traces."""

_ENOUGH = 0.75
"""The part of the bytes that is left when some were let go, so that it is not done each time."""


class Limits:
    """Lets go, by `let_go`, of what is too much; `left_out` counts what was, by what it was."""

    def __init__(self, traces: TraceKeeper, let_go: Callable[[list[Write]], None]) -> None:
        self._traces = traces
        self._let_go = let_go
        self._long: dict[str, ObjectLog] = {}
        self._roots: dict[str, ObjectLog] = {}
        self._swept = 0.0
        self._held = 0
        self.left_out = {"versions": 0, "traces": 0}

    def joined(self, write: Write, size: int) -> None:
        """Count a write that has joined a trace, of so many bytes, and note whose are too many."""
        self._held += size
        if len(write.log.writes) > VERSIONS_KEPT:
            self._long[write.log.uid] = write.log

    def left(self, writes: Iterable[Write]) -> None:
        """Count out writes that are in their trace no more."""
        self._held -= sum([write.size for write in writes])

    def begun(self, trace: TraceLog) -> None:
        """Remember whose traces may be too many."""
        self._roots[trace.root.uid] = trace.root

    def trim(self, trace: TraceLog) -> None:
        """Let go of the oldest writes of a trace that has too many."""
        if len(trace.members) > MEMBERS_KEPT:
            self._count_out(trace, trace.trim(MEMBERS_KEPT // 2))

    def too_many(self, now: float) -> list[TraceLog]:
        """Let go of the writes that are too much; returns the traces that are to be ended."""
        if not 0 <= now - self._swept < _SWEEP:
            self._swept = now
            self._sweep(now - RESTING)
        while self._long:
            self._shorten(self._long.popitem()[1])
        found: list[TraceLog] = []
        while self._roots:
            _, root = self._roots.popitem()
            own = [trace for trace in self._traces.of(root) if trace.began is not None]
            if len(own) > TRACES_KEPT:
                found.extend(own[: -TRACES_KEPT // 2])
        found.extend(self._beyond_bytes())
        self.left_out["traces"] += len(found)
        return found

    def _sweep(self, before: float) -> None:
        """Let go of most of the traces in which nothing happened since `before`."""
        for trace in list(self._traces.open.values()):
            if trace.last < before and len(trace.members) > RESTING_KEPT:
                self._let_go(trace.trim(RESTING_KEPT // 8))

    def _shorten(self, log: ObjectLog) -> None:
        """Keep the newest writes of one object, and the one that last set its desired state."""
        still = [write for write in log.writes if not write.base]
        if len(still) <= VERSIONS_KEPT or log.latest is None:
            return
        asked = log.last_spec_change(log.latest.order + 1)
        by_trace: dict[str, list[Write]] = {}
        for write in still[: -VERSIONS_KEPT // 2]:
            if write is not asked:
                by_trace.setdefault(write.decision.trace, []).append(write)
        for key, writes in by_trace.items():
            trace = self._traces.open.get(key)
            if trace is not None:
                self._count_out(trace, trace.count_out(writes))

    def _beyond_bytes(self) -> list[TraceLog]:
        """Halve the largest traces until all fit; returns those that have to go for it."""
        held = self._held
        if held <= BYTES_KEPT:
            return []
        traces = self._traces.open.values()
        for trace in sorted(traces, key=lambda trace: (-trace.size, trace.id)):
            before = trace.size
            self._count_out(trace, trace.trim(max(len(trace.members) // 2, 1)))
            held -= before - trace.size
            if held <= BYTES_KEPT * _ENOUGH:
                return []
        ended: list[TraceLog] = []
        for trace in sorted(traces, key=lambda trace: (trace.last, trace.id)):
            ended.append(trace)
            held -= trace.size
            if held <= BYTES_KEPT * _ENOUGH:
                break
        return ended

    def _count_out(self, trace: TraceLog, gone: list[Write]) -> None:
        self.left_out["versions"] += len(gone)
        self._let_go(sorted(gone, key=by_order))
