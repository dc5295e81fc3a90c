"""Takes audit records into the engine: they upgrade steps, and refused requests become some.

No watch ever shows a refused request. Its step joins the trace of the latest version that came
before it, of the object itself or of the one that it was to belong to; what has neither gets a
trace in the background.
"""

from collections.abc import Callable, Iterable, Iterator

from eventstream.explain.audit import identities
from eventstream.explain.audit.trail import KEPT, AuditTrail, Lateness
from eventstream.explain.audit.upgrades import evidence, target, verb_of
from eventstream.explain.engine.tracelog import TraceLog
from eventstream.explain.engine.traces import TraceKeeper
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import (
    AUDIT,
    Grades,
    Step,
    StepRemoved,
    StepUpsert,
    Upsert,
    existing_trace_id,
    step_id,
)
from eventstream.explain.vocabulary.registry import title
from eventstream.explain.world.claims import Match
from eventstream.explain.world.steps import Recalled
from eventstream.explain.world.text import asker, said_by, sentence
from eventstream.explain.world.world import View, World
from eventstream.explain.world.writes import ObjectLog, Verdict, Write
from eventstream.objects.observations import AuditLog, AuditRecord

MOST = 500
"""Refused requests that, once told, wait for a late version or cause."""

_KEPT = 15.0
"""Seconds for which a refused request may still join another trace: less than a trace is open."""

_MISSING = 404
"""Nothing was there to write to: no refusal, but a request that came too late."""


class Refusals:
    """The refused requests that were told a moment ago, each with its step."""

    def __init__(self, cluster: str, world: World, traces: TraceKeeper) -> None:
        self._cluster = cluster
        self._world = world
        self._traces = traces
        self._waiting: dict[str, AuditRecord] = {}
        self._steps: dict[str, Step] = {}
        self._logs: dict[str, ObjectLog] = {}
        self._told: frozenset[str] = frozenset()

    def take(self, record: AuditRecord) -> None:
        """Keep a refused request until it is told; one that an earlier run told is not any more."""
        if record.code == _MISSING or record.audit_id in self._waiting:
            return
        if record.audit_id in self._told:
            return
        self._waiting[record.audit_id] = record

    def tell(self, now: float) -> tuple[list[Upsert], set[str]]:
        """The steps that are new or changed by `now`, and the traces that these are in."""
        upserts: list[Upsert] = []
        touched: set[str] = set()
        lost = [record for key, record in self._waiting.items() if key not in self._logs]
        if lost:
            self._logs.update(identities.find(self._world.logs.values(), lost))
        for key, record in list(self._waiting.items()):
            log = self._logs.get(key) or identities.unseen(record)
            self._world.evictions.refuse(record, log)
            cause = _cause(log, record)
            step = self._step(record, log, cause, self._trace(log, cause))
            old = self._steps.get(key)
            if step != old:
                upserts.extend(self._move(step, old, log, touched))
                self._steps[key] = step
            if now - record.at > _KEPT:
                self._forget(key)
        while len(self._waiting) > MOST:
            self._forget(next(iter(self._waiting)))
        return upserts, touched

    def restore(self, steps: Iterable[Step]) -> set[str]:
        """Count what an earlier run told of traces that are still open; returns these traces."""
        told: set[str] = set()
        touched: set[str] = set()
        for step in steps:
            trace = self._traces.open.get(step.trace)
            if trace is None:
                trace = self._traces.start(TraceLog(step.trace, self._root(step), None))
            trace.count_refused(step)
            trace.settle_refused(step)
            told.update(piece.ref for piece in step.evidence)
            touched.add(trace.id)
        self._told = frozenset(told)
        return touched

    def _root(self, step: Step) -> ObjectLog:
        log = self._world.logs.get(step.object.uid) if step.object.uid else None
        if log is not None and log.seen:
            return self._top(log)
        log = ObjectLog(f"restored:{step.trace}")
        log.ref = step.object
        return log

    def _forget(self, key: str) -> None:
        del self._waiting[key]
        step = self._steps.pop(key)
        self._logs.pop(key, None)
        trace = self._traces.open.get(step.trace)
        if trace is not None:
            trace.settle_refused(step)

    def _trace(self, log: ObjectLog, cause: Write | None) -> str:
        if cause is not None and cause.decision.trace in self._traces.open:
            return cause.decision.trace
        return existing_trace_id(self._cluster, self._top(log).uid)

    def _top(self, log: ObjectLog) -> ObjectLog:
        above = [each for each in self._traces.above(log) if each.seen]
        return above[-1] if above else log

    def _move(
        self, step: Step, old: Step | None, log: ObjectLog, touched: set[str]
    ) -> Iterator[Upsert]:
        """Count the step in its trace, and out of the one that it was in before."""
        if old is not None and old.trace != step.trace:
            left = self._traces.open.get(old.trace)
            if left is not None:
                left.refused.discard(step.id)
                touched.add(left.id)
                if not left.members and not left.refused and not left.contact:
                    self._traces.end(left)
                    if left.told:
                        yield StepRemoved(left.id, "trace")
        joined = self._traces.open.get(step.trace)
        if joined is None:
            joined = self._traces.start(TraceLog(step.trace, self._top(log), None))
        joined.count_refused(step)
        touched.add(joined.id)
        yield StepUpsert(step)

    def _step(self, record: AuditRecord, log: ObjectLog, cause: Write | None, trace: str) -> Step:
        own = log.seen and log.ref.name == record.name
        ref = log.ref if own else identities.reference(record)
        actor = _actor(record)
        subject = asker(record) if actor == "client" else f"The {title(actor)}"
        answer = f"{record.code} {record.reason}".rstrip()
        caused = (
            cause.decision.draft.id
            if cause is not None and cause.decision.draft is not None
            else None
        )
        return Step(
            id=step_id(self._cluster, record.audit_id, "", "refused"),
            trace=trace,
            cause=caused,
            causes=(caused,) if caused else (),
            documented=(),
            documented_store=(),
            documented_broadcast=(),
            actor=actor,
            actor_name=identities.node(record) or identities.program(record) or record.user,
            verb=verb_of(record),
            subresource=record.subresource or None,
            object=ref,
            resource_version="",
            change_type="REFUSED",
            at=record.at,
            clock="audit",
            precision_ms=1,
            what=f"{subject} asked to {record.verb} {target(record)}, "
            f"which the API server refused: {answer}.",
            why=sentence(said_by(record.message, record.reason))
            if record.message
            else "The audit log gives no reason.",
            grades=Grades("audited", "audited", "audited" if record.message else "unknown"),
            evidence=(evidence(Match((record,))),),
            source_url=sources.AUDITING,
            rule="refused",
            node=identities.node(record) or None,
            sources=(AUDIT,),
        )


