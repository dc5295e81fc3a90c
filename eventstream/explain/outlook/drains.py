"""How a closed node stands: cordoned, being drained, drained, or kept from it by a budget.

A cordon is not a drain: only an eviction from the node after the cordon shows that one is meant.
A refused eviction leaves no trace in any object, so what holds a drain is read from the budgets.
Source: https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/
"""

import msgspec

from eventstream.explain.outlook import pods, proofs
from eventstream.explain.outlook.budgets import blocked
from eventstream.explain.outlook.holding import Holding, Outlook, pending, staged
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.outlook.trouble import troubled
from eventstream.explain.pods import condition, node_of, phase
from eventstream.explain.text import count
from eventstream.explain.times import when
from eventstream.explain.writes import Write

_EVICTED = "EvictionByEvictionAPI"
_STAY = frozenset({"DaemonSet", "Node"})
"""Owners whose Pods a drain leaves: a DaemonSet's tolerate the cordon, a Node's are static."""


class _Tenants:
    """The Pods of one node, those that were evicted from it, and all budgets: in one pass."""

    def __init__(self, snapshot: Snapshot, node: str) -> None:
        self.staying: list[Write] = []
        self.leaving: list[Write] = []
        self.evicted: list[Write] = []
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
        target = condition(image, "DisruptionTarget")
        if target is not None and target.status == "True" and target.reason == _EVICTED:
            self.evicted.append(write)
        owner = image.metadata.controller
        if write.gone or (owner is not None and owner.kind in _STAY):
            return
        if phase(image) in ("Succeeded", "Failed"):
            return
        (self.leaving if image.metadata.deletion_timestamp else self.staying).append(write)


def assess(snapshot: Snapshot, write: Write, began: Write | None) -> Outlook:
    """The outlook of a Node that takes no new Pods; `began` is the write that began the trace."""
    name = write.image.metadata.name
    tenants = _Tenants(snapshot, name)
    since = _cordoned(write)
    evicted = [pod for pod in tenants.evicted if pod.order > since.order]
    if not evicted or began is None:
        there = count(len(tenants.staying) + len(tenants.leaving), "Pod")
        summary = f"Node {name} is cordoned: it takes no new Pods, and {there} may stay on it."
        return Outlook("complete", summary, ended=when(since))
    found = [held for pod in tenants.leaving if (held := pods.holding(snapshot, pod)) is not None]
    for pod in tenants.staying:
        waiting_for = f"Pod {pod.image.metadata.name} to be evicted from {name}"
        wrong = blocked(pod, tenants.budgets)
        if wrong is not None:
            plain = Holding(1, "client", "", when(evicted[-1]), waiting_for, about=pod)
            found.append(_told(troubled(plain, wrong), write, evicted[-1]))
    gone = len([pod for pod in evicted if pod.gone])
    total = gone + len(tenants.leaving) + len(tenants.staying)
    stages = staged([("cordoned", 1, 1), ("Pods gone", gone, total)])
    if found:
        return pending(found, stages, snapshot, "")
    ended = max(when(pod) for pod in evicted)
    if tenants.staying:
        left = count(len(tenants.staying), "Pod")
        summary = f"Node {name} is cordoned, and no budget keeps its {left} from being evicted."
    else:
        summary = f"Node {name} is drained: {count(gone, 'Pod')} evicted, none left to go."
    return Outlook("complete", summary, (), stages, ended)


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


def _told(holding: Holding, node: Write, evicted: Write) -> Holding:
    """Add why a drain is meant: the cordon, and an eviction after it."""
    name = node.image.metadata.name
    cordon = proofs.seen(node, f"Node {name} is cordoned (spec.unschedulable is true)")
    target = condition(evicted.image, "DisruptionTarget")
    drain = (proofs.says(evicted, target),) if target is not None else ()
    return msgspec.structs.replace(holding, evidence=(*holding.evidence, cordon, *drain))
