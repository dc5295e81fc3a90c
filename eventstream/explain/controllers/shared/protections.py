"""Who keeps what is protected while it is used: the Pods of a claim.

Source: pkg/controller/volume/pvcprotection/pvc_protection_controller.go, processPVC.
"""

from eventstream.explain.controllers.registry import holding_of
from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding, Trouble, troubled
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.world.pods import has_ended
from eventstream.explain.world.text import count, listing, named, when
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.pods import PodSpec

PROTECTIONS = frozenset({"kubernetes.io/pvc-protection"})
"""Finalizers that go by themselves once nobody uses the object."""


def in_use(snapshot: Snapshot, claim: Write) -> Holding | None:
    """What a claim waits for that is to go and still has users; None where none is known."""
    users = _users(snapshot, claim)
    if not users:
        return None
    stopping = [pod for pod in users if pod.image.metadata.deletion_timestamp]
    if len(stopping) == len(users):
        return holding_of(snapshot, stopping[0])
    using = [pod for pod in users if pod not in stopping]
    names = [named(pod.image) for pod in using]
    verb = "uses" if len(using) == 1 else "use"
    detail = (
        f"{named(claim.image)} is to go and stays while a Pod uses it: {listing(names)} "
        f"{verb} it, and nobody deletes {'it' if len(using) == 1 else 'them'}."
    )
    shown = [proofs.seen(pod, f"{named(pod.image)} has it as a volume") for pod in using[:3]]
    waiting_for = f"{count(len(using), 'Pod')} to let go of {named(claim.image)}"
    plain = Holding(1, "client", names[0], when(claim), waiting_for, about=claim)
    return troubled(
        plain, Trouble("finalizer-stuck", detail, tuple(shown), commands.describe(using[0]))
    )


def _users(snapshot: Snapshot, claim: Write) -> list[Write]:
    """The Pods of its namespace that have the claim as a volume, and have not ended."""
    namespace, name = claim.image.metadata.namespace, claim.image.metadata.name
    found: list[Write] = []
    for log in snapshot.world.logs.values():
        if log.ref.kind != "Pod" or log.ref.namespace != namespace:
            continue
        pod = snapshot.alive(log)
        if pod is not None and not has_ended(pod.image) and _has(pod.image, name):
            found.append(pod)
    return sorted(found, key=lambda pod: pod.image.metadata.name)


def _has(image: Image, claim: str) -> bool:
    volumes = image.spec.volumes if isinstance(image.spec, PodSpec) else ()
    sources = (volume.persistent_volume_claim for volume in volumes)
    return any(source is not None and source.claim_name == claim for source in sources)
