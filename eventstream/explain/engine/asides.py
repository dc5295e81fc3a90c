"""Begins traces without a step: of what was there before, and of what another trace leaves behind.

A Pod that was preempted belongs to what its preemptor began, and one that left a lost node to the
node; how its controller stands without it is then told by a trace without a cause. So is how an
object stands that was let go by its owner, as by a deletion that orphans: what began with the
owner ends with it. And how a workload stands that an operator made or changed for its custom
resource without a reference to that: nothing counts it as a part. And how one stands of which a Pod
does not go in time, where what that had to go for is done without it. What was there when
watching began is told from its own timestamps; of other kinds than workloads, and what limits
these, only what is not done.
"""

from collections.abc import Callable, Iterator
from heapq import heappop, heappush

from eventstream.explain.controllers.registry import behaviour_of
from eventstream.explain.engine.earlier import Earlier
from eventstream.explain.engine.tracelog import Aside, TraceLog
from eventstream.explain.engine.traces import TraceKeeper, is_judged, is_met, is_workload
from eventstream.explain.vocabulary.records import Trace, tells, type_name
from eventstream.explain.world import drawn
from eventstream.explain.world.families import by_order, changed_hands, owner_of
from eventstream.explain.world.pods import is_ready
from eventstream.explain.world.world import View, World
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.observations import Change


class Asides:
    """Begins such traces, with the tick after a disruption was seen: by then its cause is, too."""

    def __init__(self, world: World, traces: TraceKeeper) -> None:
        self._world = world
        self._traces = traces
        self._disrupted: list[Write] = []
        self._orphaned: list[Write] = []
        self._asked: list[Write] = []
        self._told: dict[str, tuple[ObjectLog, float]] = {}
        self._going: list[tuple[float, str]] = []

    def told(self, note: Change) -> None:
        """Remember an Event that says by itself, without any write, that its object is stuck."""
        facts = note.after.spec
        log = self._world.logs.get(facts.involved_object.uid)
        if log is None or not log.exists or note.type in ("DELETED", "VANISHED"):
            return
        if (facts.reason or "") in behaviour_of(log.ref).told_by:
            self._told[log.uid] = log, note.at

    def note(self, write: Write) -> None:
        """Remember a Pod that was disrupted, is not ready or has to go, and whom its owner let go.

        And what was asked for on behalf of another object that does not own it.
        """
        if changed_hands(write) and not owner_of(write.image) and is_workload(write.log.ref):
            self._orphaned.append(write)
        if write.pod is None:
            if not (write.log.owner or write.decision.begins) and _asks(write):
                self._asked.append(write)
            return
        metadata, before = write.image.metadata, write.before
        if write.pod.leaving and not (before and before.metadata.deletion_timestamp):
            due = write.change.at + (metadata.deletion_grace_period_seconds or 0) + _OVERDUE
            heappush(self._going, (due, write.log.uid))
        if write.pod.disrupted:
            self._disrupted.append(write)
            self._world.evictions.note(write)
        elif _lost(write):
            self._disrupted.append(write)

    def begin(self, now: float) -> set[str]:
        """The ids of the traces to judge, begun where there was none by `now` (unix seconds)."""
        disrupted, self._disrupted = sorted(self._disrupted, key=by_order), []
        orphaned, self._orphaned = sorted(self._orphaned, key=by_order), []
        asked, self._asked = self._asked, []
        told, self._told = self._told, {}
        alone = [write for write in orphaned if write.log.exists and not write.log.owner]
        begun = {self._alone(write, write.log, _LET_GO) for write in alone}
        begun |= {key for write in orphaned if (key := self._without(write))}
        begun |= {key for write in asked if (key := self._for_another(write))}
        begun |= {key for log, at in told.values() if (key := self._tell(log, at))}
        begun |= set(self._overdue(now))
        return begun | {key for write in disrupted if (key := self._begin(write))}

    def _overdue(self, now: float) -> Iterator[str]:
        """How workloads stand of which a Pod is not gone in time, where no open trace tells that.

        What brought it is done without that: a Deployment's rollout once its new Pods serve.
        """
        while self._going and self._going[0][0] <= now:
            _, uid = heappop(self._going)
            log = self._world.logs.get(uid)
            if log is None or not log.exists or not log.writes:
                continue
            above = self._traces.above(log)
            if not above or not above[-1].exists or not is_workload(above[-1].ref):
                continue
            traces = {write.decision.trace for write in log.writes if not write.base}
            if traces & self._traces.open.keys() or self._traces.is_told(above[-1]):
                heappush(self._going, (now + _OVERDUE, uid))
            else:
                yield self._alone(log.writes[-1], above[-1], _STAYS)

    def _tell(self, log: ObjectLog, at: float) -> str:
        """How an object stands of which an Event tells, where no open trace tells it already."""
        root = [log, *self._traces.above(log)][-1]
        if self._traces.is_told(root):
            return ""
        key = self._traces.existing_id(root)
        self._traces.start(TraceLog(key, root, None, contact=True)).last = at
        return key

    def _without(self, write: Write) -> str:
        """How the owner stands that an object was taken from: it may have to make another."""
        owner = self._world.logs.get(owner_of(write.before)) if write.before is not None else None
        latest = owner.latest if owner is not None else None
        if owner is None or latest is None or latest.gone or not is_workload(owner.ref):
            return ""
        if latest.image.metadata.deletion_timestamp:
            return ""
        return self._alone(write, [owner, *self._traces.above(owner)][-1], _TAKEN)

    def _for_another(self, write: Write) -> str:
        """How an object stands that another does not count: its own trouble is told by nobody."""
        joined = self._traces.open.get(write.decision.trace)
        if joined is None or joined.root is write.log or write.log.owner:
            return ""
        does = "made" if write.change.type == "ADDED" else "changed"
        return self._alone(write, write.log, f"{does} for {_of(joined.root, write.log)}")

    def _begin(self, write: Write) -> str:
        above, joined = self._traces.above(write.log), self._traces.open.get(write.decision.trace)
        if joined is None or not above or not is_workload(above[-1].ref):
            return ""
        if joined.root is write.log or joined.root in above:
            return ""
        stands = _HAS_TO_GO if write.pod is not None and write.pod.disrupted else _NOT_READY
        by = _of(joined.root, above[-1])
        return self._alone(write, above[-1], f"disrupted by {by}: a Pod of it {stands}")

    def _alone(self, write: Write, root: ObjectLog, cause: str) -> str:
        """The id of the trace without a step of its own that tells how `root` stands."""
        key = self._traces.existing_id(root)
        own = self._traces.open.get(key)
        if own is None:
            own = self._traces.start(TraceLog(key, root, None, contact=True))
            own.floor, own.first = write.order, write.change.at
            own.aside = self._aside(write, root, cause)
        own.last = max(own.last, write.change.at)
        return key

    def _aside(self, write: Write, root: ObjectLog, cause: str) -> Aside:
        """Why it began, with the trace of what was done to `write`, if that is another object's."""
        joined = self._traces.open.get(write.decision.trace)
        if joined is None or joined.root is root:
            return Aside(cause)
        sources = drawn.by_writes([joined.began]) | {drawn.name(joined.root.ref)}
        return Aside(cause, joined.id, frozenset(sources))


