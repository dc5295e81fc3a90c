"""What a claim itself tells of the volume that is made for it: that it is asked for, and where.

The names themselves are not kept, nor are they needed.
Sources: pkg/controller/volume/persistentvolume/pv_controller.go, provisionClaimOperationExternal
(it names the provisioner in an annotation);
pkg/scheduler/framework/plugins/volumebinding/binder.go, BindPodVolumes (it chooses a node, and
waits until the volume is bound).
"""

from eventstream.objects.images import Image

_PROVISIONER = (
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
)
_NODE = "volume.kubernetes.io/selected-node"


def has_provisioner(claim: Image) -> bool:
    """Whether the persistent volume controller has asked a provisioner for a volume."""
    known = claim.metadata.annotations or {}
    return any(known.get(name) for name in _PROVISIONER)


def has_node(claim: Image) -> bool:
    """Whether the scheduler has chosen a node, for which the volume is to be made."""
    return bool((claim.metadata.annotations or {}).get(_NODE))
