"""Counts what repeats, instead of telling it one by one: like edits of one object, and heartbeats.

Something that sets the same fields hundreds of times a second tells nothing new each time. The
first few are steps of their own; the one after those stands for all that follow it closely. Whose
step stands for a write is told by the writes of its own object alone, which come in their order,
so that it is the same however the streams interleaved.

A kubelet reports a Pod's status only when it changes; in between, the renewal of its node's
Lease is the heartbeat (steps 15 and 16).
Source: https://kubernetes.io/docs/concepts/architecture/nodes/#node-heartbeats
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence

from eventstream.explain.audit.identities import identity
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.records import (
    Evidence,
    Grades,
    ObjectRef,
    Step,
    StepUpsert,
    existing_trace_id,
    step_id,
)
from eventstream.explain.world import drawn
from eventstream.explain.world.families import reference
from eventstream.explain.world.text import count
from eventstream.explain.world.writes import Burst, Verdict, Write, row_of
from eventstream.objects.observations import Change
from eventstream.objects.versions import order_of

FEW = 10
"""Like edits, one after the other, that are steps of their own."""

CLOSELY = 0.3
"""Seconds within which the next of a burst follows: three a second are still told one by one."""

_TEXTS = ("metadata.labels", "metadata.annotations")


def place(write: Write, verdict: Verdict) -> Sequence[Write]:
    """Settle whose step stands for this write; returns the writes whose steps are others by that.

    Besides this one those that stood, or stand now, for it.
    """
    known = write.decision.burst
    if known is not None and known.restored:
        return ()
    before = _like_before(write, verdict)
    if known is None:
        if before is None:
            return ()
        known = write.decision.burst = Burst()
    number, head = _place(write, before)
    if known.number == number and known.head is head:
        return ()
    old, known.number, known.head = known.head, number, head
    if old is head:
        return [write]
    if old is not None:
        _count_out(old, write)
    if head is not None and head.decision.burst is not None:
        head.decision.burst.count += 1
        head.decision.burst.until = max(head.decision.burst.until, write.change.at)
    return [each for each in (old, write, head) if each is not None]


def _place(write: Write, before: Write | None) -> tuple[int, Write | None]:
    """Which of like edits it is, from 1 on, and the write whose step stands for it, if another."""
    if before is None:
        return 1, None
    number = before.decision.burst.number + 1 if before.decision.burst is not None else 2
    if number <= FEW + 1:
        return number, None
    head = row_of(before)
    folds = not head.base and _fields(head) == _fields(write)
    return (number, head) if folds else (FEW + 1, None)


def _like_before(write: Write, verdict: Verdict) -> Write | None:
    """The write before it, if that came closely before and is like it."""
    if write.change.type != "MODIFIED":
        return None
    before = write.log.at(write.order)
    if before is None or not 0 <= write.change.at - before.change.at <= CLOSELY:
        return None
    return before if _alike(before, write, verdict) else None


def _count_out(head: Write, write: Write) -> None:
    if head.decision.burst is None:
        return
    head.decision.burst.count -= 1
    followers = head.log.after(head.order)
    left = [each.change.at for each in followers if each is not write and row_of(each) is head]
    head.decision.burst.until = max(left, default=0.0)


def _alike(before: Write, write: Write, verdict: Verdict) -> bool:
    """Whether two writes, one after the other, differ in nothing but in what they set.

    What answers different writes is not alike: a controller that reports as its Pods come up.
    """
    known = before.decision.verdict
    if known is None or before.change.type != "MODIFIED" or write.change.relisted:
        return False
    if (
        known.rule != verdict.rule
        or known.causes != verdict.causes
        or known.actor != verdict.actor
        or known.actor_name != verdict.actor_name
        or known.verb != verdict.verb
        or known.subresource != verdict.subresource
    ):
        return False
    if before.decision.audit is None or write.decision.audit is None:
        return True
    return identity(before.decision.audit.record) == identity(write.decision.audit.record)


def _fields(write: Write) -> frozenset[str]:
    """Which fields a write changed; of labels and annotations not which."""
    found = set()
    for change in write.changes:
        of_texts = [text for text in _TEXTS if change.path.startswith(text)]
        found.add(of_texts[0] if of_texts else change.path)
    return frozenset(found)


_KEPT = 512


class Renewals:
    """The renewals of one node's Lease: how many, and the latest ones by order."""

    __slots__ = ("dropped", "latest", "recent", "ref")

    def __init__(self, change: Change, ref: ObjectRef) -> None:
        self.ref = ref
        self.dropped = 0
        self.recent: list[tuple[int, float, str]] = []
        self.latest = change

    @property
    def total(self) -> int:
        """All renewals that were seen."""
        return self.dropped + len(self.recent)

    def add(self, change: Change, order: int) -> bool:
        """Count one renewal; False if it was counted already."""
        entry = (order, change.at, change.after.version)
        if any(known[0] == order for known in self.recent[-4:]) or entry in self.recent:
            return False
        insort(self.recent, entry)
        if self.recent[-1] == entry:
            self.latest = change
        if len(self.recent) > _KEPT:
            del self.recent[0]
            self.dropped += 1
        return True

    def since(self, order: int) -> tuple[int, tuple[int, float, str] | None]:
        """How many renewals lie above `order`, and the latest of them."""
        index = bisect_right(self.recent, (order, float("inf"), ""))
        return len(self.recent) - index, self.recent[-1] if index < len(self.recent) else None


