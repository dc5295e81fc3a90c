"""Counts what keeps coming: Lease renewals of nodes, which say that a kubelet lives.

A kubelet reports a Pod's status only when it changes; in between, the renewal of its node's
Lease is the heartbeat (steps 15 and 16). They are counted, never listed.
Source: https://kubernetes.io/docs/concepts/architecture/nodes/#node-heartbeats
"""

from bisect import bisect_right, insort
from collections.abc import Iterable

from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.identity import existing_trace_id, step_id
from eventstream.explain.vocabulary.records import Evidence, Grades, ObjectRef, Step, StepUpsert
from eventstream.explain.world import drawn
from eventstream.explain.world.text import count
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.observations import Change
from eventstream.objects.versions import order_of

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
        ref = _lease(known.latest.after)
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
            f"reported Pod {ref.name} running; the Pod's status needed no new report for that."
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
        drawn_on = () if lease.uid == ref.uid else (drawn.name(_lease(lease)),)
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
            why="Renewing the Lease is how a kubelet keeps reporting when nothing has changed.",
            grades=Grades("observed", "inferred", "inferred"),
            evidence=(said,),
            source_url=sources.NODE_HEARTBEATS,
            rule="heartbeat",
            count=number,
            node=node,
            sources=drawn_on,
        )


def _lease(lease: Image) -> ObjectRef:
    metadata = lease.metadata
    return ObjectRef(lease.api_version, lease.kind, metadata.namespace, metadata.name, lease.uid)


def _node(change: Change) -> ObjectRef:
    """The node that a Lease is of, by its ownerReference; the Lease itself where it names none."""
    lease = change.after
    for owner in lease.metadata.owner_references:
        if owner.kind == "Node":
            return ObjectRef(owner.api_version, owner.kind, None, owner.name, owner.uid)
    return _lease(lease)
