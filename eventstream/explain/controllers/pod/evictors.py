"""Who asked the API server to evict a Pod: it deletes for them, and keeps no name.

Those who evict on their own account tell of it in an Event: Karpenter, the cluster autoscaler, the
descheduler, the updater of the vertical Pod autoscaler. Each names its Event's component after
itself. Who drains a node closes it to new Pods first, and that write is signed.
Source: https://kubernetes.io/docs/tasks/administer-cluster/safely-drain-node/
"""

import msgspec

from eventstream.explain.attribution import proofs
from eventstream.explain.attribution.customs import custom_keeper, is_of, pruner
from eventstream.explain.vocabulary.declared.tools import is_tool
from eventstream.explain.vocabulary.records import Evidence, Grade
from eventstream.explain.vocabulary.registry import ACTORS
from eventstream.explain.world.claims import BUILT_IN
from eventstream.explain.world.notes import told_at
from eventstream.explain.world.pods import node_of
from eventstream.explain.world.text import listing
from eventstream.explain.world.world import View
from eventstream.objects.images import Image
from eventstream.objects.managed_fields import paths
from eventstream.objects.observations import Change


class Evictor(msgspec.Struct, frozen=True):
    """Who evicts, or deletes: `doubt` says who else may, where that leaves the actor unknown."""

    actor: str
    name: str = ""
    doubt: str = ""
    note: Change | None = None

    @property
    def subject(self) -> str:
        """How the sentence that says who evicts begins."""
        if self.doubt:
            return "Somebody"
        return self.name or "A client"

    @property
    def grade(self) -> Grade:
        """How it is known who it was."""
        return "unknown" if self.doubt else "reported"

    @property
    def evidence(self) -> list[Evidence]:
        """What tells who it was, beside the condition."""
        return [proofs.told(self.note, "who")] if self.note is not None else []

    def why(self, says: str) -> str:
        """Why the Pod is to go, as its condition says, and who may have asked for that."""
        why = f"Its condition DisruptionTarget says {says}."
        return f"{why} {self.doubt}" if self.doubt else why


def evictor(view: View) -> Evictor:
    """Who asked to evict the Pod; a client where nothing tells of anybody else."""
    note = noted(view)
    if note is not None:
        return Evictor("custom-controller", note.after.spec.component, note=note)
    node = node_of(view.write.image)
    host = view.by_name("Node", None, node) if node else None
    closers = _closers(host.image) if host is not None else []
    if any(is_tool(name) for name in closers):
        return Evictor("client")
    if closers:
        by = f"{listing(closers)}, which closed node {node} to new Pods"
        return Evictor("unknown", doubt=f"A client asked for it, or {by}.")
    doubt = _unshown(view)
    if keeper := custom_keeper(view) or pruner(view):
        doubt = f"A client, or {keeper}."
    return Evictor("unknown", doubt=doubt) if doubt else Evictor("client")


def _unshown(view: View) -> str:
    """Why a controller may have asked for it, for a reader who is not shown what would tell."""
    if not view.is_shown("Event"):
        return "A client, or a controller: Events, in which these tell of it, are not shown."
    if not view.is_shown("Node"):
        return "A client, or a controller: who closed the Pod's node to new ones is not shown."
    return ""


def _closers(node: Image) -> list[str]:
    """Who keeps new Pods from a node that is to be emptied: by a cordon, or a taint of its own."""
    closed = getattr(node.spec, "unschedulable", False)
    taints = [taint.key for taint in getattr(node.spec, "taints", ())]
    found: set[str] = set()
    for entry in node.metadata.managed_fields:
        if entry.manager in BUILT_IN:
            continue
        owned = paths(entry.fields)
        if closed and "spec.unschedulable" in owned:
            found.add(entry.manager)
        if any(path.startswith("spec.taints") for path in owned):
            found.update(entry.manager for key in taints if is_of(key, entry.manager))
    return sorted(found)


_EVICTED_FOR = (
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
"""Seconds from a deletion within which it is told of; before that another one is."""


def noted(view: View) -> Change | None:
    """The Event in which somebody says that it evicted this Pod; None where nobody does."""
    own = _KUBERNETES | {""}
    found = [note for note in told_now(view, *_EVICTED_FOR) if note.after.spec.component not in own]
    return max(found, key=told_at, default=None)


def told_now(view: View, *reasons: str) -> list[Change]:
    """The Events about this Pod with these reasons that were told as it was deleted."""
    at = view.write.change.at
    notes = view.notes(view.write.log.uid, *reasons)
    return [note for note in notes if abs(told_at(note) - at) <= _NEAR]
