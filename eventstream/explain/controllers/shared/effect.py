"""Whether what was asked of a workload is in effect: a status can be whole, and the old Pods run.

Sources: pkg/controller/statefulset/stateful_set_control.go, updateStatefulSet, processReplica;
https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#forced-rollback;
https://kubernetes.io/docs/tasks/manage-daemon/update-daemon-set/.
"""

import msgspec

from eventstream.explain.outlook import commands, proofs
from eventstream.explain.outlook.holding import Holding
from eventstream.explain.world.pods import has_ended
from eventstream.explain.world.text import count, listing, named, when
from eventstream.explain.world.writes import Write
from eventstream.objects.images import Image

_REVISION = "controller-revision-hash"


def by_hand(image: Image) -> bool:
    """Whether its Pods are replaced only as somebody deletes them."""
    return getattr(getattr(image.spec, "update_strategy", None), "type", "") == "OnDelete"


def left_to_hand(write: Write) -> Holding | None:
    """The old Pods that a person has to delete, for a workload that is whole but for that."""
    image = write.image
    if not by_hand(image):
        return None
    status = image.status
    if image.kind == "DaemonSet":
        updated, desired = status.updated_number_scheduled, status.desired_number_scheduled
    else:
        changed = status.update_revision != status.current_revision
        updated = status.updated_replicas if changed else image.spec.replicas
        desired = image.spec.replicas
    if updated >= desired:
        return None
    waiting_for = (
        f"somebody to delete the old Pods of {named(image)} by hand, as its update strategy is "
        f"OnDelete: {updated} of {count(desired, 'Pod')} updated"
    )
    return Holding(5, "client", "", when(write), waiting_for, patient=True, about=write)


def kept_by_partition(image: Image) -> str:
    """How much of a StatefulSet its partition keeps at the old revision; empty for nothing."""
    rolling = image.spec.update_strategy.rolling_update
    partition = (rolling.partition or 0) if rolling is not None else 0
    status = image.status
    if not partition or status.update_revision == status.current_revision:
        return ""
    old = image.spec.replicas - status.updated_replicas
    if old <= 0:
        return ""
    return f"; {count(old, 'Pod')} not updated, as its partition of {partition} asks"


def no_node(image: Image) -> str:
    """What a DaemonSet asks of a node, in a clause."""
    spec = image.spec.template.spec
    asked = [f"{key}={value}" for key, value in sorted((spec.node_selector or {}).items())]
    if asked:
        return f"its node selector asks for {listing(asked)}"
    return "none fits its node affinity and its tolerations"


def trapped(write: Write, held: Holding) -> Holding:
    """A broken Pod of another revision, which only a person can take out of the way.

    The controller waits for each Pod to be ready before it looks at revisions at all.
    """
    pod, image = held.about, write.image
    if image.kind != "StatefulSet" or not held.diagnosis or pod is None or pod.pod is None:
        return held
    status = image.status
    revision = (pod.image.metadata.labels or {}).get(_REVISION, "")
    current = status.observed_generation >= (image.metadata.generation or 0)
    if not revision or revision == status.update_revision or not current or held.stops:
        return held
    if image.spec.pod_management_policy == "Parallel" or pod.image.metadata.deletion_timestamp:
        return held
    if has_ended(pod.image):
        return held  # Such Pods are made anew.
    name = named(pod.image)
    why = (
        f"{name} is of revision {revision} and not of the newest, and {named(image)} waits for it "
        "to be ready before it replaces any: somebody has to delete it."
    )
    return msgspec.structs.replace(
        held,
        actor="client",
        name="",
        waiting_for=f"somebody to delete {name}, which is of an old revision",
        detail=f"{held.detail} {why}",
        evidence=(
            *held.evidence,
            proofs.status(write, f"updateRevision of {named(image)} is {status.update_revision}"),
            proofs.seen(pod, f"label {_REVISION} of {name} is {revision}"),
        ),
        mend=commands.delete(pod),
    )
