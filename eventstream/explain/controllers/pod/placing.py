"""Says what keeps a Pod from a node: the scheduler, a volume, a device, a gate, or want of room.

A ResourceClaim that is made of a template has its name in the Pod's status once it is there, and
none where the Pod needs none. Which claims there are Baton does not watch.
Sources: https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/;
pkg/controller/resourceclaim/controller.go, syncPod, handleClaim (the status, and Event
FailedResourceClaimCreation); pkg/scheduler/framework/plugins/dynamicresources/dynamicresources.go,
PreEnqueue; https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/.
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.pod import volumes
from eventstream.explain.controllers.pod.scaleups import coming, refusal
from eventstream.explain.controllers.pod.scheduler import NOT_READY, unschedulable
from eventstream.explain.controllers.shared.conventions import has_provisioner
from eventstream.explain.controllers.shared.refusals import perhaps_refused
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.snapshot import Snapshot, ungated
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.declared.kinds import GroupKind
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.vocabulary.registry import is_a
from eventstream.explain.world.families import owner_of
from eventstream.explain.world.notes import recency, said
from eventstream.explain.world.pods import condition, node_of
from eventstream.explain.world.text import listing, named, said_by, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.objects.observations import Change
from eventstream.objects.pods import Condition, PodSpec, PodStatus

SCHEDULE = 3
"""Rank of a Pod's placing among the stages of a rollout."""

_GATE_OWNERS = {"kueue.x-k8s.io": "Kueue"}
"""Whose scheduling gates these are, by the domain that their names begin with."""


_GATED = "SchedulingGated"
"""Reason of PodScheduled that stays for a moment when the last gate has gone.

Source: pkg/registry/core/pod/strategy.go, applySchedulingGatedCondition.
"""


def unplaced(snapshot: Snapshot, write: Write, since: float) -> Holding:
    """What a Pod that has no node waits for; `since` is when it was created."""
    spec = write.image.spec
    gates = [gate.name for gate in spec.scheduling_gates] if isinstance(spec, PodSpec) else []
    if gates:
        return _gated(write, since, gates)
    found = condition(write.image, "PodScheduled")
    message = said_by(found.message, found.reason) if found and found.status == "False" else ""
    if found is None or not message or found.reason == _GATED:
        return _binding(snapshot, write, _claimed(write, ungated(write, since)))
    if found.reason == NOT_READY and (claims := _claiming(snapshot, write, since)) is not None:
        return claims if claims.diagnosis else troubled(claims, unschedulable(write, found))
    if volumes.concerns(message):
        return _claims(snapshot, write, since, found)
    nominated = getattr(write.image.status, "nominated_node_name", None)
    making = _preempting(snapshot, write, since, nominated) if nominated else None
    return making or _refused(snapshot, write, since, found)


def _claims(snapshot: Snapshot, write: Write, since: float, found: Condition) -> Holding:
    """Its claims are what it waits for; once they are bound it is the scheduler's turn again."""
    bound = volumes.bound(snapshot, write)
    if bound is None:
        waits = _held(write, since, _node(write), "bind-volume", "persistentvolume-controller")
        return troubled(waits, volumes.pending_claims(snapshot, write, found))
    if snapshot.now - bound > _MOMENT and not volumes.mere(found.message or ""):
        return _refused(snapshot, write, since, found)
    return _held(write, bound, _node(write), "bind")


_EPHEMERAL = "waiting for ephemeral volume controller to create"
"""How the scheduler says that the claim of an ephemeral volume is not there yet.

Source: pkg/scheduler/framework/plugins/volumebinding/volume_binding.go, podHasPVCs.
"""


def _refused(snapshot: Snapshot, write: Write, since: float, found: Condition) -> Holding:
    """No node takes it: what each lacks, and what those say who could add one."""
    word = coming(snapshot, write)
    if word is not None:
        waiting_for = f"a node for Pod {write.image.metadata.name}, which {word.said}"
        added = _held(write, word.at, waiting_for, "add-node")
        return msgspec.structs.replace(
            added, late="unschedulable", evidence=word.evidence, works=True
        )
    wrong = unschedulable(write, found)
    unmade = _unmade(snapshot, write)
    if _EPHEMERAL in (found.message or "") and (unmade := _unmounted(snapshot, write)) is not None:
        wrong = msgspec.structs.replace(wrong, holder="client")
    for more in (unmade, refusal(snapshot, write)):
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


_MOMENT = 30.0
"""Seconds within which the scheduler goes on: with a nomination, or once claims are bound."""


