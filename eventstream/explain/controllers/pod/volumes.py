"""What keeps a Pod from its volumes: claims that are not bound, and what cannot be mounted.

And from its devices and its sandbox, which come with them before any container. Events about the
Pod and its claims tell. Of several that say one thing the telling one counts, not the newest: a
kubelet that waits for a volume says so every two minutes, the attach/detach controller why it does
not come. A volume that can be attached to one node at a time is free once the Pod that has it has
stopped, which its kubelet alone can tell: on a node that is lost nothing frees it until that Pod is
deleted by force, or the node is given up.
Sources: pkg/scheduler/framework/plugins/volumebinding (the messages);
pkg/controller/volume/persistentvolume (Events ProvisioningFailed, FailedBinding, …);
pkg/kubelet/volumemanager/volume_manager.go, WaitForAttachAndMount (the general message);
pkg/kubelet/events/event.go (Events FailedMount, FailedAttachVolume, FailedMapVolume);
pkg/controller/volume/attachdetach/reconciler/reconciler.go, reportMultiAttachError;
https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/#non-graceful-node-shutdown
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.pod.podstates import KINDS, MISSING, namesakes
from eventstream.explain.controllers.shared.conventions import has_provisioner
from eventstream.explain.controllers.shared.leaving import users
from eventstream.explain.controllers.shared.nodes import node_lost
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.world.notes import quoted, recency, said
from eventstream.explain.world.pods import claim_names, containers, has_ended, is_true, node_of
from eventstream.explain.world.text import listing, named, said_by, sentence, when
from eventstream.explain.world.writes import Write
from eventstream.expressions import expression
from eventstream.objects.observations import Change
from eventstream.objects.pods import Condition, PodStatus

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


def mere(message: str) -> bool:
    """Whether the scheduler says of the claims only that they are not bound."""
    return _UNBOUND in message


def bound(snapshot: Snapshot, write: Write) -> float | None:
    """When the last of the Pod's claims was written, all of which are bound by now.

    None where some is not, or not known to be, whatever the scheduler said before.
    """
    if None in _by_name(snapshot, write) or _unbound(snapshot, write):
        return None
    return max(map(when, _claims(snapshot, write)), default=None)


def pending_claims(snapshot: Snapshot, write: Write, found: Condition | None = None) -> Trouble:
    """Which claims the Pod waits for, and why, as far as Events about them tell."""
    pod, message = write.image.metadata, (found.message if found is not None else "") or ""
    known = (proofs.says(write, found),) if found is not None else ()
    missing = _NOT_FOUND.search(message)
    if missing is not None:
        claim = f"PersistentVolumeClaim {missing[1]}"
        detail = f"Pod {pod.name} waits for {claim}, which does not exist."
        return Trouble("volume-pending", detail, known, commands.describe(write), holder="client")
    unbound = _unbound(snapshot, write)
    if not unbound:
        told = "" if mere(message) else f": {message}"
        what = "its volume claims, which are not bound yet"
        detail = sentence(f"Pod {pod.name} waits for {what}{told}")
        return Trouble("volume-pending", detail, known, commands.describe(write))
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
    evidence = (*known, shown, *proofs.events(notes))
    by = last.component if last is not None and last.reason == "ProvisioningFailed" else ""
    other = by != "persistentvolume-controller" if by else has_provisioner(first.image)
    holder = "custom-controller" if other else ""
    return Trouble("volume-pending", detail, evidence, commands.describe(first), holder=holder)


def _notes(snapshot: Snapshot, claim: Write) -> list[Change]:
    """The newest of each telling reason, what failed first."""
    every = (snapshot.notes(claim.log, reason) for reason in _TELLING)
    return [told[0] for told in every if told]


def making_failed(snapshot: Snapshot, claim: Write) -> bool:
    """Whether the making of the claim's volume was reported as failed: it is tried again since."""
    return bool(snapshot.notes(claim.log, "ProvisioningFailed"))


