"""Says how a deletion stands: what is still to go, who holds it, and what uses what is protected.

Sources: https://kubernetes.io/docs/concepts/architecture/garbage-collection/;
https://kubernetes.io/docs/concepts/overview/working-with-objects/finalizers/;
pkg/controller/volume/pvcprotection/pvc_protection_controller.go, processPVC.
"""

from collections.abc import Iterable

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.registry import behaviour_of, holding_of
from eventstream.explain.controllers.shared.emptying import emptied, slowly, undiscovered
from eventstream.explain.outlook.holding import Holding, Outlook, Trouble, pending, staged, troubled
from eventstream.explain.outlook.snapshot import Snapshot, collectable, due
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.records import Evidence
from eventstream.explain.vocabulary.registry import FINALIZERS, is_a
from eventstream.explain.world.families import HIGHEST
from eventstream.explain.world.known import MAKERS
from eventstream.explain.world.pods import claim_names, condition, has_ended, node_of
from eventstream.explain.world.text import count, listing, named, one_line, parse, said_by, when
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.health.words import parts
from eventstream.objects.images import Image
from eventstream.objects.managed_fields import paths
from eventstream.objects.pods import Condition

PROTECTIONS = frozenset({"kubernetes.io/pvc-protection", "kubernetes.io/pv-protection"})
"""Finalizers that go by themselves once nobody uses the object."""


def in_use(snapshot: Snapshot, left: Write) -> Holding | None:
    """What holds a claim or a volume that is to go and still has users; None for none known."""
    if is_a(left.image, kinds.VOLUME):
        return _bound(snapshot, left)
    return _mounted(snapshot, left)


def _bound(snapshot: Snapshot, volume: Write) -> Holding | None:
    """A volume stays while a claim is bound to it.

    Source: pkg/controller/volume/pvprotection/pv_protection_controller.go, isBeingUsed.
    """
    claim = getattr(volume.image.spec, "claim_ref", None)
    if claim is None or getattr(volume.image.status, "phase", "") != "Bound":
        return None
    found = snapshot.by_name("PersistentVolumeClaim", claim.namespace, claim.name)
    name, whose = named(volume.image), f"PersistentVolumeClaim {claim.name} of {claim.namespace}"
    waiting_for = f"{whose} to let go of {name}"
    if found is not None and found.gone:
        return None  # The phase follows, and then who protects it lets go.
    if found is not None and found.image.metadata.deletion_timestamp:
        return _leaving(snapshot, found)
    plain = Holding(1, "client", "", when(volume), waiting_for, about=volume)
    also = ", and nobody deletes that" if found is not None else ""
    detail = f"{name} is to go and stays while {whose} is bound to it{also}."
    shown = (proofs.status(volume, f"phase of {name} is Bound"),)
    return troubled(plain, Trouble("finalizer-stuck", detail, shown, commands.describe(volume)))


def _mounted(snapshot: Snapshot, claim: Write) -> Holding | None:
    """A claim stays while there is a Pod on a node that has it as a volume, be it ended.

    Source: pkg/controller/volume/pvcprotection/pvc_protection_controller.go, podUsesPVCForDeletion.
    """
    using_it = [pod for pod in users(snapshot, claim) if node_of(pod.image)]
    if not using_it:
        return None
    stopping = [pod for pod in using_it if pod.image.metadata.deletion_timestamp]
    if len(stopping) == len(using_it):
        return holding_of(snapshot, stopping[0])
    using = [pod for pod in using_it if pod not in stopping]
    names = [named(pod.image) for pod in using]
    verb = "uses" if len(using) == 1 else "use"
    detail = (
        f"{named(claim.image)} is to go and stays while a Pod uses it: {listing(names)} "
        f"{verb} it, and nobody deletes {'it' if len(using) == 1 else 'them'}."
    )
    if all(has_ended(pod.image) for pod in using):
        ended = "that it has" if len(using) == 1 else "that they have"
        detail = f"{detail.rstrip('.')}; {ended} ended does not count."
    shown = [proofs.seen(pod, f"{named(pod.image)} has it as a volume") for pod in using[:3]]
    waiting_for = f"{count(len(using), 'Pod')} to let go of {named(claim.image)}"
    plain = Holding(1, "client", names[0], when(claim), waiting_for, about=claim)
    return troubled(
        plain, Trouble("finalizer-stuck", detail, tuple(shown), commands.describe(using[0]))
    )


def users(snapshot: Snapshot, claim: Write) -> list[Write]:
    """The Pods of its namespace that have the claim as a volume, those that have a node first.

    Only these are looked at closely: which volumes a Pod has does not change.
    """
    namespace, name = claim.image.metadata.namespace, claim.image.metadata.name
    found: list[Write] = []
    for log in snapshot.world.places.inhabitants(namespace):
        if log.ref.kind != "Pod" or not log.writes or name not in claim_names(log.writes[-1].image):
            continue
        pod = snapshot.alive(log)
        if pod is not None:
            found.append(pod)
    return sorted(found, key=lambda pod: (not node_of(pod.image), pod.image.metadata.name))