def _preempting(snapshot: Snapshot, write: Write, since: float, node: str) -> Holding | None:
    """It waits for Pods on that node to stop, each of which may take its grace period.

    Where none is to stop there, it is about to be bound, or another than the scheduler named the
    node, as autoscalers may: then None after a while. Source: https://kep.k8s.io/5278.
    """
    name = write.image.metadata.name
    logs = (log for log in snapshot.world.logs.values() if is_a(log.ref, kinds.POD))
    alive = [pod for log in logs if (pod := snapshot.alive(log)) and node_of(pod.image) == node]
    there = [pod for pod in alive if pod.pod and (pod.pod.leaving or pod.pod.disrupted)]
    if not there and (snapshot.now - when(write) > _MOMENT or _is_missing(snapshot, node)):
        return None
    graces = [pod.image.metadata.deletion_grace_period_seconds or 0 for pod in there]
    waiting_for = f"room on {node} for Pod {name}, where other Pods have to stop first"
    if not there:
        waiting_for = f"room on {node} for Pod {name}, for which that is nominated"
    plain = _held(write, since, waiting_for, "bind")
    granted = float(max(graces, default=0))
    return msgspec.structs.replace(plain, late="terminating-slow", granted=granted)


def _is_missing(snapshot: Snapshot, node: str) -> bool:
    """Whether there is no such node, though a nomination may still name it."""
    host = snapshot.by_name("Node", None, node)
    return snapshot.has_met("Node") if host is None else host.gone


def _binding(snapshot: Snapshot, write: Write, since: float) -> Holding:
    """The scheduler has said nothing yet, perhaps as it waits for a volume to be made."""
    claim = volumes.provisioned(snapshot, write)
    if claim is None:
        plain = _held(write, since, _node(write), "bind")
        if volumes.has_claims(write) and snapshot.hides("PersistentVolumeClaim"):
            plain = msgspec.structs.replace(plain, patient=True)  # A volume may be being made.
        return _claiming(snapshot, write, since) or _queued(snapshot, write, plain)
    pod, name = write.image.metadata.name, claim.image.metadata.name
    waiting_for = f"a volume for PersistentVolumeClaim {name} of Pod {pod}"
    asked = has_provisioner(claim.image)
    actor = "custom-controller" if asked else "persistentvolume-controller"
    plain = _held(write, since, waiting_for, "bind-volume", actor)
    plain = msgspec.structs.replace(plain, late="volume-pending", about=claim)
    wrong = volumes.making_failed(snapshot, claim)
    return troubled(plain, volumes.pending_claims(snapshot, write) if wrong else None)


def _queued(snapshot: Snapshot, write: Write, plain: Holding) -> Holding:
    """The same wait, which is no silence of the scheduler's where a Pod waits for others like it.

    Of a group that is not whole the default scheduler says nothing; others tell in Events of their
    own that a Pod is in a queue.
    Source: pkg/scheduler/framework/plugins/gangscheduling/gangscheduling.go, PreEnqueue, Permit.
    """
    spec = write.image.spec
    group = spec.scheduling_group or spec.workload_ref if isinstance(spec, PodSpec) else None
    told = ""
    if group is not None:
        name = group.pod_group_name or f"{group.pod_group} of Workload {group.name}"
        told = f"which is of PodGroup {name}: while too few of that can be placed, nothing is told"
    elif plain.name != "default-scheduler":
        notes = snapshot.notes(write.log, *(write.log.notes or ()))
        own = [note for note in notes if note.after.spec.component.startswith(plain.name)]
        newest = max(own, key=recency, default=None)
        if newest is None and (gang := _gang(snapshot, write, plain)) is not None:
            return gang
        if newest is not None and newest.after.spec.reason == _REFUSED:
            return troubled(plain, _told(write, newest))
        told = f"of which {plain.name} says: {said(newest)}" if newest is not None else ""
        if newest is None and snapshot.hides("Event"):
            queues = "; whether it queues that, Events would tell, which Baton is not shown"
            waiting_for = f"{plain.waiting_for}{queues}"
            return msgspec.structs.replace(plain, waiting_for=waiting_for, late="not-ready")
    if not told:
        return plain
    waiting_for = f"{plain.waiting_for}, {told.rstrip('.')}"
    return msgspec.structs.replace(plain, waiting_for=waiting_for, patient=True, works=True)


_REFUSED = "FailedScheduling"


def _told(write: Write, note: Change) -> Trouble:
    """The refusal of a scheduler that sets no condition, as it tells it in an Event."""
    by, name = note.after.spec.component, write.image.metadata.name
    detail = sentence(f"No node takes Pod {name}: {by} says: {said(note)}")
    return Trouble("unschedulable", detail, proofs.events([note]), commands.describe(write))


_PODGROUP = GroupKind("scheduling.volcano.sh", "PodGroup")