def _actor(record: AuditRecord) -> str:
    known = identities.components(record)
    if len(known) == 1:
        return known[0]
    return "unknown" if known or identities.is_controller_manager(record) else "client"


def _cause(log: ObjectLog, record: AuditRecord) -> Write | None:
    """The version that the request started from, or the latest that had come before it."""
    for write in reversed(log.writes):
        if record.resource_version:
            if write.image.version == record.resource_version:
                return write
        elif write.change.at <= record.received:
            return write
    return next((w for w in reversed(log.writes) if w.change.at <= record.received), None)


_ROUNDS = 5
"""How often one tick may learn who is a custom controller, and decide anew by that."""


class Auditing:
    """What audit records say of writes, and of requests that wrote nothing.

    Unless records are `expected`, no write waits for one.
    """

    def __init__(
        self, cluster: str, world: World, traces: TraceKeeper, *, expected: bool = True
    ) -> None:
        self._expected = expected
        self._trail = AuditTrail(world)
        self._refusals = Refusals(cluster, world, traces)
        self._lateness = Lateness()
        self.upgraded: Callable[[View, Verdict], Verdict] = self._trail.upgraded
        self.proven: Callable[[Write], bool] = self._trail.proven

    def take(self, told: AuditRecord | AuditLog) -> None:
        """Keep what a log tells until the next `tell`."""
        if isinstance(told, AuditLog):
            self._lateness.take(told)
        else:
            (self._refusals if told.refused else self._trail).take(told)

    def note(self, write: Write) -> None:
        """Keep a new version until the request that made it is found."""
        if self._expected:
            self._trail.note(write)

    def tell(
        self, now: float, decide: Callable[[list[Write]], list[Upsert]], *, whole: bool
    ) -> tuple[list[Upsert], set[str]]:
        """What is known by `now`: upgraded steps, refused requests, and the traces these are in.

        `decide` makes decisions again.
        """
        upserts: list[Upsert] = []
        for _ in range(_ROUNDS):
            again = self._trail.join(now, whole=whole)
            if not again:
                break
            upserts.extend(decide(again))
        told, touched = self._refusals.tell(now)
        return [*upserts, *told], touched

    def holds(self, updated: float, now: float) -> bool:
        """Whether a trace, last updated then, must stay open as records of it may be to come."""
        return self._lateness.holds(updated, now, KEPT)

    def recall(self, recalled: Iterable[Recalled]) -> None:
        """Take up what an earlier run had joined, before its writes are added again."""
        self._trail.recall(recalled)

    def restore(self, refused: Iterable[Step]) -> set[str]:
        """Count refused requests that an earlier run told; returns the traces that they are in."""
        return self._refusals.restore(refused)