def _of(other: ObjectLog, root: ObjectLog) -> str:
    """What other object it was, as kubectl names it."""
    ref = other.ref
    apart = ref.namespace and ref.namespace != root.ref.namespace
    return f"{ref.kind.lower()}/{ref.name}{f' in {ref.namespace}' if apart else ''}"


_HAS_TO_GO = "has to go"
_NOT_READY = "is not ready any more"
_LET_GO = "let go by what owned it"
_STAYS = "a Pod of it was not seen to go in time"
_OVERDUE = 60.0
"""Seconds that a Pod has to stop, beyond its grace period."""
_TAKEN = "something that it owned was taken from it"


def _asks(write: Write) -> bool:
    """Whether it asks for something new of what stands by itself, as a workload does."""
    leaves = write.gone or write.image.metadata.deletion_timestamp is not None
    return write.spec_changed and not leaves and is_workload(write.log.ref)


def resume(trace: TraceLog, record: Trace) -> None:
    """Have a trace without a cause go on as history has it: what is said of its cause stays so.

    What was asked of the object before it began is another trace's affair still.
    """
    if not record.existing:
        return
    trace.aside = Aside(record.cause, record.follows, frozenset(record.sources or ()))
    if record.follows:
        trace.first = min(trace.first, record.started)
        trace.last = max(trace.last, record.started)
        writes = trace.root.writes
        before = [write.order for write in writes if write.change.at <= record.started]
        trace.floor = max(before, default=-1)


def _lost(write: Write) -> bool:
    """Whether a Pod has stopped being ready: for its node, or where nobody deletes it."""
    pod = write.pod
    if pod is None or write.gone or pod.ready:
        return False
    if pod.leaving and write.decision.rule != "pod-unready":
        return False
    return is_ready(write.before)