def _gang(snapshot: Snapshot, write: Write, plain: Holding) -> Holding | None:
    """What Volcano says of the group that a Pod is placed with, where it says nothing of the Pod.

    Its owner has one such group. None where none, or more than one, was seen.
    Source: https://volcano.sh/en/docs/podgroup/ (the condition Unschedulable).
    """
    owner = snapshot.world.logs.get(owner_of(write.image) or "")
    made = snapshot.children(owner, "PodGroup") if owner is not None else ()
    groups = [each for each in made if is_a(each.log.ref, _PODGROUP)]
    if len(groups) != 1:
        return None
    group = groups[0]
    health, called = group.image.health, named(group.image)
    why = health.message.rstrip(".") if health is not None else ""
    if not why:
        waiting_for = f"{plain.waiting_for}, which is placed with all of {called} or not at all"
        return msgspec.structs.replace(plain, waiting_for=waiting_for, patient=True, works=True)
    detail = sentence(f"No node takes Pod {write.image.metadata.name}: {called} says: {why}")
    shown = (proofs.status(group, f"{called} says: {why}"),)
    return troubled(plain, Trouble("unschedulable", detail, shown, commands.describe(group)))


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


_NOT_MADE = "FailedResourceClaimCreation"


class _Unmade(msgspec.Struct, frozen=True, gc=False):
    """Why a ResourceClaim could not be made, as a clause, and the Event that says so."""

    said: str
    evidence: tuple[Evidence, ...]


def _unmade(snapshot: Snapshot, write: Write) -> _Unmade | None:
    """What keeps a claim of the Pod from being made; None where nobody says so."""
    newest = max(snapshot.notes(write.log, _NOT_MADE), key=recency, default=None)
    if newest is None or not _asked(write)[0]:
        return None  # Since then they were made.
    text = f"its ResourceClaim cannot be made: {said(newest).rstrip('.')}"
    return _Unmade(text, proofs.events([newest]))


def _unmounted(snapshot: Snapshot, write: Write) -> _Unmade | None:
    """What keeps the claim of an ephemeral volume from being made, as its controller says.

    Source: pkg/controller/volume/ephemeral/controller.go, syncHandler (Event FailedBinding).
    """
    newest = max(snapshot.notes(write.log, "FailedBinding"), key=recency, default=None)
    if newest is None:
        return None
    return _Unmade(f"that cannot be made: {said(newest).rstrip('.')}", proofs.events([newest]))


def _claiming(snapshot: Snapshot, write: Write, since: float) -> Holding | None:
    """The wait for ResourceClaims, without which the scheduler passes the Pod over, saying nothing.

    None where it asks for none that may be lacking.
    """
    name = write.image.metadata.name
    lacking = _unmade(snapshot, write)
    if lacking is not None:
        waiting_for = f"the ResourceClaims of Pod {name}, without which it is not scheduled"
        plain = Holding(SCHEDULE, "client", "", since, waiting_for, about=write)
        detail = sentence(f"Pod {name} is not scheduled: {lacking.said}")
        wrong = Trouble("spec-invalid", detail, lacking.evidence, commands.describe(write))
        return troubled(plain, wrong)
    to_make, by_name = _asked(write)
    if to_make:
        return _made(snapshot, write, since, to_make)
    if not by_name:
        return None
    which = f"ResourceClaim{'s' if len(by_name) > 1 else ''} {listing(by_name)}"
    waiting_for = (
        f"a node for Pod {name}, for which {which} has to be there: Baton does not watch "
        "ResourceClaims"
    )
    return Holding(SCHEDULE, "scheduler", "", since, waiting_for, patient=True, about=write)


def _made(snapshot: Snapshot, write: Write, since: float, names: list[str]) -> Holding:
    many = "s" if len(names) > 1 else ""
    name = write.image.metadata.name
    waiting_for = f"the ResourceClaim{many} for {listing(names)} of Pod {name} to be made"
    actor, wait = "resourceclaim-controller", "create-claims"
    plain = Holding(SCHEDULE, actor, "", since, waiting_for, wait=wait, about=write)
    return perhaps_refused(snapshot, plain)


def _asked(write: Write) -> tuple[list[str], list[str]]:
    """The names of claims in the Pod that are still to be made, and of claims of others."""
    spec, status = write.image.spec, write.image.status
    if not isinstance(spec, PodSpec) or not spec.resource_claims:
        return [], []
    told = status.resource_claim_statuses if isinstance(status, PodStatus) else ()
    made = {found.name for found in told}
    to_make = [
        asked.name
        for asked in spec.resource_claims
        if asked.resource_claim_template_name and asked.name not in made
    ]
    by_name = [each.resource_claim_name for each in spec.resource_claims]
    return to_make, [name for name in by_name if name]


def _claimed(write: Write, since: float) -> float:
    """Since when a Pod without a node is the scheduler's: from when its last claim was made."""
    log = write.log
    if not getattr(write.image.spec, "resource_claims", ()):
        return since
    for index in range(log.position(write.order) - 1, -1, -1):
        if _asked(log.writes[index])[0]:
            return max(since, when(log.writes[index + 1]))
    return since
