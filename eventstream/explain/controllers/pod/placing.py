"""Says what keeps a Pod from a node: the scheduler, a volume, a device, a gate, or want of room.

Autoscalers of nodes are no part of Kubernetes; the Events that they give about the Pod are all that
shows whether a node comes, or why none does.
Sources: https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/;
pkg/scheduler/framework/plugins/volumebinding (the messages);
pkg/controller/volume/persistentvolume (Events ProvisioningFailed, FailedBinding, …);
https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md (Events
TriggeredScaleUp and NotTriggerScaleUp); https://karpenter.sh/docs/troubleshooting/ (Events
Nominated and FailedScheduling, by karpenter).
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.pod.claiming import SCHEDULE, claimed, claiming, unmade
from eventstream.explain.controllers.pod.scheduler import NOT_READY, unschedulable
from eventstream.explain.controllers.shared.conventions import has_provisioner
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.snapshot import Snapshot, ungated
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.vocabulary.registry import is_a
from eventstream.explain.world.notes import recency, said, since
from eventstream.explain.world.pods import condition, node_of
from eventstream.explain.world.text import listing, said_by, sentence
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.observations import Change
from eventstream.objects.pods import Condition, PodSpec

_NOT_FOUND = expression(r'persistentvolumeclaim "([^"]+)" not found')
_ABOUT_CLAIMS = expression(
    r"unbound immediate PersistentVolumeClaims|persistentvolumeclaim \"[^\"]+\" not found"
    r"|plugin \"VolumeBinding\"",
    ignore_case=True,
)
_UNBOUND = "unbound immediate PersistentVolumeClaims"
"""Says of the claims only that they are not bound, which is said already."""

_SELECTED = "volume.kubernetes.io/selected-node"
"""The annotation by which the scheduler has chosen a node, for which a claim's volume is made."""

_PROVISIONING = ("ProvisioningFailed", "ExternalProvisioning", "Provisioning")
_TELLING = ("ProvisioningFailed", "FailedBinding", "ExternalProvisioning", "Provisioning")
"""Events of a claim that say why it is not bound, what failed first.

Those that wait for the first consumer are none: the Pod that asks is that consumer.
"""


def concerns(message: str) -> bool:
    """Whether the scheduler's message says that the Pod's claims are what it waits for.

    That no volume fits which a node can reach is the scheduler's own finding, one reason of many.
    """
    return _ABOUT_CLAIMS.search(message) is not None


def provisioned(snapshot: Snapshot, write: Write) -> Write | None:
    """A claim of the Pod for which a volume is being made: the scheduler waits for that to bind.

    Source: pkg/scheduler/framework/plugins/volumebinding/binder.go, BindPodVolumes.
    """
    for claim in _unbound(snapshot, write):
        selected = (claim.image.metadata.annotations or {}).get(_SELECTED)
        if selected or snapshot.notes(claim.log, *_PROVISIONING):
            return claim
    return None


def pending_claims(snapshot: Snapshot, write: Write, found: Condition | None = None) -> Trouble:
    """Which claims the Pod waits for, and why, as far as Events about them tell."""
    pod, message = write.image.metadata, (found.message if found is not None else "") or ""
    said = (proofs.says(write, found),) if found is not None else ()
    missing = _NOT_FOUND.search(message)
    if missing is not None:
        claim = f"PersistentVolumeClaim {missing[1]}"
        detail = f"Pod {pod.name} waits for {claim}, which does not exist."
        return Trouble("volume-pending", detail, said, commands.describe(write), holder="client")
    unbound = _unbound(snapshot, write)
    if not unbound:
        told = "" if _UNBOUND in message else f": {message}"
        what = "its volume claims, which are not bound yet"
        detail = sentence(f"Pod {pod.name} waits for {what}{told}")
        return Trouble("volume-pending", detail, said, commands.describe(write))
    first = next((claim for claim in unbound if _notes(snapshot, claim)), unbound[0])
    notes = _notes(snapshot, first)
    names = listing([claim.image.metadata.name for claim in unbound])
    many = len(unbound) > 1
    what = f"PersistentVolumeClaim{'s' if many else ''} {names}"
    last = notes[0].after.spec if notes else None
    why = f": {said_by(last.message, last.reason)}" if last is not None and last.message else ""
    verb = "are" if many else "is"
    detail = sentence(f"Pod {pod.name} waits for {what}, which {verb} not bound yet{why}")
    shown = proofs.status(first, f"{what} {verb} {_phase(first) or 'without a phase'}")
    evidence = (*said, shown, *proofs.events(notes))
    by = last.component if last is not None and last.reason == "ProvisioningFailed" else ""
    other = by != "persistentvolume-controller" if by else has_provisioner(first.image)
    holder = "custom-controller" if other else ""
    return Trouble("volume-pending", detail, evidence, commands.describe(first), holder=holder)


def _notes(snapshot: Snapshot, claim: Write) -> list[Change]:
    """The newest of each telling reason, what failed first."""
    every = (snapshot.notes(claim.log, reason) for reason in _TELLING)
    return [told[0] for told in every if told]


def failed(snapshot: Snapshot, claim: Write) -> bool:
    """Whether the making of the claim's volume was reported as failed: it is tried again since."""
    return bool(snapshot.notes(claim.log, "ProvisioningFailed"))


def _unbound(snapshot: Snapshot, write: Write) -> list[Write]:
    return [claim for claim in _claims(snapshot, write) if _phase(claim) != "Bound"]


