"""Keeps traces: which steps belong to each, how each stands, and when it has settled."""

import logging
import math

import msgspec

from eventstream.explain.controllers.deciding import assess
from eventstream.explain.controllers.registry import behaviour_of
from eventstream.explain.controllers.shared.leaving import leaving
from eventstream.explain.deletions.deciding import elsewhere
from eventstream.explain.engine.causes import (
    brings_stall,
    cause_of,
    ends,
    healed,
    overtaken_by,
    overtakes,
    recreated,
    told,
    waiting_for,
)
from eventstream.explain.engine.tracelog import Looks, TraceLog
from eventstream.explain.outlook.holding import Outlook, command_of, evidence_of, pending, staged
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.outlook.usual import UsualWaits
from eventstream.explain.vocabulary.records import ObjectRef, Trace, existing_trace_id
from eventstream.explain.vocabulary.registry import is_followed
from eventstream.explain.world import drawn
from eventstream.explain.world.families import HIGHEST, by_order
from eventstream.explain.world.text import listing, named, parse
from eventstream.explain.world.world import World
from eventstream.explain.world.writes import ObjectLog, Write, row_of
from eventstream.objects.observations import Gap

logger = logging.getLogger(__name__)

_MEASURED_EVERY = 300.0
"""Seconds between two looks at how long the waits took in a trace that does not settle."""

_DECIDED = 60.0
"""Seconds after which a late write or Event is not expected to decide a step anew."""


CUT = f"seen below more than {HIGHEST} owners, of which the nearest are followed"
"""The cause of a trace of what lies too deep: it has the highest owner that is followed."""


def is_workload(ref: ObjectRef) -> bool:
    """Whether the object is one whose state people follow: a workload or a custom resource."""
    return is_followed(ref.api_version, ref.kind)


def is_met(ref: ObjectRef) -> bool:
    """Whether such an object is told of that was there before, though nothing is wrong with it."""
    return is_workload(ref) or behaviour_of(ref).limits


def is_judged(ref: ObjectRef) -> bool:
    """Whether anything is known of how such an object stands: a workload, or a kind with a rule."""
    return is_workload(ref) or behaviour_of(ref).assess is not None


