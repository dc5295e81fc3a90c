"""How a deletion stands: what is still to go, and who holds it.

Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/ and
https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/.
"""

from eventstream.explain.outlook import pods
from eventstream.explain.outlook.holding import Holding, Outlook, pending, staged
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.outlook.turns import collectable, due
from eventstream.explain.text import count, listing, named
from eventstream.explain.times import when
from eventstream.explain.writes import ObjectLog, Write

_COLLECTOR = frozenset({"foregroundDeletion", "orphan"})
_HOLDERS = {
    "kubernetes.io/pvc-protection": "pvc-protection-controller",
    "batch.kubernetes.io/job-tracking": "job-controller",
    "customresourcecleanup.apiextensions.k8s.io": "api-server",
}


def leaving(snapshot: Snapshot, write: Write) -> Outlook:
    """The outlook of something being deleted, with all that it owns."""
    orphans = "orphan" in write.image.metadata.finalizers
    remaining = list(_remaining(snapshot, write.log, alone=orphans))
    if not remaining:
        return Outlook("complete", f"{named(write.image)} is gone.", ended=when(write))
    stages = staged([("asked", 1, 1), ("gone", 0, len(remaining))])
    holdings = [_leaving(snapshot, left) for left in due(snapshot, remaining)]
    return pending(holdings, stages, snapshot, f"Waiting for {count(len(remaining), 'object')}.")


def _remaining(snapshot: Snapshot, log: ObjectLog, *, alone: bool = False) -> list[Write]:
    found: list[Write] = []
    own = snapshot.alive(log)
    if own is not None:
        found.append(own)
    if not alone:
        for child in log.family.children.values():
            if snapshot.belongs(child, log):
                found.extend(_remaining(snapshot, child))
    return found


def _leaving(snapshot: Snapshot, write: Write) -> Holding:
    image = write.image
    since = collectable(snapshot, write)
    waiting_for = f"{named(image)} to be removed"
    if image.kind == "Pod" and image.metadata.deletion_timestamp:
        stopping = pods.holding(snapshot, write)
        if stopping is not None:
            return stopping
    held = [name for name in image.metadata.finalizers if name not in _COLLECTOR]
    if not image.metadata.deletion_timestamp or not held:
        actor = "namespace-controller" if image.kind == "Namespace" else "garbage-collector"
        late, wait = "", "collect"
        if image.kind == "Namespace":
            late, wait = "terminating-slow", "empty-namespace"
        return Holding(2, actor, "", since, waiting_for, late=late, wait=wait)
    actor = _HOLDERS.get(held[0], "custom-controller")
    what = f"{waiting_for}, which {count(len(held), 'finalizer')} still {_hold(held)}"
    what = f"{what}: {listing(held)}"
    return Holding(1, actor, "", since, what, late="finalizer-stuck", wait="let-go")


def _hold(held: list[str]) -> str:
    return "prevents" if len(held) == 1 else "prevent"
