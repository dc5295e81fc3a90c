"""How a closed node stands: cordoned, being drained, drained, or kept from it by a budget.

A cordon is not a drain: only an eviction from the node after the cordon shows that one is meant.
A refused eviction leaves no trace in any object, so what holds a drain is read from the budgets,
and from the audit log where there is one.
Source: https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/
"""

from collections.abc import Iterator

import msgspec

from eventstream.explain.controllers.registry import holding_of
from eventstream.explain.controllers.shared.budgets import blocked
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, staged, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.evictions import Eviction
from eventstream.explain.world.pods import has_ended, node_of
from eventstream.explain.world.text import count, when
from eventstream.explain.world.writes import Write

_RECENT = 15.0
"""Seconds for which a refusal stands: kubectl drain asks again every five.

Source: staging/src/k8s.io/kubectl/pkg/drain/drain.go, evictPods.
"""
_STAY = frozenset({"DaemonSet", "Node"})
"""Owners whose Pods a drain leaves: a DaemonSet's tolerate the cordon, a Node's are static."""


class _Tenants:
    """The Pods of one node, and all budgets: in one pass."""

    def __init__(self, snapshot: Snapshot, node: str) -> None:
        self.staying: list[Write] = []
        self.leaving: list[Write] = []
        self.budgets: list[Write] = []
        for log in snapshot.world.logs.values():
            if log.ref.kind == "Pod":
                write = snapshot.latest(log)
                if write is not None and node_of(write.image) == node:
                    self._take(write)
            elif log.ref.kind == "PodDisruptionBudget":
                write = snapshot.alive(log)
                if write is not None:
                    self.budgets.append(write)

    def _take(self, write: Write) -> None:
        image = write.image
        owner = image.metadata.controller
        if write.gone or (owner is not None and owner.kind in _STAY):
            return
        if has_ended(image):
            return
        (self.leaving if image.metadata.deletion_timestamp else self.staying).append(write)


def assess(snapshot: Snapshot, write: Write, began: Write | None) -> Outlook:
    """The outlook of a Node that takes no new Pods; `began` is the write that began the trace."""
    name = write.image.metadata.name
    tenants = _Tenants(snapshot, name)
    since = _cordoned(write)
    asked = snapshot.world.evictions.since(name, since.change.at)
    if not asked or began is None:
        number = count(len(tenants.staying) + len(tenants.leaving), "Pod")
        summary = f"Node {name} is cordoned: it takes no new Pods, and {number} may stay on it."
        return Outlook("complete", summary, ended=when(since))
    found = [held for pod in tenants.leaving if (held := holding_of(snapshot, pod)) is not None]
    found.extend(_held(snapshot, write, tenants, asked))
    there = {pod.log.uid for pod in (*tenants.leaving, *tenants.staying)}
    gone = len(asked.keys() - there)
    stages = staged([("cordoned", 1, 1), ("Pods gone", gone, gone + len(there))])
    if found:
        return pending(found, stages, snapshot, "")
    ended = max(eviction.at for eviction in asked.values())
    if tenants.staying:
        left = count(len(tenants.staying), "Pod")
        summary = f"Node {name} is cordoned, and no budget keeps its {left} from being evicted."
    else:
        summary = f"Node {name} is drained: {count(gone, 'Pod')} evicted, none left to go."
    return Outlook("complete", summary, (), stages, ended)


def _held(
    snapshot: Snapshot, node: Write, tenants: _Tenants, asked: dict[str, Eviction]
) -> Iterator[Holding]:
    """The Pods that may not go, each with why that is so and why a drain is meant."""
    name = node.image.metadata.name
    cordon = proofs.seen(node, f"Node {name} is cordoned (spec.unschedulable is true)")
    for pod in tenants.staying:
        own = asked.get(pod.log.uid)
        refused = own is not None and own.refused
        wrong = blocked(pod, tenants.budgets)
        if wrong is None and own is not None and refused and snapshot.now - own.at < _RECENT:
            detail = f"Pod {pod.image.metadata.name} may not go now: {own.evidence.text}."
            wrong = Trouble("eviction-blocked", detail, (), commands.describe(pod))
        if wrong is None:
            continue
        shown = own if own is not None and refused else next(reversed(asked.values()))
        waiting_for = f"Pod {pod.image.metadata.name} to be evicted from {name}"
        rank = 1 if shown is own else 2
        plain = Holding(rank, "client", "", shown.at, waiting_for, about=pod)
        evidence = (*wrong.evidence, cordon, shown.evidence)
        yield troubled(plain, msgspec.structs.replace(wrong, evidence=evidence))


def _cordoned(write: Write) -> Write:
    """The write since which the node takes no new Pods, as far as it is known."""
    since = write
    for earlier in reversed(write.log.writes):
        if earlier.order > write.order:
            continue
        if not getattr(earlier.image.spec, "unschedulable", False):
            break
        since = earlier
    return since