def _unbound(snapshot: Snapshot, write: Write) -> list[Write]:
    return [claim for claim in _claims(snapshot, write) if _phase(claim) != "Bound"]


def has_claims(write: Write) -> bool:
    """Whether the Pod has a claim as a volume."""
    return bool(claim_names(write.image))


def _claims(snapshot: Snapshot, write: Write) -> list[Write]:
    return [claim for claim in _by_name(snapshot, write) if claim is not None]


def _by_name(snapshot: Snapshot, write: Write) -> list[Write | None]:
    """The claims that the Pod has as volumes; None for one that is not there."""
    namespace, names = write.image.metadata.namespace, claim_names(write.image)
    found = (snapshot.by_name("PersistentVolumeClaim", namespace, name) for name in names)
    return [None if claim is None or claim.gone else claim for claim in found]


def _phase(claim: Write) -> str:
    return str(getattr(claim.image.status, "phase", "") or "")


_VOLUMES = ("FailedMount", "FailedAttachVolume", "FailedMapVolume")
_ATTACH = "FailedAttachVolume"
_ATTACHED = "SuccessfulAttachVolume"
_BEFORE_CONTAINERS = (
    (
        "FailedPrepareDynamicResources",
        "start-failed",
        "The devices that {} asks for cannot be prepared",
    ),
    ("NetworkNotReady", "sandbox-failed", "The sandbox of {} cannot be made yet"),
    ("FailedCreatePodSandBox", "sandbox-failed", "The sandbox of {} cannot be made"),
    ("FailedPodSandBoxStatus", "sandbox-failed", "The sandbox of {} cannot be looked at"),
    ("FailedCreatePodContainer", "sandbox-failed", "The cgroup of {} cannot be made"),
    ("FailedMountOnFilesystemMismatch", "volume-pending", "{} waits for a volume"),
)
"""Events of a kubelet about what comes before a Pod's containers, the earliest step first.

Source: pkg/kubelet/kubelet.go, SyncPod; pkg/kubelet/kuberuntime/kuberuntime_manager.go, SyncPod.
"""

_LATER = ("Pulling", "Pulled", "Created", "Started")
"""What a kubelet does once volumes and sandbox are there: then what failed before is past."""

_NO_KEY = expression(r"references non-existent (config|secret) key: (\S+)")
_VOLUME = expression(r'for volume "([^"]+)"')
_PASSING = "failed to sync"
"""A kubelet that has only just heard of the Pod: it has the ConfigMap a moment later."""

_GENERAL = expression(
    r"unable to (?:attach or )?mount volumes.*(?:timed out waiting for the condition"
    r"|context deadline exceeded|timeout expired waiting for volumes to attach.*)\.?$",
    ignore_case=True,
    dot_all=True,
)
"""That volumes are not there in time, without a word of why; so, too, before Kubernetes 1.16."""

_COMMAND = expression(
    r"\s*Mounting command: .*\bOutput: (?:Running scope as \S+ \S+\s+)?", dot_all=True
)
"""The command of a failed mount, between its exit status and what it said.

Source: https://github.com/kubernetes/mount-utils/blob/master/mount_linux.go (MountSensitive).
"""


def mounting(snapshot: Snapshot, write: Write) -> Trouble | None:
    """What is known to keep the Pod from getting as far as its containers."""
    if (refused := _refused(write)) is not None:
        return refused
    if not write.log.notes or is_true(write.image, "PodReadyToStartContainers"):
        return None
    if any(status.state.running for status in containers(write.image)):
        return None
    past = max((recency(note) for note in snapshot.notes(write.log, *_LATER)), default=-1)
    failed = _failed(snapshot, write, past)
    if failed:
        wrong = _unconsumed(snapshot, write, failed) or _unmounted(snapshot, write, failed)
        twice = next((note for note in failed if said(note).startswith(TWICE)), None)
        return wrong if twice is None else elsewhere(snapshot, write, _volume(twice), wrong)
    pod = f"Pod {write.image.metadata.name}"
    for reason, code, text in _BEFORE_CONTAINERS:
        newest = max(snapshot.notes(write.log, reason), key=recency, default=None)
        if newest is not None and recency(newest) > past:
            told = [newest, *(_beside(snapshot, write) if code == "sandbox-failed" else ())]
            more = "".join(f"; {quoted(note).rstrip('.')}" for note in told[1:])
            detail = sentence(f"{text.format(pod)}: {said(newest).rstrip('.')}{more}")
            return Trouble(code, detail, proofs.events(told), commands.describe(write))
    return None


