"""What the engine lets go: settled traces, and the oldest of what goes on, where that is too much.

Of each object the newest version stays, to explain what follows. What went on is decided no more,
should an Event or a write come late that tells more of it: that is counted, and history has its
steps. It does not come about in a cluster that anybody works with: it takes hundreds of writes of
one object, or objects of megabytes, within seconds.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from sys import intern

from eventstream.explain.engine.tracelog import TraceLog
from eventstream.explain.engine.traces import TraceKeeper
from eventstream.explain.world.families import NO_FAMILY, by_order
from eventstream.explain.world.known import key_of, looked_up
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.observations import Change, Removed

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


def forget(world: World, writes: Sequence[Write]) -> None:
    """Turn the writes of a settled trace into the ground that later ones stand on.

    An object that is gone is forgotten whole; of others the newest write stays as a base.
    """
    logs: dict[str, ObjectLog] = {}
    looked_at: set[str] = set()
    for write in writes:
        logs[write.log.uid] = write.log
        for asked in write.decision.asked:
            if asked.askers is not None:
                asked.askers.discard(write)
            for askers in (asked.note_askers or {}).values():
                askers.pop(id(write), None)
        looked_at.update(asked.uid for asked in write.decision.asked)
        write.decision.settle()
    owners = Counter(write.log.owner for write in writes if write.log.owner)
    gone = {uid for uid, log in logs.items() if _keep_newest(log)}
    for uid in gone:
        _drop(world, uid)
    for uid in owners.keys() | looked_at - gone:
        _tidy(world, uid, gone, owners[uid])


def _keep_newest(log: ObjectLog) -> bool:
    """Keep what is open and the newest base below it; true if nothing of the object need stay."""
    base = next((write for write in reversed(log.writes) if write.base), None)
    log.writes = tuple(write for write in log.writes if not write.base or write is base)
    log.family.spec = None
    return _over(log)


def _over(log: ObjectLog) -> bool:
    """Whether all that is left of the object is its settled end."""
    return len(log.writes) == 1 and log.writes[0].base and log.writes[0].gone


def _drop(world: World, uid: str) -> None:
    log = world.logs.get(uid)
    if (
        log is not None
        and not log.askers
        and not any(child.exists for child in log.family.children.values())
    ):
        _delete(world, uid)


def _tidy(world: World, uid: str, gone: set[str], settled: int) -> None:
    owner = world.logs.get(uid)
    if owner is None:
        return
    if owner.family is not NO_FAMILY:
        owner.family.forget(gone, settled)
    owner.askers = owner.askers or None
    asked = {reasons: askers for reasons, askers in (owner.note_askers or {}).items() if askers}
    owner.note_askers = asked or None
    if not owner.family.children and not owner.askers and (not owner.writes or _over(owner)):
        _delete(world, uid)


def _delete(world: World, uid: str) -> None:
    log = world.logs.pop(uid)
    world.places.drop(log)
    if not looked_up(log.ref):
        return
    key = key_of(log)
    named = world.names.get(key, {})
    named.pop(uid, None)
    if not named:
        world.names.pop(key, None)


def ends(logs: Iterable[ObjectLog], removed: Removed) -> list[Change]:
    """Return by which changes objects end with their type, whose end was not seen.

    Where it has only another version now, they go on, and are known by that from now on.
    """
    of_type = [each for each in logs if each.resource_key == removed.resource.key]
    if removed.successor is not None:
        key = intern(removed.successor.key)
        for log in of_type:
            log.resource_key = key
        return []
    latest = [each.latest for each in of_type]
    images = [each.image for each in latest if each is not None and not each.gone]
    return [
        Change(removed.resource, "VANISHED", image, removed.at, image, relisted=True)
        for image in images
    ]
