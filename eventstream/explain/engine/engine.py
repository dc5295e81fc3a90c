"""The one engine: a pure fold of observations into steps and traces.

Each write is decided from what lay below its own resourceVersion. When a late write or Event
arrives, just the decisions that had looked there are made again, in order, so that the result is
the same however the streams interleaved.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from eventstream.explain.controllers import deciding as rules
from eventstream.explain.engine.asides import Asides, Contacts, resume
from eventstream.explain.engine.auditing import Auditing
from eventstream.explain.engine.earlier import Earlier
from eventstream.explain.engine.limits import Limits, ends, forget
from eventstream.explain.engine.repeats import Heartbeats, place
from eventstream.explain.engine.tracelog import Aside, TraceLog, as_settled, at_rest, settled
from eventstream.explain.engine.traces import CUT, TraceKeeper
from eventstream.explain.vocabulary.records import (
    Step,
    StepDraft,
    StepRemoved,
    StepUpsert,
    Trace,
    TraceUpsert,
    Upsert,
    WaitsSeen,
    trace_id,
)
from eventstream.explain.world import steps
from eventstream.explain.world.claims import Match
from eventstream.explain.world.notes import Aliases
from eventstream.explain.world.steps import Memo, read_memos
from eventstream.explain.world.world import View, World
from eventstream.explain.world.writes import Burst, Verdict, Write, row_of
from eventstream.objects.cluster_kinds import EventFacts, LeaseSpec
from eventstream.objects.images import Image
from eventstream.objects.observations import (
    AuditLog,
    AuditRecord,
    Change,
    Coverage,
    Gap,
    Observation,
    Position,
    Removed,
)
from eventstream.objects.resource import Resource

_NODE_LEASES = "kube-node-lease"
_HELD = 5.0
"""Seconds after which a trace that waits for an audit log, or a watch, is looked at again."""

_AT_ONCE = 20
"""Traces that are judged in one tick as soon as they change: with more, as from a hundred writes a
second on, which nobody follows trace by trace, each but once in `_BUSY`."""
_BUSY = 1.0
"""Seconds between two judgements of a trace while there is so much to judge."""


class Engine:
    """Explains one cluster, fed by one caller with its streams in any interleaving.

    Without `audited` no audit records are expected, and no write waits for one. `hearing` knows
    when nothing could be seen.
    """

    def __init__(self, cluster: str, *, audited: bool = True) -> None:
        self._cluster = cluster
        self._world = World()
        self._aliases = Aliases()
        self._traces = TraceKeeper(cluster, self._world)
        self._asides = Asides(self._world, self._traces)
        self._audit = Auditing(cluster, self._world, self._traces, expected=audited)
        self._heartbeats = Heartbeats(cluster)
        self._earlier = Earlier(cluster, self._world)
        self._contacts = Contacts(self._world, self._traces, self._earlier, self._is_open)
        self._stale: set[str] = set()
        self._limits = Limits(self._traces, self._forget)
        self.hearing = self._traces.usual.hearing

    def apply(self, observation: Observation | AuditLog) -> list[Upsert]:
        """Take in one observation; returns the steps that it made or changed.

        Traces, and what audit records tell, follow with the next `tick`, so that a burst of steps
        costs one judgement.
        """
        if isinstance(observation, Change):
            return self._apply_change(observation)
        if isinstance(observation, AuditRecord | AuditLog):
            self._audit.take(observation)
        if isinstance(observation, Removed):
            return self._remove(observation)
        if isinstance(observation, Gap):
            self._world.gap(observation)
            self._stale |= self._traces.missed(observation)
        if isinstance(observation, Position | Coverage):
            self._traces.usual.heard(observation)
        if isinstance(observation, Position) and observation.listed:
            self._world.places.listed(observation.resource)
            return self._settle_writes(self._world.opened(observation.resource.kind))
        return []

    def tick(self, now: float, *, whole: bool = False) -> list[Upsert]:
        """Judge again what may have changed by `now` (unix seconds), and settle what is quiet.

        Where much is going on, some of that is put off to a later tick, unless it is to be `whole`.
        """
        return [upsert for part in self.ticking(now, whole=whole) for upsert in part]

    def ticking(self, now: float, *, whole: bool = False) -> Iterator[list[Upsert]]:
        """Do the same in short parts, to the last; between two, observations may be applied."""
        upserts, touched = self._audit.tell(now, self._settle_writes, whole=whole)
        self._stale |= touched
        yield [*upserts, *self._heartbeats.told()]
        for key in self._contacts.begin(now, whole=whole):
            self._stale |= {key} if key else set()
            yield []
        yield from self._earlier.tell(now, whole=whole)
        stale, self._stale = self._stale | self._asides.begin(now) | self._traces.touched(), set()
        due = self._traces.looks.come_due(now)
        least = _BUSY if len(stale | due) > _AT_ONCE else 0.0
        for key in sorted(stale | due):
            trace = self._traces.open.get(key)
            if trace is None:
                continue
            rested = now - trace.judged
            if not whole and rested >= 0 and (rested < least or rested < trace.patience):
                self._stale.add(key)
            else:
                yield self._judge(trace, now, changed=key in stale)
        for trace in self._limits.too_many(now):
            yield self._give_up(trace, now)
        yield list(self._traces.usual.news())

    def restore(
        self,
        images: Iterable[tuple[Resource, Image]],
        memos: Iterable[bytes],
        traces: Iterable[Trace],
        at: float,
        counted: Mapping[str, int] | None = None,
        waits: Iterable[WaitsSeen] = (),
        refused: Iterable[Step] = (),
    ) -> None:
        """Take up where another engine stopped: its objects, open steps' memos and open traces.

        `at` is the time in unix seconds that objects without a memo are taken to be known since;
        `counted` is how many renewals each heartbeat row, by its id, stands for; `waits` how long
        each kind of wait took; `refused` are the refused requests of open traces. What is restored
        makes no upserts: history has it.
        """
        self._traces.usual.restore(waits)
        self._heartbeats.carried.update(counted or {})
        recalled = read_memos([memo for memo in memos if memo])  # Only writes have any.
        versions = {(each.change.after.uid, each.change.after.version) for each in recalled}
        self._audit.recall(recalled)
        for resource, image in images:
            if (image.uid, image.version) not in versions:
                self._apply_change(Change(resource, "EXISTING", image, at))
        for each in recalled:
            change, before = each.change, each.change.before
            if before is not None and not self._world.logs[before.uid].writes:
                self._apply_change(Change(change.resource, "EXISTING", before, change.at))
            self._apply_change(change, each.audit, each.burst)
            if each.burst is not None:
                self._contacts.told(change.after.uid)
        # What was whole has had its say; what was not may have been cut off before it was judged.
        self._contacts.all_known()
        for record in traces:
            root = self._world.logs.get(record.root.uid)
            trace = self._traces.open.get(record.id)
            if trace is None and record.existing and root is not None and root.seen:
                trace = self._traces.start(TraceLog(record.id, root, None, contact=True))
            if trace is not None:
                resume(trace, record)
                trace.restored = True
                trace.last = max(trace.last, record.updated)
                trace.measured = record.measured
        self._stale |= self._audit.restore(refused)

    def below(self, write: Write) -> View:
        """What the rules may look at for this write: all that lies below its resourceVersion."""
        return View(self._world, write)

    def standing(self, uid: str, now: float) -> Trace | None:
        """How the object of that uid stands at `now` (unix seconds), None for one never seen."""
        return self._contacts.standing(uid, now)

    @property
    def open_traces(self) -> int:
        """How many traces are not settled."""
        return len(self._traces.open)

    @property
    def left_out(self) -> dict[str, int]:
        """How much was let go of for want of room: `versions` of objects, whole `traces`.

        And how many `revisions` from before watching began were not told.
        """
        return self._limits.left_out | {"revisions": self._earlier.left_out}

    def _apply_change(
        self, change: Change, audit: Match | None = None, burst: Burst | None = None
    ) -> list[Upsert]:
        image = change.after
        if isinstance(image.spec, EventFacts):  # By name it might be a type of others.
            change = self._aliases.addressed(change)
            self._traces.touch(change.after.spec.involved_object.uid)
            self._asides.told(change)
            return self._settle_writes(self._world.note(change))
        if isinstance(image.spec, LeaseSpec):
            if image.metadata.namespace == _NODE_LEASES:
                self._heartbeats.take(change)
            return []
        base = change.existed
        write = self._world.add(change, base=base)
        if write is None:
            return []
        self._aliases.learn(write, self._world.logs)
        if not base:
            write.decision.audit, write.decision.burst = audit, burst
            self._audit.note(write)
        again = [*self._world.affected(write), *self._world.learn(write)]
        if base:
            self._contacts.note(write)
        else:
            again.append(write)
        return self._settle_writes(again)

    def _remove(self, removed: Removed) -> list[Upsert]:
        """The type has left the cluster, and its objects with it, or has another version now."""
        self._traces.usual.heard(Coverage(removed.resource, "gone", removed.at))
        changes = ends(self._world.logs.values(), removed)
        return [upsert for change in changes for upsert in self._apply_change(change)]

    def _is_open(self, trace: TraceLog, now: float) -> bool:
        return self._traces.judged(trace, now).state in ("running", "stalled")

    def _settle_writes(self, writes: list[Write]) -> list[Upsert]:
        """Decide these writes in order, and then whatever their decisions decide."""
        upserts: list[Upsert] = []
        if len(writes) == 1:
            writes = self._decide(writes[0], upserts)  # The usual case: nothing rests on it yet.
        if writes:
            rules.decide_all(writes, lambda write: self._decide(write, upserts))
        return upserts

    def _decide(self, write: Write, upserts: list[Upsert]) -> list[Write]:
        """Decide one write; returns the writes whose decision rests on what changed about it."""
        decision = write.decision
        if decision.settled:
            return []
        before, old = decision.verdict, decision.draft
        view = View(self._world, write)
        verdict = self._audit.upgraded(view, rules.decide(view))
        placed = place(write, verdict)
        row = row_of(write)
        trace = self._trace_of(view, verdict) if row is write else row.decision.trace
        draft = steps.draft(self._cluster, write, verdict, trace)
        decision.verdict = verdict
        if verdict.actor == "custom-controller":
            self._world.known.served(write, verdict)
        if draft == old and not placed:
            return []
        decision.draft = draft
        again: list[Write] = write.log.after(write.order) if placed else []
        if before is not None:
            if before.differs_for_others(verdict):
                again.extend(self._world.affected(write))
                again.extend(write.log.after(write.order))
            if old is not None and old.trace != trace:
                again.extend(self._followers(write))
                again.extend(w for w in write.log.after(write.order) if row_of(w) is write)
        self._move(write, old, trace, upserts)
        if verdict.rule == "kubelet-running" and verdict.node:
            self._heartbeats.watch(write, verdict.node)
        if row is not write or len(placed) > 1:
            upserts.extend(self._counted(write, old, placed))
        else:
            upserts.append(self._row(write, draft, fresh=old is None))
        return again

    def _row(self, write: Write, draft: StepDraft, *, fresh: bool = False) -> StepUpsert:
        proven = write.decision.audit is not None and self._audit.proven(write)
        return StepUpsert(draft, Memo(write, proven=proven), fresh)

    def _counted(
        self, write: Write, old: StepDraft | None, placed: Sequence[Write]
    ) -> list[Upsert]:
        """The rows that change with one of many like writes: its own, or the one that counts it."""
        upserts: list[Upsert] = []
        if row_of(write) is not write and old and old.id == steps.id_of(self._cluster, write):
            upserts.append(StepRemoved(old.id, "step"))
        for row in dict.fromkeys(map(row_of, (*placed, write))):
            own = row.decision
            if own.draft is None or own.verdict is None:
                continue  # It was let go of, with what it counted by then.
            if row is not write:
                own.draft = steps.draft(self._cluster, row, own.verdict, own.trace)
            upserts.append(self._row(row, own.draft))
        return upserts

    def _followers(self, write: Write) -> list[Write]:
        """The writes that name this one as their cause, and so share its trace."""
        trace = self._traces.open.get(write.decision.trace)
        members = trace.members.values() if trace else ()
        return [
            m
            for m in members
            if m.decision.verdict and write in m.decision.verdict.causes and m is not write
        ]

    def _move(self, write: Write, old: StepDraft | None, trace: str, upserts: list[Upsert]) -> None:
        if old is not None and old.trace != trace:
            left = self._traces.open.get(old.trace)
            if left is not None:
                left.leave(write)
                self._limits.left((write,))
                self._stale.add(left.id)
                if not left.members and not left.contact:
                    self._traces.end(left)
                    if left.told:
                        upserts.append(StepRemoved(left.id, "trace"))
        self._stale.add(trace)
        self._traces.touch(write.log.uid)
        joined = self._traces.open.get(trace)
        if joined is not None and id(write) in joined.members:
            joined.of_bursts = joined.of_bursts or row_of(write) is not write
            return  # It is only told otherwise, as when an Event came late.
        write.decision.trace = trace
        if joined is None:
            joined = self._traces.start(self._new_trace(trace, write))
            self._limits.begun(joined)
        self._limits.joined(write, joined.join(write))
        self._asides.note(write)

    def _new_trace(self, key: str, write: Write) -> TraceLog:
        if write.decision.begins:
            return TraceLog(key, write.log, write)
        subject = self._subject(write)
        trace = TraceLog(key, View(self._world, write).top_owner(subject), None)
        if self._traces.is_cut(subject):
            trace.aside = Aside(CUT)
        return trace

    def _subject(self, write: Write) -> str:
        causes = write.decision.verdict.causes if write.decision.verdict else ()
        return causes[0].log.uid if causes else write.log.uid

    def _trace_of(self, view: View, verdict: Verdict) -> str:
        if verdict.begins:
            return trace_id(self._cluster, steps.id_of(self._cluster, view.write))
        if verdict.causes and verdict.causes[0].decision.trace in self._traces.open:
            return verdict.causes[0].decision.trace
        subject = verdict.causes[0].log if verdict.causes else view.write.log
        return self._traces.existing_id(view.top_owner(subject.uid))

    def _judge(self, trace: TraceLog, now: float, *, changed: bool) -> list[Upsert]:
        """Judge one trace, and say when time alone may change the judgement.

        Of a finished one of which nothing `changed` the last judgement stands.
        """
        trace.judged = now
        stands = not changed and trace.record is not None and at_rest(trace.record)
        record = trace.record if stands else self._traces.judged(trace, now)
        if record is None:
            return []
        due = self._traces.looks.next(record, now)
        if settled(record, now):
            off = self.hearing.holds(trace.root.resource_key, record.updated, now)
            if not off and not self._audit.holds(record.updated, now):
                return self._settle(trace, record, now)
            due = now + _HELD
        self._traces.looks.again(trace, due, now)
        self._limits.trim(trace)
        if record == trace.record:
            return []
        trace.record = record
        return [TraceUpsert(record)]

    def _settle(self, trace: TraceLog, record: Trace, now: float) -> list[Upsert]:
        self._traces.end(trace)
        self._traces.measure(trace, now, ends=True)
        self._forget(list(trace.members.values()))
        return [TraceUpsert(as_settled(record))]

    def _give_up(self, trace: TraceLog, now: float) -> list[Upsert]:
        """Settle a trace that there is no room for, however it stands."""
        if trace.id not in self._traces.open:
            return []
        over = trace.record is not None and at_rest(trace.record)
        record = trace.record if over and trace.record else self._traces.given_up(trace)
        return self._settle(trace, record, now)

    def _forget(self, writes: list[Write]) -> None:
        """Let go of writes that nothing will decide anew; history has their steps."""
        self._heartbeats.forget(writes)
        self._limits.left(writes)
        forget(self._world, writes)