def _refused(write: Write) -> Trouble | None:
    """What runs the Pod says of it itself that it cannot, while it does not call it failed.

    Source: https://github.com/virtual-kubelet/virtual-kubelet/blob/master/node/pod.go,
    handleProviderError.
    """
    status, name = write.image.status, named(write.image)
    if not isinstance(status, PodStatus) or status.phase != "Pending":
        return None
    if not status.reason or not status.message:
        return None
    shown = (proofs.status(write, f"status.reason of {name} is {status.reason}"),)
    detail = sentence(f"{name} cannot be started ({status.reason}): {status.message}")
    return Trouble("start-failed", detail, shown, commands.describe(write))


def _beside(snapshot: Snapshot, write: Write) -> list[Change]:
    """The newest warning about the placed Pod of another than kubelet and scheduler, as of what
    makes its network: that may be why. What once kept it from a node is not.
    """
    placed = max(map(recency, snapshot.notes(write.log, "Scheduled")), default=-1)
    own = ("kubelet", getattr(write.image.spec, "scheduler_name", ""))
    warned = [
        note
        for note in snapshot.notes(write.log, *(write.log.notes or ()))
        if note.after.spec.type == "Warning" and recency(note) > placed
        if note.after.spec.component not in own and note.after.spec.reason != "FailedScheduling"
    ]
    return sorted(warned, key=recency)[-1:]


_DELAYED = ("WaitForFirstConsumer", "WaitForPodScheduled")


def _unconsumed(snapshot: Snapshot, write: Write, failed: list[Change]) -> Trouble | None:
    """A claim that is bound once the scheduler places a Pod, which it does not do with this one.

    Source: pkg/controller/volume/persistentvolume/pv_controller.go,
    emitEventForUnboundDelayBindingClaim; pkg/scheduler/framework/plugins/volumebinding/binder.go,
    BindPodVolumes (it names the node to the claim before the Pod is bound).
    """
    for claim in _unbound(snapshot, write):
        delayed = [notes[0] for reason in _DELAYED if (notes := snapshot.notes(claim.log, reason))]
        if not delayed or _phase(claim) != "Pending":
            continue
        if _SELECTED in (claim.image.metadata.annotations or {}):
            continue
        name, node = claim.image.metadata.name, node_of(write.image)
        detail = (
            f"Pod {write.image.metadata.name} waits for PersistentVolumeClaim {name}, which is "
            "not bound yet: that is done when a scheduler that binds volumes places a Pod which "
            f"uses it, and this Pod has {node} already."
        )
        evidence = proofs.events([*delayed[:1], *failed[:1]])
        command = commands.describe(claim)
        return Trouble("volume-pending", detail, evidence, command, holder="client")
    return None


def _failed(snapshot: Snapshot, write: Write, past: int) -> list[Change]:
    """The Events that still say why volumes are not there, each once, the newest first.

    A general one counts only where no other tells, and a failed attachment until the volume is
    attached.
    """
    attached = {_volume(note): recency(note) for note in snapshot.notes(write.log, _ATTACHED)}
    told: dict[tuple[str, str], Change] = {}
    for note in sorted(snapshot.notes(write.log, *_VOLUMES), key=recency, reverse=True):
        over = note.after.spec.reason == _ATTACH and attached.get(_volume(note), -1)
        if recency(note) <= past or (over and over > recency(note)) or _PASSING in said(note):
            continue
        told.setdefault((note.after.spec.reason or "", _volume(note) or said(note)), note)
    telling = [note for note in told.values() if not _GENERAL.match(said(note))]
    return telling or list(told.values())[:1]