_COLLECTOR = frozenset({"foregroundDeletion", "orphan"})


def leaving(snapshot: Snapshot, write: Write) -> Outlook:
    """The outlook of something being deleted, with all that it owns."""
    orphans = "orphan" in write.image.metadata.finalizers
    remaining = list(_remaining(snapshot, write.log, alone=orphans))
    if not remaining:
        kept = _volume_left(snapshot, write) if is_a(write.image, kinds.CLAIM) else None
        if kept is not None:
            return kept
        return Outlook("complete", f"{named(write.image)} is gone.", ended=when(write))
    stages = staged([("asked", 1, 1), ("gone", 0, len(remaining))])
    holdings = [_leaving(snapshot, left) for left in due(snapshot, remaining)]
    return pending(holdings, stages, snapshot, f"Waiting for {count(len(remaining), 'object')}.")


def _volume_left(snapshot: Snapshot, claim: Write) -> Outlook | None:
    """How the volume of a claim that is gone stands, as long as that is to go, too; else None.

    Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#delete
    """
    name = getattr(claim.image.spec, "volume_name", "")
    volume = snapshot.by_name("PersistentVolume", None, name) if name else None
    if volume is None or volume.gone:
        return None
    spec, phase = volume.image.spec, getattr(volume.image.status, "phase", "")
    ref = getattr(spec, "claim_ref", None)
    if ref is None or ref.uid != claim.log.uid or phase not in ("Released", "Failed"):
        return None
    if getattr(spec, "persistent_volume_reclaim_policy", "") == "Retain":
        return None
    if volume.image.metadata.deletion_timestamp:
        return pending([_leaving(snapshot, volume)], (), snapshot, "")
    assess = behaviour_of(volume.image).assess
    return assess(snapshot, volume, None) if assess is not None else None


def _remaining(snapshot: Snapshot, log: ObjectLog, *, alone: bool = False) -> list[Write]:
    """What is left of an object and, HIGHEST levels down, of what it owns."""
    found: list[Write] = []
    waiting, seen = [(log, 0)], {log.uid}
    while waiting:
        owner, level = waiting.pop()
        snapshot.looked += 1
        own = snapshot.alive(owner)
        if own is not None:
            found.append(own)
        if alone or level == HIGHEST:
            continue
        children = [child for child in owner.family.children.values() if child.uid not in seen]
        below = [child for child in children if snapshot.belongs(child, owner)]
        seen.update(child.uid for child in below)
        waiting.extend((child, level + 1) for child in reversed(below))
    return found


def _leaving(snapshot: Snapshot, write: Write) -> Holding:
    image = write.image
    if is_a(image, kinds.POD) and image.metadata.deletion_timestamp:
        stopping = holding_of(snapshot, write)
        if stopping is not None:
            return stopping
    held = _finalizers(write)
    if is_a(image, kinds.DEFINITION) and (last := _instance(snapshot, write)) is not None:
        return _leaving(snapshot, last)
    if image.metadata.deletion_timestamp and held:
        used = in_use(snapshot, write) if held[0] in PROTECTIONS else None
        return used or _finalizing(write, held)
    if is_a(image, kinds.NAMESPACE):
        return _held_up(snapshot, write)
    waiting_for = f"{named(image)} to be removed"
    since = collectable(snapshot, write)
    blind = image.kind in MAKERS and snapshot.hides("Pod")  # They may be what it waits for.
    return Holding(
        2,
        "garbage-collector",
        "",
        since,
        waiting_for,
        patient=blind,
        wait="collect",
        about=write,
    )


def _instance(snapshot: Snapshot, definition: Write) -> Write | None:
    """The object of a type that is to go which has been marked longest, and is held itself.

    Source: staging/src/k8s.io/apiextensions-apiserver/pkg/controller/finalizer/crd_finalizer.go,
    deleteInstances (it marks each, and waits until there is none).
    """
    spec = definition.image.spec
    kind = getattr(getattr(spec, "names", None), "kind", "")
    group = getattr(spec, "group", "")
    logs = [
        log
        for log in snapshot.world.logs.values()
        if log.ref.kind == kind and log.ref.api_version.rpartition("/")[0] == group
    ]
    there = [write for log in logs if (write := snapshot.alive(log)) is not None]
    held = [write for write in there if write.image.metadata.deletion_timestamp]
    return min(held, key=lambda write: (when(write), write.image.metadata.name), default=None)


