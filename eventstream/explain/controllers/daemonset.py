"""A DaemonSet: for which nodes its controller makes Pods, and which Pods it replaces.

Source: pkg/controller/daemon/daemon_controller.go, addNode, updateNode and podsShouldBeOnNode.
"""

from eventstream.explain.controllers.registry import Behaviour
from eventstream.explain.controllers.shared import revisions, workloads
from eventstream.explain.controllers.shared.revisions import (
    HASH,
    going_at,
    is_available,
    newest_revision,
    share,
    siblings,
)
from eventstream.explain.deletions.deciding import Housekeeper, either, would_say
from eventstream.explain.vocabulary import sources
from eventstream.explain.vocabulary.declared import kinds
from eventstream.explain.world.pods import meant_for, node_of
from eventstream.explain.world.text import listing, named, seen
from eventstream.explain.world.world import View
from eventstream.explain.world.writes import ObjectLog, Write
from eventstream.objects.images import Image, OwnerReference

_FITTING = ("spec.taints", "spec.unschedulable", "metadata.labels")


def to_start(view: View, owner: str) -> tuple[Write, str] | None:
    """What made a Pod due on its node, and why: the node's change, a Pod's end there, or the spec.

    None where the Pod does not name its node. The end of a Pod elsewhere makes none due here.
    """
    node = meant_for(view.write.image)
    if not node:
        return None
    spec = view.last_spec_change(owner)
    floor = spec.order if spec is not None else -1
    changed = _changed(view, node)
    if changed is not None and changed.order > floor:
        there = (_was_there(c, node, changed.order, view.order) for c in view.children(owner))
        if not any(there):  # Else its loss is what made another one due.
            why = f"It received {seen(changed)}: {named(changed.image)} is to have a Pod, and had "
            return changed, f"{why}none."
    last = _lost(view, owner, node, floor)
    if last is not None:
        return last, f"It received {seen(last)}: that Pod no longer counts, so it is replaced."
    return (spec, f"It received {seen(spec)}.") if spec is not None else None


def _lost(view: View, owner: str, node: str, floor: int) -> Write | None:
    """The newest write of the Pod on a node that last ceased to count, if that was above `floor`.

    The latest losses are looked at first: mostly one of them is that of this node.
    """
    family = view.family(owner)
    for order, uid in reversed(family.losses):
        if order <= floor:
            break
        child = family.children.get(uid) if order < view.order else None
        latest = child.latest if child is not None else None
        if latest is not None and _host(latest.image) == node:  # It stays on one for good.
            return view.latest(uid)
    return None


def _changed(view: View, node: str) -> Write | None:
    """The newest write of a node that exists that can decide whether it is to have a Pod."""
    host = view.by_name("Node", None, node)
    if host is None or host.gone:
        return None
    return next((write for write in view.backwards(host.log.uid) if _may_fit_now(write)), None)


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
        if _may_go(view, parent, wanted):
            return Housekeeper("daemonset-controller", why, sources.DAEMONSET_SYNC, parent)
        reason = f"the DaemonSet controller, which updates Pods of {name} a few at a time."
        return either(reason, sources.DAEMONSET_SYNC)
    unfit = _unfit(view, parent)
    if unfit:
        cause = _changed(view, _host(image)) or parent
        return Housekeeper("daemonset-controller", unfit, sources.DAEMONSET_SYNC, cause)
    if would_say(view, parent.log.uid):
        return None  # It tells of each Pod that it deletes, and told nothing of this one.
    reason = (
        f"the DaemonSet controller, which replaces Pods of {name} and takes them off unfit nodes."
    )
    return either(reason, sources.DAEMONSET_SYNC)


def _unfit(view: View, parent: Write) -> str:
    """That the Pod's node is not one that the DaemonSet selects, in a sentence; empty elsewhere.

    Source: pkg/controller/daemon/daemon_controller.go, NodeShouldRunDaemonPod.
    """
    host = view.by_name("Node", None, _host(view.write.image))
    template = getattr(parent.image.spec, "template", None)
    asked = template.spec.node_selector if template is not None else None
    if host is None or host.gone or not asked:
        return ""
    labels = host.image.metadata.labels or {}
    lacks = [f"{key}={value}" for key, value in sorted(asked.items()) if labels.get(key) != value]
    if not lacks:
        return ""
    return (
        f"{named(host.image)} lacks what the node selector of {named(parent.image)} asks for: "
        f"{listing(lacks)}."
    )


def _may_go(view: View, parent: Write, wanted: str) -> bool:
    """Whether a rolling update could take this old Pod away now.

    With maxSurge one goes once there is a new Pod beside it, which has to be available if it is
    itself. Else one that is not available goes at any time, and the others while fewer nodes than
    maxUnavailable are without an available Pod because of the update.
    Source: pkg/controller/daemon/update.go, rollingUpdate, updatedDesiredNodeCounts.
    """
    own, spec = view.previous(), parent.image.spec
    now, seconds = going_at(view.write), getattr(spec, "min_ready_seconds", 0)
    whole = own is not None and is_available(own.image, seconds, now)
    rolling = getattr(getattr(spec, "update_strategy", None), "rolling_update", None)
    nodes = getattr(parent.image.status, "desired_number_scheduled", 0)
    surges = share(getattr(rolling, "max_surge", None), nodes, up=True)
    most = max(share(getattr(rolling, "max_unavailable", None), nodes, up=True) or 1, 1)
    if not surges and (not whole or 0 < nodes <= most):
        return True  # However the others are, of which there may be thousands.
    every = list(siblings(view, parent.log.uid))
    others = [pod.image for pod in every if not pod.gone]
    if surges:
        beside = [pod for pod in others if _host(pod) == _host(view.write.image)]
        return any(
            _is_new(pod, wanted) and (not whole or is_available(pod, seconds, now))
            for pod in beside
        )
    hosts: dict[str, list[Image]] = {}
    for pod in others:
        there = hosts.setdefault(_host(pod), [])
        if not pod.metadata.deletion_timestamp:
            there.append(pod)
    hosts.pop(_host(view.write.image), None)
    changed = view.last_spec_change(parent.log.uid)
    floor = changed.order if changed is not None else -1
    left = {_host(pod.image) for pod in every if pod.gone and pod.order > floor}
    without = _bare(view, left - hosts.keys()) + sum(
        len(there) != 1 or (_is_new(there[0], wanted) and not is_available(there[0], seconds, now))
        for there in hosts.values()
    )
    return without < most


def _bare(view: View, nodes: set[str]) -> int:
    """How many of these nodes exist, and so are to have a Pod again; but for that of this Pod."""
    hosts = (view.by_name("Node", None, node) for node in nodes - {_host(view.write.image)})
    return sum(host is not None and not host.gone for host in hosts)


def _is_new(pod: Image, wanted: str) -> bool:
    return (pod.metadata.labels or {}).get(HASH) == wanted


def _host(pod: Image) -> str:
    return node_of(pod) or meant_for(pod)


BEHAVIOURS = (
    Behaviour(
        kind=kinds.DAEMONSET,
        assess=workloads.assess,
        due=to_start,
        wanted=wanted,
        keeps={kinds.POD: old_pod, kinds.REVISION: revisions.old_revision},
    ),
)
