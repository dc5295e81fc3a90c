"""What is said where little is known: by which stated convention such an object is done, or waits.

What no rule and no convention reaches is `unknown`: to call it complete would be a guess. A Job
that is suspended is held by a person, or by a controller that would suspend it again. Of a workload
whose Pods or ReplicaSets Baton is not shown, its status alone tells. An object may say itself that
somebody else looks after it than its usual controller.
Sources: https://kubernetes.io/docs/concepts/workloads/controllers/job/#suspending-a-job and
#delegation-of-managing-a-job-object-to-external-controller there;
https://kueue.sigs.k8s.io/docs/tasks/run/jobs/ (the label that names a queue).
"""

from typing import Any

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.world.families import HIGHEST
from eventstream.explain.world.text import count, named, sentence, when
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.images import Image
from eventstream.objects.kinds import is_built_in


def complete(write: Write, says: str) -> Outlook:
    """Complete since this version, in one sentence that says by what."""
    return Outlook("complete", says, ended=when(write))


def unknown(write: Write, says: str) -> Outlook:
    """Not known to be done, in one sentence that says why not."""
    return Outlook("unknown", says, ended=when(write))


def untaught(write: Write, why: str = "") -> Outlook:
    """Nobody taught Baton when this kind is done; `why` is one more sentence, if there is one."""
    said = f"Baton does not know when {_article(write.image.kind)} is done."
    return unknown(write, f"{said} {why}".rstrip())


def _article(kind: str) -> str:
    return f"{'an' if kind[:1] in 'AEIO' else 'a'} {kind}" if kind else "an object without a kind"


def stored(_snapshot: Snapshot, write: Write, _began: Write | None) -> Outlook:
    """Mere data, on which nobody has to act: it is done once it is stored.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/controller-revision-v1/
    """
    return complete(write, f"{named(write.image)} is stored; nobody has to act on it.")


QUEUE = "kueue.x-k8s.io/queue-name"
"""The label by which an object waits in a queue of Kueue, which suspends and resumes it."""
_OWN = "kubernetes.io/job-controller"


_PROVISIONER = (
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
)
"""Annotations in which the persistent volume controller names whom it asks for a volume."""


def has_provisioner(claim: Image) -> bool:
    """Whether somebody else than the persistent volume controller is to make a claim's volume.

    Source: pkg/controller/volume/persistentvolume/pv_controller.go,
    provisionClaimOperationExternal.
    """
    known = claim.metadata.annotations or {}
    return any(known.get(name) for name in _PROVISIONER)


def manager_of(image: Image) -> str:
    """Which controller looks after a Job instead of the Job controller; empty for that one."""
    manager = getattr(image.spec, "managed_by", None) or ""
    return "" if manager == _OWN else manager


def entrusted(write: Write, missing: Holding) -> Holding:
    """The same, for a Job that is left to another controller, which may run it elsewhere.

    Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/
    #delegation-of-managing-a-job-object-to-external-controller
    """
    manager = manager_of(write.image) if write.image.kind == "Job" else ""
    if not manager:
        return missing
    waiting_for = f"{named(write.image)} to be run: its spec.managedBy leaves it to {manager}"
    return msgspec.structs.replace(missing, waiting_for=waiting_for)


def suspended(snapshot: Snapshot, write: Write) -> Holding:
    """Who is to resume a suspended Job; a mend is given only where nobody would undo it."""
    name = named(write.image)
    plain = Holding(1, "client", "", when(write), f"{name} to be resumed", about=write)
    shown = proofs.seen(write, f"spec.suspend of {name} is true")
    keeper, until = _keeper(write.image)
    if not keeper:
        detail = f"{name} is suspended: no Pod is created until it is resumed."
        mend = commands.resume(write)
        return troubled(plain, Trouble("paused", detail, (shown,), commands.describe(write), mend))
    admitted = _workload(snapshot, write)
    queued = admitted.image.metadata.controller if admitted is not None else None
    if queued is not None and keeper.startswith(_OWNERS):
        keeper, until = "Kueue", f" with {queued.kind} {queued.name}, once that is admitted"
    said, evidence = _said(write, admitted)
    detail = sentence(f"{name} is suspended, and {keeper} is to resume it{until}{said}")
    wrong = Trouble("paused", detail, (shown, *evidence), commands.describe(write))
    held = Holding(
        1, "custom-controller", keeper, when(write), f"{keeper} to resume {name}", about=write
    )
    return troubled(held, wrong)