def _finalizing(write: Write, held: list[str]) -> Holding:
    """What finalizers still prevent, and who set them."""
    image = write.image
    actor, _ = FINALIZERS.get(held[0], ("custom-controller", ""))
    verb = "prevents" if len(held) == 1 else "prevent"
    what = f"{named(image)} to be removed, which {count(len(held), 'finalizer')} still {verb}"
    said = condition(image, "Terminating")  # Of a type that is to go, with its instances.
    own = _says(image)
    word = f" (it says: {one_line(own)})" if own else _told(said)
    marked = f"{named(image)} is marked for deletion and holds finalizers {listing(held)}"
    return Holding(
        1,
        actor,
        held[0] if actor == "custom-controller" else "",
        when(write),
        f"{what}: {listing(held)}{word}",
        late="finalizer-stuck",
        granted=_takes(image),
        wait="let-go",
        about=write,
        evidence=(
            proofs.seen(write, marked),
            *_setters(image),
            *([proofs.says(write, said)] if said is not None else []),
            *([proofs.status(write, f"{named(image)} says: {own}")] if own else []),
        ),
        command=commands.read(write),
    )


def _says(image: Image) -> str:
    """What a custom resource says of how it stands, where that is of since it is to go."""
    health, marked = image.health, parse(image.metadata.deletion_timestamp)
    since = parse(health.since) if health is not None else None
    if health is None or marked is None or since is None or since < marked:
        return ""
    going = health.state in ("failed", "progressing")
    return said_by(health.message, health.reason).rstrip(".") if going else ""


def _takes(image: Image) -> float:
    """Seconds that who looks after a custom resource is given, as it says that it takes it away."""
    health = image.health
    if health is None or health.state != "progressing":
        return 0.0
    said = parts(health.reason or health.by)
    return health.takes if not _GOING.isdisjoint(said) else 0.0


_GOING = frozenset(("deleting", "destroying", "terminating", "uninstalling"))


def _told(found: Condition | None) -> str:
    """What a condition says, to end a clause with."""
    if found is None or found.status != "True":
        return ""
    said = said_by(found.message, found.reason).rstrip(".")
    return f" ({said})" if said else ""


def _setters(image: Image) -> tuple[Evidence, ...]:
    """Who set finalizers, by the names that these clients chose."""
    names = sorted(
        {
            entry.manager
            for entry in image.metadata.managed_fields
            if any(path.startswith("metadata.finalizers") for path in paths(entry.fields))
        }
    )
    if not names:
        return ()
    text = f"finalizers of {named(image)} were set by {listing(names)}, as they call themselves"
    return (Evidence("reported", "managedFields", text, "who"),)


_LOOKED_MOST = 50
"""Pods of a namespace that is to go which are looked at for what holds them."""


def _held_up(snapshot: Snapshot, space: Write) -> Holding:
    """What a namespace that is to go waits for: a Pod in it that hangs, or what has finalizers."""
    plain, name = emptied(space), space.image.metadata.name
    stopping: Holding | None = None
    for left in _marked(snapshot, snapshot.world.places.inhabitants(name), name)[:_LOOKED_MOST]:
        held = _leaving(snapshot, left)
        if held.diagnosis:
            wrong = Trouble(
                held.diagnosis,
                f"{named(space.image)} is to go and waits for {named(left.image)}: {held.detail}",
                (*plain.evidence, *held.evidence),
                held.command,
                holder=held.actor,
                name=held.name,
            )
            return troubled(plain, wrong)
        if is_a(left.image, kinds.POD):  # Of what else goes, no time is granted to stop.
            stopping = stopping or held
    if plain.late != "finalizer-stuck":
        return undiscovered(snapshot, space, plain) or slowly(space, stopping) or plain
    logs = list(snapshot.world.logs.values())
    holds = [left for left in _marked(snapshot, logs, name) if _finalizers(left)]
    if not holds:
        return plain
    names = [f"{named(left.image)} ({listing(_finalizers(left))})" for left in holds[:_NAMED]]
    more = f" and {len(holds) - _NAMED} more" if len(holds) > _NAMED else ""
    verb = "has" if len(holds) == 1 else "have"
    told = f"{plain.waiting_for}; {listing(names)}{more} {verb} one"
    command = commands.read(holds[0])
    return msgspec.structs.replace(plain, waiting_for=told, command=command)


def _marked(snapshot: Snapshot, logs: Iterable[ObjectLog], namespace: str) -> list[Write]:
    """Which of these are in the namespace and to go, the first first.

    What stays is not asked for: who may not see it may read the rest.
    """
    own = (log for log in logs if log.ref.namespace == namespace and _goes(log))
    found = [left for left in map(snapshot.alive, own) if left is not None]
    found.sort(key=lambda left: (left.image.metadata.deletion_timestamp, left.order))
    return found


def _goes(log: ObjectLog) -> bool:
    latest = log.latest
    return latest is not None and bool(latest.image.metadata.deletion_timestamp)


_NAMED = 3
"""Objects with finalizers that are named."""


def _finalizers(write: Write) -> list[str]:
    return [name for name in write.image.metadata.finalizers if name not in _COLLECTOR]
