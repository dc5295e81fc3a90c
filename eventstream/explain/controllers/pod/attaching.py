"""Who has a volume that a Pod waits for, where it can be attached to one node at a time.

Such a volume is free once the Pod that has it has stopped, which its kubelet alone can tell: on a
node that is lost nothing frees it until that Pod is deleted by force, or the node is given up.
Sources: pkg/controller/volume/attachdetach/reconciler/reconciler.go, reportMultiAttachError;
https://kubernetes.io/docs/concepts/cluster-administration/node-shutdown/#non-graceful-node-shutdown
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.controllers.shared.nodes import node_lost
from eventstream.explain.outlook.holding import Trouble
from eventstream.explain.outlook.snapshot import Snapshot
from eventstream.explain.vocabulary import commands
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.vocabulary.registry import is_a
from eventstream.explain.world.pods import has_ended, node_of
from eventstream.explain.world.text import named, sentence
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image
from eventstream.objects.pods import PodSpec

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
    namespace, node = write.image.metadata.namespace, node_of(write.image)
    asked = _claims(write.image)
    found = (snapshot.by_name("PersistentVolumeClaim", namespace, name) for name in asked)
    there = [claim for claim in found if claim is not None and not claim.gone]
    names = {
        claim.image.metadata.name
        for claim in there
        if getattr(claim.image.spec, "volume_name", "") == volume
    }
    users: list[Write] = []
    for log in snapshot.world.places.inhabitants(namespace) if names else ():
        pod = snapshot.alive(log) if is_a(log.ref, kinds.POD) else None
        if pod is None or has_ended(pod.image) or node_of(pod.image) in ("", node):
            continue
        if names & _claims(pod.image):
            users.append(pod)
    return min(users, key=lambda pod: pod.image.metadata.name, default=None)


def _claims(image: Image) -> set[str]:
    volumes = image.spec.volumes if isinstance(image.spec, PodSpec) else ()
    sources = (volume.persistent_volume_claim for volume in volumes)
    return {source.claim_name for source in sources if source is not None}
