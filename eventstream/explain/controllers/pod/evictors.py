"""Who asked for a Pod's eviction, where that client says so in an Event about the Pod.

The API server deletes for whoever asked it to evict, and keeps no name; but those who evict on
their own account tell of it: Karpenter, the cluster autoscaler, the descheduler, the updater of
the vertical Pod autoscaler. Each names its Event's component after itself.
"""

from eventstream.explain.vocabulary.registry import ACTORS
from eventstream.explain.world.notes import told_at
from eventstream.explain.world.world import View
from eventstream.objects.observations import Change

_REASONS = (
    "Descheduled",
    "Evicted",
    "EvictedByVPA",
    "EvictedPod",
    "HighNodeUtilization",
    "LowNodeUtilization",
    "NodeUtilization",
    "PodLifeTime",
    "RemoveDuplicates",
    "RemoveFailedPods",
    "RemovePodsHavingTooManyRestarts",
    "RemovePodsViolatingInterPodAntiAffinity",
    "RemovePodsViolatingNodeAffinity",
    "RemovePodsViolatingNodeTaints",
    "RemovePodsViolatingTopologySpreadConstraint",
    "ScaleDown",
)
"""The reasons that these give; the descheduler's are its strategies, and `Descheduled`.

Sources: https://github.com/kubernetes-sigs/karpenter/tree/main/pkg/controllers/node/termination,
https://github.com/kubernetes/autoscaler/tree/master/cluster-autoscaler/core/scaledown,
https://github.com/kubernetes/autoscaler/tree/master/vertical-pod-autoscaler/pkg/updater,
https://github.com/kubernetes-sigs/descheduler/tree/master/pkg/descheduler/evictions
"""

_KUBERNETES = frozenset({*ACTORS, "default-scheduler", "node-controller"})
_NEAR = 60.0
"""Seconds from an eviction within which its client tells of it; before that it tells of another."""


def evictor(view: View) -> Change | None:
    """The Event in which somebody says that it evicted this Pod; None where nobody does."""
    at = view.write.change.at
    found = [
        note
        for note in view.notes(view.write.log.uid, *_REASONS)
        if note.after.spec.component not in _KUBERNETES | {""} and abs(told_at(note) - at) <= _NEAR
    ]
    return max(found, key=told_at, default=None)
