"""Pods that fail and are replaced again and again: a trouble of their owner, not of any of them.

A kubelet that refuses a Pod, or evicts one, ends it for good; its controller makes another, which
may be bound to the same node and meet the same end.
Sources: pkg/kubelet/kubelet.go, rejectPod; pkg/kubelet/lifecycle/predicate.go (NodeAffinity, …,
UnexpectedAdmissionError, OutOfcpu); pkg/kubelet/eviction/eviction_manager.go (Evicted);
pkg/kubelet/nodeshutdown/nodeshutdown_manager.go (Terminated).
"""

from collections import Counter
from collections.abc import Iterable

from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.pods import containers, node_of, phase
from eventstream.explain.world.text import count, listing, named, parse, sentence, when
from eventstream.explain.world.writes import Write

_KINDS = frozenset({"ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet"})
"""Whose Pods are to go on; that those of a Job fail, it counts itself."""

_RECENT = 900.0
"""Seconds after the newest failure within which the next one is expected: the DaemonSet controller
waits up to a quarter of an hour. Source: pkg/controller/daemon/daemon_controller.go, Run."""

_REFUSED, _RAN = 2, 3
"""Failures in a row that are told: of Pods that never ran, and of those that did for a while."""

_SPARE = 1.0
"""Seconds by which a creation, told in whole seconds, may seem to come before what it followed."""


def failing(snapshot: Snapshot, owner: Write, pods: Iterable[Write], rank: int) -> Holding | None:
    """The wait for a Pod that does not fail, where one after the other has; None elsewhere."""
    if owner.image.kind not in _KINDS:
        return None
    failed = [pod for pod in pods if phase(pod.image) == "Failed" and pod.image.status.reason]
    if len(failed) < _REFUSED:
        return None
    row = _in_a_row(sorted(failed, key=_created))
    last = max(row, key=when)
    needed = _RAN if containers(last.image) else _REFUSED
    if len(row) < needed or snapshot.now - when(last) > _RECENT:
        return None
    waiting_for = f"a Pod of {named(owner.image)} that does not fail"
    since = min(map(when, row))
    plain = Holding(rank, "kubelet", node_of(last.image), since, waiting_for, about=owner)
    return troubled(plain, _told(owner, row, last))


def _created(pod: Write) -> float:
    return parse(pod.image.metadata.creation_timestamp) or when(pod)


def _in_a_row(failed: list[Write]) -> list[Write]:
    """Those that each took the place of one that had failed, with the first of them."""
    row = failed[:1]
    for pod in failed[1:]:
        if _created(pod) + _SPARE >= when(row[-1]):
            row.append(pod)
    return row


def _told(owner: Write, row: list[Write], last: Write) -> Trouble:
    status = last.image.status
    reasons = Counter(pod.image.status.reason for pod in row)
    which = listing([f"{number} {reason}" for reason, number in reasons.most_common()])
    how = status.reason if len(reasons) == 1 else which
    where = f" on {node_of(last.image)}" if node_of(last.image) else ""
    text = (
        f"{count(len(row), 'Pod')} of {named(owner.image)} failed one after the other ({how}), "
        f"the last {last.image.metadata.name}{where}"
    )
    detail = sentence(f"{text}: {status.message or 'it gave no reason'}")
    evidence = tuple(
        proofs.status(pod, f"{named(pod.image)} has failed ({pod.image.status.reason})")
        for pod in sorted(row, key=when, reverse=True)[:3]
    )
    return Trouble("pod-failed", detail, evidence, commands.describe(last))