def has_claims(write: Write) -> bool:
    """Whether the Pod has a claim as a volume."""
    spec = write.image.spec
    volumes = spec.volumes if isinstance(spec, PodSpec) else ()
    return any(volume.persistent_volume_claim for volume in volumes)


def _claims(snapshot: Snapshot, write: Write) -> list[Write]:
    spec = write.image.spec
    volumes = spec.volumes if isinstance(spec, PodSpec) else ()
    names = [v.persistent_volume_claim.claim_name for v in volumes if v.persistent_volume_claim]
    namespace = write.image.metadata.namespace
    found = [snapshot.by_name("PersistentVolumeClaim", namespace, name) for name in names]
    return [claim for claim in found if claim is not None and not claim.gone]


def _phase(claim: Write) -> str:
    return str(getattr(claim.image.status, "phase", "") or "")


_PATIENCE = 900.0
"""Seconds for which a node that is coming is waited for: cluster-autoscaler gives up then.

Source: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/FAQ.md
(max-node-provision-time).
"""

_KARPENTER = "karpenter"
_COMES = ("TriggeredScaleUp", "Nominated")
_NONE = ("NotTriggerScaleUp", "FailedScheduling")
_NOT_TRIGGERED = expression(r"^pod didn't trigger scale-up(?: \([^)]*\))?: ?")


class Word(msgspec.Struct, frozen=True, gc=False):
    """What an autoscaler said, as a clause; when, by whom, and the Event that says so."""

    said: str
    at: float
    by: str
    evidence: tuple[Evidence, ...]


def coming(snapshot: Snapshot, write: Write) -> Word | None:
    """An autoscaler's last word, where that is that a node comes, and it is not long ago."""
    note = _last(snapshot, write)
    if note is None or note.after.spec.reason not in _COMES:
        return None
    if snapshot.now - since(note) > _PATIENCE:
        return None
    by = note.after.spec.component
    how = "has begun to add" if note.after.spec.reason == "TriggeredScaleUp" else "has chosen"
    return Word(f"{by} {how}: {said(note)}", since(note), by, proofs.events([note]))


def refusal(snapshot: Snapshot, write: Write) -> Word | None:
    """Why no node is added, as an autoscaler's last word; None where none said so."""
    note = _last(snapshot, write)
    if note is None:
        return None
    by = note.after.spec.component
    text = _NOT_TRIGGERED.sub("", said(note)).rstrip(".")
    told = f"{by} adds no node: {text}"
    if note.after.spec.reason in _COMES:
        told = f"{by} was to add a node, which has not come: {text}"
    return Word(told, since(note), by, proofs.events([note]))


def _last(snapshot: Snapshot, write: Write) -> Change | None:
    """The newest Event of an autoscaler about the Pod; the scheduler has a FailedScheduling too."""
    told = [
        note
        for note in snapshot.notes(write.log, *_COMES, *_NONE)
        if note.after.spec.reason in ("TriggeredScaleUp", "NotTriggerScaleUp")
        or note.after.spec.component.startswith(_KARPENTER)
    ]
    return max(told, key=recency, default=None)


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
        return _binding(snapshot, write, claimed(write, ungated(write, since)))
    if found.reason == NOT_READY and (claims := claiming(snapshot, write, since)) is not None:
        return claims if claims.diagnosis else troubled(claims, unschedulable(write, found))
    if concerns(message):
        waits = _held(write, since, _node(write), "bind-volume", "persistentvolume-controller")
        return troubled(waits, pending_claims(snapshot, write, found))
    nominated = getattr(write.image.status, "nominated_node_name", None)
    if nominated:
        return _preempting(snapshot, write, since, nominated)
    return _refused(snapshot, write, since, found)


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
    for more in (unmade(snapshot, write), refusal(snapshot, write)):
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
    logs = (log for log in snapshot.world.logs.values() if is_a(log.ref, kinds.POD))
    there = [pod for log in logs if (pod := snapshot.alive(log)) and node_of(pod.image) == node]
    graces = [pod.image.metadata.deletion_grace_period_seconds or 0 for pod in there]
    waiting_for = f"room on {node} for Pod {name}, where Pods of lower priority have to stop first"
    plain = _held(write, since, waiting_for, "bind")
    granted = float(max(graces, default=0))
    return msgspec.structs.replace(plain, late="terminating-slow", granted=granted)


def _binding(snapshot: Snapshot, write: Write, since: float) -> Holding:
    """The scheduler has said nothing yet, perhaps as it waits for a volume to be made."""
    claim = provisioned(snapshot, write)
    if claim is None:
        plain = _held(write, since, _node(write), "bind")
        if has_claims(write) and snapshot.hides("PersistentVolumeClaim"):
            plain = msgspec.structs.replace(plain, patient=True)  # A volume may be being made.
        return claiming(snapshot, write, since) or plain
    pod, name = write.image.metadata.name, claim.image.metadata.name
    waiting_for = f"a volume for PersistentVolumeClaim {name} of Pod {pod}"
    asked = has_provisioner(claim.image)
    actor = "custom-controller" if asked else "persistentvolume-controller"
    plain = _held(write, since, waiting_for, "bind-volume", actor)
    plain = msgspec.structs.replace(plain, late="volume-pending", about=claim)
    wrong = failed(snapshot, claim)
    return troubled(plain, pending_claims(snapshot, write) if wrong else None)


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