class Heartbeats:
    """All node Leases by node name, and which changed since they were last asked for.

    `carried` is what rows, by their id, had counted before a restart.
    """

    def __init__(self, cluster: str) -> None:
        self._cluster = cluster
        self.nodes: dict[str, Renewals] = {}
        self.changed: set[str] = set()
        self.carried: dict[str, int] = {}
        self._running: dict[str, dict[int, Write]] = {}
        self._newly_running: list[Write] = []
        self._pod_rows: dict[str, Step] = {}

    def take(self, change: Change) -> None:
        """Count a Lease's new version; a Lease that only exists is no renewal."""
        node = change.after.metadata.name
        known = self.nodes.get(node)
        if change.type in ("DELETED", "VANISHED"):
            self.nodes.pop(node, None)
            return
        if known is None:
            known = self.nodes[node] = Renewals(change, _node(change))
        order = order_of(change.after.version)
        if change.type == "MODIFIED" and order is not None and known.add(change, order):
            self.changed.add(node)

    def watch(self, write: Write, node: str) -> None:
        """Tell the node's heartbeats in the trace of a Pod that runs there, while it is open."""
        self._running.setdefault(node, {})[id(write)] = write
        self._newly_running.append(write)

    def forget(self, writes: Iterable[Write]) -> None:
        """Tell no more in the traces of these."""
        for write in writes:
            node = write.decision.verdict.node if write.decision.verdict is not None else None
            running = self._running.get(node, {}) if node else {}
            if running.pop(id(write), None) is not None:
                self._pod_rows.pop(write.log.uid, None)
            if node and not running:
                self._running.pop(node, None)

    def told(self) -> list[StepUpsert]:
        """The rows that changed."""
        changed = sorted(self.changed)
        upserts = [StepUpsert(self.of_node(node)) for node in changed]
        pods = [write for node in changed for write in self._running.get(node, {}).values()]
        for write in (*pods, *self._newly_running):
            step = self.of_pod(write, write.log.ref)
            if step is not None and self._pod_rows.get(step.object.uid) != step:
                self._pod_rows[step.object.uid] = step
                upserts.append(StepUpsert(step))
        self._newly_running.clear()
        self.changed.clear()
        return upserts

    def of_node(self, node: str) -> Step:
        """The one row that stands for all renewals of a node's Lease."""
        known = self.nodes[node]
        ref = reference(known.latest.after)
        total = known.total + self._carried(ref, "heartbeat")
        text = f"The kubelet on {node} renewed its node Lease {count(total, 'time')}."
        trace = existing_trace_id(self._cluster, known.ref.uid)
        return self._step(known.latest, ref, node, text, trace, None, total, "heartbeat")

    def of_pod(self, write: Write, ref: ObjectRef) -> Step | None:
        """The row for a Pod in a trace: renewals since its kubelet reported it running."""
        verdict, draft = write.decision.verdict, write.decision.draft
        node = verdict.node if verdict is not None else None
        known = self.nodes.get(node) if node else None
        if known is None or draft is None or node is None:
            return None
        number, latest = known.since(write.order)
        if latest is None:
            return None
        number += self._carried(ref, "pod-heartbeat")
        text = (
            f"The kubelet on {node} renewed its node Lease {count(number, 'time')} since it "
            f"reported Pod {ref.name} running."
        )
        return self._step(
            known.latest, ref, node, text, write.decision.trace, draft.id, number, "pod-heartbeat"
        )

    def _carried(self, ref: ObjectRef, part: str) -> int:
        """How many renewals the row of this object had counted before a restart."""
        return self.carried.get(step_id(self._cluster, ref.uid, "", part), 0)

    def _step(
        self,
        latest: Change,
        ref: ObjectRef,
        node: str,
        text: str,
        trace: str,
        cause: str | None,
        number: int,
        part: str,
    ) -> Step:
        lease = latest.after
        drawn_on = () if lease.uid == ref.uid else (drawn.name(reference(lease)),)
        said = Evidence(
            "observed",
            "watch",
            f"Lease {lease.metadata.name} renewed at {getattr(lease.spec, 'renew_time', '')}",
            "what",
            lease.version,
        )
        return Step(
            id=step_id(self._cluster, ref.uid, "", part),
            trace=trace,
            cause=cause,
            causes=(cause,) if cause else (),
            documented=(15,),
            documented_store=(16,),
            documented_broadcast=(),
            actor="kubelet",
            actor_name=node,
            verb="renew",
            subresource=None,
            object=ref,
            resource_version=lease.version,
            change_type="MODIFIED",
            at=latest.at,
            clock="arrival",
            precision_ms=1,
            what=text,
            why="A kubelet does that all the time, also while no status of a Pod changes.",
            grades=Grades("observed", "inferred", "inferred"),
            evidence=(said,),
            source_url=sources.NODE_HEARTBEATS,
            rule="heartbeat",
            count=number,
            node=node,
            sources=drawn_on,
        )


def _node(change: Change) -> ObjectRef:
    """The node that a Lease is of, by its ownerReference; the Lease itself where it names none."""
    lease = change.after
    for owner in lease.metadata.owner_references:
        if owner.kind == "Node":
            return ObjectRef(owner.api_version, owner.kind, None, owner.name, owner.uid)
    return reference(lease)