def _keeper(image: Image) -> tuple[str, str]:
    """Who resumes the Job by itself, and when, in words; empty where nobody is known to."""
    labels, manager = image.metadata.labels or {}, manager_of(image)
    queue = labels.get(QUEUE)
    if queue or manager.startswith("kueue.x-k8s.io/"):
        return "Kueue", f" once queue {queue} admits it" if queue else " once it is admitted"
    if manager:
        return manager, ""
    owner = image.metadata.controller
    if owner is not None and not is_built_in(owner.api_version):
        return f"{_OWNERS}{owner.kind} {owner.name}", ""
    return "", ""


_OWNERS = "the controller of "


def _workload(snapshot: Snapshot, write: Write) -> Write | None:
    """The Workload that Kueue made for a Job, or for what owns the Job, as a JobSet does."""
    log: ObjectLog | None = write.log
    for _ in range(HIGHEST):
        if log is None:
            return None
        found = next(snapshot.children(log, "Workload"), None)
        if found is not None:
            return found
        log = snapshot.world.logs.get(log.owner)
    return None


def _said(write: Write, admitted: Write | None) -> tuple[str, tuple[Evidence, ...]]:
    """What the Workload of a Job says of its admission, and Kueue's Events about the Job."""
    known = [note for notes in (write.log.notes or {}).values() for note in notes.values()]
    others = [note for note in known if note.after.spec.component.endswith("kueue-controller")]
    events = tuple(proofs.told(note) for note in sorted(others, key=lambda note: -note.at)[:2])
    found = _pending(admitted.image.status) if admitted is not None else None
    if found is None or admitted is None:
        return "", events
    message = str(found.get("message") or found.get("reason") or "").rstrip(".")
    text = f"condition {found['type']} of {named(admitted.image)} is False: {message}"
    proof = Evidence("reported", "condition", text, "why", admitted.image.version)
    return f": {message}" if message else "", (proof, *events)


def _pending(status: Any) -> dict[str, Any] | None:
    """The condition that says why a Workload is not admitted, if it has one."""
    conditions = status.get("conditions") if isinstance(status, dict) else None
    for found in conditions if isinstance(conditions, list) else ():
        if not isinstance(found, dict) or found.get("status") != "False":
            continue
        if found.get("type") in ("QuotaReserved", "Admitted"):
            return found
    return None


_READY = 5
_TOLD = ("replicas", "current_number_scheduled", "active")
_WELL = ("available_replicas", "number_available", "ready_replicas", "number_ready", "ready")


def pods_told(owner: Write) -> int:
    """How many Pods a workload has by its own status."""
    return _first(owner, _TOLD)


def unseen(snapshot: Snapshot, owner: Write, desired: int) -> Holding | None:
    """The wait for Pods that are not shown; None where they are, or the status is of before.

    Who is to move among scheduler, kubelet and controllers, nobody can tell then.
    """
    status, generation = owner.image.status, owner.image.metadata.generation or 0
    rolls_out = owner.image.kind == "Deployment"
    if not (snapshot.hides("Pod") or (rolls_out and snapshot.hides("ReplicaSet"))):
        return None
    if getattr(status, "observed_generation", generation) < generation:
        return None
    well = min(_first(owner, _WELL), desired)
    what = (
        f"{count(desired, 'Pod')} of {named(owner.image)}, of which its status has {well} well: "
        "Baton is not shown what these wait for"
    )
    return Holding(_READY, "unknown", "", when(owner), what, patient=True, about=owner, works=True)


def counted(snapshot: Snapshot, owner: Write, existing: int) -> Holding | None:
    """The wait for Pods that its status counts and Baton was not shown; None where there are none.

    A controller counts what exists, so that what went since then does not count; of other kinds
    than these the number has Pods that ended, too.
    Source: pkg/controller/replicaset/replica_set_utils.go, calculateStatus.
    """
    status, generation = owner.image.status, owner.image.metadata.generation or 0
    tells = owner.image.kind in ("ReplicaSet", "ReplicationController")
    there = int(getattr(status, "replicas", 0) or 0) if tells else 0
    if there <= existing or getattr(status, "observed_generation", generation) < generation:
        return None
    loss = owner.log.family.last_loss(snapshot.upto)
    if loss is not None and loss[0] > owner.order:
        return None
    what = (
        f"{count(there - existing, 'Pod')} of {named(owner.image)}, which its status counts and "
        "Baton was not shown"
    )
    return Holding(_READY, "unknown", "", when(owner), what, patient=True, about=owner, works=True)


def _first(owner: Write, names: tuple[str, ...]) -> int:
    found = (getattr(owner.image.status, name, None) for name in names)
    return next((int(number) for number in found if number), 0)
