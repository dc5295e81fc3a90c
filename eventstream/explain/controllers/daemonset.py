"""A DaemonSet: for which nodes its controller makes Pods, and which Pods it replaces.

Source: pkg/controller/daemon/daemon_controller.go, addNode, updateNode and podsShouldBeOnNode.
"""

from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.controllers.shared import revisions, workloads
from eventstream.explain.controllers.shared.revisions import HASH, newest_revision
from eventstream.explain.deletions.deciding import Housekeeper, either, would_say
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.world.pods import node_of
from eventstream.explain.world.text import named, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.images import Image, OwnerReference

_FITTING = ("spec.taints", "spec.unschedulable", "metadata.labels")


def meant_for(image: Image) -> str:
    """The node that a DaemonSet's Pod is made for, as its affinity says; empty for other Pods."""
    affinity = getattr(getattr(image.spec, "affinity", None), "node_affinity", None)
    required = getattr(affinity, "required", None)
    names = {
        field.values[0]
        for term in getattr(required, "node_selector_terms", ())
        for field in term.match_fields
        if field.key == "metadata.name" and field.operator == "In" and len(field.values) == 1
    }
    return names.pop() if len(names) == 1 else ""


def to_start(view: View, owner: str) -> tuple[Write, str] | None:
    """The node's change that made a Pod due there, and why; None where something else did."""
    node = meant_for(view.write.image)
    host = view.by_name("Node", None, node) if node else None
    if host is None or host.gone:
        return None
    changed = next((write for write in view.backwards(host.log.uid) if _may_fit_now(write)), None)
    spec = view.last_spec_change(owner)
    if changed is None or (spec is not None and spec.order > changed.order):
        return None
    if any(_was_there(child, node, changed.order, view.order) for child in view.children(owner)):
        return None  # A Pod was there since, so that its loss is what made another one due.
    why = f"It received {seen(changed)}: {named(host.image)} is to have a Pod, and had none."
    return changed, why


def _may_fit_now(write: Write) -> bool:
    """Whether a Node's write can decide which DaemonSets want a Pod there."""
    if write.base:
        return False
    return write.change.type == "ADDED" or any(
        change.path.startswith(_FITTING) for change in write.changes
    )


def _was_there(child: ObjectLog, node: str, after: int, before: int) -> bool:
    return any(after < w.order < before and node_of(w.image) == node for w in child.writes)


def wanted(view: View, owner: OwnerReference) -> str:
    """On which node a Pod like this is desired; empty where that is not said."""
    node = meant_for(view.write.image)
    return f"a Pod like this on node {node} desired, it does not exist" if node else ""


def old_pod(view: View, parent: Write) -> Housekeeper | None:
    """A DaemonSet replaces Pods of an older revision, failed ones, and those on unfit nodes.

    Source: pkg/controller/daemon/update.go, rollingUpdate; daemon_controller.go, manage.
    """
    image = view.write.image
    name = parent.image.metadata.name
    newest = newest_revision(view, parent)
    wanted = (newest.metadata.labels or {}).get(HASH, "") if newest is not None else ""
    revision = (image.metadata.labels or {}).get(HASH, "")
    strategy = getattr(getattr(parent.image.spec, "update_strategy", None), "type", "")
    if wanted and revision and revision != wanted and strategy != "OnDelete":
        why = f"The Pod is of revision {revision}; DaemonSet {name} is being updated to {wanted}."
        return Housekeeper("daemonset-controller", why, sources.DAEMONSET_SYNC, parent)
    if would_say(view, parent.log.uid):
        return None  # It tells of each Pod that it deletes, and told nothing of this one.
    reason = (
        f"the DaemonSet controller, which replaces Pods of {name} and takes them off unfit nodes."
    )
    return either(reason, sources.DAEMONSET_SYNC)


BEHAVIOURS = (
    Behaviour(
        kind=kinds.DAEMONSET,
        assess=workloads.assess,
        due=to_start,
        wanted=wanted,
        keeps={kinds.POD: old_pod, kinds.REVISION: revisions.old_revision},
    ),
)
