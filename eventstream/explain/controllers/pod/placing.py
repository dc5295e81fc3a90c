"""What a Pod without a node waits for: the scheduler, a volume, a gate, room, or a new node.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/.
"""

import msgspec

from eventstream.explain.controllers.pod import claims, scaling
from eventstream.explain.controllers.pod.resourceclaims import unmade
from eventstream.explain.controllers.pod.scheduling import unschedulable
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.snapshot import Snapshot, ungated
from eventstream.explain.world.pods import condition, node_of
from eventstream.explain.world.text import listing, said_by, sentence
from eventstream.explain.world.writes import Write
from eventstream.objects.pods import Condition, PodSpec

SCHEDULE = 3
"""Rank of a Pod's placing among the stages of a rollout."""

_GATE_OWNERS = {"kueue.x-k8s.io": "Kueue"}
"""Whose scheduling gates these are, by the domain that their names begin with."""


def unplaced(snapshot: Snapshot, write: Write, since: float) -> Holding:
    """What a Pod that has no node waits for; `since` is when it was created."""
    spec = write.image.spec
    gates = [gate.name for gate in spec.scheduling_gates] if isinstance(spec, PodSpec) else []
    if gates:
        return _gated(write, since, gates)
    found = condition(write.image, "PodScheduled")
    message = said_by(found.message, found.reason) if found and found.status == "False" else ""
    if found is None or not message:
        return _binding(snapshot, write, ungated(write, since))
    if claims.concerns(message):
        waits = _held(write, since, _node(write), "bind-volume", "persistentvolume-controller")
        return troubled(waits, claims.pending_claims(snapshot, write, found))
    nominated = getattr(write.image.status, "nominated_node_name", None)
    if nominated:
        return _preempting(snapshot, write, since, nominated)
    return _refused(snapshot, write, since, found)


def _refused(snapshot: Snapshot, write: Write, since: float, found: Condition) -> Holding:
    """No node takes it: what each lacks, and what those say who could add one."""
    coming = scaling.coming(snapshot, write)
    if coming is not None:
        waiting_for = f"a node for Pod {write.image.metadata.name}, which {coming.said}"
        added = _held(write, coming.at, waiting_for, "add-node")
        return msgspec.structs.replace(
            added, late="unschedulable", evidence=coming.evidence, works=True
        )
    wrong = unschedulable(write, found)
    for more in (unmade(snapshot, write), scaling.refusal(snapshot, write)):
        if more is not None:
            wrong = msgspec.structs.replace(
                wrong,
                detail=sentence(f"{wrong.detail.rstrip('.')}; {more.said}"),
                evidence=(*wrong.evidence, *more.evidence),
            )
    return troubled(_held(write, since, _node(write), "bind"), wrong)


def _node(write: Write) -> str:
    return f"a node for Pod {write.image.metadata.name}"


def _held(
    write: Write, since: float, waiting_for: str, wait: str, actor: str = "scheduler"
) -> Holding:
    """The plain wait; the scheduler is called by the name that the Pod asks for."""
    name = ""
    if actor == "scheduler":
        name = getattr(write.image.spec, "scheduler_name", "") or "default-scheduler"
    return Holding(SCHEDULE, actor, name, since, waiting_for, wait=wait, about=write)


def _preempting(snapshot: Snapshot, write: Write, since: float, node: str) -> Holding:
    """It waits for Pods on that node to stop, each of which may take its grace period."""
    name = write.image.metadata.name
    logs = (log for log in snapshot.world.logs.values() if log.ref.kind == "Pod")
    there = [pod for log in logs if (pod := snapshot.alive(log)) and node_of(pod.image) == node]
    graces = [pod.image.metadata.deletion_grace_period_seconds or 0 for pod in there]
    waiting_for = f"room on {node} for Pod {name}, where Pods of lower priority have to stop first"
    plain = _held(write, since, waiting_for, "bind")
    granted = float(max(graces, default=0))
    return msgspec.structs.replace(plain, late="terminating-slow", granted=granted)


def _binding(snapshot: Snapshot, write: Write, since: float) -> Holding:
    """The scheduler has said nothing yet, perhaps as it waits for a volume to be made."""
    claim = claims.provisioned(snapshot, write)
    if claim is None:
        return _held(write, since, _node(write), "bind")
    pod, name = write.image.metadata.name, claim.image.metadata.name
    waiting_for = f"a volume for PersistentVolumeClaim {name} of Pod {pod}"
    plain = _held(write, since, waiting_for, "bind-volume", "persistentvolume-controller")
    plain = msgspec.structs.replace(plain, late="volume-pending", about=claim)
    wrong = claims.failed(snapshot, claim)
    return troubled(plain, claims.pending_claims(snapshot, write) if wrong else None)


def _gated(write: Write, since: float, gates: list[str]) -> Holding:
    name = write.image.metadata.name
    detail = f"Pod {name} is not to be scheduled while it has {listing(gates)} as a gate."
    owners = {gate.partition("/")[0] for gate in gates}
    owner = _GATE_OWNERS.get(owners.pop(), "") if len(owners) == 1 else ""
    if owner:
        detail = f"{detail.rstrip('.')}, which {owner} takes away once it admits the Pod."
    waiting_for = f"Pod {name} to lose its scheduling gates"
    shown = proofs.seen(write, f"spec.schedulingGates of Pod {name} holds {listing(gates)}")
    wrong = Trouble("scheduling-gated", detail, (shown,), commands.read(write))
    actor = "custom-controller" if owner else "client"
    return troubled(Holding(SCHEDULE, actor, owner, since, waiting_for, about=write), wrong)