def _volume(note: Change) -> str:
    found = _VOLUME.search(said(note))
    return found[1] if found is not None else ""


def _unmounted(snapshot: Snapshot, write: Write, notes: list[Change]) -> Trouble:
    """Several volumes may be missing, each for a reason of its own: all are named."""
    pod = f"Pod {write.image.metadata.name}"
    evidence, command = proofs.events(notes), commands.describe(write)
    lacks = [text for note in notes if (text := _lacking(note))]
    if lacks:
        names = [name for note in notes for _, name in MISSING.findall(said(note))]
        more, shown = namesakes(snapshot, write, dict.fromkeys(names))
        text = sentence(f"{pod} mounts {'; it also mounts '.join(lacks)}{more}")
        return Trouble("config-missing", text, (*evidence, *shown), command)
    whys = list(dict.fromkeys(_COMMAND.sub(": ", said(note)).rstrip(".") for note in notes))
    attaching = all(note.after.spec.reason == _ATTACH for note in notes)
    holder = "attachdetach-controller" if attaching else ""
    text = sentence(f"{pod} waits for a volume: {'; and '.join(whys[:3])}")
    return Trouble("volume-pending", text, evidence, command, holder=holder)


def _lacking(note: Change) -> str:
    """The ConfigMap, Secret or key that does not exist, as a clause; empty for other failures."""
    message = said(note)
    where = f" as volume {_volume(note)}" if _volume(note) else ""
    missing = [f"{KINDS[kind.lower()]} {name}" for kind, name in MISSING.findall(message)]
    if missing:
        verb = "does" if len(missing) == 1 else "do"
        return f"{listing(missing)}{where}, which {verb} not exist"
    no_key = _NO_KEY.search(message)
    if no_key is None:
        return ""
    kind = "ConfigMap" if no_key[1] == "config" else "Secret"
    return f"key {no_key[2]} of a {kind}{where}, which has no such key"


TWICE = "Multi-Attach error"
"""How the controller begins to say that the volume is attached elsewhere."""


def elsewhere(snapshot: Snapshot, write: Write, volume: str, wrong: Trouble) -> Trouble:
    """The same with the Pod that has the volume on another node, and whether that node is lost."""
    other = _other(snapshot, write, volume)
    if other is None:
        return wrong
    node, going = node_of(other.image), other.image.metadata.deletion_timestamp
    which = f"{named(other.image)}{', which is to go,' if going else ''} has it on {node}"
    shown = proofs.seen(other, f"{named(other.image)} has it as a volume, on {node}")
    told = msgspec.structs.replace(
        wrong,
        detail=sentence(f"{wrong.detail.rstrip('.')}; {which}"),
        evidence=(*wrong.evidence, shown),
        command=commands.describe(other),
    )
    lost = node_lost(snapshot, other)
    if lost is None:
        return told
    return msgspec.structs.replace(
        told,
        detail=f"{told.detail} {lost.detail}",
        evidence=(*told.evidence, *lost.evidence),
        holder="kubelet",
        name=node,
    )


def _other(snapshot: Snapshot, write: Write, volume: str) -> Write | None:
    """The first Pod of another node that has a claim of this Pod, whose volume that is."""
    here = ("", node_of(write.image))
    others = [
        pod
        for claim in _by_name(snapshot, write)
        if claim is not None and getattr(claim.image.spec, "volume_name", "") == volume
        for pod in users(snapshot, claim)
        if not has_ended(pod.image) and node_of(pod.image) not in here
    ]
    return min(others, key=lambda pod: pod.image.metadata.name, default=None)