class TraceKeeper:
    """Turns open traces into records; a record is made anew only when asked, not per step."""

    def __init__(self, cluster: str, world: World) -> None:
        self._cluster = cluster
        self._world = world
        self.usual = UsualWaits()
        self.open: dict[str, TraceLog] = {}
        self._by_root: dict[str, set[str]] = {}
        self._touched: set[str] = set()
        self.looks = Looks(self.open)

    def start(self, trace: TraceLog) -> TraceLog:
        """Keep a new trace, and return it."""
        self.open[trace.id] = trace
        trace.rests_on = self._rests_on(trace)
        for uid in trace.rests_on:
            self._by_root.setdefault(uid, set()).add(trace.id)
        return trace

    def _rests_on(self, trace: TraceLog) -> tuple[str, ...]:
        """The objects whose change may move the trace's judgement, besides what they own."""
        deletion = trace.began is not None and ends(trace.began)
        return (trace.root.uid, *(log.uid for log in self.above(trace.root) if deletion))

    def above(self, log: ObjectLog) -> list[ObjectLog]:
        """The controllers above an object, nearest first, HIGHEST at most."""
        found: list[ObjectLog] = []
        logs = self._world.logs
        above = logs.get(log.owner) if log.owner else None
        while above is not None and above is not log and above not in found:
            if len(found) == HIGHEST:
                break
            found.append(above)
            above = logs.get(above.owner) if above.owner else None
        return found

    def is_cut(self, uid: str) -> bool:
        """Whether there is more above an object than is followed."""
        log = self._world.logs.get(uid)
        above = self.above(log) if log is not None else []
        return len(above) == HIGHEST and bool(above[-1].owner)

    def is_told(self, root: ObjectLog) -> bool:
        """Whether an open trace rests on the object."""
        return root.uid in self._by_root

    def end(self, trace: TraceLog) -> None:
        """Let go of a trace."""
        del self.open[trace.id]
        self.looks.end(trace)
        for uid in trace.rests_on:
            roots = self._by_root.get(uid, set())
            roots.discard(trace.id)
            if not roots:
                self._by_root.pop(uid, None)

    def missed(self, gap: Gap) -> set[str]:
        """Note a hole; returns the ids of the open traces that perhaps stall only for the time."""
        self.usual.hearing.missed(gap)
        records = {key: trace.record for key, trace in self.open.items()}
        return {k for k, found in records.items() if found and found.usual and found.diagnosis}

    def measure(self, trace: TraceLog, now: float, *, ends: bool = False) -> None:
        """Count a trace's waits when it `ends`, and of one that goes on now and then."""
        if not ends and now - max(trace.measured, trace.first) < _MEASURED_EVERY:
            return
        until = math.inf if ends else now - _DECIDED
        whole = not trace.dropped
        self.usual.learn(trace.members.values(), trace.measured, until, whole=whole)
        trace.measured = max(trace.measured, now if ends else until)

    def touch(self, uid: str) -> None:
        """Remember that the judgement of traces may have changed that rest on this object."""
        logs, touched = self._world.logs, self._touched
        for _ in range(HIGHEST):
            touched.add(uid)
            above = logs.get(uid)
            if above is None or not above.owner:
                return
            uid = above.owner

    def touched(self) -> set[str]:
        """The ids of the open traces that rest on what was touched since this was last asked."""
        uids, self._touched = self._touched, set()
        return set().union(*(self._by_root[uid] for uid in uids if uid in self._by_root))

    def of(self, root: ObjectLog) -> list[TraceLog]:
        """The open traces of an object itself, in the order in which they began."""
        found = [self.open[key] for key in self._by_root.get(root.uid, ())]
        own = [trace for trace in found if trace.root is root]
        return sorted(own, key=lambda trace: (trace.floor, trace.first, trace.id))

    def existing_id(self, top: ObjectLog) -> str:
        """The id of the trace of what happens to this object without a cause that was seen."""
        return existing_trace_id(self._cluster, top.uid)

    def record(self, trace: TraceLog, now: float) -> Trace:
        """How the trace stands at `now` (unix seconds)."""
        over = self._superseded_by(trace)
        upto = over.order if over is not None else math.inf
        snapshot = Snapshot(self._world, upto, now, self.usual, self._overtaken(trace))
        outlook = self._outlook(trace, snapshot)
        trace.looked = snapshot.looked
        drawn_on: list[Write | None] = [trace.began, over]
        drawn_on += [w for w in trace.root.writes if trace.aside and w.decision.verdict is not None]
        if over is None and outlook.state == "stalled":
            outlook = self._shared(trace, outlook, now)
            drawn_on += [w for w in trace.root.writes if w.decision.verdict is not None]
        if over is not None and outlook.state != "complete":
            before = outlook.state != "unknown"
            summary = overtaken_by(over, trace.began, before=before)
            outlook = Outlook("superseded", summary, (), outlook.stages, over.change.at)
        sources = snapshot.sources | drawn.by_writes(drawn_on) | trace.root.family.kinds.keys()
        sources |= trace.aside.sources if trace.aside else frozenset()
        return self._written(trace, outlook, sources)

    def given_up(self, trace: TraceLog) -> Trace:
        """The record of a trace that there is no room for any more."""
        said = "Not followed to its end: too much was going on with this object at once."
        outlook = Outlook("superseded", said, ended=_end(trace))
        return self._written(trace, outlook, drawn.by_writes([trace.began]))

    def judged(self, trace: TraceLog, now: float) -> Trace:
        """The same; unknown, and logged, where one odd object defeats the judging."""
        try:
            self.measure(trace, now)
            return self.record(trace, now)
        except Exception:
            logger.exception("Judging the trace of %s failed.", trace.root.ref)
            outlook = Outlook("unknown", _UNJUDGED)
            return self._written(trace, outlook, drawn.by_writes([trace.began]))

    def _overtaken(self, trace: TraceLog) -> frozenset[str]:
        """The open traces of the same object that began before this one."""
        began, around = trace.began, self._by_root.get(trace.root.uid, ())
        if began is None or len(around) < 2:
            return frozenset()
        own = [other for key in around if (other := self.open[key]).root is trace.root]
        return frozenset(o.id for o in own if o.began and o.began.order < began.order)

    def _shared(self, trace: TraceLog, outlook: Outlook, now: float) -> Outlook:
        """A stall that several changes of one object wait for stays with one of them.

        That is the newest that decided what its Pods are made from; the others say that they wait
        for it, and it says what was changed since.
        """
        others = [log for log in self.of(trace.root) if log.id != trace.id]
        standing = [log for log in others if self._has_stall(log, outlook, now)]
        owner = max([trace, *standing], key=brings_stall)
        if owner is not trace:
            return waiting_for(trace, owner, outlook, cause_of(owner, self._world))
        since = [
            told(write, self._world)
            for write in trace.root.writes[trace.root.position(trace.floor + 1) :]
            if write.decision.begins
            if write.decision.trace != trace.id and row_of(write) is write
        ]
        if not since or trace.floor < 0:
            return outlook
        summary = f"{outlook.summary} Since then: {listing(since)}."
        return msgspec.structs.replace(outlook, summary=summary)

    def _has_stall(self, trace: TraceLog, outlook: Outlook, now: float) -> bool:
        """Whether another trace that still stands is held up by the same thing."""
        first = outlook.first
        if first is None or self._superseded_by(trace) is not None:
            return False
        snapshot = Snapshot(self._world, math.inf, now, self.usual, self._overtaken(trace))
        other = self._outlook(trace, snapshot)
        same = other.first
        return (
            other.state == "stalled"
            and same is not None
            and same.diagnosis == first.diagnosis
            and (same.about and same.about.log) is (first.about and first.about.log)
        )

    def _superseded_by(self, trace: TraceLog) -> Write | None:
        """The next write that set a new desired state for the same object, if any."""
        began = trace.began
        floor = trace.floor if trace.floor >= 0 else _first(trace)
        roots = [trace.root]
        if began is not None and ends(began):
            # It is done when the owner is whole again, which a change of the owner overtakes.
            roots = self.above(trace.root)
        later: list[Write] = []
        for log in roots:
            for write in reversed(log.writes):
                if write.order <= floor:
                    break
                begins = write.decision.begins
                own = write.decision.trace == trace.id and not (begins and row_of(write) is write)
                if not own and overtakes(write, trace):
                    later.append(write)
        return min(later, key=by_order) if later else None

    def _outlook(self, trace: TraceLog, snapshot: Snapshot) -> Outlook:
        began = trace.began
        latest = snapshot.latest(trace.root)
        if latest is None:
            text = "Nothing of the object itself was seen, so that nobody can say how it stands."
            return Outlook("unknown", text, ended=_end(trace))
        if began is not None and ends(began) and not recreated(began, latest):
            return self._deletion(began, latest, snapshot)
        if latest.gone:
            return leaving(snapshot, latest)
        return assess(snapshot, latest, began)

    def _deletion(self, began: Write, latest: Write, snapshot: Snapshot) -> Outlook:
        """A deletion is done when all is gone, and what it was deleted from is whole again."""
        gone = leaving(snapshot, latest)
        owner = self._world.logs.get(began.log.owner)
        above = snapshot.alive(owner) if owner is not None else None
        if owner is None or above is None or not is_workload(owner.ref):
            return gone
        if above.image.metadata.deletion_timestamp or elsewhere(began, above):
            return gone
        found = healed(began, above, snapshot)
        if found is None:
            return gone
        whole, holdings = found
        stages = staged(
            [
                ("asked", 1, 1),
                ("replaced", int(whole), 1),
                ("gone", int(gone.state == "complete"), 1),
            ]
        )
        if whole and gone.state == "complete":
            ended = max(gone.ended or 0.0, above.change.at)
            summary = f"{named(began.image)} is gone, and {named(above.image)} is whole again."
            return Outlook("complete", summary, (), stages, ended)
        return pending(
            [*holdings, *gone.holdings], stages, snapshot, f"Waiting for {named(above.image)}."
        )

    def _written(self, trace: TraceLog, outlook: Outlook, sources: set[str]) -> Trace:
        began, first = trace.began, outlook.first
        ref = trace.root.ref
        proof = evidence_of(first) if first and first.diagnosis else ()
        if first is not None and first.about is not None and proof:
            sources |= drawn.by_proof(first.about.log, proof)
        if began is None:  # What it controls told of what it had been.
            sources |= trace.root.family.kinds.keys()
        started = row_of(began).change.at if began is not None else _known_since(trace)
        return Trace(
            id=trace.id,
            root=ref,
            title=f"{ref.kind.lower()}/{ref.name}",
            cause=cause_of(trace, self._world),
            state=outlook.state,
            holder=first.actor if first else None,
            holder_name=first.name if first else "",
            holders=outlook.holders,
            waiting_since=first.since if first else None,
            waiting_for=first.waiting_for if first else "",
            diagnosis=first.diagnosis if first else None,
            summary=outlook.summary,
            started=started,
            ended=outlook.ended,
            steps=trace.steps,
            stages=outlook.stages,
            existing=began is None,
            background=began is None and _in_background(ref, outlook),
            root_step=began.decision.draft.id
            if began is not None and began.decision.draft
            else None,
            updated=trace.last if math.isfinite(trace.last) else started,
            usual=outlook.usual,
            measured=trace.measured,
            diagnosis_evidence=proof,
            command=command_of(first) if first and first.diagnosis else "",
            mend=first.mend if first and first.diagnosis else "",
            sources=tuple(sorted(sources - {drawn.name(ref)})),
            follows=trace.aside.follows if trace.aside else "",
        )


_UNJUDGED = (
    "How this stands could not be told, which is a defect of Baton: please report it with the "
    "traceback in its log. The steps are as they were seen."
)


def _known_since(trace: TraceLog) -> float:
    """The object's own creation time; without one, the first that was seen of it."""
    latest = trace.root.latest
    created = parse(latest.image.metadata.creation_timestamp) if latest is not None else None
    if math.isfinite(trace.first) and (trace.floor >= 0 or created is None):
        return trace.first
    return created or 0.0


def _end(trace: TraceLog) -> float | None:
    return trace.last if math.isfinite(trace.last) else None


def _first(trace: TraceLog) -> int:
    """The order from which on a trace without a beginning can be overtaken.

    What is no workload is only watched, which its own creation does not overtake; nor can what
    was asked of an object before anything of the trace happened.
    """
    if not trace.root.writes:
        return -1
    first = trace.root.writes[0]
    if not is_workload(trace.root.ref):
        return first.order
    return -1 if first.base else trace.lowest


def _in_background(ref: ObjectRef, outlook: Outlook) -> bool:
    """Whether what happened without a cause that was seen need not be shown unasked."""
    if is_workload(ref):
        return outlook.state in ("complete", "unknown")
    return outlook.state != "stalled"