_OWNER_WAIT = 3.0
"""Seconds for which an owner that was not seen is waited for, or what keeps the revisions of a
workload: these may be listed later."""

_AT_ONCE = 2000
"""Such traces that one tick begins: most are over with their first judgement, and make room."""

_LISTS_WAIT = 60.0
"""Seconds for which the first lists of what an object leads to are waited for: some never come."""


class Contacts:
    """Begins such traces; `is_open` judges whether one has something to tell at that time."""

    def __init__(
        self,
        world: World,
        traces: TraceKeeper,
        earlier: Earlier,
        is_open: Callable[[TraceLog, float], bool],
    ) -> None:
        self._world = world
        self._traces = traces
        self._earlier = earlier
        self._is_open = is_open
        self._waiting: dict[str, Write] = {}
        self._known_before: set[str] = set()

    def note(self, write: Write) -> None:
        """Remember an object that was there."""
        self._waiting[write.log.uid] = write

    def told(self, uid: str) -> None:
        """Begin nothing for this object: a trace tells of it already."""
        self._waiting.pop(uid, None)

    def all_known(self) -> None:
        """Begin nothing for what is whole of all these: an earlier run has told of it.

        What is not whole may have been cut off before it was judged.
        """
        self._known_before = set(self._waiting)

    def begin(self, now: float, *, whole: bool = False) -> Iterator[str]:
        """The ids of the traces that begin by `now` (unix seconds), or that learn of more that was
        there, "" between two looks.

        Where this is the `whole` of what there is, no owner is waited for.
        """
        done: set[str] = set()
        begun = 0
        for uid in list(self._waiting):
            if begun >= _AT_ONCE and not whole:
                return
            yield ""
            write = self._waiting[uid]
            top = View(self._world, write).top_owner(uid)
            age = now - write.change.at
            if not whole and age < self._patience(write, top):
                continue
            del self._waiting[uid]
            known = uid in self._known_before
            self._known_before.discard(uid)
            if not known:
                self._earlier.note(write)
            if top.uid in done:
                continue
            key = self._traces.existing_id(top)
            if key in self._traces.open:
                done.add(top.uid)
                self._find(self._traces.open[key])
                yield key  # Its list came later than that of what it belongs to.
                continue
            if not (is_judged(top.ref) and top.exists):
                continue
            trace = TraceLog(key, top, None, contact=True)
            if (known or not is_met(top.ref)) and not self._is_open(trace, now):
                done.add(top.uid)
                continue
            trace.found = "" if known else self._earlier.current(top)
            self._traces.start(trace)
            begun += 1
            yield key
        if not self._waiting:
            self._waiting.clear()  # What a dictionary took it gives back by this alone.

    def _find(self, begun: TraceLog) -> None:
        """Let one that a write began before the lists came say what the objects tell of it."""
        if begun.aside is None and not begun.found:
            begun.found = self._earlier.current(begun.root)

    def standing(self, uid: str, now: float) -> Trace | None:
        """How the object of that uid stands at `now`, None for one never seen.

        By the trace of which it is the root that tells most, and of these the last. Where all were
        overtaken, by one made for the answer, which is kept nowhere.
        """
        log = self._world.logs.get(uid)
        if log is None or not log.seen:
            return None
        own = [self._traces.judged(each, now) for each in reversed(self._traces.of(log))]
        told = max(own, key=tells, default=None)
        if told is not None and told.state != "superseded":
            return told
        trace = TraceLog(self._traces.existing_id(log), log, None, contact=True)
        trace.found = self._earlier.current(log)
        trace.floor = log.writes[-1].order if log.writes else -1  # So that nothing overtook it.
        return self._traces.judged(trace, now)

    def _patience(self, write: Write, top: ObjectLog) -> float:
        """Seconds for which it is waited for what has to be met before such a trace begins."""
        if not self._world.places.are_met(behaviour_of(write.log.ref).needs):
            return _LISTS_WAIT
        if top.owner and self._traces.usual.hearing.is_coming(_owner_type(top)):
            return _LISTS_WAIT
        waits = top.owner or not self._earlier.is_whole(write.image)
        return _OWNER_WAIT if waits else 0.0


def _owner_type(log: ObjectLog) -> str:
    """The type of what owns an object, "" for none."""
    metadata = log.latest.image.metadata if log.latest is not None else None
    owner = metadata and (metadata.controller or next(iter(metadata.owner_references), None))
    return type_name(owner.api_version.rpartition("/")[0], owner.kind) if owner else ""
